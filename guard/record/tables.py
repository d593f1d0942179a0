"""Tables of the record. A leaf is written once and never touched again; everything erasable lies beside it.

`event.leaf` holds the canonical bytes of the skeleton, `event.sealed` the encrypted vault body (None once erased or pruned).
`event_label` and `event_subject` are side indexes for searching: no proof depends on them and they may be deleted.
`merkle_tile` holds the hash tree in tiles of 256 (docs/adr/0051-merkle-tiles.md).
"""

from sqlalchemy import BigInteger, Index, Integer, LargeBinary, Table, Text
from sqlmodel import Field, SQLModel

BIG = BigInteger().with_variant(Integer, "sqlite")  # only INTEGER PRIMARY KEY is the rowid on SQLite


class Event(SQLModel, table=True):
    """One leaf of the log with its encrypted body. `time` is RFC 3339 UTC with microseconds, so text order is time order."""

    __tablename__ = "event"

    index: int = Field(sa_type=BIG, primary_key=True, sa_column_kwargs={"autoincrement": False})
    leaf_hash: bytes = Field(sa_type=LargeBinary)
    id: str = Field(sa_type=Text, unique=True)
    time: str = Field(sa_type=Text)
    leaf: bytes = Field(sa_type=LargeBinary)
    wrapped_key: bytes | None = Field(default=None, sa_type=LargeBinary)
    sealed: bytes | None = Field(default=None, sa_type=LargeBinary)


class EventLabel(SQLModel, table=True):
    """What an event is searched by; erasable, and never part of the leaf."""

    __tablename__ = "event_label"
    __table_args__ = (
        Index("ix_event_label_tenant", "tenant", "index"),
        Index("ix_event_label_outcome", "outcome", "index"),
        Index("ix_event_label_request", "request_id"),
    )

    index: int = Field(sa_type=BIG, primary_key=True, sa_column_kwargs={"autoincrement": False})
    kind: str = Field(sa_type=Text)
    tenant: str | None = Field(default=None, sa_type=Text)
    stage: str | None = Field(default=None, sa_type=Text)
    outcome: str | None = Field(default=None, sa_type=Text)
    rule: str | None = Field(default=None, sa_type=Text)
    request_id: str | None = Field(default=None, sa_type=Text)


class EventSubject(SQLModel, table=True):
    """Whom an event concerns; the rows of a subject go when the subject is erased."""

    __tablename__ = "event_subject"

    subject_id: str = Field(sa_type=Text, primary_key=True)
    index: int = Field(sa_type=BIG, primary_key=True, sa_column_kwargs={"autoincrement": False})
    __table_args__ = (Index("ix_event_subject_index", "index"),)


class MerkleTile(SQLModel, table=True):
    """Up to 256 hashes of one level: level 0 are leaf hashes (complete tiles only), level n the roots of tiles of n - 1."""

    __tablename__ = "merkle_tile"

    level: int = Field(sa_type=Integer, primary_key=True, sa_column_kwargs={"autoincrement": False})
    tile: int = Field(sa_type=BigInteger, primary_key=True, sa_column_kwargs={"autoincrement": False})
    hashes: bytes = Field(sa_type=LargeBinary)


class TreeState(SQLModel, table=True):
    """The one row that says how far the log has come; changed in the transaction that adds the events."""

    __tablename__ = "tree_state"

    id: int = Field(sa_type=Integer, primary_key=True, sa_column_kwargs={"autoincrement": False})
    size: int = Field(sa_type=BigInteger)
    last_time: str = Field(sa_type=Text)


class Checkpoint(SQLModel, table=True):
    """A signed statement of the tree at one size; `note` is the C2SP signed note. Never changed, never deleted."""

    __tablename__ = "checkpoint"

    size: int = Field(sa_type=BigInteger, primary_key=True, sa_column_kwargs={"autoincrement": False})
    root: bytes = Field(sa_type=LargeBinary)
    note: str = Field(sa_type=Text)
    created_at: str = Field(sa_type=Text)


class Cosignature(SQLModel, table=True):
    """What a witness said of a checkpoint: `line` is one more signature line of its note, `witness` the id of the key."""

    __tablename__ = "cosignature"

    size: int = Field(sa_type=BigInteger, primary_key=True, sa_column_kwargs={"autoincrement": False})
    witness: str = Field(sa_type=Text, primary_key=True)
    line: str = Field(sa_type=Text)
    created_at: str = Field(sa_type=Text)


class GrantCounter(SQLModel, table=True):
    """How many uses of a counted grant are reserved or spent."""

    __tablename__ = "grant_counter"

    directive_id: str = Field(sa_type=Text, primary_key=True)
    used: int = Field(sa_type=BigInteger)


class GrantUseRow(SQLModel, table=True):
    """One use of a counted grant, reserved by the decision that it lets through; deleted when the use is given back."""

    __tablename__ = "grant_use"

    id: str = Field(sa_type=Text, primary_key=True)
    directive_id: str = Field(sa_type=Text, index=True)
    decision_id: str = Field(sa_type=Text)
    at: str = Field(sa_type=Text)


class ExportJob(SQLModel, table=True):
    """One export asked for: `request` is its JSON, `status` is `pending running ready failed`, `path` the finished zip."""

    __tablename__ = "export_job"

    id: str = Field(sa_type=Text, primary_key=True)
    status: str = Field(sa_type=Text, index=True)
    request: str = Field(sa_type=Text)
    actor: str = Field(default="", sa_type=Text)
    created_at: str = Field(sa_type=Text)
    finished_at: str | None = Field(default=None, sa_type=Text)
    rows: int = Field(default=0, sa_type=BigInteger)
    total: int = Field(default=0, sa_type=BigInteger)
    size_bytes: int | None = Field(default=None, sa_type=BigInteger)
    path: str | None = Field(default=None, sa_type=Text)
    error: str | None = Field(default=None, sa_type=Text)


class LegalHold(SQLModel, table=True):
    """What must be kept although retention or an erasure would take it; `sealed` is the reason, under the hold's own data key.

    What is None means every: every person, every tenant, since ever, for ever. `begins` is inclusive, `ends` exclusive.
    """

    __tablename__ = "legal_hold"

    id: str = Field(sa_type=Text, primary_key=True)
    subject_id: str | None = Field(default=None, sa_type=Text)
    tenant: str | None = Field(default=None, sa_type=Text)
    begins: str | None = Field(default=None, sa_type=Text)
    ends: str | None = Field(default=None, sa_type=Text)
    sealed: bytes | None = Field(default=None, sa_type=LargeBinary)
    actor: str = Field(sa_type=Text)
    created_at: str = Field(sa_type=Text)
    released_at: str | None = Field(default=None, sa_type=Text)


class HeldBody(SQLModel, table=True):
    """An event whose body outlives a key that was destroyed: its record key is wrapped by this hold's key instead."""

    __tablename__ = "held_body"

    index: int = Field(sa_type=BIG, primary_key=True, sa_column_kwargs={"autoincrement": False})
    hold_id: str = Field(sa_type=Text, index=True)


class RetentionMark(SQLModel, table=True):
    """Up to which index a rule of retention has pruned; `rule` is a digest of the rule and those before it."""

    __tablename__ = "retention_mark"

    rule: str = Field(sa_type=Text, primary_key=True)
    index: int = Field(sa_type=BigInteger)


class SinkCursor(SQLModel, table=True):
    """How far a sink has confirmed: the next event to send it, and the size of the last checkpoint it has."""

    __tablename__ = "sink_cursor"

    sink: str = Field(sa_type=Text, primary_key=True)
    next_index: int = Field(sa_type=BigInteger)
    checkpoint_size: int = Field(sa_type=BigInteger)
    updated_at: str = Field(sa_type=Text)


EVENT: Table = SQLModel.metadata.tables["event"]
EVENT_LABEL: Table = SQLModel.metadata.tables["event_label"]
EVENT_SUBJECT: Table = SQLModel.metadata.tables["event_subject"]
TREE_STATE: Table = SQLModel.metadata.tables["tree_state"]
CHECKPOINT: Table = SQLModel.metadata.tables["checkpoint"]
COSIGNATURE: Table = SQLModel.metadata.tables["cosignature"]
EXPORT_JOB: Table = SQLModel.metadata.tables["export_job"]
LEGAL_HOLD: Table = SQLModel.metadata.tables["legal_hold"]
HELD_BODY: Table = SQLModel.metadata.tables["held_body"]
RETENTION_MARK: Table = SQLModel.metadata.tables["retention_mark"]
SINK_CURSOR: Table = SQLModel.metadata.tables["sink_cursor"]
