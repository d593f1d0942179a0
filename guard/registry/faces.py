"""Enrolled photos and the templates made of them. Photos are not kept; each one's vector is, sealed, so that it can be withdrawn."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

import numpy as np
from sqlalchemy import Connection, delete, insert, select

from guard.errors import NotFoundError
from guard.keyring import seal, unseal
from guard.registry.desk import Desk, Person, Writing, open_words, seal_words
from guard.registry.tables import FACE, SUBJECT, TEMPLATE
from guard.registry.values import By, Enrolled, Face, FaceData

Blend = Callable[[Sequence[bytes]], bytes]


def unit_mean(vectors: Sequence[bytes]) -> bytes:
    """The mean of unit vectors (little-endian float32), brought back to unit length: it beats the best of three photos (FNMR .039
    against .173 for one photo at FMR 1e-4, dlib on LFW)."""
    mean = np.mean([np.frombuffer(v, dtype="<f4") for v in vectors], axis=0)
    template: bytes = (mean / np.linalg.norm(mean)).astype("<f4").tobytes()
    return template


class Faces(Desk):
    """Adding, listing and withdrawing enrolled photos."""

    def add_faces(self, subject_id: str, photos: Sequence[FaceData], by: By, blend: Blend = unit_mean) -> Enrolled:
        """Adds photos that passed the gates and makes the subject's templates anew, all or none."""
        return self.add_faces_of({subject_id: photos}, by, blend)[subject_id]

    def add_faces_of(self, found: Mapping[str, Sequence[FaceData]], by: By, blend: Blend = unit_mean) -> dict[str, Enrolled]:
        """The same for several subjects, by their ids: all of them or none."""
        with self._changing("face.add", by) as writing:
            added = {subject_id: self._add(writing, subject_id, photos, blend) for subject_id, photos in found.items()}
            ids = [face.id for enrolled in added.values() for face in enrolled.faces]
            encoders = sorted({photo.encoder for photos in found.values() for photo in photos})
            writing.details |= {"face_ids": ids, "encoders": encoders}
            writing.details |= {"subject_id": next(iter(found))} if len(found) == 1 else {"subject_ids": list(found)}
            writing.result = next(iter(added.values())) if len(added) == 1 else None
        return added

    def list_faces(self, subject_id: str) -> list[Face]:
        """A subject's enrolled photos, oldest first."""
        with self._reading() as connection:
            return self._faces(connection, self._person(connection, subject_id))

    def get_face(self, subject_id: str, face_id: str) -> Face:
        """One enrolled photo."""
        face = next((f for f in self.list_faces(subject_id) if f.id == face_id), None)
        if face is None:
            raise NotFoundError(f"subject {subject_id!r} has no face {face_id!r}")
        return face

    def remove_face(self, subject_id: str, face_id: str, by: By, blend: Blend = unit_mean) -> int:
        """Withdraws one photo; the templates are made of the others. Returns the revision."""
        with self._changing("face.remove", by) as writing:
            person = self._person(writing.connection, subject_id)
            gone = writing.connection.execute(delete(FACE).where(FACE.c.id == face_id, FACE.c.subject_no == person.no))
            if gone.rowcount == 0:
                raise NotFoundError(f"subject {subject_id!r} has no face {face_id!r}")
            self._make_templates(writing, person, blend)
            self._touch(writing, person)
            writing.details |= {"subject_id": subject_id, "face_ids": [face_id]}
        return writing.revision

    def faces_to_destroy(self, now: datetime) -> list[tuple[str, str]]:
        """(subject id, face id) of photos whose `destroy_by` has come."""
        query = (
            select(SUBJECT.c.id, FACE.c.id.label("face_id"))
            .join(SUBJECT, SUBJECT.c.no == FACE.c.subject_no)
            .where(FACE.c.destroy_by <= now)
        )
        with self._reading() as connection:
            return [(row.id, row.face_id) for row in connection.execute(query.order_by(FACE.c.destroy_by))]

    def destroy_due_faces(self, by: By) -> int:
        """Withdraws every photo whose `destroy_by` has come, one audited change each; returns how many."""
        due = self.faces_to_destroy(self._clock())
        for subject_id, face_id in due:
            self.remove_face(subject_id, face_id, by)
        return len(due)

    # -- inside ------------------------------------------------------------------------------------------------------

    def _add(self, writing: Writing, subject_id: str, photos: Sequence[FaceData], blend: Blend) -> Enrolled:
        person = self._person(writing.connection, subject_id)
        rows = [self._face_row(person, photo, writing.at) for photo in photos]
        if rows:
            writing.connection.execute(insert(FACE), rows)
        templates = self._make_templates(writing, person, blend)
        self._touch(writing, person)
        faces = {face.id: face for face in self._faces(writing.connection, person)}
        return Enrolled(tuple(faces[str(row["id"])] for row in rows), templates, writing.revision)

    def _face_row(self, person: Person, photo: FaceData, at: datetime) -> dict[str, object]:
        face_id = self._new_id("face")
        facts = {"box": photo.box, "source": photo.source, "release_ref": photo.release_ref}
        return {
            "id": face_id,
            "subject_no": person.no,
            "encoder": photo.encoder,
            "sealed": seal(person.key, photo.vector, f"face:{face_id}".encode()),
            "facts": seal_words(person.key, f"face_facts:{face_id}", facts),
            "quality": photo.quality,
            "lawful_basis": photo.lawful_basis,
            "destroy_by": photo.destroy_by,
            "created_at": at,
        }

    def _make_templates(self, writing: Writing, person: Person, blend: Blend) -> int:
        """One template for each encoder; returns how many."""
        connection = writing.connection
        connection.execute(delete(TEMPLATE).where(TEMPLATE.c.subject_no == person.no))
        vectors: dict[str, list[bytes]] = {}
        query = (
            select(FACE.c.id, FACE.c.encoder, FACE.c.sealed).where(FACE.c.subject_no == person.no).order_by(FACE.c.created_at, FACE.c.id)
        )
        for face_id, encoder, sealed in connection.execute(query):
            vectors.setdefault(encoder, []).append(unseal(person.key, sealed, f"face:{face_id}".encode()))
        rows = []
        for encoder, some in sorted(vectors.items()):
            template_id = self._new_id("tpl")
            sealed = seal(person.key, blend(some), f"template:{template_id}".encode())
            rows.append({"id": template_id, "subject_no": person.no, "encoder": encoder, "sealed": sealed})
        if rows:
            connection.execute(insert(TEMPLATE), rows)
        return len(rows)

    def _faces(self, connection: Connection, person: Person) -> list[Face]:
        rows = connection.execute(select(FACE).where(FACE.c.subject_no == person.no).order_by(FACE.c.created_at, FACE.c.id)).all()
        faces = []
        for row in rows:
            facts = open_words(person.key, f"face_facts:{row.id}", row.facts)
            box = facts["box"]
            faces.append(
                Face(
                    row.id,
                    row.encoder,
                    row.quality,
                    (box[0], box[1], box[2], box[3]) if box else None,
                    facts["source"],
                    facts["release_ref"],
                    row.lawful_basis,
                    row.destroy_by,
                    row.created_at,
                )
            )
        return faces
