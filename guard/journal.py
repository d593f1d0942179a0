"""What a decision leaves in the record: the skeleton's fields, and the vault body at the level that the policy keeps."""

import hashlib
import os
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import Any

import orjson

from guard.decide.policy import RecordLevel
from guard.match.known_images import Fingerprint
from guard.match.names import MOST_TOLD
from guard.record.event import Draft, GrantUse, make_draft
from guard.types import Caller, Context, Decision, Findings, Hit, Mode, Picture, Role, Strength, SubjectRecord, Text

Body = dict[str, Any]

_MASK = "█"
_GUARD = version("likeness-guard")


@dataclass(frozen=True, slots=True)
class Entry:
    """Everything that one decision is recorded with."""

    kind: str
    mode: Mode
    decision: Decision
    findings: Findings
    people: Mapping[str, SubjectRecord]
    context: Context
    caller: Caller
    request_id: str
    level: RecordLevel
    texts: Sequence[Text] = ()
    pictures: Sequence[Picture] = ()
    request_digest: str | None = None
    timings_ms: Mapping[str, float] | None = None
    upstream_request_id: str | None = None
    problem: str | None = None
    fingerprints: Mapping[str, Sequence[Fingerprint]] = field(default_factory=dict)
    encoder: str | None = None


def draft(entry: Entry, tenant_key: bytes, reserve: Sequence[GrantUse] = (), otherwise: Draft | None = None) -> Draft:
    """The event of this decision, sealed under the tenant's key and then under the keys of everyone it concerns."""
    return make_draft(
        entry.kind,
        stage=entry.context.stage,
        mode=entry.mode,
        outcome=entry.decision.outcome,
        rule_class=entry.decision.category,
        policy_revision=entry.decision.policy_revision,
        registry_revision=entry.decision.registry_revision,
        tenant=entry.caller.tenant,
        tenant_key=tenant_key,
        subjects={hit.subject_id: entry.people[hit.subject_id].data_key for hit in entry.decision.hits if hit.subject_id},
        request_id=entry.request_id,
        rule=entry.decision.rule,
        body=_body(entry),
        reserve=reserve,
        otherwise=otherwise,
        now_ms=int(entry.context.now.timestamp() * 1000),
        entropy=os.urandom,
    )


def _body(entry: Entry) -> Body:
    decision, context = entry.decision, entry.context
    body: Body = {
        "key_id": entry.caller.key_id,
        "route": context.route,
        "model": context.model,
        "faces": entry.findings.faces,
        "engines": {"guard": _GUARD, "faces": entry.encoder},
        "obligations": list(decision.obligations),
    }
    if entry.level is RecordLevel.NONE:
        return body
    body |= {
        "purpose": context.purpose,
        "jurisdiction": context.jurisdiction,
        "attestation": context.attestation,
        "grants": list(decision.grants),
        "directives": list(decision.directives),
        "signals": dict(entry.findings.signals),
        "not_examined": dict(entry.findings.not_examined),
        "problem": entry.problem or entry.findings.problem,
        "hits": [_hit(hit, entry.level, decision.hits) for hit in decision.hits],
        "pictures": [_picture(picture, entry.fingerprints.get(picture.where, ())) for picture in entry.pictures],
        "timings_ms": dict(entry.timings_ms or {}),
        "upstream_request_id": entry.upstream_request_id,
        "request_digest": entry.request_digest,
    }
    if entry.level in {RecordLevel.FULL, RecordLevel.REDACTED}:
        body["texts"] = kept_texts(entry.level, entry.texts, decision.hits)
    return body


def kept_texts(level: RecordLevel, texts: Sequence[Text], hits: Sequence[Hit]) -> list[dict[str, str]]:
    """What may be kept of the texts: all of them, or with the names masked, or none."""
    if level is RecordLevel.FULL:
        return [{"where": text.where, "text": text.text} for text in texts]
    if level is RecordLevel.REDACTED:
        return _redacted(texts, hits)
    return []


def _redacted(texts: Sequence[Text], hits: Sequence[Hit]) -> list[dict[str, str]]:
    """The texts with all mentions masked. Of a person mentioned very often only the first are told: what stands behind those is masked as well."""
    numbers = {text.where: number for number, text in enumerate(texts)}  # a key and its value are two texts at one place: the last
    firsts = {text.where: number for number, text in reversed(list(enumerate(texts)))}
    places: defaultdict[str, list[tuple[int, int]]] = defaultdict(list)
    for hit in hits:
        if hit.span is not None and hit.where in numbers and hit.strength is Strength.STRONG and hit.role is Role.LIKENESS:
            places[hit.subject_id].append((numbers[hit.where], hit.span[1]))
    last, end = min((max(told) for told in places.values() if len(told) >= MOST_TOLD), default=(len(texts), 0))
    out = []
    for number, text in enumerate(texts):
        here = [hit for hit in hits if firsts.get(hit.where, 0) <= number <= numbers.get(_end(hit), len(texts))]
        shown = _masked(text, [hit for hit in here if hit.where in firsts or _end(hit) in firsts])
        begin = len(shown) if number < last else end if number == last else 0
        out.append({"where": _place(text.where, hits), "text": shown[:begin] + _MASK * (len(shown) - begin)})
    return out


def _place(where: str, hits: Sequence[Hit]) -> str:
    """Where something stands, without the mentions in it: callers choose the names of metadata and variables."""
    for mention in sorted({hit.text for hit in hits if hit.text}, key=len, reverse=True):
        where = where.replace(mention, _MASK * len(mention))
    return where


def _hit(hit: Hit, level: RecordLevel, hits: Sequence[Hit]) -> Body:
    places = [hit.where, *(hit.until or ())[:1]]
    where, *until = places if level is RecordLevel.FULL else [_place(place, hits) for place in places]
    kept: Body = {
        "subject_id": hit.subject_id,
        "modality": hit.modality,
        "where": where,
        "score": hit.score,
        "threshold": hit.threshold,
        "strength": hit.strength,
        "role": hit.role,
        "view": hit.view,
        **({} if hit.bank is None else {"bank": hit.bank}),
        **({} if hit.until is None else {"until": (*until, hit.until[1])}),
        "span": hit.span,
    }
    if level is RecordLevel.FULL:
        kept |= {"subject": hit.subject, "alias": hit.alias, "text": hit.text}
    return kept


def _end(hit: Hit) -> str:
    """In which text a mention ends."""
    return hit.where if hit.until is None else hit.until[0]


def _masked(text: Text, hits: Sequence[Hit]) -> str:
    """The text with the mentions masked that begin, go on or end in it; where they do so at one place, all of it."""
    shown = list(text.text)
    for hit in hits:
        if hit.span is None:
            continue
        begin, end = hit.span
        if hit.until is not None:
            begin = begin if text.where == hit.where != hit.until[0] else 0
            end = hit.until[1] if text.where == hit.until[0] != hit.where else len(shown)
        elif text.where != hit.where:
            continue
        shown[begin:end] = _MASK * (min(end, len(shown)) - begin)
    return "".join(shown)


def _picture(picture: Picture, seen: Sequence[Fingerprint]) -> Body:
    """What is kept of a picture; `pdq` has its perceptual hash as it is shown, one for each frame, `pdq_quality` how much each tells."""
    shown = [fingerprint for fingerprint in seen if not fingerprint.view]
    return {
        "where": picture.where,
        "format": picture.format,
        "width": picture.width,
        "height": picture.height,
        "frames": picture.frames,
        "sha256": hashlib.sha256(picture.data).hexdigest(),
        "pdq": [fingerprint.upright for fingerprint in shown],
        "pdq_quality": [fingerprint.quality for fingerprint in shown],
    }


def request_digest(context: Context, fields: Sequence[tuple[str, str]], pictures: Sequence[Picture]) -> str:
    """SHA-256 (hex) of what was asked, whatever its wire encoding (CONTRACT: Terms); the key of an approval."""
    canonical = {
        "tenant": context.tenant,
        "route": context.route,
        "model": context.model,
        "purpose": context.purpose,
        "jurisdiction": context.jurisdiction,
        "attestation": context.attestation,
        "fields": [list(pair) for pair in fields],
        "pictures": [hashlib.sha256(picture.data).hexdigest() for picture in pictures],
    }
    return hashlib.sha256(orjson.dumps(canonical, option=orjson.OPT_SORT_KEYS)).hexdigest()
