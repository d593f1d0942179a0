"""`/policies` and `/reviews` over the admin API."""

from typing import Any

import pytest

from guard.decide import load
from guard.holds import pack_pictures
from guard.registry.values import Hold
from guard.types import Picture

OWN = """\
version: 1
name: own
extends: default
description: Nobody in the registry, ever.
people:
  no_directive: refuse
"""


async def test_the_bundled_policies_are_listed_and_one_is_active(world: Any) -> None:
    reviewer = world.client("reviewer")
    items = (await reviewer.get("/admin/v1/policies")).json()["items"]
    assert [item["name"] for item in items] == sorted(load.bundled())
    assert [(item["name"], item["mode"]) for item in items if item["active"]] == [("default", "enforce")]
    one = (await reviewer.get("/admin/v1/policies/default")).json()
    assert one["yaml"] == load.bundled()["default"].read_text("utf-8")
    for name, status in (("nobody", 404), ("..%2Fetc", 404), ("A!", 422)):
        assert (await reviewer.get(f"/admin/v1/policies/{name}")).status_code == status


async def test_validate_names_line_and_column(world: Any) -> None:
    auditor = world.client("auditor")
    good = (await auditor.post("/admin/v1/policies/validate", json={"yaml": OWN})).json()
    assert good == {"valid": True, "errors": [], "revision": load.parse(OWN, "policy").revision}
    bad = (await auditor.post("/admin/v1/policies/validate", json={"yaml": OWN + "surprise: 1\n"})).json()
    assert (bad["valid"], bad["revision"]) == (False, None)
    assert [(error["line"], error["column"]) for error in bad["errors"]] == [(7, 1)]
    assert (await auditor.post("/admin/v1/policies/validate", json={"yaml": OWN, "name": "x"})).status_code == 422


@pytest.mark.parametrize("name", sorted(load.bundled()))
async def test_the_worked_cases_of_a_bundled_policy_come_out_as_expected(world: Any, name: str) -> None:
    report = (await world.client("auditor").post("/admin/v1/policies/test", json={"name": name})).json()
    assert (report["passed"], [result for result in report["results"] if not result["passed"]]) == (True, [])


async def test_testing_needs_one_policy(world: Any) -> None:
    auditor = world.client("auditor")
    for body in ({}, {"name": "default", "yaml": OWN}, {"name": "nobody"}, {"yaml": "name: ["}):
        assert (await auditor.post("/admin/v1/policies/test", json=body)).status_code in {404, 422}


async def test_activating_binds_and_is_kept(world: Any) -> None:
    admin = world.client("admin")
    await admin.post("/admin/v1/subjects", json={"name": "Ada Example"})
    question = {"prompt": "a photo of Ada Example"}
    assert (await admin.post("/admin/v1/screen", json=question)).json()["outcome"] == "allow"
    answer = await admin.post("/admin/v1/policies/own/activate", json={"yaml": OWN})
    assert (answer.status_code, answer.json()["mode"]) == (200, "enforce")
    screened = (await admin.post("/admin/v1/screen", json=question)).json()
    assert (screened["outcome"], screened["policy_revision"]) == ("refuse", answer.json()["revision"])
    items = {item["name"]: item for item in (await admin.get("/admin/v1/policies")).json()["items"]}
    assert (items["own"]["active"], items["own"]["source"], items["default"]["active"]) == (True, "activated", False)
    shadow = (await admin.post("/admin/v1/policies/own/activate", json={"mode": "shadow"})).json()
    assert shadow["mode"] == "shadow"
    back = await admin.post("/admin/v1/policies/default/activate")
    assert (back.status_code, (await admin.post("/admin/v1/screen", json=question)).json()["outcome"]) == (200, "allow")
    assert (await admin.post("/admin/v1/policies/default/activate", json={"yaml": OWN})).status_code == 422
    assert (await admin.post("/admin/v1/policies/nobody/activate")).status_code == 404


async def test_replay_says_what_would_have_changed(world: Any) -> None:
    admin = world.client("admin")
    made = (await admin.post("/admin/v1/subjects", json={"name": "Ada Example"})).json()
    asked = (await admin.post("/admin/v1/screen", json={"prompt": "a photo of Ada Example"})).json()
    await admin.post("/admin/v1/screen", json={"prompt": "a tree"})
    answer = (await admin.post("/admin/v1/policies/replay", json={"yaml": OWN})).json()
    assert {name: answer[name] for name in ("decisions", "not_seen", "changes")} == {
        "decisions": 2,
        "not_seen": 0,
        "changes": {"allow to allow": 1, "allow to refuse": 1},
    }
    assert [example["decision_id"] for example in answer["examples"]] == [asked["decision_id"]]
    await admin.delete(f"/admin/v1/subjects/{made['id']}")
    erased = (await admin.post("/admin/v1/policies/replay", json={"yaml": OWN})).json()
    assert (erased["decisions"], erased["not_seen"]) == (2, 1)


async def test_a_hold_is_listed_looked_at_and_closed_once(world: Any) -> None:
    admin, reviewer = world.client("admin"), world.client("reviewer")
    made = (await admin.post("/admin/v1/opt-outs", json={"subject": {"name": "Ada Example"}})).json()
    png = b"\x89PNG\r\n\x1a\n a held picture"
    await world.open(
        Hold(
            "dec_1",
            "studio",
            "output",
            "face-band",
            "ab" * 32,
            (made["subject_id"],),
            words={"model": "m"},
            kept=pack_pictures([Picture("image", png, "png", 1, 1)]),
        )
    )
    listed = (await reviewer.get("/admin/v1/reviews", params={"status": "open"})).json()["items"]
    assert [(item["decision_id"], item["tenant"], item["words"], item["has_kept"]) for item in listed] == [
        ("dec_1", "studio", {"model": "m"}, True)
    ]
    path = f"/admin/v1/reviews/{listed[0]['id']}"
    kept = await reviewer.get(f"{path}/kept")
    assert (kept.content, kept.headers["content-type"]) == (png, "image/png")
    assert (await reviewer.post(path, json={"verdict": "maybe"})).status_code == 422
    assert (await reviewer.post(path, json={"verdict": "approve", "expires_at": "2020-01-01T00:00:00Z"})).status_code == 422
    closed = (await reviewer.post(path, json={"verdict": "approve", "note": "the film has a licence"})).json()
    assert (closed["status"], closed["verdict"], closed["words"]) == (
        "approved",
        "approve",
        {"model": "m", "note": "the film has a licence"},
    )
    assert [approval["digest"] for approval in world.registry.approvals()] == ["ab" * 32]
    assert (await reviewer.post(path, json={"verdict": "match"})).status_code == 409
    await admin.delete(f"/admin/v1/subjects/{made['subject_id']}")
    assert (await reviewer.get(path)).json()["words"] is None
    assert (await reviewer.get(f"{path}/kept")).status_code == 404


async def test_going_back_to_the_policy_before(world: Any) -> None:
    admin = world.client("admin")
    assert (await admin.post("/admin/v1/policies/rollback")).status_code == 409
    first = (await admin.post("/admin/v1/policies/own/activate", json={"yaml": OWN})).json()
    assert (await admin.post("/admin/v1/policies/rollback")).status_code == 409
    changed = OWN.replace("name: own", "name: own # changed", 1) + "\n"
    await admin.post("/admin/v1/policies/own/activate", json={"yaml": changed})
    second = (await admin.post("/admin/v1/policies/own/activate", json={"yaml": changed, "mode": "shadow"})).json()
    backs = [(await admin.post("/admin/v1/policies/rollback")).json() for _ in range(2)]
    assert [(back["name"], back["mode"]) for back in backs] == [("own", "enforce"), ("own", "shadow")]
    assert backs[1]["revision"] == second["revision"]
    assert first["revision"] != second["revision"]
    screened = (await admin.post("/admin/v1/screen", json={"prompt": "a dog"})).json()
    assert screened["policy_revision"] == second["revision"]
