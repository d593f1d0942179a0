"""Videos for tests, made with PyAV."""

import io
from collections.abc import Sequence

import pytest
from PIL import Image

av = pytest.importorskip("av", reason="needs the extra `video`")


def clip(pictures: Sequence[Image.Image], per_s: int = 4, **options: str) -> bytes:
    """An MP4 of these pictures, all of one size."""
    out = io.BytesIO()
    with av.open(out, "w", format="mp4", options={"movflags": "frag_keyframe+empty_moov"} | options) as container:
        stream = container.add_stream("libx264", rate=per_s)
        stream.width, stream.height = pictures[0].size
        stream.pix_fmt = "yuv420p"
        for picture in pictures:
            container.mux(stream.encode(av.VideoFrame.from_image(picture)))
        container.mux(stream.encode())
    return out.getvalue()
