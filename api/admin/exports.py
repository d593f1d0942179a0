"""`/exports`: archives of the record that an outsider can check."""

import asyncio
import logging
import sys
from pathlib import Path

from anyio import to_thread
from fastapi import APIRouter
from starlette.responses import FileResponse, Response

from api.admin.access import AdminRoute, Takes, access
from api.admin.call import CallDep
from api.admin.export_jobs import Export, ExportJobs
from api.admin.services import AdminServices
from api.answers import ExportOut
from api.auth import AUDITOR
from api.schemas import ExportIn
from guard.errors import ConflictError
from guard.processes import parts
from guard.registry.values import By

router = APIRouter(prefix="/admin/v1", tags=["exports"], route_class=AdminRoute)
logger = logging.getLogger(__name__)

_running: set[asyncio.Task[None]] = set()
"""Exports under way in this worker; the event loop itself would forget them."""


@router.post("/exports", status_code=202, response_model=ExportOut, summary="Ask for an export")
@access("export.create", AUDITOR, Takes.JSON, idempotent=True)
async def create_export(call: CallDep, body: ExportIn | None = None) -> Response:
    """`from` inclusive, `to` exclusive, meaning the time of recording. Follow it at `GET /exports/{id}`.

    `consistent_with` lists sizes or notes of older checkpoints that you hold, of which the archive then proves that it extends them.
    """
    request = (body or ExportIn()).value()
    jobs = jobs_of(call.services)
    await to_thread.run_sync(jobs.discard_old)
    made: list[Export] = []

    def create(by: By) -> Export:
        made.append(jobs.create(request, by))
        return made[0]

    response = await call.change(create, shown, 202)
    for export in made:
        start(call.services, export.id)
    return response


@router.get("/exports/{export_id}", response_model=ExportOut, summary="How far an export is")
@access("export.read", AUDITOR, audited=False)
async def get_export(call: CallDep, export_id: str) -> ExportOut:
    """`status` is `pending`, `running`, `ready` or `failed`; an archive is kept for 24 hours, or until somebody is erased."""
    return shown(await call.read(lambda: jobs_of(call.services).get(export_id)))


@router.get("/exports/{export_id}/download", response_class=FileResponse, summary="The archive")
@access("export.download", AUDITOR)
async def download_export(call: CallDep, export_id: str) -> Response:
    """A zip that `guard audit verify` checks offline. 409 until it is ready."""
    call.audit.note(export_id=export_id)
    return archive(await call.read(lambda: jobs_of(call.services).get(export_id)))


def archive(export: Export) -> Response:
    """The file of a finished export."""
    if export.status != "ready" or export.path is None:
        why = f": {export.error}" if export.error else ""
        raise ConflictError(f"export {export.id!r} is {export.status}{why}")
    return FileResponse(Path(export.path), media_type="application/zip", filename=f"{export.id}.zip")


def jobs_of(services: AdminServices) -> ExportJobs:
    """The exports of this guard."""
    return ExportJobs(services.registry.engine, services.keyring, services.settings, clock=services.clock)


def start(services: AdminServices, export_id: str) -> None:
    """Have an export made in its own process."""
    task = asyncio.create_task(_make(services, export_id))
    _running.add(task)
    task.add_done_callback(_running.discard)


async def _make(services: AdminServices, export_id: str) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-P", "-m", "api.admin.exporter", export_id, env=parts.child_environment(services.settings)
    )
    if await process.wait() != 0:
        logger.error("an exporter ended with status %d", process.returncode)
        await to_thread.run_sync(jobs_of(services).fail, export_id, "the process that made it failed; the guard's log says why")


def shown(export: Export) -> ExportOut:
    """An export as callers see it."""
    return ExportOut(
        id=export.id,
        export_id=export.id,
        status=export.status,
        format=export.request["format"],
        redaction=export.request["redaction"],
        filter={name: export.request.get(name) for name in ("from", "to", "tenant", "subject_id", "outcome")},
        rows=export.rows,
        total=export.total,
        size_bytes=export.size_bytes,
        error=export.error,
        created_at=export.created_at,
        finished_at=export.finished_at,
    )
