"""`guard evaluate` and `guard bench`: how good, and how fast."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from guard.cli.output import EXIT_NO, Json, fail, show_json, show_table

if TYPE_CHECKING:
    from guard.evaluate.faces_costs import Cost

app = typer.Typer(help="How good the guard is, on your own names, prompts and photos.", no_args_is_help=True)

Html = Annotated[Path | None, typer.Option(help="Write a page with plots here.")]


@app.command("names")
def names(
    people: Annotated[Path, typer.Option(help="A directory or file of people (JSON Lines, JSON, one name a line).")],
    prompts: Annotated[Path, typer.Option(help="Prompts, JSON Lines with `text` (and `id`).")],
    registered: Annotated[int, typer.Option(help="How many people the registry holds.")] = 10_000,
    half: Annotated[str, typer.Option(help="Measure `all`, or the `tuning` or `held-out` half of people and prompts.")] = "all",
    only: Annotated[str | None, typer.Option(help="Measure only the classes whose name has this in it.")] = None,
    seed: Annotated[int, typer.Option(help="Of the people made up and every other choice; another one is another registry.")] = 7,
    html: Html = None,
    json: Json = False,
) -> None:
    """Recall by evasion class, false refusals per 1,000 prompts, and latency, with intervals. Exit status 1 if a target is missed."""
    from guard.evaluate import names as evaluation
    from guard.evaluate.names_people import Half

    if half not in list(Half):
        raise typer.BadParameter(f"{half!r} is none of {', '.join(Half)}", param_hint="--half")
    if evaluation.run(people, prompts, registered=registered, html=html, as_json=json, only=only, half=Half(half), seed=seed):
        raise typer.Exit(EXIT_NO)


@app.command("faces")
def faces(
    photos: Annotated[Path, typer.Option(help="A directory with one directory of photos a person.")],
    html: Html = None,
    scale: Annotated[Path | None, typer.Option(help="Write a scale fitted to these people here (docs/explanation/thresholds.md).")] = None,
    cache: Annotated[
        Path | None, typer.Option(help="Keep what was seen in each photo in this directory, for a quick rerun. It holds vectors of faces.")
    ] = None,
    encoder: Annotated[Path | None, typer.Option(help="An ONNX encoder of your own (docs/how-to/bring-a-face-encoder.md).")] = None,
    detector: Annotated[
        Path | None, typer.Option(help="An ONNX detector of your own beside dlib's (docs/how-to/bring-a-face-detector.md).")
    ] = None,
    json: Json = False,
) -> None:
    """False positive and false negative identification rates by gallery size, with intervals."""
    from guard.evaluate import faces as evaluation
    from guard.evaluate.faces_looking import Networks

    evaluation.run(photos, html=html, as_json=json, scale=scale, keep=cache, networks=Networks(encoder, detector))


@app.command("face-costs")
def face_costs(json: Json = False) -> None:
    """CPU and memory of the face search and of a face worker on this machine. Exit status 1 if a figure is over its limit."""
    from guard.evaluate.faces_costs import costs

    _show_costs("What faces cost on this machine", list(costs()), json=json)


def _show_costs(title: str, found: "list[Cost]", *, json: bool) -> None:
    if json:
        show_json([{**asdict(cost), "met": cost.met} for cost in found])
    else:
        rows = [(c.name, f"{c.value:.1f} {c.unit}", f"{c.limit:g} {c.unit}", "met" if c.met else "over") for c in found]
        show_table(title, ["", "measured", "at most", ""], rows)
    if not all(cost.met for cost in found):
        raise typer.Exit(EXIT_NO)


@app.command("policies")
def policies(
    decisions: Annotated[int, typer.Option(min=1_000, help="How many decisions are replayed.")] = 100_000,
    json: Json = False,
) -> None:
    """How long a replay takes, and how soon an activation binds on four workers. Exit status 1 if a figure is over its limit."""
    from guard.evaluate.policies import measured

    _show_costs("What policies cost on this machine", list(measured(decisions)), json=json)


@app.command("signals")
def signals(
    prompts: Annotated[Path, typer.Option(help="Prompts, JSON Lines with `text`, and `signals` where somebody labelled them.")],
    json: Json = False,
) -> None:
    """False alarms of the signals of words on two halves of the prompts, and whether disguises hide a word. Exit status 1 if a target is missed."""
    from guard.evaluate import signals as evaluation

    try:
        rates = evaluation.measure(evaluation.read(prompts))
    except (OSError, ValueError) as error:
        fail(str(error))
    if json:
        show_json([{**asdict(rate), "value": rate.value, "interval": rate.interval, "met": rate.met} for rate in rates])
    else:
        rows = [(r.group, r.name, f"{r.hits} of {r.trials}", f"{r.value:.2%}", "{:.2%} to {:.2%}".format(*r.interval)) for r in rates]
        show_table("Signals of words", ["what", "of what", "prompts", "share", "95 % interval"], rows)
    if not all(rate.met for rate in rates):
        raise typer.Exit(EXIT_NO)


@app.command("speed")
def speed(json: Json = False) -> None:
    """CPU of a decision and of the signals of words on this machine. Exit status 1 if a target is missed."""
    from guard.evaluate import speed as evaluation

    figures = list(evaluation.measure())
    if json:
        show_json([{**asdict(figure), "met": figure.met} for figure in figures])
    else:
        rows = [(f.what, f"{f.p50_us:.0f}", f"{f.p95_us:.0f}", f"{f.most_us:.0f}", "met" if f.met else "missed") for f in figures]
        show_table("CPU microseconds", ["what", "p50", "p95", "at most", ""], rows)
    if not all(figure.met for figure in figures):
        raise typer.Exit(EXIT_NO)


def bench(
    seconds: Annotated[float, typer.Option(help="Time a figure.")] = 3.0,
    people: Annotated[int, typer.Option(help="How many people are registered.")] = 100_000,
    loads: Annotated[bool, typer.Option(help="Measure large bodies and many streams instead, each against the most it may cost.")] = False,
    json: Json = False,
) -> None:
    """What the guard costs on this machine: CPU a request, added latency, memory, beside the upstream alone."""
    from guard.evaluate.bench import measure
    from guard.evaluate.bench_loads import loads as load_figures

    if loads:
        _show_costs("What large bodies and many streams cost one worker", list(load_figures()), json=json)
        return

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
