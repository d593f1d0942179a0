"""Which of a person's directives decides a hit. Pure; the order of the directives never matters.

Precedence, first that has something to say: an order of a court or regulator > a valid specific grant > a denial or a
wish for review > a general permission. What stands above (minors, sexual content) and below (the operator's policy, the
tenant's default) is `evaluate`'s.

A denial binds where it *may* apply (an unstated jurisdiction, purpose or model does not lift it); a grant covers only
what it *certainly* covers.
"""

from collections.abc import Iterable, Set
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from guard.decide.scopes import Uses, denied, granted, purpose_name
from guard.jurisdictions import all_covered, may_touch
from guard.types import Channel, Context, Directive, DirectiveStatus, Effect, Modality, Outcome, Role, Stage

ORDERING = frozenset({"court", "regulator"})
"""Authorities whose verified directives outrank grants."""


class Basis(StrEnum):
    """Why a person's directives gave what they gave; highest precedence first."""

    ORDER = "order"
    GRANT = "grant"
    OPT_OUT = "opt-out"
    REVIEW = "review"
    EXEMPT = "exempt"
    GENERAL_ALLOW = "general-allow"
    NONE = "no-directive"


class Ruling(NamedTuple):
    """What a person's directives say about one hit. `outcome` is for a strong hit; None when they say nothing.

    `grant` is the one directive whose use is to be counted where it has a cap.
    """

    basis: Basis
    outcome: Outcome | None
    directives: tuple[str, ...] = ()
    grant: str | None = None
    terms: tuple[str, ...] = ()


NOTHING = Ruling(Basis.NONE, None)


def channel_of(modality: Modality, stage: Stage) -> Channel:
    """Where a hit was made. Text of an answer (a revised prompt) counts as prompt; text in a picture as the picture."""
    if modality is Modality.NAME:
        return Channel.PROMPT
    return Channel.INPUT_IMAGE if stage is Stage.INPUT else Channel.OUTPUT_IMAGE


CHANNELS = {(modality, stage): channel_of(modality, stage) for modality in Modality for stage in Stage}
"""`channel_of` as a table."""

_PERMITTING = frozenset({Effect.ALLOW, Effect.ALLOW_WITH_TERMS})
_ACTIVE, _PENDING = DirectiveStatus.ACTIVE, DirectiveStatus.PENDING_VERIFICATION


def in_force(directives: Iterable[Directive], now: datetime, *, pending_protects: bool = True) -> tuple[Directive, ...]:
    """The directives that bind at `now`: the newest version of each, active, or pending where pending ones protect.

    A pending grant never binds: protection may be given early, permission may not. `effective_from` is inclusive,
    `expires_at` exclusive.
    """
    newest: dict[str, Directive] = {}
    for directive in directives:
        known = newest.get(directive.id)
        if known is None or _newer(directive, known):
            newest[directive.id] = directive
    return tuple([d for d in newest.values() if _bound(d, now, pending_protects)])


def binding(
    live: Iterable[Directive],
    context: Context,
    channel: Channel,
    role: Role | None,
    asked: Uses,
    *,
    spent: Set[str] = frozenset(),
    exemptions_count: bool = True,
) -> Ruling:
    """What directives in force say about one hit.

    Args:
        live: what `in_force` gave for this person.
        spent: grants that have no use left; they are as if absent.
        exemptions_count: whether the caller's stated purpose can lift a directive that exempts it.
    """
    orders: list[Directive] = []
    grants: list[Directive] = []
    wishes: list[Directive] = []
    general: list[Directive] = []
    exempt: list[Directive] = []
    for directive in live:
        permits = directive.effect in _PERMITTING
        if permits:
            if directive.id in spent or not _permits_here(directive, context, channel, role, asked):
                continue
        elif not _binds_here(directive, context, channel, role, asked):
            continue
        elif exemptions_count and asked.purpose is not None and asked.purpose in map(purpose_name, directive.exemptions):
            exempt.append(directive)
            continue
        if directive.authority in ORDERING and directive.status is _ACTIVE:
            orders.append(directive)
        elif not permits:
            wishes.append(directive)
        elif directive.tenant is not None:
            grants.append(directive)
        else:
            general.append(directive)
    if orders:
        return _severest(Basis.ORDER, orders)
    if grants:
        return _permission(Basis.GRANT, grants)
    if wishes:
        return _severest(Basis.OPT_OUT, wishes)
    if exempt:
        return Ruling(Basis.EXEMPT, Outcome.ALLOW, _ids(exempt))
    if general:
        return _permission(Basis.GENERAL_ALLOW, general)
    return NOTHING


def _newer(one: Directive, other: Directive) -> bool:
    """Whether `one` replaces `other`; between equals the more restrictive, so that order cannot matter."""
    return (one.version, _restriction(one), repr(one)) > (other.version, _restriction(other), repr(other))


_RESTRICTION = {Effect.ALLOW: 0, Effect.ALLOW_WITH_TERMS: 1, Effect.REVIEW: 2, Effect.DENY: 3}


def _restriction(directive: Directive) -> int:
    return _RESTRICTION[directive.effect]


def _bound(directive: Directive, now: datetime, pending_protects: bool) -> bool:
    if directive.status is _PENDING:
        if not pending_protects or directive.effect in _PERMITTING:
            return False
    elif directive.status is not _ACTIVE:
        return False
    begun = directive.effective_from is None or directive.effective_from <= now
    return begun and (directive.expires_at is None or now < directive.expires_at)


def _binds_here(directive: Directive, context: Context, channel: Channel, role: Role | None, asked: Uses) -> bool:
    if directive.channels and channel not in directive.channels:
        return False
    if not denied(directive.scopes, role, asked) or not may_touch(directive.jurisdictions, context.jurisdiction):
        return False
    if directive.tenant is not None and directive.tenant != context.tenant:
        return False
    if directive.purposes and asked.purpose is not None and asked.purpose not in map(purpose_name, directive.purposes):
        return False
    if directive.endpoints and context.route and not named(map(route_name, directive.endpoints), route_name(context.route)):
        return False
    return not (directive.models and context.model is not None and not named(directive.models, context.model))


def _permits_here(directive: Directive, context: Context, channel: Channel, role: Role | None, asked: Uses) -> bool:
    if directive.tenant is not None and directive.tenant != context.tenant:
        return False
    if directive.channels and channel not in directive.channels:
        return False
    if not granted(directive.scopes, role, asked) or not all_covered(directive.jurisdictions, context.jurisdiction):
        return False
    if directive.purposes and (asked.purpose is None or asked.purpose not in map(purpose_name, directive.purposes)):
        return False
    if directive.endpoints and not named(map(route_name, directive.endpoints), route_name(context.route)):
        return False
    return not directive.models or (context.model is not None and named(directive.models, context.model))


def named(patterns: Iterable[str], value: str) -> bool:
    """Whether a value is one of the patterns; a pattern that ends in `*` names everything that begins so."""
    return any(value == p or (p.endswith("*") and value.startswith(p[:-1])) for p in patterns)


def route_name(route: str) -> str:
    """`/v1/images/edits`, `images/edits` and `images.edits` are one route."""
    return route.strip().strip("/").removeprefix("v1/").replace("/", ".")


def _severest(basis: Basis, directives: list[Directive]) -> Ruling:
    effect = max((d.effect for d in directives), key=_RESTRICTION.__getitem__)
    chosen = [d for d in directives if d.effect is effect]
    if effect is Effect.DENY:
        return Ruling(basis, Outcome.REFUSE, _ids(chosen))
    if effect is Effect.REVIEW:
        return Ruling(Basis.REVIEW if basis is Basis.OPT_OUT else basis, Outcome.HOLD, _ids(chosen))
    return _permission(basis, chosen)


def _permission(basis: Basis, permits: list[Directive]) -> Ruling:
    """The permission that costs least: uncapped before capped, then with the fewest terms."""
    chosen = min(permits, key=lambda d: (d.max_uses is not None, len(d.terms), d.id))
    terms = chosen.terms if chosen.effect is Effect.ALLOW_WITH_TERMS else ()
    return Ruling(basis, Outcome.ALLOW, (chosen.id,), chosen.id, terms)


def _ids(directives: list[Directive]) -> tuple[str, ...]:
    return tuple(sorted(d.id for d in directives))
