"""Enrolled photos, and templates that are made of those there are."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from sqlalchemy import text

from guard.errors import NotFoundError
from guard.registry.faces import unit_mean
from guard.registry.store import Registry
from guard.registry.values import By, Enrolled, Face, FaceData, SubjectData
from guard.storage import read


def vector(*axes: int) -> bytes:
    made = np.zeros(4, dtype="<f4")
    made[list(axes)] = 1
    return (made / np.linalg.norm(made)).astype("<f4").tobytes()


PHOTO = FaceData(vector(0), "dlib", 0.9, (1, 2, 3, 4), "press", "release 7", "consent")


@pytest.fixture
def subject_id(registry: Registry, by: By) -> str:
    return registry.create_subject(SubjectData("Jane Roe"), by).id


def templates(registry: Registry) -> list[tuple[str, bytes]]:
    return [(t.encoder, t.vector) for t in registry.records(None)[1][0].templates]


def test_one_photo(registry: Registry, by: By, subject_id: str, clock) -> None:
    enrolled = registry.add_faces(subject_id, [PHOTO], by)
    face = Face(enrolled.faces[0].id, "dlib", 0.9, (1, 2, 3, 4), "press", "release 7", "consent", None, clock.now)
    assert enrolled == Enrolled((face,), 1, 2)
    assert registry.list_faces(subject_id) == [face] == [registry.get_face(subject_id, face.id)]
    assert templates(registry) == [("dlib", vector(0))]


def test_the_template_is_the_mean_of_the_photos_there_are(registry: Registry, by: By, subject_id: str) -> None:
    enrolled = registry.add_faces(subject_id, [PHOTO, replace(PHOTO, vector=vector(1))], by)
    assert templates(registry) == [("dlib", vector(0, 1))]
    assert registry.remove_face(subject_id, enrolled.faces[0].id, by) == 3
    assert templates(registry) == [("dlib", vector(1))]
    registry.remove_face(subject_id, enrolled.faces[1].id, by)
    assert templates(registry) == []


def test_each_encoder_has_its_own(registry: Registry, by: By, subject_id: str) -> None:
    assert registry.add_faces(subject_id, [PHOTO, replace(PHOTO, encoder="onnx", vector=vector(2))], by).templates == 2
    assert templates(registry) == [("dlib", vector(0)), ("onnx", vector(2))]


def test_another_way_to_make_it(registry: Registry, by: By, subject_id: str) -> None:
    registry.add_faces(subject_id, [PHOTO], by, blend=lambda vectors: vector(3))
    assert templates(registry) == [("dlib", vector(3))]


def test_a_face_of_somebody_else(registry: Registry, by: By, subject_id: str) -> None:
    face_id = registry.add_faces(subject_id, [PHOTO], by).faces[0].id
    other = registry.create_subject(SubjectData("John Doe"), by).id
    for call in (lambda: registry.remove_face(other, face_id, by), lambda: registry.get_face(other, face_id)):
        with pytest.raises(NotFoundError, match="has no face"):
            call()
    assert len(registry.list_faces(subject_id)) == 1


def test_photos_whose_time_has_come(registry: Registry, by: By, subject_id: str, clock) -> None:
    day = timedelta(days=1)
    faces = registry.add_faces(subject_id, [replace(PHOTO, destroy_by=clock.now + n * day) for n in (1, 2)] + [PHOTO], by).faces
    assert registry.faces_to_destroy(clock.now) == []
    assert registry.faces_to_destroy(clock.now + day) == [(subject_id, faces[0].id)]
    assert registry.faces_to_destroy(clock.now + 3 * day) == [(subject_id, face.id) for face in faces[:2]]


def test_they_are_destroyed_by_themselves(registry: Registry, by: By, subject_id: str, clock) -> None:
    registry.add_faces(subject_id, [replace(PHOTO, destroy_by=clock.now + timedelta(days=1)), replace(PHOTO, vector=vector(1))], by)
    assert registry.keep_house(by) == {"faces_destroyed": 0, "turns_forgotten": 0, "keys_rotated": 0}
    clock.advance(days=1)
    assert registry.keep_house(by)["faces_destroyed"] == 1
    assert templates(registry) == [("dlib", vector(1))]


def test_no_vector_and_no_source_is_in_the_clear(registry: Registry, by: By, subject_id: str) -> None:
    registry.add_faces(subject_id, [PHOTO], by)
    with read(registry.engine) as connection:
        rows = [tuple(row) for table in ("face", "template") for row in connection.execute(text(f"SELECT * FROM {table}"))]
    assert [secret in repr(rows) for secret in (repr(vector(0))[2:-1], "press", "release 7")] == [False] * 3


def test_unit_mean() -> None:
    assert unit_mean([vector(0), vector(1)]) == vector(0, 1)
    assert unit_mean([vector(0)]) == vector(0)
