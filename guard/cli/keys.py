"""`guard keys`: access keys of callers and staff."""

from typing import Annotated

import typer

from guard.cli.output import Json, show_json, show_table
from guard.cli.serve import settings
from guard.registry.values import By
from guard.types import KeyRole

app = typer.Typer(help="Access keys of callers and staff.", no_args_is_help=True)

ACTOR = "command line"


@app.command("create")
def create(
    role: Annotated[KeyRole, typer.Option(help="What the key may do.")],
    tenant: Annotated[str, typer.Option(help="Whose requests it makes.")] = "default",
    name: Annotated[str, typer.Option(help="A word to tell it from others.")] = "",
    json: Json = False,
) -> None:
    """Make a key; it is shown this once. A running gateway knows it within a second."""
    from guard.processes import parts

    registry = parts.open_registry(settings(), parts.open_engine(settings(), migrate=True))
    made = registry.create_key(role=role, tenant=tenant, name=name, by=By(ACTOR, parts.audit(registry.keyring)))
    if json:
        show_json(
            {"id": made.id, "key": made.key, "role": made.role, "tenant": made.tenant, "name": made.name, "created_at": made.created_at}
        )
    else:
        typer.echo(made.key)


@app.command("list")
def list_(json: Json = False) -> None:
    """All keys that exist, without the keys themselves."""
    from guard.processes import parts

    keys = parts.open_registry(settings()).list_keys()
    if json:
        show_json([{"id": k.id, "role": k.role, "tenant": k.tenant, "name": k.name, "created_at": k.created_at} for k in keys])
    else:
        show_table("Keys", ["id", "role", "tenant", "name", "created"], [(k.id, k.role, k.tenant, k.name, k.created_at) for k in keys])


@app.command("delete")
def delete(key_id: str) -> None:
    """End a key; a running gateway refuses it within a second."""
    from guard.processes import parts

    registry = parts.open_registry(settings())
    registry.delete_key(key_id, by=By(ACTOR, parts.audit(registry.keyring)))
