"""Testing one person, straight after they were registered."""

from anyio import to_thread
from fastapi import APIRouter
from starlette.responses import Response

from api.admin.access import access
from api.admin.trials import tested
from api.auth import REGISTRAR
from api.console.visit import ConsoleRoute, VisitDep, pages
from guard.evaluate.person import visible

router = APIRouter(prefix="/console", route_class=ConsoleRoute, include_in_schema=False)


pages.filters["visible"] = visible


@router.get("/subjects/{subject_id}/test")
@access("console.test", REGISTRAR, audited=False)
async def test_page(visit: VisitDep, subject_id: str) -> Response:
    """The form: photos of the person, or none."""
    subject = await to_thread.run_sync(visit.services.registry.get_subject, subject_id)
    return visit.page("trial.html", subject=subject, result=None)


@router.post("/subjects/{subject_id}/test")
@access("subject.test", REGISTRAR)
async def run_test(visit: VisitDep, subject_id: str) -> Response:
    """Every disguise, and what became of it."""
    result = await tested(visit.call, subject_id, visit.files.get("image", []))
    return visit.page("trial.html", subject=result.subject, result=result)
