"""Receipts: what somebody is told was done, without a name, so that it may be stored and shown without care; signed."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import orjson

from guard.registry.desk import Writing
from guard.registry.values import Sign
from guard.types import Directive


def rfc3339(at: datetime | None) -> str | None:
    """UTC with microseconds and `Z`."""
    return None if at is None else at.isoformat(timespec="microseconds").replace("+00:00", "Z")


def signed(content: dict[str, Any], sign: Sign | None) -> dict[str, Any]:
    """The receipt with its signature over the canonical bytes (sorted keys, no spaces) of everything else in it."""
    if sign is None:
        return content
    return {**content, "signature": sign(orjson.dumps(content, option=orjson.OPT_SORT_KEYS))}


def opt_out(
    writing: Writing, subject_id: str, directive: Directive, case_id: str, defaults: Mapping[str, str], *, binds: bool, sign: Sign | None
) -> dict[str, Any]:
    """What is protected, where, until when, which of that nobody stated (`defaults`), and where it is in the log.

    Queues the audit event, so it comes last in a change.
    """
    content = {
        "type": "opt_out",
        "version": 1,
        "subject_id": subject_id,
        "directive_id": directive.id,
        "case_id": case_id,
        "status": directive.status.value,
        "protects": binds and (directive.effective_from is None or directive.effective_from <= writing.at),
        "scopes": list(directive.scopes),
        "exemptions": list(directive.exemptions),
        "modalities": [channel.value for channel in directive.channels],
        "jurisdictions": list(directive.jurisdictions),
        "effective_from": rfc3339(directive.effective_from),
        "expires_at": rfc3339(directive.expires_at),
        "defaults": dict(defaults),
        "issued_at": rfc3339(writing.at),
        "registry_revision": writing.revision,
        "log_events": writing.announce(),
    }
    return signed(content, sign)
