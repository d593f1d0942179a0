"""The one person whom the guard of all dialects knows: an invented name, and a face that scikit-image ships for free use."""

import io
from functools import cache

from PIL import Image
from skimage.data import astronaut

FIRST, LAST = "Philippa", "Quillonby"
PERSON = f"{FIRST} {LAST}"


@cache
def face() -> bytes:
    """The face, as a PNG."""
    held = io.BytesIO()
    Image.fromarray(astronaut()[:320, 80:400]).save(held, "PNG")
    return held.getvalue()
