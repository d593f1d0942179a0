"""What a decision's vault body says, whole, at each level that a policy may keep."""

import hashlib
from dataclasses import replace
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any

import orjson
import pytest

from guard import journal
from guard.decide.policy import RecordLevel
from guard.match.known_images import Fingerprint
from guard.match.names import MOST_TOLD
from guard.record import vault
from guard.types import (
    Caller,
    Context,
    Decision,
    Findings,
    Hit,
    Modality,
    Mode,
    Outcome,
    Picture,
    Role,
    Stage,
    Strength,
    SubjectKind,
    SubjectRecord,
    Text,
)

TENANT_KEY, PERSON_KEY = b"t" * 32, b"p" * 32
HIT = Hit(
    "sub_1", "Ada Quillfeather", Modality.NAME, "prompt", 0.9, 0.5, Strength.STRONG, Role.LIKENESS, "Ada", (0, 3), "Ada", "as written"
)
ENTRY = journal.Entry(
    kind="decision",
    mode=Mode.ENFORCE,
    decision=Decision(Outcome.REFUSE, "opted-out", "likeness", (HIT,), ("dir_9",), ("label",), ("dir_1",), "strict@1", 7),
    findings=Findings((HIT,), 2, {"style": "photo"}, {"text_in_image": "not configured here"}),
    people={"sub_1": SubjectRecord(1, "sub_1", "Ada Quillfeather", SubjectKind.PRIVATE_PERSON, data_key=PERSON_KEY)},
    context=Context(Stage.OUTPUT, datetime(2026, 11, 22, tzinfo=UTC), "acme", "images.generations", "gpt-image-1", "advert", "DE", True),
    caller=Caller("acme", "key_1"),
    request_id="req_1",
    level=RecordLevel.FULL,
    texts=[Text("prompt", "Ada at sea")],
    pictures=[Picture("image[0]", b"bytes", "png", 640, 480)],
    request_digest="d" * 64,
    timings_ms={"names": 0.4, "faces": 81.0},
    upstream_request_id="up_1",
    fingerprints={"image[0]": (Fingerprint(0, "", 88, bytes(range(256))), Fingerprint(0, "inverted", 70, bytes(256)))},
    encoder="dlib-resnet-v1",
)

ALWAYS = {
    "tenant": "acme",
    "rule": "opted-out",
    "subject_ids": ["sub_1"],
    "key_id": "key_1",
    "route": "images.generations",
    "model": "gpt-image-1",
    "faces": 2,
    "engines": {"guard": version("likeness-guard"), "faces": "dlib-resnet-v1"},
    "obligations": ["label"],
}
PLAIN_HIT = {
    "subject_id": "sub_1",
    "modality": "name",
    "where": "prompt",
    "score": 0.9,
    "threshold": 0.5,
    "strength": "strong",
    "role": "likeness",
    "view": "as written",
    "span": [0, 3],
}
METADATA = ALWAYS | {
    "purpose": "advert",
    "jurisdiction": "DE",
    "attestation": True,
    "grants": ["dir_9"],
    "directives": ["dir_1"],
    "signals": {"style": "photo"},
    "not_examined": {"text_in_image": "not configured here"},
    "problem": None,
    "hits": [PLAIN_HIT],
    "pictures": [
        {
            "where": "image[0]",
            "format": "png",
            "width": 640,
            "height": 480,
            "frames": 1,
            "sha256": hashlib.sha256(b"bytes").hexdigest(),
            "pdq": [bytes(range(32)).hex()],
            "pdq_quality": [88],
        }
    ],
    "timings_ms": {"names": 0.4, "faces": 81.0},
    "upstream_request_id": "up_1",
    "request_digest": "d" * 64,
}
CASES = [
    pytest.param(RecordLevel.NONE, ALWAYS, id="none"),
    pytest.param(RecordLevel.METADATA, METADATA, id="metadata"),
    pytest.param(RecordLevel.REDACTED, METADATA | {"texts": [{"where": "prompt", "text": "███ at sea"}]}, id="redacted"),
    pytest.param(
        RecordLevel.FULL,
        METADATA
        | {
            "hits": [PLAIN_HIT | {"subject": "Ada Quillfeather", "alias": "Ada", "text": "Ada"}],
            "texts": [{"where": "prompt", "text": "Ada at sea"}],
        },
        id="full",
    ),
]


@pytest.mark.parametrize(("level", "expected"), CASES)
def test_the_body_at_each_level(level: RecordLevel, expected: dict[str, Any]) -> None:
    draft = journal.draft(replace(ENTRY, level=level), TENANT_KEY)
    leaf = orjson.loads(draft.skeleton)
    salted = vault.unseal(draft.sealed, draft.wrapped_key, [TENANT_KEY, PERSON_KEY], draft.id, bytes.fromhex(leaf["nonce"]), leaf["body"])
    assert orjson.loads(salted[vault.SALT_BYTES :]) == expected


def test_nothing_of_the_content_is_in_the_leaf() -> None:
    skeleton = journal.draft(ENTRY, TENANT_KEY).skeleton
    for known in (b"Ada", b"sea", b"acme", b"key_1", b"sub_1", b"opted-out", b"gpt-image-1", bytes(range(32)).hex().encode()):
        assert known not in skeleton


def test_a_name_split_over_texts_is_masked_in_all_of_them() -> None:
    texts = [Text("a", "draw Ada"), Text("b", "Quill"), Text("c", "feather at sea")]
    hit = replace(HIT, where="a", span=(5, 8), until=("c", 7))
    assert journal.kept_texts(RecordLevel.REDACTED, texts, [hit]) == [
        {"where": "a", "text": "draw ███"},
        {"where": "b", "text": "█████"},
        {"where": "c", "text": "███████ at sea"},
    ]


def test_of_a_name_that_began_in_an_earlier_turn_the_rest_is_masked() -> None:
    hit = replace(HIT, where="earlier", span=(5, 8), until=("prompt", 5))
    assert journal.kept_texts(RecordLevel.REDACTED, [Text("prompt", "Quill at sea")], [hit]) == [
        {"where": "prompt", "text": "█████ at sea"}
    ]


def test_a_name_in_a_key_is_masked_there_although_its_value_stands_at_the_same_place() -> None:
    texts = [Text("metadata.x", "Ada"), Text("metadata.x", "a quiet sea")]
    hit = replace(HIT, where="metadata.x", span=(0, 3))
    assert journal.kept_texts(RecordLevel.REDACTED, texts, [hit])[0] == {"where": "metadata.x", "text": "███"}
    named = replace(hit, where="metadata.Ada")
    assert journal.kept_texts(RecordLevel.REDACTED, [Text("metadata.Ada", "Ada")], [named]) == [{"where": "metadata.███", "text": "███"}]
    split = replace(hit, span=(0, 3), until=("metadata.x", 7))
    assert [text["text"] for text in journal.kept_texts(RecordLevel.REDACTED, texts, [split])] == ["███", "█" * 11]


def test_behind_the_last_mention_that_is_told_nothing_can_be_read() -> None:
    """A person named a hundred times is told only so often; the names after that are masked with all that stands there."""
    told = [replace(HIT, span=(4 * number, 4 * number + 3)) for number in range(MOST_TOLD)]
    texts = [Text("prompt", "Ada " * 100), Text("style", "like Ada")]
    masked = "███ " * (MOST_TOLD - 1)
    assert journal.kept_texts(RecordLevel.REDACTED, texts, told) == [
        {"where": "prompt", "text": masked + "█" * (400 - len(masked))},
        {"where": "style", "text": "█" * 8},
    ]
    assert journal.kept_texts(RecordLevel.REDACTED, texts[1:], told[:-1]) == [{"where": "style", "text": "like Ada"}]
