"""The worked cases of the bundled policies, through the real gateway: the cast is registered, the policy activated, the prompt sent.

Cases about pictures, or about the output, need faces that nobody has; those run on findings (tests/guard/decide/test_cases.py).
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from api.standin import StandIn
from guard.decide.load import bundled, load
from guard.decide.policy import Case
from guard.evaluate import trial
from guard.evaluate.trial import Trial
from guard.types import Channel, Directive, DirectiveStatus, Modality, Stage, SubjectRecord

FEWEST = 4
"""Cases of each policy that must be about a prompt, so that this test cannot come to run none."""


@pytest.fixture(scope="module")
def guard(upstream: StandIn) -> Iterator[Trial]:
    with trial.running(upstream_url=f"{upstream.url}/v1") as running:
        yield running


def about_a_prompt(case: Case) -> bool:
    names_only = all(hit.modality is Modality.NAME for hit in case.findings.hits)
    return case.prompt is not None and case.stage is Stage.INPUT and not case.pictures and names_only and case.route == "images.generations"


def register(guard: Trial, person: SubjectRecord, shift: timedelta) -> str:
    made = guard.made("/subjects", params={"allow_duplicate": "true"}, json={"name": person.name, "kind": person.kind.value})
    for directive in person.directives:
        state(guard, made["id"], directive, shift)
    return str(made["id"])


def state(guard: Trial, subject_id: str, directive: Directive, shift: timedelta) -> None:
    """State a directive as its requester does, and bring it to where the case has it."""
    times = {
        name: at and (at + shift).isoformat()
        for name, at in (("effective_from", directive.effective_from), ("expires_at", directive.expires_at))
    }
    lists = ("scopes", "exemptions", "jurisdictions", "purposes", "endpoints", "models", "terms")
    body: dict[str, Any] = {
        **{name: list(getattr(directive, name)) for name in lists},
        **times,
        "effect": directive.effect.value,
        "requester": {"role": directive.authority},
        "modalities": [channel.value for channel in directive.channels or Channel],
        "tenant": directive.tenant,
        "max_uses": directive.max_uses,
    }
    made = guard.made(f"/subjects/{subject_id}/directives", json=body)
    if directive.status in {DirectiveStatus.ACTIVE, DirectiveStatus.REVOKED} and made["status"] == "pending_verification":
        guard.made(f"/cases/{made['case_id']}/transition", json={"to": "active"})
    if directive.status is DirectiveStatus.REVOKED:
        guard.made(f"/directives/{made['directive_id']}/revoke", json={"reason": "as the case has it"})


def decided(guard: Trial, case: Case) -> tuple[str, str]:
    """Outcome and rule of what the gateway recorded for the case's prompt."""
    stated = {
        "x-guard-purpose": case.purpose,
        "x-guard-jurisdiction": case.jurisdiction,
        "x-guard-attestation": "yes" if case.attestation else None,
    }
    headers = {"authorization": f"Bearer {guard.caller_key(case.tenant)}", **{name: value for name, value in stated.items() if value}}
    asked = {"prompt": case.prompt, **({"model": case.model} if case.model else {})}
    answer = guard.http.post(f"{guard.url}/v1/images/generations", headers=headers, json=asked)
    listed = guard.admin("GET", f"/decisions?request_id={answer.headers['x-request-id']}&stage=input").json()["items"]
    assert len(listed) == 1, answer.text
    return listed[0]["outcome"], listed[0]["rule"]


@pytest.mark.parametrize("name", bundled())
def test_the_cases_of_a_policy_through_the_gateway(guard: Trial, name: str) -> None:
    cases = [case for case in load(name).cases if about_a_prompt(case)]
    shift = datetime.now(UTC) - cases[0].now
    registered = [register(guard, person, shift) for person in cases[0].people.values()]
    guard.made(f"/policies/{name}/activate", json={})
    got = {case.name: decided(guard, case) for case in cases}
    for subject_id in registered:
        assert guard.admin("DELETE", f"/subjects/{subject_id}").status_code == 200
    assert got == {case.name: (case.outcome.value, case.rule) for case in cases}
    assert len(cases) >= FEWEST
