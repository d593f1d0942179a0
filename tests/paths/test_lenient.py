"""A policy that lets pass what cannot be screened: never what was not read, and never past what the texts say."""

import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from api.standin import StandIn
from guard.evaluate import portrait, trial
from guard.evaluate.trial import Trial

NAME = "Philippa Ravensdale"
POLICY = "version: 1\nname: lenient\nextends: default\non_error: {problem: allow}\n"


@pytest.fixture(scope="module")
def lenient(upstream: StandIn, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trial]:
    policy: Path = tmp_path_factory.mktemp("policy") / "lenient.yaml"
    policy.write_text(POLICY)
    with trial.running(upstream_url=f"{upstream.url}/v1", environment={"GUARD_POLICY": str(policy)}) as guard:
        guard.made("/opt-outs", json={"subject": {"name": NAME}})
        yield guard


BODIES = [
    pytest.param("/v1/images/generations", f'{{"prompt":"a teapot","prompt":"{NAME}"}}', id="a duplicate key"),
    pytest.param("/v1/images/generations", f'{{"prompt":"a teapot","x":["{NAME}"]}}', id="an unknown nested field"),
    pytest.param("/v1/fine_tuning/jobs", f'{{"prompt":"{NAME}"}}', id="an unknown route"),
]


@pytest.mark.parametrize(("path", "body"), BODIES)
def test_what_was_not_read_goes_nowhere(lenient: Trial, upstream: StandIn, path: str, body: str) -> None:
    upstream.clear()
    headers = {"authorization": f"Bearer {lenient.caller_key()}", "content-type": "application/json"}
    answer = lenient.http.post(lenient.url + path, headers=headers, content=body)
    assert (answer.json()["error"]["code"], list(upstream.seen)) == ("unscreenable_request", [])


def broken() -> bytes:
    """A picture whose container is whole and whose pixels are not."""
    whole = portrait.png(portrait.draw(portrait.ADA, 64))
    at = whole.index(b"IDAT")
    length = int.from_bytes(whole[at - 4 : at], "big")
    chunk = b"IDAT" + b"\0" * length
    return whole[:at] + chunk + zlib.crc32(chunk).to_bytes(4, "big") + whole[at + 8 + length :]


@pytest.mark.parametrize(("prompt", "status"), [(f"{NAME} at sea, photo", 400), ("a teapot", 200)])
def test_a_picture_that_cannot_be_looked_at_hides_no_name(lenient: Trial, upstream: StandIn, prompt: str, status: int) -> None:
    upstream.clear()
    headers = {"authorization": f"Bearer {lenient.caller_key()}"}
    files = {"image": ("a.png", broken(), "image/png")}
    answer = lenient.http.post(f"{lenient.url}/v1/images/edits", headers=headers, data={"prompt": prompt}, files=files)
    assert (answer.status_code, len(upstream.seen)) == (status, int(status == 200))
