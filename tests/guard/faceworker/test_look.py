"""From bytes to faces: wherever somebody may hide one, the same person comes out."""

import io
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image, ImageOps

from guard.errors import FacesUnavailableError, TooLargeError, UnscreenableError
from guard.extract.base import Limits
from guard.extract.containers import inspect
from guard.faceworker import look as look_module
from guard.faceworker.look import Looker
from guard.match.faces import FacesInPicture
from guard.types import Picture
from tests.guard.extract.heic import built, drawn, scene_pixels

SAME_PERSON = 0.94

Change = Callable[[Image.Image], Image.Image]
Encoded = Callable[[Image.Image], Picture]


def cosine(one: FacesInPicture, other: FacesInPicture) -> float:
    """Of the nearest two faces."""
    return max((float(a.vector @ b.vector) for a in one.faces for b in other.faces), default=0.0)


@pytest.fixture(scope="module")
def upright(encoded: Encoded, looker: Looker, portrait: Image.Image) -> FacesInPicture:
    return looker.look(encoded(portrait))


def test_a_face_with_its_place_and_measures(upright: FacesInPicture) -> None:
    (face,) = upright.faces
    assert (face.where, face.frame, face.view, face.encoder) == ("image[0]", 0, "upright", "dlib-resnet-v1")
    assert face.vector.shape == (128,)
    assert float(np.linalg.norm(face.vector)) == pytest.approx(1, abs=1e-5)
    assert 60 < face.box.left < 100
    assert 60 < face.box.top < 100
    assert 70 < face.box.side < 120
    assert face.quality.score > 0.4
    assert (upright.frames, upright.skipped) == (1, ())
    assert upright.cpu_ms > 0


VARIANTS = [
    pytest.param(lambda image: image.transpose(Image.Transpose.ROTATE_90), "rotated 270", id="turned left"),
    pytest.param(lambda image: image.transpose(Image.Transpose.ROTATE_180), "rotated 180", id="upside down"),
    pytest.param(lambda image: image.transpose(Image.Transpose.ROTATE_270), "rotated 90", id="turned right"),
    pytest.param(ImageOps.mirror, "upright", id="mirrored"),
    pytest.param(lambda image: image.convert("L"), "upright", id="grey"),
    pytest.param(lambda image: image.convert("P", palette=Image.Palette.ADAPTIVE), "upright", id="palette"),
    pytest.param(lambda image: image.resize((160, 160)), "upright", id="small"),
    pytest.param(lambda image: image.resize((1600, 1600)), "upright", id="large"),
]


@pytest.mark.parametrize(("change", "view"), VARIANTS)
def test_the_same_person_however_the_picture_is_turned(
    encoded: Encoded, looker: Looker, upright: FacesInPicture, portrait: Image.Image, change: Change, view: str
) -> None:
    seen = looker.look(encoded(change(portrait)))
    assert view in {face.view for face in seen.faces}
    assert cosine(upright, seen) > SAME_PERSON


def test_a_face_under_full_transparency_is_seen(encoded: Encoded, looker: Looker, upright: FacesInPicture, portrait: Image.Image) -> None:
    hidden = portrait.convert("RGBA")
    hidden.putalpha(0)
    seen = looker.look(encoded(hidden))
    assert [face.view for face in seen.faces] == ["upright, without alpha"]
    assert cosine(upright, seen) > 0.99


def test_a_half_transparent_face_is_one_face(encoded: Encoded, looker: Looker, portrait: Image.Image) -> None:
    faded = portrait.convert("RGBA")
    faded.putalpha(250)
    assert len(looker.look(encoded(faded)).faces) == 1


def test_a_face_drawn_only_in_the_alpha_channel_is_seen(encoded: Encoded, looker: Looker, portrait: Image.Image) -> None:
    ghost = Image.new("RGBA", portrait.size, "black")
    ghost.putalpha(portrait.convert("L"))
    assert looker.look(encoded(ghost)).faces


def test_a_face_in_the_second_frame_is_seen(looker: Looker, upright: FacesInPicture, portrait: Image.Image) -> None:
    held = io.BytesIO()
    Image.new("RGB", portrait.size, "teal").save(held, "GIF", save_all=True, append_images=[portrait])
    seen = looker.look(Picture("image[0]", held.getvalue(), "gif", *portrait.size, frames=2))
    assert {face.frame for face in seen.faces} == {1}
    assert cosine(upright, seen) > SAME_PERSON


@pytest.mark.parametrize("orientation", range(2, 9))
def test_exif_orientation_is_obeyed(looker: Looker, upright: FacesInPicture, portrait: Image.Image, orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored = {
        2: [Image.Transpose.FLIP_LEFT_RIGHT],
        3: [Image.Transpose.ROTATE_180],
        4: [Image.Transpose.FLIP_TOP_BOTTOM],
        5: [Image.Transpose.TRANSPOSE],
        6: [Image.Transpose.ROTATE_90],
        7: [Image.Transpose.TRANSVERSE],
        8: [Image.Transpose.ROTATE_270],
    }[orientation]
    image = portrait
    for step in stored:
        image = image.transpose(step)
    held = io.BytesIO()
    image.save(held, "JPEG", exif=exif, quality=95)
    seen = looker.look(Picture("image[0]", held.getvalue(), "jpeg", *image.size))
    assert [(face.view, face.box.overlap(upright.faces[0].box) > 0.8) for face in seen.faces] == [("upright", True)]


def test_a_face_in_the_thumbnail_of_a_heic_is_a_picture_of_its_own(looker: Looker, upright: FacesInPicture, portrait: Image.Image) -> None:
    """The main picture is a wall: what a file browser shows is the person."""
    wall = scene_pixels(1, 320, 320)
    data = built([drawn(wall), drawn(np.asarray(portrait), [(b"thmb", [1])])])
    contents = inspect(data, "image[0]", Limits())
    main, thumbnail = (looker.look(picture) for picture in (contents.picture, *contents.inner))
    assert (main.faces, [face.where for face in thumbnail.faces]) == ((), ["image[0].thumbnail[2]"])
    assert cosine(upright, thumbnail) > SAME_PERSON


def test_a_small_face_is_found_where_it_is_asked_for(encoded: Encoded, looker: Looker, portrait: Image.Image) -> None:
    """A face of a twenty-sixth of the picture's side."""
    page = Image.new("RGB", (1200, 900), (150, 150, 150))
    page.paste(portrait.resize((112, 112), Image.Resampling.LANCZOS), (700, 300))
    assert [len(looker.look(encoded(page), small_faces=small).faces) for small in (False, True)] == [0, 1]


def test_a_decoy_beside_the_victim_hides_nobody(encoded: Encoded, looker: Looker, portrait: Image.Image) -> None:
    page = Image.new("RGB", (900, 420), "white")
    page.paste(portrait, (40, 70))
    page.paste(portrait.transpose(Image.Transpose.ROTATE_180).resize((400, 400)), (480, 10))
    assert {face.view for face in looker.look(encoded(page)).faces} == {"upright", "rotated 180"}


def test_a_picture_without_a_face(encoded: Encoded, looker: Looker) -> None:
    seen = looker.look(encoded(Image.linear_gradient("L").convert("RGB")))
    assert (seen.faces, seen.skipped) == ((), ())


def test_a_picture_with_too_many_pixels_or_frames_is_refused_before_it_is_decoded(looker: Looker) -> None:
    with pytest.raises(TooLargeError, match="9 frames; at most 8"):
        looker.look(Picture("mask", b"", "gif", 10, 10, frames=9))
    with pytest.raises(TooLargeError, match="100000 x 100000 pixels"):
        looker.look(Picture("mask", b"", "png", 100_000, 100_000))


def test_a_cut_picture_is_refused(encoded: Encoded, looker: Looker, portrait: Image.Image) -> None:
    whole = encoded(portrait)
    with pytest.raises(UnscreenableError) as refused:
        looker.look(Picture("image[2]", whole.data[: len(whole.data) // 2], "png", whole.width, whole.height))
    assert (refused.value.where, refused.value.status) == ("image[2]", 400)


def test_a_crowd_beyond_the_cap_is_refused(
    encoded: Encoded, looker: Looker, portrait: Image.Image, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(look_module, "MAX_FACES", 0)
    with pytest.raises(TooLargeError, match="more than 0 faces"):
        looker.look(encoded(portrait))


def test_a_picture_that_takes_too_long_is_refused(encoded: Encoded, portrait: Image.Image) -> None:
    with pytest.raises(UnscreenableError, match="within 0 s"):
        Looker(max_pixels=10**7, max_frames=1, time_s=0).look(encoded(portrait))


def test_nothing_is_computed_for_a_client_that_has_gone(encoded: Encoded, looker: Looker, portrait: Image.Image) -> None:
    with pytest.raises(FacesUnavailableError, match="gone"):
        looker.look(encoded(portrait), lambda: True)
