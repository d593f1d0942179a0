"""`GET /stats`: counts of the registry and of the last day's decisions."""

from datetime import datetime, timedelta

from anyio import to_thread
from fastapi import APIRouter
from sqlalchemy import func, select

from api.admin.access import AdminRoute, access
from api.admin.call import CallDep
from api.admin.services import AdminServices
from api.answers import PrecisionOut, StatsOut
from api.auth import STAFF
from guard.record.event import DECISION_KINDS
from guard.record.reading import LABEL_C, bounds, size_of
from guard.storage.engine import read
from guard.types import Outcome

router = APIRouter(prefix="/admin/v1", tags=["keys"], route_class=AdminRoute)
DAY = timedelta(hours=24)


@router.get("/stats", response_model=StatsOut, summary="Counts")
@access("stats", STAFF, audited=False)
async def stats(call: CallDep) -> StatsOut:
    """People, directives, photos, keys, open cases and reviews; the log's size; the decisions of the last 24 hours by outcome; how precise each rule was."""
    return await to_thread.run_sync(count, call.services)


def count(services: AdminServices) -> StatsOut:
    """Everything that is counted, read from the database."""
    registry = services.registry.stats()
    day, size = decisions_since(services, services.clock() - DAY)
    precision = [PrecisionOut.model_validate(each) for each in services.registry.precision()]
    return StatsOut.model_validate({**registry, "log_size": size, "decisions_24h": day, "precision": precision})


def decisions_since(services: AdminServices, since: datetime) -> tuple[dict[str, int], int]:
    """How many decisions of each outcome were recorded since, and how many events the log holds."""
    with read(services.registry.engine) as connection:
        first, end = bounds(connection, since, None)
        query = select(LABEL_C.outcome, func.count()).where(
            LABEL_C.kind.in_(DECISION_KINDS), LABEL_C["index"] >= first, LABEL_C["index"] < end
        )
        found = {str(outcome): int(number) for outcome, number in connection.execute(query.group_by(LABEL_C.outcome))}
        return {outcome.value: found.get(outcome.value, 0) for outcome in Outcome}, size_of(connection)
