"""Who gets in, and who is told what."""

import pytest
from starlette.requests import Request

from api.auth import ADMIN, AUDITOR, REGISTRAR, REVIEWER, SCREENER, STAFF, authenticate, authorize, bearer, digest
from api.problems import ProblemError
from guard.types import KeyRecord, KeyRole

KEY = KeyRecord("key_1", digest("lg_right"), KeyRole.REVIEWER, "acme")


def request(*values: str) -> Request:
    return Request({"type": "http", "headers": [(b"authorization", value.encode()) for value in values]})


@pytest.mark.parametrize(
    ("values", "key"),
    [
        pytest.param(["Bearer lg_a"], "lg_a", id="plain"),
        pytest.param(["bearer   lg_a"], "lg_a", id="any case, any spaces"),
        pytest.param([], None, id="none"),
        pytest.param(["Bearer lg_a", "Bearer lg_b"], None, id="two headers"),
        pytest.param(["Basic lg_a"], None, id="another scheme"),
        pytest.param(["Bearer lg_a lg_b"], None, id="two words"),
        pytest.param(["Bearer " + "x" * 513], None, id="absurdly long"),
    ],
)
def test_bearer(values: list[str], key: str | None) -> None:
    assert bearer(request(*values)) == key


def test_authenticate() -> None:
    known = {KEY.digest: KEY}
    assert authenticate("lg_right", known.get) == KEY
    for wrong in (None, "lg_wrong"):
        with pytest.raises(ProblemError) as caught:
            authenticate(wrong, known.get)
        assert caught.value.problem.http_status == 401
        assert caught.value.problem.headers == {"www-authenticate": 'Bearer realm="likeness-guard"'}


@pytest.mark.parametrize(
    ("roles", "may"),
    [
        (ADMIN, {"admin"}),
        (REGISTRAR, {"admin", "registrar"}),
        (REVIEWER, {"admin", "reviewer"}),
        (AUDITOR, {"admin", "auditor"}),
        (SCREENER, {"admin", "registrar", "reviewer"}),
        (STAFF, {"admin", "registrar", "reviewer", "auditor"}),
    ],
)
def test_authorize(roles: frozenset[KeyRole], may: set[str]) -> None:
    assert {role.value for role in KeyRole if _status(role, roles) == 200} == may
    assert {_status(role, roles) for role in KeyRole} == {200, 403}


def _status(role: KeyRole, roles: frozenset[KeyRole]) -> int:
    try:
        authorize(KeyRecord("key_1", b"", role, "acme"), roles)
    except ProblemError as error:
        return error.problem.http_status
    return 200
