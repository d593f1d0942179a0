"""The evidence pack holds everything and can be checked; the activity report holds nothing of anybody else."""

import base64
import hashlib
import re
from typing import Any
from xml.etree import ElementTree

import orjson
import pytest
import rfc8785
from sqlalchemy import Engine

from guard.record import verify
from guard.record.checkpoint import Signer
from guard.record.log import EventLog
from guard.record.query import Log
from guard.record.reports import activity, evidence
from guard.record.reports.events import Period, ReportEvent, about
from guard.record.reports.evidence import Frame

ADA = "sub_ada"
REGISTER = {
    "subject": {
        "name": "Ada <Lovelace>",
        "kind": "public_figure",
        "aliases": [{"text": "Countess"}],
        "external_ids": {"wikidata": "Q7259"},
        "created_at": "2026-11-01T00:00:00+00:00",
    },
    "directives": [
        {
            "id": "dir_1",
            "effect": "deny",
            "status": "active",
            "scopes": ["all"],
            "authority": "self",
            "effective_from": None,
            "expires_at": None,
        }
    ],
    "cases": [{"id": "case_1", "kind": "opt_out", "status": "active", "opened_at": "2026-11-01", "due_at": None, "closed_at": None}],
    "faces": [{"id": "face_1", "lawful_basis": "consent", "destroy_by": None, "created_at": "2026-11-02"}],
}
HITS = [
    {"subject_id": ADA, "modality": "name", "role": "likeness", "alias": "Countess", "subject": "Ada Lovelace", "text": "the countess"},
    {"subject_id": "sub_bob", "modality": "name", "role": "likeness", "alias": "Bobby", "subject": "Bob Secret", "text": "bobby"},
]


@pytest.fixture
def events(engine: Engine, keys: Any, log: EventLog, draft: Any, clock: Any) -> list[ReportEvent]:
    both = draft(
        "Countess with Bobby",
        subjects=[ADA, "sub_bob"],
        outcome="refuse",
        rule="opted-out",
        tenant="secret-tenant",
        body_more={"hits": HITS},
    )
    for one in (both, draft("nobody"), draft("Ada", subjects=[ADA], outcome="hold"), draft(kind="admin.opt_out.create", subjects=[ADA])):
        log.append([one])
        clock.move(86_400 * 20)
    log.checkpoint()
    return list(about(engine, keys, ADA, Period()))


@pytest.fixture
def draft(keys: Any) -> Any:
    import os

    from guard.record.event import make_draft

    def make(
        text: str = "", *, kind: str = "decision", tenant: str = "acme", subjects: Any = (), body_more: Any = None, **more: Any
    ) -> Any:
        given = {"outcome": "allow", "stage": "input", "rule": "no-rule-fired", "mode": "enforce"} if kind == "decision" else {}
        return make_draft(
            kind,
            tenant=tenant,
            tenant_key=keys.key("tenant", tenant),
            subjects={one: keys.key("subject", one) for one in subjects},
            body={"texts": [{"where": "prompt", "text": text}], "actor": "key_1", **(body_more or {})},
            entropy=os.urandom,
            **(given | more),
        )

    return make


def pack_of(engine: Engine, events: list[ReportEvent], signer: Signer) -> dict[str, Any]:
    log = Log(engine)
    frame = Frame("2027-02-01T00:00:00.000000Z", checkpoint=log.checkpoint(), verifier_keys=(str(signer.key),))
    proofs = [[base64.b64encode(step).decode() for step in log.inclusion(event.leaf["index"], 4)] for event in events]
    return evidence.build(ADA, frame, events, proofs, REGISTER)


def climbed(leaf_hash: bytes, index: int, size: int, proof: list[bytes]) -> bytes:
    """The root by RFC 9162, 2.1.3.2."""
    node, last = index, size - 1
    for step in proof:
        if node % 2 or node == last:
            leaf_hash = hashlib.sha256(b"\x01" + step + leaf_hash).digest()
            while not node % 2 and node:
                node, last = node >> 1, last >> 1
        else:
            leaf_hash = hashlib.sha256(b"\x01" + leaf_hash + step).digest()
        node, last = node >> 1, last >> 1
    return leaf_hash


def test_every_event_of_the_pack_can_be_checked_with_the_key_alone(engine: Engine, events: list[ReportEvent], signer: Signer) -> None:
    pack = orjson.loads(orjson.dumps(pack_of(engine, events, signer)))
    size, root = pack["checkpoint"].split("\n")[1:3]
    assert verify.read_keys(pack["verifier_keys"][0])
    for event in pack["events"]:
        leaf_hash = hashlib.sha256(b"\0" + rfc8785.dumps(event["leaf"])).digest()
        proof = [base64.b64decode(step) for step in event["proof"]]
        assert climbed(leaf_hash, event["leaf"]["index"], int(size), proof) == base64.b64decode(root)
        assert hashlib.sha256(bytes.fromhex(event["salt"]) + event["body"].encode()).hexdigest() == event["leaf"]["body"]
    assert pack["summary"] == {
        "events": 3,
        "by_month": {"2026-11": {"allow": 0, "hold": 0, "refuse": 1}, "2027-01": {"allow": 0, "hold": 1, "refuse": 0}},
        "by_rule": {"no-rule-fired": 1, "opted-out": 1},
        "unreadable": 0,
    }


def test_the_pack_says_what_is_erased(engine: Engine, keys: Any, events: list[ReportEvent], signer: Signer) -> None:
    keys.destroy("subject", "sub_bob")
    left = list(about(engine, keys, ADA, Period()))
    pack = pack_of(engine, left, signer)
    assert [event["content"] for event in pack["events"]] == ["erased", "kept", "kept"]
    assert "[erased]" in evidence.html(pack, left)


def well_formed(page: str) -> ElementTree.Element:
    """The drawings of a page; they must be XML, and nothing may come from elsewhere or run."""
    assert not re.search(r"<script|<img|<link|src=|href=|url\(|@import", page)
    drawings = re.findall(r"<svg.*?</svg>", page, re.DOTALL)
    return ElementTree.fromstring(f"<all>{''.join(drawings)}</all>")


def test_the_page_of_the_pack(engine: Engine, events: list[ReportEvent], signer: Signer) -> None:
    page = evidence.html(pack_of(engine, events, signer), events)
    assert len(well_formed(page)) == 2
    for text in ("Ada &lt;Lovelace&gt;", "Countess with Bobby", "secret-tenant", "opted-out", "admin.opt_out.create", "case_1", "Q7259"):
        assert text in page
    assert "<Lovelace>" not in page


def test_an_erased_person_still_has_a_pack(engine: Engine, events: list[ReportEvent]) -> None:
    page = evidence.html(evidence.build(ADA, Frame("now"), events, [[]] * 3, None), events)
    assert "The person was erased" in page


def test_the_activity_report_is_free_of_other_peoples_data(events: list[ReportEvent]) -> None:
    report = activity.build(ADA, Frame("2027-02-01T00:00:00.000000Z"), events, REGISTER)
    page = activity.html(report)
    assert report["decisions"] == [
        {
            "time": "2026-11-22T12:00:00.000000Z",
            "stage": "input",
            "outcome": "refuse",
            "category": None,
            "content": "kept",
            "found": [{"modality": "name", "role": "likeness", "alias": "Countess"}],
        },
        {"time": "2027-01-01T12:00:00.000000Z", "stage": "input", "outcome": "hold", "category": None, "content": "kept", "found": []},
    ]
    well_formed(page)
    for form in (page, orjson.dumps(report).decode()):
        assert not re.search("bob|secret|with Bobby|key_1|acme|opted-out", form, re.IGNORECASE)
    assert "your name (Countess)" in page


def test_the_period_bounds_the_events(engine: Engine, keys: Any, events: list[ReportEvent]) -> None:
    from datetime import UTC, datetime

    some = list(about(engine, keys, ADA, Period(datetime(2026, 12, 1, tzinfo=UTC), datetime(2027, 1, 2, tzinfo=UTC))))
    assert [event.leaf["index"] for event in some] == [2]
