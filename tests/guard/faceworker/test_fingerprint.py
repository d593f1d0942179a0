"""A picture and its copies have near hashes; other pictures, and pictures of nothing, do not."""

from collections.abc import Callable

import numpy as np
import pdqhash
import pytest
from PIL import Image, ImageOps
from skimage.data import astronaut, cat, coffee

from guard.faceworker.fingerprint import fingerprint
from guard.faceworker.look import Looker
from guard.match.known_images import Fingerprint, KnownImages
from guard.types import KnownPicture, Picture

PHOTO = Image.fromarray(astronaut())


def seen(image: Image.Image) -> Fingerprint:
    hashes, quality = fingerprint(np.asarray(image.convert("RGB")))
    return Fingerprint(0, "", quality, hashes)


BANK = KnownImages.of([KnownPicture("img_1", seen(PHOTO).upright, "registry")])


def test_the_hexadecimal_form_is_the_one_of_pdq() -> None:
    bits, _ = pdqhash.compute(np.asarray(PHOTO))
    assert seen(PHOTO).upright == f"{int(''.join(map(str, bits)), 2):064x}"


@pytest.mark.parametrize("mirrored", [False, True], ids=["", "mirrored"])
@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_turned_and_mirrored_copies_are_found(turn: int, mirrored: bool) -> None:
    copy = PHOTO.rotate(turn)
    (hit,) = BANK.search([seen(ImageOps.mirror(copy) if mirrored else copy)])
    assert (hit.view == "as shown") == (turn == 0 and not mirrored)


@pytest.mark.parametrize("size", [64, 200, 1500])
def test_copies_of_another_size_are_found(size: int) -> None:
    assert len(BANK.search([seen(PHOTO.resize((size, size)))])) == 1


@pytest.mark.parametrize("other", [cat, coffee])
def test_other_pictures_are_not(other: Callable[[], np.ndarray]) -> None:
    assert BANK.search([seen(Image.fromarray(other()))]) == []


@pytest.mark.parametrize("size", [(1, 1), (3000, 1), (1, 3000), (300, 300)])
def test_a_plain_picture_tells_nothing(size: tuple[int, int]) -> None:
    assert not seen(Image.new("RGB", size, "teal")).telling


def test_every_frame_has_one(looker: Looker, encoded: Callable[[Image.Image], Picture], portrait: Image.Image) -> None:
    (print_,) = looker.look(encoded(portrait)).fingerprints
    assert (print_.frame, print_.view, print_.telling, print_.upright) == (0, "", True, seen(portrait).upright)
