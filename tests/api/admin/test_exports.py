"""`/exports`: asked for, made in a process of its own, fetched, and gone when somebody is erased."""

import asyncio
import io
import os
import zipfile
from typing import Any

import orjson
import pytest

from api.admin import alive
from api.admin.exports import jobs_of
from api.schemas import ExportIn
from guard.record.export import Exported, partial_of
from guard.registry.values import By

PATH = "/admin/v1/exports"


async def finished(client: Any, export_id: str) -> dict[str, Any]:
    async with asyncio.timeout(60):
        while True:
            export = (await client.get(f"{PATH}/{export_id}")).json()
            if export["status"] not in {"pending", "running"}:
                return dict(export)
            await asyncio.sleep(0.1)


async def test_an_export_from_request_to_archive_and_its_end(world: Any) -> None:
    admin, auditor = world.client("admin"), world.client("auditor")
    made = (await admin.post("/admin/v1/opt-outs", json={"subject": {"name": "Ada Example"}})).json()
    refused = (await admin.post("/admin/v1/screen", json={"prompt": "a photo of Ada Example"})).json()
    await admin.post("/admin/v1/screen", json={"prompt": "a tree"})
    answer = await auditor.post(PATH, json={"format": "jsonl", "outcome": "refuse", "from": "2020-01-01T00:00:00Z"})
    export_id = answer.json()["export_id"]
    assert (answer.status_code, answer.json()["status"]) == (202, "pending")
    early = await auditor.get(f"{PATH}/{export_id}/download")
    assert (early.status_code, early.json()["type"]) == (409, "urn:likeness-guard:problem:conflict")
    export = await finished(auditor, export_id)
    assert {name: export[name] for name in ("status", "format", "redaction", "rows", "error")} == {
        "status": "ready",
        "format": "jsonl",
        "redaction": "none",
        "rows": 1,
        "error": None,
    }
    fetched = await auditor.get(f"{PATH}/{export_id}/download")
    assert (fetched.status_code, fetched.headers["content-type"]) == (200, "application/zip")
    with zipfile.ZipFile(io.BytesIO(fetched.content)) as archive:
        rows = [orjson.loads(line) for line in archive.read("decisions.jsonl").splitlines()]
    assert [(row["decision_id"], row["outcome"], row["prompt"]) for row in rows] == [
        (refused["decision_id"], "refuse", "a photo of Ada Example")
    ]
    assert "admin.export.download" in [event["kind"] for event in await world.events()]
    await admin.delete(f"/admin/v1/subjects/{made['subject_id']}")
    gone = await auditor.get(f"{PATH}/{export_id}/download")
    assert (gone.status_code, "erased" in gone.json()["detail"]) == (409, True)
    assert list((world.settings.data_dir / "exports").iterdir()) == []


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"format": "xml"}, "/format"),
        ({"from": "yesterday"}, "/from"),
        ({"from": "2026-02-01T00:00:00Z", "to": "2026-01-01T00:00:00Z"}, ""),
        ({"redaction": "some"}, "/redaction"),
        ({"consistent_with": [-1]}, "/consistent_with/0/constrained-int"),
        ({"since": "2026-01-01T00:00:00Z"}, "/since"),
    ],
)
async def test_what_is_wrong_is_named(world: Any, body: dict[str, Any], pointer: str) -> None:
    answer = await world.client("auditor").post(PATH, json=body)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer)


async def test_an_export_whose_process_died_has_failed(world: Any) -> None:
    jobs = jobs_of(world.services)
    export = jobs.create(ExportIn().value(), By("test"))
    auditor = world.client("auditor")
    assert (await auditor.get(f"{PATH}/{export.id}")).json()["status"] == "pending"
    os.utime(jobs.lock(export.id), (0, 0))
    with alive.hold(jobs.lock(export.id)):
        os.utime(jobs.lock(export.id), (0, 0))
        assert (await auditor.get(f"{PATH}/{export.id}")).json()["status"] == "pending"
    jobs.directory.mkdir(exist_ok=True)
    left = partial_of(jobs.directory / f"{export.id}.zip")
    left.write_bytes(b"half of it")
    assert (await auditor.get(f"{PATH}/{export.id}")).json()["status"] == "failed"
    assert not left.exists()
    assert (await auditor.get(f"{PATH}/exp_nobody")).status_code == 404


async def test_an_export_under_way_when_somebody_is_erased_is_called_off(world: Any) -> None:
    jobs = jobs_of(world.services)
    export = jobs.create(ExportIn().value(), By("test"))
    jobs.progress(export.id, 1, 2)
    jobs.discard_all("somebody who may be in it was erased; ask for it again")
    jobs.progress(export.id, 2, 2)
    jobs.directory.mkdir(exist_ok=True)
    archive = jobs.directory / f"{export.id}.zip"
    archive.write_bytes(b"names")
    jobs.finish(export.id, Exported(2, 2, 5, {}), archive)
    assert (jobs.get(export.id).status, archive.exists()) == ("failed", False)
