"""What the admin API gives back: one model for each answer, read from the values of the registry and the record.

Where a thing has an id of its own, the answer carries it twice: as `id`, and by the name that other calls take it by.
"""

from datetime import UTC, datetime
from typing import Annotated, Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, PlainSerializer, computed_field

from guard.types import AliasKind, Channel, DirectiveStatus, Effect, KeyRole, Strength, SubjectKind

ItemT = TypeVar("ItemT")


def _rfc3339(time: datetime) -> str:
    return time.astimezone(UTC).isoformat().replace("+00:00", "Z")


Time = Annotated[datetime, PlainSerializer(_rfc3339, return_type=str)]


class Answer(BaseModel):
    """The root of every answer."""

    model_config = ConfigDict(from_attributes=True, frozen=True)


class PageOut(Answer, Generic[ItemT]):
    """A part of a list; `next_cursor` asks for the next part, and is null at the end."""

    items: list[ItemT]
    next_cursor: str | None = None


class AliasOut(Answer):
    """An alias, and how much it says by itself."""

    text: str
    kind: AliasKind
    strength: Strength
    lang: str | None
    valid_from: Time | None
    valid_until: Time | None


class SubjectOut(Answer):
    """A registered person."""

    id: str
    name: str
    kind: SubjectKind
    aliases: list[AliasOut]
    external_ids: dict[str, str]
    occupations: list[str]
    born: str | None
    died: str | None
    exclusions: list[str]
    created_at: Time
    updated_at: Time

    @computed_field
    def subject_id(self) -> str:
        """The id again."""
        return self.id


class SubjectChangedOut(SubjectOut):
    """A person as they are now, and the revision that binds it."""

    registry_revision: int


class OptOutOut(Answer):
    """What `POST /opt-outs` made. The receipt names nobody and is signed with the log's key."""

    subject_id: str
    directive_id: str
    case_id: str
    status: DirectiveStatus
    registry_revision: int
    receipt: dict[str, Any]
    warnings: list[str]


class ErasureOut(Answer):
    """What an erasure destroyed; `protection_ended` lists the opt-outs that no longer protect."""

    subject_id: str
    registry_revision: int
    protection_ended: list[str]
    receipt: dict[str, Any]


class FaceOut(Answer):
    """An enrolled photo; the photo itself is not kept."""

    id: str
    quality: float
    box: tuple[int, int, int, int] | None
    encoder: str
    source: str | None
    release_ref: str | None
    lawful_basis: str | None
    destroy_by: Time | None
    created_at: Time

    @computed_field
    def face_id(self) -> str:
        """The id again."""
        return self.id


class EnrolledOut(Answer):
    """Photos just enrolled, and how many make up the subject's template now."""

    items: list[FaceOut]
    templates: int
    registry_revision: int
    warnings: list[str] = []


class DirectiveOut(Answer):
    """The version of a directive that holds."""

    id: str
    subject_id: str
    version: int
    effect: Effect
    status: DirectiveStatus
    scopes: list[str]
    exemptions: list[str]
    modalities: list[Channel]
    jurisdictions: list[str]
    authority: str
    tenant: str | None
    purposes: list[str]
    endpoints: list[str]
    models: list[str]
    terms: list[str]
    use_description: str
    max_uses: int | None
    effective_from: Time | None
    expires_at: Time | None
    reason: str
    actor: str
    created_at: Time
    changed_at: Time

    @computed_field
    def directive_id(self) -> str:
        """The id again."""
        return self.id


class DirectiveChangedOut(Answer):
    """A directive made or changed, and the revision under which it binds."""

    directive_id: str
    version: int
    status: DirectiveStatus
    case_id: str | None
    registry_revision: int
    warnings: list[str]


class RequesterOut(Answer):
    """Who asked."""

    role: str
    name: str | None
    contact: str | None


class EvidenceOut(Answer):
    """A proof by reference."""

    kind: str
    ref: str
    sha256: str | None
    checked_by: str | None
    checked_at: str | None


class CaseStepOut(Answer):
    """One step of a case. `proposes`: the status that a second person has yet to confirm."""

    status: str
    actor: str
    reason: str
    at: Time
    proposes: str | None
    authority: str | None


class CaseOut(Answer):
    """A case with its history, oldest step first."""

    id: str
    kind: str
    status: str
    subject_id: str | None
    directive_id: str | None
    requester: RequesterOut
    evidence: list[EvidenceOut]
    note: str
    opened_at: Time
    due_at: Time | None
    closed_at: Time | None
    steps: list[CaseStepOut]
    receipt: dict[str, Any] | None
    clock: str
    escalation: str

    @computed_field
    def case_id(self) -> str:
        """The id again."""
        return self.id


class RescannedOut(Answer):
    """Requests that named a person: `found` of `requests`, `passed` of them allowed; `examples` are the newest of these."""

    requests: int
    not_seen: int
    found: int
    passed: int
    examples: list[dict[str, Any]]


class MissedOut(Answer):
    """A disguise that would pass: what was sent, and the alias that would help against it, where one would."""

    sent: str
    add: str | None
    add_kind: str | None


class TriedOut(Answer):
    """One disguise."""

    group: str
    disguise: str
    tried: int
    caught: int
    missed: list[MissedOut]


class TestedOut(Answer):
    """What became of every disguise of a person. `protected`: whether a denial is in force for them."""

    subject_id: str
    protected: bool
    items: list[TriedOut]
    policy_revision: str
    registry_revision: int


class NoticeOut(Answer):
    """A notice about a case; `to` is null for the web hook, and once it was sent."""

    id: str
    case_id: str
    template: str
    channel: str
    to: str | None
    status: str
    attempts: int
    next_at: Time
    created_at: Time
    sent_at: Time | None


class KnownImageOut(Answer):
    """A picture that must not come back, by its perceptual hash."""

    id: str
    pdq: str
    bank: str
    subject_id: str | None
    reason: str
    created_at: Time


class NewKeyOut(Answer):
    """A key just made; `key` is shown only here."""

    id: str
    key: str
    role: KeyRole
    tenant: str
    name: str
    created_at: Time


class KeyOut(Answer):
    """An access key as it is listed."""

    id: str
    role: KeyRole
    tenant: str
    name: str
    created_at: Time


class TenantOut(Answer):
    """A tenant."""

    name: str
    created_at: Time
    caller_keys: int


class HitOut(Answer):
    """One mention, face or known picture that was found. `span` counts code points in the text as it was sent.

    `subject_id` is empty for a known picture that is nobody's in particular.
    """

    subject_id: str
    subject: str
    modality: str
    alias: str | None
    where: str
    span: tuple[int, int] | None
    text: str | None
    score: float
    threshold: float
    role: str | None
    strength: str
    view: str | None = None
    bank: str | None = None


class ScreenOut(Answer):
    """What `POST /screen` decided, and everything that was found on the way."""

    decision_id: str
    outcome: str
    rule: str
    category: str | None = None
    hits: list[HitOut]
    faces: int
    signals: dict[str, float | str | bool]
    grant: str | None
    directives: list[str] = []
    obligations: list[str] = []
    policy_revision: str
    registry_revision: int
    timings_ms: dict[str, float]
    stage: str = "input"


class DecisionOut(Answer):
    """One decision of the record. What lies in the vault is null once erased, or where the policy kept less."""

    model_config = ConfigDict(from_attributes=True, frozen=True, extra="allow")

    decision_id: str
    index: int | None
    at: str
    tenant: str | None
    stage: str | None
    outcome: str | None
    rule: str | None
    request_id: str | None
    subject_ids: list[str]


class EntryOut(Answer):
    """One leaf of the log."""

    index: int
    event: dict[str, Any]


class EntriesOut(Answer):
    """Leaves of the log, in order."""

    items: list[EntryOut]


class ProofOut(Answer):
    """Hashes in base64, in RFC 9162 order."""

    proof: list[str]


class ReviewOut(Answer):
    """A held request and what became of it."""

    id: str
    decision_id: str
    tenant: str
    stage: str
    rule: str
    request_digest: str
    subject_ids: list[str]
    directives: list[str]
    registry_revision: int
    status: str
    verdict: str | None
    words: dict[str, Any] | None
    has_kept: bool
    opened_at: Time
    closed_at: Time | None
    expires_at: Time | None
    actor: str | None

    @computed_field
    def review_id(self) -> str:
        """The id again."""
        return self.id


class ProposalOut(Answer):
    """A text that a reviewer says does not mean a person, and why."""

    review_id: str
    subject_id: str
    text: str
    note: str
    actor: str


class PrecisionOut(Answer):
    """Of a rule's holds, how many reviewers found right and wrong; `precision` is the share that was right."""

    rule: str
    match: int
    false_positive: int
    precision: float


class JobOut(Answer):
    """A long piece of work and how far it is."""

    job_id: str
    id: str
    kind: str
    status: str
    done: int
    total: int | None
    imported: int | None = None
    refused: list[dict[str, Any]] = []
    dry_run: bool | None = None
    error: str | None = None
    created_at: Time
    finished_at: Time | None


class ExportOut(Answer):
    """An export: `pending`, `running`, `ready` or `failed`."""

    export_id: str
    id: str
    status: str
    format: str
    redaction: str
    filter: dict[str, str | None]
    rows: int
    total: int
    size_bytes: int | None
    error: str | None
    created_at: str
    finished_at: str | None


class PolicyOut(Answer):
    """A policy by name; `yaml` only where one was asked for."""

    name: str
    revision: str | None
    description: str
    active: bool
    mode: str | None
    source: str
    yaml: str | None = None


class PolicyFault(Answer):
    """One thing wrong with a policy."""

    line: int | None
    column: int | None
    path: str
    message: str


class ValidationOut(Answer):
    """Whether a policy can be used, and if not, why."""

    valid: bool
    errors: list[PolicyFault]
    revision: str | None = None


class CaseResultOut(Answer):
    """One worked case of a policy."""

    case: str
    level: str
    passed: bool
    expected: dict[str, str]
    got: dict[str, str]


class PolicyTestOut(Answer):
    """How a policy's worked cases came out."""

    passed: bool
    policy: str
    revision: str
    results: list[CaseResultOut]


class ActivatedOut(Answer):
    """The policy now in force."""

    name: str
    revision: str
    mode: str
    activated_at: Time
    registry_revision: int


class ReplayOut(Answer):
    """How a policy would have decided; `changes` has one entry for each pair of outcomes, such as `allow to refuse`."""

    revision: str
    decisions: int
    not_seen: int
    changes: dict[str, int]
    examples: list[dict[str, Any]]


class StatsOut(Answer):
    """Counts of the registry and the record."""

    subjects: int
    erased_subjects: int
    directives_active: int
    directives_pending: int
    faces: int
    templates: int
    known_images: int
    cases_open: int
    reviews_open: int
    keys: int
    tenants: int
    registry_revision: int
    log_size: int
    decisions_24h: dict[str, int]
    precision: list[PrecisionOut]
