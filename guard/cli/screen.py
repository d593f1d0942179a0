"""`guard screen`: what would the guard say?"""

import asyncio
import base64
import secrets
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import orjson
import typer

from guard.cli.output import EXIT_NO, Json, fail, show_json, show_table
from guard.cli.serve import settings
from guard.decide import load
from guard.errors import GuardError
from guard.types import Caller, Outcome, Stage, Text

if TYPE_CHECKING:
    from guard.processes.local import LocalGuard


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


async def answer_line(guard: "LocalGuard", question: dict[str, Any]) -> dict[str, Any]:
    """One question with the fields of the `/screen` body, its images as paths; answered as `/screen` answers."""
    from api.admin.pictures import read_pictures
    from api.admin.screen import shown
    from api.schemas import ScreenIn
    from guard.exchange import ScreenRequest

    images = [base64.b64encode(Path(path).read_bytes()).decode() for path in question.get("images") or []]
    body = ScreenIn.model_validate({**{k: v for k, v in question.items() if k != "id"}, "images": images})
    reading = read_pictures(body.images, "images", guard.limits)
    prompt = [Text("prompt", body.prompt)] if body.prompt is not None else []
    request = ScreenRequest(
        texts=(*prompt, *(Text(f"texts[{n}]", text) for n, text in enumerate(body.texts)), *reading.texts),
        pictures=tuple(reading.pictures),
        caller=Caller(body.tenant or "default"),
        stage=body.stage,
        purpose=body.purpose,
        jurisdiction=body.jurisdiction,
        policy=load.load(body.policy) if body.policy else None,
    )
    result = await guard.pipeline.screen(request, "req_" + secrets.token_hex(16))
    return shown(result, body.stage).model_dump(mode="json")


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


async def _safely(guard: "LocalGuard", line: bytes) -> dict[str, Any]:
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
        rows = [
            (h["subject"], h["modality"], h["alias"] or "", h["text"] or "", h["role"] or "", h["strength"], f"{h['score']:.2f}")
            for h in answer["hits"]
        ]
        show_table("Hits", ["subject", "by", "alias", "text", "role", "strength", "score"], rows)
    if answer["faces"]:
        typer.echo(f"{answer['faces']} face(s) found")
