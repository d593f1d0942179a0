"""`guard serve`, `guard demo`, `guard upstream standin`, `guard db upgrade`."""

import gc
from typing import Annotated

import typer
from pydantic import ValidationError

from guard.cli.output import fail
from guard.faults import in_words
from guard.settings import Settings

upstream = typer.Typer(help="Upstreams that come with the guard.", no_args_is_help=True)
database = typer.Typer(help="The database of the registry and the record.", no_args_is_help=True)


def settings() -> Settings:
    """The settings, or one line that says which variable is wrong."""
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors()[0]
        name = "GUARD_" + "_".join(str(part) for part in first["loc"]).upper() if first["loc"] else "settings"
        fail(f"{name}: {in_words(first)}")


def serve() -> None:
    """Run the gateway, the admin API and the console, until Ctrl-C. Settings come from GUARD_* variables (docs/reference/settings.md)."""
    gc.disable()  # as in guard.processes.launch: what is loaded now stays
    from guard.processes.supervisor import Supervisor

    gc.freeze()
    gc.enable()
    raise typer.Exit(Supervisor(settings()).run())


def demo() -> None:
    """Tell the whole story in under a minute on throw-away data: opt out, be refused, export, verify."""
    from guard.evaluate.demo import run

    raise typer.Exit(run())


@upstream.command("standin")
def standin(
    port: Annotated[int, typer.Option(help="Port to listen on.")] = 9000,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
) -> None:
    """Run the stand-in upstream: it speaks the OpenAI images dialect and draws placeholders."""
    from api.standin import run

    run(host, port)


@database.command("upgrade")
def upgrade() -> None:
    """Bring the database to this version's schema (`guard serve` does it by itself)."""
    from guard.processes import parts

    engine = parts.open_engine(settings(), migrate=True)
    typer.echo(f"{engine.url.render_as_string(hide_password=True)} is up to date")
