"""Drawn faces of nobody: a detector finds them and the encoder tells them apart, so demos and tests need no photograph.

Measured with dlib: two portraits lie 0.36 apart as unit vectors, one portrait in two pictures 0.04.
"""

import io
from dataclasses import dataclass

from PIL import Image, ImageDraw, ImageFilter

Colour = tuple[int, int, int]

_OVERSAMPLING = 4


@dataclass(frozen=True, slots=True)
class Portrait:
    """What a drawn person looks like; `jaw` and `eyes` are widths relative to the usual."""

    skin: Colour = (224, 182, 150)
    hair: Colour = (60, 40, 30)
    iris: Colour = (70, 110, 140)
    backdrop: Colour = (150, 170, 190)
    jaw: float = 1.0
    eyes: float = 1.0


ADA = Portrait()
BEN = Portrait(skin=(120, 80, 60), hair=(20, 15, 12), iris=(40, 30, 20), backdrop=(220, 210, 200), jaw=1.1, eyes=0.8)


def draw(portrait: Portrait, side_px: int = 400) -> Image.Image:
    """A passport-like picture, square."""
    side = side_px * _OVERSAMPLING
    image = Image.new("RGB", (side, side), portrait.backdrop)
    pen = ImageDraw.Draw(image)

    def oval(x: float, y: float, half_width: float, half_height: float, colour: Colour) -> None:
        pen.ellipse(tuple(v * side for v in (x - half_width, y - half_height, x + half_width, y + half_height)), fill=colour)

    def line(points: list[tuple[float, float]], width: float, colour: Colour) -> None:
        pen.line([(x * side, y * side) for x, y in points], fill=colour, width=int(width * side), joint="curve")

    skin, hair = portrait.skin, portrait.hair
    oval(0.5, 0.42, 0.30, 0.36, hair)
    pen.rectangle((0.40 * side, 0.72 * side, 0.60 * side, 0.97 * side), fill=_shade(skin, 0.80))
    oval(0.5, 1.08, 0.42, 0.22, (70, 80, 110))
    oval(0.5, 0.52, 0.235 * portrait.jaw, 0.32, skin)
    for side_of_face in (-1, 1):
        x = 0.5 + side_of_face * 0.095
        oval(x, 0.465, 0.066, 0.042, _shade(skin, 0.82))
        oval(x, 0.470, 0.048 * portrait.eyes, 0.024 * portrait.eyes, (245, 245, 240))
        oval(x, 0.470, 0.022, 0.023 * portrait.eyes, portrait.iris)
        oval(x, 0.470, 0.011, 0.012, (15, 15, 15))
        lid = (x - 0.052 * portrait.eyes, 0.470 - 0.030 * portrait.eyes, x + 0.052 * portrait.eyes, 0.470 + 0.036 * portrait.eyes)
        pen.arc(tuple(v * side for v in lid), 190, 350, fill=(40, 25, 20), width=int(0.008 * side))
        line([(x - side_of_face * 0.055, 0.415), (x, 0.398), (x + side_of_face * 0.06, 0.412)], 0.018, hair)
    pen.polygon([(x * side, y * side) for x, y in ((0.485, 0.46), (0.515, 0.46), (0.545, 0.60), (0.455, 0.60))], fill=_shade(skin, 0.93))
    oval(0.5, 0.598, 0.045, 0.024, _shade(skin, 0.88))
    for x in (0.478, 0.522):
        oval(x, 0.608, 0.010, 0.007, _shade(skin, 0.45))
    oval(0.5, 0.705, 0.075, 0.022, (170, 80, 80))
    line([(0.428, 0.703), (0.5, 0.708), (0.572, 0.703)], 0.007, (90, 35, 40))
    soft = image.filter(ImageFilter.GaussianBlur(side / 260))
    return soft.resize((side_px, side_px), Image.Resampling.LANCZOS)


def in_a_scene(portrait: Portrait, width: int = 800, height: int = 600) -> Image.Image:
    """The same person, smaller, somewhere in a larger picture."""
    scene = Image.new("RGB", (width, height), (90, 130, 90))
    scene.paste(draw(portrait, height // 2), (width // 2, height // 3))
    return scene


def png(image: Image.Image) -> bytes:
    """The picture as a PNG file."""
    written = io.BytesIO()
    image.save(written, "PNG")
    return written.getvalue()


def _shade(colour: Colour, factor: float) -> Colour:
    red, green, blue = colour
    return int(red * factor), int(green * factor), int(blue * factor)
