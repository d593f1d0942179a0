"""Testing one person: what is tried, what counts as caught, and what is said to add."""

import io
from datetime import UTC, datetime

import numpy as np
import pytest
from PIL import Image

from guard.decide import load
from guard.errors import UnscreenableError
from guard.evaluate.faces_changes import CHANGES
from guard.evaluate.person import Tried, by_kind, disguises, names_of, try_names, try_photos, visible
from guard.extract.base import Limits
from guard.faceworker.encode import ENCODER
from guard.match.faces import FacesInPicture
from guard.match.gallery import Gallery
from guard.match.names.ingest import expand
from guard.registry.values import Subject
from guard.state import Published
from guard.types import Alias, AliasKind, Outcome, Picture, Strength, SubjectKind, SubjectRecord

NOW = datetime(2026, 5, 1, tzinfo=UTC)


def subject(name: str, *aliases: Alias) -> Subject:
    return Subject("sub_1", 1, SubjectKind.PUBLIC_FIGURE, name, aliases, {}, (), None, (), NOW, NOW)


def published(*names: str) -> Published:
    people = [SubjectRecord(no, f"sub_{no}", name, SubjectKind.PUBLIC_FIGURE, tuple(expand(name))) for no, name in enumerate(names, 1)]
    return Published(Gallery.of(people), load.load("default"))


def test_every_disguise_that_fits_is_tried_and_the_same_each_time() -> None:
    tried = list(disguises(["Marit Solhaugen"]))
    assert tried == list(disguises(["Marit Solhaugen"]))
    assert len(set(tried)) == len(tried)
    assert {"exact", "zero-width", "base64", "split", "typing error", "phonetic"} <= {attack for _, attack, _ in tried}


@pytest.mark.parametrize("name", ["Xu", "X", "Ωμέγα", "王伟", "O'Neil", "a b", "   "])
def test_names_that_few_disguises_fit(name: str) -> None:
    assert all(texts for _, _, texts in disguises([name]))


@pytest.mark.parametrize("name", ["Ильзе Брандволь", "ჯორჯ ვაშინგტონი", "Νίκος Παπαδόπουλος"])
def test_no_disguise_leaves_nothing_of_a_name(name: str) -> None:
    """Letters of the Latin alphabet in full width, turned or encoded say nothing of a name that has none: that nobody finds it is no miss."""
    assert [disguise for _, disguise, texts in disguises([name]) if not set("".join(texts)) - set("0123456789x= ")] == []


def test_what_cannot_be_seen_is_shown_and_letters_are_left() -> None:
    assert visible("Ильзе\u200b B\u00adr\ufe0f\U000e0041\u0301 王") == "Ильзе{U+200B} B{U+00AD}r{U+FE0F}{U+E0041}\u0301 王"


def test_what_callers_write_for_them() -> None:
    strong = Alias("Marit S. Haugen", AliasKind.STAGE, Strength.STRONG)
    weak = Alias("Marit", AliasKind.NICKNAME, Strength.WEAK)
    described = Alias("the singer of Fjordlys band", AliasKind.DESCRIPTOR, Strength.STRONG)
    assert names_of(subject("Marit Solhaugen", strong, weak, described)) == ["Marit Solhaugen", "Marit S. Haugen"]


def test_somebody_who_is_registered_is_caught_and_somebody_else_is_not() -> None:
    state = published("Marit Solhaugen", "Torvald Engebakk")
    caught = by_kind(try_names(state, subject("Marit Solhaugen"), NOW))
    assert [(kind.disguise, kind.caught > 0) for kind in caught if kind.disguise in {"exact", "zero-width", "split"}] == [
        ("exact", True),
        ("zero-width", True),
        ("split", True),
    ]
    nobody = try_names(state, Subject("sub_9", 9, SubjectKind.PUBLIC_FIGURE, "Ludmila Treewater", (), {}, (), None, (), NOW, NOW), NOW)
    assert {one.outcome for one in nobody} == {Outcome.ALLOW}


def test_only_where_an_alias_helps_is_one_named() -> None:
    nobody = try_names(
        published("Torvald Engebakk"), Subject("sub_9", 9, SubjectKind.MINOR, "William Treewater", (), {}, (), None, (), NOW, NOW), NOW
    )
    named = {one.disguise: (one.add, one.add_kind) for one in nobody if one.add}
    assert named["nickname"] == ("Bill Treewater", AliasKind.NICKNAME)
    assert {"base64", "zero-width", "split"}.isdisjoint(named)


def test_counts_by_disguise() -> None:
    passed = Tried("g", "spaced", "m a r i t", Outcome.ALLOW)
    kinds = by_kind([Tried("g", "exact", "marit", Outcome.REFUSE), Tried("g", "spaced", "m-a", Outcome.HOLD), passed])
    assert [(kind.disguise, kind.tried, kind.caught, kind.missed) for kind in kinds] == [("exact", 1, 1, ()), ("spaced", 2, 1, (passed,))]


class Blind:
    """Face workers that find nobody, and say how often they were asked."""

    asked = 0

    async def find(self, picture: Picture, small_faces: bool = False) -> FacesInPicture:
        self.asked += 1
        return FacesInPicture((), ENCODER)


async def test_photos_are_changed_in_every_way_and_no_more_than_two() -> None:
    photo = io.BytesIO()
    Image.fromarray(np.full((64, 48, 3), 120, np.uint8)).save(photo, "PNG")
    faces = Blind()
    tried = await try_photos(published("Marit Solhaugen"), faces, subject("Marit Solhaugen"), [photo.getvalue()] * 3, Limits(), NOW)
    assert (len(tried), faces.asked) == (2 * len(CHANGES), 2 * len(CHANGES))
    assert {(one.group, one.outcome, one.sent) for one in tried} == {("photos", Outcome.ALLOW, f"photo {n}") for n in (1, 2)}


async def test_a_photo_that_cannot_be_read() -> None:
    with pytest.raises(UnscreenableError):
        await try_photos(published("Marit Solhaugen"), Blind(), subject("Marit Solhaugen"), [b"no picture"], Limits(), NOW)
