"""A witness: somebody else's server that cosigns a checkpoint once it has seen that the log only grew (C2SP tlog-witness).

What it cosigned is kept beside the checkpoint, is part of what `/log/checkpoint` answers, and goes into every export.
"""

import base64
from collections.abc import Callable, Sequence
from datetime import datetime
from urllib.parse import urlsplit

import httpx2
from sqlalchemy import Engine, delete, func, insert, select

from guard.record import cosignature
from guard.record.checkpoint import COSIGNER, NoteError, parse_key
from guard.record.query import Log
from guard.record.sinks.config import WitnessTarget, trusting
from guard.record.sinks.outgoing import Outgoing, OutgoingCheckpoint
from guard.record.sinks.senders import SinkError
from guard.record.tables import COSIGNATURE
from guard.record.times import rfc3339, utc_now
from guard.storage.engine import read, write

_CONFLICT = 409
_REFUSALS = {403: "does not trust the log's key", 404: "does not know the log's name", 422: "does not accept the consistency proof"}


class WitnessSender:
    """Submits checkpoints to one witness and keeps what it cosigned.

    Args:
        engine: the log's database; proofs come from it, cosignatures go there.
        target: the witness.
        timeout_s: for the whole answer.
        now: the clock.
    """

    overlap = 0

    def __init__(self, engine: Engine, target: WitnessTarget, timeout_s: float = 30.0, now: Callable[[], datetime] = utc_now) -> None:
        self._engine, self._now = engine, now
        self._key = parse_key(target.key, COSIGNER)
        self._url = f"{target.url.rstrip('/')}/add-checkpoint"
        self._place = urlsplit(target.url).netloc
        self._client = httpx2.Client(timeout=timeout_s, verify=trusting(target.ca), trust_env=False, follow_redirects=False)

    def send(self, events: Sequence[Outgoing]) -> None:
        """A witness is sent no events (guard/record/sinks/config.py sees to it)."""
        raise SinkError(f"{self._place}: a witness takes checkpoints only")

    def send_checkpoint(self, checkpoint: OutgoingCheckpoint) -> None:
        """As `Sender.send_checkpoint`; returns when the cosignature is in the database."""
        answer = self._submit(self._cosigned_size(), checkpoint)
        if answer.status_code == _CONFLICT and (known := _stated_size(answer)) is not None:
            if known > checkpoint.size:
                raise SinkError(f"{self._place}: has cosigned {known} events of this log, which now has {checkpoint.size}: it was put back")
            answer = self._submit(known, checkpoint)
        if not answer.is_success:
            raise SinkError(f"{self._place}: answered {answer.status_code}: it {_REFUSALS.get(answer.status_code, 'did not cosign')}")
        try:
            line = cosignature.line_by(checkpoint.note, answer.text, self._key)
        except NoteError as error:
            raise SinkError(f"{self._place}: {error}") from error
        if line is None:
            raise SinkError(f"{self._place}: answered without a cosignature by {self._key.id}")
        row = {"size": checkpoint.size, "witness": self._key.id, "line": line, "created_at": rfc3339(self._now())}
        with write(self._engine) as connection:
            connection.execute(delete(COSIGNATURE).where(COSIGNATURE.c.size == checkpoint.size, COSIGNATURE.c.witness == self._key.id))
            connection.execute(insert(COSIGNATURE), [row])

    def close(self) -> None:
        """As `Sender.close`."""
        self._client.close()

    def _cosigned_size(self) -> int:
        with read(self._engine) as connection:
            query = select(func.max(COSIGNATURE.c.size)).where(COSIGNATURE.c.witness == self._key.id)
            return int(connection.execute(query).scalar() or 0)

    def _submit(self, old: int, checkpoint: OutgoingCheckpoint) -> httpx2.Response:
        proof = "".join(f"{base64.b64encode(each).decode()}\n" for each in Log(self._engine).consistency(old, checkpoint.size))
        try:
            return self._client.post(self._url, content=f"old {old}\n{proof}\n{checkpoint.note}".encode())
        except httpx2.HTTPError as error:
            raise SinkError(f"{self._place}: {str(error) or type(error).__name__}") from error


def _stated_size(answer: httpx2.Response) -> int | None:
    """The size that a witness has, as a conflict states it; None where it states none."""
    text = answer.text.strip()
    stated = answer.headers.get("content-type", "").startswith("text/x.tlog.size") and text.isascii() and text.isdigit() and len(text) < 20
    return int(text) if stated else None
