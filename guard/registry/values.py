"""What goes into the registry and comes out of it: frozen values, checked where they enter the program."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, TypeVar

from guard.registry.clocks import Clock, Escalation
from guard.storage.queue import QueuedEvent
from guard.types import Alias, AliasKind, Channel, Directive, DirectiveStatus, Effect, KeyRole, SubjectKind

ALL_CHANNELS = (Channel.PROMPT, Channel.INPUT_IMAGE, Channel.OUTPUT_IMAGE)

T = TypeVar("T")

Sign = Callable[[bytes], str]
"""Signs the canonical bytes of a receipt; what it returns is put beside them."""


@dataclass(frozen=True, slots=True)
class Change:
    """What a transaction did, told to whoever writes the audit event. `subjects` maps ids to data keys, for tags and wrapping.

    `details` holds ids, counts and states, and may hold personal text only of the `subjects`: it belongs in the vault body.
    """

    action: str
    actor: str
    at: datetime
    revision: int
    subjects: Mapping[str, bytes]
    details: Mapping[str, Any]


Audit = Callable[[Change], Sequence[QueuedEvent]]


@dataclass(frozen=True, slots=True)
class Once:
    """One `Idempotency-Key`: the answer that `render` makes of the result is committed with the effect and given again.

    `digest` is SHA-256 of the body; `render` gives the HTTP status and body.
    """

    key_id: str
    route: str
    name: str
    digest: bytes
    render: Callable[[Any], tuple[int, bytes]]


@dataclass(frozen=True, slots=True)
class Answer:
    """A stored answer."""

    status: int
    body: bytes


@dataclass(frozen=True, slots=True)
class By:
    """Who changes something, how it is audited, and under which `Idempotency-Key`."""

    actor: str
    audit: Audit | None = None
    once: Once | None = None


@dataclass(frozen=True, slots=True)
class StatedAlias:
    """An alias as somebody stated it, before its strength is known. Only a descriptor has a validity, as in `guard.types.Alias`."""

    text: str
    kind: AliasKind = AliasKind.NICKNAME
    lang: str | None = None
    valid_from: datetime | None = None
    valid_until: datetime | None = None


def validity_problem(kind: AliasKind, valid_from: datetime | None, valid_until: datetime | None) -> str | None:
    """Why an alias of this kind cannot have this validity; None when it can."""
    if (valid_from or valid_until) and kind is not AliasKind.DESCRIPTOR:
        return f"valid_from and valid_until belong to a descriptor; a name of kind {kind.value} means the person at all times"
    if valid_from and valid_until and valid_until <= valid_from:
        return "valid_until must be later than valid_from"
    return None


@dataclass(frozen=True, slots=True)
class SubjectData:
    """What is stated about a person. `exclusions` are texts that do not mean them; `born` and `died` are a year, month or day."""

    name: str
    kind: SubjectKind = SubjectKind.PUBLIC_FIGURE
    aliases: tuple[StatedAlias, ...] = ()
    external_ids: Mapping[str, str] = field(default_factory=dict)
    occupations: tuple[str, ...] = ()
    born: str | None = None
    exclusions: tuple[str, ...] = ()
    died: str | None = None


@dataclass(frozen=True, slots=True)
class Subject:
    """A person as the registry shows them to its staff. `aliases` leaves out what was generated at ingest."""

    id: str
    no: int
    kind: SubjectKind
    name: str
    aliases: tuple[Alias, ...]
    external_ids: Mapping[str, str]
    occupations: tuple[str, ...]
    born: str | None
    exclusions: tuple[str, ...]
    created_at: datetime
    updated_at: datetime
    died: str | None = None


@dataclass(frozen=True, slots=True)
class Requester:
    """Who asks: `self agent guardian estate employer regulator court staff`."""

    role: str = "staff"
    name: str | None = None
    contact: str | None = None


STAFF = Requester()


@dataclass(frozen=True, slots=True)
class Evidence:
    """Where a proof lies, and its SHA-256 where it is a file. `checked_by` saw at `checked_at` (RFC 3339) that the file has it."""

    kind: str = "document"
    ref: str = ""
    sha256: str | None = None
    checked_by: str | None = None
    checked_at: str | None = None


OPEN = frozenset({"scopes", "exemptions", "expires_at"})
"""What may be left open in a denial, so that the kind of person decides it."""


@dataclass(frozen=True, slots=True)
class DirectiveData:
    """What is decided; empty tuples mean "every", as in `guard.types.Directive`.

    `stated` names those of `OPEN` that somebody said, so that no default of `guard.registry.kinds` applies.
    """

    effect: Effect = Effect.DENY
    scopes: tuple[str, ...] = ("all",)
    exemptions: tuple[str, ...] = ()
    channels: tuple[Channel, ...] = ()
    jurisdictions: tuple[str, ...] = ()
    tenant: str | None = None
    purposes: tuple[str, ...] = ()
    endpoints: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    terms: tuple[str, ...] = ()
    use_description: str = ""
    max_uses: int | None = None
    effective_from: datetime | None = None
    expires_at: datetime | None = None
    stated: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class OptOut:
    """All that `POST /opt-outs` says. `directive.effect` is deny."""

    subject: SubjectData
    requester: Requester = STAFF
    evidence: tuple[Evidence, ...] = ()
    directive: DirectiveData = DirectiveData(channels=ALL_CHANNELS)


@dataclass(frozen=True, slots=True)
class OptOutReceipt:
    """What an opt-out made. `receipt` says what is protected, since when and until when, without naming anybody, and is signed."""

    subject_id: str
    directive_id: str
    case_id: str
    status: DirectiveStatus
    registry_revision: int
    receipt: Mapping[str, Any]
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Duplicate:
    """A registered subject that is likely the same person, why, and whether a deny protects them now."""

    subject_id: str
    reason: str
    protected: bool


@dataclass(frozen=True, slots=True)
class DirectiveView:
    """The version of a directive that holds, and the words that go with it."""

    subject_id: str
    directive: Directive
    use_description: str
    reason: str
    actor: str
    created_at: datetime
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class DirectiveChange:
    """A directive made or changed, and the revision under which it binds. `warnings` are for the caller to show."""

    directive_id: str
    version: int
    status: DirectiveStatus
    case_id: str | None
    registry_revision: int
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CaseStep:
    """One step of a case. `proposes`: the status that somebody else has yet to confirm. `authority`: by what right the requester acts."""

    status: str
    actor: str
    reason: str
    at: datetime
    proposes: str | None = None
    authority: str | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """A case with its history, oldest step first."""

    id: str
    kind: str
    status: str
    subject_id: str | None
    directive_id: str | None
    requester: Requester
    evidence: tuple[Evidence, ...]
    note: str
    opened_at: datetime
    due_at: datetime | None
    closed_at: datetime | None
    steps: tuple[CaseStep, ...]
    receipt: Mapping[str, Any] | None
    clock: Clock = Clock.HOURS_48
    escalation: Escalation = Escalation.NONE


@dataclass(frozen=True, slots=True)
class CaseData:
    """Something to look into that is not (yet) an opt-out."""

    kind: str = "opt_out"
    subject_id: str | None = None
    directive_id: str | None = None
    requester: Requester = STAFF
    evidence: tuple[Evidence, ...] = ()
    note: str = ""
    due_at: datetime | None = None
    jurisdictions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RulePrecision:
    """Of a rule's holds, how many a reviewer found right (`match`) and wrong (`false_positive`)."""

    rule: str
    match: int
    false_positive: int

    @property
    def precision(self) -> float:
        """The share that was right."""
        return self.match / (self.match + self.false_positive)


@dataclass(frozen=True, slots=True)
class Proposal:
    """A text that a reviewer says does not mean a person, and why."""

    review_id: str
    subject_id: str
    text: str
    note: str
    actor: str


@dataclass(frozen=True, slots=True)
class NoticeView:
    """A notice as staff sees it; `to` is None for the web hook, and once it was sent or dropped."""

    id: str
    case_id: str
    template: str
    channel: str
    to: str | None
    status: str
    attempts: int
    next_at: datetime
    created_at: datetime
    sent_at: datetime | None


@dataclass(frozen=True, slots=True)
class FaceData:
    """An enrolment photo that passed the gates: `vector` is little-endian float32 of unit length; the photo itself is not kept.

    An encoding that another program made has no `box`, and a `quality` of 0: nobody here saw its photo.
    """

    vector: bytes
    encoder: str
    quality: float
    box: tuple[int, int, int, int] | None
    source: str | None = None
    release_ref: str | None = None
    lawful_basis: str | None = None
    destroy_by: datetime | None = None


@dataclass(frozen=True, slots=True)
class Face:
    """An enrolled photo, without its vector."""

    id: str
    encoder: str
    quality: float
    box: tuple[int, int, int, int] | None
    source: str | None
    release_ref: str | None
    lawful_basis: str | None
    destroy_by: datetime | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Enrolled:
    """The photos added, how many of the subject's photos make up the template now, and the revision that binds them."""

    faces: tuple[Face, ...]
    templates: int
    registry_revision: int


@dataclass(frozen=True, slots=True)
class ErasureReceipt:
    """What an erasure destroyed. `protection_ended` lists the denies that no longer protect; `receipt` is the signed whole."""

    subject_id: str
    registry_revision: int
    protection_ended: tuple[str, ...]
    receipt: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key just made; `key` is shown now and never again."""

    id: str
    key: str
    role: KeyRole
    tenant: str
    name: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Key:
    """An access key as it is listed."""

    id: str
    role: KeyRole
    tenant: str
    name: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class KnownImage:
    """A picture that must not come back. `pdq` is 64 lower-case hex digits."""

    id: str
    pdq: str
    bank: str
    subject_id: str | None
    reason: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class PolicyActivation:
    """A policy that was made the active one."""

    seq: int
    name: str
    digest: str
    yaml: str
    mode: str
    actor: str
    activated_at: datetime


@dataclass(frozen=True, slots=True)
class Hold:
    """A held request, as the pipeline hands it over. `kept` is what must be released, or looked at, after approval."""

    decision_id: str
    tenant: str
    stage: str
    rule: str
    request_digest: str
    subject_ids: tuple[str, ...] = ()
    directives: tuple[str, ...] = ()
    registry_revision: int = 0
    words: Mapping[str, Any] = field(default_factory=dict)
    kept: bytes | None = None


@dataclass(frozen=True, slots=True)
class Review:
    """A hold and what became of it. `status` is `open approved refused`, `words` what the reviewer needs and wrote (None once erased)."""

    id: str
    decision_id: str
    tenant: str
    stage: str
    rule: str
    request_digest: str
    subject_ids: tuple[str, ...]
    directives: tuple[str, ...]
    registry_revision: int
    status: str
    verdict: str | None
    words: Mapping[str, Any] | None
    has_kept: bool
    opened_at: datetime
    closed_at: datetime | None
    expires_at: datetime | None
    actor: str | None


@dataclass(frozen=True, slots=True)
class Job:
    """A long piece of work. `status` is `pending running done failed`."""

    id: str
    kind: str
    status: str
    done: int
    total: int | None
    report: Mapping[str, Any] | None
    actor: str
    created_at: datetime
    finished_at: datetime | None


@dataclass(frozen=True, slots=True)
class ImportLine:
    """One line of an import: the opt-out it says, or why it cannot be read. `line` counts from 1."""

    line: int
    opt_out: OptOut | None = None
    name: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class RefusedLine:
    """A line that keeps the whole import from happening."""

    line: int
    name: str | None
    reason: str


@dataclass(frozen=True, slots=True)
class ImportReport:
    """How an import went: all lines, or none and the reasons. In a dry run `imported` is what would have been."""

    imported: int
    refused: tuple[RefusedLine, ...]
    registry_revision: int
    dry_run: bool


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """A part of a list, and where the next part begins."""

    items: tuple[T, ...]
    next_cursor: str | None
