"""Pictures that must not come back, by perceptual hash (PDQ, 256 bits as 64 hex digits)."""

import re
from collections.abc import Sequence

from sqlalchemy import func, insert, select, update

from guard.errors import FieldError, InvalidInputError, NotFoundError
from guard.registry.desk import Desk, open_words, seal_words
from guard.registry.tables import KNOWN_IMAGE, SUBJECT
from guard.registry.values import By, KnownImage
from guard.types import REFUSED_OUTPUTS, KnownPicture

DEFAULT_BANK = "registry"
MOST_REFUSED = 10_000
"""Pictures of the bank `refused-outputs`: what a worker keeps, and what a change of it sends, stays under a megabyte."""

_PDQ = re.compile(r"[0-9a-f]{64}")
_KEY = ("registry", "known_images")


class KnownImages(Desk):
    """Adding, listing and removing known images."""

    def add_known_image(self, pdq: str, by: By, *, bank: str = DEFAULT_BANK, subject_id: str | None = None, reason: str = "") -> KnownImage:
        """One more picture, by its hash; the same hash in the same bank is kept once."""
        if not _PDQ.fullmatch(pdq):
            raise InvalidInputError(f"{pdq!r} is not a PDQ hash of 64 lower-case hex digits", [FieldError("/pdq", "is not 64 hex digits")])
        with self._changing("known_image.add", by) as writing:
            connection = writing.connection
            known = KNOWN_IMAGE.c
            here = connection.execute(select(known.id).where(known.pdq == pdq, known.bank == bank, known.removed_at.is_(None))).scalar()
            image_id = here or self._new_id("img")
            if here is None:
                person = self._person(connection, subject_id) if subject_id else None
                key = person.key if person else self.keyring.get_or_create(*_KEY, connection)
                row = {
                    "id": image_id,
                    "pdq": pdq,
                    "bank": bank,
                    "subject_no": person.no if person else None,
                    "sealed": seal_words(key, f"known_image:{image_id}", {"reason": reason}) if reason else None,
                    "actor": by.actor,
                    "revision": writing.revision,
                    "created_at": writing.at,
                }
                connection.execute(insert(KNOWN_IMAGE), [row])
                if person:
                    writing.subjects[person.id] = person.key
            writing.details |= {"known_image_id": image_id, "bank": bank}
            writing.result = made = KnownImage(image_id, pdq, bank, subject_id, reason, writing.at)
        return made

    def known_images(self) -> list[KnownImage]:
        """Every known image, oldest first."""
        query = (
            select(KNOWN_IMAGE, SUBJECT.c.id.label("subject_id"))
            .outerjoin(SUBJECT, SUBJECT.c.no == KNOWN_IMAGE.c.subject_no)
            .where(KNOWN_IMAGE.c.removed_at.is_(None))
            .order_by(KNOWN_IMAGE.c.created_at, KNOWN_IMAGE.c.id)
        )
        with self._reading() as connection:
            rows = connection.execute(query).all()
            keys = self.keyring.get_many("subject", [row.subject_id for row in rows if row.subject_id and row.sealed], connection)
            own = self.keyring.get_many(_KEY[0], [_KEY[1]], connection).get(_KEY[1], b"")
        images = []
        for row in rows:
            key = keys.get(row.subject_id, b"") if row.subject_id else own
            reason = str(open_words(key, f"known_image:{row.id}", row.sealed).get("reason", "")) if key else ""
            images.append(KnownImage(row.id, row.pdq, row.bank, row.subject_id, reason, row.created_at))
        return images

    def known_pictures(self) -> list[KnownPicture]:
        """What the matchers need of every known image, oldest first."""
        known = KNOWN_IMAGE.c
        query = select(known.id, known.pdq, known.bank, known.subject_no).where(known.removed_at.is_(None))
        with self._reading() as connection:
            rows = connection.execute(query.order_by(known.created_at, known.id)).all()
        return [KnownPicture(row.id, row.pdq, row.bank, row.subject_no) for row in rows]

    def known_state(self) -> str:
        """A word that differs whenever the known images do: rows are only ever added and marked as removed."""
        known = KNOWN_IMAGE.c
        with self._reading() as connection:
            row = connection.execute(select(func.count(), func.count(known.removed_at)).select_from(KNOWN_IMAGE)).one()
        return f"{row[0]}-{row[1]}"

    def remember_refused(self, pdqs: Sequence[str], subject_id: str, by: By, *, most: int = MOST_REFUSED) -> int:
        """Pictures that were refused on their way out and show this person; returns how many were new.

        The bank keeps `most` of them and lets go of the oldest. They belong to the person and go when the person is erased.

        Raises:
            NotFoundError: the person was erased meanwhile.
        """
        with self._changing("known_image.remember", by) as writing:
            connection, known = writing.connection, KNOWN_IMAGE.c
            person = self._person(connection, subject_id)
            here = (known.bank == REFUSED_OUTPUTS) & known.removed_at.is_(None)
            mine = connection.execute(select(known.pdq).where(here, known.subject_no == person.no, known.pdq.in_(list(pdqs)))).scalars()
            fresh = sorted(set(pdqs) - set(mine))
            rows = [
                {
                    "id": self._new_id("img"),
                    "pdq": pdq,
                    "bank": REFUSED_OUTPUTS,
                    "subject_no": person.no,
                    "sealed": None,
                    "actor": by.actor,
                    "revision": writing.revision,
                    "created_at": writing.at,
                }
                for pdq in fresh
            ]
            if rows:
                connection.execute(insert(KNOWN_IMAGE), rows)
            kept = select(known.id).where(here).order_by(known.created_at.desc(), known.id).limit(most)
            connection.execute(update(KNOWN_IMAGE).where(here, known.id.not_in(kept)).values(pdq="", sealed=None, removed_at=writing.at))
            writing.subjects[person.id] = person.key
            writing.details |= {"bank": REFUSED_OUTPUTS, "pictures": len(rows)}
            writing.result = len(rows)
        return len(rows)

    def remove_known_image(self, image_id: str, by: By) -> int:
        """The picture may come back, and its hash is gone; returns the revision."""
        with self._changing("known_image.remove", by) as writing:
            gone = (
                update(KNOWN_IMAGE)
                .where(KNOWN_IMAGE.c.id == image_id, KNOWN_IMAGE.c.removed_at.is_(None))
                .values(pdq="", sealed=None, removed_at=writing.at)
            )
            if writing.connection.execute(gone).rowcount == 0:
                raise NotFoundError(f"there is no known image {image_id!r}")
            writing.details["known_image_id"] = image_id
        return writing.revision
