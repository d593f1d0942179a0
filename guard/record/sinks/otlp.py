"""OpenTelemetry logs: OTLP over HTTP in its JSON form, one log record an event; an answer of 2xx that rejects none confirms them.

The form is that of the protocol's own specification (opentelemetry-proto, logs/v1), which is stable; the tests read it with the
official messages. The official exporter would bring the whole SDK and a second HTTP client for the same bytes.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import httpx2
import orjson

from guard.record.sinks.config import OtlpTarget, trusting
from guard.record.sinks.outgoing import Outgoing, OutgoingCheckpoint
from guard.record.sinks.senders import SinkError

_SEVERITY = {"refuse": (13, "WARN"), "hold": (10, "INFO2")}
_INFORMATIONAL = (9, "INFO")


class OtlpSender:
    """Sends to one collector.

    Args:
        target: where to.
        headers: more headers, such as a key.
        timeout_s: for the whole answer.
    """

    overlap = 0

    def __init__(self, target: OtlpTarget, headers: Mapping[str, str], timeout_s: float = 30.0) -> None:
        self._url, self._headers = target.url, {**headers, "content-type": "application/json"}
        self._place = urlsplit(target.url).netloc
        self._client = httpx2.Client(timeout=timeout_s, verify=trusting(target.ca), trust_env=False, follow_redirects=False)

    def send(self, events: Sequence[Outgoing]) -> None:
        """As `Sender.send`."""
        self._post(
            [_record(event.time, event.kind, _SEVERITY.get(event.outcome or "", _INFORMATIONAL), event.document) for event in events]
        )

    def send_checkpoint(self, checkpoint: OutgoingCheckpoint) -> None:
        """As `Sender.send_checkpoint`."""
        content = {"size": checkpoint.size, "checkpoint": checkpoint.note}
        self._post([_record(checkpoint.time, "checkpoint", _INFORMATIONAL, content)])

    def close(self) -> None:
        """As `Sender.close`."""
        self._client.close()

    def _post(self, records: list[dict[str, Any]]) -> None:
        resource = {"attributes": [{"key": "service.name", "value": {"stringValue": "likeness-guard"}}]}
        body = orjson.dumps(
            {"resourceLogs": [{"resource": resource, "scopeLogs": [{"scope": {"name": "likeness-guard.record"}, "logRecords": records}]}]}
        )
        try:
            answer = self._client.post(self._url, content=body, headers=self._headers)
        except httpx2.HTTPError as error:
            raise SinkError(f"{self._place}: {str(error) or type(error).__name__}") from error
        if not answer.is_success:
            raise SinkError(f"{self._place}: answered {answer.status_code}")
        if rejected := _rejected(answer.content):
            raise SinkError(f"{self._place}: rejected {rejected} of {len(records)} records")


def _record(time: str, kind: str, severity: tuple[int, str], document: Mapping[str, Any]) -> dict[str, Any]:
    at = datetime.fromisoformat(time)
    nanoseconds = str(int(at.timestamp()) * 1_000_000_000 + at.microsecond * 1000)
    return {
        "timeUnixNano": nanoseconds,
        "observedTimeUnixNano": nanoseconds,
        "severityNumber": severity[0],
        "severityText": severity[1],
        "eventName": kind,
        "body": _value(dict(document)),
    }


def _value(plain: object) -> dict[str, Any]:
    """A JSON value as an AnyValue; int64 travels as text (the JSON form of protobuf)."""
    if isinstance(plain, bool):
        return {"boolValue": plain}
    if isinstance(plain, int):
        return {"intValue": str(plain)}
    if isinstance(plain, float):
        return {"doubleValue": plain}
    if isinstance(plain, str):
        return {"stringValue": plain}
    if isinstance(plain, dict):
        return {"kvlistValue": {"values": [{"key": str(name), "value": _value(value)} for name, value in plain.items()]}}
    if isinstance(plain, list | tuple):
        return {"arrayValue": {"values": [_value(value) for value in plain]}}
    return {}


def _rejected(content: bytes) -> int:
    """How many records a collector says it rejected; 0 where it says nothing that can be read."""
    try:
        return int(orjson.loads(content)["partialSuccess"]["rejectedLogRecords"])
    except (orjson.JSONDecodeError, KeyError, TypeError, ValueError):
        return 0
