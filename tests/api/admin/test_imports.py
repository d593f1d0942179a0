"""`POST /imports`: all lines or none, in a process of its own."""

import asyncio
from typing import Any

import orjson
import pytest

LINES = [{"subject": {"name": f"Person Number{n}", "aliases": [f"P N{n}"]}} for n in range(30)]


def jsonl(lines: list[Any]) -> bytes:
    return b"\n".join(orjson.dumps(line) for line in lines)


async def finished(client: Any, job_id: str) -> dict[str, Any]:
    async with asyncio.timeout(60):
        while True:
            job = (await client.get(f"/admin/v1/jobs/{job_id}")).json()
            if job["status"] not in {"pending", "running"}:
                return dict(job)
            await asyncio.sleep(0.1)


async def start(client: Any, content: bytes, kind: str = "application/x-ndjson", **params: str) -> Any:
    return await client.post("/admin/v1/imports", content=content, headers={"content-type": kind}, params=params)


async def test_all_lines_are_registered_and_bind_when_the_job_is_done(world: Any) -> None:
    registrar = world.client("registrar")
    answer = await start(registrar, jsonl(LINES))
    assert answer.status_code == 202
    job = await finished(registrar, answer.json()["job_id"])
    assert {name: job[name] for name in ("kind", "status", "done", "total", "imported", "refused", "dry_run", "error")} == {
        "done": 30,
        "total": 30,
        "kind": "import",
        "status": "done",
        "imported": 30,
        "refused": [],
        "dry_run": False,
        "error": None,
    }
    screened = (await world.client("admin").post("/admin/v1/screen", json={"prompt": "a photo of Person Number7"})).json()
    assert screened["outcome"] == "refuse"
    kinds = [event["kind"] for event in await world.events()]
    assert kinds.count("admin.import.apply") == 1


async def test_one_bad_line_refuses_all_and_each_is_named(world: Any) -> None:
    registrar = world.client("registrar")
    lines = [*LINES[:2], {"subject": {"name": "Cy Example", "kind": "robot"}}, {"nobody": 1}, *LINES[2:4]]
    job = await finished(registrar, (await start(registrar, jsonl(lines) + b"\n{oops\n")).json()["job_id"])
    assert (job["status"], job["imported"]) == ("failed", 0)
    assert [(line["line"], line["name"]) for line in job["refused"]] == [(3, "Cy Example"), (4, None), (7, None)]
    assert (await registrar.get("/admin/v1/subjects")).json()["items"] == []


async def test_a_dry_run_and_csv(world: Any) -> None:
    registrar = world.client("registrar")
    csv = b"name,aliases,external_ids.wikidata\nAda Example,Countess Example|Ada Augusta Example,Q7259\nBob Example,,\n"
    job = await finished(registrar, (await start(registrar, csv, "text/csv", dry_run="true")).json()["job_id"])
    assert (job["status"], job["imported"], job["dry_run"]) == ("done", 2, True)
    assert (await registrar.get("/admin/v1/subjects")).json()["items"] == []


@pytest.mark.parametrize(("content", "kind", "status"), [(b"  \n", "text/csv", 400), (b"x", "application/pdf", 415)])
async def test_what_cannot_be_an_import(world: Any, content: bytes, kind: str, status: int) -> None:
    assert (await start(world.client("registrar"), content, kind)).status_code == status


async def test_an_unknown_job(world: Any) -> None:
    assert (await world.client("registrar").get("/admin/v1/jobs/job_nobody")).status_code == 404
