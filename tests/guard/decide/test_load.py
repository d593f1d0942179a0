"""Policies from YAML: what is accepted, and how what is not is answered."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guard.decide.load import bundled, load, parse
from guard.decide.policy import Exemptions, Match, OnError, People, RecordLevel, Rule, UndeclaredPurpose
from guard.decide.yaml_tree import DEEPEST, LARGEST_BYTES, MOST_NODES, Problem
from guard.errors import NotFoundError, PolicyInvalidError
from guard.types import Channel, Modality, Mode, Outcome, Stage

HEAD = "version: 1\nname: test\n"

INVALID = [
    pytest.param("", "1:1: empty; a policy needs at least `version` and `name`", id="empty"),
    pytest.param("- a", "1:1: the policy must be a section (`key: value` lines), not a list", id="a list"),
    pytest.param("name: a", "1:1: the policy lacks `version`; add it", id="no version"),
    pytest.param("version: 2\nname: a", "1:10: /version: only version 1 of this format exists", id="another version"),
    pytest.param(HEAD + "ruls: []", "3:1: /ruls: unknown key `ruls` in the policy; did you mean `rules`?", id="a misspelt key"),
    pytest.param(
        HEAD + "rules:\n  - name: r\n    effect: refuse\n    if: {stage: inptu}",
        "6:17: /rules/0/if/stage: 'inptu' is none of input, output; did you mean `input`?",
        id="a misspelt word",
    ),
    pytest.param(HEAD + "rules: [{name: r}]", "3:9: /rules/0: a rule lacks `effect`; add it", id="a missing key"),
    pytest.param(HEAD + "name: again", "3:1: /name: `name` stands here twice (first in line 2); remove one", id="a repeated key"),
    pytest.param(HEAD + "people: {medium: no}", "3:18: /people/medium: 'no' is none of allow, hold, refuse", id="no is a word"),
    pytest.param(
        HEAD + "rules: [{name: r, effect: hold, if: {min_score: .nan}}]",
        "3:49: .nan is no number that can be compared; write a finite one",
        id="a score that is no number",
    ),
    pytest.param(
        HEAD + "rules: [{name: r, effect: hold, if: {min_score: 1.5}}]",
        "3:49: /rules/0/if/min_score: 1.5 is outside 0..1",
        id="a score out of range",
    ),
    pytest.param(
        HEAD + "rules: [{name: r, effect: hold, if: {min_score: high}}]",
        "3:49: /rules/0/if/min_score: must be a number from 0 to 1, not 'high'",
        id="a score that is a word",
    ),
    pytest.param(
        HEAD + "rules: [{name: r, effect: hold, if: {min_faces: -1}}]",
        "3:49: /rules/0/if/min_faces: must be a whole number from 0, not -1",
        id="a negative count",
    ),
    pytest.param(
        HEAD + "rules: [{name: r, effect: hold, if: {signals: {sexul: 0.5}}}]",
        "3:48: /rules/0/if/signals/sexul: unknown signal `sexul`; did you mean `sexual`?",
        id="an unknown signal",
    ),
    pytest.param(
        HEAD + "rules: [{name: r, effect: hold, when: fases > 1}]",
        "3:39: /rules/0/when: not a condition: 1:1: undeclared reference to 'fases' (in container '')",
        id="a condition on nothing",
    ),
    pytest.param(
        HEAD + "rules: [{name: r, effect: hold, when: faces + 1}]",
        "3:39: /rules/0/when: not a condition: gives INT, not a boolean; compare it with something",
        id="a condition that is no question",
    ),
    pytest.param(
        HEAD + "rules: [{name: r, effect: hold}, {name: r, effect: refuse}]",
        "3:41: /rules/1/name: a second rule `r`; names must differ",
        id="two rules of one name",
    ),
    pytest.param(
        HEAD + "rules: [{name: opt-out, effect: hold}]",
        "3:16: /rules/0/name: `opt-out` is the name of a built-in rule; choose another",
        id="a built-in name",
    ),
    pytest.param(
        HEAD + "rules: [{name: r, effect: allow, obligations: [lable]}]",
        "3:47: /rules/0/obligations: unknown obligation `lable`; "
        "known: label, disclosure, no_commercial_model, human_review, strip, force, notify",
        id="an unknown obligation",
    ),
    pytest.param(
        HEAD + "rules: [{name: r, effect: allow, obligations: ['force:n']}]",
        "3:47: /rules/0/obligations: `force:n` is incomplete; write `strip:FIELD` or `force:FIELD=VALUE`",
        id="a forced field without a value",
    ),
    pytest.param(
        HEAD + "rules: [{name: r, effect: allow, obligations: human_review}]",
        "3:47: /rules/0/obligations: `human_review` with `effect: allow` would not wait; use `effect: hold`",
        id="a review that would not wait",
    ),
    pytest.param(
        HEAD + "rules: [{name: r, effect: hold, unless: {modality: face}}]",
        "3:41: /rules/0/unless: looks at hits, but the rule does not; test hits in `if` too, or more hits would soften the outcome",
        id="an exception that more hits would earn",
    ),
    pytest.param(
        HEAD + "rules: [{name: r, effect: hold, unless: {}}]",
        "3:41: /rules/0/unless: is empty, which would keep the rule from ever firing; leave it out",
        id="an empty exception",
    ),
    pytest.param(HEAD + "extends: nothing", "3:10: /extends: 'nothing' is no bundled policy; there are ", id="an unknown base"),
    pytest.param(HEAD + "drop: [x]", "3:7: /drop: no rule `x` to drop; inherited are none", id="nothing to drop"),
    pytest.param(HEAD + "looks_at: []", "3:11: /looks_at: `looks_at` is empty; leave it out to mean every one", id="looking at nothing"),
    pytest.param(
        HEAD + "cases: [{name: c, expect: allow, hits: [{person: bob}]}]",
        "3:50: /cases/0/hits/0/person: `bob` is not in the cast; it has nobody",
        id="a case about nobody",
    ),
    pytest.param(
        HEAD + "cases: [{name: c, expect: allow, rule: optout}]", "3:40: /cases/0/rule: no rule is called `optout`", id="a case by no rule"
    ),
    pytest.param(
        HEAD + "cases: [{name: c, expect: allow, at: 2026-05-01}]",
        "3:38: /cases/0/at: must be a time with its offset such as 2026-05-01T00:00:00Z, not '2026-05-01'",
        id="a time without a zone",
    ),
    pytest.param("a: &x 1\nb: *x", "1:4: anchors and aliases (`&x`, `*x`) are not used in policies; write the value out", id="an anchor"),
    pytest.param("a: !!python/object:os.system 1", "1:4: tag 'tag:yaml.org,2002:python/object:os.system' is not used", id="a tag"),
    pytest.param(
        HEAD + "rules:\n- name: r\n  effect: hold\n  if: {jurisdiction: [DE, Frankreich]}",
        "/rules/0/if/jurisdiction: `Frankreich` must be an ISO 3166 code such as `DE` or `US-CA`, or `EU`, `EEA` or `*`",
        id="a place that is no code",
    ),
    pytest.param(HEAD + "---\nname: other", "3:1: a second document; keep one policy in a file", id="two documents"),
    pytest.param("a: [", "not YAML: did not find expected node content", id="not YAML"),
    pytest.param("a: \x00", "not YAML: ", id="a control character"),
    pytest.param("[" * 100_000, f"nested deeper than {DEEPEST} levels", id="very deep"),
    pytest.param("[" + "1," * MOST_NODES + "1]", f"more than {MOST_NODES} values; split the policy", id="very long"),
    pytest.param(HEAD + "#" + "x" * LARGEST_BYTES, f"1:1: larger than {LARGEST_BYTES // 1024} KiB", id="very large"),
    pytest.param(
        HEAD + "rules:\n" + "".join(f"- {{name: r{i}, effect: hold}}\n" for i in range(10_000)),
        "4:1: /rules: 10000 entries in `rules` are more than 1000; group values into lists",
        id="ten thousand rules",
    ),
    pytest.param(
        HEAD + f"rules: [{{name: r, effect: hold, if: {{tenant: [{', '.join(f't{i}' for i in range(5000))}]}}}}]",
        "/rules/0/if/tenant: 5000 values are more than 1000",
        id="a huge list",
    ),
    pytest.param(
        HEAD + f"rules: [{{name: r, effect: hold, when: '{'faces > 0 && ' * 200} true'}}]",
        "is longer than 2000; split it into named conditions",
        id="an endless condition",
    ),
]


@pytest.mark.parametrize(("text", "message"), INVALID)
def test_what_is_wrong_is_said_with_its_place(text: str, message: str) -> None:
    with pytest.raises(PolicyInvalidError) as raised:
        parse(text, "my.yaml")
    assert str(raised.value).startswith("my.yaml:")
    assert message in str(raised.value)


def test_all_that_is_wrong_is_said_at_once() -> None:
    with pytest.raises(PolicyInvalidError) as raised:
        parse("version: 1\nname: a\npeople: {medium: maybe}\nmode: loud", "p.yaml")
    assert raised.value.errors == (
        Problem("/people/medium", "'maybe' is none of allow, hold, refuse", 3, 18),
        Problem("/mode", "'loud' is none of enforce, shadow, off", 4, 7),
    )
    assert str(raised.value).splitlines() == [
        "p.yaml:3:18: /people/medium: 'maybe' is none of allow, hold, refuse",
        "p.yaml:4:7: /mode: 'loud' is none of enforce, shadow, off",
    ]


def answered(text: str) -> bool:
    """Whether a text is a policy, or an error that says where."""
    try:
        return parse(text).name != ""
    except PolicyInvalidError as error:
        return str(error).startswith("policy:")


@given(st.text(max_size=200))
def test_any_text_is_a_policy_or_an_error(text: str) -> None:
    assert answered(text)


@given(
    st.lists(
        st.sampled_from(["version: 1", "name: a", "rules:", "- ", "  - name: b", "    effect: hold", "    if: {", "}", "when: x", "{", "["])
    )
)
def test_any_pieces_of_a_policy_are_one_or_an_error(lines: list[str]) -> None:
    assert answered("\n".join(lines))


FULL = """
version: 1
name: full
description: everything once
extends: default
mode: shadow
looks_at: [prompt, input_image]
record: metadata
people: {medium: refuse, no_directive: hold, exemptions: ignore, undeclared_purpose: none}
on_error: {problem: hold, condition: hold}
conditions: {crowd: faces > 5}
rules:
  - name: one
    effect: hold
    if: {stage: output, modality: [face, name], min_score: 0.5}
    when: [crowd, 'purpose == "news"']
    obligations: [label]
    on_error: refuse
"""


def test_every_part_is_read() -> None:
    policy = parse(FULL, "full.yaml")
    assert policy.rules == (
        Rule(
            "one",
            Outcome.HOLD,
            "likeness",
            Match(stages=frozenset({Stage.OUTPUT}), modalities=frozenset({Modality.FACE, Modality.NAME}), min_score=0.5),
            when=("crowd", 'purpose == "news"'),
            obligations=("label",),
            on_error=Outcome.REFUSE,
        ),
    )
    assert policy.people == People(Outcome.REFUSE, Outcome.HOLD, Exemptions.IGNORE, UndeclaredPurpose.NONE)
    assert policy.on_error == OnError(Outcome.HOLD, Outcome.HOLD)
    assert (policy.name, policy.mode, policy.record_level, policy.source) == ("full", Mode.SHADOW, RecordLevel.METADATA, "full.yaml")
    assert [policy.examines(c) for c in (Channel.PROMPT, Channel.INPUT_IMAGE, Channel.OUTPUT_IMAGE)] == [True, True, False]
    assert policy.streams_answers


def test_the_default_policy_looks_at_everything_and_keeps_everything() -> None:
    policy = load("default")
    assert (policy.looks_at, policy.record_level, policy.streams_answers) == (frozenset(Channel), RecordLevel.FULL, False)


def test_prompt_only_looks_at_no_picture() -> None:
    policy = load("prompt-only")
    assert (policy.looks_at, policy.streams_answers) == (frozenset({Channel.PROMPT}), True)


def test_the_revision_is_of_what_decides() -> None:
    one = parse(HEAD + "rules: [{name: r, effect: hold, if: {tenant: [a, b]}}]")
    same = parse(
        "# a comment\nname: test\nversion: 1\nrules:\n- if: {tenant: [b, a]}\n  effect: hold\n  name: r\n  description: why", "elsewhere"
    )
    other = parse(HEAD + "rules: [{name: r, effect: refuse, if: {tenant: [a, b]}}]")
    assert one == same
    assert one.revision == same.revision
    assert one != other
    assert one.revision.startswith("sha256:")


CHANGES = [
    "people: {medium: refuse}",
    "on_error: {problem: hold}",
    "mode: shadow",
    "looks_at: prompt",
    "record: none",
    "rules: [{name: r, effect: hold}]",
    "rules: [{name: r, effect: hold, grants_lift: false}]",
    "rules: [{name: r, effect: hold, if: {attestation: false}}]",
    "rules: [{name: r, effect: hold, if: {min_score: 0}}]",
    "rules: [{name: r, effect: hold, if: {modality: name}, unless: {min_score: 0.5}}]",
    "rules: [{name: r, effect: hold, when: faces > 1}]",
    "rules: [{name: r, effect: hold, when: c}]\nconditions: {c: faces > 1}",
    "rules: [{name: r, effect: hold, when: c}]\nconditions: {c: faces > 2}",
    "rules: [{name: r, effect: hold, obligations: label}]",
    "rules: [{name: r, effect: hold, category: hate}]",
    "rules: [{name: r, effect: hold, on_error: allow}]",
    "tenants: {acme: {mode: shadow}}",
]


def test_every_change_of_what_decides_changes_the_revision() -> None:
    revisions = [parse(HEAD + change).revision for change in ["", *CHANGES]]
    assert len(set(revisions)) == len(revisions)


def test_extending_replaces_adds_and_drops_rules_by_name() -> None:
    policy = parse(
        HEAD
        + "extends: strict\ndrop: [hate]\nrules:\n- {name: self-harm, effect: hold}\n- {name: mine, effect: hold}\npeople: {medium: hold}"
    )
    base = load("strict")
    assert [r.name for r in policy.rules] == [*(r.name for r in base.rules if r.name != "hate"), "mine"]
    assert {r.name: r.effect for r in policy.rules}["self-harm"] is Outcome.HOLD
    assert policy.people == People(Outcome.HOLD, Outcome.REFUSE, Exemptions.HOLD)
    assert policy.cases == ()


def test_a_bundled_name_is_not_looked_for_in_the_working_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "default").write_text("version: 1\nname: hostile\nmode: 'off'")
    (tmp_path / "policies").mkdir()
    (tmp_path / "policies" / "default.yaml").write_text("version: 1\nname: hostile\nmode: 'off'")
    monkeypatch.chdir(tmp_path)
    assert load("default").mode is Mode.ENFORCE


def test_a_path_is_read_from_disk(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(HEAD)
    assert load(path) == load(str(path)) == parse(HEAD)


@pytest.mark.parametrize("name", ["nothing", "no/such.yaml", "no-such.yaml"])
def test_what_is_not_there_is_said_with_what_is(name: str) -> None:
    with pytest.raises(NotFoundError, match="default"):
        load(name)


def test_a_file_that_is_not_utf_8_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "latin.yaml"
    path.write_bytes(HEAD.encode() + b"description: caf\xe9")
    with pytest.raises(PolicyInvalidError, match="not UTF-8"):
        load(path)


def test_a_file_too_large_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "large.yaml"
    path.write_bytes(b"#" * (LARGEST_BYTES + 1))
    with pytest.raises(PolicyInvalidError, match="larger than"):
        load(path)


def test_the_bundled_policies() -> None:
    assert list(bundled()) == ["advertising", "default", "eu", "newsroom", "permissive", "prompt-only", "strict"]
    assert all(load(name).name == name and load(name).overlays == {} for name in bundled())
