"""What the admin API takes: every body, parsed once, with unknown fields refused (CONTRACT: "Admin API").

Sizes here bound what one call can store or cost; each is far above any honest use. Text keeps its own form (nothing is
case-folded or normalised here: that is the matchers' business), only the white space around it is taken off.
"""

import unicodedata
from enum import StrEnum
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from guard import jurisdictions
from guard.record.export import ExportRequest
from guard.record.formats import Format
from guard.record.rows import Redaction
from guard.registry.dates import Day, Instant
from guard.registry.evidence import Authority
from guard.registry.subjects import Changes
from guard.registry.values import OPEN, CaseData, DirectiveData, Evidence, OptOut, Requester, StatedAlias, SubjectData, validity_problem
from guard.types import AliasKind, Channel, Effect, KeyRole, Mode, Outcome, Stage, SubjectKind

MAX_NAME = 300
MAX_ALIASES = 500
MAX_LIST = 100
MAX_TEXT = 2_000
MAX_PROMPT = 1_000_000
MAX_PICTURES = 64


class Body(BaseModel):
    """The root of every body: no field that nobody asked for, no number where text is wanted."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


def _visible(text: str) -> str:
    if not text:
        raise ValueError("is empty")
    bad = next((c for c in text if unicodedata.category(c) in {"Cc", "Cs"}), None)
    if bad is not None:
        raise ValueError(f"holds the control character U+{ord(bad):04X}")
    return text


def _texts(values: tuple[StrEnum, ...]) -> tuple[str, ...]:
    return tuple(value.value for value in values)


def _unique(values: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(dict.fromkeys(values))


ALL_CHANNELS = (Channel.PROMPT, Channel.INPUT_IMAGE, Channel.OUTPUT_IMAGE)


def _every_channel(values: tuple[Channel, ...]) -> tuple[Channel, ...]:
    """An empty list means everywhere, as for every list of a directive: to protect nowhere is nobody's wish."""
    return _unique(values) or ALL_CHANNELS


Visible = Annotated[str, AfterValidator(_visible)]
Name = Annotated[Visible, Field(max_length=MAX_NAME)]
Prose = Annotated[str, Field(max_length=MAX_TEXT)]
Word = Annotated[str, StringConstraints(to_lower=True, pattern=r"^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$")]
TenantName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9._-]{1,64}$")]
Hex256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-fA-F]{64}$", to_lower=True)]
Lang = Annotated[str, StringConstraints(pattern=r"^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,3}$")]
Jurisdiction = Annotated[str, AfterValidator(jurisdictions.stated)]

Words = Annotated[tuple[Word, ...], Field(max_length=MAX_LIST), AfterValidator(_unique)]
Jurisdictions = Annotated[tuple[Jurisdiction, ...], Field(max_length=MAX_LIST), AfterValidator(_unique)]
Channels = Annotated[tuple[Channel, ...], Field(max_length=MAX_LIST), AfterValidator(_every_channel)]
Label = Annotated[Visible, Field(max_length=128)]
Labels = Annotated[tuple[Label, ...], Field(max_length=MAX_LIST), AfterValidator(_unique)]
Names = Annotated[tuple[Name, ...], Field(max_length=MAX_LIST), AfterValidator(_unique)]


class Scope(StrEnum):
    """What a directive is about; `all` is everything, and what has no word here cannot be promised."""

    ALL = "all"
    LIKENESS = "likeness"
    PHOTOREALISTIC = "photorealistic"
    STYLISED = "stylised"
    SEXUAL = "sexual"
    POLITICAL = "political"
    COMMERCIAL = "commercial"
    DECEPTION = "deception"
    STYLE = "style"
    TEXT_MENTION = "text_mention"
    VOICE_OR_VIDEO = "voice_or_video"


class Exemption(StrEnum):
    """What a deny leaves free."""

    PARODY = "parody"
    NEWS = "news"
    EDUCATION = "education"
    DOCUMENTARY = "documentary"


Scopes = Annotated[tuple[Scope, ...], Field(max_length=MAX_LIST), AfterValidator(lambda scopes: _unique(scopes) or (Scope.ALL,))]
Exemptions = Annotated[tuple[Exemption, ...], Field(max_length=MAX_LIST), AfterValidator(_unique)]


class RequesterRole(StrEnum):
    """Who asks for a directive."""

    SELF = "self"
    AGENT = "agent"
    GUARDIAN = "guardian"
    ESTATE = "estate"
    EMPLOYER = "employer"
    REGULATOR = "regulator"
    COURT = "court"
    STAFF = "staff"


class StatedAliasKind(StrEnum):
    """Where an alias comes from, of those that a person may state."""

    LEGAL = "legal"
    STAGE = "stage"
    NICKNAME = "nickname"
    HANDLE = "handle"
    TRANSLITERATION = "transliteration"
    DESCRIPTOR = "descriptor"
    MISSPELLING = "misspelling"


class AliasIn(Body):
    """Another text that means the person; a plain string is an alias of kind `nickname`.

    A `descriptor` may mean them from `valid_from` (inclusive) until `valid_until` (exclusive) only.
    """

    text: Name
    kind: StatedAliasKind = StatedAliasKind.NICKNAME
    lang: Lang | None = None
    valid_from: Instant | None = None
    valid_until: Instant | None = None

    @model_validator(mode="after")
    def _valid(self) -> Self:
        if problem := validity_problem(AliasKind(self.kind.value), self.valid_from, self.valid_until):
            raise ValueError(problem)
        return self

    @model_validator(mode="before")
    @classmethod
    def _plain_string(cls, value: Any) -> Any:
        return {"text": value} if isinstance(value, str) else value

    def value(self) -> StatedAlias:
        """As the registry takes it."""
        return StatedAlias(self.text, AliasKind(self.kind.value), self.lang, self.valid_from, self.valid_until)


Aliases = Annotated[tuple[AliasIn, ...], Field(max_length=MAX_ALIASES)]
ExternalIds = Annotated[dict[Label, Annotated[Visible, Field(max_length=256)]], Field(max_length=MAX_LIST)]


class SubjectIn(Body):
    """A person to register; only the name is needed."""

    name: Name
    kind: SubjectKind = SubjectKind.PUBLIC_FIGURE
    aliases: Aliases = ()
    external_ids: ExternalIds = {}
    occupations: Names = ()
    born: Day | None = None
    died: Day | None = None
    exclusions: Names = ()

    def value(self) -> SubjectData:
        """As the registry takes it."""
        return SubjectData(
            self.name,
            self.kind,
            tuple(alias.value() for alias in self.aliases),
            self.external_ids,
            self.occupations,
            self.born,
            self.exclusions,
            self.died,
        )


class SubjectPatch(Body):
    """What to change of a subject: a field that is absent stays, a list replaces the list. `exclusions` are texts that do not mean them."""

    name: Name | None = None
    kind: SubjectKind | None = None
    aliases: Aliases | None = None
    external_ids: ExternalIds | None = None
    occupations: Names | None = None
    born: Day | None = None
    died: Day | None = None
    exclusions: Names | None = None

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not self.model_fields_set:
            raise ValueError("names nothing to change")
        for name in self.model_fields_set - {"born", "died"}:
            if getattr(self, name) is None:
                raise ValueError(f"{name} cannot be null; leave it out to keep it as it is")
        return self

    def changes(self) -> Changes:
        """As the registry takes it."""
        stated = SubjectData(
            self.name or "",
            self.kind or SubjectKind.PUBLIC_FIGURE,
            tuple(alias.value() for alias in self.aliases or ()),
            self.external_ids or {},
            self.occupations or (),
            self.born,
            self.exclusions or (),
            self.died,
        )
        return Changes(stated, frozenset(self.model_fields_set))


class RequesterIn(Body):
    """Who asks."""

    role: RequesterRole = RequesterRole.STAFF
    name: Annotated[str, Field(max_length=MAX_NAME)] | None = None
    contact: Annotated[str, Field(max_length=MAX_NAME)] | None = None

    def value(self) -> Requester:
        """As the registry takes it."""
        return Requester(self.role.value, self.name, self.contact)


class EvidenceIn(Body):
    """Where a proof lies and, where it is a file, its digest; the file itself is not sent here."""

    kind: Label = "document"
    ref: Prose = ""
    sha256: Hex256 | None = None

    def value(self) -> Evidence:
        """As the registry takes it."""
        return Evidence(self.kind, self.ref, self.sha256)


class Validity(Body):
    """From when (inclusive) until when (exclusive) something holds; None is open."""

    effective_from: Instant | None = None
    expires_at: Instant | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.effective_from and self.expires_at and self.expires_at <= self.effective_from:
            raise ValueError("expires_at must be later than effective_from")
        return self


class OptOutIn(Validity):
    """`POST /opt-outs`: the one call that protects a person."""

    subject: SubjectIn
    requester: RequesterIn = RequesterIn()
    evidence: Annotated[tuple[EvidenceIn, ...], Field(max_length=MAX_LIST)] = ()
    scopes: Scopes = (Scope.ALL,)
    exemptions: Exemptions = ()
    modalities: Channels = ALL_CHANNELS
    jurisdictions: Jurisdictions = ()

    def value(self) -> OptOut:
        """As the registry takes it."""
        directive = DirectiveData(
            scopes=_texts(self.scopes),
            exemptions=_texts(self.exemptions),
            channels=self.modalities,
            jurisdictions=self.jurisdictions,
            effective_from=self.effective_from,
            expires_at=self.expires_at,
            stated=OPEN & self.model_fields_set,
        )
        return OptOut(self.subject.value(), self.requester.value(), tuple(each.value() for each in self.evidence), directive)


class DirectiveIn(Validity):
    """`POST /subjects/{id}/directives`: one more thing a person decided."""

    effect: Effect = Effect.DENY
    requester: RequesterIn = RequesterIn()
    evidence: Annotated[tuple[EvidenceIn, ...], Field(max_length=MAX_LIST)] = ()
    scopes: Scopes = (Scope.ALL,)
    exemptions: Exemptions = ()
    modalities: Channels = ALL_CHANNELS
    jurisdictions: Jurisdictions = ()
    tenant: TenantName | None = None
    purposes: Words = ()
    endpoints: Labels = ()
    models: Labels = ()
    terms: Labels = ()
    use_description: Prose = ""
    max_uses: Annotated[int, Field(ge=1, le=1_000_000_000, strict=True)] | None = None

    @model_validator(mode="after")
    def _uses_are_counted_for_allows(self) -> Self:
        if self.max_uses is not None and self.effect in {Effect.DENY, Effect.REVIEW}:
            raise ValueError("max_uses belongs to an allow")
        return self

    def value(self) -> DirectiveData:
        """As the registry takes it."""
        return DirectiveData(
            self.effect,
            _texts(self.scopes),
            _texts(self.exemptions),
            self.modalities,
            self.jurisdictions,
            self.tenant,
            self.purposes,
            self.endpoints,
            self.models,
            self.terms,
            self.use_description,
            self.max_uses,
            self.effective_from,
            self.expires_at,
            OPEN & self.model_fields_set,
        )


class GrantIn(Validity):
    """`POST /grants`: a subject allows one tenant something."""

    subject_id: Annotated[str, Field(min_length=1, max_length=128)]
    tenant: TenantName
    purposes: Words = ()
    scopes: Scopes = (Scope.ALL,)
    endpoints: Labels = ()
    models: Labels = ()
    terms: Labels = ()
    use_description: Prose = ""
    max_uses: Annotated[int, Field(ge=1, le=1_000_000_000, strict=True)] | None = None

    def value(self) -> DirectiveData:
        """As the registry takes it: an allow for one tenant, with terms where some are given."""
        return DirectiveData(
            effect=Effect.ALLOW,
            scopes=_texts(self.scopes),
            tenant=self.tenant,
            purposes=self.purposes,
            endpoints=self.endpoints,
            models=self.models,
            terms=self.terms,
            use_description=self.use_description,
            max_uses=self.max_uses,
            effective_from=self.effective_from,
            expires_at=self.expires_at,
        )


class RevokeIn(Body):
    """`POST /directives/{id}/revoke`."""

    reason: Prose = ""


class CaseIn(Body):
    """`POST /cases`: something to look into that is not (yet) an opt-out."""

    subject_id: Annotated[str, Field(min_length=1, max_length=128)] | None = None
    directive_id: Annotated[str, Field(min_length=1, max_length=128)] | None = None
    kind: Word = "opt_out"
    requester: RequesterIn = RequesterIn()
    evidence: Annotated[tuple[EvidenceIn, ...], Field(max_length=MAX_LIST)] = ()
    note: Prose = ""
    due_at: Instant | None = None
    jurisdictions: Jurisdictions = ()

    def value(self) -> CaseData:
        """As the registry takes it."""
        evidence = tuple(each.value() for each in self.evidence)
        return CaseData(
            self.kind, self.subject_id, self.directive_id, self.requester.value(), evidence, self.note, self.due_at, self.jurisdictions
        )


class TransitionIn(Body):
    """`POST /cases/{id}/transition`. `authority`: by what right the requester speaks for another, as the proof that was seen says."""

    to: Word
    reason: Prose = ""
    authority: Authority | None = None


class KnownImageIn(Body):
    """`POST /known-images`: one picture that must not come back, by its perceptual hash (PDQ, 256 bits as hex)."""

    pdq: Hex256
    bank: Word = "registry"
    subject_id: Annotated[str, Field(min_length=1, max_length=128)] | None = None
    reason: Prose = ""


class ScreenIn(Body):
    """`POST /screen`: what to decide about; every field is optional. Text is taken exactly as it is, so that spans count in it."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=False)

    prompt: Annotated[str, Field(max_length=MAX_PROMPT)] | None = None
    texts: Annotated[tuple[Annotated[str, Field(max_length=MAX_PROMPT)], ...], Field(max_length=1_000)] = ()
    images: Annotated[tuple[str, ...], Field(max_length=MAX_PICTURES)] = ()
    tenant: TenantName | None = None
    purpose: Word | None = None
    jurisdiction: Jurisdiction | None = None
    stage: Stage = Stage.INPUT
    policy: Annotated[str, Field(min_length=1, max_length=128)] | None = None


class VerdictIn(Body):
    """`POST /reviews/{id}`: what a person made of a hold."""

    verdict: Literal["match", "false_positive", "approve"]
    note: Prose = ""
    expires_at: Instant | None = None
    exclusion: Annotated[str, Field(max_length=MAX_NAME)] | None = None

    @model_validator(mode="after")
    def _only_of_a_false_positive(self) -> Self:
        if self.exclusion and self.verdict != "false_positive":
            raise ValueError("exclusion goes with the verdict false_positive only")
        return self


class SettleIn(Body):
    """`POST /reviews/{id}/exclusion`: whether the proposed text becomes one of the person's exclusions."""

    subject_id: Annotated[str, Field(min_length=1, max_length=128)]
    accept: bool


class PolicyText(Body):
    """`POST /policies/validate` and `/test`: a policy as YAML. Its white space is kept, since YAML's columns depend on it."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=False)

    yaml: Annotated[str, Field(max_length=1_000_000)]


class PolicyChoice(Body):
    """`POST /policies/test` and `/replay`: a policy by text or by name."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=False)

    yaml: Annotated[str, Field(max_length=1_000_000)] | None = None
    name: Annotated[str, Field(min_length=1, max_length=128)] | None = None

    @model_validator(mode="after")
    def _one_of_two(self) -> Self:
        if (self.yaml is None) == (self.name is None):
            raise ValueError("needs exactly one of yaml and name")
        return self


class ReplayIn(PolicyChoice):
    """`POST /policies/replay`: what a policy would have said to the decisions of a time."""

    after: Instant | None = Field(None, alias="from")
    before: Instant | None = Field(None, alias="to")
    limit: Annotated[int, Field(ge=1, le=100_000)] = 10_000


class RescanIn(Body):
    """`POST /subjects/{id}/rescan`: the time to look at."""

    after: Instant | None = Field(None, alias="from")
    before: Instant | None = Field(None, alias="to")
    limit: Annotated[int, Field(ge=1, le=100_000)] = 10_000


class ActivateIn(Body):
    """`POST /policies/{name}/activate`."""

    mode: Mode = Mode.ENFORCE
    yaml: Annotated[str, Field(max_length=1_000_000)] | None = None


class ExportIn(Body):
    """`POST /exports`; `from` is inclusive, `to` exclusive."""

    format: Format = Format.JSONL
    after: Instant | None = Field(None, alias="from")
    before: Instant | None = Field(None, alias="to")
    tenant: TenantName | None = None
    subject_id: Annotated[str, Field(min_length=1, max_length=128)] | None = None
    outcome: Outcome | None = None
    stage: Stage | None = None
    redaction: Redaction = Redaction.NONE
    consistent_with: Annotated[
        tuple[Annotated[int, Field(ge=0, strict=True)] | Annotated[str, Field(max_length=4_000)], ...], Field(max_length=16)
    ] = ()

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.after and self.before and self.before < self.after:
            raise ValueError("to must not be earlier than from")
        return self

    def value(self) -> ExportRequest:
        """As the record takes it."""
        return ExportRequest.parse(
            {
                "format": self.format.value,
                "redaction": self.redaction.value,
                "from": self.after,
                "to": self.before,
                "tenant": self.tenant,
                "subject_id": self.subject_id,
                "outcome": self.outcome.value if self.outcome else None,
                "stage": self.stage.value if self.stage else None,
                "consistent_with": list(self.consistent_with),
            }
        )


class KeyIn(Body):
    """`POST /keys`. A caller's key needs the tenant it stands for."""

    role: KeyRole
    tenant: TenantName | None = None
    name: Annotated[str, Field(max_length=MAX_NAME)] = ""

    @model_validator(mode="after")
    def _callers_have_a_tenant(self) -> Self:
        if self.role is KeyRole.CALLER and self.tenant is None:
            raise ValueError("a caller key needs a tenant")
        return self
