"""The pages at `/admin/v1/docs`, rendered here from the OpenAPI document: no script, nothing fetched from elsewhere."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
from fastapi import APIRouter
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from api.auth import STAFF
from api.problems import KINDS, TYPE_PREFIX
from guard.types import KeyRole

HERE = Path(__file__).parent
PAGE_HEADERS = {
    "content-security-policy": "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
}
_pages = Environment(
    loader=FileSystemLoader(HERE / "templates"), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
)

_CODE = re.compile(r"`([^`]*)`")


_pages.filters["pieces"] = _CODE.split  # text and code in turn
router = APIRouter(prefix="/admin/v1")


@dataclass(frozen=True, slots=True)
class Field:
    """One member of a body, or one parameter, as a line of a table."""

    name: str
    kind: str
    required: bool
    text: str
    depth: int = 0


@dataclass(frozen=True, slots=True)
class Operation:
    """One call as the page shows it."""

    id: str
    method: str
    path: str
    tag: str
    summary: str
    text: str
    roles: tuple[str, ...]
    parameters: tuple[Field, ...]
    body: tuple[Field, ...]
    answers: tuple[tuple[str, str], ...]


@router.get("/docs", include_in_schema=False)
async def docs_page(request: Request) -> Response:
    """Every call, from the OpenAPI document that this process serves."""
    document = request.app.openapi()
    groups: dict[str, list[Operation]] = {}
    for operation in operations(document):
        groups.setdefault(operation.tag, []).append(operation)
    page = _pages.get_template("docs.html").render(
        title=document["info"]["title"],
        version=document["info"]["version"],
        groups=groups,
        roles=[role.value for role in KeyRole if role in STAFF],
        problems=[(TYPE_PREFIX + kind.name, kind.status, kind.title) for kind in sorted(KINDS, key=lambda k: (k.status, k.name))],
    )
    return HTMLResponse(page, headers=PAGE_HEADERS)


@router.get("/docs/style.css", include_in_schema=False)
async def docs_style() -> Response:
    """The one style sheet of the page."""
    return Response((HERE / "templates" / "docs.css").read_bytes(), media_type="text/css", headers={"cache-control": "max-age=3600"})


def operations(document: Mapping[str, Any]) -> Iterator[Operation]:
    """Every operation of an OpenAPI 3.1 document, in its order."""
    for path, methods in document["paths"].items():
        for method, raw in methods.items():
            yield Operation(
                id=raw["operationId"],
                method=method.upper(),
                path=path,
                tag=(raw.get("tags") or ["other"])[0],
                summary=raw.get("summary", ""),
                text=raw.get("description", ""),
                roles=tuple(raw.get("x-roles", ())),
                parameters=tuple(_parameter(each, document) for each in raw.get("parameters", ())),
                body=tuple(_body(raw.get("requestBody"), document)),
                answers=tuple((status, answer.get("description", "")) for status, answer in raw.get("responses", {}).items()),
            )


def _parameter(raw: Mapping[str, Any], document: Mapping[str, Any]) -> Field:
    return Field(
        raw["name"], f"{raw['in']}, {_kind(raw.get('schema', {}), document)}", raw.get("required", False), raw.get("description", "")
    )


def _body(raw: Mapping[str, Any] | None, document: Mapping[str, Any]) -> Iterator[Field]:
    for kind, content in (raw or {}).get("content", {}).items():
        if kind != "application/json":
            yield Field("", kind, required=True, text=content.get("schema", {}).get("description", ""))
        yield from _members(content.get("schema", {}), document, 0)


def _members(schema: Mapping[str, Any], document: Mapping[str, Any], depth: int) -> Iterator[Field]:
    resolved = _resolve(schema, document)
    required = set(resolved.get("required", ()))
    for name, member in resolved.get("properties", {}).items():
        yield Field(name, _kind(member, document), name in required, _default(member), depth)
        for inner in _objects(member, document):
            if depth < 3:
                yield from _members(inner, document, depth + 1)


def _objects(schema: Mapping[str, Any], document: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    resolved = _resolve(schema, document)
    if "properties" in resolved:
        yield resolved
    for inner in (resolved.get("items"), *resolved.get("anyOf", ())):
        if isinstance(inner, Mapping):
            yield from _objects(inner, document)


def _default(schema: Mapping[str, Any]) -> str:
    if "default" not in schema or schema["default"] in (None, "", [], {}):
        return ""
    return "default " + orjson.dumps(schema["default"]).decode()


def _kind(schema: Mapping[str, Any], document: Mapping[str, Any]) -> str:
    """A schema in a few words: `string`, `one of a | b`, `list of string`."""
    resolved = _resolve(schema, document)
    if "enum" in resolved:
        return " | ".join(str(value) for value in resolved["enum"])
    if "const" in resolved:
        return str(resolved["const"])
    if "anyOf" in resolved:
        return " or ".join(dict.fromkeys(_kind(inner, document) for inner in resolved["anyOf"]))
    kind = resolved.get("type", "any")
    if kind == "array":
        return f"list of {_kind(resolved.get('items', {}), document)}"
    return str(resolved.get("format") or kind)


def _resolve(schema: Mapping[str, Any], document: Mapping[str, Any]) -> Mapping[str, Any]:
    while "$ref" in schema:
        target: Any = document
        for part in schema["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        schema = target
    return schema
