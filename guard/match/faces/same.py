"""Whether two pictures show one person, enrolled or not: faces against faces, on the scale of a search."""

from collections.abc import Sequence

import numpy as np

from guard.match.faces.found import FaceFound
from guard.match.faces.scale import bundled


def alike(one: Sequence[FaceFound], other: Sequence[FaceFound]) -> float:
    """The score (`guard.match.faces.scale`) of the two faces, one of each, that are nearest; 0 where no two can be compared."""
    best = 0.0
    for encoder in {face.encoder for face in one} & {face.encoder for face in other}:
        scale = bundled(encoder)
        if scale is not None:
            some, more = (np.stack([face.vector for face in faces if face.encoder == encoder]) for faces in (one, other))
            best = max(best, float(scale.score(scale.compared(some, more)).max()))
    return round(best, 4)
