"""`guard demo`: the whole story on throw-away data, told as a table; every step is checked."""

import base64
import json
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import openai
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from guard.evaluate import portrait, trial

PERSON = "Odile Varrenhoek"
PROMPT = f"a photo of {PERSON} on a red bicycle"
DISGUISED = "a photo of Odi\u200ble  V\u0430rrenhoek on a red bicycle"
HARMLESS = "a step-by-step diagram of changing a tyre"


@dataclass(slots=True)
class Tour:
    """What happened so far: one row a step."""

    console: Console
    rows: list[tuple[str, str, bool]] = field(default_factory=list)

    def step(self, what: str, expected: str, happened: str) -> None:
        """Note a step; it went as it should when what happened is what was expected."""
        good = happened == expected
        self.rows.append((what, happened if good else f"{happened} (expected: {expected})", good))
        self.console.print(f"[{'green' if good else 'red'}]{'✓' if good else '✗'}[/] {escape(what)}: {escape(self.rows[-1][1])}")

    @property
    def good(self) -> bool:
        """Whether every step went as it should."""
        return all(row[-1] for row in self.rows)

    def table(self) -> Table:
        """The outcomes."""
        table = Table(title="What happened", title_justify="left")
        table.add_column("Step")
        table.add_column("Outcome")
        table.add_column("As it should")
        for what, happened, good in self.rows:
            table.add_row(escape(what), escape(happened), "yes" if good else "NO", style=None if good else "bold red")
        return table


def run(console: Console | None = None) -> int:
    """Tell the story; 0 when every step went as it should, else 1. Ends by itself, and leaves nothing behind."""
    console = console or Console()
    started = time.monotonic()
    tour = Tour(console)
    console.print("Starting a guard and a stand-in upstream (it draws placeholders, no provider is called), on throw-away data ...")
    try:
        with trial.stand_in() as upstream, trial.running(upstream_url=f"{upstream}/v1") as guard:
            console.print(f"Ready at {guard.url} after {time.monotonic() - started:.1f} s")
            _tell(tour, guard, upstream)
    except (trial.TrialError, httpx2.HTTPError, RuntimeError) as error:
        tour.step("the guard runs", "yes", str(error))
    console.print()
    console.print(tour.table())
    console.print(f"{'All as it should be' if tour.good else 'NOT all as it should be'}, in {time.monotonic() - started:.0f} s.")
    return 0 if tour.good else 1


def _tell(tour: Tour, guard: trial.Trial, upstream: str) -> None:
    client = guard.client("demo")
    scene = portrait.png(portrait.in_a_scene(portrait.ADA))

    tour.step("a harmless prompt", "a picture", _outcome(lambda: client.images.generate(model="gpt-image-1", prompt=HARMLESS)))
    tour.step("a prompt with her name, before anyone opted out", "a picture", _outcome(lambda: client.images.generate(prompt=PROMPT)))

    receipt = guard.made("/opt-outs", json={"subject": {"name": PERSON, "kind": "private_person"}})
    tour.step(f"{PERSON} opts out, with one call", "active", receipt["status"])
    photo = {"image": ("photo.png", portrait.png(portrait.draw(portrait.ADA)), "image/png")}
    enrolled = guard.made(f"/subjects/{receipt['subject_id']}/faces", files=photo)
    tour.step("her face (a drawn one) is enrolled", "1 template", f"{enrolled['templates']} template")

    before = _seen(upstream)
    refused = "refused: moderation_blocked, input"
    tour.step("the same prompt", refused, _outcome(lambda: client.images.generate(prompt=PROMPT)))
    tour.step("the same prompt, streamed", refused, _outcome(lambda: list(client.images.generate(prompt=PROMPT, stream=True))))
    tour.step("her name in disguise (zero-width space, Cyrillic a)", refused, _outcome(lambda: client.images.generate(prompt=DISGUISED)))
    tour.step("a picture of her to be edited", refused, _outcome(lambda: client.images.edit(image=scene, prompt="make it evening")))
    tour.step("requests that the upstream saw of these four", "0", str(_seen(upstream) - before))

    order = {"picture": base64.b64encode(scene).decode()}
    httpx2.post(f"{upstream}/_standin/next", json=order, trust_env=False).raise_for_status()
    outcome = _outcome(lambda: client.images.generate(prompt="somebody on a red bicycle"))
    tour.step("a harmless prompt that the upstream answers with her face", "refused: moderation_blocked, output", outcome)
    tour.step("a harmless prompt, still", "a picture", _outcome(lambda: client.images.generate(prompt=HARMLESS)))

    archive = guard.home / "export.zip"
    archive.write_bytes(guard.exported(tenant="demo"))
    key = guard.home / "log.key"
    key.write_text(guard.admin("GET", "/log/key").text)
    decisions = _rows(archive)
    tour.step("refusals in the exported log", "5", str(sum(row["outcome"] == "refuse" for row in decisions)))
    tour.step("the export, verified offline", "good", _verify(archive, key))
    tampered = archive.with_name("tampered.zip")
    _tamper(archive, tampered)
    tour.step("the export with one outcome changed, verified offline", "not good", _verify(tampered, key))


def _outcome(call: Callable[[], Any]) -> str:
    """What an application sees: a picture, or the error's code and the stage that it names."""
    try:
        answer = call()
    except openai.APIStatusError as error:
        details = error.body if isinstance(error.body, dict) else {}
        stage = details.get("moderation_details", {}).get("moderation_stage", "no stage")
        return f"refused: {error.code}, {stage}" if isinstance(error, openai.BadRequestError) else f"HTTP {error.status_code}: {error.code}"
    except openai.APIError as error:
        return f"{type(error).__name__}: {error}"
    data = answer if isinstance(answer, list) else answer.data
    return "a picture" if data and data[-1].b64_json else "an empty answer"


def _seen(upstream: str) -> int:
    count: int = httpx2.get(f"{upstream}/_standin/seen?after=1000000000", trust_env=False).json()["count"]
    return count


def _rows(archive: Path) -> list[dict[str, Any]]:
    with zipfile.ZipFile(archive) as opened:
        return [json.loads(line) for line in opened.read("decisions.jsonl").splitlines()]


def _tamper(archive: Path, tampered: Path) -> None:
    with zipfile.ZipFile(archive) as opened, zipfile.ZipFile(tampered, "w") as written:
        for member in opened.namelist():
            content = opened.read(member)
            written.writestr(member, content.replace(b'"refuse"', b'"allow"', 1) if member == "decisions.jsonl" else content)


def _verify(archive: Path, key: Path) -> str:
    command = [sys.executable, "-P", "-m", "guard.cli", "audit", "verify", str(archive), "--key", str(key)]
    finished = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    return {0: "good", 1: "not good"}.get(finished.returncode, f"status {finished.returncode}: {finished.stderr.strip()[-200:]}")
