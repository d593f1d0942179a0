"""Two gateway workers: what one of them is told, both know before the teller has the answer."""

import concurrent.futures
from collections import Counter
from collections.abc import Iterator

import httpx2
import pytest

from api.standin import StandIn
from guard.evaluate import trial
from guard.evaluate.trial import Trial


def ask(guard: Trial, prompt: str) -> int:
    """The status of one request on a connection of its own, so that either worker may get it."""
    body = {"prompt": prompt}
    headers = {"authorization": f"Bearer {guard.caller_key()}", "connection": "close"}
    return httpx2.post(f"{guard.url}/v1/images/generations", headers=headers, json=body, timeout=60, trust_env=False).status_code


@pytest.fixture(scope="module")
def two_workers(upstream: StandIn) -> Iterator[Trial]:
    with trial.running(upstream_url=f"{upstream.url}/v1", environment={"GUARD_WORKERS": "2", "GUARD_POLICY": "prompt-only"}) as running:
        yield running


@pytest.fixture
def guard(two_workers: Trial, upstream: StandIn) -> Trial:
    upstream.clear()
    return two_workers


def test_a_201_means_that_both_workers_refuse(guard: Trial) -> None:
    guard.caller_key()
    for number in range(5):
        name = f"Marguerite Oldacre{'abcde'[number] * 3}"
        prompt = f"a photo of {name} at sea"
        with concurrent.futures.ThreadPoolExecutor(8) as threads:
            assert {*threads.map(lambda prompt: ask(guard, prompt), [prompt] * 8)} == {200}
            made = guard.made("/opt-outs", json={"subject": {"name": name}})
            assert {*threads.map(lambda prompt: ask(guard, prompt), [prompt] * 16)} == {400}
            revoked = guard.admin("POST", f"/directives/{made['directive_id']}/revoke", json={"reason": "changed her mind"})
            assert revoked.status_code in (200, 201)
            assert {*threads.map(lambda prompt: ask(guard, prompt), [prompt] * 8)} == {200}


def test_a_counted_grant_is_never_exceeded(guard: Trial, upstream: StandIn) -> None:
    assert counted_out(guard, uses=7, requests=40) == {200: 7, 400: 33}
    assert sum(seen.path == b"/v1/images/generations" for seen in upstream.seen) == 7


def counted_out(guard: Trial, uses: int, requests: int) -> Counter[int]:
    """The statuses of many requests at once under one counted grant."""
    subject_id = guard.made("/opt-outs", json={"subject": {"name": "Torvald Engebakk"}})["subject_id"]
    guard.caller_key()
    guard.made("/grants", json={"subject_id": subject_id, "tenant": "default", "max_uses": uses})
    with concurrent.futures.ThreadPoolExecutor(requests) as threads:
        return Counter(threads.map(lambda _: ask(guard, "a photo of Torvald Engebakk at sea"), range(requests)))


def test_a_deleted_key_is_refused_within_a_second(guard: Trial) -> None:
    key = guard.made("/keys", json={"role": "caller", "tenant": "default", "name": "short-lived"})
    headers = {"authorization": f"Bearer {key['key']}", "connection": "close"}

    def status() -> int:
        answer = httpx2.post(f"{guard.url}/v1/images/generations", headers=headers, json={"prompt": "a teapot"}, trust_env=False)
        return answer.status_code

    assert {status() for _ in range(6)} == {200}
    assert guard.admin("DELETE", f"/keys/{key['id']}").status_code == 204
    assert {status() for _ in range(12)} == {401}
