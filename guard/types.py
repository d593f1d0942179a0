"""The values that travel between the steps of a request. Frozen, and ignorant of HTTP, databases and the clock."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Outcome(StrEnum):
    """What becomes of a request, mildest first."""

    ALLOW = "allow"
    HOLD = "hold"
    REFUSE = "refuse"

    @property
    def severity(self) -> int:
        """0 for allow, 1 for hold, 2 for refuse."""
        return _SEVERITY[self]


_SEVERITY = {Outcome.ALLOW: 0, Outcome.HOLD: 1, Outcome.REFUSE: 2}


class Stage(StrEnum):
    """Which half of the path a decision belongs to."""

    INPUT = "input"
    OUTPUT = "output"


class Mode(StrEnum):
    """`shadow` decides and records everything and refuses nothing; `off` does not evaluate."""

    ENFORCE = "enforce"
    SHADOW = "shadow"
    OFF = "off"


class Modality(StrEnum):
    """By which sense a person was found."""

    NAME = "name"
    FACE = "face"
    KNOWN_IMAGE = "known_image"
    TEXT_IN_IMAGE = "text_in_image"


class Channel(StrEnum):
    """Where a directive binds (its `modalities` in the admin API)."""

    PROMPT = "prompt"
    INPUT_IMAGE = "input_image"
    OUTPUT_IMAGE = "output_image"


class Role(StrEnum):
    """What a mention asks for. Directives bind `likeness` unless their scope says more."""

    LIKENESS = "likeness"
    STYLE = "style"
    ATTRIBUTION = "attribution"
    NAMESAKE_OR_THING = "namesake_or_thing"


class Strength(StrEnum):
    """How much a hit says by itself, strongest first.

    A `strong` hit is enough to refuse, a `medium` one is worth a person's look (the middle face band), a `weak` one
    (a mononym or a common surname without context, a face in the outer band) says nothing unless a second, independent
    sign of the same subject is in the same request.
    """

    STRONG = "strong"
    MEDIUM = "medium"
    WEAK = "weak"


class SubjectKind(StrEnum):
    """What a subject is to the world; the defaults differ by kind."""

    PUBLIC_FIGURE = "public_figure"
    PRIVATE_PERSON = "private_person"
    MINOR = "minor"
    DECEASED = "deceased"


class AliasKind(StrEnum):
    """Where an alias comes from. `generated` ones are made at ingest and never shown as the person's own."""

    LEGAL = "legal"
    STAGE = "stage"
    NICKNAME = "nickname"
    HANDLE = "handle"
    TRANSLITERATION = "transliteration"
    DESCRIPTOR = "descriptor"
    MISSPELLING = "misspelling"
    GENERATED = "generated"


class Effect(StrEnum):
    """What a directive does. An opt-out is a `deny`; a grant or licence is an `allow`."""

    DENY = "deny"
    ALLOW = "allow"
    ALLOW_WITH_TERMS = "allow_with_terms"
    REVIEW = "review"


class DirectiveStatus(StrEnum):
    """Only `active` and (under the default settings) `pending_verification` bind."""

    ACTIVE = "active"
    PENDING_VERIFICATION = "pending_verification"
    REJECTED = "rejected"
    REVOKED = "revoked"
    SUPERSEDED = "superseded"


class KeyRole(StrEnum):
    """What an access key may do."""

    ADMIN = "admin"
    REGISTRAR = "registrar"
    REVIEWER = "reviewer"
    AUDITOR = "auditor"
    CALLER = "caller"


@dataclass(frozen=True, slots=True)
class Text:
    """One piece of text of a request or an answer; `where` is its place, such as `input[2].content[1].text`."""

    where: str
    text: str


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture of a request or an answer, as the exact bytes that would be forwarded or released.

    `format` is what the bytes are (`png jpeg webp gif avif heif`), never what somebody said they are.
    """

    where: str
    data: bytes
    format: str
    width: int
    height: int
    frames: int = 1


@dataclass(frozen=True, slots=True)
class Alias:
    """Any text that means a subject. `strength` is computed at ingest (docs/explanation/matching-names.md).

    A descriptor means them from `valid_from` (inclusive) until `valid_until` (exclusive); None is open.
    """

    text: str
    kind: AliasKind
    strength: Strength
    lang: str | None = None
    valid_from: datetime | None = None
    valid_until: datetime | None = None

    @property
    def dated(self) -> bool:
        """Whether it means the person at some times only."""
        return self.valid_from is not None or self.valid_until is not None


@dataclass(frozen=True, slots=True)
class Template:
    """One face representation: `vector` is little-endian float32, unit length, shape (d,), made by `encoder`."""

    id: str
    encoder: str
    vector: bytes


@dataclass(frozen=True, slots=True)
class Directive:
    """One version of what a subject, or someone with authority for them, decided.

    Empty tuples of `channels`, `jurisdictions`, `purposes`, `endpoints`, `models` mean "every"; `tenant` is the grantee
    of an allow. `effective_from` is inclusive, `expires_at` exclusive, both aware UTC. `authority` is the requester's
    role (`self agent guardian estate employer regulator court staff`); an order of a regulator or court outranks grants.
    """

    id: str
    version: int
    effect: Effect
    status: DirectiveStatus
    scopes: tuple[str, ...] = ("all",)
    exemptions: tuple[str, ...] = ()
    channels: tuple[Channel, ...] = ()
    jurisdictions: tuple[str, ...] = ()
    authority: str = "staff"
    tenant: str | None = None
    purposes: tuple[str, ...] = ()
    endpoints: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    terms: tuple[str, ...] = ()
    max_uses: int | None = None
    effective_from: datetime | None = None
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class SubjectRecord:
    """A person as the matchers, the decision and the vault see them; the unit in which the gallery is built and changed.

    `no` is the registry's own dense integer (what indexes store); `id` the opaque public one; `data_key` (32 bytes)
    wraps what is recorded about them, so that destroying it erases them from the record.
    """

    no: int
    id: str
    name: str
    kind: SubjectKind
    aliases: tuple[Alias, ...] = ()
    templates: tuple[Template, ...] = ()
    directives: tuple[Directive, ...] = ()
    exclusions: tuple[str, ...] = ()
    data_key: bytes = b""
    occupations: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class KnownPicture:
    """A picture that must not come back: its PDQ hash as 64 hex digits, the bank it is in, and whose it is, if anybody's."""

    id: str
    pdq: str
    bank: str
    subject_no: int | None = None


REFUSED_OUTPUTS = "refused-outputs"
"""The bank of pictures that were refused on their way out. Each only says whom it shows; what that person decided then decides."""


@dataclass(frozen=True, slots=True)
class KeyRecord:
    """An access key as the gateway sees it; `digest` is SHA-256 of the whole key (256 random bits, so no salt)."""

    id: str
    digest: bytes
    role: KeyRole
    tenant: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Hit:
    """A candidate at or above its threshold.

    `score` and `threshold` lie in 0..1, higher is closer, on the scale of the modality. `span` counts code points in
    the text as it was sent. `view` names what had to be undone to see the name (`as written`, `leet`, `reversed` ...)
    or how the face was seen (`upright`, `rotated 90` ...). `role` is None for anything but a name. `bank` is set for a
    known picture alone; one that is nobody's in particular has an empty `subject_id` and `subject`. `until` is set for a name
    split over texts: in which it ends, and behind how many code points of it.
    """

    subject_id: str
    subject: str
    modality: Modality
    where: str
    score: float
    threshold: float
    strength: Strength
    role: Role | None = None
    alias: str | None = None
    span: tuple[int, int] | None = None
    text: str | None = None
    view: str | None = None
    bank: str | None = None
    until: tuple[str, int] | None = None


@dataclass(frozen=True, slots=True)
class Caller:
    """Who sent a request."""

    tenant: str
    key_id: str | None = None


@dataclass(frozen=True, slots=True)
class Context:
    """What a decision may depend on besides what was found. `now` is aware UTC."""

    stage: Stage
    now: datetime
    tenant: str
    route: str = ""
    model: str | None = None
    purpose: str | None = None
    jurisdiction: str | None = None
    attestation: bool = False


NOT_CONFIGURED = "not configured here"
"""Why a source of signals gave nothing (`Findings.not_examined`): this installation has none."""


@dataclass(frozen=True, slots=True)
class Findings:
    """All that the matchers and signals saw in one half of a request.

    `not_examined` names what was not looked at and why (`{"pictures": "the text already refuses"}`), and the sources of
    signals that gave no answer (`{"moderation": "no answer within 3 s"}`); `problem` is set
    when a step could not answer, and makes the decision a refusal unless the policy says otherwise.
    """

    hits: tuple[Hit, ...] = ()
    faces: int = 0
    signals: Mapping[str, float | str | bool] = field(default_factory=dict)
    not_examined: Mapping[str, str] = field(default_factory=dict)
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """The outcome of one half of a request, with its reasons. `category` is the rule's public class (`likeness` ...)."""

    outcome: Outcome
    rule: str
    category: str
    hits: tuple[Hit, ...] = ()
    grants: tuple[str, ...] = ()
    obligations: tuple[str, ...] = ()
    directives: tuple[str, ...] = ()
    policy_revision: str = ""
    registry_revision: int = 0
