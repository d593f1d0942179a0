"""`GUARD_MODE=shadow`: everything is decided and recorded, nothing is refused."""

from collections.abc import Iterator

import httpx2
import pytest

from api.standin import StandIn
from guard.evaluate import trial
from guard.evaluate.trial import Trial

NAME = "Cornelia Hathersage"


@pytest.fixture(scope="module")
def shadow(upstream: StandIn) -> Iterator[Trial]:
    with trial.running(upstream_url=f"{upstream.url}/v1", environment={"GUARD_MODE": "shadow"}) as guard:
        guard.made("/opt-outs", json={"subject": {"name": NAME}})
        yield guard


def post(guard: Trial, path: str, body: bytes, content_type: str = "application/json") -> httpx2.Response:
    headers = {"authorization": f"Bearer {guard.caller_key()}", "content-type": content_type}
    return guard.http.post(f"{guard.url}{path}", headers=headers, content=body)


CASES = [
    pytest.param("/v1/images/generations", f'{{"prompt":"a photo of {NAME}"}}'.encode(), id="an opted-out person"),
    pytest.param("/v1/images/generations", b'{"prompt":"a teapot","prompt":"b"}', id="a body that cannot be screened"),
    pytest.param("/v1/embeddings", b'{"input":"a teapot","model":"m"}', id="a call without pictures"),
]


@pytest.mark.parametrize(("path", "body"), CASES)
def test_nothing_is_refused_and_everything_is_recorded(shadow: Trial, upstream: StandIn, path: str, body: bytes) -> None:
    upstream.clear()
    answer = post(shadow, path, body)
    decision = shadow.admin("GET", f"/decisions/{answer.headers['x-guard-decision']}").json()
    assert [seen.path for seen in upstream.seen] == [path.encode()]
    assert answer.headers.get("x-guard-outcome") is not None
    assert decision["mode"] == "shadow"


def test_the_record_says_what_enforcing_would_have_refused(shadow: Trial) -> None:
    post(shadow, *CASES[0].values)  # type: ignore[arg-type]
    items = shadow.admin("GET", "/decisions?outcome=refuse&stage=input").json()["items"]
    assert {(item["outcome"], item["rule"]) for item in items} >= {("refuse", "opt-out")}


def test_a_route_nobody_knows_passes_with_a_clean_path_only(shadow: Trial, upstream: StandIn) -> None:
    upstream.clear()
    assert post(shadow, "/v1/never/heard/of", b"{}").headers["x-guard-outcome"] == "refuse"
    assert [seen.path for seen in upstream.seen] == [b"/v1/never/heard/of"]
    upstream.clear()
    assert post(shadow, "/v1/a;b/c", b"{}").status_code == 404
    assert post(shadow, "/v1/organization/admin_api_keys", b"{}").status_code == 404
    assert list(upstream.seen) == []
