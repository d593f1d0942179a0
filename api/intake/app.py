"""`GET|POST /opt-out` and `GET /opt-out/status`.

What the form makes waits for verification and, under the default settings, protects meanwhile. Nothing that it answers says
whether anybody is registered: somebody who is gets a case for the staff, and the same page with a number.
"""

import time
from pathlib import Path

from anyio import to_thread
from fastapi import APIRouter
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from api.admin.access import read_bytes
from api.admin.rescan import common
from api.admin.services import AdminServices
from api.console.pages import STATIC
from api.console.visit import HEADERS, urlencoded
from api.intake.limits import Turnstile
from api.problems import ProblemError
from guard.errors import InvalidInputError, NotFoundError
from guard.processes import parts
from guard.registry.case_files import PUBLIC
from guard.registry.values import ALL_CHANNELS, By, CaseData, DirectiveData, Evidence, OptOut, Requester, StatedAlias, SubjectData
from guard.types import SubjectKind

router = APIRouter(prefix="/opt-out", include_in_schema=False)
_FORM_BYTES = 20_000
_NAME, _CONTACT, _WORDS, _ALIASES = 200, 200, 2_000, 10

_STATES = {
    "received": "We have it and are going to look at it.",
    "verifying": "It is being checked.",
    "active": "It was granted and is in force.",
    "disputed": "It is being looked at again.",
    "appealed": "It is being looked at again.",
    "rejected": "It was declined.",
    "withdrawn": "It has ended.",
    "superseded": "It was replaced by a newer decision.",
}
_pages = Environment(loader=FileSystemLoader(Path(__file__).parent / "templates"), autoescape=True, undefined=StrictUndefined)


def turnstile() -> Turnstile:
    """A fresh count of this worker's visitors."""
    return Turnstile(time.monotonic)


@router.get("")
async def form() -> Response:
    """The form."""
    return _page("form.html", problem="", said={})


@router.get("/style.css")
async def style() -> Response:
    """The console's style sheet, also where the console is not served."""
    return Response((STATIC / "console.css").read_bytes(), media_type="text/css", headers={**HEADERS, "cache-control": "max-age=3600"})


@router.post("")
async def ask(request: Request) -> Response:
    """Take a request in; the page tells its number. No form token: there is no session that somebody else could use."""
    services: AdminServices = request.app.state.services
    counted: Turnstile = request.app.state.turnstile
    try:
        fields = urlencoded(request.headers.get("content-type", ""), await read_bytes(request, _FORM_BYTES))
    except ProblemError as error:
        return _page("form.html", error.problem.http_status, problem=str(error), said={})
    said = {name: values[0].strip() for name, values in fields.items()}
    try:
        asked = _namesake(said) if said.get("about") == "namesake" else _opt_out(said)
    except InvalidInputError as error:
        return _page("form.html", 422, problem=str(error), said=said)
    if not counted.admits(request.client.host if request.client else ""):
        return _page("form.html", 429, problem="Too many requests came in. Please try again in an hour.", said=said)
    try:
        number = await to_thread.run_sync(_take_in, services, asked)
    except InvalidInputError as error:
        return _page("form.html", 422, problem=str(error), said=said)
    services.nudge()
    await services.bind(await to_thread.run_sync(services.registry.revision))
    return _page("taken.html", 201, number=number)


@router.get("/status")
async def status(request: Request) -> Response:
    """Where the request with a number stands, and nothing else about it."""
    services: AdminServices = request.app.state.services
    number = request.query_params.get("number", "").strip()
    if not number:
        return _page("status.html", number="", state="")
    try:
        case = await to_thread.run_sync(services.registry.get_case, number)
    except NotFoundError:
        return _page("status.html", 404, number=number, state="There is no request with this number.")
    return _page("status.html", number=number, state=_STATES[case.status])


def _requester(said: dict[str, str]) -> tuple[Requester, tuple[Evidence, ...]]:
    """Who asks, and what they say of themselves."""
    name, contact = said.get("name", ""), said.get("contact", "")
    if not 0 < len(name) <= _NAME:
        raise InvalidInputError(f"Give your full name, with at most {_NAME} characters.")
    if not 0 < len(contact) <= _CONTACT:
        raise InvalidInputError("Say how we can reach you: a mail address, or a telephone number.")
    if len(said.get("proof", "")) > _WORDS:
        raise InvalidInputError(f"Give at most {_WORDS} characters of explanation.")
    if said.get("mine") != "yes":
        raise InvalidInputError("Confirm that you ask for yourself. Somebody who asks for another person writes to the operator.")
    return Requester("self", name, contact), (Evidence("statement", said["proof"]),) if said.get("proof") else ()


def _namesake(said: dict[str, str]) -> CaseData:
    """Somebody who has the name of a person that others may not depict, and is not that person."""
    requester, proof = _requester(said)
    if not proof:
        raise InvalidInputError("Say what tells you apart from the other person: what you do, where you live, how you are called.")
    note = f"Another person of this name, who says that refusals concern them wrongly: {requester.name}."
    return CaseData(requester=requester, evidence=proof, note=note)


def _opt_out(said: dict[str, str]) -> OptOut:
    """What the form says, as the registry takes it."""
    requester, proof = _requester(said)
    name = said["name"]
    aliases = [line.strip() for line in said.get("aliases", "").splitlines() if line.strip()]
    if len(aliases) > _ALIASES or any(len(alias) > _NAME for alias in aliases):
        raise InvalidInputError(f"Give at most {_ALIASES} other names, each with at most {_NAME} characters.")
    subject = SubjectData(name, SubjectKind.PRIVATE_PERSON, tuple(StatedAlias(alias) for alias in aliases))
    return OptOut(subject, requester, proof, DirectiveData(channels=ALL_CHANNELS))


def _take_in(services: AdminServices, asked: OptOut | CaseData) -> str:
    """The number under which it was taken in."""
    by = By(PUBLIC, parts.audit(services.keyring))
    if isinstance(asked, CaseData):
        return services.registry.namesake(asked, by)
    return services.registry.take_in(asked, by, common=lambda claim: common(services, claim), sign=services.sign)


def _page(template: str, status: int = 200, **words: object) -> HTMLResponse:
    return HTMLResponse(_pages.get_template(template).render(**words), status, headers=HEADERS)
