"""Known pictures are found by the bits of their hashes: exactly those that are near, by the nearest of their orientations."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from guard.match.gallery import Gallery
from guard.match.known_images import HASH_BYTES, LEAST_QUALITY, NEAR, Fingerprint, KnownHit, KnownImages, build
from guard.match.shared import new_block, pack, unpack
from guard.types import Hit, KnownPicture, Modality, Strength, SubjectKind, SubjectRecord

HASH = bytes(range(HASH_BYTES))
FAR = bytes(255 - byte for byte in HASH)
ANN = SubjectRecord(7, "sub_ann", "Ann Example", SubjectKind.PRIVATE_PERSON)

hashes = st.binary(min_size=HASH_BYTES, max_size=HASH_BYTES)


def changed(pdq: bytes, bits: set[int]) -> bytes:
    flat = np.unpackbits(np.frombuffer(pdq, np.uint8))
    flat[list(bits)] ^= 1
    return np.packbits(flat).tobytes()


def seen(*orientations: bytes, quality: int = 100, view: str = "", frame: int = 0) -> Fingerprint:
    return Fingerprint(frame, view, quality, b"".join(orientations))


def known(pdq: bytes, id_: str = "img_1", bank: str = "registry", subject_no: int | None = None) -> KnownPicture:
    return KnownPicture(id_, pdq.hex(), bank, subject_no)


@given(hashes, st.sets(st.integers(0, 255), max_size=80))
def test_it_is_found_up_to_31_bits_and_with_their_number(pdq: bytes, bits: set[int]) -> None:
    found = KnownImages.of([known(pdq)]).search([seen(changed(pdq, bits))])
    assert found == ([KnownHit("img_1", "registry", None, len(bits), "as shown")] if len(bits) <= NEAR else [])


@given(st.lists(hashes, max_size=20), st.lists(hashes, min_size=1, max_size=8), st.integers(0, 60), st.randoms(use_true_random=False))
def test_the_search_is_exact(stored: list[bytes], probes: list[bytes], bits: int, random) -> None:
    stored = [*stored, changed(probes[-1], set(random.sample(range(256), bits)))]
    rows = [known(pdq, f"img_{no}", f"bank {no}") for no, pdq in enumerate(stored)]
    distances = [min(sum((a ^ b).bit_count() for a, b in zip(pdq, probe, strict=True)) for probe in probes) for pdq in stored]
    found = KnownImages.of(rows).search([seen(*probes)])
    assert {(hit.id, hit.distance) for hit in found} == {(f"img_{no}", d) for no, d in enumerate(distances) if d <= NEAR}
    assert [hit.distance for hit in found] == sorted(hit.distance for hit in found)


def test_a_bank_and_person_are_told_once_by_the_nearest_picture_and_view() -> None:
    rows = [known(changed(HASH, {1, 2}), "img_far"), known(HASH, "img_near"), known(HASH, "img_hers", subject_no=7)]
    probes = [seen(changed(HASH, {9}), view="alpha"), seen(FAR, HASH, frame=3)]
    assert KnownImages.of(rows).search(probes) == [
        KnownHit("img_hers", "registry", 7, 0, "turned or mirrored"),
        KnownHit("img_near", "registry", None, 0, "turned or mirrored"),
    ]


@pytest.mark.parametrize(("quality", "count"), [(LEAST_QUALITY - 1, 0), (LEAST_QUALITY, 1)])
def test_a_picture_that_shows_nothing_is_not_compared(quality: int, count: int) -> None:
    assert len(KnownImages.of([known(HASH)]).search([seen(HASH, quality=quality)])) == count


@pytest.mark.parametrize("rows", [[], [known(HASH), known(FAR, "img_2", "zwölf", 7)]], ids=["none", "two"])
def test_it_lives_in_shared_memory(rows: list[KnownPicture]) -> None:
    block = new_block()
    pack(build(rows), block)
    shared = KnownImages(unpack(block))
    assert (len(shared), shared.search([seen(HASH, FAR)])) == (len(rows), KnownImages.of(rows).search([seen(HASH, FAR)]))


def test_a_hit_of_the_gallery() -> None:
    gallery = Gallery.of([ANN], known=[known(changed(HASH, {0, 1}), subject_no=7), known(HASH, "img_2", "stolen")])
    common: dict[str, Any] = {
        "modality": Modality.KNOWN_IMAGE,
        "where": "image[1]",
        "threshold": 1 - NEAR / 256,
        "strength": Strength.STRONG,
    }
    assert list(gallery.find_known("image[1]", [seen(HASH)])) == [
        (Hit("", "", score=1.0, view="img_2, 0 bits, as shown", bank="stolen", **common), None),
        (Hit("sub_ann", "Ann Example", score=1 - 2 / 256, view="img_1, 2 bits, as shown", bank="registry", **common), ANN),
    ]


def test_known_pictures_come_and_go_with_revisions() -> None:
    probe = [seen(HASH)]
    first = Gallery.of([ANN], 1, [known(HASH)])
    same = first.apply([], [], 2)
    other = same.apply([], [], 3, [known(FAR)])
    kept = other.apply([], [], 4)
    assert [len(list(g.find_known("image", probe))) for g in (first, same, other, kept)] == [1, 1, 0, 0]


def test_an_erased_person_takes_her_pictures_along() -> None:
    gallery = Gallery.of([ANN], 1, [known(HASH, subject_no=7)]).apply([], [7], 2)
    assert list(gallery.find_known("image", [seen(HASH)])) == []
