"""`guard audit retain` and `guard audit hold`: what of the record goes by itself, and what must stay."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from guard.cli.keys import ACTOR
from guard.cli.output import Json, fail, show_json, show_table
from guard.cli.serve import settings

app = typer.Typer(help="Legal holds: what stays although retention or an erasure would take it.", no_args_is_help=True)

Reason = Annotated[str, typer.Option(help="Why; recorded. A case number, no names.")]


def retain(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would go, and change nothing.")] = False, json: Json = False
) -> None:
    """Prune the bodies whose time is up by GUARD_RETENTION, as `guard serve` does every hour."""
    from dataclasses import asdict

    from guard.processes import custody, parts
    from guard.record import retention

    chosen = settings()
    if chosen.retention is None:
        fail("GUARD_RETENTION names no file, so every body is kept")
    schedule = retention.load(chosen.retention)
    engine = parts.open_engine(chosen)
    due = retention.plan(engine, schedule)
    if not dry_run:
        retention.run(engine, schedule, custody.teller(parts.open_keyring(chosen, engine), ACTOR))
    if json:
        show_json({"dry_run": dry_run, "rules": [asdict(rule) for rule in due]})
    else:
        title = "Bodies that would be pruned" if dry_run else "Bodies pruned"
        show_table(title, ["rule", "earlier than", "bodies", "kept by a hold"], [(d.rule, d.before, d.due, d.held) for d in due])


@app.command("add")
def add(
    reason: Reason,
    subject: Annotated[str | None, typer.Option(help="A subject id.")] = None,
    tenant: Annotated[str | None, typer.Option(help="A tenant.")] = None,
    since: Annotated[datetime | None, typer.Option("--from", help="First moment, inclusive (UTC).")] = None,
    until: Annotated[datetime | None, typer.Option("--to", help="Last moment, exclusive (UTC).")] = None,
    json: Json = False,
) -> None:
    """Keep the bodies of all events that fit all that is given, those to come included, until the hold is released."""
    from dataclasses import asdict

    from guard.processes import custody, parts
    from guard.record import legal_holds

    chosen = settings()
    engine = parts.open_engine(chosen)
    keyring = parts.open_keyring(chosen, engine)
    scope = legal_holds.Scope(subject, tenant, as_utc(since), as_utc(until))
    made = legal_holds.add(engine, keyring, scope, reason, ACTOR, custody.teller(keyring, ACTOR))
    if json:
        show_json(asdict(made))
    else:
        typer.echo(made.id)


@app.command("list")
def list_(
    released: Annotated[bool, typer.Option("--released", help="Those that ended as well.")] = False,
    json: Json = False,
) -> None:
    """The holds that stand."""
    from dataclasses import asdict

    from guard.processes import parts
    from guard.record import legal_holds

    chosen = settings()
    engine = parts.open_engine(chosen)
    found = [asdict(hold) for hold in legal_holds.holds(engine, parts.open_keyring(chosen, engine), released=released)]
    if json:
        show_json(found)
    else:
        columns = ["id", "subject_id", "tenant", "begins", "ends", "reason", "created_at", "released_at"]
        show_table("Legal holds", columns, [[hold[column] for column in columns] for hold in found])


@app.command("release")
def release(hold_id: str, reason: Reason, json: Json = False) -> None:
    """End a hold: bodies of people who were erased meanwhile go now, retention takes the others in its time."""
    from guard.processes import custody, parts
    from guard.record import erasure, legal_holds

    chosen = settings()
    engine = parts.open_engine(chosen)
    keyring = parts.open_keyring(chosen, engine)
    gone = legal_holds.release(engine, keyring, hold_id, reason, ACTOR, custody.teller(keyring, ACTOR))
    for kind, owner in keyring.erased():
        if kind == "subject":
            gone += erasure.erase_subject(engine, owner)
    if json:
        show_json({"hold_id": hold_id, "bodies_erased": gone})
    else:
        typer.echo(f"released; {gone} bodies of erased people are gone")


def as_utc(time: datetime | None) -> datetime | None:
    """A time as it was typed; without a zone it is UTC."""
    return None if time is None else time.replace(tzinfo=time.tzinfo or UTC)
