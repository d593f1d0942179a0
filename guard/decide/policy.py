"""What an operator's policy says, as frozen values. Reading one from YAML is `load`'s work, applying it `evaluate`'s."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from guard.types import Channel, Findings, Modality, Mode, Outcome, Role, Stage, Strength, SubjectKind, SubjectRecord

BUILT_IN_RULES = (
    "minors-sexual",
    "sexual-likeness",
    "unscreenable",
    "signal-unavailable",
    "order",
    "opt-out",
    "review",
    "known-image",
    "grant",
    "grant-terms",
    "general-allow",
    "exempt",
    "no-directive",
    "no-rule-fired",
    "policy-off",
)
"""Names that a decision's `rule` may have without any rule of a policy; docs/reference/policies.md says what each means."""


class RecordLevel(StrEnum):
    """How much of a request the vault keeps: nothing, all but texts and pictures, texts with names masked, everything."""

    NONE = "none"
    METADATA = "metadata"
    REDACTED = "redacted"
    FULL = "full"


class Exemptions(StrEnum):
    """What a caller's stated purpose does when a directive exempts that purpose: lift it, hold for a person, nothing."""

    HONOUR = "honour"
    HOLD = "hold"
    IGNORE = "ignore"


class UndeclaredPurpose(StrEnum):
    """What a request without a purpose counts as. `commercial`: leaving a header out is no way past a directive."""

    COMMERCIAL = "commercial"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Match:
    """The native tests of a rule; all that are set must hold, an empty one asks nothing.

    `channels modalities roles strengths kinds min_score` look at one hit at a time; everything else at the request.
    A face has no role and counts as `likeness`. `signals` pairs a name with the least number, or the exact word or truth.
    """

    stages: frozenset[Stage] = frozenset()
    channels: frozenset[Channel] = frozenset()
    modalities: frozenset[Modality] = frozenset()
    roles: frozenset[Role] = frozenset()
    strengths: frozenset[Strength] = frozenset()
    kinds: frozenset[SubjectKind] = frozenset()
    min_score: float | None = None
    scopes: frozenset[str] = frozenset()
    signals: tuple[tuple[str, float | str | bool], ...] = ()
    tenants: frozenset[str] = frozenset()
    routes: frozenset[str] = frozenset()
    models: frozenset[str] = frozenset()
    purposes: frozenset[str] = frozenset()
    jurisdictions: frozenset[str] = frozenset()
    attestation: bool | None = None
    min_faces: int = 0
    min_faces_without_grant: int = 0

    @property
    def about_a_hit(self) -> bool:
        """Whether any test looks at a hit."""
        return bool(self.channels or self.modalities or self.roles or self.strengths or self.kinds or self.min_score is not None)


@dataclass(frozen=True, slots=True)
class Rule:
    """One sentence of a policy: where `match` holds, and `unless` does not, and every `when` is true, `effect` follows.

    `when` holds CEL expressions or names of the policy's conditions. `category` is the public class that a caller reads.
    `grants_lift` says whether a person's valid grant lifts the rule for hits of that person.
    """

    name: str
    effect: Outcome
    category: str
    match: Match = field(default_factory=Match)
    unless: Match | None = None
    when: tuple[str, ...] = ()
    obligations: tuple[str, ...] = ()
    grants_lift: bool = True
    on_error: Outcome | None = None
    description: str = ""


@dataclass(frozen=True, slots=True)
class People:
    """How the directives of registered people are turned into outcomes.

    `medium` is what a middling hit of an opted-out person gives (a strong one always refuses); `no_directive` what a
    strong hit of a registered person gives for whom no directive says anything, `known_images` what a picture of a bank
    gives, whoever it shows. `stay_down`: output pictures that were refused for whom they show are remembered.
    """

    medium: Outcome = Outcome.HOLD
    no_directive: Outcome = Outcome.ALLOW
    exemptions: Exemptions = Exemptions.HONOUR
    undeclared_purpose: UndeclaredPurpose = UndeclaredPurpose.COMMERCIAL
    known_images: Outcome = Outcome.REFUSE
    stay_down: bool = True


@dataclass(frozen=True, slots=True)
class OnError:
    """What follows when something could not be answered: a screening step (`problem`), a CEL condition (`condition`)."""

    problem: Outcome = Outcome.REFUSE
    condition: Outcome = Outcome.REFUSE


@dataclass(frozen=True, slots=True)
class SourceTerms:
    """How a policy asks one slow source of signals: how long it waits, and what follows where no answer came in time
    (`unavailable`) or where this installation has no such source (`missing`)."""

    timeout_s: float = 10.0
    unavailable: Outcome = Outcome.REFUSE
    missing: Outcome = Outcome.REFUSE


@dataclass(frozen=True, slots=True)
class Case:
    """A worked example that a policy carries: these findings in this context must give this outcome by this rule.

    `prompt` is for a screening function, which must find by itself what `findings` says was found.
    """

    name: str
    outcome: Outcome
    rule: str
    stage: Stage
    now: datetime
    findings: Findings
    people: Mapping[str, SubjectRecord]
    prompt: str | None = None
    pictures: int = 0
    tenant: str = "default"
    route: str = "images.generations"
    model: str | None = None
    purpose: str | None = None
    jurisdiction: str | None = None
    attestation: bool = False


@dataclass(frozen=True, eq=False)
class Policy:
    """A whole policy. Two policies are equal when their revisions are: they decide the same.

    `revision` is a SHA-256 over everything that decides (not over descriptions and cases). `overlays` holds one
    policy per tenant that has its own; they carry the revision of the whole. `small_faces`: pictures are searched for
    small faces too, which costs seconds of CPU.
    """

    name: str
    revision: str
    rules: tuple[Rule, ...] = ()
    conditions: Mapping[str, str] = field(default_factory=dict)
    people: People = field(default_factory=People)
    on_error: OnError = field(default_factory=OnError)
    sources: Mapping[str, SourceTerms] = field(default_factory=dict)
    mode: Mode = Mode.ENFORCE
    looks_at: frozenset[Channel] = frozenset(Channel)
    small_faces: bool = False
    record_level: RecordLevel = RecordLevel.FULL
    overlays: Mapping[str, "Policy"] = field(default_factory=dict)
    cases: tuple[Case, ...] = ()
    description: str = ""
    source: str = ""
    part: str = ""

    def examines(self, channel: Channel) -> bool:
        """Whether the pipeline has to look at this channel at all."""
        return channel in self.looks_at

    @property
    def streams_answers(self) -> bool:
        """Whether answers pass through as they come, because no picture of an answer is looked at."""
        return Channel.OUTPUT_IMAGE not in self.looks_at

    def for_tenant(self, tenant: str) -> "Policy":
        """The policy that governs this tenant: its overlay, or this one."""
        return self.overlays.get(tenant, self) if self.overlays else self

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Policy) and (self.revision, self.part) == (other.revision, other.part)

    def __hash__(self) -> int:
        return hash((self.revision, self.part))
