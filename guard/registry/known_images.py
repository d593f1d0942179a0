"""Pictures that must not come back, by perceptual hash (PDQ, 256 bits as 64 hex digits)."""

import re

from sqlalchemy import insert, select, update

from guard.errors import FieldError, InvalidInputError, NotFoundError
from guard.registry.desk import Desk, open_words, seal_words
from guard.registry.tables import KNOWN_IMAGE, SUBJECT
from guard.registry.values import By, KnownImage

DEFAULT_BANK = "registry"
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

    def remove_known_image(self, image_id: str, by: By) -> int:
        """The picture may come back; returns the revision."""
        with self._changing("known_image.remove", by) as writing:
            gone = update(KNOWN_IMAGE).where(KNOWN_IMAGE.c.id == image_id, KNOWN_IMAGE.c.removed_at.is_(None)).values(removed_at=writing.at)
            if writing.connection.execute(gone).rowcount == 0:
                raise NotFoundError(f"there is no known image {image_id!r}")
            writing.details["known_image_id"] = image_id
        return writing.revision
