"""Errors as `application/problem+json` (RFC 9457): the one place where the error tree meets HTTP status codes.

Every kind has a heading in docs/reference/admin-api.md. `detail` and `errors[]` are written for the person who called;
they never carry a stack trace, and never repeat what was sent beyond the value that is wrong.
"""

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import orjson
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from guard.errors import (
    ConflictError,
    FieldError,
    GuardError,
    InvalidInputError,
    NotFoundError,
    PolicyInvalidError,
    TooLargeError,
    UnavailableError,
    UnfitPhotoError,
    UnscreenableError,
    UpstreamError,
)
from guard.faults import in_words

MEDIA_TYPE = "application/problem+json"
TYPE_PREFIX = "urn:likeness-guard:problem:"


@dataclass(frozen=True, slots=True)
class Kind:
    """A class of problem: its type's last part, the status it is sent with, and a title that never varies."""

    name: str
    status: int
    title: str


MALFORMED = Kind("malformed-body", 400, "The body cannot be read")
UNAUTHENTICATED = Kind("unauthenticated", 401, "A valid key is needed")
FORBIDDEN = Kind("forbidden", 403, "This key's role may not do that")
NOT_FOUND = Kind("not-found", 404, "No such thing")
METHOD = Kind("method-not-allowed", 405, "The method is not served here")
CONFLICT = Kind("conflict", 409, "The state of things forbids it")
DUPLICATE = Kind("likely-duplicate", 409, "This person may be registered already")
TOO_LARGE = Kind("too-large", 413, "The body is too large")
MEDIA = Kind("unsupported-media-type", 415, "The content type is not taken here")
INVALID = Kind("invalid-input", 422, "The input is not valid")
POLICY = Kind("invalid-policy", 422, "The policy cannot be used")
PHOTO = Kind("unfit-photo", 422, "A photo is no good for enrolment")
INTERNAL = Kind("internal-error", 500, "Something went wrong in the guard")
UPSTREAM = Kind("upstream", 502, "The provider failed")
UNAVAILABLE = Kind("unavailable", 503, "The guard cannot answer now")

KINDS = tuple(value for value in list(globals().values()) if isinstance(value, Kind))
_BY_STATUS = {400: MALFORMED, 401: UNAUTHENTICATED, 403: FORBIDDEN, 404: NOT_FOUND, 405: METHOD, 409: CONFLICT, 413: TOO_LARGE, 415: MEDIA}
_DETAILS = {
    404: "There is nothing at this address. A client of the provider needs the base URL that ends in /v1; the admin API is at /admin/v1/docs.",
    405: "The address exists, but not with this method; the `allow` header lists those that do.",
}


@dataclass(frozen=True, slots=True)
class Problem:
    """One answer of the admin API that says no. `extensions` are further members, such as `duplicates`."""

    kind: Kind
    detail: str
    errors: tuple[FieldError, ...] = ()
    extensions: Mapping[str, object] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    status: int | None = None

    @property
    def http_status(self) -> int:
        """The kind's status unless this problem was given its own."""
        return self.status or self.kind.status

    def document(self) -> dict[str, object]:
        """The body, with `errors` always there so that a client need not ask whether it is."""
        return {
            "type": TYPE_PREFIX + self.kind.name,
            "title": self.kind.title,
            "status": self.http_status,
            "detail": self.detail,
            "errors": [{"pointer": each.pointer, "message": each.message} for each in self.errors],
            **self.extensions,
        }

    def response(self) -> Response:
        """The answer to send."""
        return Response(orjson.dumps(self.document()), self.http_status, media_type=MEDIA_TYPE, headers=dict(self.headers))


class ProblemError(Exception):
    """A fault that only HTTP knows of (a missing key, a wrong content type), raised where it was found."""

    def __init__(self, kind: Kind, detail: str, errors: Sequence[FieldError] = (), **extensions: object) -> None:
        super().__init__(detail)
        headers = {"www-authenticate": 'Bearer realm="likeness-guard"'} if kind is UNAUTHENTICATED else {}
        self.problem = Problem(kind, detail, tuple(errors), extensions, headers)


def problem_for(error: Exception) -> Problem:
    """What to answer for an error; anything that nobody foresaw is a 500 that says nothing of its inside."""
    match error:
        case ProblemError():
            return error.problem
        case RequestValidationError():
            return _validation(error)
        case HTTPException():
            return _http(error)
        case GuardError():
            return _guard(error)
        case _:
            return Problem(INTERNAL, "The guard met an error that nobody foresaw; its log names it under this request's id.")


def _guard(error: GuardError) -> Problem:
    detail = str(error)
    match error:
        case PolicyInvalidError():
            return Problem(POLICY, detail, error.errors)
        case UnfitPhotoError():
            return Problem(PHOTO, detail, error.errors)
        case InvalidInputError():
            return Problem(INVALID, detail, error.errors)
        case NotFoundError():
            return Problem(NOT_FOUND, detail)
        case ConflictError():
            found = [_plain(each) for each in error.duplicates]
            return Problem(DUPLICATE, detail, extensions={"duplicates": found}) if found else Problem(CONFLICT, detail)
        case TooLargeError():
            return Problem(TOO_LARGE, detail, _places(error))
        case UnscreenableError():
            return Problem(INVALID, detail, _places(error))
        case UnavailableError():
            return Problem(UNAVAILABLE, detail, headers={"retry-after": str(error.retry_after_s)})
        case UpstreamError():
            return Problem(UPSTREAM, detail)
        case _:
            return Problem(INTERNAL, detail)


def _plain(value: object) -> object:
    return dataclasses.asdict(value) if dataclasses.is_dataclass(value) and not isinstance(value, type) else value


def _places(error: UnscreenableError) -> tuple[FieldError, ...]:
    return (FieldError(place_pointer(error.where), str(error)),) if error.where else ()


def place_pointer(where: str) -> str:
    """A place such as `images[0]` as a JSON pointer, `/images/0`."""
    return "/" + where.replace("[", "/").replace("]", "").replace(".", "/")


def _http(error: HTTPException) -> Problem:
    kind = _BY_STATUS.get(error.status_code, MALFORMED if error.status_code < 500 else INTERNAL)
    detail = _DETAILS.get(error.status_code, str(error.detail))
    return Problem(kind, detail, headers=dict(error.headers or {}), status=error.status_code)


def _validation(error: RequestValidationError) -> Problem:
    errors = tuple(_field_error(each) for each in error.errors())
    first = errors[0] if errors else FieldError("", "unknown")
    more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
    return Problem(INVALID, f"{first.pointer or 'the body'}: {first.message}{more}", errors)


def _field_error(error: Mapping[str, object]) -> FieldError:
    """Pydantic's report of one fault; a query or path parameter is named by `/query/limit`, a body's member by its pointer."""
    where = error.get("loc")
    parts = [str(part) for part in where] if isinstance(where, tuple | list) else []
    if parts and parts[0] == "body":
        parts = parts[1:]
    pointer = "".join("/" + part.replace("~", "~0").replace("/", "~1") for part in parts if not part.startswith("function-"))
    return FieldError(pointer, in_words(error))
