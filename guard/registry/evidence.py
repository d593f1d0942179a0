"""Proofs of a case: which are what their digest says, and when a claim for somebody else needs one. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from enum import StrEnum
from typing import Any

from guard.errors import FieldError, InvalidInputError
from guard.registry.values import Evidence
from guard.types import SubjectKind

FOR_ANOTHER = frozenset({"agent", "guardian", "estate", "employer"})
"""Requesters who speak for somebody else, and have to show that they may."""

OFFICIAL = frozenset({"staff", "regulator", "court"})
"""Requesters who act by their office, for the living and the dead alike."""


class Authority(StrEnum):
    """By what right somebody speaks for another; staff states which one they saw the proof of."""

    MANDATE = "mandate"
    PARENTAL = "parental"
    COURT_APPOINTMENT = "court_appointment"
    PROBATE = "probate"
    NEXT_OF_KIN = "next_of_kin"
    EMPLOYMENT = "employment"


AFTER_DEATH = (Authority.PROBATE, Authority.NEXT_OF_KIN, Authority.COURT_APPOINTMENT)
"""By what right somebody speaks for a deceased person."""


def checked(stated: Sequence[Mapping[str, Any]], seen: Evidence, actor: str, at: datetime) -> list[dict[str, Any]]:
    """The proofs of a case once a file with the digest `seen.sha256` was at hand. `seen.ref` names the proof it is meant to be, if any."""
    proofs = [dict(proof) for proof in stated]
    meant = [proof for proof in proofs if proof["ref"] == seen.ref] if seen.ref else [p for p in proofs if p["sha256"] == seen.sha256]
    if not meant and not seen.ref:
        raise _wrong(f"no proof of this case has the SHA-256 {seen.sha256}, which is that of the file; a new one needs a `ref`")
    if not meant:
        meant = [asdict(Evidence(seen.kind, seen.ref))]
        proofs += meant
    same = [proof for proof in meant if proof["sha256"] in {None, seen.sha256}]
    if not same:
        raise _wrong(f"the file has the SHA-256 {seen.sha256}, but {seen.ref!r} was stated with {meant[0]['sha256']}")
    for proof in same[:1]:
        proof |= {"sha256": seen.sha256, "checked_by": actor, "checked_at": at.isoformat()}
    return proofs


def require_authority(role: str, authority: str | None, words: Mapping[str, Any], kind: str | None = None) -> None:
    """Raises InvalidInputError where somebody speaks for another and has not shown by what right.

    Nobody speaks for themselves as `deceased` (the `kind` of the person), and no mandate or employment outlives whoever gave it.
    """
    dead = kind == SubjectKind.DECEASED and role not in OFFICIAL
    if role not in FOR_ANOTHER and not dead:
        return
    if dead and authority not in AFTER_DEATH:
        raise InvalidInputError(
            "this is about somebody deceased: state the authority of the estate that you saw the proof of",
            [FieldError("/authority", f"needed for a person of kind `deceased`: {', '.join(AFTER_DEATH)}")],
        )
    if authority is None:
        raise InvalidInputError(
            f"this was asked for by an {role}: state the authority that you saw the proof of",
            [FieldError("/authority", f"needed for requester role {role!r}: {', '.join(Authority)}")],
        )
    if not any(proof.get("checked_by") for proof in words.get("evidence", ())):
        raise _wrong(f"this was asked for by an {role}, and no proof was checked: send the file to the case's /evidence first")


def _wrong(message: str) -> InvalidInputError:
    return InvalidInputError(message, [FieldError("/evidence", message)])
