"""The outbox: written with the step, kept until delivered, emptied by erasure."""

import pytest
from pydantic import SecretStr
from sqlalchemy import Engine, select

from guard.errors import ConflictError, NotFoundError
from guard.registry.case_files import TRANSITIONS
from guard.registry.notice_rows import mailbox
from guard.registry.notices import MOST_ATTEMPTS, Notice
from guard.registry.store import Registry
from guard.registry.tables import NOTICE
from guard.registry.values import By, CaseData, OptOut, OptOutReceipt, Requester, SubjectData
from guard.settings import Settings
from tests.guard.registry.conftest import Clock

ANN = Requester("agent", "Ann Agent", "ann@example.org")


@pytest.fixture
def settings(settings: Settings) -> Settings:
    settings.smtp_url = SecretStr("smtp://localhost")
    settings.notice_webhook = "http://localhost/hook"
    settings.notice_staff = "desk@example.org"
    return settings


@pytest.fixture
def pending(registry: Registry, by: By) -> OptOutReceipt:
    return registry.create_opt_out(OptOut(SubjectData("Jane Roe"), ANN), by)


def told(registry: Registry) -> list[tuple[str, str, str | None]]:
    return [(notice.template, notice.channel.value, notice.to) for notice in registry.due_notices()]


def test_each_step_is_told_on_every_open_channel(registry: Registry, by: By, pending: OptOutReceipt) -> None:
    registry.transition_case(pending.case_id, "active", "Passport seen.", by)
    both = [("mail", "ann@example.org"), ("webhook", None)]
    assert told(registry) == [(step, *way) for step in ("verifying", "active") for way in both]
    subject, text = registry.due_notices()[2].text()
    assert (subject, "Passport seen." in text, "Jane" in text) == (f"Your request was granted: {pending.case_id}", True, False)


def test_a_step_that_fails_tells_nobody(registry: Registry, by: By, pending: OptOutReceipt) -> None:
    before = told(registry)
    with pytest.raises(ConflictError):
        registry.transition_case(pending.case_id, "disputed", "", by)
    assert told(registry) == before


def test_nothing_is_written_while_no_channel_is_open(registry: Registry, by: By, settings: Settings) -> None:
    settings.smtp_url = settings.notice_webhook = None
    registry.create_case(CaseData("abuse_report", requester=ANN), by)
    assert told(registry) == []


def test_sent_once_and_its_words_are_gone(registry: Registry, by: By, pending: OptOutReceipt, engine: Engine) -> None:
    first, *rest = registry.due_notices()
    registry.notice_sent(first.id, by)
    assert [notice.id for notice in registry.due_notices()] == [notice.id for notice in rest]
    with engine.connect() as connection:
        assert connection.execute(select(NOTICE.c.status, NOTICE.c.sealed).where(NOTICE.c.id == first.id)).one() == ("sent", None)
    with pytest.raises(NotFoundError):
        registry.notice_sent(first.id, by)
    assert pending.case_id == first.case_id


@pytest.mark.usefixtures("pending")
def test_what_fails_is_tried_later_and_given_up_in_the_end(registry: Registry, by: By, clock: Clock) -> None:
    first = registry.due_notices()[0]
    registry.notice_failed(first.id, by)
    assert first.id not in {notice.id for notice in registry.due_notices()}
    clock.advance(minutes=1)
    assert first.id in {notice.id for notice in registry.due_notices()}
    for _ in range(MOST_ATTEMPTS - 1):
        registry.notice_failed(first.id, by)
    clock.advance(days=30)
    assert first.id not in {notice.id for notice in registry.due_notices()}


def test_erasing_the_person_empties_the_outbox(registry: Registry, by: By, pending: OptOutReceipt, engine: Engine) -> None:
    registry.erase_subject(pending.subject_id, by)
    assert told(registry) == []
    with engine.connect() as connection:
        assert {tuple(row) for row in connection.execute(select(NOTICE.c.status, NOTICE.c.sealed))} == {("dropped", None)}


def test_the_staff_is_told_once_of_an_overdue_case(registry: Registry, by: By, clock: Clock) -> None:
    made = registry.create_case(CaseData("abuse_report"), by)
    assert registry.escalate_cases(by) == 0
    clock.advance(hours=49)
    assert [registry.escalate_cases(by), registry.escalate_cases(by)] == [1, 0]
    late = [notice for notice in registry.due_notices() if notice.template == "overdue"]
    assert [(n.case_id, n.channel.value, n.to) for n in late] == [(made.id, "mail", "desk@example.org"), (made.id, "webhook", None)]


def test_every_state_has_a_text() -> None:
    for status in (*TRANSITIONS, "overdue"):
        subject, text = Notice("n", "case_1", status, None, None, {"case_id": "case_1", "due": "soon", "reason": ""}).text()  # type: ignore[arg-type]  # the channel does not matter here
        assert ("case_1" in subject, "$" in subject + text) == (True, False)


ADDRESSES = [
    ("ann@example.org", "ann@example.org"),
    (" a.b+c@example.org ", "a.b+c@example.org"),
    ("+49 30 1234", None),
    ("ann@example.org\r\nBcc: all@example.org", None),
    ("Ann <ann@example.org>", None),
    (None, None),
]


@pytest.mark.parametrize(("contact", "address"), ADDRESSES)
def test_what_is_a_mail_address(contact: str | None, address: str | None) -> None:
    assert mailbox(contact) == address


def test_what_was_told_is_listed(registry: Registry, by: By, pending: OptOutReceipt) -> None:
    mail, hook = registry.list_notices(pending.case_id)
    assert (mail.template, mail.channel, mail.to, mail.status, mail.attempts) == ("verifying", "mail", "ann@example.org", "pending", 0)
    assert (hook.channel, hook.to) == ("webhook", None)


def test_a_notice_is_sent_again_with_what_it_said(registry: Registry, by: By, pending: OptOutReceipt) -> None:
    registry.transition_case(pending.case_id, "active", "Passport seen.", by)
    for notice in registry.due_notices():
        registry.notice_sent(notice.id, by)
    (mail,) = [n for n in registry.list_notices(pending.case_id) if (n.template, n.channel) == ("active", "mail")]
    assert (mail.status, mail.to) == ("sent", None)
    again = registry.resend_notice(mail.id, by)
    assert (again.status, again.attempts, again.to, again.sent_at) == ("pending", 0, "ann@example.org", None)
    (due,) = registry.due_notices()
    assert (due.id, "Passport seen." in due.text()[1]) == (mail.id, True)


def test_a_notice_that_was_given_up_is_tried_again(registry: Registry, by: By, pending: OptOutReceipt, clock: Clock) -> None:
    (mail, _) = registry.list_notices(pending.case_id)
    for _ in range(MOST_ATTEMPTS):
        registry.notice_failed(mail.id, by)
    assert registry.list_notices(pending.case_id)[0].status == "failed"
    registry.resend_notice(mail.id, by)
    assert [n.id for n in registry.due_notices() if n.channel == "mail"] == [mail.id]


def test_nobody_is_told_of_somebody_who_was_erased(registry: Registry, by: By, pending: OptOutReceipt) -> None:
    notice_id = registry.list_notices(pending.case_id)[0].id
    registry.erase_subject(pending.subject_id, by)
    with pytest.raises(ConflictError, match="erased"):
        registry.resend_notice(notice_id, by)
    with pytest.raises(NotFoundError):
        registry.resend_notice("ntc_none", by)


def test_no_way_to_tell(registry: Registry, by: By, pending: OptOutReceipt, settings: Settings) -> None:
    notice_id = registry.list_notices(pending.case_id)[0].id
    settings.smtp_url = None
    with pytest.raises(ConflictError, match="no way is set for mail"):
        registry.resend_notice(notice_id, by)
