"""kill -9 of the recorder under load: `python -m guard.evaluate.record_kills [--rounds 100] [--url URL]`.

Each round lets 32 requests record without pause, and kills the recorder at a moment nobody chose. At the end every event
that was acknowledged must be in the log, once, and the whole log must be sound: dense, hashed, with every checkpoint right.
"""

import argparse
import asyncio
import random
import signal
import socket
import tempfile
from dataclasses import dataclass
from pathlib import Path

from rich.progress import track
from sqlalchemy import select

from guard.errors import LogUnavailableError
from guard.evaluate.record_rates import SIGNER, BenchKeys, made_draft, start_recorder
from guard.record import selfcheck
from guard.record.log import EventLog
from guard.record.recorder import RecorderClient
from guard.record.tables import EVENT
from guard.storage import make_engine, upgrade
from guard.storage.engine import read

_WAITING = 32
_LONGEST_LIFE_S = 0.4


@dataclass(frozen=True, slots=True)
class Survived:
    """What came of it: `lost` and `faults` are empty, or the record is not to be trusted."""

    rounds: int
    acknowledged: int
    lost: tuple[str, ...]
    faults: tuple[str, ...]
    events: int


def measure(url: str, rounds: int, chance: random.Random) -> Survived:
    """Kills the recorder that often; `url` is an empty database."""
    engine = make_engine(url)
    upgrade(engine)
    with tempfile.TemporaryDirectory() as directory, socket.socket(socket.AF_UNIX) as listener:
        path = Path(directory) / "recorder.sock"
        listener.bind(str(path))
        listener.listen()
        acknowledged = asyncio.run(_rounds(listener, path, url, rounds, chance))
    log = EventLog(engine, SIGNER)
    log.checkpoint()
    log.close()
    with read(engine) as connection:
        recorded = list(connection.execute(select(EVENT.c.id)).scalars())
    checked = selfcheck.check(engine, BenchKeys(), [SIGNER.key])
    engine.dispose()
    return Survived(rounds, len(acknowledged), tuple(sorted(acknowledged - set(recorded))), tuple(checked.faults), len(recorded))


async def _rounds(listener: socket.socket, path: Path, url: str, rounds: int, chance: random.Random) -> set[str]:
    acknowledged: set[str] = set()
    clients = [RecorderClient(path, timeout_s=30) for _ in range(2)]  # as of two gateway workers
    over = False

    async def load(client: RecorderClient) -> None:
        number = 0
        while not over:
            number += 1
            try:
                acknowledged.add(await client.record(made_draft(number)))
            except LogUnavailableError:
                await asyncio.sleep(0.005)

    waiting = [asyncio.create_task(load(clients[n % 2])) for n in range(_WAITING)]
    for _ in track(range(rounds), "killing", disable=rounds < 10):
        process = start_recorder(listener, url)
        before = len(acknowledged)
        while len(acknowledged) == before:
            await asyncio.sleep(0.005)
        await asyncio.sleep(chance.uniform(0, _LONGEST_LIFE_S))
        process.send_signal(signal.SIGKILL)
        await asyncio.to_thread(process.wait)
    over = True
    for client in clients:
        await client.close()
    await asyncio.gather(*waiting)
    return acknowledged


def main() -> None:
    """The command line; ends with status 1 when an event was lost or the log is damaged."""
    parser = argparse.ArgumentParser(description="Kills the recorder under load and looks at what is left.")
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--url", help="an empty PostgreSQL database; a SQLite file in the working directory unless given")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=".") as directory:
        found = measure(given.url or f"sqlite:///{directory}/kills.db", given.rounds, random.Random())
    print(f"{found.rounds} kills, {found.acknowledged} events acknowledged, {found.events} in the log, {len(found.lost)} lost")
    for fault in found.faults:
        print(fault)
    if found.lost or found.faults:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
