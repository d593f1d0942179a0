"""A person's own words (name, aliases, ids, birth date ...) as the one sealed value that is opened to know them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from guard.errors import FieldError, InvalidInputError
from guard.keyring import seal, unseal
from guard.registry.desk import Person
from guard.registry.names import NameRules
from guard.registry.values import StatedAlias, Subject, SubjectData
from guard.types import Alias, AliasKind, Strength, SubjectKind

_KINDS = {kind.value: kind for kind in AliasKind}
_STRENGTHS = {strength.value: strength for strength in Strength}


@dataclass(frozen=True, slots=True)
class Profile:
    """What `subject.sealed` holds. `aliases` are all that is matched, the generated ones included."""

    name: str
    aliases: tuple[Alias, ...]
    stated: tuple[StatedAlias, ...]
    external_ids: Mapping[str, str]
    occupations: tuple[str, ...]
    born: str | None
    exclusions: tuple[str, ...]
    died: str | None = None


def judge(stated: SubjectData, rules: NameRules, pointer: str = "") -> Profile:
    """The profile of what was stated, its aliases expanded and rated.

    Raises InvalidInputError that names every alias which would refuse everything; `pointer` is where the subject stands.
    """
    places = [(f"{pointer}/name", stated.name), *((f"{pointer}/aliases/{i}", alias.text) for i, alias in enumerate(stated.aliases))]
    refused = [(place, text, reason) for place, text in places if (reason := rules.refusal(text)) is not None]
    if refused:
        raise InvalidInputError(
            "; ".join(f"{text!r} cannot be an alias: {reason}" for _, text, reason in refused),
            [FieldError(place, f"{text!r} cannot be an alias: {reason}") for place, text, reason in refused],
        )
    aliases = tuple(dict.fromkeys(rules.expand(stated.name, stated.aliases)))
    _refuse_exclusions(stated.exclusions, aliases, rules, pointer)
    return Profile(
        stated.name,
        aliases,
        stated.aliases,
        dict(stated.external_ids),
        stated.occupations,
        stated.born,
        stated.exclusions,
        stated.died,
    )


def _refuse_exclusions(exclusions: Sequence[str], aliases: Sequence[Alias], rules: NameRules, pointer: str) -> None:
    """Raises InvalidInputError for an exclusion that says no more than a name: it would end the protection of that name."""
    names = [f" {rules.fold(alias.text)} " for alias in aliases]
    wrong = [(i, text) for i, text in enumerate(exclusions) if any(f" {rules.fold(text)} " in name for name in names)]
    if wrong:
        message = "says no more than a name of theirs; give what tells the two apart beside the name"
        raise InvalidInputError(
            "; ".join(f"the exclusion {text!r} {message}" for _, text in wrong),
            [FieldError(f"{pointer}/exclusions/{i}", message) for i, _ in wrong],
        )


def seal_profile(key: bytes, subject_id: str, profile: Profile) -> bytes:
    """The profile under the subject's data key."""
    content = {
        "name": profile.name,
        "aliases": [(a.text, a.kind, a.strength, a.lang, *_dates(a)) for a in profile.aliases],
        "stated": [(a.text, a.kind, a.lang, *_dates(a)) for a in profile.stated],
        "external_ids": dict(profile.external_ids),
        "occupations": profile.occupations,
        "born": profile.born,
        "exclusions": profile.exclusions,
        "died": profile.died,
    }
    return seal(key, orjson.dumps({name: value for name, value in content.items() if value}), place(subject_id))


def open_profile(key: bytes, subject_id: str, sealed: bytes) -> Profile:
    """What `seal_profile` sealed."""
    content: dict[str, Any] = orjson.loads(unseal(key, sealed, place(subject_id)))
    return Profile(
        content["name"],
        aliases_of(content),
        tuple(StatedAlias(text, _KINDS[kind], lang, *map(_time, dates)) for text, kind, lang, *dates in content.get("stated", ())),
        content.get("external_ids", {}),
        tuple(content.get("occupations", ())),
        content.get("born"),
        tuple(content.get("exclusions", ())),
        content.get("died"),
    )


def aliases_of(content: Mapping[str, Sequence[Any]]) -> tuple[Alias, ...]:
    """The aliases in an opened profile; apart, because the gallery needs them of everybody, fast."""
    return tuple(
        [
            Alias(text, _KINDS[kind], _STRENGTHS[strength], lang, *map(_time, dates))
            for text, kind, strength, lang, *dates in content.get("aliases", ())
        ]
    )


def _dates(alias: Alias | StatedAlias) -> tuple[datetime | None, ...]:
    """The validity of an alias that has one."""
    return (alias.valid_from, alias.valid_until) if alias.valid_from or alias.valid_until else ()


def _time(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def place(subject_id: str) -> bytes:
    """Where a sealed profile belongs."""
    return f"subject:{subject_id}".encode()


def view(person: Person) -> Subject:
    """The person as staff sees them."""
    profile = open_profile(person.key, person.id, person.sealed)
    stated = {(alias.text, alias.valid_from, alias.valid_until) for alias in profile.stated}
    return Subject(
        person.id,
        person.no,
        SubjectKind(person.kind),
        profile.name,
        tuple(a for a in profile.aliases if (a.text, a.valid_from, a.valid_until) in stated and a.kind is not AliasKind.GENERATED),
        profile.external_ids,
        profile.occupations,
        profile.born,
        profile.exclusions,
        person.created_at,
        person.updated_at,
        profile.died,
    )
