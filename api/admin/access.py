"""What every call of the admin API goes through: request id, key, role, size, strict JSON, idempotency, audit, problems.

An endpoint says what it needs with `@access(...)`; `AdminRoute` does the rest around it, so that no endpoint can forget
a step, and in this order, so that nobody without a key learns anything about a body.
"""

import logging
from collections.abc import Callable, Coroutine
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar

from anyio import to_thread
from fastapi.dependencies.models import Dependant
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Scope

from api.admin.audit import Audit
from api.admin.call import Call, idempotency_key
from api.admin.services import AdminServices
from api.auth import authenticate, authorize, bearer
from api.problems import MALFORMED, MEDIA, TOO_LARGE, ProblemError, problem_for
from guard.errors import FieldError, GuardError, InvalidInputError, UnscreenableError
from guard.extract import json_strict
from guard.types import KeyRole

logger = logging.getLogger(__name__)

JSON_BYTES = 2_000_000
"""Largest JSON body of an ordinary call: 500 aliases of 300 four-byte characters are 0.6 MB."""

EndpointT = TypeVar("EndpointT", bound=Callable[..., Any])
_ACCESS = "__guard_access__"
_PAGING = frozenset({"limit", "cursor"})
"""A client may page through any list, also through one that is given whole."""


class Takes(StrEnum):
    """What kind of body an endpoint takes."""

    NOTHING = "nothing"
    JSON = "json"
    LARGE_JSON = "large json"
    JSON_OR_FORM = "json or form"
    RAW = "raw"


@dataclass(frozen=True, slots=True)
class Access:
    """What an endpoint needs.

    Args:
        action: what the audit event calls it, such as `opt_out.create`.
        roles: whose keys may call it.
        takes: the body; `LARGE_JSON`, `JSON_OR_FORM` and `RAW` are bounded by `GUARD_MAX_BODY_MB`.
        audited: whether a call that changes nothing is recorded all the same.
        idempotent: whether an `Idempotency-Key` is honoured.
    """

    action: str
    roles: frozenset[KeyRole]
    takes: Takes = Takes.NOTHING
    audited: bool = True
    idempotent: bool = False


def access(
    action: str, roles: frozenset[KeyRole], takes: Takes = Takes.NOTHING, *, audited: bool = True, idempotent: bool = False
) -> Callable[[EndpointT], EndpointT]:
    """Declare what an endpoint needs; put directly on the function, below the router's decorator."""

    def mark(endpoint: EndpointT) -> EndpointT:
        setattr(endpoint, _ACCESS, Access(action, roles, takes, audited, idempotent))
        return endpoint

    return mark


def access_of(endpoint: Callable[..., Any]) -> Access:
    """What `access` declared; an endpoint without it cannot be routed."""
    declared: Access = getattr(endpoint, _ACCESS)
    return declared


class AdminRoute(APIRoute):
    """A route whose endpoint carries an `Access`."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The endpoint with everything around it."""
        inner = super().get_route_handler()
        needs = access_of(self.endpoint)
        known = queries(self.dependant) | (_PAGING if "GET" in (self.methods or ()) else frozenset())

        async def handle(request: Request) -> Response:
            services: AdminServices = request.app.state.services
            request_id = services.ink.request_id()
            try:
                response = await _answer(request, services, request_id, needs, known, inner)
            except (ProblemError, GuardError, HTTPException, RequestValidationError) as error:
                response = problem_for(error).response()
            except ClientDisconnect:
                raise
            except Exception as error:  # the outermost place of a call: whatever it is, the caller gets no stack trace
                logger.exception("admin call failed", extra={"fields": {"request_id": request_id, "action": needs.action}})
                response = problem_for(error).response()
            response.headers["x-request-id"] = request_id
            response.headers["cache-control"] = "no-store"
            return response

        return handle


async def _answer(
    request: Request,
    services: AdminServices,
    request_id: str,
    needs: Access,
    known: AbstractSet[str],
    inner: Callable[[Request], Coroutine[Any, Any, Response]],
) -> Response:
    key = await to_thread.run_sync(authenticate, bearer(request), services.registry.find_key)
    audit = Audit(services.ink, key, request_id, needs.action, request.method, request.url.path)
    call = Call(services, request_id, key, audit, f"{request.method} {request.url.path}", request.url.query)
    try:
        authorize(key, needs.roles)
        _refuse_unknown(request, known)
        call.idempotency_key = idempotency_key(request) if needs.idempotent else None
        call.body = await read_body(request, needs, services.settings.max_body_bytes)
        response = await inner(_Prepared(request.scope, call))
    except Exception as error:
        await audit.settle(services.recorder, problem_for(error).http_status, needed=needs.audited)
        raise
    await audit.settle(services.recorder, response.status_code, needed=needs.audited)
    return response


def queries(dependant: Dependant) -> frozenset[str]:
    """Names of the parameters that an endpoint and what it depends on read from the address."""
    own = (field.alias for field in dependant.query_params)
    return frozenset(own).union(*map(queries, dependant.dependencies))


def _refuse_unknown(request: Request, known: AbstractSet[str]) -> None:
    """A misspelt `dry_run` would import in earnest, and a misspelt filter would show everything."""
    wrong = sorted(request.query_params.keys() - known)
    if wrong:
        message = f"is no parameter of this call; it has {', '.join(sorted(known)) or 'none'}"
        errors = [FieldError("/query/" + name.replace("~", "~0").replace("/", "~1"), message) for name in wrong]
        raise InvalidInputError(f"{errors[0].pointer}: {message}", errors)


class _Prepared(Request):
    """A request whose body was read and whose JSON is parsed strictly: no duplicate key, no NaN, nothing two readers differ about."""

    def __init__(self, scope: Scope, call: Call) -> None:
        super().__init__(scope)
        self.state.call = call
        self._body = call.body  # read already; FastAPI's own reading would know neither our size nor our JSON

    async def json(self) -> Any:
        """The parsed body."""
        try:
            return json_strict.parse(self._body)
        except UnscreenableError as error:
            raise HTTPException(MALFORMED.status, str(error)) from error


async def read_body(request: Request, needs: Access, max_body_bytes: int) -> bytes:
    """The whole body, at most as large as this endpoint takes, of a content type that it takes."""
    limit = {Takes.NOTHING: 0, Takes.JSON: min(JSON_BYTES, max_body_bytes)}.get(needs.takes, max_body_bytes)
    body = await read_bytes(request, limit)
    if needs.takes is Takes.RAW or (needs.takes is Takes.JSON_OR_FORM and is_form(request)) or not body:
        return body
    if needs.takes is not Takes.NOTHING and not _is_json(request):
        raise ProblemError(MEDIA, "The body must be `application/json` in UTF-8.")
    return body


async def read_bytes(request: Request, limit: int) -> bytes:
    """The whole body, or 413 as soon as it is larger than `limit` bytes."""
    declared = request.headers.get("content-length", "")
    if declared.isdigit() and int(declared) > limit:
        raise _too_large(limit)
    blocks = bytearray()
    async for block in request.stream():
        blocks += block
        if len(blocks) > limit:
            raise _too_large(limit)
    return bytes(blocks)


def _too_large(limit: int) -> ProblemError:
    if limit == 0:
        return ProblemError(MALFORMED, "This call takes no body.")
    return ProblemError(TOO_LARGE, f"The body is larger than {limit} bytes.")


def is_form(request: Request) -> bool:
    """Whether the body says that it is a multipart form."""
    kinds = request.headers.getlist("content-type")
    return len(kinds) == 1 and kinds[0].partition(";")[0].strip().lower() == "multipart/form-data"


def _is_json(request: Request) -> bool:
    kinds = request.headers.getlist("content-type")
    if len(kinds) != 1 or "content-encoding" in request.headers:
        return False
    kind, _, parameters = kinds[0].partition(";")
    charset = parameters.strip().lower().replace('"', "")
    return kind.strip().lower() == "application/json" and charset in {"", "charset=utf-8"}
