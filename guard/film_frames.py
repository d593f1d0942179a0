"""The process that takes one video apart: the video on standard input, its frames as JPEG on standard output.

    python -P -m guard.film_frames FRAMES PER_S MEMORY_BYTES CPU_S

Each frame comes with its length, width and height before it (four bytes each, big-endian). What is wrong is said in the last line
of standard error, with exit status 1.
"""

import io
import resource
import sys
from collections.abc import Iterator
from typing import Any

QUALITY = 95
"""Of the JPEGs: what a face encoder sees in them differs from the frame by less than a threshold's last digit."""


def main() -> int:
    """Entry of the process."""
    frames, per_s, memory_bytes, cpu_s = int(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
    video = sys.stdin.buffer.read()
    import av

    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_s, cpu_s))
    resource.setrlimit(resource.RLIMIT_NOFILE, (16, 16))
    try:
        for count, frame in enumerate(_frames(av, video, per_s)):
            if count > frames:
                break
            _write(frame)
    except (av.FFmpegError, MemoryError, ValueError) as error:
        print(error if str(error) else type(error).__name__, file=sys.stderr)
        return 1
    return 0


def _frames(av: Any, video: bytes, per_s: float) -> Iterator[Any]:
    """Every frame of every picture stream, or `per_s` of each second.

    What else can show something (subtitles, attached files) is refused, and so is a frame that cannot be decoded whole. Edit lists,
    by which players leave frames out, are not obeyed.
    """
    with av.open(io.BytesIO(video), format="mp4", options={"err_detect": "explode", "ignore_editlist": "1"}) as container:
        if strange := {stream.type for stream in container.streams} - {"video", "audio", "data"}:
            raise ValueError(f"it carries {', '.join(sorted(strange))}")
        if not container.streams.video:
            raise ValueError("it has no pictures")
        for number in range(len(container.streams.video)):
            container.seek(0)
            stream = container.streams.video[number]
            stream.thread_count = 1
            following, decoded = 0.0, 0
            for frame in container.decode(stream):
                decoded += 1
                if frame.is_corrupt:
                    raise ValueError("a frame is damaged")
                time_s = float(frame.time or 0.0)
                if per_s and time_s < following:
                    continue
                following = time_s + 1 / per_s if per_s else 0.0
                yield frame
            if stream.frames and decoded != stream.frames:
                raise ValueError(f"{decoded} of its {stream.frames} frames can be decoded")


def _write(frame: Any) -> None:
    image = frame.to_image()
    encoded = io.BytesIO()
    image.save(encoded, "JPEG", quality=QUALITY, subsampling=0)
    data = encoded.getvalue()
    out = sys.stdout.buffer
    out.write(b"".join(value.to_bytes(4, "big") for value in (len(data), image.width, image.height)) + data)


if __name__ == "__main__":
    sys.exit(main())
