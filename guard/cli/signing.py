"""`guard audit rotate-key` and `guard audit key`: the key that signs the log."""

import typer

from guard.cli.keys import ACTOR
from guard.cli.output import Json, show_json
from guard.cli.serve import settings


def rotate_key(json: Json = False) -> None:
    """Sign the log with a new key from the next start on; the old one's public half stays published, old checkpoints need it."""
    from guard.processes import custody, parts
    from guard.record import signing

    chosen = settings()
    engine = parts.open_engine(chosen)
    old = parts.open_signer(chosen).key
    new = signing.rotate(chosen.data_dir).key
    custody.tell(engine, parts.open_keyring(chosen, engine), ACTOR, "log_key.rotate", {"old": str(old), "new": str(new)})
    if json:
        show_json({"old": old.id, "new": new.id, "verifier_key": str(new)})
    else:
        typer.echo(f"{old.id} -> {new.id}\nRestart the guard, and give your auditors the new key; both are at /admin/v1/log/key.")


def key(json: Json = False) -> None:
    """The log's public keys, current first; compare the short form (name+hash) over a way you trust."""
    from guard.record.signing import verifier_keys

    found = verifier_keys(settings().data_dir)
    if json:
        show_json([{"id": one.id, "verifier_key": str(one)} for one in found])
    else:
        typer.echo("\n".join(f"{one.id}\n  {one}" for one in found))
