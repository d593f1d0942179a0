"""`guard registry`: import, export and count the people of the registry."""

import sys
from pathlib import Path
from typing import Annotated

import orjson
import typer

from guard.cli.keys import ACTOR
from guard.cli.output import EXIT_NO, Json, show_json, show_table
from guard.cli.serve import settings
from guard.registry.values import By

app = typer.Typer(help="The people of the registry.", no_args_is_help=True)


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="JSON Lines or CSV; each line is the body of POST /opt-outs.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check everything, change nothing.")] = False,
    json: Json = False,
) -> None:
    """Register many opt-outs at once: all lines or none. Exit status 1 if any line is refused."""
    from rich.progress import Progress

    from guard.processes import parts

    chosen = settings()
    registry = parts.open_registry(chosen, parts.open_engine(chosen, migrate=True))
    with Progress(disable=json or not sys.stderr.isatty()) as progress:
        bar = progress.add_task("importing", total=None)
        report = registry.import_opt_outs(
            file.read_bytes(),
            by=By(ACTOR, parts.audit(registry.keyring)),
            dry_run=dry_run,
            csv=file.suffix.lower() == ".csv",
            progress=lambda done, total: progress.update(bar, completed=done, total=total),
        )
    refused = [{"line": r.line, "name": r.name, "reason": r.reason} for r in report.refused]
    if json:
        show_json({"imported": report.imported, "refused": refused})
    else:
        typer.echo(f"{report.imported} people {'would be ' if dry_run else ''}registered")
        if refused:
            show_table("Refused, so nothing was registered", ["line", "name", "reason"], [tuple(r.values()) for r in refused])
    if refused:
        raise typer.Exit(EXIT_NO)


@app.command("export")
def export(out: Annotated[Path | None, typer.Option(help="A file; standard output without it.")] = None) -> None:
    """Every person with their aliases and directives as JSON Lines (plain text: keep it safe)."""
    from guard.processes import parts

    target = out.open("wb") if out else sys.stdout.buffer
    for line in parts.open_registry(settings()).export_lines():
        target.write(orjson.dumps(line, default=str) + b"\n")
    target.flush()


@app.command("stats")
def stats(json: Json = False) -> None:
    """How many people, aliases, photos and directives there are."""
    from guard.processes import parts

    counts = parts.open_registry(settings()).stats()
    if json:
        show_json(counts)
    else:
        show_table("Registry", ["what", "count"], list(counts.items()))
