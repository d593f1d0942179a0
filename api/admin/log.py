"""`/log/*`: what an auditor needs to check the log from outside. Nothing here is personal, and nothing here can be erased."""

import base64
from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.responses import PlainTextResponse, Response

from api.admin.access import AdminRoute, access
from api.admin.call import CallDep
from api.answers import EntriesOut, ProofOut
from api.auth import AUDITOR
from guard.errors import FieldError, InvalidInputError, NotFoundError
from guard.record import signing
from guard.record.query import Log

router = APIRouter(prefix="/admin/v1/log", tags=["log"], route_class=AdminRoute)

Size = Annotated[int, Query(ge=0, le=2**53 - 1)]


@router.get("/checkpoint", response_class=PlainTextResponse, summary="The newest signed checkpoint")
@access("log.checkpoint", AUDITOR, audited=False)
async def checkpoint(call: CallDep) -> Response:
    """A C2SP signed note; at most 5 seconds behind the newest event."""
    return PlainTextResponse(await call.read(_log(call).checkpoint))


@router.get("/key", response_class=PlainTextResponse, summary="The log's public keys")
@access("log.key", AUDITOR, audited=False)
async def key(call: CallDep) -> Response:
    """C2SP verifier keys, one a line, the current one first. Compare the fingerprint by a way that does not lead through this guard."""
    return PlainTextResponse(await call.read(lambda: signing.key_text(call.services.settings.data_dir)))


@router.get("/entries", response_model=EntriesOut, summary="Leaves of the log")
@access("log.entries", AUDITOR, audited=False)
async def entries(call: CallDep, start: Size, end: Size) -> Any:
    """`start` inclusive, `end` exclusive; may return fewer. The leaf hash is SHA-256(0x00 || RFC 8785 bytes of `event`)."""
    _in_order(start, end, "start", "end")
    return {"items": await call.read(lambda: _log(call).entries(start, end))}


@router.get("/proofs/inclusion", response_model=ProofOut, summary="Proof that a leaf is in the tree")
@access("log.inclusion", AUDITOR, audited=False)
async def inclusion(call: CallDep, index: Size, size: Size) -> ProofOut:
    """In the order of RFC 9162, section 2.1.3; empty for a tree of one leaf."""
    if index >= size:
        raise InvalidInputError(f"index {index} is not below size {size}", [FieldError("/query/index", "is not below size")])
    return _proof(await _asked(call, size, lambda: _log(call).inclusion(index, size)))


@router.get("/proofs/consistency", response_model=ProofOut, summary="Proof that a tree extends an older one")
@access("log.consistency", AUDITOR, audited=False)
async def consistency(call: CallDep, old: Size, new: Size) -> ProofOut:
    """In the order of RFC 9162, section 2.1.4; empty when nothing was added."""
    _in_order(old, new, "old", "new")
    return _proof(await _asked(call, new, lambda: _log(call).consistency(old, new)))


async def _asked(call: CallDep, size: int, prove: Any) -> list[bytes]:
    try:
        proof: list[bytes] = await call.read(prove)
    except NotFoundError as error:
        raise InvalidInputError(str(error), [FieldError("/query/size", f"the log does not have {size} events yet")]) from error
    return proof


def _log(call: CallDep) -> Log:
    return Log(call.services.registry.engine)


def _in_order(first: int, second: int, first_name: str, second_name: str) -> None:
    if first > second:
        message = f"must not be greater than {second_name}"
        raise InvalidInputError(
            f"{first_name} {first} is greater than {second_name} {second}", [FieldError(f"/query/{first_name}", message)]
        )


def _proof(hashes: list[bytes]) -> ProofOut:
    return ProofOut(proof=[base64.b64encode(each).decode() for each in hashes])
