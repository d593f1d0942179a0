"""A multipart request read by a form: which parts are pictures, which are fields, and what becomes of every other."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

from guard.errors import UnscreenableError
from guard.extract import multipart_strict
from guard.extract.base import Generation, Limits, ReadRequest, Target
from guard.extract.fields import MIME, Reader, Reading, model, number, unknown
from guard.extract.json_body import whole
from guard.extract.multipart_strict import Part

_NUMBER = re.compile(r"-?\d{1,10}(\.\d{1,10})?|[Tt]rue|[Ff]alse|")
_PLACEHOLDER = "none"

ReadFile = Callable[[Part, Mapping[str, str], Reading], Part]
"""Reads a file part in the light of the form's fields; gives the part to forward."""


@dataclass(frozen=True, slots=True)
class Form:
    """What a multipart request may hold.

    `files` says how often each file part may come (a name with `[]` is a list), `settings` reads the fields, `required` names
    what must be there (a list counts). A field nobody listed is treated by rule R2, a file nobody listed is refused.
    `contents` reads files that are more than pictures.
    """

    files: Mapping[str, int]
    settings: Mapping[str, Reader]
    required: tuple[str, ...] = ()
    contents: ReadFile | None = None


def reads_form(form: Form) -> ReadRequest:
    """A route's `read` for a form."""

    def read(target: Target, body: bytes, limits: Limits) -> Generation:
        return form_generation(target, body, limits, form)

    return read


def form_generation(target: Target, body: bytes, limits: Limits, form: Form, *, fetched: Mapping[str, bytes] | None = None) -> Generation:
    """A multipart request as it was read; it is written anew with the types that the bytes have.

    `fetched` has pictures by the places where the form has their URLs.
    """
    reading = Reading(limits, fetched=fetched or {})
    parts: list[Part] = []
    values: dict[str, str] = {}
    counts: dict[str, int] = {}
    files: list[int] = []
    if "model" in target.params:
        model(target.params["model"], "model", reading)
    for part in multipart_strict.parse(body, target.content_type):
        if part.name == _PLACEHOLDER and not part.content:  # what clients send to make a form of fields alone
            continue
        counts[part.name] = count = counts.get(part.name, 0) + 1
        if part.name in form.files and form.contents is not None:
            files.append(len(parts))
            parts.append(_named(part, count, form.files[part.name], part.name, reading))
        elif part.name in form.files:
            parts.append(_picture(part, count, form.files[part.name], reading))
        else:
            values[part.name] = _field(part, count, form, reading)
            parts.append(Part(part.name, None, None, values[part.name].encode()))
    for name in form.files:
        if name in counts and f"{name}[]" in counts:
            raise UnscreenableError(f"{name} and {name}[] are both given; use one of them.", name)
    for name in form.required:
        if name not in counts and f"{name}[]" not in counts:
            raise UnscreenableError(f"{name} is missing.", name)
    for index in files:
        parts[index] = form.contents(parts[index], values, reading) if form.contents is not None else parts[index]
    return Generation(
        route=target.route,
        model=values.get("model", target.params.get("model")),
        texts=tuple(reading.texts),
        pictures=tuple(reading.pictures),
        stream=_true(values.get("stream", "false")),
        n=int(values["n"]) if values.get("n", "").isdecimal() and len(values["n"]) < 6 else 1,
        rebuild=lambda: multipart_strict.dump(whole(parts, reading)),
        fields=lambda: sorted([*values.items(), *((parts[index].name, sha256(parts[index].content).hexdigest()) for index in files)]),
        stored=tuple(reading.stored),
        remote=tuple(reading.remote),
        inline=(lambda pictures: form_generation(target, body, limits, form, fetched=pictures)) if reading.remote else None,
        amend=lambda changes: multipart_strict.dump(_amended(whole(parts, reading), changes)),
    )


def _amended(parts: Sequence[Part], changes: Mapping[str, str | None]) -> list[Part]:
    kept = [part for part in parts if part.name not in changes]
    return kept + [Part(name, None, None, text.encode()) for name, text in changes.items() if text is not None]


def _picture(part: Part, count: int, most: int, reading: Reading) -> Part:
    where = f"{part.name.removesuffix('[]')}[{count - 1}]" if most > 1 else part.name
    return picture_file(_named(part, count, most, where, reading), where, reading)


def _named(part: Part, count: int, most: int, where: str, reading: Reading) -> Part:
    if count > most:
        raise UnscreenableError(f"The part {part.name} comes more than {most} times.", part.name)
    if part.filename is None:
        raise UnscreenableError(f"The part {part.name} must be a file with a file name.", where)
    reading.text(f"{where}.filename", part.filename)
    return part


def picture_file(part: Part, where: str, reading: Reading) -> Part:
    """A file part that is a picture, with the type that its bytes have."""
    picture = reading.picture(where, bytes(part.content))
    return Part(part.name, part.filename, MIME[picture.format], picture.data)


def _field(part: Part, count: int, form: Form, reading: Reading) -> str:
    if part.filename is not None:
        raise UnscreenableError(f"The part {part.name} must not be a file.", part.name)
    if count > 1:
        raise UnscreenableError(f"The field {part.name} is given more than once.", part.name)
    listed = part.name in form.settings
    if not listed and (part.name.strip() != part.name or not part.name.isprintable() or "[" in part.name or "]" in part.name):
        raise UnscreenableError(f"The field name {part.name[:64]!r} may be read in more than one way.", part.name)
    value = part.text()
    reader = form.settings.get(part.name)
    if reader is None:
        reading.text(part.name, part.name)
        unknown(value, part.name, reading)
    elif reader is not number:
        return str(reader(value, part.name, reading))
    elif not _NUMBER.fullmatch(value):
        reading.text(part.name, value)
    return value


def _true(value: str) -> bool:
    if value in ("true", "false", "True", "False", ""):
        return value.lower() == "true"
    raise UnscreenableError("stream must be true or false.", "stream")
