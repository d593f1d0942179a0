"""`guard audit check` and `guard audit accept-restore`: whether the log in the database is whole, and what to do when it is older."""

import sys
from typing import Annotated

import typer

from guard.cli.keys import ACTOR
from guard.cli.output import EXIT_NO, Json, show_json
from guard.cli.serve import settings


def check(json: Json = False) -> None:
    """Read the whole log in the database: every leaf, body, hash and checkpoint. Exit status 1 and a line for each fault if there is one."""
    from dataclasses import asdict

    from rich.progress import Progress

    from guard.processes import parts
    from guard.record import selfcheck
    from guard.record.signing import verifier_keys

    chosen = settings()
    engine = parts.open_engine(chosen)
    with Progress(disable=not sys.stderr.isatty()) as progress:
        bar = progress.add_task("checking", total=None)
        found = selfcheck.check(
            engine,
            parts.open_keyring(chosen, engine),
            verifier_keys(chosen.data_dir),
            lambda done, total: progress.update(bar, completed=done, total=total),
        )
    if json:
        show_json(asdict(found))
    else:
        for fault in found.faults:
            typer.echo(fault)
        typer.echo(
            f"{found.events} events, {found.bodies} bodies, {found.erased} erased, {found.checkpoints} checkpoints: "
            + (f"{len(found.faults)} faults" if found.faults else "all sound")
        )
    if found.faults:
        raise typer.Exit(EXIT_NO)


def accept_restore(
    reason: Annotated[str, typer.Option(help="Why the database is an older one; recorded. No names.")], json: Json = False
) -> None:
    """Go on with a database that is older than the checkpoints kept beside it. Exit status 1 when it is not.

    The checkpoints it contradicts are moved aside, and become an event of the log. Every auditor who holds one of them will see
    that the log was broken; erased keys stay erased. Stop the guard before, and start it afterwards.
    """
    from guard.processes import custody, parts
    from guard.record import outside
    from guard.record.signing import verifier_keys

    chosen = settings()
    engine = parts.open_engine(chosen)
    registry = parts.open_registry(chosen, engine)
    registry.reconcile()
    moved = outside.accept(engine, verifier_keys(chosen.data_dir), parts.outside_files(chosen))
    lost = [{"file": str(path), "size": tree.size, "root": tree.root.hex()} for path, tree in moved]
    if lost:
        custody.tell(engine, registry.keyring, ACTOR, "log.accept_restore", {"reason": reason, "contradicted": lost})
    if json:
        show_json({"contradicted": lost})
    else:
        typer.echo(
            "\n".join(f"{one['file']}: a checkpoint of {one['size']} events is moved aside" for one in lost)
            or "the log extends every checkpoint kept beside it: nothing to accept"
        )
    if not lost:
        raise typer.Exit(EXIT_NO)
