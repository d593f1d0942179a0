"""`guard policy`: check, test and compare policies before they decide anything."""

from typing import Annotated

import typer

from guard.cli.output import EXIT_NO, Json, show_json, show_table
from guard.decide import cases, load
from guard.decide.cases import Screen
from guard.decide.diff import diff
from guard.decide.policy import Case, Policy
from guard.errors import PolicyInvalidError
from guard.types import Findings, Text

app = typer.Typer(help="What the operator allows.", no_args_is_help=True)

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


@app.command("list")
def list_(json: Json = False) -> None:
    """The policies that come with the guard."""
    found = [load.load(name) for name in load.bundled()]
    if json:
        show_json([{"name": p.name, "revision": p.revision, "description": p.description} for p in found])
    else:
        show_table("Bundled policies", ["name", "what it does"], [(p.name, p.description) for p in found])
