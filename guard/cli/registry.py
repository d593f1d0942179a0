"""`guard registry`: import, export and count the people of the registry."""

import asyncio
import sys
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import orjson
import typer

from guard.cli.holds import as_utc
from guard.cli.keys import ACTOR
from guard.cli.output import EXIT_NO, Json, show_json, show_table
from guard.cli.serve import settings
from guard.registry.values import By

if TYPE_CHECKING:
    from guard.evaluate.person import Kind

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


@app.command("encodings")
def import_encodings(
    file: Annotated[Path, typer.Argument(help="face_recognition encodings: JSON of names with encodings, or .npy of one person.")],
    subject: Annotated[str, typer.Option(help="Whose they are, by id; needed for .npy, and for names that are not registered.")] = "",
    json: Json = False,
) -> None:
    """Enrol faces that another program has encoded, of people who are registered: all of the file or nothing."""
    from api.admin.encodings import imported, readable, refuse_foreign
    from api.admin.faces import PhotoFields
    from guard.processes import parts
    from guard.registry import encodings

    registry = parts.open_registry(settings())
    if subject:
        found = {subject: readable(file.read_bytes())}
    else:
        named = encodings.from_json(file.read_bytes())
        refuse_foreign(named)
        found = encodings.by_subject(named, registry.iter_subjects(), registry.rules.fold)
    fields = PhotoFields(source=file.name)
    faces = {subject_id: [imported(vector, fields) for vector in vectors] for subject_id, vectors in found.items()}
    added = registry.add_faces_of(faces, By(ACTOR, parts.audit(registry.keyring)))
    rows = [(subject_id, len(enrolled.faces), enrolled.templates) for subject_id, enrolled in added.items()]
    if json:
        show_json({"items": [dict(zip(("subject_id", "encodings", "templates"), row, strict=True)) for row in rows]})
    else:
        show_table("Enrolled", ["subject", "encodings", "templates"], rows)


@app.command("export")
def export(out: Annotated[Path | None, typer.Option(help="A file; standard output without it.")] = None) -> None:
    """Every person with their aliases and directives as JSON Lines (plain text: keep it safe). The record says that it was done."""
    from guard.processes import custody, parts

    registry = parts.open_registry(settings())
    custody.tell(registry.engine, registry.keyring, ACTOR, "registry.export", {})
    target = out.open("wb") if out else sys.stdout.buffer
    for line in registry.export_lines():
        target.write(orjson.dumps(line, default=str) + b"\n")
    target.flush()


@app.command("test")
def try_out(
    subject_id: Annotated[str, typer.Argument(help="Whom to test.")],
    image: Annotated[list[Path] | None, typer.Option(help="A photo of them that is not enrolled; may be given twice.")] = None,
    json: Json = False,
) -> None:
    """Try every disguise of a person's names, and of photos, as if they had opted out. Exit status 1 if any would pass."""
    from guard.evaluate.person import visible

    kinds = asyncio.run(_tried(subject_id, image or []))
    missed = [(kind.disguise, miss.sent, miss.add or "") for kind in kinds for miss in kind.missed]
    if json:
        items = [{"disguise": kind.disguise, "group": kind.group, "tried": kind.tried, "caught": kind.caught} for kind in kinds]
        show_json({"items": items, "missed": [{"disguise": d, "sent": sent, "add": add or None} for d, sent, add in missed]})
    else:
        show_table("Disguises", ["disguise", "caught", "tried"], [(kind.disguise, kind.caught, kind.tried) for kind in kinds])
        if missed:
            show_table("What would pass", ["disguise", "sent", "alias to add"], [(d, visible(sent), add) for d, sent, add in missed])
    if missed:
        raise typer.Exit(EXIT_NO)


async def _tried(subject_id: str, photos: list[Path]) -> "list[Kind]":
    from guard.evaluate.person import by_kind, try_names, try_photos
    from guard.processes import parts
    from guard.processes.local import local_guard
    from guard.registry.desk import utc_now

    chosen = settings()
    subject = parts.open_registry(chosen, parts.open_engine(chosen, migrate=True)).get_subject(subject_id)
    async with local_guard(chosen) as guard:
        published = await guard.pipeline.current.get()
        tried = try_names(published, subject, utc_now())
        content = [path.read_bytes() for path in photos]
        tried += await try_photos(published, guard.pipeline.screening.faces, subject, content, guard.limits, utc_now())
    return by_kind(tried)


@app.command("rescan")
def rescan(
    subject_id: Annotated[str, typer.Argument(help="Whom to look for.")],
    since: Annotated[datetime | None, typer.Option("--from", help="First moment, inclusive (UTC).")] = None,
    until: Annotated[datetime | None, typer.Option("--to", help="Last moment, exclusive (UTC).")] = None,
    limit: Annotated[int, typer.Option(min=1, help="The newest so many decisions.")] = 100_000,
    json: Json = False,
) -> None:
    """Look for a person in the prompts that the record kept: who was asked for before they opted out. Exit status 1 if any passed."""
    from rich.progress import Progress

    from api.admin.rescan import Rescan
    from guard.processes.local import open_records

    records = open_records(settings())
    run = Rescan(records, records.registry.get_record(subject_id))
    with Progress(disable=json or not sys.stderr.isatty()) as progress:
        bar = progress.add_task("looking", total=limit)
        done = run.run(as_utc(since), as_utc(until), limit, lambda number: progress.update(bar, completed=number))
        progress.update(bar, completed=limit)
    if json:
        show_json(asdict(done))
    else:
        typer.echo(f"{done.requests} requests, {done.found} name them, {done.passed} of these passed; {done.not_seen} could not be seen")
        if done.examples:
            rows = [(one["decision_id"], one["at"], one["tenant"]) for one in done.examples]
            show_table("Those that passed, newest first", ["decision", "at", "tenant"], rows)
    if done.passed:
        raise typer.Exit(EXIT_NO)


@app.command("stats")
def stats(json: Json = False) -> None:
    """How many people, aliases, photos and directives there are."""
    from guard.processes import parts

    counts = parts.open_registry(settings()).stats()
    if json:
        show_json(counts)
    else:
        show_table("Registry", ["what", "count"], list(counts.items()))
