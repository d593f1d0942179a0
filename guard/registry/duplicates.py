"""Likely duplicates: the same external id, or an equal strong alias without differing external ids or birth dates.

Equality is looked up by keyed hashes (table `alias`), so that nobody's names need to be opened to compare with everybody's.
"""

import hmac
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, insert, select

from guard.keyring import Keyring
from guard.registry import directive_versions
from guard.registry.names import NameRules
from guard.registry.profile import Profile, open_profile
from guard.registry.tables import ALIAS, SUBJECT
from guard.registry.values import Duplicate
from guard.types import AliasKind, Strength

KEY_KIND = "lookup"
EQUAL_ALIAS = "an equal alias"
TAG_BYTES = 16

Lookup = Mapping[int, bytes]
"""The keys of the tags by generation: one, or two while `Erasure.rotate_keys` brings everybody to the next."""


def lookup(connection: Connection, keyring: Keyring) -> Lookup:
    """The keys in use; the first is made now if there is none."""
    keys = {int(generation): key for generation, key in keyring.get_all(KEY_KIND, connection).items()}
    return keys or {1: keyring.create(KEY_KIND, "1", connection)}


def tags(profile: Profile, key: bytes, rules: NameRules) -> dict[bytes, str]:
    """What a person can be found by: tag -> what it stands for (`the same wikidata id`, `an equal alias`)."""
    stated = (a for a in profile.aliases if a.kind is not AliasKind.GENERATED and not a.dated)
    strong = {rules.fold(a.text) for a in stated if a.strength is Strength.STRONG}
    found = {_tag(key, "alias", text): EQUAL_ALIAS for text in strong if text}
    for scheme, value in profile.external_ids.items():
        found[_tag(key, "id", f"{scheme}\0{value}")] = f"the same {scheme} id"
    return found


def rows_of(subject_no: int, profile: Profile, keys: Lookup, rules: NameRules) -> list[dict[str, Any]]:
    """The rows of `alias` by which a person is found."""
    return [
        {"tag": tag, "subject_no": subject_no, "generation": generation}
        for generation, key in keys.items()
        for tag in tags(profile, key, rules)
    ]


def remember(connection: Connection, subject_no: int, profile: Profile, keys: Lookup, rules: NameRules) -> None:
    """Makes a subject findable by these aliases and ids, and no others."""
    connection.execute(delete(ALIAS).where(ALIAS.c.subject_no == subject_no))
    rows = rows_of(subject_no, profile, keys, rules)
    if rows:
        connection.execute(insert(ALIAS), rows)


def find(
    connection: Connection, keyring: Keyring, profile: Profile, rules: NameRules, now: datetime, *, pending_protects: bool
) -> list[Duplicate]:
    """Registered subjects that are likely the person of `profile`, in the order in which they were registered."""
    keys = lookup(connection, keyring)
    wanted = {tag: reason for key in keys.values() for tag, reason in tags(profile, key, rules).items()}
    rows = connection.execute(
        select(ALIAS.c.tag, SUBJECT.c.no, SUBJECT.c.id, SUBJECT.c.sealed)
        .join(SUBJECT, SUBJECT.c.no == ALIAS.c.subject_no)
        .where(ALIAS.c.tag.in_(list(wanted)), SUBJECT.c.erased_at.is_(None))
    )
    found: dict[str, Duplicate] = {}
    # An id says more than a name, so it is named first.
    for no, _, reason, subject_id, sealed in sorted(
        (r.no, (why := wanted[bytes(r.tag)]) == EQUAL_ALIAS, why, r.id, r.sealed) for r in rows
    ):
        if subject_id in found:
            continue
        if reason == EQUAL_ALIAS:
            other = open_profile(keyring.get("subject", subject_id, connection), subject_id, sealed)
            if told_apart(profile, other):
                continue
        protected = directive_versions.protected(connection, no, now, pending_protects=pending_protects)
        found[subject_id] = Duplicate(subject_id, reason, protected)
    return list(found.values())


def told_apart(one: Profile, other: Profile) -> bool:
    """Whether something says that two people of one name are two: another id of the same scheme, or another birth date."""
    differ = any(other.external_ids.get(scheme, value) != value for scheme, value in one.external_ids.items())
    if differ or not one.born or not other.born:
        return differ
    length = min(len(one.born), len(other.born))  # a year agrees with any day in it
    return one.born[:length] != other.born[:length]


def _tag(key: bytes, space: str, text: str) -> bytes:
    return hmac.digest(key, f"{space}\0{text}".encode(), "sha256")[:TAG_BYTES]
