"""The public form: what it takes in, what it tells, and how often it may be used."""

import re
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx2
import pytest

from api.intake import limits
from api.intake.limits import Turnstile
from guard.faceworker.client import FaceClient

JANE = {
    "name": "Jane Quillfeather",
    "aliases": "JQ Quillfeather\n",
    "contact": "jane@example.org",
    "proof": "janequill.example",
    "mine": "yes",
}


@pytest.fixture
async def open_world(tmp_path: Path, blank: Any, world_of: Callable[..., AsyncIterator[Any]]) -> AsyncIterator[Any]:
    async for made in world_of(tmp_path, blank, FaceClient(tmp_path / "nobody.sock"), public_intake=True):
        yield made


def number_in(answer: httpx2.Response) -> str:
    found = re.search(r"<code>(case_[a-z2-7]+)</code>", answer.text)
    assert (answer.status_code, found is not None) == (201, True), answer.text
    return found[1] if found else ""


async def test_nobody_is_served_unless_it_is_switched_on(world: Any) -> None:
    public = world.client("")
    assert [(await public.get(path)).status_code for path in ("/opt-out", "/opt-out/status")] == [404, 404]


async def test_a_request_waits_for_verification_protects_meanwhile_and_has_a_number(open_world: Any) -> None:
    public, staff = open_world.client(""), open_world.client("registrar")
    assert "full name" in (await public.get("/opt-out")).text
    number = number_in(await public.post("/opt-out", data=JANE))
    case = (await staff.get(f"/admin/v1/cases/{number}")).json()
    assert (case["status"], case["kind"], case["requester"]["role"], case["requester"]["contact"], case["clock"]) == (
        "verifying",
        "opt_out",
        "self",
        "jane@example.org",
        "48h",
    )
    screened = await staff.post("/admin/v1/screen", json={"prompt": "a photo of Jane Quillfeather"})
    assert screened.json()["outcome"] == "refuse"
    events = await open_world.events()
    assert [event["actor"] for event in events if event["kind"] == "admin.opt_out.create"] == ["public-intake"]


async def test_the_status_page_tells_the_state_and_nothing_else(open_world: Any) -> None:
    public, staff = open_world.client(""), open_world.client("registrar")
    number = number_in(await public.post("/opt-out", data=JANE))
    shown = await public.get("/opt-out/status", params={"number": number})
    assert ("It is being checked." in shown.text, "Jane" in shown.text, "example.org" in shown.text) == (True, False, False)
    await staff.post(f"/admin/v1/cases/{number}/transition", json={"to": "rejected", "reason": "not her"})
    shown = await public.get("/opt-out/status", params={"number": number})
    assert ("It was declined." in shown.text, "not her" in shown.text) == (True, False)
    assert (await public.get("/opt-out/status", params={"number": "case_guess"})).status_code == 404


async def test_who_is_registered_already_gets_the_same_page(open_world: Any) -> None:
    public, staff = open_world.client(""), open_world.client("registrar")
    first = await public.post("/opt-out", data=JANE)
    second = await public.post("/opt-out", data=JANE)
    assert second.text.replace(number_in(second), "") == first.text.replace(number_in(first), "")
    case = (await staff.get(f"/admin/v1/cases/{number_in(second)}")).json()
    assert (case["status"], case["subject_id"], "Jane Quillfeather, JQ Quillfeather" in case["note"]) == ("received", None, True)


WRONG = [
    pytest.param({"name": ""}, 422, id="no name"),
    pytest.param({"name": "x" * 201}, 422, id="a long name"),
    pytest.param({"contact": ""}, 422, id="no way to reach them"),
    pytest.param({"mine": ""}, 422, id="for somebody else"),
    pytest.param({"aliases": "\n".join("abcdefghijk")}, 422, id="many names"),
    pytest.param({"proof": "x" * 30_000}, 413, id="a large form"),
]


@pytest.mark.parametrize(("change", "status"), WRONG)
async def test_what_is_wrong_is_said_and_nothing_is_kept(open_world: Any, change: dict[str, str], status: int) -> None:
    before = open_world.registry.revision()
    answer = await open_world.client("").post("/opt-out", data={**JANE, **change})
    assert (answer.status_code, 'role="alert"' in answer.text, open_world.registry.revision()) == (status, True, before)


async def test_what_they_wrote_is_text_on_the_page(open_world: Any) -> None:
    answer = await open_world.client("").post("/opt-out", data={**JANE, "name": "<script>alert(1)</script>", "mine": ""})
    assert ("<script>" in answer.text, "&lt;script&gt;" in answer.text) == (False, True)


async def test_one_address_may_ask_a_few_times_an_hour(open_world: Any) -> None:
    public = open_world.client("")
    codes = [(await public.post("/opt-out", data={**JANE, "name": f"Jane Quillfeather {n}"})).status_code for n in "ABCDEF"]
    assert codes == [201] * limits.PER_ADDRESS + [429]


def test_the_turnstile() -> None:
    now = [0.0]
    turnstile = Turnstile(lambda: now[0])
    assert [turnstile.admits("a") for _ in range(6)] == [True] * 5 + [False]
    assert [turnstile.admits(f"b{n}") for n in range(96)] == [True] * 95 + [False]
    now[0] = limits.WINDOW_S
    assert turnstile.admits("a")


def test_who_has_many_addresses_of_one_line_has_one() -> None:
    turnstile = Turnstile(lambda: 0.0)
    assert [turnstile.admits(f"2001:db8:1:2::{n}") for n in range(1, 7)] == [True] * 5 + [False]
    assert turnstile.admits("2001:db8:1:3::1")


LINES = [("192.0.2.1", "192.0.2.1"), ("::ffff:192.0.2.1", "192.0.2.1"), ("2001:db8::5", "2001:db8::/64"), ("", "")]


@pytest.mark.parametrize(("address", "line"), LINES)
def test_what_counts_as_one_address(address: str, line: str) -> None:
    assert limits.line_of(address) == line


async def test_that_is_not_me(open_world: Any) -> None:
    public, staff = open_world.client(""), open_world.client("registrar")
    await staff.post("/admin/v1/opt-outs", json={"subject": {"name": "Jane Quillfeather"}})
    said = {**JANE, "about": "namesake", "proof": "I am the potter in Bergen."}
    case = (await staff.get(f"/admin/v1/cases/{number_in(await public.post('/opt-out', data=said))}")).json()
    assert (case["kind"], case["status"], case["subject_id"], case["evidence"][0]["ref"]) == (
        "namesake",
        "received",
        None,
        "I am the potter in Bergen.",
    )
    assert (await public.post("/opt-out", data={**said, "proof": ""})).status_code == 422


async def test_many_claims_do_not_block_the_world(tmp_path: Path, blank: Any, world_of: Callable[..., AsyncIterator[Any]]) -> None:
    async for world in world_of(tmp_path, blank, FaceClient(tmp_path / "x.sock"), public_intake=True, public_intake_open=2):
        public, staff = world.client(""), world.client("registrar")
        pages = [
            await public.post("/opt-out", data={**JANE, "name": f"Jane {name}feather", "aliases": ""})
            for name in ("Quill", "Down", "Goose")
        ]
        prompts = [{"prompt": f"a photo of Jane {name}feather"} for name in ("Quill", "Down", "Goose")]
        outcomes = [(await staff.post("/admin/v1/screen", json=prompt)).json()["outcome"] for prompt in prompts]
        assert (outcomes, len({page.text.replace(number_in(page), "") for page in pages})) == (["refuse", "refuse", "allow"], 1)
