"""`guard audit report`: pages and data for a court, for a person, for the public."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from guard.cli.holds import as_utc
from guard.cli.keys import ACTOR
from guard.cli.serve import settings

if TYPE_CHECKING:
    from guard.processes.reporting import Report

app = typer.Typer(help="Reports: everything about one person, their own activity report, a transparency report.", no_args_is_help=True)

Since = Annotated[datetime | None, typer.Option("--from", help="First moment, inclusive (UTC).")]
Until = Annotated[datetime | None, typer.Option("--to", help="Last moment, exclusive (UTC).")]
Html = Annotated[Path | None, typer.Option("--html", help="Write the page here; it needs nothing but itself, and prints.")]
JsonFile = Annotated[Path | None, typer.Option("--json", help="Write the data here; with neither option they go to standard output.")]


@app.command("subject")
def subject(
    id_: Annotated[str, typer.Argument(metavar="ID")], since: Since = None, until: Until = None, html: Html = None, json: JsonFile = None
) -> None:
    """The evidence pack: all that concerns one subject (or the subject of a case), with proofs. Confidential."""
    from guard.processes.reporting import Reporter
    from guard.record.reports.events import Period

    _write(Reporter(settings(), ACTOR).subject(id_, Period(as_utc(since), as_utc(until))), html, json)


@app.command("activity")
def activity(
    id_: Annotated[str, typer.Argument(metavar="ID")], since: Since = None, until: Until = None, html: Html = None, json: JsonFile = None
) -> None:
    """What was done about a person, to be given to that person: free of other people's data."""
    from guard.processes.reporting import Reporter
    from guard.record.reports.events import Period

    _write(Reporter(settings(), ACTOR).activity(id_, Period(as_utc(since), as_utc(until))), html, json)


@app.command("transparency")
def transparency(since: Since = None, until: Until = None, html: Html = None, json: JsonFile = None) -> None:
    """Counts by month, rule, scope and outcome, and holds overturned, to be published: counts under 5 are left out."""
    from guard.processes.reporting import Reporter
    from guard.record.reports.events import Period

    _write(Reporter(settings(), ACTOR).transparency(Period(as_utc(since), as_utc(until))), html, json)


def _write(report: "Report", html: Path | None, json: Path | None) -> None:
    if html is not None:
        _private(html, report.html.encode())
    if json is not None:
        _private(json, report.json)
    if html is None and json is None:
        typer.echo(report.json.decode(), nl=False)


def _private(path: Path, content: bytes) -> None:
    """Only for its owner: reports hold personal data."""
    path.touch(mode=0o600)
    path.write_bytes(content)
