"""What each audience reads."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from guard.decide.evaluate import decide, weigh
from guard.decide.explain import Audience, Explanation, explain
from guard.decide.load import load, parse
from guard.types import (
    Context,
    Decision,
    Directive,
    DirectiveStatus,
    Effect,
    Findings,
    Hit,
    Modality,
    Outcome,
    Role,
    Stage,
    Strength,
    SubjectKind,
    SubjectRecord,
)

NOW = datetime(2026, 6, 1, tzinfo=UTC)
CONTEXT = Context(Stage.INPUT, NOW, "acme", "images.generations")
DENY = Directive("dir_1", 1, Effect.DENY, DirectiveStatus.ACTIVE)
ORDER = replace(DENY, id="dir_2", authority="court")
PEOPLE = {
    "sub_1": SubjectRecord(1, "sub_1", "Ada Quillfeather", SubjectKind.PUBLIC_FIGURE, directives=(DENY,)),
    "sub_2": SubjectRecord(2, "sub_2", "Pat Ellingsworth", SubjectKind.PRIVATE_PERSON, directives=(DENY, ORDER)),
    "sub_3": SubjectRecord(3, "sub_3", "Nan Oberlicht", SubjectKind.MINOR),
}


def name(id_: str, strength: Strength = Strength.STRONG) -> Hit:
    return Hit(id_, PEOPLE[id_].name, Modality.NAME, "prompt", 1.0, 0.5, strength, Role.LIKENESS, "alias", (0, 5), "alias")


def face(id_: str) -> Hit:
    return Hit(id_, PEOPLE[id_].name, Modality.FACE, "image[1]", 0.8, 0.5, Strength.STRONG)


ALL_REFUSED_ALIKE = [
    pytest.param("default", (name("sub_1"),), id="a public figure's opt-out"),
    pytest.param("default", (name("sub_2"),), id="a private person's, with an order"),
    pytest.param("default", (face("sub_1"),), id="a face"),
    pytest.param("default", (name("sub_1"), face("sub_2")), id="several people"),
    pytest.param("strict", (name("sub_3"),), id="somebody without a directive under a strict policy"),
]


@pytest.mark.parametrize(("policy", "hits"), ALL_REFUSED_ALIKE)
def test_every_likeness_refusal_reads_the_same_to_a_caller(policy: str, hits: tuple[Hit, ...]) -> None:
    decision = decide(Findings(hits), PEOPLE, load(policy), CONTEXT)
    assert explain(decision, Audience.CALLER) == Explanation(
        message="The request was refused: it appears to involve a real person's likeness that may not be used here.",
        help="Leave out names, descriptions and pictures of real people. "
        "Where you hold permission, ask the operator of this service to record it.",
        rule="likeness",
        outcome=Outcome.REFUSE,
        categories=("likeness",),
        details={},
    )


def test_a_caller_does_not_learn_that_somebody_is_a_registered_child() -> None:
    findings = Findings((name("sub_3"),), 0, {"sexual": 0.9})
    adult = Findings((name("sub_1"),), 0, {"sexual": 0.9})
    child_told, adult_told = (explain(decide(f, PEOPLE, load("default"), CONTEXT), Audience.CALLER) for f in (findings, adult))
    assert child_told == adult_told


MESSAGES = [
    pytest.param(Outcome.REFUSE, "minors", "input", "The request was refused: it appears to involve a minor in a way that is never allowed."),
    pytest.param(Outcome.HOLD, "likeness", "output", "The generated answer waits for review: it appears to involve a real person's likeness "
                 "that may not be used here."),
    pytest.param(Outcome.REFUSE, "unscreenable", "input", "The request was refused: it could not be screened."),
    pytest.param(Outcome.REFUSE, "unheard of", "input", "The request was refused: the policy of this service does not allow it."),
    pytest.param(Outcome.ALLOW, "none", "input", "The request is allowed."),
]  # fmt: skip


@pytest.mark.parametrize(("outcome", "category", "stage", "message"), MESSAGES)
def test_messages(outcome: Outcome, category: str, stage: str, message: str) -> None:
    assert explain(Decision(outcome, "rule", category), Audience.CALLER, Stage(stage)).message == message


POLICY = parse(
    """
version: 1
name: newsdesk
conditions: {crowd: faces > 5, broken: 1 / faces > 0}
rules:
  - {name: crowds, effect: hold, if: {purpose: news}, when: crowd}
  - {name: far, effect: hold, if: {purpose: news, tenant: globex}, when: crowd}
  - {name: names, effect: hold, if: {modality: name, min_score: 0.9}}
"""
)


def told(audience: Audience, *hits: Hit) -> Explanation:
    context = replace(CONTEXT, purpose="news")
    findings = Findings(hits, 2, {"style": "drawn"}, {"pictures": "the text already refuses"})
    decision = decide(findings, PEOPLE, POLICY, context, registry_revision=9)
    return explain(decision, audience, Stage.INPUT, weigh(findings, PEOPLE, POLICY, context))


def test_staff_read_rule_hits_directives_and_the_rules_that_came_near() -> None:
    explanation = told(Audience.STAFF, name("sub_1"))
    assert explanation.rule == "opt-out"
    assert explanation.details == {
        "rule": "opt-out",
        "category": "likeness",
        "hits": [
            {
                "subject_id": "sub_1",
                "modality": "name",
                "where": "prompt",
                "strength": "strong",
                "role": "likeness",
                "alias": "alias",
                "text": "alias",
                "view": None,
            }
        ],
        "directives": ["dir_1"],
        "grants": [],
        "obligations": [],
        "because": [
            {"outcome": "refuse", "rule": "opt-out", "category": "likeness", "subject_id": "sub_1", "directives": ["dir_1"], "error": None},
            {"outcome": "hold", "rule": "names", "category": "likeness", "subject_id": "sub_1", "directives": [], "error": None},
        ],
        "decisions_of_people": [
            {
                "id": "dir_1",
                "version": 1,
                "effect": "deny",
                "status": "active",
                "authority": "staff",
                "scopes": ["all"],
                "exemptions": [],
                "expires_at": None,
            }
        ],
        "rules": [
            {
                "name": "crowds",
                "effect": "hold",
                "fired": False,
                "near": True,
                "tests": {"purpose": True},
                "conditions": {"crowd": False},
                "excepted": False,
            },
            {"name": "names", "effect": "hold", "fired": True, "near": False, "tests": {"hit": True}, "conditions": {}, "excepted": False},
        ],
        "not_examined": {"pictures": "the text already refuses"},
    }


def test_an_auditor_reads_everything() -> None:
    details = told(Audience.AUDITOR, name("sub_1")).details
    assert [rule["name"] for rule in details["rules"]] == ["crowds", "far", "names"]  # type: ignore[union-attr,index,call-overload]
    assert details["policy_revision"] == POLICY.revision
    assert details["registry_revision"] == 9
    assert details["signals"] == {"style": "drawn"}
    assert details["uses"] == ["stylised"]
    assert details["hits"][0]["score"] == 1.0  # type: ignore[index,call-overload]


def test_a_condition_that_failed_is_shown_with_its_error() -> None:
    broken = parse("version: 1\nname: b\nrules: [{name: r, effect: hold, when: 1 / faces > 0}]")
    decision = decide(Findings(), PEOPLE, broken, CONTEXT)
    details = explain(decision, Audience.STAFF, Stage.INPUT, weigh(Findings(), PEOPLE, broken, CONTEXT)).details
    assert (decision.outcome, decision.rule) == (Outcome.REFUSE, "r")
    assert details["rules"][0]["conditions"] == {"1 / faces > 0": "error: INVALID_ARGUMENT: divide by zero"}  # type: ignore[index,call-overload]
