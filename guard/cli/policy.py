"""`guard policy`: check, test, compare and replay policies before they decide anything."""

import sys
from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from guard.cli.output import EXIT_NO, Json, show_json, show_table
from guard.cli.serve import settings
from guard.decide import cases, load
from guard.decide.cases import Screen
from guard.decide.diff import diff
from guard.decide.policy import Case, Policy
from guard.errors import PolicyInvalidError
from guard.types import Findings, Text

app = typer.Typer(help="What the operator allows.", no_args_is_help=True)

_SHOWN = 20

Name = Annotated[str, typer.Argument(help="A bundled policy's name, or a file that ends in .yaml.")]


@app.command("check")
def check(name: Name = "default", json: Json = False) -> None:
    """Read a policy and say what is wrong with it, with line and column. Exit status 1 if anything is."""
    try:
        policy = load.load(name)
    except PolicyInvalidError as error:
        if json:
            show_json(
                {
                    "valid": False,
                    "errors": [
                        {"line": getattr(e, "line", None), "column": getattr(e, "column", None), "path": e.pointer, "message": e.message}
                        for e in error.errors
                    ],
                    "message": str(error),
                }
            )
        else:
            typer.echo(str(error), err=True)
        raise typer.Exit(EXIT_NO) from error
    if json:
        show_json({"valid": True, "errors": [], "name": policy.name, "revision": policy.revision})
    else:
        typer.echo(f"{policy.name}: good, {len(policy.rules)} rules, {len(policy.cases)} cases, revision {policy.revision}")


@app.command("test")
def run_cases(
    name: Annotated[str | None, typer.Argument(help="A policy; all bundled ones without it.")] = None, json: Json = False
) -> None:
    """Run a policy's worked cases, on findings and on prompts. Exit status 1 if any comes out otherwise."""
    reports = [cases.run(policy, screen_for(policy)) for policy in ([load.load(name)] if name else map(load.load, load.bundled()))]
    if json:
        show_json(
            [
                {
                    "policy": r.policy,
                    "passed": r.passed,
                    "results": [{"case": c.case, "level": c.level, "passed": c.passed} for c in r.results],
                }
                for r in reports
            ]
        )
    else:
        for report in reports:
            for line in report.lines():
                typer.echo(line)
    if not all(report.passed for report in reports):
        raise typer.Exit(EXIT_NO)


def screen_for(policy: Policy) -> Screen:
    """Finds in a case's prompt what the gateway would find, with the case's people as the registry."""
    from guard.match.gallery import Gallery
    from guard.signals.gather import gather

    galleries: dict[int, Gallery] = {}

    def screen(case: Case) -> Findings:
        gallery = galleries.get(id(case.people))  # one cast for all cases of a policy
        if gallery is None:
            gallery = galleries[id(case.people)] = Gallery.of(list(case.people.values()))
        texts = [Text("prompt", case.prompt or "")]
        return Findings(hits=tuple(hit for hit, _ in gallery.find_names(texts)), signals=gather(texts))

    return screen


@app.command("diff")
def compare(
    old: Name,
    new: Annotated[str, typer.Argument(help="The policy to compare with it.")],
    json: Json = False,
) -> None:
    """What changes from one policy to another. Exit status 1 if anything does."""
    changes = diff(load.load(old), load.load(new))
    if json:
        show_json([change.line() for change in changes])
    else:
        for change in changes:
            typer.echo(change.line())
    if changes:
        raise typer.Exit(EXIT_NO)


@app.command("replay")
def replay(
    name: Name = "default",
    since: Annotated[datetime | None, typer.Option("--from", help="First moment, inclusive (UTC).")] = None,
    until: Annotated[datetime | None, typer.Option("--to", help="Last moment, exclusive (UTC).")] = None,
    limit: Annotated[int, typer.Option(min=1, help="The newest so many decisions.")] = 100_000,
    json: Json = False,
) -> None:
    """Ask what a policy would have decided of what was recorded. Exit status 1 if any outcome changes.

    People's directives count as they are now. What was erased, or recorded without its hits, is counted as not seen; pictures are not
    looked at anew.
    """
    from rich.progress import Progress

    from api.admin.replay import Replay
    from guard.processes.local import open_records

    policy = load.load(name)
    run = Replay(open_records(settings()), policy)
    after, before = _utc(since), _utc(until)
    with Progress(disable=json or not sys.stderr.isatty()) as progress:
        bar = progress.add_task("replaying", total=min(limit, run.count(after, before)))
        done = run.run(after, before, limit, lambda number: progress.update(bar, completed=number))
        progress.update(bar, completed=done.decisions)
    changes = {f"{was} to {now}": number for (was, now), number in sorted(done.changes.items())}
    differing = sum(number for (was, now), number in done.changes.items() if was != now)
    report = {"policy": policy.name, "revision": policy.revision, "decisions": done.decisions, "not_seen": done.not_seen}
    if json:
        show_json({**report, "changes": changes, "examples": done.examples})
    else:
        _show_replay(report, changes, differing, done.examples)
    if differing:
        raise typer.Exit(EXIT_NO)


def _show_replay(report: dict[str, Any], changes: dict[str, int], differing: int, examples: list[dict[str, Any]]) -> None:
    typer.echo(f"{report['policy']}: {report['decisions']} decisions, {differing} would change, {report['not_seen']} could not be seen")
    if changes:
        show_table("Outcomes, as recorded and under this policy", ["change", "decisions"], list(changes.items()))
    if examples:
        rows = [(e["decision_id"], e["at"], e["before"], e["after"], e["rule_after"]) for e in examples[:_SHOWN]]
        show_table(f"The newest of those that change ({len(rows)} of {differing})", ["decision", "at", "before", "after", "rule"], rows)


def _utc(time: datetime | None) -> datetime | None:
    return None if time is None else time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)


@app.command("list")
def list_(json: Json = False) -> None:
    """The policies that come with the guard."""
    found = [load.load(name) for name in load.bundled()]
    if json:
        show_json([{"name": p.name, "revision": p.revision, "description": p.description} for p in found])
    else:
        show_table("Bundled policies", ["name", "what it does"], [(p.name, p.description) for p in found])
