"""Every call that the installed official client of OpenAI can make, and what becomes of it: docs/reference/openai-client.md.

The calls are read out of the client's own source, so that a newer client's call is missing here until somebody has looked at it.
"""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import openai

from guard.extract.coverage import summary
from guard.extract.dialects import DIALECTS

_METHODS = {"_get": "GET", "_post": "POST", "_put": "PUT", "_patch": "PATCH", "_delete": "DELETE", "_get_api_list": "GET"}
_PARAMETER = re.compile(r"\{\w+\}")
UNKNOWN = "**unknown**"


@dataclass(frozen=True, slots=True, order=True)
class Call:
    """One call: its name as a user of the client writes it, and what it sends; the path has `{}` for each parameter."""

    name: str
    method: str
    path: str


def calls() -> list[Call]:
    """All calls of the client, sorted."""
    root = Path(openai.__file__).parent / "resources"
    return sorted({call for file in root.rglob("*.py") for call in _calls_in(file, root)})


def _calls_in(file: Path, root: Path) -> Iterator[Call]:
    parts = file.relative_to(root).with_suffix("").parts
    room = ".".join(part for place, part in enumerate(parts) if part != "__init__" and part not in parts[:place])
    for kind in ast.parse(file.read_text(encoding="utf-8")).body:
        if isinstance(kind, ast.ClassDef) and not kind.name.startswith("Async"):
            for function in kind.body:
                if isinstance(function, ast.FunctionDef):
                    yield from (Call(f"{room}.{function.name}", *sent) for sent in _sent(function))


def _sent(function: ast.FunctionDef) -> Iterator[tuple[str, str]]:
    """Method and path of every request that a function of the client makes."""
    for node in ast.walk(function):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _METHODS and node.args:
            for path in _paths(node.args[0]):
                given = [word.value.value for word in node.keywords if word.arg == "method" and isinstance(word.value, ast.Constant)]
                yield str(given[0]).upper() if given else _METHODS[node.func.attr], _PARAMETER.sub("{}", path).partition("?")[0]


def _paths(node: ast.expr) -> Iterator[str]:
    """The path in an argument, or in each branch of one."""
    match node:
        case ast.Constant(value=str() as path):
            yield path
        case ast.Call(args=[ast.Constant(value=str() as path), *_]):
            yield path
        case ast.IfExp(body=one, orelse=other):
            yield from _paths(one)
            yield from _paths(other)
        case _:
            raise ValueError(f"a path of the client is written in a way that is not understood: {ast.unparse(node)}")


def fate(call: Call) -> str:
    """What becomes of a call; `UNKNOWN` where nobody has thought of it."""
    dialect = DIALECTS["openai"]
    for route in dialect.routes:
        if (route.method, _PARAMETER.sub("{}", route.path)) == (call.method, call.path):
            return summary(route)
    reason = dialect.families.get(call.path.split("/")[1])
    return f"refused: {reason}" if reason else UNKNOWN


def page() -> str:
    """The reference page, in Markdown."""
    lines = [
        "# The official client, call by call",
        "",
        f"Made from the source of `openai` {version('openai')} by `make docs`; do not edit. What is refused is answered 404 with",
        "`unscreenable_request` and the reason. What is screened in each call is in [the routes](routes.md). Whatever the client opens as a",
        "WebSocket (`connect`) is refused with 426.",
        "",
    ]
    rooms: dict[str, list[Call]] = defaultdict(list)
    for call in calls():
        rooms[call.name.partition(".")[0]].append(call)
    for room, known in rooms.items():
        fates = {fate(call) for call in known}
        lines += [f"## {room}", ""]
        if len(fates) == 1 and len(known) > 1:
            lines += [f"All {len(known)} calls: {fates.pop()}", "", ", ".join(f"`{call.name}`" for call in known), ""]
        else:
            lines += ["| call | sends | what becomes of it |", "|---|---|---|"]
            lines += [f"| `{call.name}` | `{call.method} {call.path}` | {fate(call)} |" for call in known]
            lines.append("")
    return "\n".join(lines)
