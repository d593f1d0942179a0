"""Directives and grants over HTTP: what contradicts, overlaps, lies in the past, or names somebody unknown gets a clear answer."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

NAME = "Marit Solhaugen"
PROMPT = {"prompt": f"{NAME} on a throne", "tenant": "studio", "purpose": "advertising"}


async def registered(world: Any) -> str:
    made = (await world.client("registrar").post("/admin/v1/opt-outs", json={"subject": {"name": NAME}})).json()
    return str(made["subject_id"])


async def outcome(world: Any, **question: Any) -> str:
    return str((await world.client("reviewer").post("/admin/v1/screen", json={**PROMPT, **question})).json()["outcome"])


def soon(hours: float, zone: timezone = UTC) -> str:
    return (datetime.now(UTC) + timedelta(hours=hours)).astimezone(zone).isoformat()


WRONG = [
    pytest.param({"expires_at": soon(-1)}, "/expires_at", "has passed already", id="it would never bind"),
    pytest.param({"expires_at": soon(-1, timezone(timedelta(hours=14)))}, "/expires_at", "has passed already", id="in another zone"),
    pytest.param({"effective_from": soon(2), "expires_at": soon(1)}, "", "later than effective_from", id="it ends before it begins"),
    pytest.param(
        {"effective_from": soon(1), "expires_at": soon(1 + 13, timezone(timedelta(hours=-12)))}, None, "", id="in order, in two zones"
    ),
    pytest.param({"expires_at": "2100-01-01T00:00:00"}, "/expires_at", "", id="a time without a zone"),
    pytest.param({"max_uses": 0}, "/max_uses", "", id="no uses"),
    pytest.param({"max_uses": 1.5}, "/max_uses", "", id="half a use"),
    pytest.param({"tenant": "_guard"}, None, "underscore", id="a tenant of the guard's own"),
    pytest.param({"tenant": ""}, "/tenant", "", id="no tenant"),
    pytest.param({"scopes": ["everything"]}, "/scopes/0", "", id="a scope that nobody knows"),
    pytest.param({"effect": "deny"}, "/effect", "", id="a field that a grant does not have"),
]


@pytest.mark.parametrize(("change", "pointer", "message"), WRONG)
async def test_what_is_wrong_with_a_grant_is_said_and_nothing_binds(
    world: Any, change: dict[str, Any], pointer: str | None, message: str
) -> None:
    subject_id = await registered(world)
    before = world.registry.revision()
    answer = await world.client("registrar").post("/admin/v1/grants", json={"subject_id": subject_id, "tenant": "studio", **change})
    if answer.status_code == 201:
        assert (pointer, message, await outcome(world)) == (None, "", "refuse")  # it begins in an hour
        return
    problem = answer.json()
    pointers = [error["pointer"] for error in problem["errors"]]
    assert (answer.status_code, world.registry.revision(), await outcome(world)) == (422, before, "refuse")
    assert message in answer.text
    assert pointer is None or pointer in pointers


async def test_an_opt_out_that_would_never_protect_is_refused(world: Any) -> None:
    answer = await world.client("registrar").post("/admin/v1/opt-outs", json={"subject": {"name": NAME}, "expires_at": soon(-24)})
    assert (answer.status_code, "never bind" in answer.json()["detail"], world.registry.stats()["subjects"]) == (422, True, 0)


async def test_a_grant_may_be_back_dated(world: Any) -> None:
    grant = {"subject_id": await registered(world), "tenant": "studio", "effective_from": "2020-01-01T00:00:00Z"}
    assert (await world.client("registrar").post("/admin/v1/grants", json=grant)).status_code == 201
    assert await outcome(world) == "allow"


async def test_a_tenant_that_nobody_knows_is_made_and_said(world: Any) -> None:
    grant = {"subject_id": await registered(world), "tenant": "nobody-yet"}
    answer = (await world.client("registrar").post("/admin/v1/grants", json=grant)).json()
    assert ("no caller key yet" in answer["warnings"][0], await outcome(world), await outcome(world, tenant="nobody-yet")) == (
        True,
        "refuse",
        "allow",
    )


async def test_overlapping_grants_and_a_contradicting_denial(world: Any) -> None:
    subject_id, registrar = await registered(world), world.client("registrar")
    grants = [
        (await registrar.post("/admin/v1/grants", json={"subject_id": subject_id, "tenant": "studio", **more})).json()["directive_id"]
        for more in ({"purposes": ["advertising"]}, {"max_uses": 5}, {"purposes": ["news"]})
    ]
    assert [await outcome(world), await outcome(world, purpose="news"), await outcome(world, tenant="other")] == [
        "allow",
        "allow",
        "refuse",
    ]
    court = {"effect": "deny", "requester": {"role": "court"}}
    order = (await registrar.post(f"/admin/v1/subjects/{subject_id}/directives", json=court)).json()
    assert await outcome(world) == "allow"  # nobody has verified that a court said so
    await registrar.post(f"/admin/v1/cases/{order['case_id']}/transition", json={"to": "active"})
    assert await outcome(world) == "refuse"
    await registrar.post(f"/admin/v1/directives/{order['directive_id']}/revoke")
    for directive_id in grants:
        assert await outcome(world, purpose="news") == "allow"
        await registrar.post(f"/admin/v1/directives/{directive_id}/revoke")
    assert await outcome(world, purpose="news") == "refuse"


async def test_two_tenants_never_see_each_others_grants(world: Any) -> None:
    subject_id, registrar = await registered(world), world.client("registrar")
    await registrar.post("/admin/v1/grants", json={"subject_id": subject_id, "tenant": "studio"})
    asked = (await world.client("reviewer").post("/admin/v1/screen", json={**PROMPT, "tenant": "other"})).json()
    assert (asked["outcome"], asked["grant"]) == ("refuse", None)
