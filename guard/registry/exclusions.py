"""What reviewers say does not mean a person: proposed with a verdict, and registered only when a registrar accepts it."""

from dataclasses import replace

import orjson
from sqlalchemy import update

from guard.errors import ConflictError
from guard.registry.profile import judge, open_profile, seal_profile, view
from guard.registry.reviews import FALSE_POSITIVE, Reviews, nest
from guard.registry.subjects import Subjects, stated_of
from guard.registry.tables import REVIEW, SUBJECT
from guard.registry.values import By, Proposal, Subject

_MOST = 500
"""Verdicts, newest first, that are looked through for proposals."""


class Exclusions(Subjects, Reviews):
    """Listing and settling proposals."""

    def proposals(self, subject_id: str) -> list[Proposal]:
        """Texts that reviewers say do not mean this person and that nobody has settled, newest first."""
        found = []
        for review in self.list_reviews(_MOST, verdict=FALSE_POSITIVE).items:
            words = review.words or {}
            if words.get("exclusion") and subject_id in review.subject_ids and "exclusion_accepted" not in words:
                found.append(Proposal(review.id, subject_id, words["exclusion"], words.get("note", ""), review.actor or ""))
        return found

    def settle_proposal(self, review_id: str, subject_id: str, *, accept: bool, by: By) -> Subject:
        """Adds the proposed text to the person's exclusions, or says that it is not added; binding, and once.

        Raises ConflictError where nothing is proposed (any more), InvalidInputError for a text that would end a protection.
        """
        with self._changing("exclusion.settle", by) as writing:
            connection = writing.connection
            row = self._review_row(connection, review_id)
            keys = self._keys_there(connection, row)
            words = self._words(row, keys) or {}
            text = words.get("exclusion")
            if not text or "exclusion_accepted" in words or subject_id not in row.subject_ids:
                raise ConflictError(f"review {review_id!r} proposes nothing for subject {subject_id!r} that is not settled")
            person = self._person(connection, subject_id)
            if accept:
                stated = stated_of(open_profile(person.key, person.id, person.sealed), person)
                if text in stated.exclusions:
                    raise ConflictError(f"{text!r} is an exclusion of subject {subject_id!r} already")
                sealed = seal_profile(person.key, person.id, judge(replace(stated, exclusions=(*stated.exclusions, text)), self.rules))
                connection.execute(update(SUBJECT).where(SUBJECT.c.no == person.no).values(sealed=sealed))
                self._touch(writing, person)
            settled = nest(keys, orjson.dumps({**words, "exclusion_accepted": accept}), f"review_words:{review_id}")
            connection.execute(update(REVIEW).where(REVIEW.c.id == review_id).values(words=settled))
            writing.subjects[person.id] = person.key
            writing.details |= {"review_id": review_id, "subject_id": subject_id, "accepted": accept}
            writing.result = made = view(self._person(connection, subject_id))
        return made
