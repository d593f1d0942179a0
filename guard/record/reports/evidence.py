"""The evidence pack: all that concerns one person between two dates, as a page for reading and as JSON for checking. Pure.

Each event comes with its leaf, its inclusion proof and, where the body is kept, the body with its salt: whoever holds the log's
key can check the pack without asking anybody (docs/reference/record.md).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from guard.record.event import DECISION_KINDS
from guard.record.reports import charts, page
from guard.record.reports.events import ReportEvent
from guard.record.rows import prompt_of

OUTCOMES = ("allow", "hold", "refuse")
SCHEMA_VERSION = 1


@dataclass(frozen=True, slots=True)
class Frame:
    """What stands at the top of every report.

    Args:
        made_at: RFC 3339.
        begins: first moment, RFC 3339, or None.
        ends: last moment, exclusive, or None.
        checkpoint: the signed note that covers what is reported.
        verifier_keys: of the log, current first.
    """

    made_at: str
    begins: str | None = None
    ends: str | None = None
    checkpoint: str | None = None
    verifier_keys: tuple[str, ...] = ()

    @property
    def period(self) -> str:
        """The period in words."""
        return f"{self.begins or 'the beginning'} to {self.ends or 'now'}"


def build(
    subject_id: str, frame: Frame, events: Sequence[ReportEvent], proofs: Sequence[Sequence[str]], register: Mapping[str, Any] | None
) -> dict[str, Any]:
    """The machine form.

    Args:
        subject_id: whom it is about.
        frame: when, of what, signed by whom.
        events: oldest first.
        proofs: the inclusion proof (base64) of each event, in the same order.
        register: what the registry says of them: `subject`, `directives`, `cases`, `faces`; None where they were erased.
    """
    return {
        "type": "evidence",
        "schema_version": SCHEMA_VERSION,
        "subject_id": subject_id,
        "made_at": frame.made_at,
        "range": {"from": frame.begins, "to": frame.ends},
        "checkpoint": frame.checkpoint,
        "verifier_keys": list(frame.verifier_keys),
        "register": register,
        "summary": {
            "events": len(events),
            "by_month": _by_month(events),
            "by_rule": _by_rule(events),
            "unreadable": sum(event.salted is None for event in events),
        },
        "events": [
            {
                "leaf": event.leaf,
                "proof": list(proof),
                "tenant": event.labels.tenant,
                "rule": event.labels.rule,
                "subject_ids": list(event.labels.subject_ids),
                "content": event.content.value,
                "body": event.body_text,
                "salt": event.salt,
            }
            for event, proof in zip(events, proofs, strict=True)
        ],
    }


def html(pack: Mapping[str, Any], events: Sequence[ReportEvent]) -> str:
    """The page for people; `events` are those the pack was built of."""
    register = pack["register"]
    name = register["subject"]["name"] if register else "erased from the registry"
    summary = pack["summary"]
    made = [event for event in events if event.leaf["kind"] in DECISION_KINDS]
    others = [event for event in events if event.leaf["kind"] not in DECISION_KINDS]
    period = f"{pack['range']['from'] or 'the beginning'} to {pack['range']['to'] or 'now'}"
    return page.page(
        f"Evidence: {name}",
        f"Subject {pack['subject_id']}, {period}; made {pack['made_at']}. Confidential: it holds personal data of several people.",
        [
            page.section(
                "At a glance",
                page.facts({"Events": summary["events"], "Decisions": len(made), "Of which the content is erased": summary["unreadable"]}),
                charts.by_month("Decisions by month and outcome", summary["by_month"], OUTCOMES),
                charts.bars("Decisions by rule", summary["by_rule"]),
            ),
            *_register(register),
            page.section(
                "Decisions",
                page.table(["time (UTC)", "stage", "outcome", "rule", "tenant", "found", "prompt", "event"], [_decision(e) for e in made]),
            ),
            page.section(
                "What was done in the registry",
                page.table(["time (UTC)", "action", "by", "event"], [_action(e) for e in others]),
            ),
            page.section(
                "How to check this",
                page.paragraph(
                    "The JSON form of this pack holds, for every event, the leaf, an inclusion proof and the committed body. "
                    "The checkpoint below is signed by the log's key; compare the key with one that you got another way."
                ),
                page.preformatted("\n".join(pack["verifier_keys"])),
                page.preformatted(pack["checkpoint"] or "no checkpoint yet"),
            ),
        ],
    )


def _register(register: Mapping[str, Any] | None) -> list[str]:
    if register is None:
        return [page.section("In the registry", page.paragraph("The person was erased. What is below is what remains in the record."))]
    subject = register["subject"]
    return [
        page.section(
            "The person",
            page.facts(
                {
                    "Name": subject["name"],
                    "Kind": subject["kind"],
                    "Also known as": [alias["text"] for alias in subject["aliases"]],
                    "External ids": [f"{key}: {value}" for key, value in subject["external_ids"].items()],
                    "Registered": subject["created_at"],
                    "Photos enrolled": len(register["faces"]),
                }
            ),
        ),
        page.section(
            "What they decided",
            page.table(
                ["directive", "effect", "status", "scopes", "authority", "from", "until"],
                [
                    [d[k] for k in ("id", "effect", "status", "scopes", "authority", "effective_from", "expires_at")]
                    for d in register["directives"]
                ],
            ),
        ),
        page.section(
            "Cases",
            page.table(
                ["case", "kind", "status", "opened", "due", "closed"],
                [[c[k] for k in ("id", "kind", "status", "opened_at", "due_at", "closed_at")] for c in register["cases"]],
            ),
        ),
    ]


def _decision(event: ReportEvent) -> list[object]:
    body, leaf = event.body, event.leaf
    found = sorted({f"{hit.get('modality')} ({hit.get('role') or 'seen'})" for hit in body.get("hits") or []})
    said = prompt_of(body) if event.salted is not None else f"[{event.content.value}]"
    return [leaf["time"][:19], leaf["stage"], leaf["outcome"], event.labels.rule, event.labels.tenant, found, said, leaf["id"]]


def _action(event: ReportEvent) -> list[object]:
    return [event.leaf["time"][:19], event.leaf["kind"], event.body.get("actor") or f"[{event.content.value}]", event.leaf["id"]]


def _by_month(events: Sequence[ReportEvent]) -> dict[str, dict[str, int]]:
    months: dict[str, dict[str, int]] = {}
    for event in events:
        if event.leaf["kind"] in DECISION_KINDS:
            row = months.setdefault(event.leaf["time"][:7], dict.fromkeys(OUTCOMES, 0))
            row[event.leaf["outcome"]] += 1
    return months


def _by_rule(events: Sequence[ReportEvent]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for event in events:
        if event.leaf["kind"] in DECISION_KINDS:
            rule = event.labels.rule or "unknown"
            counts[rule] = counts.get(rule, 0) + 1
    return dict(sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])))
