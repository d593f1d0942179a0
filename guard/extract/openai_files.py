"""OpenAI's /files: pictures, plain text and batches go up screened; what comes down is screened again; everybody has their own.

What is neither a picture nor text that reads the same to everybody (PDF, Word, archives) is refused, and so are purposes by
which a model learns people. Facts: types of `openai` 3.54.
"""

import re
from collections.abc import Mapping
from dataclasses import replace

from guard.errors import UnscreenableError
from guard.extract import fields
from guard.extract.base import MULTIPART_TYPE, Answer, Generation, Kind, Limits, Route, Target
from guard.extract.containers import sniff
from guard.extract.fields import Reading, anything, known, number, obj, stored, text
from guard.extract.form_body import Form, form_generation, picture_file
from guard.extract.json_body import answer_of
from guard.extract.json_strict import Json, dump, parse
from guard.extract.kept import LIST_QUERY, answer_list, answers_one, read_list, reads_own
from guard.extract.multipart_strict import Part
from guard.extract.openai_lines import answered_lines, asked_lines

BATCH = "batch"
_PURPOSES = (BATCH, "vision", "user_data", "assistants")
_TEXT_NAME = re.compile(r".*\.(txt|md|csv|tsv|json|jsonl)", re.IGNORECASE | re.DOTALL)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_MARKED_UP = re.compile(r"\s*(<|%PDF|%!PS|\{\\rtf)")
"""Formats that are text and say something else than they show: HTML, SVG, PDF, PostScript, RTF."""

_MEDIA_TYPE = re.compile(r"[a-z0-9]+/[a-z0-9.+-]+")


def _purpose(value: Json, where: str, reading: Reading) -> Json:
    if value not in _PURPOSES:
        raise UnscreenableError(f"Files are kept for these purposes only: {', '.join(_PURPOSES)}.", where)
    return value


fields.described(_purpose, kind="text unless one of the provider's own words")
_SETTINGS = {"purpose": _purpose, "expires_after[anchor]": known("created_at"), "expires_after[seconds]": number}
_UPLOAD = obj({"file": fields.base64_picture, **_SETTINGS})


def read_upload(target: Target, body: bytes, limits: Limits) -> Generation:
    """POST /files: the file is read as what it is, whatever name, type and purpose say; a batch as the requests that it holds."""
    lines: list[Generation] = []

    def content(part: Part, values: Mapping[str, str], reading: Reading) -> Part:
        if values["purpose"] == BATCH:
            asked = asked_lines(target, bytes(part.content), reading)
            lines.extend(asked.generations)
            return Part(part.name, part.filename, "application/jsonl", asked.written)
        if sniff(bytes(part.content[:64])):
            return picture_file(part, part.name, reading)
        return Part(part.name, part.filename, "text/plain", _plain(part, reading))

    form = Form({"file": 1}, _SETTINGS, ("file", "purpose"), content)
    generation = form_generation(target, body, limits, form)
    return replace(generation, lines=tuple(lines), serves=BATCH if lines else "", amend=None)


def _plain(part: Part, reading: Reading) -> bytes:
    """The bytes of a text file, all of whose words were read; JSON is written anew from what was read."""
    name = part.filename or ""
    if not _TEXT_NAME.fullmatch(name):
        raise UnscreenableError("Only pictures and plain text (.txt .md .csv .tsv .json .jsonl) can be screened as files.", part.name)
    written = part.text()
    if _CONTROL.search(written) or _MARKED_UP.match(written) or written.startswith("\ufeff"):
        raise UnscreenableError("The file is not the plain text that its name says.", part.name)
    if not name.lower().endswith((".json", ".jsonl")):
        anything(written, "file.content", reading)
        return written.encode()
    places = (
        [(f"file.line[{n}]", line) for n, line in enumerate(written.split("\n"), 1)] if name.lower().endswith("l") else [("file", written)]
    )
    trees = [(where, parse(line.encode(), where)) for where, line in places if line.strip()]
    for where, tree in trees:
        anything(tree, where, reading)
    return b"\n".join(dump(tree) for _, tree in trees)


FILE = obj(
    {
        "id": stored,
        "filename": text,
        **dict.fromkeys(("object", "bytes", "created_at", "expires_at", "purpose", "status"), fields.ignored),
    },
    other=fields.unknown_in_answer,
)
_FILE_AGAIN = obj({"id": fields.ignored, "filename": text}, other=fields.unknown_in_answer)


def answer_content(status: int, content_type: str, body: bytes, limits: Limits) -> Answer:
    """The content of a file: a picture, the answers of a batch, or text; anything else cannot be looked at."""
    if status >= 400:
        return answers_one(_FILE_AGAIN)(status, content_type, body, limits)
    reading = Reading(replace(limits, ledger=True), answer=True)
    bare = content_type.partition(";")[0].strip().lower()
    if sniff(body[:64]):
        reading.picture("content", body)
    elif body[:1] == b"{":
        answered_lines(body, reading)
    else:
        try:
            anything(body.decode(), "content", reading)
        except UnicodeDecodeError as error:
            raise UnscreenableError("This file is neither a picture nor text, and cannot be looked at.") from error
    return replace(answer_of(body, reading), content_type=bare if _MEDIA_TYPE.fullmatch(bare) else "application/octet-stream")


_ID = {"file_id": r"[A-Za-z0-9_-]{1,128}"}
ROUTES = (
    Route("files.create", "POST", "/files", content_types=(MULTIPART_TYPE,), read=read_upload, answer=answers_one(FILE), shape=_UPLOAD, issues=True, notes="Pictures, plain text and batches; anything else is refused."),
    Route("files.list", "GET", "/files", Kind.LIST, query=LIST_QUERY | {"purpose"}, read=read_list, answer=answer_list),
    Route("files.retrieve", "GET", "/files/{file_id}", params=_ID, read=reads_own("file_id"), answer=answers_one(_FILE_AGAIN)),
    Route("files.content", "GET", "/files/{file_id}/content", params=_ID, read=reads_own("file_id"), answer=answer_content),
    Route("files.delete", "DELETE", "/files/{file_id}", Kind.PASS, params=_ID, read=reads_own("file_id")),
)  # fmt: skip
