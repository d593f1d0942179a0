"""OpenTelemetry logs, read with the protocol's own messages."""

from typing import Any

import pytest
from google.protobuf import json_format
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue
from sqlalchemy import Engine

from guard.record.log import EventLog
from guard.record.sinks.config import OtlpTarget, SinkConfig
from guard.record.sinks.feed import Feed
from guard.record.sinks.otlp import OtlpSender
from guard.record.sinks.senders import SinkError

HEADERS = {"authorization": "Bearer x"}


def feed_to(engine: Engine, keys: Any, url: str, **more: Any) -> Feed:
    target = OtlpTarget(url=url)
    config = SinkConfig.model_validate({"name": "otel", "otlp": target.model_dump(), "batch": 5, **more})
    return Feed(engine, keys, config, OtlpSender(target, HEADERS, timeout_s=5))


def records(body: bytes) -> list[Any]:
    """Of a request that has nothing which the protocol does not know."""
    request = json_format.Parse(body, ExportLogsServiceRequest(), ignore_unknown_fields=False)
    [resource] = request.resource_logs
    assert [(one.key, one.value.string_value) for one in resource.resource.attributes] == [("service.name", "likeness-guard")]
    [scope] = resource.scope_logs
    return list(scope.log_records)


def plain(value: AnyValue) -> Any:
    kind = value.WhichOneof("value")
    if kind == "kvlist_value":
        return {pair.key: plain(pair.value) for pair in value.kvlist_value.values}
    if kind == "array_value":
        return [plain(each) for each in value.array_value.values]
    return getattr(value, kind) if kind else None


def test_every_event_arrives_as_a_log_record(engine: Engine, keys: Any, filled: EventLog, hook: Any) -> None:
    feed = feed_to(engine, keys, hook.url, content="none", checkpoints=True)
    assert [feed.step(), feed.step()] == [True, False]
    found = [record for _, body in hook.got for record in records(body)]
    assert [headers["authorization"] for headers, _ in hook.got] == ["Bearer x"] * 3
    assert [(one.event_name, one.severity_text) for one in found if one.event_name != "checkpoint"] == [
        ("decision", text) for text in ("INFO", "INFO2", "WARN", "INFO", "INFO2", "WARN", "INFO")
    ]
    [noted] = [one for one in found if one.event_name == "checkpoint"]
    assert plain(noted.body)["size"] == 7
    third = plain(next(one for one in found if plain(one.body).get("index") == 2).body)
    assert (third["prompt"], third["subject_ids"], third["request_id"], third["hits"]) == ("prompt 2", ["sub_ada"], None, [])
    assert found[0].time_unix_nano == 1795348800 * 10**9


@pytest.mark.parametrize("status", [400, 429, 503])
def test_what_is_not_accepted_is_sent_again(engine: Engine, keys: Any, filled: EventLog, hook: Any, status: int) -> None:
    hook.statuses = [status]
    feed = feed_to(engine, keys, hook.url)
    with pytest.raises(SinkError, match=f"answered {status}"):
        feed.step()
    assert feed.place().next_index == 0
    feed.step()
    assert feed.place().next_index == 5


def test_a_collector_that_rejects_some_has_confirmed_none(engine: Engine, keys: Any, filled: EventLog, hook: Any) -> None:
    hook.answers = [b'{"partialSuccess":{"rejectedLogRecords":"2"}}', b'{"partialSuccess":{}}', b"not JSON"]
    feed = feed_to(engine, keys, hook.url)
    with pytest.raises(SinkError, match="rejected 2 of 5 records"):
        feed.step()
    assert (feed.step(), feed.step()) == (True, False)
    assert feed.place().next_index == 7


def test_a_dead_collector_is_an_error_that_names_it(engine: Engine, keys: Any, filled: EventLog) -> None:
    with pytest.raises(SinkError, match=r"127\.0\.0\.1:9: "):
        feed_to(engine, keys, "http://127.0.0.1:9/v1/logs").step()
