"""The activity report: what the guard did about a person, for that person. Pure.

It is free of other people's data: no prompt (others may be named in it), no tenant, key, rule name, picture or other person;
what an asker wrote is theirs. Of each event stand the time, what became of it, and by which of the person's own marks it was found.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from guard.record.event import DECISION_KINDS
from guard.record.reports import charts, page
from guard.record.reports.events import ReportEvent
from guard.record.reports.evidence import OUTCOMES, SCHEMA_VERSION, Frame

_OUTCOME_WORDS = {"allow": "let through", "hold": "held for a person to look at", "refuse": "refused"}
_STAGE_WORDS = {"input": "a request", "output": "a finished picture", None: "a request"}
_MODALITY_WORDS = {
    "name": "your name",
    "face": "your face",
    "known_image": "a picture of you that must not come back",
    "text_in_image": "your name, written in a picture",
}


def build(subject_id: str, frame: Frame, events: Sequence[ReportEvent], register: Mapping[str, Any]) -> dict[str, Any]:
    """The machine form; `register` as for the evidence pack, of which only the person's own statements are used."""
    decisions = [event for event in events if event.leaf["kind"] in DECISION_KINDS]
    return {
        "type": "activity",
        "schema_version": SCHEMA_VERSION,
        "subject_id": subject_id,
        "made_at": frame.made_at,
        "range": {"from": frame.begins, "to": frame.ends},
        "person": {name: register["subject"][name] for name in ("name", "kind", "created_at")}
        | {"aliases": [alias["text"] for alias in register["subject"]["aliases"]]},
        "photos": [{name: face[name] for name in ("id", "lawful_basis", "destroy_by", "created_at")} for face in register["faces"]],
        "directives": [
            {name: one[name] for name in ("id", "effect", "status", "scopes", "effective_from", "expires_at")}
            for one in register["directives"]
        ],
        "decisions": [_decision(event, subject_id) for event in decisions],
        "other_events": [{"time": e.leaf["time"], "kind": e.leaf["kind"]} for e in events if e.leaf["kind"] not in DECISION_KINDS],
    }


def html(report: Mapping[str, Any]) -> str:
    """The page for the person."""
    person, decisions = report["person"], report["decisions"]
    months: dict[str, dict[str, int]] = {}
    for one in decisions:
        months.setdefault(one["time"][:7], dict.fromkeys(OUTCOMES, 0))[one["outcome"]] += 1
    return page.page(
        f"What was done about your likeness: {person['name']}",
        f"{report['range']['from'] or 'The beginning'} to {report['range']['to'] or 'now'}; made {report['made_at']}.",
        [
            page.section(
                "What we hold about you",
                page.facts(
                    {
                        "Name": person["name"],
                        "Also known as": person["aliases"],
                        "Since": person["created_at"],
                        "Photos": [f"{photo['created_at']} ({photo['lawful_basis'] or 'no basis stated'})" for photo in report["photos"]],
                    }
                ),
            ),
            page.section(
                "What you decided",
                page.table(
                    ["decision", "state", "for", "from", "until"],
                    [[d["effect"], d["status"], d["scopes"], d["effective_from"], d["expires_at"]] for d in report["directives"]],
                ),
            ),
            page.section(
                "When you were found",
                page.paragraph(
                    "Each line is a decision: one about the request, one about the picture it made. Who asked, and for what in "
                    "their own words, is other people's data and not shown here."
                ),
                charts.by_month("Decisions by month and outcome", months, OUTCOMES),
                page.table(
                    ["time (UTC)", "in", "found by", "what became of it"],
                    [
                        [d["time"][:19], _STAGE_WORDS.get(d["stage"], d["stage"]), _found_words(d), _OUTCOME_WORDS[d["outcome"]]]
                        for d in decisions
                    ],
                    "You were found in no request.",
                ),
            ),
            page.section(
                "What was done with your entry",
                page.table(["time (UTC)", "action"], [[e["time"][:19], e["kind"]] for e in report["other_events"]]),
            ),
        ],
    )


def _decision(event: ReportEvent, subject_id: str) -> dict[str, Any]:
    own = [hit for hit in event.body.get("hits") or [] if hit.get("subject_id") == subject_id]
    found = [{name: hit.get(name) for name in ("modality", "role", "alias")} for hit in own]
    return {
        "time": event.leaf["time"],
        "stage": event.leaf["stage"],
        "outcome": event.leaf["outcome"],
        "category": event.leaf["rule_class"],
        "content": event.content.value,
        "found": [one for i, one in enumerate(found) if one not in found[:i]],
    }


def _found_words(decision: Mapping[str, Any]) -> str:
    words = []
    for one in decision["found"]:
        word = _MODALITY_WORDS.get(one["modality"], str(one["modality"]))
        words.append(f"{word} ({one['alias']})" if one["alias"] else word)
    return "; ".join(words) or "no longer known"
