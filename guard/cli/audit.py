"""`guard audit`: take the record out, and check what was taken out."""

import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import orjson
import typer

from guard.cli import holds, reports, signing, soundness
from guard.cli.keys import ACTOR
from guard.cli.output import EXIT_NO, Json, show_json, show_table
from guard.cli.serve import settings

FAR_BEHIND = 1_000  # two batches: a sink that is well is within a second of the log

app = typer.Typer(help="The record: export it, verify it, watch it, keep it.", no_args_is_help=True)
app.command("retain")(holds.retain)
app.add_typer(holds.app, name="hold")
app.add_typer(reports.app, name="report")
app.command("rotate-key")(signing.rotate_key)
app.command("key")(signing.key)
app.command("check")(soundness.check)
app.command("accept-restore")(soundness.accept_restore)


@app.command("export")
def export(
    out: Annotated[Path, typer.Argument(help="The archive to write, FILE.zip.")],
    format_: Annotated[str, typer.Option("--format", help="jsonl, csv, parquet or ocsf.")] = "jsonl",
    since: Annotated[datetime | None, typer.Option("--from", help="First moment, inclusive (UTC).")] = None,
    until: Annotated[datetime | None, typer.Option("--to", help="Last moment, exclusive (UTC).")] = None,
    tenant: Annotated[str | None, typer.Option(help="Only this tenant's decisions.")] = None,
    subject: Annotated[str | None, typer.Option(help="Only decisions about this subject id, or the subject of this case id.")] = None,
    outcome: Annotated[str | None, typer.Option(help="allow, hold or refuse.")] = None,
    stage: Annotated[str | None, typer.Option(help="input or output.")] = None,
    redaction: Annotated[str, typer.Option(help="none, standard or strict.")] = "none",
) -> None:
    """Write an archive that an outsider can verify with nothing but the log's public key."""
    from rich.progress import Progress

    from guard.processes import custody, parts
    from guard.processes.reporting import subject_of
    from guard.record.export import ExportRequest, run_export

    chosen = settings()
    engine = parts.open_engine(chosen)
    registry = parts.open_registry(chosen, engine)
    request = ExportRequest.parse(
        {
            "format": format_,
            "from": _utc(since),
            "to": _utc(until),
            "tenant": tenant,
            "subject_id": subject_of(registry, subject) if subject is not None else None,
            "outcome": outcome,
            "stage": stage,
            "redaction": redaction,
        }
    )
    custody.tell(engine, registry.keyring, ACTOR, "export.create", {"request": request.as_json()})
    with Progress(disable=not sys.stderr.isatty()) as progress:
        bar = progress.add_task("exporting", total=None)
        run_export(
            engine,
            registry.keyring,
            parts.open_signer(chosen),
            request,
            out,
            lambda done, total: progress.update(bar, completed=done, total=total),
        )
    typer.echo(str(out))


def _utc(time_of_day: datetime | None) -> str | None:
    return None if time_of_day is None else time_of_day.replace(tzinfo=time_of_day.tzinfo or UTC).isoformat()


@app.command("verify")
def verify(
    file: Annotated[Path, typer.Argument(help="An exported archive.")],
    key: Annotated[Path | None, typer.Option(help="The log's public key, as GET /log/key gives it.")] = None,
    checkpoint: Annotated[list[Path] | None, typer.Option(help="An older checkpoint that the archive must be consistent with.")] = None,
    witness: Annotated[Path | None, typer.Option(help="Public keys of witnesses, of which one must have cosigned.")] = None,
    json: Json = False,
) -> None:
    """Check an archive offline. Exit status 1, and one line naming the first thing that is wrong, if it cannot be accepted; 2 if a file
    cannot be read."""
    from guard.record.verify import main

    arguments = [str(file), *(["--key", str(key)] if key else []), *(["--json"] if json else [])]
    arguments += ["--witness", str(witness)] if witness else []
    for path in checkpoint or []:
        arguments += ["--checkpoint", str(path)]
    if status := main(arguments):
        raise typer.Exit(status)


@app.command("tail")
def tail(
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on as events come.")] = False,
    count: Annotated[int, typer.Option("-n", help="How many to begin with.")] = 20,
) -> None:
    """The newest events of the log, one JSON object a line (skeletons: no prompt and no name is in them)."""
    from guard.processes import parts
    from guard.record.query import Log

    log = Log(parts.open_engine(settings()))
    position = max(0, log.size() - count)
    while True:
        for entry in log.entries(position, position + 1000):
            sys.stdout.buffer.write(orjson.dumps(entry) + b"\n")
            position = entry["index"] + 1
        sys.stdout.buffer.flush()
        if not follow:
            return
        time.sleep(0.5)


@app.command("stats")
def stats(json: Json = False) -> None:
    """How large the log is."""
    from guard.processes import parts
    from guard.record.query import Log

    size = Log(parts.open_engine(settings())).size()
    if json:
        show_json({"size": size})
    else:
        typer.echo(f"{size} events")


@app.command("sinks")
def sinks(json: Json = False) -> None:
    """How far each sink of GUARD_SINKS is behind the log. Exit status 1 when one is more than 1,000 events behind."""
    from dataclasses import asdict

    from guard.processes import parts
    from guard.record.sinks.config import configured
    from guard.record.sinks.feed import lags

    chosen = settings()
    found = lags(parts.open_engine(chosen), [sink.name for sink in configured(chosen) if sink.events])
    if json:
        show_json([asdict(lag) for lag in found])
    else:
        show_table(
            "Sinks", ["name", "next event", "behind", "last confirmed"], [(s.sink, s.next_index, s.behind, s.updated_at) for s in found]
        )
    if any(lag.behind > FAR_BEHIND for lag in found):
        raise typer.Exit(EXIT_NO)
