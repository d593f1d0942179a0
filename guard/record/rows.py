"""One event as an export shows it, at three levels of redaction.

| redaction  | a row holds |
|------------|-------------|
| `none`     | everything below, the prompt, and the whole body with its salt, so that its commitment can be checked |
| `standard` | no prompt, no names, no text: who (ids), where, how strong, by which rule |
| `strict`   | only what happened when and by which rule; no ids of people, requests or keys |
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from guard.record.bodies import parsed
from guard.record.event import Labels
from guard.record.vault import SALT_BYTES

Row = dict[str, Any]
_HIT = ("subject_id", "modality", "where", "score", "threshold", "strength", "role", "view")


class Redaction(StrEnum):
    """How much of the bodies an export shows."""

    NONE = "none"
    STANDARD = "standard"
    STRICT = "strict"


class Content(StrEnum):
    """What became of an event's body."""

    KEPT = "kept"
    ERASED = "erased"
    DAMAGED = "damaged"
    WITHHELD = "withheld"


STRICT_COLUMNS = (
    "index",
    "time",
    "decision_id",
    "kind",
    "tenant",
    "stage",
    "mode",
    "outcome",
    "rule",
    "rule_class",
    "policy_revision",
    "registry_revision",
    "content",
)
STANDARD_COLUMNS = (*STRICT_COLUMNS, "request_id", "subject_ids", "route", "model", "key_id", "hits")
COLUMNS = {
    Redaction.STRICT: STRICT_COLUMNS,
    Redaction.STANDARD: STANDARD_COLUMNS,
    Redaction.NONE: (*STANDARD_COLUMNS, "prompt", "body", "salt"),
}


def row(leaf: Mapping[str, Any], labels: Labels, salted: bytes | None, content: Content, redaction: Redaction) -> Row:
    """The row of an event, with exactly the columns of its redaction.

    Args:
        leaf: the parsed leaf.
        labels: its side columns; used where the body is gone.
        salted: salt || body, or None.
        content: why there is no body, or `kept`.
        redaction: how much is shown.
    """
    body = parsed(salted) if salted is not None else {}
    known: Row = {
        "index": leaf["index"],
        "time": leaf["time"],
        "decision_id": leaf["id"],
        "kind": leaf["kind"],
        "tenant": body.get("tenant", labels.tenant),
        "stage": leaf["stage"],
        "mode": leaf["mode"],
        "outcome": leaf["outcome"],
        "rule": body.get("rule", labels.rule),
        "rule_class": leaf["rule_class"],
        "policy_revision": leaf["policy"],
        "registry_revision": leaf["registry"],
        "content": content.value,
    }
    if redaction is Redaction.STRICT:
        return known
    known |= {
        "request_id": leaf["request"],
        "subject_ids": body.get("subject_ids", list(labels.subject_ids)),
        "route": body.get("route"),
        "model": body.get("model"),
        "key_id": body.get("key_id"),
        "hits": [{name: hit.get(name) for name in _HIT} for hit in body.get("hits") or []],
    }
    if redaction is Redaction.STANDARD:
        return known
    return known | {
        "prompt": prompt_of(body),
        "body": salted[SALT_BYTES:].decode() if salted is not None else None,
        "salt": salted[:SALT_BYTES].hex() if salted is not None else None,
    }


def prompt_of(body: Mapping[str, Any]) -> str | None:
    """The prompt that a body kept: the text at `prompt`, else all its texts, else None."""
    if isinstance(body.get("prompt"), str):
        return str(body["prompt"])
    texts = [text for text in body.get("texts") or [] if text.get("where") == "prompt"] or body.get("texts") or []
    return "\n".join(text["text"] for text in texts) if texts else None
