"""The console: who gets in, that no form works from elsewhere, and that its forms do what the API does."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest
from starlette.requests import Request

from api.console.session import COOKIE, Session, Sessions
from guard.types import KeyRecord, KeyRole

KEY = KeyRecord("key_1", b"d" * 32, KeyRole.ADMIN, "acme")
NOW = datetime(2026, 1, 31, tzinfo=UTC)


def sessions(now: datetime = NOW, key: KeyRecord | None = KEY, secret: bytes = b"s" * 32) -> Sessions:
    return Sessions(secret, lambda digest: key if digest == KEY.digest else None, lambda: now, lambda n: b"n" * n)


def with_cookie(value: str) -> Request:
    return Request({"type": "http", "headers": [(b"cookie", f"{COOKIE}={value}".encode())]})


def test_a_session_is_read_back_until_it_ends() -> None:
    cookie = sessions().open(KEY)
    read = sessions().read(with_cookie(cookie))
    assert read is not None
    assert read == Session(KEY, read.form_token)
    assert len(read.form_token) == 64
    late = NOW + timedelta(hours=8, seconds=1)
    ended = [
        sessions(now=late),
        sessions(key=None),
        sessions(secret=b"t" * 32),
        sessions(key=KeyRecord("k", KEY.digest, KeyRole.CALLER, "a")),
    ]
    assert [each.read(with_cookie(cookie)) for each in ended] == [None] * 4


@pytest.mark.parametrize("cookie", ["", "x", "AAAA", "é", "=" * 40])
def test_what_is_no_session(cookie: str) -> None:
    assert sessions().read(with_cookie(cookie)) is None


async def signed_in(world: Any, role: str = "admin") -> tuple[httpx2.AsyncClient, str]:
    """A browser with a session, and the token of its forms."""
    browser: httpx2.AsyncClient = world.client("")
    answer = await browser.post("/console/login", data={"key": world.keys[role], "next": "/console"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/console")
    cookie = answer.headers["set-cookie"].lower()
    assert all(word in cookie for word in ("httponly", "samesite=strict", "path=/console"))
    page = await browser.get("/console")
    assert page.status_code == 200, page.text
    token = await browser.get(
        {"admin": "/console/screen", "registrar": "/console/subjects/new", "auditor": "/console/exports"}.get(role, "/console/screen")
    )
    found = re.search(r'name="form_token" value="([0-9a-f]{64})"', token.text)
    assert found is not None
    return browser, found[1]


async def test_nobody_gets_in_without_a_key_of_the_staff(world: Any) -> None:
    browser = world.client("")
    for path in ("/console", "/console/subjects", "/console/decisions/dec_x"):
        answer = await browser.get(path)
        assert (answer.status_code, answer.headers["location"]) == (303, f"/console/login?next={path.replace('/', '%2F')}")
    for key in ("lg_wrong", world.keys["caller"], ""):
        answer = await browser.post("/console/login", data={"key": key})
        assert (answer.status_code, "set-cookie" in answer.headers) == (401, False)


async def test_only_pages_of_the_console_follow_a_sign_in(world: Any) -> None:
    for wanted in ("https://evil.example", "//evil.example", "/console\\evil", "/consolevil", "/admin/v1/docs"):
        answer = await world.client("").post("/console/login", data={"key": world.keys["admin"], "next": wanted})
        assert answer.headers["location"] == "/console"


async def test_every_page_is_served_with_a_strict_policy_and_without_script(world: Any) -> None:
    browser, _ = await signed_in(world)
    await world.client("admin").post("/admin/v1/opt-outs", json={"subject": {"name": "Ada <b>Example</b>"}})
    refused = (await world.client("admin").post("/admin/v1/screen", json={"prompt": "<script>Ada b Example b</script>"})).json()
    subject = (await world.client("admin").get("/admin/v1/subjects")).json()["items"][0]
    paths = [
        "",
        "/subjects",
        "/subjects/new",
        f"/subjects/{subject['id']}",
        "/decisions",
        f"/decisions/{refused['decision_id']}",
        "/reviews",
        "/exports",
    ]
    for path in [*paths, "/screen", "/subjects?query=ada", "/login"]:
        answer = await browser.get(f"/console{path}")
        assert answer.status_code == 200, (path, answer.text)
        assert answer.headers["content-security-policy"].startswith("default-src 'none'; style-src 'self'"), path
        assert "<script" not in answer.text, path
        assert "<b>Example" not in answer.text, path
        assert re.findall(r"""\s(?:style|on[a-z]+)=""", answer.text) == [], path
    style = await browser.get("/console/static/console.css")
    assert (style.status_code, style.headers["content-type"]) == (200, "text/css; charset=utf-8")
    for path in ("/subjects/sub_nobody", "/decisions/dec_nobody", "/reviews/rev_nobody"):
        assert (await browser.get(f"/console{path}")).status_code == 404


async def test_a_form_protects_a_person(world: Any) -> None:
    browser, token = await signed_in(world, "registrar")
    form = {
        "form_token": token,
        "name": "Ada Example",
        "aliases": "Countess Example\r\nAda of Example",
        "kind": "public_figure",
        "role": "staff",
        "scopes": "all",
    }
    answer = await browser.post("/console/subjects", data=form)
    assert answer.status_code == 303, answer.text
    page = await browser.get(answer.headers["location"])
    assert "They are protected" in page.text
    assert "Countess Example" in page.text
    screened = (await world.client("admin").post("/admin/v1/screen", json={"prompt": "the Countess Example"})).json()
    assert screened["outcome"] == "refuse"
    event = next(event for event in await world.events() if event["kind"] == "admin.opt_out.create")
    assert (event["actor_role"], event["path"]) == ("registrar", "/console/subjects")
    again = await browser.post("/console/subjects", data=form)
    assert (again.status_code, "likely registered before" in again.text, 'value="Ada Example"' in again.text) == (409, True, True)
    bad = await browser.post("/console/subjects", data={**form, "name": " "})
    assert (bad.status_code, "/subject/name" in bad.text) == (422, True)


async def test_a_form_without_its_token_does_nothing(world: Any) -> None:
    browser, token = await signed_in(world)
    for wrong in ({}, {"form_token": ""}, {"form_token": "0" * 64}, {"form_token": token[:-1]}):
        answer = await browser.post("/console/subjects", data={"name": "Ada Example", **wrong})
        assert answer.status_code == 403
    for kind in ("application/json", "text/plain"):
        assert (await browser.post("/console/subjects", content=b"{}", headers={"content-type": kind})).status_code == 415
    assert (await world.client("admin").get("/admin/v1/subjects")).json()["items"] == []


async def test_roles_hold_here_as_well(world: Any) -> None:
    browser, token = await signed_in(world, "auditor")
    assert (await browser.get("/console/subjects")).status_code == 403
    assert (await browser.post("/console/subjects", data={"form_token": token, "name": "Ada Example"})).status_code == 403
    assert (await browser.get("/console/decisions")).status_code == 200


async def test_erasing_asks_for_the_name_and_revoking_for_a_reason(world: Any) -> None:
    browser, token = await signed_in(world)
    made = (await world.client("admin").post("/admin/v1/opt-outs", json={"subject": {"name": "Ada Example"}})).json()
    path = f"/console/subjects/{made['subject_id']}"
    revoked = await browser.post(f"{path}/directives/{made['directive_id']}/revoke", data={"form_token": token, "reason": "asked for it"})
    assert (revoked.status_code, revoked.headers["location"]) == (303, f"{path}?done=revoked")
    assert (await browser.post(f"{path}/erase", data={"form_token": token, "name": "Ada"})).status_code == 422
    erased = await browser.post(f"{path}/erase", data={"form_token": token, "name": "Ada Example"})
    assert (erased.status_code, erased.headers["location"]) == (303, "/console/subjects?done=erased")
    assert (await browser.get(path)).status_code == 404


async def test_trying_a_prompt_marks_what_was_found(world: Any) -> None:
    browser, token = await signed_in(world)
    await world.client("admin").post("/admin/v1/opt-outs", json={"subject": {"name": "Ada Example"}})
    page = await browser.post("/console/screen", data={"form_token": token, "prompt": "a photo of Ada Example & co"})
    assert (page.status_code, "<mark>Ada Example</mark> &amp; co" in page.text) == (200, True)


async def test_deleting_the_key_signs_out(world: Any) -> None:
    browser, _ = await signed_in(world, "auditor")
    key = next(key for key in (await world.client("admin").get("/admin/v1/keys")).json()["items"] if key["role"] == "auditor")
    await world.client("admin").delete(f"/admin/v1/keys/{key['id']}")
    assert (await browser.get("/console")).status_code == 303
