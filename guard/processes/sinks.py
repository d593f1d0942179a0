"""Entry of the process that sends the record on: `python -P -m guard.processes.sinks`. One thread a sink; low priority."""

import os
import threading
import time
from collections.abc import Mapping

from sqlalchemy import Engine

from guard.processes import parts
from guard.processes.post import Mail
from guard.record.sinks.config import SinkConfig, configured
from guard.record.sinks.feed import Feed
from guard.record.sinks.mail import MailSender
from guard.record.sinks.otlp import OtlpSender
from guard.record.sinks.senders import Sender
from guard.record.sinks.syslog import SyslogSender
from guard.record.sinks.webhook import WebhookSender
from guard.record.sinks.witness import WitnessSender
from guard.record.times import utc_now
from guard.settings import Settings, environment


def sender_of(sink: SinkConfig, variables: Mapping[str, str], engine: Engine, settings: Settings) -> Sender:
    """The way to a sink."""
    if sink.witness is not None:
        return WitnessSender(engine, sink.witness)
    if sink.mail is not None and settings.smtp_url is not None:
        mail = Mail(settings.smtp_url.get_secret_value(), settings.notice_from, utc_now)
        return MailSender(sink.mail, settings.notice_from, mail.send)
    if sink.otlp is not None:
        stated = variables[sink.otlp.headers_variable] if sink.otlp.headers_variable is not None else ""
        return OtlpSender(sink.otlp, dict(pair.strip().split("=", 1) for pair in stated.split(",") if "=" in pair))
    if sink.webhook is not None:
        return WebhookSender(sink.name, sink.webhook, variables[sink.webhook.secret_variable])
    if sink.syslog is not None:
        return SyslogSender(sink.syslog)
    raise ValueError(f"sink {sink.name!r} goes nowhere")


def main() -> None:
    """Entry of the process."""
    settings = parts.start_process("sinks")
    os.nice(10)
    engine = parts.open_engine(settings)
    keyring = parts.open_keyring(settings, engine)
    stop = threading.Event()
    asked: list[bool] = []
    parts.on_terminate(lambda: asked.append(True))  # not the event itself: its lock may be held where the signal strikes
    variables = environment()
    feeds = [Feed(engine, keyring, sink, sender_of(sink, variables, engine, settings)) for sink in configured(settings)]
    threads = [threading.Thread(target=feed.run, args=(stop,), daemon=True) for feed in feeds]
    for thread in threads:
        thread.start()
    while not asked:
        time.sleep(0.2)
    stop.set()
    for thread in threads:
        thread.join(5)  # a sink that hangs must not hold up the shutdown; its cursor stays where it was


if __name__ == "__main__":
    main()
