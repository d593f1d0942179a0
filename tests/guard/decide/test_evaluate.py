"""From findings to a decision."""

import time
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guard.decide.evaluate import decide, weigh
from guard.decide.load import bundled, load, parse
from guard.decide.policy import Policy
from guard.decide.program import scaled
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
INPUT = Context(Stage.INPUT, NOW, "acme", "images.generations")
OUTPUT = Context(Stage.OUTPUT, NOW, "acme", "images.generations")
DEFAULT = load("default")


def directive(effect: Effect, id_: str, **fields: object) -> Directive:
    return replace(Directive(id_, 1, effect, DirectiveStatus.ACTIVE), **fields)  # type: ignore[arg-type]


def person(id_: str, *directives: Directive, kind: SubjectKind = SubjectKind.PUBLIC_FIGURE) -> SubjectRecord:
    return SubjectRecord(1, id_, id_.title(), kind, directives=directives)


def name(id_: str, strength: Strength = Strength.STRONG, role: Role = Role.LIKENESS, score: float = 1.0) -> Hit:
    return Hit(id_, id_.title(), Modality.NAME, "prompt", score, 0.5, strength, role)


def face(id_: str, strength: Strength = Strength.STRONG, where: str = "image", score: float = 1.0) -> Hit:
    return Hit(id_, id_.title(), Modality.FACE, where, score, 0.5, strength)


PEOPLE = {
    p.id: p
    for p in (
        person("ada", directive(Effect.DENY, "ada-deny")),
        person("bo"),
        person("flo", directive(Effect.DENY, "flo-deny"), directive(Effect.ALLOW, "flo-grant", tenant="acme")),
        person("gil", directive(Effect.ALLOW_WITH_TERMS, "gil-grant", tenant="acme", terms=("label", "human_review"))),
        person("hal", directive(Effect.ALLOW_WITH_TERMS, "hal-grant", tenant="acme", terms=("label",))),
        person("nan", kind=SubjectKind.MINOR),
    )
}


def run(*hits: Hit, policy: Policy = DEFAULT, context: Context = INPUT, **findings: object) -> Decision:
    return decide(Findings(hits, **findings), PEOPLE, policy, context, registry_revision=7)  # type: ignore[arg-type]


def decided(outcome: Outcome, rule: str, category: str, *hits: Hit, policy: Policy = DEFAULT, **fields: tuple[str, ...]) -> Decision:
    return Decision(outcome, rule, category, hits, policy_revision=policy.revision, registry_revision=7, **fields)  # type: ignore[arg-type]


def test_nothing_found_is_allowed() -> None:
    assert run() == decided(Outcome.ALLOW, "no-rule-fired", "none")


WEAK, MEDIUM = Strength.WEAK, Strength.MEDIUM
REFUSED = (Outcome.REFUSE, "opt-out", "likeness", ("ada-deny",))
HELD = (Outcome.HOLD, "opt-out", "likeness", ("ada-deny",))
STRENGTHS = [
    pytest.param([name("ada")], REFUSED, id="a strong hit refuses"),
    pytest.param([name("ada", MEDIUM)], HELD, id="a middling hit is held"),
    pytest.param([name("ada", WEAK)], (Outcome.ALLOW, "no-rule-fired", "none", ()), id="a weak hit says nothing"),
    pytest.param([name("ada", WEAK), name("ada", WEAK)], (Outcome.ALLOW, "no-rule-fired", "none", ()), id="twice the same sense neither"),
    pytest.param([name("ada", WEAK), face("ada", WEAK)], HELD, id="two weak signs by two senses are held"),
    pytest.param([name("ada", WEAK), face("ada", MEDIUM)], REFUSED, id="a weak and a middling sign refuse"),
    pytest.param(
        [name("bo", WEAK), face("ada", WEAK)], (Outcome.ALLOW, "no-rule-fired", "none", ()), id="signs of two people are no two signs"
    ),
    pytest.param([name("ada", role=Role.STYLE), face("ada", MEDIUM)], HELD, id="a style mention confirms no face"),
    pytest.param([face("ada"), face("bo")], REFUSED, id="the worst face decides"),
    pytest.param([face("bo"), face("ada")], REFUSED, id="wherever it stands"),
]


@pytest.mark.parametrize(("hits", "expected"), STRENGTHS)
def test_strengths(hits: list[Hit], expected: tuple[Outcome, str, str, tuple[str, ...]]) -> None:
    outcome, rule, category, directives = expected
    assert run(*hits) == decided(outcome, rule, category, *hits, directives=directives)


def test_a_grant_is_named_so_that_its_use_can_be_reserved() -> None:
    expected = decided(Outcome.ALLOW, "grant", "none", name("flo"), grants=("flo-grant",), directives=("flo-grant",))
    assert run(name("flo")) == expected


def test_a_refused_request_uses_no_grant() -> None:
    hits = (name("flo"), name("ada"))
    assert run(*hits) == decided(Outcome.REFUSE, "opt-out", "likeness", *hits, directives=("ada-deny", "flo-grant"))


def test_a_spent_grant_leaves_the_denial() -> None:
    decision = decide(Findings((name("flo"),)), PEOPLE, DEFAULT, INPUT, spent={"flo-grant"}, registry_revision=7)
    assert decision == decided(Outcome.REFUSE, "opt-out", "likeness", name("flo"), directives=("flo-deny",))


def test_terms_become_obligations() -> None:
    expected = decided(
        Outcome.ALLOW, "grant", "none", name("hal"), grants=("hal-grant",), directives=("hal-grant",), obligations=("label",)
    )
    assert run(name("hal")) == expected


def test_a_term_of_human_review_holds() -> None:
    expected = decided(
        Outcome.HOLD, "grant-terms", "likeness", name("gil"), directives=("gil-grant",), obligations=("human_review", "label")
    )
    assert run(name("gil")) == expected


FLOOR = [
    pytest.param([], {"sexual": 0.9, "minors": 0.9}, ("minors-sexual", "minors"), id="children and sexual content"),
    pytest.param([], {"sexual": 0.3, "minors": 0.5}, ("minors-sexual", "minors"), id="children and a suggestive word"),
    pytest.param([], {"sexual": 0.5, "age_years": 17.0}, ("minors-sexual", "minors"), id="a stated age under 18"),
    pytest.param([], {"nudity": 0.5, "minors": 0.9}, ("minors-sexual", "minors"), id="nudity in a picture"),
    pytest.param([], {"sexual": float("nan"), "minors": float("nan")}, ("minors-sexual", "minors"), id="signals that are no numbers"),
    pytest.param([name("nan")], {"sexual": 0.3}, ("minors-sexual", "sexual"), id="a registered child; the category does not tell"),
    pytest.param([name("bo")], {"sexual": 0.5}, ("sexual-likeness", "sexual"), id="a registered person"),
    pytest.param([name("flo")], {"sexual": 0.5}, ("sexual-likeness", "sexual"), id="a grant does not help"),
    pytest.param([face("bo", MEDIUM)], {"sexual": 0.5}, ("sexual-likeness", "sexual"), id="a middling face is enough"),
]


@pytest.mark.parametrize("policy", bundled())
@pytest.mark.parametrize(("hits", "signals", "expected"), FLOOR)
def test_the_floor_holds_under_every_policy(policy: str, hits: list[Hit], signals: dict[str, float], expected: tuple[str, str]) -> None:
    decision = run(*hits, policy=load(policy), signals=signals)
    assert (decision.outcome, decision.rule, decision.category) == (Outcome.REFUSE, *expected)


NO_FLOOR = [
    pytest.param([], {"sexual": 0.9}, id="sexual content without anybody"),
    pytest.param([], {"minors": 0.9}, id="children without sexual content"),
    pytest.param([], {"sexual": 0.9, "age_years": 18.0}, id="a stated age of 18"),
    pytest.param([name("bo", WEAK)], {"sexual": 0.9}, id="a weak hit"),
    pytest.param([name("bo", role=Role.STYLE)], {"sexual": 0.9}, id="somebody's style"),
]


@pytest.mark.parametrize(("hits", "signals"), NO_FLOOR)
def test_what_is_not_the_floors(hits: list[Hit], signals: dict[str, float]) -> None:
    assert run(*hits, signals=signals) == decided(Outcome.ALLOW, "no-rule-fired", "none", *hits)


def test_what_could_not_be_screened_is_refused() -> None:
    assert run(problem="no answer") == decided(Outcome.REFUSE, "unscreenable", "unscreenable")


def test_unless_the_policy_says_otherwise_and_then_it_shows() -> None:
    lenient = parse("version: 1\nname: lenient\non_error: {problem: allow}")
    assert run(problem="no answer", policy=lenient) == decided(Outcome.ALLOW, "unscreenable", "none", policy=lenient)


def test_a_hit_on_somebody_without_a_record_is_refused() -> None:
    assert run(name("zoe")) == decided(Outcome.REFUSE, "unscreenable", "unscreenable", name("zoe"))


def test_a_policy_that_is_off_decides_nothing() -> None:
    off = parse('version: 1\nname: idle\nmode: "off"')
    assert run(name("ada"), policy=off) == decided(Outcome.ALLOW, "policy-off", "none", name("ada"), policy=off)


def policy(rules: str, more: str = "") -> Policy:
    return parse(f"version: 1\nname: test\n{more}\nrules:\n{rules}")


RULES = [
    pytest.param("- {name: r, effect: hold}", [], {}, ("hold", "r", "policy"), id="a rule without tests fires always"),
    pytest.param("- {name: r, effect: hold, if: {stage: output}}", [], {}, ("allow", "no-rule-fired", "none"), id="another stage"),
    pytest.param("- {name: r, effect: hold, if: {tenant: [acme]}}", [], {}, ("hold", "r", "policy"), id="this tenant"),
    pytest.param("- {name: r, effect: hold, if: {tenant: globex}}", [], {}, ("allow", "no-rule-fired", "none"), id="another tenant"),
    pytest.param("- {name: r, effect: hold, if: {route: images.*}}", [], {}, ("hold", "r", "policy"), id="routes that begin so"),
    pytest.param("- {name: r, effect: hold, if: {purpose: none}}", [], {}, ("hold", "r", "policy"), id="no stated purpose"),
    pytest.param("- {name: r, effect: hold, if: {attestation: true}}", [], {}, ("allow", "no-rule-fired", "none"), id="no attestation"),
    pytest.param("- {name: r, effect: hold, if: {min_faces: 2}}", [], {"faces": 2}, ("hold", "r", "likeness"), id="enough faces"),
    pytest.param("- {name: r, effect: hold, if: {min_faces: 2}}", [], {"faces": 1}, ("allow", "no-rule-fired", "none"), id="too few faces"),
    pytest.param(
        "- {name: r, effect: hold, if: {signals: {violence: 0.5}}}",
        [],
        {"signals": {"violence": 0.5}},
        ("hold", "r", "policy"),
        id="a signal",
    ),
    pytest.param(
        "- {name: r, effect: hold, if: {signals: {style: drawn}}}",
        [],
        {"signals": {"style": "drawn"}},
        ("hold", "r", "policy"),
        id="a word",
    ),
    pytest.param("- {name: r, effect: hold, if: {scope: commercial}}", [], {}, ("hold", "r", "policy"), id="a use"),
    pytest.param("- {name: r, effect: refuse, if: {modality: face}}", [face("bo")], {}, ("refuse", "r", "likeness"), id="a face"),
    pytest.param("- {name: r, effect: refuse, if: {modality: face}}", [name("bo")], {}, ("allow", "no-directive", "none"), id="no face"),
    pytest.param(
        "- {name: r, effect: refuse, if: {min_score: 0.8}}",
        [name("bo", score=0.79)],
        {},
        ("allow", "no-directive", "none"),
        id="just below",
    ),
    pytest.param(
        "- {name: r, effect: refuse, if: {min_score: 0.8}}", [name("bo", score=0.8)], {}, ("refuse", "r", "likeness"), id="at the score"
    ),
    pytest.param(
        "- {name: r, effect: refuse, if: {min_score: 0.8}}",
        [name("bo", score=float("nan"))],
        {},
        ("refuse", "r", "likeness"),
        id="a score that is no number",
    ),
    pytest.param("- {name: r, effect: refuse, if: {kind: minor}}", [name("nan")], {}, ("refuse", "r", "likeness"), id="a kind of person"),
    pytest.param(
        "- {name: r, effect: refuse, if: {modality: name}}",
        [name("bo", role=Role.STYLE)],
        {},
        ("allow", "no-rule-fired", "none"),
        id="unset role means likeness",
    ),
    pytest.param("- {name: r, effect: hold, if: {role: style}}", [name("bo", role=Role.STYLE)], {}, ("hold", "r", "likeness"), id="a role"),
    pytest.param(
        "- {name: r, effect: refuse, if: {modality: name}}", [name("bo", MEDIUM)], {}, ("hold", "r", "likeness"), id="middling: held"
    ),
    pytest.param(
        "- {name: r, effect: refuse, if: {strength: medium}}", [name("bo", MEDIUM)], {}, ("refuse", "r", "likeness"), id="middling, named"
    ),
    pytest.param(
        "- {name: r, effect: refuse, if: {strength: weak}}", [name("bo", WEAK)], {}, ("refuse", "r", "likeness"), id="weak, named"
    ),
    pytest.param(
        "- {name: r, effect: refuse, if: {modality: name}}", [name("flo")], {}, ("allow", "grant", "none"), id="a grant lifts a rule"
    ),
    pytest.param(
        "- {name: r, effect: refuse, grants_lift: false, if: {modality: name}}",
        [name("flo")],
        {},
        ("refuse", "r", "likeness"),
        id="unless the rule says not",
    ),
    pytest.param(
        "- {name: r, effect: hold, unless: {tenant: acme}}", [], {}, ("allow", "no-rule-fired", "none"), id="an exception that applies"
    ),
    pytest.param("- {name: r, effect: hold, unless: {tenant: globex}}", [], {}, ("hold", "r", "policy"), id="an exception that does not"),
    pytest.param(
        "- {name: r, effect: hold, if: {modality: name}, unless: {min_score: 0.9}}",
        [name("bo", score=0.95)],
        {},
        ("allow", "no-directive", "none"),
        id="an exception for a hit",
    ),
    pytest.param(
        "- {name: r, effect: hold, if: {modality: name}, unless: {min_score: 0.9}}",
        [name("bo", score=0.95), name("bo", score=0.5)],
        {},
        ("hold", "r", "likeness"),
        id="excepts that hit alone",
    ),
    pytest.param(
        "- {name: r, effect: hold, if: {modality: name}, unless: {min_score: 0.9}}",
        [name("bo", score=float("nan"))],
        {},
        ("hold", "r", "likeness"),
        id="no exception for what is no number",
    ),
    pytest.param("- {name: a, effect: hold}\n- {name: b, effect: refuse}", [], {}, ("refuse", "b", "policy"), id="the severest decides"),
    pytest.param(
        "- {name: a, effect: hold}\n- {name: b, effect: hold}", [], {}, ("hold", "a", "policy"), id="between equals the first listed"
    ),
    pytest.param(
        "- {name: a, effect: hold}", [name("ada")], {}, ("refuse", "opt-out", "likeness"), id="a directive decides above a milder rule"
    ),
    pytest.param("- {name: a, effect: refuse}", [name("ada")], {}, ("refuse", "opt-out", "likeness"), id="and is named between equals"),
    pytest.param("- {name: a, effect: allow}", [name("ada")], {}, ("refuse", "opt-out", "likeness"), id="no rule softens a directive"),
    pytest.param("- {name: r, effect: hold, when: faces > 0}", [], {"faces": 1}, ("hold", "r", "policy"), id="a condition"),
    pytest.param("- {name: r, effect: hold, when: faces > 0}", [], {}, ("allow", "no-rule-fired", "none"), id="a condition that is false"),
    pytest.param(
        "- {name: r, effect: hold, when: [hit.score > 0.7, 'hit.kind == \"minor\"']}",
        [name("nan")],
        {},
        ("hold", "r", "likeness"),
        id="conditions about one hit",
    ),
    pytest.param(
        "- {name: r, effect: hold, when: [hit.score > 0.7, 'hit.kind == \"minor\"']}",
        [name("bo"), name("nan", score=0.1)],
        {},
        ("allow", "no-directive", "none"),
        id="true of two different hits",
    ),
    pytest.param(
        "- {name: r, effect: hold, when: 1 / faces > 0}", [], {}, ("refuse", "r", "policy"), id="a condition with an error refuses"
    ),
    pytest.param(
        "- {name: r, effect: hold, on_error: hold, when: 1 / faces > 0}", [], {}, ("hold", "r", "policy"), id="or what the rule says"
    ),
    pytest.param(
        "- {name: r, effect: hold, when: signals.hate > 0.5}", [], {}, ("allow", "no-rule-fired", "none"), id="an unmeasured signal is 0"
    ),
]


@pytest.mark.parametrize(("rules", "hits", "findings", "expected"), RULES)
def test_rules(rules: str, hits: list[Hit], findings: dict[str, Any], expected: tuple[str, str, str]) -> None:
    decision = run(*hits, policy=policy(rules), **findings)
    assert (decision.outcome, decision.rule, decision.category) == expected


def test_obligations_of_all_rules_that_fired_add_up() -> None:
    rules = "- {name: a, effect: allow, obligations: [label]}\n- {name: b, effect: allow, obligations: ['force:moderation=auto']}"
    assert run(policy=policy(rules)).obligations == ("force:moderation=auto", "label")


def test_a_refusal_tells_whom_its_rule_names_and_nothing_else() -> None:
    rules = (
        "- {name: a, effect: allow, obligations: [label, 'notify:a']}\n- {name: b, effect: refuse, obligations: [label, 'notify:b']}\n"
        "- {name: c, effect: refuse, obligations: ['notify:c']}"
    )
    assert run(policy=policy(rules)).obligations == ("notify:b",)


def test_a_refusal_carries_no_obligations() -> None:
    rules = "- {name: a, effect: allow, obligations: [label]}\n- {name: b, effect: refuse}"
    assert run(policy=policy(rules)).obligations == ()


def test_faces_that_no_grant_covers_are_counted() -> None:
    needs = policy("- {name: r, effect: hold, if: {min_faces_without_grant: 1}}")
    assert run(face("flo"), policy=needs, faces=1).outcome is Outcome.ALLOW
    assert run(face("flo"), policy=needs, faces=2).outcome is Outcome.HOLD
    assert run(face("flo", MEDIUM), policy=needs, faces=1).outcome is Outcome.HOLD
    assert run(face("bo"), policy=needs, faces=1).outcome is Outcome.HOLD


def test_an_exempt_purpose_lifts_the_denial_and_no_rule() -> None:
    people = {"eve": person("eve", directive(Effect.DENY, "eve-deny", exemptions=("news",)))}
    news = replace(INPUT, purpose="news")
    careful = policy("- {name: r, effect: hold, if: {modality: name}}")
    assert decide(Findings((name("eve"),)), people, DEFAULT, news).rule == "exempt"
    assert decide(Findings((name("eve"),)), people, careful, news).rule == "r"


def test_what_waits_for_verification_protects_unless_a_setting_says_otherwise() -> None:
    people = {"ivy": person("ivy", directive(Effect.DENY, "ivy-deny", status=DirectiveStatus.PENDING_VERIFICATION))}
    findings = Findings((name("ivy"),))
    assert decide(findings, people, DEFAULT, INPUT).outcome is Outcome.REFUSE
    assert decide(findings, people, DEFAULT, INPUT, pending_protects=False).outcome is Outcome.ALLOW


def test_a_tenants_overlay_governs_that_tenant_alone() -> None:
    overlaid = policy("- {name: r, effect: hold}", "tenants: {globex: {drop: [r], people: {no_directive: refuse}}}")
    there = replace(INPUT, tenant="globex")
    assert run(policy=overlaid).rule == "r"
    assert run(policy=overlaid, context=there).rule == "no-rule-fired"
    assert run(name("bo"), policy=overlaid, context=there).rule == "no-directive"
    assert run(policy=overlaid, context=there).policy_revision == overlaid.revision


def test_an_empty_request_costs_next_to_nothing() -> None:
    """10 us on an idle core; ten times as much allowed here, because test machines are busy."""
    findings = Findings()
    started = time.process_time()
    for _ in range(1000):
        decide(findings, {}, DEFAULT, INPUT)
    assert time.process_time() - started < 0.1


# Laws

load_once = cache(load)

hits_ = st.lists(
    st.builds(
        Hit,
        subject_id=st.sampled_from(sorted(PEOPLE)),
        subject=st.just("x"),
        modality=st.sampled_from(Modality),
        where=st.sampled_from(["prompt", "image"]),
        score=st.sampled_from([0.1, 0.5, 0.9, 1.0]),
        threshold=st.just(0.1),
        strength=st.sampled_from(Strength),
        role=st.sampled_from([None, *Role]),
    ),
    max_size=6,
)
contexts = st.builds(
    Context,
    stage=st.sampled_from(Stage),
    now=st.just(NOW),
    tenant=st.sampled_from(["acme", "globex"]),
    purpose=st.sampled_from([None, "news", "advertising"]),
    attestation=st.booleans(),
)
signals_ = st.dictionaries(
    st.sampled_from(["sexual", "minors", "violence", "hate", "deception", "political"]), st.sampled_from([0.0, 0.3, 0.5, 0.9])
)
policies = st.sampled_from(sorted(bundled()))


@given(hits_, hits_, contexts, signals_, policies)
def test_more_hits_never_soften_the_outcome(
    some: list[Hit], more: list[Hit], context: Context, signals: dict[str, float], policy: str
) -> None:
    faces = len(some) + len(more)
    before = decide(Findings(tuple(some), faces, signals), PEOPLE, load_once(policy), context)
    denied = [hit for hit in more if hit.subject_id in ("ada", "bo", "nan")]
    after = decide(Findings((*some, *denied), faces, signals), PEOPLE, load_once(policy), context)
    assert after.outcome.severity >= before.outcome.severity


@given(hits_, contexts, signals_, policies, st.randoms())
def test_the_order_of_hits_does_not_matter(
    hits: list[Hit], context: Context, signals: dict[str, float], policy: str, random: object
) -> None:
    shuffled = list(hits)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    one, other = (decide(Findings(tuple(h), 2, signals), PEOPLE, load_once(policy), context) for h in (hits, shuffled))
    assert replace(one, hits=()) == replace(other, hits=())


@given(hits_, contexts, signals_, policies)
def test_a_problem_is_never_allowed(hits: list[Hit], context: Context, signals: dict[str, float], policy: str) -> None:
    assert decide(Findings(tuple(hits), 0, signals, {}, "no answer"), PEOPLE, load_once(policy), context).outcome is Outcome.REFUSE


@given(hits_, contexts, signals_, policies)
def test_grants_are_named_only_where_the_request_passes(hits: list[Hit], context: Context, signals: dict[str, float], policy: str) -> None:
    decision = decide(Findings(tuple(hits), 0, signals), PEOPLE, load_once(policy), context)
    assert decision.outcome is Outcome.ALLOW or decision.grants == ()


@given(hits_, contexts, signals_, policies)
def test_what_is_left_out_early_changes_nothing(hits: list[Hit], context: Context, signals: dict[str, float], policy: str) -> None:
    """`decide` stops asking when nothing can change; the full weighing behind an explanation comes to the same."""
    findings = Findings(tuple(hits), len(hits), signals)
    decision = decide(findings, PEOPLE, load_once(policy), context)
    all_verdicts = weigh(findings, PEOPLE, load_once(policy), context).verdicts(stop_early=False)
    first = min(all_verdicts, key=lambda v: (-v.outcome.severity, v.place, v.rule), default=None)
    assert (decision.outcome, decision.rule) == ((Outcome.ALLOW, "no-rule-fired") if first is None else (first.outcome, first.rule))


def test_fifty_rules_twenty_hits_and_ten_directives_cost_little() -> None:
    """100 us on an idle core; ten times as much allowed here, because test machines are busy."""
    modalities = list(Modality)
    lines = [
        f"- {{name: r{i}, effect: {('hold', 'refuse', 'allow')[i % 3]}, if: {{modality: {modalities[i % 4].value}, "
        f"min_score: 0.{50 + i % 45}, stage: {'input' if i % 2 else 'output'}, tenant: [t{i}, acme]}}}}"
        for i in range(50)
    ]
    rules = policy("\n".join(lines))
    people = {
        f"s{k}": person(f"s{k}", directive(Effect.DENY, f"a{k}", scopes=("sexual",)), directive(Effect.ALLOW, f"b{k}", tenant="other"))
        for k in range(5)
    }
    hits = tuple(Hit(f"s{i % 5}", "x", modalities[i % 4], "image", 0.4, 0.1, Strength.STRONG) for i in range(20))
    findings = Findings(hits, 5, {"style": "photorealistic"})
    decide(findings, people, rules, INPUT)
    started = time.process_time()
    for _ in range(100):
        decide(findings, people, rules, INPUT)
    assert (time.process_time() - started) / 100 < 0.001


LENIENT = policy(" []", more="on_error: {problem: allow}")


@pytest.mark.parametrize("turn", [1, -1], ids=["first", "last"])
def test_somebody_without_a_record_hides_nobody(turn: int) -> None:
    got = run(*[name("who"), name("ada")][::turn], policy=LENIENT)
    assert (got.outcome, got.rule) == (Outcome.REFUSE, "opt-out")


@pytest.mark.parametrize("turn", [1, -1], ids=["first", "last"])
def test_a_hit_that_says_nothing_hides_no_other(turn: int) -> None:
    got = run(*[name("flo", WEAK), name("ada")][::turn])
    assert (got.outcome, got.rule) == (Outcome.REFUSE, "opt-out")


@pytest.mark.parametrize("turn", [1, -1], ids=["first", "last"])
def test_a_hit_below_a_rules_score_hides_no_other_of_its_kind(turn: int) -> None:
    scored = policy("- {name: sure, effect: refuse, category: policy, if: {min_score: 0.9}}")
    got = run(*[name("bo", score=0.8), name("bo", score=0.95)][::turn], policy=scored)
    assert (got.outcome, got.rule) == (Outcome.REFUSE, "sure")


SCALED = [
    (Outcome.REFUSE, Strength.STRONG, Outcome.HOLD, Outcome.REFUSE),
    (Outcome.REFUSE, MEDIUM, Outcome.HOLD, Outcome.HOLD),
    (Outcome.HOLD, MEDIUM, Outcome.REFUSE, Outcome.HOLD),
    (Outcome.HOLD, MEDIUM, Outcome.ALLOW, Outcome.ALLOW),
    (Outcome.ALLOW, MEDIUM, Outcome.REFUSE, Outcome.ALLOW),
    (Outcome.REFUSE, WEAK, Outcome.REFUSE, None),
]


@pytest.mark.parametrize(("wanted", "strength", "medium", "outcome"), SCALED)
def test_what_an_effect_becomes_for_a_hit_of_a_strength(
    wanted: Outcome, strength: Strength, medium: Outcome, outcome: Outcome | None
) -> None:
    assert scaled(wanted, strength, replace(DEFAULT.people, medium=medium)) is outcome


AGES = [(0.0, "minors-sexual"), (17.9, "minors-sexual"), (18.0, "opt-out"), (-1.0, "opt-out")]


@pytest.mark.parametrize(("years", "rule"), AGES)
def test_who_is_a_child(years: float, rule: str) -> None:
    assert run(name("ada"), signals={"sexual": 0.3, "age_years": years}).rule == rule


def test_a_suggestive_word_is_no_sexual_content_where_no_child_is_concerned() -> None:
    assert run(name("bo"), signals={"sexual": 0.3}, policy=policy(" []")).rule != "sexual-likeness"


def test_a_name_and_the_same_name_in_a_picture_are_one_sense() -> None:
    written = Hit("ada", "Ada", Modality.TEXT_IN_IMAGE, "image", 1.0, 0.5, MEDIUM, Role.LIKENESS)
    assert run(name("ada", MEDIUM), written).outcome is Outcome.HOLD
    assert run(name("ada", MEDIUM), face("ada", MEDIUM)).outcome is Outcome.REFUSE


def test_an_opt_out_is_named_before_a_known_picture_of_the_same_person() -> None:
    known = Hit("ada", "Ada", Modality.KNOWN_IMAGE, "image", 1.0, 0.5, Strength.STRONG, bank="registry")
    assert [run(*hits).rule for hits in ([known, name("ada")], [name("ada"), known])] == ["opt-out"] * 2


def test_whose_a_known_picture_is() -> None:
    hits = tuple(Hit(id_, "", Modality.KNOWN_IMAGE, "image", 1.0, 0.5, Strength.STRONG, bank="registry") for id_ in ("bo", ""))
    verdicts = weigh(Findings(hits), PEOPLE, policy(" []"), INPUT).verdicts(stop_early=False)
    assert [verdict.subject_id for verdict in verdicts if verdict.rule == "known-image"] == ["bo", None]


def test_what_is_taken_for_granted() -> None:
    pending = {"pen": person("pen", directive(Effect.DENY, "pen-deny", status=DirectiveStatus.PENDING_VERIFICATION))}
    decision = decide(Findings((name("pen"),)), pending, DEFAULT, INPUT)
    verdicts = weigh(Findings((name("pen"),)), pending, DEFAULT, INPUT).verdicts(stop_early=False)
    assert (decision.outcome, decision.registry_revision, [v.rule for v in verdicts]) == (Outcome.REFUSE, 0, ["opt-out"])


def test_a_refusal_carries_no_obligation_of_a_milder_verdict() -> None:
    assert run(name("hal"), name("ada")).obligations == ()


def test_a_known_picture_of_a_bank_that_is_a_category_is_told_as_that() -> None:
    banks = {"minors": "minors", "registry": "likeness", "anything": "likeness"}
    hits = {bank: Hit("", "", Modality.KNOWN_IMAGE, "image", 1.0, 0.5, Strength.STRONG, bank=bank) for bank in banks}
    assert {bank: run(hit).category for bank, hit in hits.items()} == banks


def test_a_known_picture_that_is_nobodys_is_nobody_without_a_directive() -> None:
    careful = policy(" []", "people: {known_images: allow, no_directive: refuse}")
    assert (
        run(Hit("", "", Modality.KNOWN_IMAGE, "image", 1.0, 0.5, Strength.STRONG, bank="registry"), policy=careful).outcome is Outcome.ALLOW
    )


def test_what_is_exempt_uses_no_grant() -> None:
    people = {"eve": person("eve", directive(Effect.DENY, "eve-deny", exemptions=("news",)))}
    decision = decide(Findings((name("eve"),)), people, DEFAULT, replace(INPUT, purpose="news"))
    assert (decision.rule, decision.grants, decision.directives) == ("exempt", (), ("eve-deny",))


def test_what_is_weighed_for_a_tenant_is_weighed_by_its_overlay() -> None:
    overlaid = policy("- {name: r, effect: hold}", "tenants: {globex: {drop: [r], mode: 'off'}}")
    there = replace(INPUT, tenant="globex")
    assert (weigh(Findings(), {}, overlaid, there).policy.part, weigh(Findings(), {}, overlaid, INPUT).policy.part) == ("globex", "")
    assert (run(policy=overlaid, context=there).rule, run(policy=overlaid).rule) == ("policy-off", "r")


def test_a_wish_to_be_asked_is_named_before_a_known_picture_that_holds() -> None:
    people = {"kit": person("kit", directive(Effect.REVIEW, "kit-review"))}
    holding = policy(" []", "people: {known_images: hold}")
    known = Hit("kit", "Kit", Modality.KNOWN_IMAGE, "image", 1.0, 0.5, Strength.STRONG, bank="registry")
    assert decide(Findings((known, name("kit"))), people, holding, INPUT).rule == "review"


def test_somebody_without_a_record_is_a_problem_and_nothing_else() -> None:
    careful = policy(" []", "on_error: {problem: allow}\npeople: {no_directive: refuse}")
    assert run(name("who"), policy=careful).rule == "unscreenable"


def test_whoever_explains_sees_a_verdict_for_every_hit() -> None:
    weighing = weigh(Findings((name("ada"), name("ada"))), PEOPLE, DEFAULT, INPUT)
    assert [len(weighing.verdicts(stop_early=early)) for early in (True, False)] == [1, 2]


@pytest.mark.parametrize("sexual", ["sexual", "nudity"])
def test_a_child_and_either_sign_of_sex_is_the_floor(sexual: str) -> None:
    decision = run(policy=policy(" []"), signals={"age_years": 9.0, sexual: 0.99})
    assert (decision.outcome, decision.rule) == (Outcome.REFUSE, "minors-sexual")
