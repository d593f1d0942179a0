"""The console's pages of cases."""

import re
from collections.abc import AsyncIterator, Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx2
import pytest

from guard.faceworker.client import FaceClient

CLAIM = {
    "subject": {"name": "Marit Solhaugen"},
    "requester": {"role": "agent", "name": "Ann Agent", "contact": "ann@agency.example"},
    "evidence": [{"kind": "mandate", "ref": "ticket 5120", "sha256": sha256(b"mandate").hexdigest()}],
}


@pytest.fixture
async def careful(tmp_path: Path, blank: Any, world_of: Callable[..., AsyncIterator[Any]]) -> AsyncIterator[Any]:
    async for made in world_of(
        tmp_path, blank, FaceClient(tmp_path / "nobody.sock"), two_person=True, notice_webhook="http://127.0.0.1:9/hook"
    ):
        yield made


async def browse(world: Any, role: str) -> httpx2.AsyncClient:
    browser: httpx2.AsyncClient = world.client("")
    await browser.post("/console/login", data={"key": world.keys[role]})
    return browser


async def sent(browser: httpx2.AsyncClient, page: str, action: str, **fields: Any) -> httpx2.Response:
    """The form of a page, filled in and sent; the page that follows."""
    shown = (await browser.get(page)).text
    token = re.search(r'name="form_token" value="([0-9a-f]{64})"', shown)
    assert token is not None, shown
    assert f'action="{action}"' in shown, shown
    files = fields.pop("files", None)
    answer = await browser.post(action, data={**fields, "form_token": token[1]}, files=files)
    return await browser.get(answer.headers["location"]) if answer.status_code == 303 else answer


async def test_a_case_from_the_list_to_its_end(careful: Any) -> None:
    made = (await careful.client("registrar").post("/admin/v1/opt-outs", json=CLAIM)).json()
    first, second = await browse(careful, "registrar"), await browse(careful, "admin")
    page = f"/console/cases/{made['case_id']}"
    assert page in (await first.get("/console/cases")).text
    wrong = await sent(first, page, f"{page}/evidence", ref="", files={"file": ("m.pdf", b"forged")})
    assert (wrong.status_code, "no proof of this case has the SHA-256" in wrong.text) == (422, True)
    right = await sent(first, page, f"{page}/evidence", ref="", files={"file": ("m.pdf", b"mandate")})
    assert "The file is what its digest says." in right.text
    step = {"to": "active", "reason": "Called back.", "authority": "mandate"}
    assert "It binds when a second person" in (await sent(first, page, f"{page}/transition", **step)).text
    assert (await sent(first, page, f"{page}/transition", **step)).status_code == 409
    done = (await sent(second, page, f"{page}/transition", **step)).text
    assert ("one step further" in done, "Called back." in done, "(mandate)" in done) == (True, True, True)
    assert page in (await second.get("/console/cases?status=active")).text


async def test_a_notice_is_sent_again(careful: Any) -> None:
    made = (await careful.client("registrar").post("/admin/v1/opt-outs", json=CLAIM)).json()
    browser, page = await browse(careful, "registrar"), f"/console/cases/{made['case_id']}"
    (action,) = re.findall(rf'action="({page}/notices/[^"]+/resend)"', (await browser.get(page)).text)
    assert "in the outbox again" in (await sent(browser, page, action)).text


async def test_revoking_a_protection_says_that_it_waits(careful: Any) -> None:
    made = (await careful.client("registrar").post("/admin/v1/opt-outs", json={"subject": {"name": "Marit Solhaugen"}})).json()
    browser, page = await browse(careful, "registrar"), f"/console/subjects/{made['subject_id']}"
    answer = await sent(browser, page, f"{page}/directives/{made['directive_id']}/revoke", reason="let me")
    assert "It binds when a second person" in answer.text


async def test_cases_are_for_registrars(careful: Any) -> None:
    browser = await browse(careful, "reviewer")
    assert (await browser.get("/console/cases")).status_code == 403
