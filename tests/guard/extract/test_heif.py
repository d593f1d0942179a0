"""HEIC: every picture that some viewer may show is looked at, and what a viewer could show and the guard not is refused."""

from collections.abc import Callable
from struct import pack

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from guard.errors import TooLargeError, UnscreenableError
from guard.extract import containers
from guard.extract.base import Limits
from guard.extract.containers import inspect
from guard.extract.image_decode import frames
from guard.types import Picture
from tests.guard.extract.heic import Item, Pixels, box, built, configuration, drawn, extent, grid, kind_of, scene_pixels, sized, units

MAIN, OTHER = scene_pixels(1), scene_pixels(2, 48, 32)
TILES = [scene_pixels(seed, 64, 64) for seed in range(4, 8)]
ALPHA = (b"auxC", bytes(4) + b"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha\0")
GAIN = (b"auxC", bytes(4) + b"urn:com:apple:photo:2020:aux:hdrgainmap\0")


def tiles() -> list[Item]:
    return [drawn(pixels, hidden=True) for pixels in TILES]


def tiled(width: int = 120, height: int = 100) -> list[Item]:
    return [grid(2, 2, width, height, [2, 3, 4, 5]), *tiles()]


def views(picture: Picture) -> list[tuple[str, str, tuple[int, ...]]]:
    return [(picture.where, frame.view, frame.pixels.shape) for frame in frames(picture)]


def near(picture: Picture, pixels: Pixels) -> bool:
    """Whether a view of the picture shows what was coded, but for the coding."""
    return any(frame.pixels.shape == pixels.shape and np.abs(frame.pixels.astype(int) - pixels).mean() < 2 for frame in frames(picture))


SHOWN = [
    pytest.param([drawn(MAIN)], [("image", "as shown", (64, 96, 3))], id="one picture"),
    pytest.param([drawn(MAIN, more=[(b"irot", b"\1")])], [("image", "as shown", (96, 64, 3))], id="turned by a property"),
    pytest.param(tiled(), [("image", "as shown", (100, 120, 3))], id="a grid"),
    pytest.param(
        [drawn(MAIN), drawn(OTHER, [(b"thmb", [1])])],
        [("image", "as shown", (64, 96, 3)), ("image.thumbnail[2]", "as shown", (32, 48, 3))],
        id="a thumbnail",
    ),
    pytest.param(
        [drawn(MAIN), drawn(MAIN, [(b"auxl", [1])], [ALPHA])],
        [
            *[("image", view, (64, 96, 3)) for view in ("as shown", "without alpha", "alpha")],
            ("image.auxiliary[2]", "as shown", (64, 96, 3)),
        ],
        id="alpha",
    ),
    pytest.param(
        [drawn(MAIN), drawn(OTHER, [(b"auxl", [1])], [GAIN], hidden=True)],
        [("image", "as shown", (64, 96, 3)), ("image.auxiliary[2]", "as shown", (32, 48, 3))],
        id="a gain map",
    ),
    pytest.param(
        [
            drawn(MAIN),
            Item(b"grid", *(lambda g: (g.body, [*g.properties, GAIN], [*g.to, (b"auxl", [1])]))(grid(2, 2, 128, 128, [3, 4, 5, 6])), True),
            *tiles(),
        ],
        [("image", "as shown", (64, 96, 3)), ("image.auxiliary[2]", "as shown", (128, 128, 3))],
        id="a gain map in tiles",
    ),
]


@pytest.mark.parametrize(("items", "expected"), SHOWN)
def test_every_picture_of_a_file_is_looked_at(items: list[Item], expected: list[tuple[str, str, tuple[int, ...]]]) -> None:
    contents = inspect(built(items), "image", Limits())
    assert [view for picture in (contents.picture, *contents.inner) for view in views(picture)] == expected


def test_pixels_are_those_that_were_coded() -> None:
    contents = inspect(built([drawn(MAIN), drawn(OTHER, [(b"thmb", [1])])]), "image", Limits())
    assert (near(contents.picture, MAIN), near(contents.inner[0], OTHER)) == (True, True)
    assert (contents.picture.format, contents.picture.data) == ("heif", built([drawn(MAIN), drawn(OTHER, [(b"thmb", [1])])]))


def test_text_in_it_is_taken_out_as_text() -> None:
    exif = Item(b"Exif", bytes(4) + b"MM\0*\0\0\0\x08Jane Roe\0", [], [(b"cdsc", [1])])
    message = pack(">BB", 39 << 1, 1) + b"\5\x18" + bytes(16) + b"Mary Major\x80"
    coded = drawn(MAIN)
    coded.body = sized(message) + coded.body
    texts = [text.text for text in inspect(built([coded, exif]), "image", Limits()).texts]
    assert any("Jane Roe" in text for text in texts)
    assert any("Mary Major" in text for text in texts)


def changed(change: Callable[[Item], None], *more: Item) -> bytes:
    item = drawn(MAIN)
    change(item)
    return built([item, *more])


def smaller(item: Item) -> None:
    item.properties[1] = extent(16, 16)


def twice(item: Item) -> None:
    item.body += item.body


def parameters_within(item: Item) -> None:
    item.body = sized(*[unit for unit in units(scene_pixels(3, 320, 320)) if kind_of(unit) == 33]) + item.body


def two_configurations(item: Item) -> None:
    item.properties.append((b"hvcC", configuration([unit for unit in units(OTHER) if kind_of(unit) in (32, 33, 34)])))


def cut(item: Item) -> None:
    item.body = item.body[:-1]


REFUSED = [
    pytest.param(changed(smaller), "another size", id="a bomb: larger than it says"),
    pytest.param(changed(twice), "several pictures", id="two pictures in one"),
    pytest.param(changed(parameters_within), "does not know", id="parameters that say another size, in the picture"),
    pytest.param(changed(two_configurations), "in one way", id="coded in two ways"),
    pytest.param(changed(cut), "cut short", id="cut"),
    pytest.param(changed(lambda item: item.properties.append((b"clap", bytes(32)))), "clap", id="cropped by a property"),
    pytest.param(built([drawn(MAIN), drawn(OTHER)]), "second picture", id="two main pictures"),
    pytest.param(built([drawn(MAIN), drawn(OTHER, hidden=True)]), "second picture", id="a hidden picture"),
    pytest.param(built([drawn(MAIN), *tiled()[1:], grid(2, 2, 120, 100, [2, 3, 4, 5])]), "second picture", id="a hidden grid"),
    pytest.param(built([drawn(MAIN), Item(b"iovl", bytes(12), [extent(96, 64)], [(b"dimg", [1])])], 2), "no picture", id="an overlay"),
    pytest.param(built([drawn(MAIN), Item(b"iden", b"", [], [(b"dimg", [1])])]), "derived", id="a picture made of another"),
    pytest.param(built(tiled(60, 50)), "more tiles than it shows", id="tiles that are not shown"),
    pytest.param(built([grid(2, 2, 120, 100, [2, 3, 4, 4]), *tiles()]), "two places", id="one tile twice"),
    pytest.param(built([grid(2, 2, 120, 100, [2, 3, 4]), *tiles()]), "grid", id="too few tiles"),
    pytest.param(built([drawn(MAIN)], brand=b"hevc"), "This is heic", id="a sequence"),
    pytest.param(built([drawn(MAIN)], brand=b"mif1"), "This is heic", id="a brand that says nothing of the coding"),
    pytest.param(built([drawn(MAIN)], more=box(b"pitm", bytes(4) + b"\0\1")), "twice", id="two main items"),
    pytest.param(built([drawn(MAIN)], more=box(b"grpl", b"")), "does not know", id="groups"),
    pytest.param(built([drawn(MAIN)]) + box(b"mdat", b"x"), "belong to no item", id="media of no item"),
    pytest.param(built([drawn(MAIN)])[:-9], "of a wrong size", id="a file cut short"),
    pytest.param(built([drawn(MAIN)]) + b"x", "in the middle of a box", id="a byte more"),
    pytest.param(built([Item(b"av01", b"x", [extent(8, 8)])]), "no picture", id="another coding"),
]


@pytest.mark.parametrize(("data", "says"), REFUSED)
def test_what_a_viewer_could_show_and_the_guard_not_is_refused(data: bytes, says: str) -> None:
    with pytest.raises(UnscreenableError, match=says) as refused:
        inspect(data, "image[1]", Limits())
    assert (refused.value.where, refused.value.status) == ("image[1]", 400)


def test_a_picture_that_is_too_large_is_known_before_anything_is_decoded() -> None:
    with pytest.raises(TooLargeError, match="96 x 64 pixels"):
        inspect(built([drawn(MAIN)]), "image", Limits(max_pixels=6_000))


def test_without_the_extra_it_is_refused_and_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(containers, "HEIF_IS_READ", False)
    with pytest.raises(UnscreenableError, match="This is HEIC, which this gateway does not read"):
        inspect(built([drawn(MAIN)]), "image", Limits())


WHOLE = [built(items) for items in ([drawn(MAIN), drawn(OTHER, [(b"thmb", [1])])], tiled())]


@given(st.sampled_from(WHOLE), st.integers(0, 100_000), st.binary(min_size=1, max_size=4), st.booleans())
def test_mangled_files_are_refused_or_show_what_they_say(data: bytes, at: int, noise: bytes, inserted: bool) -> None:
    at %= len(data)
    mangled = data[:at] + noise + data[at if inserted else at + len(noise) :]
    try:
        contents = inspect(mangled, "image", Limits(max_pixels=1_000_000))
        shapes = {
            frame.pixels.shape == (picture.height, picture.width, 3) or frame.pixels.shape == (picture.width, picture.height, 3)
            for picture in (contents.picture, *contents.inner)
            for frame in frames(picture)
        }
    except UnscreenableError:
        return
    assert shapes <= {True}
