"""How the record fares when it is long: exports, their verification, checkpoints, proofs and a start, on a log of many events.

Each figure is of a process of its own: seconds, CPU seconds, and by how much its memory grew beyond what its imports took.
"""

import multiprocessing
import os
import statistics
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import ParamSpec

import orjson

from guard.evaluate.record_rates import SIGNER, BenchKeys, made_draft
from guard.record import merkle, outside, verify
from guard.record.export import ExportRequest, run_export
from guard.record.log import EventLog
from guard.record.query import Log
from guard.storage import make_engine, upgrade

P = ParamSpec("P")
_BATCH = 2_000
_TRIES = 100


@dataclass(frozen=True, slots=True)
class Cost:
    """What one piece of work took. `grown_mb`: the peak of resident memory over that before it, in 1,000,000 bytes."""

    what: str
    wall_s: float
    cpu_s: float
    grown_mb: float
    note: str = ""


def fill(url: str, events: int) -> Cost:
    """Records events until the log has so many; their bodies are those that a refused prompt has."""
    return _alone("recorded in batches", _fill, url, events)


def long_log(url: str, directory: Path, events: int) -> Iterator[Cost]:
    """Everything that must stay fast however long the log is."""
    yield _alone("start: look outside, and the first event", _start, url, str(directory))
    yield _alone("checkpoint", _checkpoint, url)
    yield _alone(f"inclusion proof, the median of {_TRIES}", _inclusion, url, events)


def exports(url: str, directory: Path) -> Iterator[Cost]:
    """An export of the whole log in each format, prompts included, and its verification."""
    for wanted in ("jsonl", "parquet", "csv", "ocsf"):
        path = directory / f"{wanted}.zip"
        yield _alone(f"export, {wanted}", _export, url, wanted, str(path))
        yield _alone(f"verify, {wanted}", _verify, str(path))
        path.unlink()


def _alone(what: str, work: Callable[P, tuple[float, str]], *arguments: P.args, **more: P.kwargs) -> Cost:
    """Does the work in a fresh process. `work` returns its seconds (0: all of its run) and a remark."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        wall_s, cpu_s, grown_mb, note = pool.submit(_measured, work, arguments).result()
    return Cost(what, wall_s, cpu_s, grown_mb, note)


def _measured(work: Callable[..., tuple[float, str]], arguments: tuple[object, ...]) -> tuple[float, float, float, str]:
    before_mb, cpu, wall = _resident_mb("VmRSS"), time.process_time(), time.perf_counter()
    took_s, note = work(*arguments)
    wall_s = took_s or time.perf_counter() - wall
    return wall_s, time.process_time() - cpu, _resident_mb("VmHWM") - before_mb, note


def _resident_mb(line: str) -> float:
    """`VmRSS` or its peak `VmHWM` of this process (Linux)."""
    status = dict(row.split(":", 1) for row in Path("/proc/self/status").read_text().splitlines())
    return int(status[line].split()[0]) * 1024 / 1e6


def _fill(url: str, events: int) -> tuple[float, str]:
    engine = make_engine(url)
    upgrade(engine)
    log = EventLog(engine, SIGNER)
    size = Log(engine).size()
    while size < events:
        log.append([made_draft(size + n) for n in range(min(_BATCH, events - size))])
        log.integrate()
        size = Log(engine).size()
    log.checkpoint()
    log.close()
    return 0.0, f"{size:,} events"


def _start(url: str, directory: str) -> tuple[float, str]:
    path = Path(directory) / "outside"
    outside.append(path, Log(make_engine(url)).checkpoint())
    began = time.perf_counter()
    engine = make_engine(url)
    outside.check(engine, [SIGNER.key], path)
    log = EventLog(engine, SIGNER)
    log.append([made_draft(0)])
    log.integrate()
    took_s = time.perf_counter() - began
    log.close()
    return took_s, ""


def _checkpoint(url: str) -> tuple[float, str]:
    log = EventLog(make_engine(url), SIGNER)
    log.append([made_draft(0)])
    log.integrate()
    began = time.perf_counter()
    log.checkpoint()
    took_s = time.perf_counter() - began
    log.close()
    return took_s, ""


def _inclusion(url: str, events: int) -> tuple[float, str]:
    log = Log(make_engine(url))
    size = log.size()
    root, took_s = log.root(size), []
    for _ in range(_TRIES):
        index = int.from_bytes(os.urandom(8)) % events
        leaf = merkle.leaf_hash(orjson.dumps(log.entries(index, index + 1)[0]["event"], option=orjson.OPT_SORT_KEYS))
        began = time.perf_counter()
        proof = log.inclusion(index, size)
        took_s.append(time.perf_counter() - began)
        if not merkle.inclusion_holds(leaf, index, size, proof, root):
            raise RuntimeError(f"the proof of event {index} does not hold")
    return statistics.median(took_s), f"of {size:,} events, the slowest {max(took_s) * 1e3:.1f} ms"


def _export(url: str, wanted: str, path: str) -> tuple[float, str]:
    request = ExportRequest.parse({"format": wanted, "redaction": "none"})
    done = run_export(make_engine(url), BenchKeys(), SIGNER, request, Path(path))
    return 0.0, f"{done.rows:,} rows, {done.size_bytes / 1e6:,.0f} MB"


def _verify(path: str) -> tuple[float, str]:
    report = verify.verify(Path(path), verify.read_keys(str(SIGNER.key)))
    return 0.0, f"{report.rows:,} rows"
