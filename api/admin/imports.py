"""`POST /imports`: many opt-outs at once, as a job; and `GET /jobs/{id}`."""

import asyncio
import logging
import sys
from asyncio.subprocess import PIPE
from dataclasses import asdict
from typing import Any

import orjson
from anyio import to_thread
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from api.admin import alive
from api.admin.access import AdminRoute, Takes, access
from api.admin.call import Call, CallDep
from api.admin.importer import Task
from api.admin.services import AdminServices
from api.answers import JobOut
from api.auth import REGISTRAR
from api.problems import MALFORMED, MEDIA, ProblemError
from guard.errors import GuardError, UnscreenableError
from guard.extract import multipart_strict
from guard.processes import parts
from guard.registry.values import By, Job

GRACE_S = 60.0  # from the 202 until the importer holds its lock, and from its end until its worker has bound what it did
router = APIRouter(prefix="/admin/v1", tags=["imports"], route_class=AdminRoute)
logger = logging.getLogger(__name__)

JSON_LINES = frozenset(
    {"application/x-ndjson", "application/ndjson", "application/jsonl", "application/json", "application/octet-stream", "text/plain"}
)
CSV = frozenset({"text/csv", "application/csv"})
_LINES = {
    "requestBody": {"required": True, "content": {kind: {"schema": {"type": "string"}} for kind in ("application/x-ndjson", "text/csv")}}
}
_running: set[asyncio.Task[None]] = set()
"""Imports under way in this worker; the event loop itself would forget them."""


@router.post("/imports", status_code=202, response_model=JobOut, summary="Register many opt-outs at once", openapi_extra=_LINES)
@access("import", REGISTRAR, Takes.RAW, idempotent=True)
async def start_import(call: CallDep, request: Request, *, dry_run: bool = False) -> Response:
    """JSON Lines (each line the body of `POST /opt-outs`) or CSV; all lines or none, active at once, binding when the job is `done`.

    Follow it at `GET /jobs/{id}`. With `dry_run` everything is checked and nothing changes.
    """
    content, csv = _content(call, request)
    if not content.strip():
        raise ProblemError(MALFORMED, "The body holds no line.")
    started: list[Job] = []

    def create(by: By) -> Job:
        job = call.services.registry.create_job("import", by)
        started.append(job)
        return job

    response = await call.change(create, shown_job, 202)
    for job in started:
        alive.announce(alive.lock_path(call.services.settings.data_dir, job.id))
        task = Task(job.id, call.key.id, call.key.role.value, call.request_id, call.route.partition(" ")[2], csv, dry_run)
        running = asyncio.create_task(_follow(call.services, task, content))
        _running.add(running)
        running.add_done_callback(_running.discard)
    return response


@router.get("/jobs/{job_id}", response_model=JobOut, summary="How far a job is")
@access("job.read", REGISTRAR, audited=False)
async def get_job(call: CallDep, job_id: str) -> JobOut:
    """`status` is `pending`, `running`, `done` or `failed`; `refused` names each line that was refused, and why."""
    return shown_job(await to_thread.run_sync(look, call.services, job_id))


def look(services: AdminServices, job_id: str) -> Job:
    """A job; one whose process, and the worker that waited for it, have died is `failed` from now on."""
    registry = services.registry
    job = registry.get_job(job_id)
    lock = alive.lock_path(services.settings.data_dir, job_id)
    if job.finished_at is None and alive.died(lock, GRACE_S, services.clock().timestamp()):
        registry.finish_job(job_id, {"imported": 0, "error": "its process ended before it did; start it again"}, failed=True)
        return registry.get_job(job_id)
    return job


def shown_job(job: Job) -> JobOut:
    """A job and its report."""
    report = dict(job.report or {})
    return JobOut(
        job_id=job.id,
        id=job.id,
        kind=job.kind,
        status=job.status,
        done=job.done,
        total=job.total,
        imported=report.get("imported"),
        refused=report.get("refused", []),
        dry_run=report.get("dry_run"),
        error=report.get("error"),
        created_at=job.created_at,
        finished_at=job.finished_at,
    )


async def _follow(services: AdminServices, task: Task, content: bytes) -> None:
    """Run the import in its own process, bind what it did, then write the report down."""
    registry = services.registry
    try:
        await to_thread.run_sync(registry.progress_job, task.job_id, 0)
        report = await _in_its_own_process(services, task, content)
        await services.bind(await to_thread.run_sync(registry.revision))
        services.nudge()
        failed = bool(report["refused"]) and not task.dry_run
        lines = report["imported"] + len(report["refused"])
        await to_thread.run_sync(registry.progress_job, task.job_id, lines, lines)
    except (OSError, GuardError, ChildProcessError) as error:
        logger.exception("import failed", extra={"fields": {"job": task.job_id}})
        report, failed = {"imported": 0, "refused": [], "dry_run": task.dry_run, "error": f"the import could not be done: {error}"}, True
    await to_thread.run_sync(lambda: registry.finish_job(task.job_id, report, failed=failed))
    alive.settle(alive.lock_path(services.settings.data_dir, task.job_id))


async def _in_its_own_process(services: AdminServices, task: Task, content: bytes) -> dict[str, Any]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-P", "-m", "api.admin.importer", stdin=PIPE, stdout=PIPE, env=parts.child_environment(services.settings)
    )
    try:
        answer, _ = await process.communicate(orjson.dumps(asdict(task)) + b"\n" + content)
    except asyncio.CancelledError:
        process.kill()
        raise
    if process.returncode != 0:
        raise ChildProcessError(f"its process ended with status {process.returncode}; the guard's log says why")
    report: dict[str, Any] = orjson.loads(answer)
    return report


def _content(call: Call, request: Request) -> tuple[bytes, bool]:
    """The lines, and whether they are CSV; a form with one file is taken as well."""
    kind = request.headers.get("content-type", "application/x-ndjson").partition(";")[0].strip().lower()
    if kind in CSV:
        return call.body, True
    if kind in JSON_LINES:
        return call.body, False
    if kind == "multipart/form-data":
        files = [part for part in _parts(call, request) if part.filename is not None]
        if len(files) != 1:
            raise ProblemError(MALFORMED, "The form must hold one file.")
        name = (files[0].filename or "").lower()
        return bytes(files[0].content), name.endswith(".csv") or files[0].content_type in CSV
    raise ProblemError(MEDIA, "Send JSON Lines as `application/x-ndjson`, or CSV as `text/csv`.")


def _parts(call: Call, request: Request) -> list[multipart_strict.Part]:
    try:
        return multipart_strict.parse(call.body, request.headers.get("content-type", ""))
    except UnscreenableError as error:
        raise ProblemError(MALFORMED, str(error)) from error
