"""`guard screen`: what would the guard say?"""

import asyncio
import secrets
import sys
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer

from guard.cli.output import EXIT_NO, Json, fail, show_json, show_table
from guard.cli.serve import settings
from guard.decide import load
from guard.errors import GuardError
from guard.types import Caller, Outcome, Stage


def screen(
    text: Annotated[str | None, typer.Argument(help="The prompt.")] = None,
    image: Annotated[list[Path] | None, typer.Option(help="A picture that goes with it; may be repeated.")] = None,
    tenant: Annotated[str, typer.Option(help="Whose request it would be.")] = "default",
    purpose: Annotated[str | None, typer.Option(help="As X-Guard-Purpose.")] = None,
    jurisdiction: Annotated[str | None, typer.Option(help="As X-Guard-Jurisdiction.")] = None,
    stage: Annotated[Stage, typer.Option(help="Whether it goes in or comes out.")] = Stage.INPUT,
    policy: Annotated[str | None, typer.Option(help="Decide by this policy instead of the active one.")] = None,
    jsonl: Annotated[Path | None, typer.Option(help="Screen a file of {id, prompt, images} lines.")] = None,
    out: Annotated[Path | None, typer.Option(help="Where the answers of --jsonl go.")] = None,
    json: Json = False,
) -> None:
    """Decide about a prompt and pictures without forwarding anything.

    Exit status 1 when the answer is hold or refuse. With --jsonl every line is answered, whatever the outcomes, and the status is 0.
    """
    if jsonl is not None:
        if out is None or text is not None or image:
            fail("--jsonl needs --out, and neither TEXT nor --image")
        asyncio.run(_screen_file(jsonl, out, policy))
        return
    if text is None and not image:
        raise typer.BadParameter("give a TEXT, an --image, or --jsonl")
    question: dict[str, Any] = {"prompt": text, "images": [str(path) for path in image or []], "tenant": tenant}
    question |= {"purpose": purpose, "jurisdiction": jurisdiction, "stage": stage, "policy": policy}
    answer = asyncio.run(_screen_one(question))
    if json:
        show_json(answer)
    else:
        _show(answer)
    if answer["outcome"] != Outcome.ALLOW:
        raise typer.Exit(EXIT_NO)


async def _screen_one(question: dict[str, Any]) -> dict[str, Any]:
    from guard.processes.local import local_guard

    async with local_guard(settings(), question.get("policy")) as guard:
        return await answer_line(guard, question)


async def answer_line(guard: Any, question: dict[str, Any]) -> dict[str, Any]:
    """One question in the shape of the `/screen` body, images as paths, answered in the shape of the `/screen` answer."""
    from guard.extract.containers import inspect
    from guard.pipeline import ScreenRequest
    from guard.screening import result_body, texts_of

    pictures = [inspect(Path(path).read_bytes(), f"images[{n}]", guard.limits) for n, path in enumerate(question.get("images") or [])]
    named = question.get("policy")
    request = ScreenRequest(
        texts=texts_of(question.get("prompt"), question.get("texts") or []),
        pictures=pictures,
        caller=Caller(question.get("tenant") or "default"),
        stage=Stage(question.get("stage") or Stage.INPUT),
        purpose=question.get("purpose"),
        jurisdiction=question.get("jurisdiction"),
        policy=load.load(named) if named else None,
    )
    return result_body(await guard.pipeline.screen(request, "req_" + secrets.token_hex(16)))


async def _screen_file(source: Path, target: Path, policy: str | None) -> None:
    from rich.progress import Progress

    from guard.processes.local import local_guard

    lines = source.read_bytes().splitlines()
    async with local_guard(settings(), policy) as guard:
        with target.open("wb") as out, Progress(disable=not sys.stderr.isatty()) as progress:
            bar = progress.add_task("screening", total=len(lines))
            for start in range(0, len(lines), _AT_ONCE):
                batch = lines[start : start + _AT_ONCE]
                for answer in await asyncio.gather(*(_safely(guard, line) for line in batch)):
                    out.write(orjson.dumps(answer, default=str) + b"\n")
                progress.advance(bar, len(batch))


_AT_ONCE = 16


async def _safely(guard: Any, line: bytes) -> dict[str, Any]:
    """The answer to one line, or what is wrong with it."""
    identifier: Any = None
    try:
        question = orjson.loads(line)
        if not isinstance(question, dict):
            return {"id": None, "error": "the line is not a JSON object"}
        identifier = question.get("id")
        return {"id": identifier, **await answer_line(guard, question)}
    except (GuardError, OSError, ValueError, TypeError, AttributeError) as error:
        return {"id": identifier, "error": str(error) or type(error).__name__}


def _show(answer: dict[str, Any]) -> None:
    typer.echo(f"{answer['outcome']}  (rule {answer['rule']}, decision {answer['decision_id']})")
    if answer["hits"]:
        rows = [(h["subject"], h["modality"], h["alias"] or "", h["text"] or "", h["role"] or "", h["strength"], f"{h['score']:.2f}") for h in answer["hits"]]
        show_table("Hits", ["subject", "by", "alias", "text", "role", "strength", "score"], rows)
    if answer["faces"]:
        typer.echo(f"{answer['faces']} face(s) found")
