"""Every error of the tree has one answer, and none of them says more than it should."""

from dataclasses import dataclass

import orjson
import pytest
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from api.problems import FORBIDDEN, KINDS, ProblemError, place_pointer, problem_for
from guard.errors import (
    ConflictError,
    FieldError,
    GuardError,
    InvalidInputError,
    LogUnavailableError,
    NotFoundError,
    PolicyInvalidError,
    TooLargeError,
    UnfitPhotoError,
    UnscreenableError,
    UpstreamTimeoutError,
)


@dataclass(frozen=True)
class Likely:
    subject_id: str
    protected: bool


def body(kind: str, title: str, status: int, detail: str, errors: list[dict[str, str]] | None = None, **more: object) -> dict[str, object]:
    return {
        "type": f"urn:likeness-guard:problem:{kind}",
        "title": title,
        "status": status,
        "detail": detail,
        "errors": errors or [],
        **more,
    }


CASES = [
    pytest.param(
        InvalidInputError("an alias is no good", [FieldError("/aliases/0", "'the' would refuse everything")]),
        body(
            "invalid-input",
            "The input is not valid",
            422,
            "an alias is no good",
            [{"pointer": "/aliases/0", "message": "'the' would refuse everything"}],
        ),
        id="invalid input keeps its pointers",
    ),
    pytest.param(
        PolicyInvalidError("p.yaml:1:2: no"), body("invalid-policy", "The policy cannot be used", 422, "p.yaml:1:2: no"), id="policy"
    ),
    pytest.param(UnfitPhotoError("no face"), body("unfit-photo", "A photo is no good for enrolment", 422, "no face"), id="photo"),
    pytest.param(NotFoundError("no subject sub_1"), body("not-found", "No such thing", 404, "no subject sub_1"), id="not found"),
    pytest.param(ConflictError("revoked"), body("conflict", "The state of things forbids it", 409, "revoked"), id="conflict"),
    pytest.param(
        ConflictError("there already", [Likely("sub_1", True)]),
        body(
            "likely-duplicate",
            "This person may be registered already",
            409,
            "there already",
            duplicates=[{"subject_id": "sub_1", "protected": True}],
        ),
        id="duplicates are listed",
    ),
    pytest.param(
        UnscreenableError("not a picture", "images[1]"),
        body("invalid-input", "The input is not valid", 422, "not a picture", [{"pointer": "/images/1", "message": "not a picture"}]),
        id="unscreenable",
    ),
    pytest.param(TooLargeError("too big"), body("too-large", "The body is too large", 413, "too big"), id="too large"),
    pytest.param(LogUnavailableError("disk full"), body("unavailable", "The guard cannot answer now", 503, "disk full"), id="outage"),
    pytest.param(UpstreamTimeoutError("slow"), body("upstream", "The provider failed", 502, "slow"), id="upstream"),
    pytest.param(GuardError("odd"), body("internal-error", "Something went wrong in the guard", 500, "odd"), id="any other of ours"),
    pytest.param(
        KeyError("a secret"),
        body(
            "internal-error",
            "Something went wrong in the guard",
            500,
            "The guard met an error that nobody foresaw; its log names it under this request's id.",
        ),
        id="an unforeseen error says nothing of its inside",
    ),
    pytest.param(
        ProblemError(FORBIDDEN, "needs admin"), body("forbidden", "This key's role may not do that", 403, "needs admin"), id="role"
    ),
    pytest.param(
        RequestValidationError([{"loc": ("body", "subject", "a/b", 0), "msg": "Value error, is empty", "type": "value_error"}]),
        body(
            "invalid-input",
            "The input is not valid",
            422,
            "/subject/a~1b/0: is empty",
            [{"pointer": "/subject/a~1b/0", "message": "is empty"}],
        ),
        id="a validation error becomes a pointer",
    ),
    pytest.param(
        HTTPException(405, headers={"allow": "GET"}),
        body(
            "method-not-allowed",
            "The method is not served here",
            405,
            "The address exists, but not with this method; the `allow` header lists those that do.",
        ),
        id="a framework error",
    ),
]


@pytest.mark.parametrize(("error", "document"), CASES)
def test_problem_for(error: Exception, document: dict[str, object]) -> None:
    assert problem_for(error).document() == document


def test_the_response_is_problem_json_with_a_hint_when_to_return() -> None:
    response = problem_for(LogUnavailableError("disk full")).response()
    assert (response.status_code, response.headers["content-type"], response.headers["retry-after"]) == (
        503,
        "application/problem+json",
        "1",
    )
    assert orjson.loads(response.body)["status"] == 503


def test_kinds_are_named_once() -> None:
    assert len({kind.name for kind in KINDS}) == len(KINDS) == 15


def test_place_pointer() -> None:
    assert place_pointer("input[2].content[1].image_url") == "/input/2/content/1/image_url"
