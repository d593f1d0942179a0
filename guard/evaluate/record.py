"""What the record costs on this machine: `python -m guard.evaluate.record [--url URL] [--seconds S] [--events N] [--skip ...]`.

First recording, with 1, 32 and 128 requests waiting; then a log of many events: a start, a checkpoint, proofs, exports in
each format and their verification. Times of day depend on what else the machine does: compare CPU.
"""

import argparse
import tempfile
from pathlib import Path

from rich.console import Console
from rich.table import Table

from guard.evaluate import record_rates, record_scale
from guard.storage import make_engine, upgrade

_PARTS = ("rates", "long", "exports")


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description="What the record costs on this machine.")
    parser.add_argument(
        "--url", help="an empty PostgreSQL database; SQLite files in the working directory, removed afterwards, unless given"
    )
    parser.add_argument("--seconds", type=float, default=3.0, help="of recording, for each number of waiting requests")
    parser.add_argument("--events", type=int, default=1_000_000, help="of the long log (about 1.3 GB and two minutes a million)")
    parser.add_argument("--skip", choices=_PARTS, action="append", default=[], help="leave this part out; repeatable")
    given = parser.parse_args()
    if given.events < 1:
        parser.error("--events must be 1 or more; leave the parts out that need a long log with --skip long --skip exports")
    console = Console(width=110)
    if "rates" not in given.skip:
        console.print(_rates(given.url, given.seconds))
    if {"long", "exports"} <= set(given.skip):
        return
    with tempfile.TemporaryDirectory(dir=".") as directory:
        url = given.url or f"sqlite:///{directory}/bench.db"
        table = Table("what", "seconds", "CPU s", "memory grew by MB", "", title=f"A log of {given.events:,} events")
        costs = [record_scale.fill(url, given.events)]
        if "long" not in given.skip:
            costs += record_scale.long_log(url, Path(directory), given.events)
        if "exports" not in given.skip:
            costs += record_scale.exports(url, Path(directory))
        for cost in costs:
            table.add_row(cost.what, f"{cost.wall_s:.3f}", f"{cost.cpu_s:.2f}", f"{cost.grown_mb:.0f}", cost.note)
        console.print(table)


def _rates(url: str | None, seconds: float) -> Table:
    table = Table("waiting", "events/s", "p50 ms", "p99 ms", "worker CPU us", "recorder CPU us", title="Recording")
    for waiting in (1, 32, 128):
        with tempfile.TemporaryDirectory(dir=".") as directory:
            target = url or f"sqlite:///{directory}/bench.db"
            engine = make_engine(target)
            upgrade(engine)
            engine.dispose()
            rate = record_rates.measure(target, waiting, seconds)
        table.add_row(
            str(rate.waiting),
            f"{rate.events_per_s:.0f}",
            f"{rate.p50_ms:.2f}",
            f"{rate.p99_ms:.2f}",
            f"{rate.worker_cpu_us:.1f}",
            f"{rate.recorder_cpu_us:.1f}",
        )
    return table


if __name__ == "__main__":
    main()
