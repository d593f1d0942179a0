"""The shape of the leaf, which cannot change later."""

import hashlib
import json
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import jsonschema
import orjson
import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from guard.record import vault
from guard.record.event import Draft, GrantUse, Labels, leaf_bytes, make_draft

TENANT_KEY, SUBJECT_KEYS = b"t" * 32, {"sub_b": b"b" * 32, "sub_a": b"a" * 32}
TIME = "2026-11-22T12:00:00.000001Z"
TOKEN = st.text("abcXYZ019._:@/+-", max_size=40)


def counting() -> Callable[[int], bytes]:
    """Bytes 0, 1, 2 ... in place of randomness."""
    position = count()
    return lambda size: bytes(next(position) % 256 for _ in range(size))


def drafted(**changes: Any) -> Draft:
    given: dict[str, Any] = {
        "kind": "decision",
        "stage": "input",
        "mode": "enforce",
        "outcome": "refuse",
        "rule": "opted-out",
        "rule_class": "likeness",
        "policy_revision": "default@1",
        "registry_revision": 7,
        "tenant": "acme",
        "tenant_key": TENANT_KEY,
        "subjects": SUBJECT_KEYS,
        "request_id": "req_1",
        "body": {"prompt": "a dog", "score": 0.5},
        "entropy": counting(),
    }
    given |= changes
    return make_draft(given.pop("kind"), **given)


LEAF_SCHEMA = jsonschema.Draft202012Validator(json.loads((Path(__file__).parents[3] / "docs/reference/leaf.schema.json").read_text()))
LEAVES = [
    pytest.param({}, {}, True, id="a decision"),
    pytest.param(
        {"kind": "admin.opt_out.create", "stage": None, "mode": None, "outcome": None, "rule_class": None}, {}, True, id="an audit event"
    ),
    pytest.param({"subjects": {}, "request_id": None, "policy_revision": ""}, {}, True, id="as little as there may be"),
    pytest.param({}, {"prompt": "a dog"}, False, id="a member more"),
    pytest.param({}, {"index": -1}, False, id="no index"),
    pytest.param({}, {"time": "2026-11-22"}, False, id="no time"),
    pytest.param({}, {"body": "x" * 64}, False, id="no digest"),
]


@pytest.mark.parametrize(("changes", "forged", "valid"), LEAVES)
def test_the_published_schema_is_that_of_leaves(changes: dict[str, Any], forged: dict[str, Any], valid: bool) -> None:
    leaf = orjson.loads(leaf_bytes(drafted(**changes).skeleton, 5, TIME)) | forged
    assert LEAF_SCHEMA.is_valid(leaf) is valid


def test_the_leaf_is_exactly_this() -> None:
    nonce, salt = bytes(range(16, 32)), bytes(range(32, 48))
    body = b'{"prompt":"a dog","rule":"opted-out","score":0.5,"subject_ids":["sub_a","sub_b"],"tenant":"acme"}'
    tags = sorted(vault.tag(key, nonce) for key in SUBJECT_KEYS.values())
    expected: dict[str, Any] = {
        "body": hashlib.sha256(salt + body).hexdigest(),
        "id": "dec_000102030405060708090a0b0c0d0e0f",
        "index": 5,
        "kind": "decision",
        "mode": "enforce",
        "nonce": nonce.hex(),
        "outcome": "refuse",
        "policy": "default@1",
        "registry": 7,
        "request": "req_1",
        "rule_class": "likeness",
        "stage": "input",
        "subject_tags": tags,
        "tenant_tag": vault.tag(TENANT_KEY, nonce),
        "time": TIME,
        "v": 1,
    }
    draft = drafted()
    assert leaf_bytes(draft.skeleton, 5, TIME) == json.dumps(expected, separators=(",", ":"), sort_keys=True).encode()
    assert draft.labels == Labels("decision", "acme", ("sub_a", "sub_b"), "refuse", "input", "opted-out", "req_1")
    assert vault.unseal(
        draft.sealed, draft.wrapped_key, [TENANT_KEY, SUBJECT_KEYS["sub_a"], SUBJECT_KEYS["sub_b"]], draft.id, nonce, expected["body"]
    ) == (salt + body)


@given(
    kind=TOKEN,
    stage=st.none() | TOKEN,
    rule_class=st.none() | TOKEN,
    policy=TOKEN,
    registry=st.integers(0, 2**53 - 1),
    index=st.integers(0, 2**53 - 1),
    subjects=st.dictionaries(st.text(), st.binary(min_size=32, max_size=32), max_size=3),
)
def test_leaves_are_canonical_by_rfc_8785(
    kind: str, stage: str | None, rule_class: str | None, policy: str, registry: int, index: int, subjects: dict[str, bytes]
) -> None:
    draft = drafted(kind=kind, stage=stage, rule_class=rule_class, policy_revision=policy, registry_revision=registry, subjects=subjects)
    leaf = leaf_bytes(draft.skeleton, index, TIME)
    assert leaf == rfc8785.dumps(json.loads(leaf))


@given(st.text(min_size=1), st.text(min_size=1))
def test_nothing_of_the_body_is_in_the_leaf(prompt: str, rule: str) -> None:
    one = orjson.loads(drafted(body={"prompt": prompt}, rule=rule).skeleton)
    other = orjson.loads(drafted(body={"prompt": "another"}, rule="another").skeleton)
    assert {k: v for k, v in one.items() if k != "body"} == {k: v for k, v in other.items() if k != "body"}


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"rule_class": "a prompt with spaces"}, id="free text"),
        pytest.param({"request_id": "Zoë"}, id="a name"),
        pytest.param({"kind": "decision\ninput"}, id="a line break"),
        pytest.param({"registry_revision": 2**53}, id="an integer that JSON cannot hold"),
        pytest.param({"registry_revision": -1}, id="a negative integer"),
        pytest.param({"reserve": [GrantUse("dir_1", 1, "use_1")]}, id="a grant without its alternative"),
    ],
)
def test_what_must_not_be_kept_for_ever_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"plain tokens|spent one"):
        drafted(**changes)


def test_an_audit_event_has_another_prefix() -> None:
    assert drafted(kind="admin.opt_out.create").id.startswith("evt_")


def test_an_id_may_begin_with_its_time() -> None:
    assert drafted(now_ms=0x18F_0000_0001).id == "dec_018f00000001" + bytes(range(6, 16)).hex()


def test_only_a_skeleton_becomes_a_leaf() -> None:
    for wrong in (b"{}", b'{"kind":1}', drafted().skeleton[:-1]):
        with pytest.raises(ValueError, match="not a skeleton"):
            leaf_bytes(wrong, 0, TIME)
