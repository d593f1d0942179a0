"""Rows 44-46 and 49: every way in which somebody may see a picture, and none for a broken one."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageFile

from guard.errors import UnscreenableError
from guard.extract.base import Limits
from guard.extract.containers import inspect
from guard.extract.image_decode import frames
from guard.types import Picture
from tests.guard.extract.pictures import drawn, mended, saved

SECRET = np.asarray(Image.effect_noise((24, 16), 80)).astype(np.uint8)
WHITE = np.full((16, 24), 255, np.uint8)


def picture(data: bytes) -> Picture:
    return inspect(data, "image", Limits()).picture


def seen(data: bytes) -> list[tuple[int, str, tuple[int, ...]]]:
    return [(frame.index, frame.view, frame.pixels.shape) for frame in frames(picture(data))]


def rgba(colour: np.ndarray, alpha: np.ndarray) -> bytes:
    return saved(Image.fromarray(np.dstack([colour, colour, colour, alpha])), "png")


def shows_secret(data: bytes) -> bool:
    """Whether some view has the secret's contrast (either way up)."""
    views = [frame.pixels[..., 0].astype(float) for frame in frames(picture(data))]
    return any(abs(np.corrcoef(view.ravel(), SECRET.ravel())[0, 1]) > 0.99 for view in views if view.shape == SECRET.shape)


TURNED = Image.Exif()
TURNED[0x0112] = 6
STACK = [Image.effect_noise((24, 16), 20 + index).convert("RGB") for index in range(3)]
SHOWN = [(0, "as shown", (16, 24, 3))]
BOTH_WAYS = [(0, "as shown", (24, 16, 3)), (0, "as shown as stored", (16, 24, 3))]
ALPHA = [(0, "as shown", (16, 24, 3)), (0, "without alpha", (16, 24, 3)), (0, "alpha", (16, 24, 3))]
EACH = [(index, "as shown", (16, 24, 3)) for index in range(3)]
VIEWS = [
    *[pytest.param(drawn(fmt), SHOWN, id=fmt) for fmt in ("png", "jpeg", "webp", "gif", "avif")],
    *[pytest.param(drawn("png", mode=mode), SHOWN, id=f"png {mode}") for mode in ("1", "L", "P")],
    pytest.param(drawn("jpeg", mode="CMYK"), SHOWN, id="jpeg CMYK"),
    *[pytest.param(drawn(fmt, exif=TURNED), BOTH_WAYS, id=f"44: {fmt} turned by Exif") for fmt in ("jpeg", "png", "webp", "avif")],
    *[pytest.param(drawn(fmt, mode="RGBA"), ALPHA, id=f"46: {fmt} with alpha") for fmt in ("png", "webp", "avif")],
    *[
        pytest.param(saved(STACK[0], fmt, save_all=True, append_images=STACK[1:]), EACH, id=f"45: {fmt} of three frames")
        for fmt in ("gif", "png", "webp")
    ],
    pytest.param(rgba(WHITE, WHITE), [], id="a blank picture shows nothing"),
]


@pytest.mark.parametrize(("data", "expected"), VIEWS)
def test_every_view_of_every_frame(data: bytes, expected: list[tuple[int, str, tuple[int, ...]]]) -> None:
    assert seen(data) == expected


HIDDEN = [
    pytest.param(rgba(SECRET, np.zeros_like(SECRET)), id="46: colours under alpha 0"),
    pytest.param(rgba(WHITE, SECRET), id="46: drawn only in alpha, on white"),
    pytest.param(rgba(np.zeros_like(SECRET), SECRET), id="46: drawn only in alpha, on black"),
    pytest.param(saved(Image.fromarray(SECRET.astype(np.uint16) * 257), "png"), id="16-bit grey"),
    pytest.param(saved(Image.fromarray(SECRET.astype(np.uint16)), "png"), id="16-bit grey in its lowest byte"),
]


@pytest.mark.parametrize("data", HIDDEN)
def test_what_is_hidden_in_a_picture_is_seen(data: bytes) -> None:
    assert shows_secret(data)


def test_pixels_are_rgb_bytes_in_one_piece() -> None:
    (frame,) = frames(picture(drawn("png")))
    assert (frame.pixels.dtype, frame.pixels.flags.c_contiguous) == (np.dtype(np.uint8), True)


BROKEN = [
    pytest.param(Picture("image", drawn("jpeg")[:-200], "jpeg", 24, 16), id="cut"),
    pytest.param(Picture("image", drawn("png"), "jpeg", 24, 16), id="of another format"),
    pytest.param(Picture("image", drawn("png"), "png", 99, 16), id="of another size"),
    pytest.param(Picture("image", drawn("gif"), "gif", 24, 16, 2), id="of fewer frames"),
    pytest.param(Picture("image", b"", "png", 24, 16), id="nothing"),
]


@pytest.mark.parametrize("broken", BROKEN)
def test_a_picture_that_does_not_decode_as_promised_is_refused(broken: Picture) -> None:
    with pytest.raises(UnscreenableError) as refused:
        list(frames(broken))
    assert refused.value.where == "image"


WHOLE = [
    *[drawn(fmt) for fmt in ("png", "jpeg", "webp", "gif", "avif")],
    *[drawn(fmt, mode="RGBA") for fmt in ("png", "webp", "avif")],
    *[saved(STACK[0], fmt, save_all=True, append_images=STACK[1:]) for fmt in ("gif", "png", "webp")],
    drawn("jpeg", progressive=True, exif=TURNED),
    drawn("png", mode="P"),
]


@settings(max_examples=300)
@given(st.sampled_from(WHOLE), st.integers(0, 10_000), st.binary(min_size=1, max_size=6), st.booleans())
def test_mangled_files_are_refused_or_show_what_they_say(data: bytes, at: int, noise: bytes, inserted: bool) -> None:
    """Checksums mended: without that no mangled PNG comes past the first. `make fuzz` tries millions."""
    at %= len(data)
    mangled = mended(data[:at] + noise + data[at if inserted else at + len(noise) :])
    try:
        contents = inspect(mangled, "image", Limits(max_pixels=1_000_000))
        pictures = (contents.picture, *contents.inner)
        seen = [(picture, frame) for picture in pictures for frame in frames(picture)]
    except UnscreenableError:
        return
    assert all(frame.pixels.shape[:2] in {(p.height, p.width), (p.width, p.height)} and frame.index < p.frames for p, frame in seen)


def test_a_process_that_loads_truncated_pictures_is_not_trusted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", True)
    with pytest.raises(RuntimeError, match="LOAD_TRUNCATED_IMAGES"):
        list(frames(picture(drawn("png"))))
