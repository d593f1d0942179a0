"""`POST /subjects/{id}/test`, and its page in the console."""

import re
from typing import Any

from guard.evaluate.person import visible


async def test_a_person_straight_after_registration(world: Any) -> None:
    staff = world.client("registrar")
    made = (await staff.post("/admin/v1/opt-outs", json={"subject": {"name": "Marit Solhaugen"}})).json()
    answer = await staff.post(f"/admin/v1/subjects/{made['subject_id']}/test")
    body = answer.json()
    exact = next(item for item in body["items"] if item["disguise"] == "exact")
    assert (answer.status_code, body["protected"], exact["caught"] == exact["tried"], exact["missed"]) == (200, True, True, [])
    assert body["registry_revision"] == made["registry_revision"]
    await staff.post(f"/admin/v1/directives/{made['directive_id']}/revoke")
    assert (await staff.post(f"/admin/v1/subjects/{made['subject_id']}/test")).json()["protected"] is False


async def test_what_cannot_be_tested(world: Any) -> None:
    staff = world.client("registrar")
    made = (await staff.post("/admin/v1/opt-outs", json={"subject": {"name": "Marit Solhaugen"}})).json()
    path = f"/admin/v1/subjects/{made['subject_id']}/test"
    files = [("image", ("a.png", b"x", "image/png"))]
    answers = [
        await staff.post("/admin/v1/subjects/sub_none/test"),
        await staff.post(path, files=files * 3),
        await staff.post(path, files=files),
        await staff.post(path, content=b"x", headers={"content-type": "text/plain"}),
    ]
    assert [answer.status_code for answer in answers] == [404, 422, 422, 415]


async def test_the_page(world: Any) -> None:
    browser = world.client("")
    await browser.post("/console/login", data={"key": world.keys["registrar"]})
    made = (await world.client("registrar").post("/admin/v1/opt-outs", json={"subject": {"name": "Xi <b>Ng"}})).json()
    page = f"/console/subjects/{made['subject_id']}"
    assert f'href="{page}/test"' in (await browser.get(page)).text
    token = re.search(r'name="form_token" value="([0-9a-f]{64})"', (await browser.get(f"{page}/test")).text)
    assert token is not None
    shown = (await browser.post(f"{page}/test", data={"form_token": token[1]})).text
    assert (re.search(r"\d+ of \d+ caught", shown) is not None, "What to add" in shown, "<b>" in shown) == (True, True, False)


def test_what_hides_is_shown() -> None:
    assert visible("a\u200bb\ufe0fc\u00add\U000e0041 é") == "a{U+200B}b{U+FE0F}c{U+00AD}d{U+E0041} é"
