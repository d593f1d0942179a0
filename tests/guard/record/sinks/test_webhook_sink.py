"""Webhooks: signed, repeated until accepted, in order, with nothing lost."""

import json
import threading
import time
from typing import Any

import pytest
from sqlalchemy import Engine

from guard.record import verify
from guard.record.checkpoint import Signer
from guard.record.log import EventLog
from guard.record.sinks.config import Format, SinkConfig, WebhookTarget
from guard.record.sinks.cursors import Place
from guard.record.sinks.feed import Feed, Lag, lags
from guard.record.sinks.senders import SinkError
from guard.record.sinks.webhook import WebhookSender, genuine
from guard.record.verify import read_checkpoint

SECRET = "a secret"
NOW = 1_795_000_000


def feed_to(engine: Engine, keys: Any, url: str, **more: Any) -> Feed:
    target = WebhookTarget(url=url, secret_variable="SECRET")
    config = SinkConfig.model_validate({"name": "hook", "webhook": target.model_dump(), "batch": 3, **more})
    return Feed(engine, keys, config, WebhookSender("hook", target, SECRET, timeout_s=5, now=lambda: NOW))


def test_batches_go_in_order_and_are_signed(engine: Engine, keys: Any, filled: EventLog, hook: Any) -> None:
    feed = feed_to(engine, keys, hook.url)
    assert [feed.step() for _ in range(4)] == [True, True, False, False]
    assert hook.indexes == [0, 1, 2, 3, 4, 5, 6]
    assert [headers["x-guard-delivery"] for headers, _ in hook.got] == ["hook/events/0-2", "hook/events/3-5", "hook/events/6-6"]
    for headers, body in hook.got:
        assert genuine(headers["x-guard-signature"], SECRET, body, NOW + 299)
        assert not genuine(headers["x-guard-signature"], SECRET, body + b" ", NOW)
        assert not genuine(headers["x-guard-signature"], "another", body, NOW)
        assert not genuine(headers["x-guard-signature"], SECRET, body, NOW + 301)
    assert not genuine("v1=", SECRET, b"", NOW)
    assert lags(engine, ["hook", "new"]) == [Lag("hook", 7, 0, lags(engine, ["hook"])[0].updated_at), Lag("new", 0, 7, None)]


@pytest.mark.parametrize("status", [301, 400, 413, 500, 503])
def test_what_is_not_accepted_is_sent_again(engine: Engine, keys: Any, filled: EventLog, hook: Any, status: int) -> None:
    hook.statuses = [204, status]
    feed = feed_to(engine, keys, hook.url)
    feed.step()
    with pytest.raises(SinkError, match=f"answered {status}"):
        feed.step()
    assert feed.place() == Place(3, -1)
    feed.step()
    feed.step()
    assert hook.indexes == [0, 1, 2, 3, 4, 5, 6]


def test_a_receiver_that_dies_and_comes_back_misses_nothing(engine: Engine, keys: Any, filled: EventLog, draft: Any, hook: Any) -> None:
    """The log goes on meanwhile; a fresh process goes on where the dead receiver left off."""
    stop = threading.Event()
    running = threading.Thread(target=feed_to(engine, keys, hook.url).run, args=(stop, 0.01, 0.01))
    running.start()
    until(lambda: hook.indexes == list(range(7)))
    port = hook.server_address[1]
    hook.die()
    for number in range(5):
        filled.append([draft(f"meanwhile {number}")])
    time.sleep(0.05)
    assert running.is_alive()
    again = type(hook)(port)
    until(lambda: again.indexes == list(range(7, 12)))
    stop.set()
    running.join(5)
    filled.append([draft("later")])
    feed_to(engine, keys, again.url).step()
    assert again.indexes == list(range(7, 13))
    again.die()


def until(condition: Any) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_checkpoints_leave_the_house(engine: Engine, keys: Any, filled: EventLog, draft: Any, hook: Any, signer: Signer) -> None:
    feed = feed_to(engine, keys, hook.url, events=False, checkpoints=True)
    feed.step()
    feed.step()
    filled.append([draft("one more")])
    filled.checkpoint()
    hook.statuses = [500]
    with pytest.raises(SinkError):
        feed.step()
    feed.step()
    bodies = [json.loads(body) for _, body in hook.got]
    trusted = verify.read_keys(str(signer.key))
    assert [(body["type"], body["size"], read_checkpoint(body["checkpoint"], trusted, "it").size) for body in bodies] == [
        ("checkpoint", 7, 7),
        ("checkpoint", 8, 8),
    ]
    assert hook.got[0][0]["x-guard-delivery"] == "hook/checkpoint/7"


@pytest.mark.parametrize(
    ("content", "seen"),
    [
        pytest.param("strict", {"prompt": "-", "subject_ids": "-"}, id="strict"),
        pytest.param("standard", {"prompt": "-", "subject_ids": ["sub_ada"]}, id="standard"),
        pytest.param("none", {"prompt": "prompt 2", "subject_ids": ["sub_ada"]}, id="none"),
    ],
)
def test_how_much_is_sent(engine: Engine, keys: Any, filled: EventLog, hook: Any, content: str, seen: dict[str, Any]) -> None:
    feed_to(engine, keys, hook.url, content=content).step()
    event = json.loads(hook.got[0][1])["events"][2]
    assert {name: event.get(name, "-") for name in seen} == seen


def test_ocsf(engine: Engine, keys: Any, filled: EventLog, hook: Any) -> None:
    feed_to(engine, keys, hook.url, format=Format.OCSF).step()
    assert [event["class_uid"] for event in json.loads(hook.got[0][1])["events"]] == [6003] * 3


def test_an_erased_body_is_not_sent(engine: Engine, keys: Any, filled: EventLog, hook: Any) -> None:
    keys.destroy("subject", "sub_ada")
    feed_to(engine, keys, hook.url, content="none").step()
    event = json.loads(hook.got[0][1])["events"][2]
    assert (event["content"], event["prompt"], event["body"]) == ("erased", None, None)
