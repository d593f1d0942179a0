"""What holds for every call: keys, roles, problems, headers, and that the documents list them all."""

import re
from pathlib import Path
from typing import Any

import pytest
from fastapi.routing import APIRoute

from api.admin.access import access_of
from api.admin.app import ROUTERS
from api.problems import KINDS
from guard.types import KeyRole

REFERENCE = Path(__file__).parents[3] / "docs" / "reference" / "admin-api.md"
ROUTES = [route for module in ROUTERS for route in module.router.routes if isinstance(route, APIRoute)]

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


async def test_keys_and_roles(world: Any) -> None:
    """Every call by every role, with a body that none takes: whoever may call gets past the role, and nothing happens."""
    clients = {role: world.client(role) for role in ["", *(role.value for role in KeyRole)]}
    for route in ROUTES:
        method, path = next(iter(route.methods)), re.sub(r"{[^}]*}", "nobody", route.path)
        body = {"content": b"x", "headers": {"content-type": "application/x-nonsense"}} if method in {"POST", "PATCH"} else {}
        for role, client in clients.items():
            answer = await client.request(method, path, **body)
            wanted = 401 if not role else None if role in access_of(route.endpoint).roles else 403
            where = f"{method} {path} as {role or 'nobody'}: {answer.status_code} {answer.text}"
            assert answer.headers["x-request-id"].startswith("req_"), where
            assert answer.status_code == wanted if wanted else answer.status_code in {200, 404, 409, 415, 422}, where
            if answer.status_code >= 400:
                assert answer.headers["content-type"] == "application/problem+json", where
                assert set(answer.json()) == {"type", "title", "status", "detail", "errors"}, where


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


async def test_what_nobody_foresaw_is_told_by_its_number_alone(
    world: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The caller gets the request's id, and the log line has the same one."""
    monkeypatch.setattr(world.registry, "list_keys", lambda: 1 // 0)
    answer = await world.client("admin").get("/admin/v1/keys")
    assert (answer.status_code, "division" in answer.text) == (500, False)
    [record] = [record for record in caplog.records if record.name == "api.admin.access"]
    assert vars(record)["fields"] == {"request_id": answer.headers["x-request-id"], "action": "key.list"}


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


async def test_paging_parameters(world: Any) -> None:
    admin = world.client("admin")
    for path in ("/subjects", "/cases", "/decisions", "/reviews"):
        for query in ("limit=0", "limit=1001", "limit=x", "cursor=", "cursor=!!", "cursor=YWJj", "cursor=" + "a" * 513):
            answer = await admin.get(f"/admin/v1{path}?{query}")
            assert (answer.status_code, answer.json()["type"]) == (422, "urn:likeness-guard:problem:invalid-input"), (path, query)
            assert [error["pointer"] for error in answer.json()["errors"]] == ["/query/" + query.partition("=")[0]]


UNKNOWN = [
    pytest.param("GET", "/subjects?name=Ada", "/query/name", "it has cursor, limit, query", id="a filter"),
    pytest.param("POST", "/imports?dryrun=true", "/query/dryrun", "dry_run", id="a misspelt dry run"),
    pytest.param("POST", "/keys?x/y=1", "/query/x~1y", "it has none", id="a call without parameters"),
]


@pytest.mark.parametrize(("method", "call", "pointer", "said"), UNKNOWN)
async def test_a_parameter_that_nobody_reads_is_refused(world: Any, method: str, call: str, pointer: str, said: str) -> None:
    answer = await world.client("admin").request(method, f"/admin/v1{call}")
    assert (answer.status_code, [error["pointer"] for error in answer.json()["errors"]]) == (422, [pointer])
    assert said in answer.json()["detail"]


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


def test_the_reference_lists_every_call_with_its_roles() -> None:
    listed = re.findall(r"^\| `((?:GET|POST|PATCH|DELETE) \S+)` \| (.+) \| (.+) \|$", REFERENCE.read_text("utf-8"), re.M)
    served = {
        (
            f"{next(iter(route.methods))} {route.path.removeprefix('/admin/v1')}",
            ", ".join(sorted(access_of(route.endpoint).roles)),
            route.summary,
        )
        for route in ROUTES
    }
    assert set(listed) == served


def test_the_reference_lists_every_problem() -> None:
    listed = re.findall(r"^\| (\d{3}) \| `(\S+)` \| (.+) \|$", REFERENCE.read_text("utf-8"), re.M)
    assert [(int(status), name, title) for status, name, title in listed] == [
        (kind.status, kind.name, kind.title) for kind in sorted(KINDS, key=lambda kind: (kind.status, kind.name))
    ]
