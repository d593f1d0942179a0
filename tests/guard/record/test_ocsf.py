"""Rows as OCSF events, held against the schema itself.

The newest schema that a package carries is 1.8; 1.9 adds to it and takes nothing away. Its `metadata.version` is a free string.
"""

from pathlib import Path
from typing import Any

import ocsf_json_schema
import pytest
from jsonschema import Draft202012Validator
from ocsf_json_schema import OcsfJsonSchemaEmbedded, load_ocsf_schema_json

from guard.record import ocsf
from guard.record.event import Labels
from guard.record.rows import Content, Redaction, row

LEAF = {
    "id": "dec_1",
    "index": 3,
    "kind": "decision",
    "mode": "enforce",
    "outcome": "refuse",
    "policy": "strict@1",
    "registry": 7,
    "request": "req_1",
    "rule_class": "likeness",
    "stage": "input",
    "time": "2026-11-22T12:00:00.250000Z",
}
BODY = b"s" * 16 + b'{"tenant":"acme","rule":"opted-out","key_id":"key_1","route":"images.generations","prompt":"a dog","hits":[]}'


@pytest.fixture(scope="module")
def schema() -> Draft202012Validator:
    known = OcsfJsonSchemaEmbedded(load_ocsf_schema_json(str(Path(ocsf_json_schema.__file__).parent / "ocsf" / "1.8.0.json")))
    return Draft202012Validator(known.get_class_schema(known.lookup_class_name_from_uid(6003), profiles=["security_control"]))


def row_of(redaction: Redaction, content: Content = Content.KEPT, **changes: Any) -> dict[str, Any]:
    salted = BODY if content is Content.KEPT else None
    labels = Labels("decision", "acme" if content is Content.KEPT else None)  # type: ignore[arg-type]
    return row(LEAF | changes, labels, salted, content, redaction)


@pytest.mark.parametrize("redaction", Redaction)
@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({}, id="refused"),
        pytest.param({"outcome": "allow", "stage": "output"}, id="allowed"),
        pytest.param({"outcome": "hold"}, id="held"),
        pytest.param({"kind": "screen"}, id="screened"),
        pytest.param({"kind": "admin.key.create", "outcome": None, "stage": None, "mode": None, "request": None}, id="an admin action"),
        pytest.param({"kind": "process.start", "outcome": None, "stage": None, "mode": None, "request": None}, id="a process"),
    ],
)
def test_every_event_is_valid(schema: Draft202012Validator, redaction: Redaction, changes: dict[str, Any]) -> None:
    for content in (Content.KEPT, Content.ERASED):
        made = ocsf.event(row_of(redaction, content, **changes))
        assert [f"{list(error.path)}: {error.message}" for error in schema.iter_errors(made)] == []


def test_the_schema_would_tell(schema: Draft202012Validator) -> None:
    made = ocsf.event(row_of(Redaction.NONE))
    assert not schema.is_valid(made | {"class_uid": "6003"})
    assert not schema.is_valid(made | {"another": 1})


def test_a_refusal() -> None:
    whole = row_of(Redaction.NONE)
    assert ocsf.event(whole) == {
        "activity_id": 1,
        "activity_name": "Create",
        "category_uid": 6,
        "category_name": "Application Activity",
        "class_uid": 6003,
        "class_name": "API Activity",
        "type_uid": 600301,
        "type_name": "API Activity: Create",
        "severity_id": 2,
        "severity": "Low",
        "action_id": 2,
        "action": "Denied",
        "disposition_id": 2,
        "disposition": "Blocked",
        "status_id": 1,
        "status": "Success",
        "time": 1795348800250,
        "metadata": {
            "version": "1.9.0",
            "profiles": ["security_control"],
            "uid": "dec_1",
            "sequence": 3,
            "correlation_uid": "req_1",
            "tenant_uid": "acme",
            "product": {"name": "Likeness Guard", "vendor_name": "Likeness Guard"},
        },
        "actor": {"app_uid": "key_1", "app_name": "acme"},
        "api": {"operation": "images.generations"},
        "src_endpoint": {"name": "acme"},
        "policy": {"uid": "strict@1", "name": "opted-out"},
        "unmapped": whole,
    }


def test_an_export_has_the_columns_of_every_format_at_the_top() -> None:
    whole = row_of(Redaction.NONE)
    added = {
        "index": 3,
        "decision_id": "dec_1",
        "tenant": "acme",
        "outcome": "refuse",
        "stage": "input",
        "rule": "opted-out",
        "prompt": "a dog",
    }
    assert ocsf.exported(whole) == ocsf.event(whole) | added
