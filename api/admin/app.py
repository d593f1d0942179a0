"""The admin API and the console as one FastAPI application."""

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from api.admin import (
    cases,
    decisions,
    directives,
    docs,
    encodings,
    exports,
    faces,
    imports,
    keys,
    known_images,
    log,
    optouts,
    policies,
    reviews,
    screen,
    stats,
    subjects,
    trials,
)
from api.admin.access import access_of
from api.admin.services import AdminServices
from api.console import actions, entry, pages
from api.console import cases as case_pages
from api.console import trials as trial_pages
from api.console.session import Sessions
from api.intake import app as intake
from api.problems import problem_for

ROUTERS = (
    optouts,
    subjects,
    trials,
    faces,
    encodings,
    directives,
    cases,
    known_images,
    imports,
    screen,
    reviews,
    decisions,
    exports,
    policies,
    log,
    keys,
    stats,
)

API_VERSION = "1"
_ABOUT = "Register who must not be depicted, look up what was decided, and prove it."


def create_admin_app(services: AdminServices) -> FastAPI:
    """Everything below `/admin/v1` and `/console`."""
    services.ink  # noqa: B018 - made now, because the first audit event is sealed inside a transaction
    app = FastAPI(
        title="Likeness Guard admin API",
        version=API_VERSION,
        description=_ABOUT,
        openapi_url="/admin/v1/openapi.json",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        generate_unique_id_function=lambda route: route.name,
        exception_handlers={HTTPException: _problem, RequestValidationError: _problem, Exception: _problem},
    )
    app.state.services = services
    for module in ROUTERS:
        for route in module.router.routes:
            if isinstance(route, APIRoute):
                needs = access_of(route.endpoint)
                route.openapi_extra = {**(route.openapi_extra or {}), "x-roles": sorted(role.value for role in needs.roles)}
        app.include_router(module.router)
    app.include_router(docs.router)
    app.state.sessions = Sessions(
        services.keyring.get_or_create("registry", "console"), services.registry.find_key, services.clock, services.entropy
    )
    for router in (entry.router, pages.router, case_pages.router, trial_pages.router, actions.router):
        app.include_router(router)
    if services.settings.public_intake:
        app.state.turnstile = intake.turnstile()
        app.include_router(intake.router)
    return app


async def _problem(_request: Request, error: Exception) -> Response:
    return problem_for(error).response()
