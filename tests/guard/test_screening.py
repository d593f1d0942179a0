"""What is looked at, in which order, and where."""

from collections.abc import Sequence
from datetime import UTC, datetime
from threading import get_ident

from guard.decide import load
from guard.match.faces import FacesInPicture
from guard.match.gallery import Gallery
from guard.metrics import Metrics
from guard.screening import Screening
from guard.state import Published
from guard.types import Context, Picture, Stage, Text


class NoFaces:
    async def find(self, picture: Picture, small_faces: bool = False) -> FacesInPicture:
        raise AssertionError(picture)


class Asked:
    """Face workers that note how they were asked, and had no time for everything."""

    def __init__(self) -> None:
        self.small_faces: list[bool] = []

    async def find(self, picture: Picture, small_faces: bool = False) -> FacesInPicture:
        self.small_faces.append(small_faces)
        return FacesInPicture((), "e", skipped=("upright, larger", "rotated 90, larger"))


async def test_a_policy_asks_for_small_faces_for_the_tenants_that_it_says_and_what_was_left_out_is_named() -> None:
    policy = load.parse("version: 1\nname: p\ntenants: {agency: {small_faces: true}}")
    faces = Asked()
    screening = Screening(faces, lambda _: {}, Metrics())
    published = Published(Gallery.of([], 0, []), policy)
    picture = Picture("image[0]", b"", "png", 1, 1)
    found = []
    for tenant in ("agency", "other"):
        context = Context(stage=Stage.INPUT, now=datetime(2026, 1, 1, tzinfo=UTC), tenant=tenant, route="images.edits")
        examined = await screening.examine(published, policy.for_tenant(tenant), [], [picture], context, everything=False)
        found.append(dict(examined.findings.not_examined))
    assert faces.small_faces == [True, False]
    assert found == [{"image[0], smaller faces": "left out for time: upright, larger; rotated 90, larger"}] * 2


async def test_a_long_text_is_read_in_a_thread_and_a_short_one_on_the_spot() -> None:
    threads: list[int] = []

    def signals(texts: Sequence[Text]) -> dict[str, float]:
        threads.append(get_ident())
        return {}

    screening = Screening(NoFaces(), signals, Metrics())
    published = Published(Gallery.of([], 0, []), load.load("default"))
    context = Context(stage=Stage.INPUT, now=datetime(2026, 1, 1, tzinfo=UTC), tenant="t", route="images.generate")
    for text in ("a lighthouse", "lighthouse " * 5_000):
        await screening.examine(published, published.policy, [Text("prompt", text)], [], context, everything=False)
    assert [thread == get_ident() for thread in threads] == [True, False]
