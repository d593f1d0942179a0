"""The worked cases of a policy and their invented people, out of its YAML tree. Pure."""

from collections.abc import Mapping
from datetime import UTC, datetime

from guard.decide.fields import CASE, DIRECTIVE, HIT, PERSON
from guard.decide.policy import Case
from guard.decide.reader import Reader, Section
from guard.types import (
    Alias,
    AliasKind,
    Channel,
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

_WHEN = datetime(2026, 1, 1, tzinfo=UTC)
_MOST = 200


def read_cast(reader: Reader, top: Section) -> dict[str, SubjectRecord]:
    """The invented people by key; the key is also their id."""
    cast = {}
    for no, (key, node) in enumerate(top.named_nodes("cast", _MOST).items(), 1):
        person = reader.section(node, PERSON, f"`{key}` of the cast")
        name = person.word("name")
        aliases = tuple(Alias(text, AliasKind.LEGAL, Strength.STRONG) for text in (name, *person.words("aliases")))
        sections = person.sections("directives", DIRECTIVE, "a directive", _MOST)
        directives = tuple(_directive(section, f"{key}-{count}") for count, section in enumerate(sections, 1))
        cast[key] = SubjectRecord(
            no, key, name, person.choice("kind", SubjectKind, SubjectKind.PUBLIC_FIGURE), aliases, directives=directives
        )
    return cast


def read_cases(top: Section, cast: Mapping[str, SubjectRecord], rules: frozenset[str], most: int) -> tuple[Case, ...]:
    """The worked cases."""
    return tuple(_case(section, cast, rules) for section in top.sections("cases", CASE, "a case", most))


def _directive(section: Section, id_: str) -> Directive:
    return Directive(
        id=section.word("id", id_),
        version=1,
        effect=section.choice("effect", Effect, Effect.DENY),
        status=section.choice("status", DirectiveStatus, DirectiveStatus.ACTIVE),
        scopes=section.named("scopes") or ("all",),
        exemptions=section.words("exemptions"),
        channels=section.choices("modalities", Channel),
        jurisdictions=section.places("jurisdictions"),
        authority=section.word("authority", "self"),
        tenant=section.optional("tenant"),
        purposes=section.words("purposes"),
        endpoints=section.words("endpoints"),
        models=section.words("models"),
        terms=section.words("terms"),
        max_uses=section.count("max_uses") if "max_uses" in section else None,
        effective_from=section.time("effective_from"),
        expires_at=section.time("expires_at"),
    )


def _case(section: Section, cast: Mapping[str, SubjectRecord], rules: frozenset[str]) -> Case:
    rule = section.word("rule", "no-rule-fired")
    if rule not in rules:
        section.reader.wrong(section.at("rule"), f"no rule is called `{rule}`; known: {', '.join(sorted(rules))}")
    pictures = section.count("pictures")
    hits = tuple(_hit(hit, cast) for hit in section.sections("hits", HIT, "a hit", _MOST))
    faces = section.count("faces", sum(hit.modality is Modality.FACE for hit in hits))
    unanswered = dict.fromkeys(section.named("unavailable"), "no answer")
    findings = Findings(hits, faces, dict(section.signals("signals")), unanswered, section.optional("problem"))
    return Case(
        name=section.word("name"),
        outcome=section.choice("expect", Outcome, Outcome.REFUSE),
        rule=rule,
        stage=section.choice("stage", Stage, Stage.INPUT),
        now=section.time("at") or _WHEN,
        findings=findings,
        people=cast,
        prompt=section.optional("prompt"),
        pictures=pictures,
        tenant=section.word("tenant", "default"),
        route=section.word("route", "images.edits" if pictures else "images.generations"),
        model=section.optional("model"),
        purpose=section.optional("purpose"),
        jurisdiction=section.optional("jurisdiction"),
        attestation=section.truth("attestation") or False,
    )


def _hit(section: Section, cast: Mapping[str, SubjectRecord]) -> Hit:
    modality = section.choice("modality", Modality, Modality.NAME)
    known = modality is Modality.KNOWN_IMAGE
    key = section.word("person", "")
    person = cast.get(key)
    if person is None and (key or not known):
        section.reader.wrong(section.at("person"), f"`{key}` is not in the cast; it has {', '.join(cast) or 'nobody'}")
    is_name = modality is Modality.NAME
    score = section.score("score")
    return Hit(
        subject_id=key,
        subject=person.name if person is not None else key,
        modality=modality,
        where=section.word("where", "prompt" if is_name else "image"),
        score=1.0 if score is None else score,
        threshold=0.0,
        strength=section.choice("strength", Strength, Strength.STRONG),
        role=section.choice("role", Role, Role.LIKENESS) if is_name or "role" in section else None,
        bank=section.word("bank", "registry") if known else None,
    )
