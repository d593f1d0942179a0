"""What a request that points at stored state is judged with, and what its answer writes down."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest

from guard import ledger
from guard.decide import load
from guard.errors import TooLargeError, UnscreenableError
from guard.extract.base import Answer, Generation, Limits, Route
from guard.ledger import Standing, keep, standing
from guard.registry.ledger import Turn
from guard.types import Context, Decision, Directive, DirectiveStatus, Effect, Outcome, Picture, Stage, SubjectKind, SubjectRecord, Text

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
POLICY = load.load("default")
CONTEXT = Context(stage=Stage.INPUT, now=NOON, tenant="studio", route="responses.create", purpose="parody")
TERMS = ("parody", "", "False")
PICTURE = Picture("image", b"", "png", 1, 1, 1)
EARLIER = Turn((Text("input", "draw Jane"),), False, 3, POLICY.revision, TERMS, NOON - timedelta(days=1))


@dataclass
class Book:
    """A ledger of two tenants' worth of memory."""

    turns: dict[tuple[str, str], Turn] = field(default_factory=dict)
    asked: int = 0

    async def find(self, tenant: str, ids: Sequence[str]) -> Mapping[str, Turn]:
        self.asked += 1
        return {stored_id: self.turns[tenant, stored_id] for stored_id in ids if (tenant, stored_id) in self.turns}

    async def keep(self, tenant: str, ids: Sequence[str], turn: Turn) -> None:
        self.turns |= {(tenant, stored_id): turn for stored_id in ids}

    async def own(self, tenant: str, ids: Sequence[str]) -> list[str]:
        return [stored_id for stored_id in ids if (tenant, stored_id) in self.turns]

    async def forget(self, tenant: str, ids: Sequence[str]) -> None:
        for stored_id in ids:
            self.turns.pop((tenant, stored_id), None)


def generation(*texts: Text, stored: str | None = None, pictures: tuple[Picture, ...] = (), polls: bool = False) -> Generation:
    route = Route("r", "POST", "/r", content_types=() if polls else ("application/json",))
    points = (("previous_response_id", stored),) if stored else ()
    return Generation(route, None, texts, pictures, False, 1, lambda: ("", b""), list, points)


async def stands(book: Book, asked: Generation, context: Context = CONTEXT, limits: Limits = Limits()) -> Standing:  # noqa: B008 - frozen
    return await standing(book, "openai", asked, POLICY, context, 7, limits)


async def test_a_request_that_points_at_nothing_asks_nothing() -> None:
    book = Book()
    assert await stands(book, generation(Text("prompt", "a tyre"), pictures=(PICTURE,))) == Standing(
        Turn((Text("prompt", "a tyre"),), True, 7, POLICY.revision, TERMS, NOON)
    )
    assert book.asked == 0


async def test_the_texts_of_the_turns_before_are_looked_at_again_and_go_on() -> None:
    book = Book({("studio", "openai\nresp_1"): EARLIER})
    found = await stands(book, generation(Text("input", "Roe"), stored="resp_1"))
    assert found == Standing(Turn((*EARLIER.texts, Text("input", "Roe")), False, 7, POLICY.revision, TERMS, NOON), EARLIER.texts)


def test_what_was_said_in_two_turns_stands_side_by_side() -> None:
    first = [Text("tools[0].name", "f"), Text("input[0].content[0].text", "draw Jane"), Text("user", "u")]
    new = (Text("metadata.a", "m"), Text("input", "Roe"))
    stands = Standing(EARLIER, tuple(first))
    assert [text.text for text in stands.looked_at(new)] == ["f", "u", "draw Jane", "Roe", "m"]
    assert replace(stands, earlier=()).looked_at(new) == new


async def test_a_picture_is_as_old_as_the_oldest_before_it() -> None:
    shown = replace(EARLIER, pictures=True, expires_at=NOON + timedelta(days=2))
    book = Book({("studio", "openai\nresp_1"): shown})
    found = await stands(book, generation(Text("input", "Roe"), stored="resp_1", pictures=(PICTURE,)))
    assert found.turn == replace(shown, texts=(*EARLIER.texts, Text("input", "Roe")))


@pytest.mark.parametrize(
    ("tenant", "name"), [("studio", "openai\nresp_2"), ("other", "openai\nresp_1"), ("studio", "azure\nresp_1")],
    ids=["an id nobody was given", "another tenant's", "another provider's"],
)  # fmt: skip
async def test_what_was_not_handed_out_to_this_tenant_here_is_refused(tenant: str, name: str) -> None:
    with pytest.raises(UnscreenableError, match="did not hand out to you") as refused:
        await stands(Book({(tenant, name): EARLIER}), generation(stored="resp_1"))
    assert refused.value.where == "previous_response_id"


CHANGED = [
    pytest.param({"moved": True}, id="the registry"),
    pytest.param({"policy_revision": "older"}, id="the policy"),
    pytest.param({"terms": ("advertising", "", "False")}, id="what the caller states"),
]


@pytest.mark.parametrize("change", CHANGED)
@pytest.mark.parametrize("pictures", [True, False])
async def test_pictures_that_would_have_to_be_looked_at_again_are_refused_and_texts_are_looked_at_again(change, pictures: bool) -> None:
    book = Book({("studio", "openai\nresp_1"): replace(EARLIER, pictures=pictures, **change)})
    if not pictures:
        assert (await stands(book, generation(stored="resp_1"))).earlier == EARLIER.texts
        return
    with pytest.raises(UnscreenableError, match="send the pictures themselves") as refused:
        await stands(book, generation(stored="resp_1"))
    assert refused.value.where == "previous_response_id"


async def test_texts_beyond_the_cap_are_refused() -> None:
    book = Book({("studio", "openai\nresp_1"): EARLIER})
    with pytest.raises(TooLargeError):
        await stands(book, generation(stored="resp_1"), limits=Limits(max_text_bytes=5))


async def test_an_answer_writes_down_what_it_hands_out_with_all_that_is_behind_it() -> None:
    book = Book({("studio", "openai\nresp_1"): EARLIER})
    asked = generation(Text("input", "Roe"), stored="resp_1")
    found = await stands(book, asked)
    answers = [Answer((Text("output", "done"),), (), b"", issued=("resp_2", "resp_1")), Answer((), (PICTURE,), b"", issued=("ig_1",))]
    await keep(book, "openai", "studio", found.turn, asked, answers)
    after = replace(found.turn, texts=(Text("output", "done"), *found.turn.texts), pictures=True)
    assert book.turns == {
        ("studio", "openai\nresp_1"): EARLIER,
        ("studio", "openai\nresp_2"): after,
        ("studio", "openai\nig_1"): after,
    }


async def test_what_a_request_is_about_must_be_its_tenants_own_in_whatever_way_it_was_given() -> None:
    book = Book({("studio", "openai\nfile-1"): EARLIER, ("studio", "openai\nheld:file-2"): EARLIER, ("other", "openai\nfile-3"): EARLIER})
    assert await ledger.own(book, "openai", "studio", ["file-1", "file-2", "file-3", "file-4"]) == {"file-1", "file-2"}
    about = replace(generation(), owned=(("file_id", "file-2"),))
    assert (await stands(book, about)).earlier == ()
    with pytest.raises(UnscreenableError) as refused:
        await stands(book, replace(about, owned=(("file_id", "file-2"), ("after", "file-3"))))
    assert (refused.value.where, refused.value.status) == ("after", 404)


async def test_what_may_be_read_may_not_be_built_on() -> None:
    with pytest.raises(UnscreenableError):
        await stands(Book({("studio", "openai\nheld:file-2"): EARLIER}), generation(stored="file-2"))


async def test_what_serves_a_use_is_kept_for_it_and_deleted_in_every_way() -> None:
    book = Book()
    upload = replace(generation(Text("file.line[1]", "a tyre")), serves="batch")
    await keep(book, "openai", "studio", EARLIER, upload, [Answer((), (), b"", issued=("file-1",))])
    assert [name for _, name in book.turns] == ["openai\nfile-1", "openai\nbatch:file-1"]
    await ledger.forget(book, "openai", "studio", replace(generation(), owned=(("file_id", "file-1"),)))
    assert book.turns == {}


async def test_an_answer_to_a_poll_adds_to_the_turn_that_was_asked_for() -> None:
    book = Book({("studio", "openai\nresp_1"): EARLIER})
    asked = generation(stored="resp_1", polls=True)
    found = await stands(book, asked)
    await keep(book, "openai", "studio", found.turn, asked, [Answer((Text("output", "done"),), (), b"", issued=("resp_1",))])
    assert book.turns["studio", "openai\nresp_1"].texts == (Text("output", "done"), *EARLIER.texts)


async def test_an_answer_that_hands_out_nothing_writes_nothing() -> None:
    book = Book()
    await keep(book, "openai", "studio", EARLIER, generation(), [Answer((), (), b"")])
    assert book.turns == {}


def test_a_turn_ends_with_the_first_grant_it_rests_on() -> None:
    ends = {name: NOON + timedelta(days=days) for name, days in (("dir_1", 3), ("dir_2", 2), ("dir_3", 1))}
    directives = tuple(Directive(name, 1, Effect.ALLOW, DirectiveStatus.ACTIVE, expires_at=at) for name, at in ends.items())
    decision = Decision(Outcome.ALLOW, "r", "likeness", grants=("dir_1", "dir_2"))
    people = {"sub_1": SubjectRecord(1, "sub_1", "Jane Roe", SubjectKind.PRIVATE_PERSON, directives=directives)}
    assert ledger.until(decision, people) == ends["dir_2"]
    assert ledger.until(replace(decision, grants=()), people) is None
    later = Standing(replace(EARLIER, expires_at=ends["dir_1"]))
    assert later.ending(None, ends["dir_2"]).turn.expires_at == ends["dir_2"]
