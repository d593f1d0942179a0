"""Mutated picture files through the containers' parsers and the decoders: an answer or a refusal, and never anything else.

`make fuzz` runs it under Atheris (libFuzzer) with coverage of the parsers. A picture that passes must be forwarded as it came, decode
to what its header says, and show every frame that Pillow alone finds in it.
"""

import io
import sys
from importlib.util import find_spec
from pathlib import Path

import atheris

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

with atheris.instrument_imports(include=["guard.extract"]):
    from guard.errors import UnscreenableError
    from guard.extract.base import Limits
    from guard.extract.containers import inspect
    from guard.extract.image_decode import frames

from PIL import Image

from tests.guard.extract.pictures import drawn, mended, saved

LIMITS = Limits(max_pixels=400_000, max_frames=8)
FORMATS = ("png", "jpeg", "webp", "gif", "avif")
STACK = [Image.effect_noise((24, 16), 20 + index).convert("RGB") for index in range(3)]
EXIF = Image.Exif()
EXIF[0x0112] = 6


def seeds() -> list[bytes]:
    """Small files of every kind that passes."""
    found = [drawn(fmt, mode=mode) for fmt in FORMATS for mode in (("RGB",) if fmt in ("jpeg", "gif") else ("RGB", "RGBA"))]
    found += [drawn("png", mode=mode) for mode in ("1", "L", "P")] + [drawn("jpeg", mode="CMYK"), drawn("jpeg", progressive=True)]
    found += [drawn(fmt, exif=EXIF) for fmt in ("png", "jpeg", "webp", "avif")]
    found += [saved(STACK[0], fmt, save_all=True, append_images=STACK[1:]) for fmt in ("png", "webp", "gif", "mpo")]
    if find_spec("pi_heif") and find_spec("av"):
        from tests.guard.extract import heic

        tiles = [heic.drawn(heic.scene_pixels(seed, 64, 64), hidden=True) for seed in range(2)]
        small = heic.drawn(heic.scene_pixels(3, 64, 64), [(b"thmb", [1])])
        found += [heic.built([heic.grid(1, 2, 128, 64, [2, 3]), *tiles]), heic.built([heic.drawn(heic.scene_pixels(4)), small])]
    return found


def mutated(data: bytes, most: int, _seed: int) -> bytes:
    """libFuzzer's mutation, with checksums mended."""
    return mended(bytes(atheris.Mutate(data, most)))[:most]


def one(data: bytes) -> None:
    """One file."""
    try:
        contents = inspect(data, "image", LIMITS)
    except UnscreenableError:
        return
    assert contents.picture.data == data
    for picture in (contents.picture, *contents.inner):
        sizes = {(picture.height, picture.width, 3), (picture.width, picture.height, 3)}
        try:
            seen = [(frame.index, frame.pixels.shape) for frame in frames(picture)]
        except UnscreenableError:
            continue
        assert {shape for _, shape in seen} <= sizes
        assert {index for index, _ in seen} <= set(range(picture.frames))
        with Image.open(io.BytesIO(picture.data)) as alone:
            assert picture.format == "jpeg" or getattr(alone, "n_frames", 1) == picture.frames
            assert (alone.format or "").lower() in (picture.format, "mpo")


def main() -> None:
    """`pictures.py FOLDER [libFuzzer options]`; the folder keeps what was found worth trying."""
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(seeds()):
        (folder / f"seed-{number}").write_bytes(seed)
    atheris.Setup(sys.argv, one, custom_mutator=mutated)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
