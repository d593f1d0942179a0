"""The outbox's postman: `python -P -m guard.processes.notices`, started where a way for notices is set.

Notices lie in the database from the step they tell of until they are delivered, so a crash of this process loses none. Those
that a policy asks for it derives from the record itself.
"""

import logging
import os
import threading
from collections.abc import Mapping
from typing import Protocol

from sqlalchemy.exc import SQLAlchemyError

from guard.errors import UnavailableError
from guard.processes import parts
from guard.processes.policy_notices import PolicyNotices
from guard.processes.post import Mail, NotDeliveredError, Webhook
from guard.registry.desk import utc_now
from guard.registry.notice_rows import Channel
from guard.registry.notices import Notice
from guard.registry.store import Registry
from guard.registry.values import By
from guard.settings import Settings

log = logging.getLogger(__name__)


class Carrier(Protocol):
    """One way out."""

    def deliver(self, notice: Notice) -> None:
        """Return when it was taken; raise NotDeliveredError when it was not."""
        ...


class _NoWay:
    """A channel whose setting was taken away since."""

    def deliver(self, notice: Notice) -> None:
        """Never."""
        raise NotDeliveredError(f"no way is set for {notice.channel}")


_NO_WAY = _NoWay()


def carriers(settings: Settings) -> dict[Channel, Carrier]:
    """The ways that the settings open."""
    found: dict[Channel, Carrier] = {}
    if settings.smtp_url is not None:
        found[Channel.MAIL] = Mail(settings.smtp_url.get_secret_value(), settings.notice_from, utc_now)
    if settings.notice_webhook is not None:
        found[Channel.WEBHOOK] = Webhook(settings.notice_webhook, parts.open_signer(settings).sign, utc_now)
    return found


def empty(registry: Registry, ways: Mapping[Channel, Carrier], by: By) -> int:
    """One look into the outbox; how many were delivered. What fails waits for its next turn and holds up nothing else."""
    registry.escalate_cases(by)
    delivered = 0
    for notice in registry.due_notices():
        try:
            ways.get(notice.channel, _NO_WAY).deliver(notice)
        except NotDeliveredError as error:
            log.warning("notice %s was not delivered: %s", notice.id, error)
            registry.notice_failed(notice.id, by)
        else:
            registry.notice_sent(notice.id, by)
            delivered += 1
    return delivered


def main() -> None:
    """Entry of the process."""
    settings = parts.start_process("notices")
    os.nice(10)
    stopped = threading.Event()
    parts.on_terminate(stopped.set)
    registry, ways = parts.open_registry(settings), carriers(settings)
    by = By("notices", parts.audit(registry.keyring))
    watch = PolicyNotices(registry.engine, registry.keyring, registry, settings.notify_every_s)
    more = False
    while not stopped.wait(0 if more else settings.notice_retry_s):
        more = False
        try:
            more = watch.step(by)
            empty(registry, ways, by)
        except (UnavailableError, SQLAlchemyError) as error:
            log.warning("the outbox cannot be read: %s", error)


if __name__ == "__main__":
    main()
