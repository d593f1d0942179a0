"""What is kept of a held request or answer, and that it comes back as it was."""

from guard import holds
from guard.types import Picture


def picture(data: bytes) -> Picture:
    return Picture("image", data, "png", 1, 1)


def test_an_answer_and_its_pictures_come_back_as_they_were() -> None:
    headers = [(b"content-type", b"application/json"), (b"x-odd", b"\xe9")]
    kept = holds.pack(201, headers, b'{"data": []}', [picture(b"first"), picture(b""), picture(b"third")])
    assert holds.unpack(kept) == (201, headers, b'{"data": []}')
    assert holds.pictures_in(kept) == [b"first", b"", b"third"]


def test_no_more_pictures_than_a_reviewer_looks_at() -> None:
    kept = holds.pack(200, [], b"body", (picture(b"%d" % n) for n in range(100)))
    assert len(holds.pictures_in(kept)) == holds.MOST_PICTURES
    assert holds.unpack(kept)[2] == b"body"


def test_the_pictures_of_a_held_request() -> None:
    assert holds.pack_pictures([]) is None
    kept = holds.pack_pictures([picture(b"a face")])
    assert kept is not None
    assert (holds.pictures_in(kept), holds.unpack(kept)) == ([b"a face"], (0, [], b""))
