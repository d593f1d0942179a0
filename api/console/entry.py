"""Signing in and out, and the style sheet: what the console shows to people it does not know."""

import asyncio

from anyio import to_thread
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from api.admin.access import read_bytes
from api.admin.services import AdminServices
from api.auth import STAFF, digest
from api.console.pages import STATIC
from api.console.session import Sessions, drop_cookie, set_cookie
from api.console.visit import FORM_BYTES, HEADERS, pages, urlencoded
from api.problems import ProblemError

router = APIRouter(prefix="/console", include_in_schema=False)
WRONG_KEY_S = 0.5


@router.get("/login")
async def login_page(request: Request) -> Response:
    """The form that asks for a key."""
    return _login(_next(request.query_params.get("next")), "")


@router.post("/login")
async def login(request: Request) -> Response:
    """Open a session for a key of the staff. No form token: there is no session yet, and `SameSite` keeps others from using one."""
    services: AdminServices = request.app.state.services
    sessions: Sessions = request.app.state.sessions
    try:
        form = urlencoded(request.headers.get("content-type", ""), await read_bytes(request, FORM_BYTES))
    except ProblemError as error:
        return _login("/console", str(error), error.problem.http_status)
    wanted = _next(form.get("next", [""])[0])
    key = await to_thread.run_sync(services.registry.find_key, digest(form.get("key", [""])[0].strip()))
    if key is None or key.role not in STAFF:
        await asyncio.sleep(WRONG_KEY_S)
        why = (
            "This key is not known, or was deleted." if key is None else "A caller key is for the gateway; sign in with a key of the staff."
        )
        return _login(wanted, why, 401)
    response = RedirectResponse(wanted, 303, headers=HEADERS)
    set_cookie(response, sessions.open(key), secure=request.url.scheme == "https")
    return response


@router.post("/logout")
async def logout(request: Request) -> Response:
    """End the session in this browser."""
    response = RedirectResponse("/console/login", 303, headers=HEADERS)
    drop_cookie(response)
    return response


@router.get("/static/console.css")
async def style() -> Response:
    """The one style sheet."""
    return Response((STATIC / "console.css").read_bytes(), media_type="text/css", headers={**HEADERS, "cache-control": "max-age=3600"})


def _login(wanted: str, problem: str, status: int = 200) -> Response:
    return HTMLResponse(pages.get_template("login.html").render(wanted=wanted, problem=problem), status, headers=HEADERS)


def _next(path: str | None) -> str:
    """Where to go after signing in: a page of the console and nowhere else."""
    return path if path and path.startswith("/console") and path[8:9] in {"", "/"} and "\\" not in path and "//" not in path else "/console"
