"""Cases over HTTP: proofs compared with their digests, two people, notices."""

from collections.abc import AsyncIterator, Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from guard.faceworker.client import FaceClient
from guard.registry.values import By
from guard.types import KeyRole

MANDATE = b"power of attorney, signed"
CLAIM = {
    "subject": {"name": "Marit Solhaugen"},
    "requester": {"role": "agent", "name": "Ann Agent", "contact": "ann@agency.example"},
    "evidence": [{"kind": "mandate", "ref": "ticket 5120", "sha256": sha256(MANDATE).hexdigest()}],
}


@pytest.fixture
async def careful(tmp_path: Path, blank: Any, world_of: Callable[..., AsyncIterator[Any]]) -> AsyncIterator[Any]:
    """A guard that takes two people, asks for authority, and tells a web hook."""
    settings = {"two_person": True, "verify_authority": True, "notice_webhook": "http://127.0.0.1:9/hook"}
    async for made in world_of(tmp_path, blank, FaceClient(tmp_path / "nobody.sock"), **settings):
        yield made


async def test_from_a_claim_to_an_active_protection_by_two_people(careful: Any) -> None:
    admin, registrar = careful.client("admin"), careful.client("registrar")
    made = (await registrar.post("/admin/v1/opt-outs", json=CLAIM)).json()
    case = f"/admin/v1/cases/{made['case_id']}"
    step = {"to": "active", "reason": "Mandate seen.", "authority": "mandate"}
    unproved = await registrar.post(f"{case}/transition", json=step)
    assert (unproved.status_code, "no proof was checked" in unproved.json()["detail"]) == (422, True)
    forged = await registrar.post(f"{case}/evidence", content=b"something else", headers={"content-type": "application/octet-stream"})
    assert (forged.status_code, sha256(b"something else").hexdigest() in forged.json()["detail"]) == (422, True)
    checked = await registrar.post(f"{case}/evidence", content=MANDATE, headers={"content-type": "application/octet-stream"})
    assert (checked.status_code, checked.json()["evidence"][0]["checked_by"] is not None) == (200, True)
    proposed = (await registrar.post(f"{case}/transition", json=step)).json()
    assert (proposed["status"], proposed["steps"][-1]["proposes"]) == ("verifying", "active")
    assert (await registrar.post(f"{case}/transition", json=step)).status_code == 409
    confirmed = (await admin.post(f"{case}/transition", json=step)).json()
    assert (confirmed["status"], confirmed["receipt"]["status"], confirmed["receipt"]["protects"]) == ("active", "active", True)
    assert set(confirmed["receipt"]) > {"signature", "log_events"}


async def test_a_grant_passes_nothing_until_a_second_person_agrees(careful: Any) -> None:
    admin, registrar = careful.client("admin"), careful.client("registrar")
    subject_id = (await registrar.post("/admin/v1/opt-outs", json={"subject": {"name": "Marit Solhaugen"}})).json()["subject_id"]
    grant = (await registrar.post("/admin/v1/grants", json={"subject_id": subject_id, "tenant": "acme"})).json()
    question = {"prompt": "Marit Solhaugen on a throne", "tenant": "acme"}
    assert (grant["status"], (await admin.post("/admin/v1/screen", json=question)).json()["outcome"]) == ("pending_verification", "refuse")
    await admin.post(f"/admin/v1/cases/{grant['case_id']}/transition", json={"to": "active"})
    assert (await admin.post("/admin/v1/screen", json=question)).json()["outcome"] == "allow"


async def test_notices_are_listed_and_sent_again(careful: Any) -> None:
    registrar = careful.client("registrar")
    made = (await registrar.post("/admin/v1/opt-outs", json=CLAIM)).json()
    (notice,) = (await registrar.get(f"/admin/v1/cases/{made['case_id']}/notices")).json()["items"]
    assert (notice["template"], notice["channel"], notice["status"]) == ("verifying", "webhook", "pending")
    careful.registry.notice_sent(notice["id"], By("test"))
    again = await registrar.post(f"/admin/v1/notices/{notice['id']}/resend")
    assert (again.status_code, again.json()["status"], again.json()["id"]) == (200, "pending", notice["id"])
    assert (await registrar.post("/admin/v1/notices/ntc_none/resend")).status_code == 404


async def test_an_empty_file_is_no_proof(careful: Any) -> None:
    registrar = careful.client("registrar")
    made = (await registrar.post("/admin/v1/opt-outs", json=CLAIM)).json()
    answer = await registrar.post(f"/admin/v1/cases/{made['case_id']}/evidence", content=b"", params={"ref": "ticket 1"})
    assert answer.status_code == 400


async def test_a_key_made_for_the_purpose_does_not_count(careful: Any) -> None:
    registrar = careful.client("registrar")
    made = (await registrar.post("/admin/v1/opt-outs", json={"subject": {"name": "Marit Solhaugen"}})).json()
    await registrar.post(f"/admin/v1/directives/{made['directive_id']}/revoke", json={"reason": "let me"})
    holder = careful.registry.find_key(sha256(careful.keys["registrar"].encode()).digest())
    second = careful.registry.create_key(KeyRole.REGISTRAR, "acme", "nobody else", By(holder.id))
    answer = await careful.client("").post(
        f"/admin/v1/directives/{made['directive_id']}/revoke", json={}, headers={"authorization": f"Bearer {second.key}"}
    )
    assert (answer.status_code, "made with that key" in answer.json()["detail"]) == (409, True)
