"""Pictures that are made to hurt, as inputs through the running gateway: a refusal that names the place, soon, and nothing is forwarded."""

import io
import time
import zipfile
import zlib
from struct import pack

import openai
import pytest
from PIL import Image
from skimage.data import astronaut

from api.standin import StandIn
from guard.evaluate.trial import Trial

PORTRAIT = Image.fromarray(astronaut()).crop((96, 0, 352, 256))
MOST_S = 60
"""Generous for a machine that does much else; each takes under a second of CPU."""


def png(image: Image.Image) -> bytes:
    held = io.BytesIO()
    image.save(held, "PNG")
    return held.getvalue()


def bomb(side: int) -> bytes:
    """A PNG of side by side black pixels in a few bytes."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return pack(">I", len(content)) + kind + content + pack(">I", zlib.crc32(kind + content))

    rows = zlib.compress(bytes((side // 8 + 1) * side), 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def many_frames(count: int) -> bytes:
    """A GIF of one-pixel frames, no two alike in a row."""
    head = b"GIF89a" + pack("<HHBBB", 1, 1, 0x80, 0, 0) + b"\0\0\0\xff\xff\xff"
    frame = b"\x2c" + pack("<HHHHB", 0, 0, 1, 1, 0) + b"\x02\x02\x44\x01\0"
    return head + frame * count + b";"


def with_a_zip_behind(picture: bytes) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        archive.writestr("photo.png", picture)
    return picture + held.getvalue()


WHOLE = png(PORTRAIT)
BAD = [
    pytest.param(bomb(9_000), id="81 megapixels in 10 KB"),
    pytest.param(WHOLE[: len(WHOLE) // 2], id="half of a picture"),
    pytest.param(many_frames(10_000), id="10,000 frames"),
    pytest.param(with_a_zip_behind(WHOLE), id="a PNG that is a zip as well"),
    pytest.param(b"<svg xmlns='http://www.w3.org/2000/svg'/>", id="SVG"),
    pytest.param(b"%PDF-1.7\n", id="PDF"),
    pytest.param(b"no picture at all", id="text"),
]


@pytest.mark.parametrize("content", BAD)
def test_it_is_unscreenable_and_goes_nowhere(guarded: Trial, upstream: StandIn, content: bytes) -> None:
    began = time.monotonic()
    with pytest.raises(openai.APIStatusError) as caught:
        guarded.client("bad-pictures").images.edit(model="gpt-image-1", image=("p.png", content, "image/png"), prompt="make it evening")
    assert (caught.value.status_code in (400, 413, 415), caught.value.code, list(upstream.seen)) == (True, "unscreenable_request", [])
    assert time.monotonic() - began < MOST_S


def test_a_line_of_20_000_pixels_is_looked_at(guarded: Trial, upstream: StandIn) -> None:
    line = Image.linear_gradient("L").resize((20_000, 1)).convert("RGB")
    began = time.monotonic()
    guarded.client("bad-pictures").images.edit(model="gpt-image-1", image=("p.png", png(line), "image/png"), prompt="make it evening")
    assert (len(upstream.seen), time.monotonic() - began < MOST_S) == (1, True)


def test_the_same_photo_for_two_people_is_told_and_a_photo_of_two_is_refused(guarded: Trial) -> None:
    """The registrar decides: twins, and one person registered twice, look the same."""
    first, second = (
        guarded.made("/subjects?allow_duplicate=true", json={"name": name})["id"]
        for name in ("Theodora Quillmaker", "Theodora Quillmaker-Voss")
    )
    files = {"image": ("p.png", png(PORTRAIT.rotate(3)), "image/png")}
    assert guarded.made(f"/subjects/{first}/faces", files=files)["warnings"] == []
    assert guarded.made(f"/subjects/{second}/faces", files=files)["warnings"] == [f"image 0 looks like the enrolled subject {first}"]
    both = Image.new("RGB", (512, 256))
    both.paste(PORTRAIT, (0, 0))
    both.paste(PORTRAIT, (256, 0))
    refused = guarded.admin(
        "POST", f"/subjects/{first}/faces", files=[("image", files["image"]), ("image", ("2.png", png(both), "image/png"))]
    )
    assert (refused.status_code, "several faces" in refused.json()["detail"]) == (422, True)
    assert len(guarded.admin("GET", f"/subjects/{first}/faces").json()["items"]) == 1
    for subject_id in (first, second):
        guarded.admin("DELETE", f"/subjects/{subject_id}").raise_for_status()
