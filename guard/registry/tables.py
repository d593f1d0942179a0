"""Tables of the registry. Whatever says who somebody is lies in a `sealed` column, under that person's own data key.

In the clear stay only numbers, random ids, closed words (kinds, effects, states), tenants and times: destroying the
data key of a subject therefore erases them, in backups too (docs/explanation/erasure.md). `sealed` columns of rows that
belong to no subject are under the key of their tenant or of the registry itself.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Boolean, ForeignKey, Index, Integer, LargeBinary, Table, Text
from sqlmodel import Field, SQLModel

from guard.storage.columns import Json, UtcTime

BIG = BigInteger().with_variant(Integer, "sqlite")  # only INTEGER PRIMARY KEY is the rowid on SQLite


class RevisionRow(SQLModel, table=True):
    """The one row that counts changes; every change of anything that binds adds one, in its own transaction."""

    __tablename__ = "revision"

    id: int = Field(sa_type=Integer, primary_key=True, sa_column_kwargs={"autoincrement": False})
    value: int = Field(sa_type=BigInteger)


class SubjectRow(SQLModel, table=True):
    """A person, or the tombstone of one (`erased_at` set, nothing sealed). `revision` is when the gallery last had to change for them.

    `sealed`: name, aliases, external ids, occupations, birth date, exclusions, as JSON.
    """

    __tablename__ = "subject"

    no: int = Field(sa_type=BIG, primary_key=True, sa_column_kwargs={"autoincrement": False})
    id: str = Field(sa_type=Text, unique=True)
    kind: str = Field(sa_type=Text)
    sealed: bytes | None = Field(default=None, sa_type=LargeBinary)
    revision: int = Field(sa_type=BigInteger, index=True)
    created_at: datetime = Field(sa_type=UtcTime)
    updated_at: datetime = Field(sa_type=UtcTime)
    erased_at: datetime | None = Field(default=None, sa_type=UtcTime)


class AliasRow(SQLModel, table=True):
    """What a subject can be found by without opening everybody: `tag` is a keyed hash of a folded strong alias or external id.

    The text itself is only in `subject.sealed`. `generation` numbers the hash's key, which changes with each rotation: old tags
    must not tell, by trying names, who was registered once.
    """

    __tablename__ = "alias"
    __table_args__ = (Index("ix_alias_subject_no", "subject_no"), Index("ix_alias_generation", "generation"))

    tag: bytes = Field(sa_type=LargeBinary, primary_key=True)
    subject_no: int = Field(
        sa_type=BIG, primary_key=True, sa_column_args=(ForeignKey("subject.no"),), sa_column_kwargs={"autoincrement": False}
    )
    generation: int = Field(sa_type=Integer)


class FaceRow(SQLModel, table=True):
    """One enrolled photo: its own vector (sealed float32), from which a template can be rebuilt when another photo goes.

    `facts` (sealed JSON): source, release reference, box, and what else was said of the photo.
    """

    __tablename__ = "face"

    id: str = Field(sa_type=Text, primary_key=True)
    subject_no: int = Field(sa_type=BIG, sa_column_args=(ForeignKey("subject.no"),), index=True)
    encoder: str = Field(sa_type=Text)
    sealed: bytes = Field(sa_type=LargeBinary)
    facts: bytes = Field(sa_type=LargeBinary)
    quality: float = Field(default=0.0)
    lawful_basis: str | None = Field(default=None, sa_type=Text)
    destroy_by: datetime | None = Field(default=None, sa_type=UtcTime, index=True)
    created_at: datetime = Field(sa_type=UtcTime)


class TemplateRow(SQLModel, table=True):
    """What the face search compares with: one a subject and encoder, made of the photos there are."""

    __tablename__ = "template"

    id: str = Field(sa_type=Text, primary_key=True)
    subject_no: int = Field(sa_type=BIG, sa_column_args=(ForeignKey("subject.no"),), index=True)
    encoder: str = Field(sa_type=Text)
    sealed: bytes = Field(sa_type=LargeBinary)


class DirectiveRow(SQLModel, table=True):
    """One version of a directive. Rows are only ever added; the one with the highest version holds.

    `terms` (sealed JSON): the words people wrote, such as the use description and the reason of a revocation.
    """

    __tablename__ = "directive"
    __table_args__ = (Index("ix_directive_subject_no", "subject_no", "id", "version"),)

    id: str = Field(sa_type=Text, primary_key=True)
    version: int = Field(sa_type=Integer, primary_key=True, sa_column_kwargs={"autoincrement": False})
    subject_no: int = Field(sa_type=BIG, sa_column_args=(ForeignKey("subject.no"),))
    effect: str = Field(sa_type=Text)
    status: str = Field(sa_type=Text)
    authority: str = Field(sa_type=Text)
    tenant: str | None = Field(default=None, sa_type=Text)
    reach: Any = Field(sa_type=Json)
    max_uses: int | None = Field(default=None, sa_type=BigInteger)
    effective_from: datetime | None = Field(default=None, sa_type=UtcTime)
    expires_at: datetime | None = Field(default=None, sa_type=UtcTime)
    words: bytes | None = Field(default=None, sa_type=LargeBinary)
    actor: str = Field(sa_type=Text)
    created_at: datetime = Field(sa_type=UtcTime)


class CaseRow(SQLModel, table=True):
    """A request on its way from intake to an end; `sealed` (JSON) holds requester, contact, evidence and the receipt."""

    __tablename__ = "case_file"

    seq: int = Field(sa_type=BIG, primary_key=True)
    id: str = Field(sa_type=Text, unique=True)
    subject_no: int | None = Field(default=None, sa_type=BIG, sa_column_args=(ForeignKey("subject.no"),), index=True)
    directive_id: str | None = Field(default=None, sa_type=Text, index=True)
    kind: str = Field(sa_type=Text)
    status: str = Field(sa_type=Text, index=True)
    role: str = Field(sa_type=Text)
    clock: str = Field(sa_type=Text)
    sealed: bytes | None = Field(default=None, sa_type=LargeBinary)
    opened_at: datetime = Field(sa_type=UtcTime)
    due_at: datetime | None = Field(default=None, sa_type=UtcTime, index=True)
    closed_at: datetime | None = Field(default=None, sa_type=UtcTime)


class CaseStepRow(SQLModel, table=True):
    """One step of a case, only ever added; `sealed` is the reason or note that went with it."""

    __tablename__ = "case_step"

    case_id: str = Field(sa_type=Text, primary_key=True)
    step: int = Field(sa_type=Integer, primary_key=True, sa_column_kwargs={"autoincrement": False})
    status: str = Field(sa_type=Text)
    actor: str = Field(sa_type=Text)
    sealed: bytes | None = Field(default=None, sa_type=LargeBinary)
    at: datetime = Field(sa_type=UtcTime)


class NoticeRow(SQLModel, table=True):
    """A message about a case, on one channel, until it is delivered; `sealed` (JSON): recipient and words, gone once sent."""

    __tablename__ = "notice"
    __table_args__ = (Index("ix_notice_due", "status", "next_at"),)

    seq: int = Field(sa_type=BIG, primary_key=True)
    id: str = Field(sa_type=Text, unique=True)
    case_id: str = Field(sa_type=Text, index=True)
    template: str = Field(sa_type=Text)
    channel: str = Field(sa_type=Text)
    sealed: bytes | None = Field(default=None, sa_type=LargeBinary)
    status: str = Field(sa_type=Text)
    attempts: int = Field(sa_type=Integer)
    next_at: datetime = Field(sa_type=UtcTime)
    created_at: datetime = Field(sa_type=UtcTime)
    sent_at: datetime | None = Field(default=None, sa_type=UtcTime)


class KeyRow(SQLModel, table=True):
    """An access key, known only by its SHA-256; deleted keys stay as rows with `revoked_at`, so that the record can name them."""

    __tablename__ = "access_key"

    id: str = Field(sa_type=Text, primary_key=True)
    digest: bytes = Field(sa_type=LargeBinary, unique=True)
    role: str = Field(sa_type=Text)
    tenant: str = Field(sa_type=Text)
    name: str = Field(default="", sa_type=Text)
    actor: str = Field(default="", sa_type=Text)
    created_at: datetime = Field(sa_type=UtcTime)
    revoked_at: datetime | None = Field(default=None, sa_type=UtcTime)


class TenantRow(SQLModel, table=True):
    """A tenant, from the first key or grant that named it."""

    __tablename__ = "tenant"

    name: str = Field(sa_type=Text, primary_key=True)
    created_at: datetime = Field(sa_type=UtcTime)


class IdempotencyRow(SQLModel, table=True):
    """The answer given to one (key, route, `Idempotency-Key`), committed with its effect; `sealed` is None while it runs or once erased."""

    __tablename__ = "idempotency"

    key_id: str = Field(sa_type=Text, primary_key=True)
    route: str = Field(sa_type=Text, primary_key=True)
    name: str = Field(sa_type=Text, primary_key=True)
    digest: bytes = Field(sa_type=LargeBinary)
    state: str = Field(sa_type=Text)
    status: int | None = Field(default=None, sa_type=Integer)
    sealed: bytes | None = Field(default=None, sa_type=LargeBinary)
    subject_id: str | None = Field(default=None, sa_type=Text, index=True)
    created_at: datetime = Field(sa_type=UtcTime, index=True)


class KnownImageRow(SQLModel, table=True):
    """The PDQ hash (64 hex digits) of a picture that must not come back, who asked, and the registry's revision since when; `bank` groups them."""

    __tablename__ = "known_image"

    id: str = Field(sa_type=Text, primary_key=True)
    pdq: str = Field(sa_type=Text, index=True)
    bank: str = Field(sa_type=Text)
    subject_no: int | None = Field(default=None, sa_type=BIG, sa_column_args=(ForeignKey("subject.no"),), index=True)
    sealed: bytes | None = Field(default=None, sa_type=LargeBinary)
    actor: str = Field(default="", sa_type=Text)
    revision: int = Field(default=0, sa_type=BIG)
    created_at: datetime = Field(sa_type=UtcTime)
    removed_at: datetime | None = Field(default=None, sa_type=UtcTime)


class PolicyActivationRow(SQLModel, table=True):
    """A policy that was made the active one, whole; the newest row holds, rolling back adds another."""

    __tablename__ = "policy_activation"

    seq: int = Field(sa_type=BIG, primary_key=True)
    name: str = Field(sa_type=Text)
    digest: str = Field(sa_type=Text)
    yaml: str = Field(sa_type=Text)
    mode: str = Field(sa_type=Text)
    actor: str = Field(sa_type=Text)
    activated_at: datetime = Field(sa_type=UtcTime)


class ReviewRow(SQLModel, table=True):
    """A held request that waits for a person. `kept` is the held picture or request, `words` what the reviewer needs and wrote;
    both sealed under the tenant's key and then under those of the subjects it concerns."""

    __tablename__ = "review"
    __table_args__ = (Index("ix_review_request", "tenant", "request_digest"),)

    seq: int = Field(sa_type=BIG, primary_key=True)
    id: str = Field(sa_type=Text, unique=True)
    decision_id: str = Field(sa_type=Text, unique=True)
    tenant: str = Field(sa_type=Text)
    stage: str = Field(sa_type=Text)
    rule: str = Field(sa_type=Text)
    request_digest: str = Field(sa_type=Text)
    subject_ids: Any = Field(sa_type=Json)
    directives: Any = Field(sa_type=Json)
    registry_revision: int = Field(sa_type=BigInteger)
    status: str = Field(sa_type=Text, index=True)
    verdict: str | None = Field(default=None, sa_type=Text)
    kept: bytes | None = Field(default=None, sa_type=LargeBinary)
    words: bytes | None = Field(default=None, sa_type=LargeBinary)
    opened_at: datetime = Field(sa_type=UtcTime)
    closed_at: datetime | None = Field(default=None, sa_type=UtcTime)
    expires_at: datetime | None = Field(default=None, sa_type=UtcTime)
    actor: str | None = Field(default=None, sa_type=Text)


class LedgerTurnRow(SQLModel, table=True):
    """What is behind the ids that one allowed answer handed out; `sealed` (JSON, under the tenant's key): texts and stated terms."""

    __tablename__ = "ledger_turn"

    id: str = Field(sa_type=Text, primary_key=True)
    tenant: str = Field(sa_type=Text)
    registry_revision: int = Field(sa_type=BigInteger)
    policy_revision: str = Field(sa_type=Text)
    pictures: bool = Field(sa_type=Boolean)
    sealed: bytes = Field(sa_type=LargeBinary)
    screened_at: datetime = Field(sa_type=UtcTime)
    created_at: datetime = Field(sa_type=UtcTime)
    expires_at: datetime = Field(sa_type=UtcTime, index=True)


class LedgerIdRow(SQLModel, table=True):
    """An id of state at a provider, by its SHA-256, and the turn behind it."""

    __tablename__ = "ledger_id"

    tenant: str = Field(sa_type=Text, primary_key=True)
    digest: bytes = Field(sa_type=LargeBinary, primary_key=True)
    turn_id: str = Field(sa_type=Text, sa_column_args=(ForeignKey("ledger_turn.id"),), index=True)


class JobRow(SQLModel, table=True):
    """A long piece of work (an import, a replay) with its progress; `report` is its result."""

    __tablename__ = "job"

    seq: int = Field(sa_type=BIG, primary_key=True)
    id: str = Field(sa_type=Text, unique=True)
    kind: str = Field(sa_type=Text)
    status: str = Field(sa_type=Text)
    done: int = Field(default=0, sa_type=BigInteger)
    total: int | None = Field(default=None, sa_type=BigInteger)
    sealed: bytes | None = Field(default=None, sa_type=LargeBinary)
    actor: str = Field(sa_type=Text)
    created_at: datetime = Field(sa_type=UtcTime)
    finished_at: datetime | None = Field(default=None, sa_type=UtcTime)


def _table(name: str) -> Table:
    return SQLModel.metadata.tables[name]


REVISION = _table("revision")
SUBJECT = _table("subject")
ALIAS = _table("alias")
FACE = _table("face")
TEMPLATE = _table("template")
DIRECTIVE = _table("directive")
CASE = _table("case_file")
CASE_STEP = _table("case_step")
NOTICE = _table("notice")
KEY = _table("access_key")
TENANT = _table("tenant")
IDEMPOTENCY = _table("idempotency")
KNOWN_IMAGE = _table("known_image")
POLICY_ACTIVATION = _table("policy_activation")
REVIEW = _table("review")
LEDGER_TURN = _table("ledger_turn")
LEDGER_ID = _table("ledger_id")
JOB = _table("job")
