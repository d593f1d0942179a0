"""What every page of the console goes through: session, role, form token, audit, and a page for every problem."""

import hmac
import logging
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import parse_qsl, urlencode

from anyio import to_thread
from fastapi import Depends
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from api.admin.access import Access, access_of, read_bytes
from api.admin.audit import Audit
from api.admin.call import Call
from api.admin.services import AdminServices
from api.auth import ADMIN, AUDITOR, REGISTRAR, REVIEWER, SCREENER, STAFF, authorize
from api.console.session import Session, Sessions
from api.problems import FORBIDDEN, MALFORMED, MEDIA, ProblemError, problem_for
from guard.errors import GuardError, UnscreenableError
from guard.extract import multipart_strict
from guard.types import Mode

logger = logging.getLogger(__name__)
FORM_BYTES = 200_000
HEADERS = {
    "content-security-policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
}
NAVIGATION = (
    ("Overview", "/console", STAFF),
    ("People", "/console/subjects", REGISTRAR),
    ("Cases", "/console/cases", REGISTRAR),
    ("Reviews", "/console/reviews", REVIEWER),
    ("Decisions", "/console/decisions", AUDITOR),
    ("Exports", "/console/exports", AUDITOR),
    ("Try a prompt", "/console/screen", SCREENER),
)
DONE = {
    "protected": "They are protected: every gateway worker refuses from now on.",
    "registered": "The person is registered.",
    "revoked": "The directive is revoked.",
    "proposed": "Proposed. It binds when a second person takes the same step.",
    "stepped": "The case is one step further, and its directive with it.",
    "checked": "The file is what its digest says.",
    "resent": "The notice is in the outbox again.",
    "settled": "What does not mean this person is as you said.",
    "erased": "The person is erased. Their protection has ended with it.",
    "enrolled": "The photos are enrolled; they were looked at and not kept.",
    "removed": "The photo is withdrawn.",
    "closed": "The verdict is in force.",
    "asked": "The export is being made.",
}

pages = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
pages.filters["when"] = lambda time: str(time).replace("T", " ")[:19] if time else "–"
pages.filters["digest"] = lambda revision: str(revision).removeprefix("sha256:")[:12]
pages.filters["words"] = lambda text: str(text).replace("_", " ")


@dataclass(slots=True)
class Visit:
    """One request to the console by somebody who is signed in."""

    services: AdminServices
    session: Session
    request: Request
    call: Call
    form: dict[str, list[str]] = field(default_factory=dict)
    files: dict[str, list[bytes]] = field(default_factory=dict)

    def page(self, template: str, status: int = 200, **context: Any) -> HTMLResponse:
        """A page with the bar around it."""
        published = self.services.current.latest
        shadow = self.services.settings.mode is Mode.SHADOW or (published is not None and published.policy.mode is not Mode.ENFORCE)
        text = pages.get_template(template).render(
            key=self.session.key,
            form_token=self.session.form_token,
            navigation=[(title, path) for title, path, roles in NAVIGATION if self.session.key.role in roles],
            here=self.request.url.path,
            shadow=shadow,
            done=DONE.get(self.request.query_params.get("done", "")),
            may_register=self.session.key.role in REGISTRAR,
            is_admin=self.session.key.role in ADMIN,
            **context,
        )
        return HTMLResponse(text, status)

    def value(self, name: str) -> str:
        """One field of the form, without the white space around it; empty when it is not there."""
        return self.form.get(name, [""])[0].strip()

    def lines(self, name: str) -> list[str]:
        """A field with one entry a line."""
        return [line.strip() for line in self.value(name).splitlines() if line.strip()]


async def _current(request: Request) -> Visit:
    visit: Visit = request.state.visit
    return visit


VisitDep = Annotated[Visit, Depends(_current)]


class ConsoleRoute(APIRoute):
    """A route whose endpoint carries an `Access` and gets a `Visit`."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The endpoint with everything around it."""
        inner = super().get_route_handler()
        needs = access_of(self.endpoint)

        async def handle(request: Request) -> Response:
            response = await _answer(request, needs, inner)
            for name, value in HEADERS.items():
                response.headers.setdefault(name, value)
            return response

        return handle


async def _answer(request: Request, needs: Access, inner: Callable[[Request], Coroutine[Any, Any, Response]]) -> Response:
    services: AdminServices = request.app.state.services
    sessions: Sessions = request.app.state.sessions
    session = await to_thread.run_sync(sessions.read, request)
    if session is None:
        return sign_in_first(request)
    request_id = services.ink.request_id()
    audit = Audit(services.ink, session.key, request_id, needs.action, request.method, request.url.path)
    visit = Visit(services, session, request, Call(services, request_id, session.key, audit, f"{request.method} {request.url.path}"))
    request.state.visit = visit
    try:
        authorize(session.key, needs.roles)
        if request.method == "POST":
            await _read_form(visit, services.settings.max_body_bytes)
        response = await inner(request)
        status = response.status_code
    except (ProblemError, GuardError, HTTPException, RequestValidationError) as error:
        problem = problem_for(error)
        status = problem.http_status
        response = visit.page("problem.html", status, problem=problem)
    except Exception as error:  # the outermost place of a page, as in `AdminRoute`
        logger.exception("console page failed", extra={"fields": {"request_id": request_id, "action": needs.action}})
        problem = problem_for(error)
        status = problem.http_status
        response = visit.page("problem.html", status, problem=problem)
    try:
        await audit.settle(services.recorder, status, needed=needs.audited)
    except GuardError as error:
        problem = problem_for(error)
        response = visit.page("problem.html", problem.http_status, problem=problem)
    return response


def sign_in_first(request: Request) -> Response:
    """To the form that asks for a key, and from there back to where somebody wanted to go."""
    wanted = request.url.path if request.method == "GET" else "/console"
    return RedirectResponse("/console/login?" + urlencode({"next": wanted}), 303)


async def _read_form(visit: Visit, most: int) -> None:
    """The form's fields and files; it must carry the token that was given to this session's pages."""
    request = visit.request
    kind = request.headers.get("content-type", "")
    if kind.startswith("multipart/form-data"):
        _read_multipart(visit, await read_bytes(request, most), kind)
    else:
        visit.form = urlencoded(kind, await read_bytes(request, FORM_BYTES))
    if not hmac.compare_digest(visit.value("form_token").encode(), visit.session.form_token.encode()):
        raise ProblemError(FORBIDDEN, "This form is not from a page of your session; open the page again and send it once more.")


def urlencoded(kind: str, body: bytes) -> dict[str, list[str]]:
    """The fields of an ordinary form."""
    if kind.partition(";")[0].strip().lower() != "application/x-www-form-urlencoded":
        raise ProblemError(MEDIA, "Forms are sent as application/x-www-form-urlencoded.")
    form: dict[str, list[str]] = {}
    try:
        pairs = parse_qsl(body.decode("ascii"), keep_blank_values=True, max_num_fields=200, errors="strict")
    except ValueError as error:
        raise ProblemError(MALFORMED, "The form cannot be read.") from error
    for name, value in pairs:
        form.setdefault(name, []).append(value)
    return form


def _read_multipart(visit: Visit, body: bytes, kind: str) -> None:
    try:
        parts = multipart_strict.parse(body, kind)
        for part in parts:
            if part.filename is None:
                visit.form.setdefault(part.name, []).append(part.text())
            elif len(part.content):
                visit.files.setdefault(part.name, []).append(bytes(part.content))
    except UnscreenableError as error:
        raise ProblemError(MALFORMED, str(error)) from error


__all__ = ["HEADERS", "ConsoleRoute", "Visit", "VisitDep", "pages", "sign_in_first", "urlencoded"]
