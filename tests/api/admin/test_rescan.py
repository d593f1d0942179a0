"""Looking for a person in the prompts that were kept."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

from api.admin import rescan
from guard.faceworker.client import FaceClient
from guard.registry.values import OptOut, SubjectData


async def asked(world: Any, *prompts: str) -> None:
    for prompt in prompts:
        answer = await world.client("reviewer").post("/admin/v1/screen", json={"prompt": prompt})
        assert answer.status_code == 200
    await world.events()


async def test_who_was_asked_for_before_they_opted_out(world: Any) -> None:
    await asked(world, "Marit Solhaugen on a throne", "a M a r i t  S o l h a u g e n doll", "a dog", "Torvald Engebakk")
    made = (await world.client("registrar").post("/admin/v1/opt-outs", json={"subject": {"name": "Marit Solhaugen"}})).json()
    await asked(world, "Marit Solhaugen in a car")
    path, auditor = f"/admin/v1/subjects/{made['subject_id']}/rescan", world.client("auditor")
    found = (await auditor.post(path)).json()
    assert {name: found[name] for name in ("requests", "not_seen", "found", "passed")} == {
        "requests": 5,
        "not_seen": 0,
        "found": 3,
        "passed": 2,
    }
    assert [set(one) for one in found["examples"]] == [{"decision_id", "at", "tenant"}] * 2
    assert (await auditor.post(path, json={"to": "2020-01-01T00:00:00Z"})).json()["requests"] == 0
    assert (await auditor.post(path, json={"limit": 1})).json()["requests"] == 1
    assert [(await auditor.post("/admin/v1/subjects/sub_none/rescan")).status_code] == [404]


async def test_prompts_that_were_not_kept_are_counted(tmp_path: Path, blank: Any, world_of: Callable[..., AsyncIterator[Any]]) -> None:
    policy = tmp_path / "silent.yaml"
    policy.write_text("version: 1\nname: silent\nrecord: metadata\nrules: []\n")
    async for world in world_of(tmp_path, blank, FaceClient(tmp_path / "x.sock"), policy=str(policy)):
        await asked(world, "Marit Solhaugen on a throne")
        made = (await world.client("registrar").post("/admin/v1/opt-outs", json={"subject": {"name": "Marit Solhaugen"}})).json()
        found = (await world.client("auditor").post(f"/admin/v1/subjects/{made['subject_id']}/rescan")).json()
        assert (found["requests"], found["not_seen"], found["found"]) == (1, 1, 0)


async def test_what_many_ask_for_is_common(world: Any) -> None:
    claims = [OptOut(SubjectData(name)) for name in ("Blue Tulip", "Marit Solhaugen")]
    await asked(world, *["a blue tulip in a vase"] * rescan.COMMON_LEAST)
    assert [rescan.common(world.services, claim) for claim in claims] == [True, False]
