"""`guard evaluate` and `guard bench`: how good, and how fast."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from guard.cli.output import EXIT_NO, Json, show_json, show_table

app = typer.Typer(help="How good the guard is, on your own names, prompts and photos.", no_args_is_help=True)

Html = Annotated[Path | None, typer.Option(help="Write a page with plots here.")]


@app.command("names")
def names(
    people: Annotated[Path, typer.Option(help="A directory or file of people (JSON Lines, JSON, one name a line).")],
    prompts: Annotated[Path, typer.Option(help="Prompts, JSON Lines with `text` (and `id`).")],
    registered: Annotated[int, typer.Option(help="How many people the registry holds.")] = 10_000,
    half: Annotated[str, typer.Option(help="Measure `all`, or the `tuning` or `held-out` half of people and prompts.")] = "all",
    only: Annotated[str | None, typer.Option(help="Measure only the classes whose name has this in it.")] = None,
    html: Html = None,
    json: Json = False,
) -> None:
    """Recall by evasion class, false refusals per 1,000 prompts, and latency, with intervals. Exit status 1 if a target is missed."""
    from guard.evaluate import names as evaluation
    from guard.evaluate.names_people import Half

    if half not in list(Half):
        raise typer.BadParameter(f"{half!r} is none of {', '.join(Half)}", param_hint="--half")
    if evaluation.run(people, prompts, registered=registered, html=html, as_json=json, only=only, half=Half(half)):
        raise typer.Exit(EXIT_NO)


@app.command("faces")
def faces(
    photos: Annotated[Path, typer.Option(help="A directory with one directory of photos a person.")],
    html: Html = None,
    scale: Annotated[Path | None, typer.Option(help="Write a scale fitted to these people here (docs/explanation/thresholds.md).")] = None,
    cache: Annotated[
        Path | None, typer.Option(help="Keep what was seen in each photo in this directory, for a quick rerun. It holds vectors of faces.")
    ] = None,
    json: Json = False,
) -> None:
    """False positive and false negative identification rates by gallery size, with intervals."""
    from guard.evaluate import faces as evaluation

    evaluation.run(photos, html=html, as_json=json, scale=scale, keep=cache)


@app.command("face-costs")
def face_costs(json: Json = False) -> None:
    """CPU and memory of the face search and of a face worker on this machine. Exit status 1 if a figure is over its limit."""
    from guard.evaluate.faces_costs import costs

    found = list(costs())
    if json:
        show_json([{**asdict(cost), "met": cost.met} for cost in found])
    else:
        rows = [(c.name, f"{c.value:.1f} {c.unit}", f"{c.limit:g} {c.unit}", "met" if c.met else "over") for c in found]
        show_table("What faces cost on this machine", ["", "measured", "at most", ""], rows)
    if not all(cost.met for cost in found):
        raise typer.Exit(EXIT_NO)


def bench(
    seconds: Annotated[float, typer.Option(help="Time a figure.")] = 3.0,
    people: Annotated[int, typer.Option(help="How many people are registered.")] = 100_000,
    json: Json = False,
) -> None:
    """What the guard costs on this machine: CPU a request, added latency, memory, beside the upstream alone."""
    from guard.evaluate.bench import measure

    figures = list(measure(seconds, people))
    if json:
        show_json([asdict(figure) for figure in figures])
        return
    rows = [
        (f.what, f.at_once, f.requests, f"{f.p50_ms:.2f}", f"{f.p99_ms:.2f}", _whole(f.cpu_us), f"{f.per_s:.0f}", _whole(f.rss_mb))
        for f in figures
    ]
    columns = ["what", "at once", "requests", "p50 ms", "p99 ms", "CPU us/request", "per s", "RSS MB"]
    show_table(f"{people} people registered", columns, rows)


def _whole(value: float | None) -> str:
    return "-" if value is None else f"{value:.0f}"
