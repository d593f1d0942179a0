"""The cache is small, short-lived and forgets when told."""

import numpy as np
import pytest

from guard.faceworker.cache import AnswerCache
from guard.match.faces import Box, FaceFound, FacesInPicture, Quality

NOBODY = FacesInPicture((), "e1")


def crowd(count: int) -> FacesInPicture:
    quality = Quality(120, 0.1, 100.0, 50.0, 0.1, 1.2)
    return FacesInPicture(tuple(FaceFound("image", 0, Box(0, 0, 1, 1), np.zeros(128, np.float32), quality) for _ in range(count)), "e1")


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_what_was_put_is_there_until_its_life_ends(clock: Clock) -> None:
    cache = AnswerCache(10_000, 60, clock)
    cache.put(b"a", NOBODY)
    clock.now = 59.9
    assert cache.get(b"a") is NOBODY
    clock.now = 60
    assert cache.get(b"a") is None
    assert cache.size_bytes == 0


def test_vectors_do_not_outlive_their_time_though_nobody_asks_for_them(clock: Clock) -> None:
    cache = AnswerCache(10_000, 60, clock)
    cache.put(b"a", crowd(1))
    clock.now = 61
    cache.get(b"other")
    assert (len(cache), cache.size_bytes) == (0, 0)


def test_the_least_recently_used_makes_room(clock: Clock) -> None:
    cache = AnswerCache(1_500, 60, clock)
    cache.put(b"a", NOBODY)
    cache.put(b"b", NOBODY)
    cache.get(b"a")
    cache.put(b"c", NOBODY)
    assert [cache.get(key) is NOBODY for key in (b"a", b"b", b"c")] == [True, False, True]
    assert cache.size_bytes <= 1_500


def test_an_answer_larger_than_the_room_is_not_kept(clock: Clock) -> None:
    cache = AnswerCache(2_000, 60, clock)
    cache.put(b"a", NOBODY)
    cache.put(b"b", crowd(50))
    assert (cache.get(b"a") is NOBODY, cache.get(b"b")) == (True, None)


def test_the_same_picture_twice_is_kept_once(clock: Clock) -> None:
    cache = AnswerCache(10_000, 60, clock)
    cache.put(b"a", NOBODY)
    size = cache.size_bytes
    cache.put(b"a", NOBODY)
    assert (len(cache), cache.size_bytes) == (1, size)


def test_purged_is_empty(clock: Clock) -> None:
    cache = AnswerCache(10_000, 60, clock)
    cache.put(b"a", crowd(2))
    cache.purge()
    assert (cache.get(b"a"), len(cache), cache.size_bytes) == (None, 0, 0)
