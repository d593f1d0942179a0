"""The question and the answer of a screening without forwarding, in the shape that the admin API and the command line share."""

from collections.abc import Sequence
from typing import Any

from guard.pipeline import ScreenResult
from guard.types import Hit, Text


def texts_of(prompt: str | None, texts: Sequence[str]) -> list[Text]:
    """The prompt and further texts with the places that hits will name."""
    first = [Text("prompt", prompt)] if prompt is not None else []
    return [*first, *(Text(f"texts[{n}]", text) for n, text in enumerate(texts))]


def result_body(result: ScreenResult) -> dict[str, Any]:
    """The JSON answer (CONTRACT: `POST /screen`)."""
    decision = result.decision
    timings = {name: round(value, 3) for name, value in result.timings_ms.items()}
    return {
        "decision_id": result.decision_id,
        "outcome": decision.outcome.value,
        "rule": decision.rule,
        "category": decision.category,
        "hits": [hit_body(hit) for hit in decision.hits],
        "faces": result.findings.faces,
        "signals": dict(result.findings.signals),
        "grant": decision.grants[0] if decision.grants else None,
        "obligations": list(decision.obligations),
        "problem": result.findings.problem,
        "policy_revision": decision.policy_revision,
        "registry_revision": decision.registry_revision,
        "timings_ms": timings,
    }


def hit_body(hit: Hit) -> dict[str, Any]:
    """One hit as JSON."""
    return {
        "subject_id": hit.subject_id,
        "subject": hit.subject,
        "modality": hit.modality.value,
        "alias": hit.alias,
        "where": hit.where,
        "span": list(hit.span) if hit.span is not None else None,
        "text": hit.text,
        "score": round(hit.score, 6),
        "threshold": round(hit.threshold, 6),
        "role": hit.role.value if hit.role is not None else None,
        "strength": hit.strength.value,
        "view": hit.view,
    }
