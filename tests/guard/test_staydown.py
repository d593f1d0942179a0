"""Which refused outputs are remembered, and that remembering never gets in the way."""

import asyncio
import threading
from collections.abc import Sequence

import pytest

from guard.errors import NotFoundError
from guard.examine import Examined
from guard.match.known_images import Fingerprint
from guard.staydown import MOST_VIEWS, MOST_WAITING, StayDown, pictures_of
from guard.types import REFUSED_OUTPUTS, Decision, Findings, Hit, Modality, Outcome, Role, Strength

REFUSED = Decision(Outcome.REFUSE, "opt-out", "likeness")


def hit(modality: Modality, strength: Strength = Strength.STRONG, where: str = "data[0]", bank: str | None = None) -> Hit:
    role = Role.LIKENESS if modality is Modality.NAME else None
    return Hit("sub_ann", "Ann", modality, where, 0.9, 0.5, strength, role, bank=bank)


def frame(byte: int, quality: int = 100, view: str = "") -> Fingerprint:
    return Fingerprint(byte, view, quality, bytes([byte]) * 32 * 8)


def examined(*hits: Hit, views: Sequence[Fingerprint] = (frame(1),)) -> Examined:
    return Examined(Findings(hits), fingerprints={"data[0]": tuple(views), "data[1]": (frame(9),)})


FACE, NAME = hit(Modality.FACE), hit(Modality.NAME, where="prompt")
ONE = {"sub_ann": ["01" * 32]}


@pytest.mark.parametrize(
    ("decision", "hits", "remembered"),
    [
        pytest.param(REFUSED, [FACE], ONE, id="a sure face"),
        pytest.param(REFUSED, [hit(Modality.FACE, Strength.MEDIUM)], {}, id="a middling face"),
        pytest.param(REFUSED, [hit(Modality.FACE, Strength.MEDIUM), NAME], ONE, id="a middling face that was named"),
        pytest.param(REFUSED, [hit(Modality.FACE, Strength.WEAK), NAME], {}, id="a faint face"),
        pytest.param(REFUSED, [NAME], {}, id="a name alone"),
        pytest.param(REFUSED, [FACE, hit(Modality.KNOWN_IMAGE, bank=REFUSED_OUTPUTS)], {}, id="remembered already"),
        pytest.param(REFUSED, [FACE, hit(Modality.KNOWN_IMAGE, bank="registry")], ONE, id="known for another reason"),
        pytest.param(Decision(Outcome.HOLD, "opt-out", "likeness"), [FACE], {}, id="held"),
        pytest.param(Decision(Outcome.REFUSE, "sexual-likeness", "sexual"), [FACE], {}, id="refused for something else"),
    ],
)
def test_what_is_remembered(decision: Decision, hits: list[Hit], remembered: dict[str, list[str]]) -> None:
    assert dict(pictures_of(decision, examined(*hits))) == remembered


def test_only_views_that_everybody_sees_and_that_show_something_and_not_too_many() -> None:
    views = [frame(0, quality=10), frame(1, view="alpha"), *(frame(byte) for byte in range(2, 40))]
    (kept,) = dict(pictures_of(REFUSED, examined(FACE, views=views))).values()
    assert kept == [f"{byte:02x}" * 32 for byte in range(2, 2 + MOST_VIEWS)]


async def test_it_is_written_down_in_the_background() -> None:
    written: list[tuple[Sequence[str], str]] = []
    stay_down = StayDown(lambda hashes, subject_id: written.append((hashes, subject_id)))
    stay_down.refused(REFUSED, examined(FACE))
    assert written == []
    await stay_down.close()
    assert written == [(["01" * 32], "sub_ann")]


async def test_somebody_erased_meanwhile_is_not_remembered_and_nobody_hears_of_it(caplog: pytest.LogCaptureFixture) -> None:
    def gone(hashes: Sequence[str], subject_id: str) -> None:
        raise NotFoundError(f"there is no subject {subject_id!r}")

    stay_down = StayDown(gone)
    stay_down.refused(REFUSED, examined(FACE))
    await stay_down.close()
    assert "could not be remembered" in caplog.text


async def test_a_flood_is_let_go() -> None:
    open_, written = threading.Event(), []

    def slow(hashes: Sequence[str], subject_id: str) -> None:
        open_.wait(10)
        written.append(subject_id)

    stay_down = StayDown(slow)
    for _ in range(MOST_WAITING + 5):
        stay_down.refused(REFUSED, examined(FACE))
    await asyncio.sleep(0)
    open_.set()
    await stay_down.close()
    assert len(written) == MOST_WAITING
