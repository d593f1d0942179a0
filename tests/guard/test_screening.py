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
    async def find(self, picture: Picture) -> FacesInPicture:
        raise AssertionError(picture)


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
