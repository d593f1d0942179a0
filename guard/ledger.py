"""Requests that point at what the provider keeps: let through only if this gateway handed the id out, judged with all that is behind it.

The ledger itself is in the registry's database; here is what a request and its answer do with it. A request that points at
nothing asks nothing.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from guard.decide.policy import Policy
from guard.errors import TooLargeError, UnscreenableError
from guard.extract.base import Answer, Generation, Limits
from guard.extract.kept import HELD
from guard.registry.ledger import Turn
from guard.types import Context, Decision, SubjectRecord, Text

_SAID = frozenset({"input", "messages", "contents", "prompt", "instances", "file"})
"""The fields of a request in which callers speak."""

_USES = ("batch:",)
"""Before an id that is good for this use (`Generation.serves`)."""


class Ledger(Protocol):
    """Where turns are kept; `ids` are scoped by the provider's name."""

    async def find(self, tenant: str, ids: Sequence[str]) -> Mapping[str, Turn]:
        """What is behind each id that the tenant was given."""
        ...

    async def keep(self, tenant: str, ids: Sequence[str], turn: Turn) -> None:
        """Return when the tenant may point at these ids, whatever crashes."""
        ...

    async def own(self, tenant: str, ids: Sequence[str]) -> Collection[str]:
        """Those of the ids that the tenant was given."""
        ...

    async def forget(self, tenant: str, ids: Sequence[str]) -> None:
        """Return when the tenant may not point at these ids any more."""
        ...


@dataclass(frozen=True, slots=True)
class Standing:
    """The turn that a request makes, with all that is behind it; `earlier` are the texts of the turns before, to be looked at
    again together with the new ones."""

    turn: Turn
    earlier: tuple[Text, ...] = ()

    def looked_at(self, texts: Sequence[Text]) -> tuple[Text, ...]:
        """The new texts with the earlier ones, so ordered that what was said in one turn and in the next stands side by side."""
        if not self.earlier:
            return tuple(texts)
        return (*_where(self.earlier, said=False), *_where(self.earlier, said=True), *_where(texts, said=True), *_where(texts, said=False))

    def ending(self, *ends: datetime | None) -> "Standing":
        """The same, with its turn over when the first of these comes."""
        known = [end for end in (self.turn.expires_at, *ends) if end is not None]
        return replace(self, turn=replace(self.turn, expires_at=min(known, default=None)))


async def standing(
    ledger: Ledger, upstream: str, generation: Generation, policy: Policy, context: Context, revision: int, limits: Limits
) -> Standing:
    """What a request stands on; the database is asked only if it points at something.

    Raises:
        UnscreenableError: it points at something that this gateway did not hand to this tenant, or at pictures that would
            have to be looked at again.
    """
    terms = (context.purpose or "", context.jurisdiction or "", str(context.attestation))
    own_turn = Turn(generation.texts, bool(generation.pictures), revision, policy.revision, terms, context.now)
    if generation.owned:
        await _check_owned(ledger, upstream, context.tenant, generation)
    if not generation.stored:
        return Standing(own_turn)
    found = await ledger.find(context.tenant, [scoped(upstream, stored_id) for _, stored_id in generation.stored])
    turns: list[Turn] = []
    for where, stored_id in generation.stored:
        turn = found.get(scoped(upstream, stored_id))
        if turn is None:
            raise UnscreenableError(
                f"{where} points at something that this gateway did not hand out to you, or more than 30 days ago; send the content itself.",
                where,
            )
        if turn.pictures and (turn.moved or turn.policy_revision != policy.revision or turn.terms != terms):
            raise UnscreenableError(
                f"The pictures behind {where} were looked at under other terms than hold now; send the pictures themselves.", where
            )
        turns.append(turn)
    earlier = tuple(dict.fromkeys(text for turn in turns for text in turn.texts))
    if sum(len(text.text) for text in earlier) > limits.max_text_bytes:
        raise TooLargeError("The texts behind this request are too long together; begin anew.", generation.stored[0][0])
    return Standing(_joined(turns, own_turn), earlier)


async def _check_owned(ledger: Ledger, upstream: str, tenant: str, generation: Generation) -> None:
    mine = await own(ledger, upstream, tenant, [stored_id for _, stored_id in generation.owned])
    for where, stored_id in generation.owned:
        if stored_id not in mine:
            raise UnscreenableError(f"{where} names nothing that this gateway handed out to you.", where, 404)


async def own(ledger: Ledger, upstream: str, tenant: str, ids: Sequence[str]) -> frozenset[str]:
    """Which of these ids the tenant was given, be it only to read and delete what they name."""
    names = {scoped(upstream, as_given): stored_id for stored_id in ids for as_given in (stored_id, HELD + stored_id)}
    return frozenset(names[name] for name in await ledger.own(tenant, list(names))) if names else frozenset()


async def forget(ledger: Ledger, upstream: str, tenant: str, generation: Generation) -> None:
    """What a request deleted at the provider can be pointed at no more, in any way in which it could."""
    ids = [stored_id for _, stored_id in (*generation.stored, *generation.owned)]
    await ledger.forget(tenant, [scoped(upstream, prefix + stored_id) for stored_id in ids for prefix in ("", HELD, *_USES)])


def _joined(turns: Sequence[Turn], own: Turn) -> Turn:
    """One turn on top of others. Its pictures are as old as the oldest of theirs."""
    shown = [turn for turn in turns if turn.pictures] or [own]
    ends = [turn.expires_at for turn in turns if turn.expires_at is not None and turn.pictures]
    return replace(
        own,
        texts=tuple(dict.fromkeys(text for turn in (*turns, own) for text in turn.texts)),
        pictures=any(turn.pictures for turn in (*turns, own)),
        registry_revision=min(turn.registry_revision for turn in shown),
        screened_at=min(turn.screened_at for turn in shown),
        expires_at=min(ends, default=None),
    )


def in_a_batch(generation: Generation) -> bool:
    """Whether a request stands for many: it carries them, or points at a file that does."""
    return bool(generation.lines) or any(stored_id.startswith(_USES) for _, stored_id in generation.stored)


def until(decision: Decision, people: Mapping[str, SubjectRecord]) -> datetime | None:
    """When the first of the grants ends that a decision rests on."""
    ends = [d.expires_at for person in people.values() for d in person.directives if d.id in decision.grants and d.expires_at is not None]
    return min(ends, default=None)


async def keep(ledger: Ledger, upstream: str, tenant: str, turn: Turn, generation: Generation, answers: Sequence[Answer]) -> None:
    """Write down every id that an allowed answer to an allowed request hands out, before it is released.

    An answer repeats the ids that its request pointed at. They lead on to what they led to, unless the request asked for
    nothing new (a poll, a retrieval), when the answer is more of the same turn. The texts of answers go first, so that what
    the caller said in one turn and in the next stands side by side and a name split between them is whole.
    """
    issued = dict.fromkeys(stored_id for answer in answers for stored_id in answer.issued)
    if generation.route.content_types:
        for _, stored_id in generation.stored:
            issued.pop(stored_id, None)
    if not issued:
        return
    if generation.serves:
        issued |= dict.fromkeys(f"{generation.serves}:{stored_id}" for stored_id in issued)
    turn = replace(
        turn,
        texts=tuple(dict.fromkeys((*(text for answer in answers for text in answer.texts), *turn.texts))),
        pictures=turn.pictures or any(answer.pictures for answer in answers),
    )
    await ledger.keep(tenant, [scoped(upstream, stored_id) for stored_id in issued], turn)


def _where(texts: Sequence[Text], *, said: bool) -> list[Text]:
    """Those that are said in the conversation itself, or those that are not (tools, settings)."""
    return [text for text in texts if (re.split(r"[.\[]", text.where, maxsplit=1)[0] in _SAID) is said]


def scoped(upstream: str, stored_id: str) -> str:
    """An id as the ledger knows it: another provider may give the same one to something else."""
    return f"{upstream}\n{stored_id}"
