"""Policies from YAML. `parse` is pure but for the bundled policy that `extends` names; `load` also finds the file."""

import re
from collections.abc import Mapping
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import orjson

from guard.decide.case_reader import read_cases, read_cast
from guard.decide.conditions import ConditionInvalidError, compile_condition
from guard.decide.fields import (
    MATCH,
    MOST_CASES,
    MOST_CONDITIONS,
    MOST_RULES,
    OBLIGATIONS,
    ON_ERROR,
    OVERLAY,
    PEOPLE,
    POLICY,
    RULE,
    SOURCE,
    SOURCES_ASKED,
)
from guard.decide.policy import (
    BUILT_IN_RULES,
    Exemptions,
    Match,
    OnError,
    People,
    Policy,
    RecordLevel,
    Rule,
    SourceTerms,
    UndeclaredPurpose,
)
from guard.decide.reader import Reader, Section
from guard.decide.yaml_tree import LARGEST_BYTES, Node, Problem, TreeError, read_tree
from guard.errors import NotFoundError, PolicyInvalidError
from guard.types import Channel, Modality, Mode, Outcome, Role, Stage, Strength, SubjectKind

_PLACES = (Path(__file__).resolve().parent.parent / "_policies", Path(__file__).resolve().parent.parent.parent / "policies")
"""Where bundled policies lie: inside an installed wheel, or in the checkout."""

_MOST_TENANTS = 1000
_DEEPEST_BASE = 2
_OBLIGATION = re.compile(r"strip:[A-Za-z0-9_.-]+|force:[A-Za-z0-9_.-]+=[^\r\n]*|(?!strip|force).*", re.DOTALL)


def bundled() -> dict[str, Path]:
    """The bundled policies by name."""
    for place in _PLACES:
        if (place / "default.yaml").is_file():
            return {path.stem: path for path in sorted(place.glob("*.yaml"))}
    raise NotFoundError(f"no bundled policies at {' or '.join(map(str, _PLACES))}; the installation is incomplete, install it again")


def load(name_or_path: str | Path) -> Policy:
    """The bundled policy of that name, or the one in that file.

    A word without a slash and without `.yaml` is a bundled name only: a file of the same name in the working directory
    must not replace a bundled policy.
    """
    text = str(name_or_path)
    if isinstance(name_or_path, str) and "/" not in text and not text.endswith((".yaml", ".yml")):
        known = bundled()
        if text not in known:
            raise NotFoundError(f"no bundled policy is called {text!r}; there are {', '.join(known)}, or give a path that ends in .yaml")
        return _read(known[text], f"{text}.yaml")
    path = Path(name_or_path)
    if not path.is_file():
        raise NotFoundError(f"no policy file at {text}; give a file, or one of {', '.join(bundled())}")
    return _read(path, text)


def parse(yaml_text: str, source: str = "policy") -> Policy:
    """The policy in a YAML text, or `PolicyInvalidError` with everything that is wrong (`errors` are `Problem`s)."""
    return _parse(yaml_text, source)


def _read(path: Path, source: str) -> Policy:
    if path.stat().st_size > LARGEST_BYTES:
        raise PolicyInvalidError(f"{source}:1:1: larger than {LARGEST_BYTES // 1024} KiB", [Problem("", "too large")])
    try:
        text = path.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        problem = Problem("", f"not UTF-8 (byte {error.start}); save it as UTF-8")
        raise PolicyInvalidError(f"{source}:1:1: {problem.message}", [problem]) from error
    return _parse(text, source)


def _parse(text: str, source: str, depth: int = 0) -> Policy:
    reader = Reader()
    try:
        policy = _policy(reader.section(read_tree(text), POLICY, "the policy"), source, depth)
    except TreeError as error:
        reader.problems.insert(0, error.problem)
        policy = None
    if reader.problems or policy is None:
        raise invalid(source, reader.problems)
    return policy


def invalid(source: str, problems: list[Problem]) -> PolicyInvalidError:
    """The error that names every problem, `file:line:column:` first."""
    lines = [f"{source}:{p.line}:{p.column}: {f'{p.pointer}: ' if p.pointer else ''}{p.message}" for p in problems]
    return PolicyInvalidError("\n".join(lines), problems)


def _policy(top: Section, source: str, depth: int) -> Policy:
    reader = top.reader
    if "version" in top and top.count("version") != 1:
        reader.wrong(top.at("version"), "only version 1 of this format exists")
    base = _base(top, depth)
    looks_at = frozenset(top.choices("looks_at", Channel)) or base.looks_at
    policy = _amend(base, top)
    policy = replace(
        policy,
        name=top.word("name"),
        looks_at=looks_at,
        record_level=top.choice("record", RecordLevel, base.record_level),
        description=top.word("description"),
        source=source,
    )
    overlays = {
        tenant: replace(_amend(policy, reader.section(node, OVERLAY, f"tenant `{tenant}`")), part=tenant, cases=())
        for tenant, node in top.named_nodes("tenants", _MOST_TENANTS).items()
    }
    cast = read_cast(reader, top)
    cases = read_cases(top, cast, _rule_names([policy, *overlays.values()]), MOST_CASES)
    revision = digest(policy, overlays)
    overlays = {tenant: replace(overlay, revision=revision, name=policy.name) for tenant, overlay in overlays.items()}
    return replace(policy, revision=revision, overlays=overlays, cases=cases)


def _base(top: Section, depth: int) -> Policy:
    if "extends" not in top:
        return Policy("", "")
    name = top.word("extends")
    known = bundled()
    if depth >= _DEEPEST_BASE:
        top.reader.wrong(top.at("extends"), f"more than {_DEEPEST_BASE} policies in a line; name the rules here")
    elif name not in known:
        top.reader.wrong(top.at("extends"), f"{name!r} is no bundled policy; there are {', '.join(known)}")
    else:
        return replace(_parse(known[name].read_text("utf-8"), f"{name}.yaml", depth + 1), cases=())
    return Policy("", "")


def _amend(base: Policy, top: Section) -> Policy:
    """The base with what a section changes: single values replaced, conditions and rules replaced by name or added."""
    reader = top.reader
    own_conditions = _conditions(top)
    conditions = {**base.conditions, **own_conditions}
    dropped = set(top.words("drop"))
    names = {rule.name for rule in base.rules}
    for name in sorted(dropped - names):
        reader.wrong(top.at("drop"), f"no rule `{name}` to drop; inherited are {', '.join(sorted(names)) or 'none'}")
    own: dict[str, Rule] = {}
    for section in top.sections("rules", RULE, "a rule", MOST_RULES):
        rule = _rule(section, conditions)
        if rule.name in own:
            reader.wrong(section.at("name"), f"a second rule `{rule.name}`; names must differ")
        elif rule.name in BUILT_IN_RULES:
            reader.wrong(section.at("name"), f"`{rule.name}` is the name of a built-in rule; choose another")
        own[rule.name] = rule
    kept = [own.pop(rule.name, rule) for rule in base.rules if rule.name not in dropped]
    return replace(
        base,
        rules=(*kept, *own.values()),
        conditions=conditions,
        people=_people(base.people, top.section("people", PEOPLE, "`people`")),
        on_error=_on_error(base.on_error, top.section("on_error", ON_ERROR, "`on_error`")),
        sources=_sources(base.sources, top.section("sources", SOURCES_ASKED, "`sources`")),
        small_faces=base.small_faces if (small_faces := top.truth("small_faces")) is None else small_faces,
        mode=top.choice("mode", Mode, base.mode),
    )


def _people(base: People, section: Section) -> People:
    return People(
        medium=section.choice("medium", Outcome, base.medium),
        no_directive=section.choice("no_directive", Outcome, base.no_directive),
        exemptions=section.choice("exemptions", Exemptions, base.exemptions),
        undeclared_purpose=section.choice("undeclared_purpose", UndeclaredPurpose, base.undeclared_purpose),
        known_images=section.choice("known_images", Outcome, base.known_images),
        stay_down=base.stay_down if (stay_down := section.truth("stay_down")) is None else stay_down,
    )


def _on_error(base: OnError, section: Section) -> OnError:
    return OnError(section.choice("problem", Outcome, base.problem), section.choice("condition", Outcome, base.condition))


def _sources(base: Mapping[str, SourceTerms], section: Section) -> dict[str, SourceTerms]:
    terms = dict(base)
    for name in section.values:
        own, usual = section.section(name, SOURCE, f"`{name}`"), base.get(name, SourceTerms())
        terms[name] = SourceTerms(
            timeout_s=own.seconds("timeout_s", usual.timeout_s),
            unavailable=own.choice("unavailable", Outcome, usual.unavailable),
            missing=own.choice("missing", Outcome, usual.missing),
        )
    return terms


def _conditions(top: Section) -> dict[str, str]:
    found = {}
    for name, node in top.named_nodes("conditions", MOST_CONDITIONS).items():
        source = top.reader.word(node)
        if source and _compiles(top.reader, node, source):
            found[name] = source
    return found


def _rule(section: Section, conditions: Mapping[str, str]) -> Rule:
    reader = section.reader
    match = _match(section.section("if", MATCH, "`if`"))
    unless = _match(section.section("unless", MATCH, "`unless`")) if "unless" in section else None
    when = section.words("when")
    about_a_hit = match.about_a_hit
    for source in when:
        text = conditions.get(source, source)
        if _compiles(reader, section.at("when"), text):
            about_a_hit = about_a_hit or compile_condition(text).about_a_hit
    if unless is not None and unless.about_a_hit and not about_a_hit:
        reader.wrong(
            section.at("unless"), "looks at hits, but the rule does not; test hits in `if` too, or more hits would soften the outcome"
        )
    if unless == Match():
        reader.wrong(section.at("unless"), "is empty, which would keep the rule from ever firing; leave it out")
    effect = section.choice("effect", Outcome, Outcome.REFUSE)
    obligations = section.words("obligations")
    for obligation in obligations:
        if obligation.split(":", 1)[0] not in OBLIGATIONS:
            reader.wrong(section.at("obligations"), f"unknown obligation `{obligation}`; known: {', '.join(OBLIGATIONS)}")
        elif not _OBLIGATION.fullmatch(obligation):
            reader.wrong(section.at("obligations"), f"`{obligation}` is incomplete; write `strip:FIELD` or `force:FIELD=VALUE`")
    if "human_review" in obligations and effect is Outcome.ALLOW:
        reader.wrong(section.at("obligations"), "`human_review` with `effect: allow` would not wait; use `effect: hold`")
    category = reader.choice(section.at("category"), RULE["category"].choices) if "category" in section else None
    lift = section.truth("grants_lift")
    return Rule(
        name=section.word("name"),
        effect=effect,
        category=category or ("likeness" if about_a_hit or match.min_faces or match.min_faces_without_grant else "policy"),
        match=match,
        unless=unless,
        when=when,
        obligations=obligations,
        grants_lift=True if lift is None else lift,
        on_error=section.choice("on_error", Outcome, Outcome.REFUSE) if "on_error" in section else None,
        description=section.word("description"),
    )


def _match(section: Section) -> Match:
    return Match(
        stages=frozenset(section.choices("stage", Stage)),
        channels=frozenset(section.choices("channel", Channel)),
        modalities=frozenset(section.choices("modality", Modality)),
        roles=frozenset(section.choices("role", Role)),
        strengths=frozenset(section.choices("strength", Strength)),
        kinds=frozenset(section.choices("kind", SubjectKind)),
        min_score=section.score("min_score"),
        scopes=frozenset(section.named("scope")),
        signals=section.signals("signals"),
        tenants=frozenset(section.words("tenant")),
        routes=frozenset(section.words("route")),
        models=frozenset(section.words("model")),
        purposes=frozenset(section.words("purpose")),
        jurisdictions=frozenset(section.places("jurisdiction")),
        attestation=section.truth("attestation"),
        min_faces=section.count("min_faces"),
        min_faces_without_grant=section.count("min_faces_without_grant"),
    )


def _compiles(reader: Reader, node: Node, source: str) -> bool:
    try:
        compile_condition(source)
    except ConditionInvalidError as error:
        reader.wrong(node, f"not a condition: {error}")
        return False
    except ImportError:
        reader.wrong(node, "conditions need the package `cel-expr-python`, which is not installed")
        return False
    return True


def _rule_names(policies: list[Policy]) -> frozenset[str]:
    return frozenset(BUILT_IN_RULES).union(*({rule.name for rule in policy.rules} for policy in policies))


def digest(policy: Policy, overlays: Mapping[str, Policy]) -> str:
    """SHA-256 over all that decides: not descriptions, cases or the place where the file lay."""
    parts = {"": _decisive(policy), **{tenant: _decisive(overlay) for tenant, overlay in overlays.items()}}
    return "sha256:" + sha256(orjson.dumps(parts, option=orjson.OPT_SORT_KEYS)).hexdigest()


def _decisive(policy: Policy) -> dict[str, object]:
    used = {text for rule in policy.rules for text in rule.when}
    return {
        "version": 1,
        "name": policy.name,
        "mode": policy.mode,
        "looks_at": sorted(policy.looks_at),
        "record": policy.record_level,
        "people": policy.people,
        "on_error": policy.on_error,
        "sources": policy.sources,
        "conditions": {name: source for name, source in policy.conditions.items() if name in used},
        "rules": [_rule_content(rule) for rule in policy.rules],
        **({"small_faces": True} if policy.small_faces else {}),
    }


def _rule_content(rule: Rule) -> dict[str, object]:
    return {
        "name": rule.name,
        "effect": rule.effect,
        "category": rule.category,
        "match": match_content(rule.match),
        "unless": None if rule.unless is None else match_content(rule.unless),
        "when": rule.when,
        "obligations": rule.obligations,
        "grants_lift": rule.grants_lift,
        "on_error": rule.on_error,
    }


def match_content(match: Match) -> dict[str, object]:
    """The tests that are set, in an order that does not depend on how they were written."""
    values = {name: getattr(match, name) for name in Match.__dataclass_fields__}
    plain = {name: sorted(value) if isinstance(value, (frozenset, tuple)) else value for name, value in values.items()}
    return {name: value for name, value in plain.items() if value not in ([], None, 0) or value is False}
