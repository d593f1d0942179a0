"""Subjects as bytes: what the builder sends to the workers and what a snapshot keeps for the decision."""

import base64
from dataclasses import replace
from datetime import datetime
from typing import Any

import orjson

from guard.types import (
    Alias,
    AliasKind,
    Channel,
    Directive,
    DirectiveStatus,
    Effect,
    Strength,
    SubjectKind,
    SubjectRecord,
    Template,
)


def dumps(record: SubjectRecord) -> bytes:
    """The whole record as JSON; bytes become base64."""
    return orjson.dumps(record, default=_base64)


def essence(record: SubjectRecord) -> SubjectRecord:
    """The record without what only the matchers need; they hold aliases and templates in arrays of their own. Dated aliases stay."""
    return replace(record, aliases=tuple(alias for alias in record.aliases if alias.dated), templates=())


def loads(encoded: bytes | memoryview) -> SubjectRecord:
    """The inverse of `dumps`."""
    raw = orjson.loads(encoded)
    return SubjectRecord(
        no=raw["no"],
        id=raw["id"],
        name=raw["name"],
        kind=SubjectKind(raw["kind"]),
        aliases=tuple(_alias(alias) for alias in raw["aliases"]),
        templates=tuple(Template(t["id"], t["encoder"], base64.b64decode(t["vector"])) for t in raw["templates"]),
        directives=tuple(_directive(d) for d in raw["directives"]),
        exclusions=tuple(raw["exclusions"]),
        data_key=base64.b64decode(raw["data_key"]),
        occupations=tuple(raw["occupations"]),
    )


def _alias(raw: dict[str, Any]) -> Alias:
    dates = time_of(raw["valid_from"]), time_of(raw["valid_until"])
    return Alias(raw["text"], AliasKind(raw["kind"]), Strength(raw["strength"]), raw["lang"], *dates)


_LISTS = ("scopes", "exemptions", "jurisdictions", "purposes", "endpoints", "models", "terms")


def _directive(raw: dict[str, Any]) -> Directive:
    return Directive(
        **{
            **raw,
            **{name: tuple(raw[name]) for name in _LISTS},
            "effect": Effect(raw["effect"]),
            "status": DirectiveStatus(raw["status"]),
            "channels": tuple(Channel(c) for c in raw["channels"]),
            "effective_from": time_of(raw["effective_from"]),
            "expires_at": time_of(raw["expires_at"]),
        }
    )


def time_of(text: str | None) -> datetime | None:
    """A time as `dumps` writes it."""
    return None if text is None else datetime.fromisoformat(text)


def _base64(value: object) -> str:
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    raise TypeError(f"{type(value).__name__} has no JSON form")
