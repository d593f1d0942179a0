"""Which slow sources of signals a policy asks, and what follows when one does not answer."""

from datetime import UTC, datetime

import pytest

from guard.decide.conditions import SIGNALS
from guard.decide.evaluate import decide
from guard.decide.fields import SOURCES_ASKED
from guard.decide.load import load, parse
from guard.decide.policy import Policy, SourceTerms
from guard.decide.program import program
from guard.decide.sources import LOOK_AT_TEXTS, SOURCE_OF, SOURCES, unmeasured
from guard.errors import PolicyInvalidError
from guard.types import NOT_CONFIGURED, Context, Findings, Outcome, Stage

NOW = datetime(2026, 6, 1, tzinfo=UTC)
INPUT, OUTPUT = (Context(stage, NOW, "acme", "images.generations") for stage in Stage)
HEAD = "version: 1\nname: test\n"
RULE = HEAD + "rules: [{name: r, effect: refuse, "


def sources(text: str) -> tuple[set[str], set[str]]:
    found = program(parse(text)).sources
    return set(found[Stage.INPUT]), set(found[Stage.OUTPUT])


ASKED = [
    pytest.param(HEAD, set(), set(), id="none without need"),
    pytest.param(RULE + "if: {signals: {sexual: 0.5}}}]", set(), set(), id="signals of words have no source"),
    pytest.param(RULE + "if: {signals: {moderation: 0.5}}}]", {"moderation"}, {"moderation"}, id="a rule reads one"),
    pytest.param(RULE + "if: {stage: output, signals: {nudity: 0.5}}}]", set(), {"nudity"}, id="at its stage alone"),
    pytest.param(
        RULE + "if: {role: style}, unless: {signals: {moderation_hate: 0.5}}}]", {"moderation"}, {"moderation"}, id="an exception"
    ),
    pytest.param(RULE + "if: {modality: text_in_image}}]", {"text_in_image"}, {"text_in_image"}, id="hits in pictures' text"),
    pytest.param(RULE + "when: signals.unread_text > 0.5}]", {"text_in_image"}, {"text_in_image"}, id="a condition"),
    pytest.param(
        RULE + "when: 'hits.exists(h, h.modality == \"text_in_image\")'}]",
        {"text_in_image"},
        {"text_in_image"},
        id="a condition about such hits",
    ),
    pytest.param(
        HEAD + "conditions: {bad: 'signals[\"moderation\"] > 0.5'}\nrules: [{name: r, effect: hold, when: bad}]",
        {"moderation"},
        {"moderation"},
        id="a named condition",
    ),
    pytest.param(HEAD + "conditions: {bad: signals.moderation > 0.5}", set(), set(), id="a condition that no rule uses"),
    pytest.param(HEAD + "sources: {moderation: {}}", {"moderation"}, {"moderation"}, id="listed"),
]


@pytest.mark.parametrize(("text", "on_input", "on_output"), ASKED)
def test_which_sources_are_asked(text: str, on_input: set[str], on_output: set[str]) -> None:
    assert sources(text) == (on_input, on_output)


def test_every_source_has_a_key_and_every_signal_of_one_is_known() -> None:
    assert tuple(SOURCES_ASKED) == SOURCES
    assert set(SOURCE_OF.values()) == set(SOURCES)
    assert SOURCE_OF.keys() <= SIGNALS.keys()
    assert set(SOURCES) >= LOOK_AT_TEXTS


def test_terms_are_read_and_inherited() -> None:
    base = parse(
        HEAD + "sources: {moderation: {timeout_s: 0.5, unavailable: hold}}\ntenants: {acme: {sources: {moderation: {missing: allow}}}}"
    )
    assert base.sources == {"moderation": SourceTerms(0.5, Outcome.HOLD, Outcome.REFUSE)}
    assert base.for_tenant("acme").sources == {"moderation": SourceTerms(0.5, Outcome.HOLD, Outcome.ALLOW)}


def test_terms_are_part_of_the_revision() -> None:
    texts = ["", "sources: {nudity: {}}", "sources: {nudity: {unavailable: hold}}", "sources: {nudity: {timeout_s: 1}}"]
    assert len({parse(HEAD + text).revision for text in texts}) == len(texts)


WRONG = [
    ("sources: {moderation: {timeout_s: 0}}", "0 is outside 0.1..60"),
    ("sources: {moderation: {timeout_s: .nan}}", ".nan is no number that can be compared"),
    ("sources: {moderation: {timeout_s: soon}}", "must be a number from 0.1 to 60"),
    ("sources: {moderation: {unavailable: shrug}}", "'shrug' is none of allow, hold, refuse"),
    ("sources: {mind_reading: {}}", "unknown key `mind_reading`"),
    ("sources: [moderation]", "must be a section"),
]


@pytest.mark.parametrize(("text", "message"), WRONG)
def test_wrong_terms_are_named(text: str, message: str) -> None:
    with pytest.raises(PolicyInvalidError, match=r"test\.yaml:3:") as raised:
        parse(HEAD + text, "test.yaml")
    assert message in str(raised.value)


LISTED = parse(HEAD + "sources: {moderation: {unavailable: hold, missing: allow}}")
PLAIN = parse(HEAD)
UNANSWERED = [
    pytest.param(PLAIN, {"moderation": "no answer"}, Outcome.REFUSE, "signal-unavailable", id="refused where the policy says nothing"),
    pytest.param(PLAIN, {"nudity": NOT_CONFIGURED}, Outcome.REFUSE, "signal-unavailable", id="likewise where there is none"),
    pytest.param(LISTED, {"moderation": "no answer"}, Outcome.HOLD, "signal-unavailable", id="as the policy says"),
    pytest.param(LISTED, {"moderation": NOT_CONFIGURED}, Outcome.ALLOW, "no-rule-fired", id="as it says where there is none"),
    pytest.param(PLAIN, {"pictures": "the text already refuses"}, Outcome.ALLOW, "no-rule-fired", id="what is no source"),
]


@pytest.mark.parametrize("context", [INPUT, OUTPUT])
@pytest.mark.parametrize(("policy", "missed", "outcome", "rule"), UNANSWERED)
def test_what_follows_without_an_answer(policy: Policy, missed: dict[str, str], outcome: Outcome, rule: str, context: Context) -> None:
    decision = decide(Findings(not_examined=missed), {}, policy, context)
    assert (decision.outcome, decision.rule) == (outcome, rule)
    assert decision.category == ("none" if outcome is Outcome.ALLOW else "unscreenable")


MEASURED = [
    pytest.param([], Findings(), True, False, id="nothing is asked"),
    pytest.param(["moderation"], Findings(), False, True, id="texts were not judged"),
    pytest.param(["moderation"], Findings(signals={"moderation": 0.1}), False, False, id="they were"),
    pytest.param(["moderation"], Findings(not_examined={"moderation": "no answer"}), False, False, id="a reason is known"),
    pytest.param(["nudity"], Findings(), True, True, id="pictures were not seen"),
    pytest.param(["nudity"], Findings(signals={"nudity": 0.0}), True, False, id="they were seen"),
    pytest.param(["nudity"], Findings(), False, False, id="there were none"),
]


@pytest.mark.parametrize(("names", "findings", "pictures", "expected"), MEASURED)
def test_what_an_earlier_request_was_not_measured_for(names: list[str], findings: Findings, pictures: bool, expected: bool) -> None:
    assert unmeasured(names, findings, pictures=pictures) is expected


def test_strict_works_where_nothing_reads_text_in_pictures_and_refuses_where_that_fails() -> None:
    strict = load("strict")
    missing, failing = Findings(not_examined={"text_in_image": NOT_CONFIGURED}), Findings(not_examined={"text_in_image": "no answer"})
    assert decide(missing, {}, strict, INPUT).outcome is Outcome.ALLOW
    assert decide(failing, {}, strict, INPUT).rule == "signal-unavailable"
