"""Screening, decisions and the log over the admin API."""

import base64
import hashlib
from typing import Any

import pytest
import rfc8785

from guard.record.checkpoint import parse_keys, verify


async def test_screen_says_all_that_was_found(world: Any) -> None:
    admin = world.client("admin")
    made = (await admin.post("/admin/v1/opt-outs", json={"subject": {"name": "Ada Example"}})).json()
    answer = (await admin.post("/admin/v1/screen", json={"prompt": "🙂 a photo of Ada Example", "texts": ["nobody", "ada example"]})).json()
    hits = answer.pop("hits")
    assert [(hit["where"], hit["span"], hit["text"]) for hit in hits] == [
        ("prompt", [13, 24], "Ada Example"),
        ("texts[1]", [0, 11], "ada example"),
    ]
    assert {(hit["subject_id"], hit["subject"], hit["modality"], hit["role"]) for hit in hits} == {
        (made["subject_id"], "Ada Example", "name", "likeness")
    }
    assert set(answer["timings_ms"]) >= {"total", "names"}
    assert {name: answer[name] for name in ("outcome", "rule", "faces", "grant", "registry_revision")} == {
        "outcome": "refuse",
        "rule": "opt-out",
        "faces": 0,
        "grant": None,
        "registry_revision": world.registry.revision(),
    }


async def test_screen_of_nothing_and_of_what_is_no_picture(world: Any) -> None:
    admin = world.client("admin")
    assert (await admin.post("/admin/v1/screen", json={})).json()["outcome"] == "allow"
    for picture, where in (("@@@", "/images/0"), (base64.b64encode(b"no picture").decode(), "/images/0")):
        answer = await admin.post("/admin/v1/screen", json={"images": [picture]})
        assert (answer.status_code, [error["pointer"] for error in answer.json()["errors"]]) == (422, [where])
    assert (await admin.post("/admin/v1/screen", json={"policy": "../../etc/passwd"})).status_code == 422
    assert (await admin.post("/admin/v1/screen", json={"prompt": "x", "policy": "prompt-only"})).status_code == 200


@pytest.mark.parametrize(
    ("content", "status"),
    [
        pytest.param(b'{"prompt":"\\ud800"}', 400, id="a lone surrogate"),
        pytest.param(b'{"prompt":"\\u0000\\u202e\\ufffe"}', 200, id="NUL, override, noncharacter"),
        pytest.param(b'{"prompt":""}', 200, id="an empty prompt"),
        pytest.param(
            b'{"prompt":null,"texts":[],"images":[],"tenant":null,"purpose":null,"jurisdiction":null,"policy":null}',
            200,
            id="all of nothing",
        ),
        pytest.param(b'{"prompt":["a"]}', 422, id="a list for a prompt"),
        pytest.param(b'{"texts":["a",null]}', 422, id="a null among texts"),
        pytest.param(b'{"images":["data:image/png;base64,"]}', 422, id="an empty picture"),
        pytest.param(b'{"stage":"middle"}', 422, id="an unknown stage"),
        pytest.param(b'{"tenant":"A B"}', 422, id="no tenant's name"),
        pytest.param(b"[" * 100_000, 400, id="very deep"),
        pytest.param(b'{"prompt":1e400}', 400, id="a number that is none"),
    ],
)
async def test_hostile_questions_get_a_clear_answer(world: Any, content: bytes, status: int) -> None:
    answer = await world.client("admin").post("/admin/v1/screen", content=content, headers={"content-type": "application/json"})
    assert answer.status_code == status, answer.text


async def test_a_decision_is_found_by_its_id_and_by_filter(world: Any) -> None:
    admin, auditor = world.client("admin"), world.client("auditor")
    made = (await admin.post("/admin/v1/opt-outs", json={"subject": {"name": "Ada Example"}})).json()
    refused = (await admin.post("/admin/v1/screen", json={"prompt": "Ada Example", "tenant": "studio"})).json()
    allowed = (await admin.post("/admin/v1/screen", json={"prompt": "a tree"})).json()
    one = (await auditor.get(f"/admin/v1/decisions/{refused['decision_id']}")).json()
    assert {name: one[name] for name in ("decision_id", "tenant", "stage", "outcome", "rule", "subject_ids", "body_status")} == {
        "decision_id": refused["decision_id"],
        "tenant": "studio",
        "stage": "input",
        "outcome": "refuse",
        "rule": "opt-out",
        "subject_ids": [made["subject_id"]],
        "body_status": "kept",
    }
    assert one["body"]["texts"] == [{"where": "prompt", "text": "Ada Example"}]

    async def ids(**params: str) -> list[str]:
        return [item["decision_id"] for item in (await auditor.get("/admin/v1/decisions", params=params)).json()["items"]]

    assert await ids() == [allowed["decision_id"], refused["decision_id"]]
    assert await ids(outcome="refuse") == [refused["decision_id"]]
    assert await ids(tenant="studio") == [refused["decision_id"]]
    assert await ids(subject_id=made["subject_id"]) == [refused["decision_id"]]
    assert await ids(rule="opt-out", stage="input", request_id=one["request_id"]) == [refused["decision_id"]]
    assert await ids(stage="output") == await ids(to="2020-01-01T00:00:00Z") == []
    assert (await auditor.get("/admin/v1/decisions", params={"from": "yesterday"})).status_code == 422
    assert (await auditor.get("/admin/v1/decisions/dec_nobody")).status_code == 404


async def test_the_log_can_be_checked_from_outside(world: Any) -> None:
    admin, auditor = world.client("admin"), world.client("auditor")
    for n in range(5):
        await admin.post("/admin/v1/screen", json={"prompt": f"tree {n}"})
    await world.recorder.poke()
    key_text = await auditor.get("/admin/v1/log/key")
    note = await auditor.get("/admin/v1/log/checkpoint")
    assert {key_text.headers["content-type"], note.headers["content-type"]} == {"text/plain; charset=utf-8"}
    tree = verify(note.text, [world.services.signer.key])
    assert len(parse_keys(key_text.text)) == 1
    entries = (await auditor.get("/admin/v1/log/entries", params={"start": 0, "end": tree.size})).json()["items"]
    assert [item["index"] for item in entries] == list(range(tree.size))
    leaves = [hashlib.sha256(b"\0" + rfc8785.dumps(item["event"])).digest() for item in entries]
    for index in range(tree.size):
        answer = (await auditor.get("/admin/v1/log/proofs/inclusion", params={"index": index, "size": tree.size})).json()
        assert _root(index, tree.size, leaves[index], [base64.b64decode(each) for each in answer["proof"]]) == tree.root
    same = (await auditor.get("/admin/v1/log/proofs/consistency", params={"old": tree.size, "new": tree.size})).json()
    assert same == {"proof": []}
    for path in (
        "inclusion?index=5&size=5",
        "inclusion?index=0&size=99",
        "consistency?old=3&new=2",
        "consistency?old=3&new=99",
        "inclusion?index=-1&size=2",
    ):
        assert (await auditor.get(f"/admin/v1/log/proofs/{path}")).status_code == 422
    size_before = len(entries)
    await world.recorder.poke()
    assert verify((await auditor.get("/admin/v1/log/checkpoint")).text, [world.services.signer.key]).size == size_before


def _root(index: int, size: int, leaf: bytes, proof: list[bytes]) -> bytes:
    """RFC 9162, section 2.1.3.2."""
    position, last, digest = index, size - 1, leaf
    for sibling in proof:
        if position & 1 or position == last:
            digest = hashlib.sha256(b"\1" + sibling + digest).digest()
            while not position & 1 and position:
                position, last = position >> 1, last >> 1
        else:
            digest = hashlib.sha256(b"\1" + digest + sibling).digest()
        position, last = position >> 1, last >> 1
    assert last == 0
    return digest
