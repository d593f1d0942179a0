"""What holds for every call: keys, roles, problems, headers, and that the documents list them all."""

import re
from pathlib import Path
from typing import Any

import pytest
from fastapi.routing import APIRoute

from api.admin.access import access_of
from api.admin.app import ROUTERS
from guard.types import KeyRole

REFERENCE = Path(__file__).parents[3] / "docs" / "reference" / "admin-api.md"
ROUTES = [route for module in ROUTERS for route in module.router.routes if isinstance(route, APIRoute)]
CALLS = [pytest.param(route, id=f"{next(iter(route.methods))} {route.path}") for route in ROUTES]

CONTRACT = """
POST /opt-outs · GET /subjects · POST /subjects · GET /subjects/{} · PATCH /subjects/{} · DELETE /subjects/{} · POST /subjects/{}/faces · GET /subjects/{}/faces
DELETE /subjects/{}/faces/{} · GET /subjects/{}/directives · POST /subjects/{}/directives · POST /directives/{}/revoke · POST /grants · GET /cases · POST /cases
POST /cases/{}/transition · POST /known-images · POST /imports · GET /jobs/{} · POST /screen · GET /decisions · GET /decisions/{} · GET /reviews · POST /reviews/{}
GET /policies · GET /policies/{} · POST /policies/validate · POST /policies/test · POST /policies/replay · POST /policies/{}/activate · POST /exports · GET /exports/{}
GET /exports/{}/download · GET /log/checkpoint · GET /log/entries · GET /log/proofs/inclusion · GET /log/proofs/consistency · GET /log/key · POST /keys · GET /keys
DELETE /keys/{} · GET /stats · GET /tenants
"""
UNAUDITED = re.compile(r"GET /(log/.*|jobs/\{\}|exports/\{\}|stats)")


def call_of(route: APIRoute) -> str:
    return f"{next(iter(route.methods))} {re.sub(r'{[^}]*}', '{}', route.path.removeprefix('/admin/v1'))}"


def test_the_contract_is_served() -> None:
    wanted = {call for line in CONTRACT.strip().splitlines() for call in line.split(" · ")}
    assert wanted - {call_of(route) for route in ROUTES} == set()


def test_only_what_the_design_names_goes_unaudited() -> None:
    assert {call_of(r) for r in ROUTES if not access_of(r.endpoint).audited} == {
        call_of(r) for r in ROUTES if UNAUDITED.fullmatch(call_of(r))
    }


async def send(world: Any, role: str, route: APIRoute) -> Any:
    path = re.sub(r"{[^}]*}", "nobody", route.path)
    return await world.client(role).request(next(iter(route.methods)), path)


@pytest.mark.parametrize("route", CALLS)
async def test_keys_and_roles(world: Any, route: APIRoute) -> None:
    allowed = access_of(route.endpoint).roles
    for role in ["", *KeyRole]:
        answer = await send(world, role, route)
        wanted = 401 if not role else 200 if role in allowed else 403
        assert answer.headers["x-request-id"].startswith("req_")
        if wanted != 200:
            assert (role, answer.status_code, answer.headers["content-type"]) == (role, wanted, "application/problem+json")
            assert set(answer.json()) == {"type", "title", "status", "detail", "errors"}
        else:
            assert (role, answer.status_code in {401, 403, 500}) == (role, False), answer.text


async def test_a_refused_call_is_an_event_too(world: Any) -> None:
    await world.client("auditor").delete("/admin/v1/subjects/sub_x")
    await world.client("").delete("/admin/v1/subjects/sub_x")
    event = (await world.events())[-1]
    assert {name: event[name] for name in ("kind", "actor_role", "result", "status", "path")} == {
        "kind": "admin.subject.erase",
        "actor_role": "auditor",
        "result": "refused",
        "status": 403,
        "path": "/admin/v1/subjects/sub_x",
    }


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/admin/v1/nothing", 404),
        ("GET", "/admin/v1/subjects/", 404),
        ("PUT", "/admin/v1/subjects", 405),
        ("GET", "/", 404),
        ("GET", "/docs", 404),
    ],
)
async def test_addresses_that_are_not_there(world: Any, method: str, path: str, status: int) -> None:
    answer = await world.client("admin").request(method, path)
    assert (answer.status_code, answer.headers["content-type"], answer.json()["status"]) == (status, "application/problem+json", status)


@pytest.mark.parametrize("query", ["limit=0", "limit=1001", "limit=x", "cursor=", "cursor=!!", "cursor=YWJj", "cursor=" + "a" * 513])
@pytest.mark.parametrize("path", ["/subjects", "/cases", "/decisions", "/reviews"])
async def test_paging_parameters(world: Any, path: str, query: str) -> None:
    answer = await world.client("admin").get(f"/admin/v1{path}?{query}")
    assert (answer.status_code, answer.json()["type"]) == (422, "urn:likeness-guard:problem:invalid-input")
    assert [error["pointer"] for error in answer.json()["errors"]] == ["/query/" + query.partition("=")[0]]


async def test_openapi_and_pages_need_no_key_and_nothing_from_elsewhere(world: Any) -> None:
    anyone = world.client("")
    document = (await anyone.get("/admin/v1/openapi.json")).json()
    page = await anyone.get("/admin/v1/docs")
    style = await anyone.get("/admin/v1/docs/style.css")
    assert (document["openapi"][:3], page.status_code, style.headers["content-type"]) == ("3.1", 200, "text/css; charset=utf-8")
    for route in ROUTES:
        operation = document["paths"][route.path][next(iter(route.methods)).lower()]
        assert operation["summary"]
        assert operation["x-roles"] == sorted(access_of(route.endpoint).roles)
        assert f'id="{operation["operationId"]}"' in page.text
    assert re.findall(r'(?:src|href)="(?!#|/admin/v1/)[^"]*"', page.text) == []
    assert "<script" not in page.text
    assert page.headers["content-security-policy"].startswith("default-src 'none'")


def test_the_reference_lists_every_call() -> None:
    text = REFERENCE.read_text("utf-8")
    listed = {
        (method, re.sub(r"{[^}]*}", "{}", path)) for method, path in re.findall(r"^\| `(GET|POST|PATCH|DELETE) (\S+)` \|", text, re.M)
    }
    assert listed == {tuple(call_of(route).split(" ")) for route in ROUTES}
