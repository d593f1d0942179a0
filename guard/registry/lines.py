"""Reading the lines of an import: JSON Lines (each the body of `POST /opt-outs`) or CSV. A line that cannot be read says why."""

import csv
import io
from collections.abc import Iterator, Mapping
from typing import Annotated, Any

import orjson
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from guard.faults import in_words
from guard.jurisdictions import stated as place_stated
from guard.registry.dates import Day, Instant
from guard.registry.values import OPEN, DirectiveData, Evidence, ImportLine, OptOut, Requester, StatedAlias, SubjectData, validity_problem
from guard.types import AliasKind, Channel, Effect, SubjectKind

SCOPES = frozenset(
    [
        "all",
        "likeness",
        "photorealistic",
        "stylised",
        "sexual",
        "political",
        "commercial",
        "deception",
        "style",
        "text_mention",
        "voice_or_video",
    ]
)
EXEMPTIONS = frozenset(["parody", "news", "education", "documentary"])
ROLES = frozenset(["self", "agent", "guardian", "estate", "employer", "regulator", "court", "staff"])
STATED_KINDS = frozenset(AliasKind) - {AliasKind.GENERATED}
LIST_SEPARATOR = "|"

_LISTS = {"aliases", "occupations"}
_DIRECTIVE_LISTS = {"scopes", "exemptions", "modalities", "jurisdictions"}


def _one_of(words: frozenset[str]) -> AfterValidator:
    def check(value: str) -> str:
        if value not in words:
            raise ValueError(f"{value!r} is none of {', '.join(sorted(words))}")
        return value

    return AfterValidator(check)


_Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300)]


class _Line(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Alias(_Line):
    text: _Name
    kind: Annotated[AliasKind, AfterValidator(lambda kind: _stated(kind))] = AliasKind.NICKNAME
    lang: str | None = None
    valid_from: Instant | None = None
    valid_until: Instant | None = None

    @model_validator(mode="after")
    def _valid(self) -> "_Alias":
        if problem := validity_problem(self.kind, self.valid_from, self.valid_until):
            raise ValueError(problem)
        return self

    @model_validator(mode="before")
    @classmethod
    def _plain_string(cls, value: Any) -> Any:
        return {"text": value} if isinstance(value, str) else value


class _Subject(_Line):
    name: _Name
    kind: SubjectKind = SubjectKind.PUBLIC_FIGURE
    aliases: Annotated[tuple[_Alias, ...], Field(max_length=500)] = ()
    external_ids: dict[_Name, _Name] = {}
    occupations: tuple[_Name, ...] = ()
    born: Day | None = None
    died: Day | None = None


class _Requester(_Line):
    role: Annotated[str, _one_of(ROLES)] = "staff"
    name: str | None = None
    contact: str | None = None


class _Evidence(_Line):
    kind: str = "document"
    ref: str = ""
    sha256: Annotated[str, StringConstraints(pattern=r"^[0-9a-fA-F]{64}$", to_lower=True)] | None = None


class _Body(_Line):
    subject: _Subject
    requester: _Requester = _Requester()
    evidence: tuple[_Evidence, ...] = ()
    scopes: tuple[Annotated[str, _one_of(SCOPES)], ...] = ("all",)
    exemptions: tuple[Annotated[str, _one_of(EXEMPTIONS)], ...] = ()
    modalities: tuple[Channel, ...] = tuple(Channel)
    jurisdictions: tuple[Annotated[str, AfterValidator(place_stated)], ...] = ()
    effective_from: Instant | None = None
    expires_at: Instant | None = None

    @model_validator(mode="after")
    def _in_order(self) -> "_Body":
        if self.effective_from and self.expires_at and self.expires_at <= self.effective_from:
            raise ValueError("expires_at must be later than effective_from")
        return self


def _stated(kind: AliasKind) -> AliasKind:
    if kind not in STATED_KINDS:
        raise ValueError("generated aliases are made by the guard")
    return kind


def parse_body(body: Any) -> OptOut:
    """The opt-out that a parsed JSON body says. Raises ValueError with every reason, one after the other."""
    try:
        line = _Body.model_validate(body)
    except ValidationError as exc:
        raise ValueError("; ".join(f"{'.'.join(map(str, e['loc'])) or 'line'}: {in_words(e)}" for e in exc.errors())) from exc
    subject = line.subject
    return OptOut(
        SubjectData(
            subject.name,
            subject.kind,
            tuple(StatedAlias(a.text, a.kind, a.lang, a.valid_from, a.valid_until) for a in subject.aliases),
            subject.external_ids,
            subject.occupations,
            subject.born,
            died=subject.died,
        ),
        Requester(line.requester.role, line.requester.name, line.requester.contact),
        tuple(Evidence(e.kind, e.ref, e.sha256) for e in line.evidence),
        DirectiveData(
            Effect.DENY,
            line.scopes or ("all",),
            line.exemptions,
            line.modalities or tuple(Channel),
            line.jurisdictions,
            effective_from=line.effective_from,
            expires_at=line.expires_at,
            stated=OPEN & line.model_fields_set,
        ),
    )


def read_lines(content: bytes, *, csv_format: bool = False) -> Iterator[ImportLine]:
    """The lines of an import, empty ones left out."""
    bodies = _csv_bodies(content) if csv_format else _json_bodies(content)
    for number, body in bodies:
        if isinstance(body, ValueError):
            yield ImportLine(number, reason=str(body))
            continue
        try:
            opt_out = parse_body(body)
        except ValueError as exc:
            yield ImportLine(number, name=_name_in(body), reason=str(exc))
        else:
            yield ImportLine(number, opt_out, opt_out.subject.name)


def _json_bodies(content: bytes) -> Iterator[tuple[int, Any]]:
    for number, line in enumerate(content.removeprefix(b"\xef\xbb\xbf").split(b"\n"), 1):
        if line.strip():
            try:
                yield number, orjson.loads(line)
            except orjson.JSONDecodeError as exc:
                yield number, ValueError(f"is not JSON: {exc}")


def _csv_bodies(content: bytes) -> Iterator[tuple[int, Any]]:
    """CSV with a header: the fields of the body by name, `external_ids.wikidata` and the like with a dot, lists separated by `|`."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        yield 1, ValueError(f"is not UTF-8: {exc.reason} at byte {exc.start}")
        return
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    try:
        for row in reader:
            if None in row or None in row.values():
                yield reader.line_num, ValueError(f"has another number of columns than the header ({len(reader.fieldnames or ())})")
            elif any(value.strip() for value in row.values()):
                yield reader.line_num, _body_of(row)
    except csv.Error as exc:
        yield reader.line_num, ValueError(f"is not CSV: {exc}")


def _body_of(row: Mapping[str, str]) -> dict[str, Any]:
    body: dict[str, Any] = {"subject": {}}
    for column, cell in row.items():
        if not (value := cell.strip()):
            continue
        head, _, tail = column.strip().removeprefix("subject.").partition(".")
        listed: Any = [part for part in (p.strip() for p in value.split(LIST_SEPARATOR)) if part]
        if head in {"requester", "external_ids"} and tail:
            holder = body if head == "requester" else body["subject"]
            holder.setdefault(head, {})[tail] = value
        elif head in _DIRECTIVE_LISTS:
            body[head] = listed
        elif head in {"effective_from", "expires_at"}:
            body[head] = value
        elif head == "role":
            body.setdefault("requester", {})["role"] = value
        else:
            body["subject"][column.strip().removeprefix("subject.")] = listed if head in _LISTS else value
    return body


def _name_in(body: Any) -> str | None:
    subject = body.get("subject") if isinstance(body, dict) else None
    name = subject.get("name") if isinstance(subject, dict) else None
    return name if isinstance(name, str) else None
