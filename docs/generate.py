"""Writes the reference pages that follow from the code: `make docs`. A test fails when a page is not what this gives."""

import inspect
from pathlib import Path
from typing import Any

from pydantic import AliasChoices, SecretStr
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined
from typer.main import get_command

from guard import errors
from guard.cli import app as cli
from guard.evaluate import client_calls
from guard.settings import Settings

DOCS = Path(__file__).parent


def settings_page() -> str:
    """One heading a setting: what it does, its kind and its default."""
    lines = [
        "# Settings",
        "",
        "Every setting is an environment variable, or a line of a `.env` file in the working directory. The environment wins.",
        "This page is made from `guard/settings.py` by `make docs`.",
    ]
    for name, field in Settings.model_fields.items():
        names = _variables(name, field)
        lines += ["", f"## {names[0]}", "", str(field.description)]
        lines += ["", f"Kind: {_kind(field)}. Default: {_default(field)}."]
        if names[1:]:
            lines[-1] += f" Also read from: {', '.join(f'`{other}`' for other in names[1:])}."
    return "\n".join(lines) + "\n"


def _variables(name: str, field: FieldInfo) -> list[str]:
    if isinstance(field.validation_alias, AliasChoices):
        return [str(choice) for choice in field.validation_alias.choices]
    return [f"GUARD_{name.upper()}"]


def _kind(field: FieldInfo) -> str:
    kind = field.annotation
    text = kind.__name__ if isinstance(kind, type) else str(kind).replace("pathlib.", "").replace("pydantic.types.", "")
    members = getattr(kind, "__members__", None)
    if members:
        return " or ".join(f"`{member.value}`" for member in members.values())
    bounds = [
        f"{word} {getattr(item, key)}" for item in field.metadata for key, word in _BOUNDS.items() if getattr(item, key, None) is not None
    ]
    words = {"str": "text", "int": "whole number", "float": "number", "bool": "true or false", "Path": "path", "SecretStr": "secret text"}
    readable = " or ".join(words.get(part, part) for part in text.split(" | ") if part != "None")
    return ", ".join([readable, *bounds])


_BOUNDS = {"ge": "at least", "gt": "above", "le": "at most", "lt": "below"}


def _default(field: FieldInfo) -> str:
    value = field.default
    if value is PydanticUndefined or value is None or value == "" or isinstance(value, SecretStr):
        return "not set"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    return f"`./{value}`" if isinstance(value, Path) and not value.is_absolute() else f"`{value}`"


def errors_page() -> str:
    """One heading an error of `guard.errors`, in the order of the tree."""
    lines = [
        "# Errors inside the guard",
        "",
        "What the code raises on purpose, and what becomes of it. What a caller sees is in [answers](answers.md).",
        "This page is made from `guard/errors.py` by `make docs`.",
    ]
    kinds = [kind for _, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, errors.GuardError)]
    for kind in sorted(kinds, key=lambda kind: inspect.getsourcelines(kind)[1]):
        parent = kind.__mro__[1].__name__
        said = inspect.cleandoc(kind.__doc__ or "").split("\n\n")[0].replace("\n", " ")
        lines += ["", f"## {kind.__name__}", "", said]
        if parent != "Exception":
            lines += ["", f"Kind of: [{parent}](#{parent.lower()})."]
    return "\n".join(lines) + "\n"


def command_line_page() -> str:
    """One heading a command, with its arguments and options."""
    lines = [
        "# The command line",
        "",
        "`guard` is one command with many parts. Exit status: 0 good, 1 the answer is no, 2 wrong usage, 3 it could not be done.",
        "This page is made from `guard/cli` by `make docs`.",
        *_command("guard", get_command(cli)),
    ]
    return "\n".join(lines) + "\n"


def _command(name: str, command: Any) -> list[str]:
    below = getattr(command, "commands", {})
    if below:
        return [line for part in sorted(below) for line in _command(f"{name} {part}", below[part])]
    lines = ["", f"## {name}", "", inspect.cleandoc(command.help or "")]
    rows = [
        f"| `{_spelling(parameter)}` | {(parameter.help or '').replace('|', '/')} |"
        for parameter in command.params
        if parameter.name != "help"
    ]
    return [*lines, "", "| | |", "|---|---|", *rows] if rows else lines


def _spelling(parameter: Any) -> str:
    if parameter.param_type_name == "argument":
        return (parameter.metavar or parameter.name or "").upper()
    return ", ".join(sorted([*parameter.opts, *parameter.secondary_opts], key=len))


KINDS = {
    "tutorial": "Learn",
    "how-to": "Do",
    "reference": "Look up",
    "explanation": "Understand",
    "adr": "Decisions that are costly to undo, each with its reasons and its price",
}


def index_page() -> str:
    """Every page by its kind, under its own title."""
    lines = ["# Likeness Guard: all pages", "", "Where to start: the [readme](../README.md). This page is made by `make docs`."]
    for directory, heading in KINDS.items():
        pages = sorted((DOCS / directory).glob("*.md"))
        lines += ["", f"## {heading}", "", *(f"- [{_title(page)}]({directory}/{page.name})" for page in pages)]
    return "\n".join(lines) + "\n"


def _title(page: Path) -> str:
    return page.read_text(encoding="utf-8").partition("\n")[0].removeprefix("# ")


PAGES = {
    "reference/settings.md": settings_page,
    "reference/errors.md": errors_page,
    "reference/command-line.md": command_line_page,
    "reference/openai-client.md": client_calls.page,
    "index.md": index_page,
}

if __name__ == "__main__":
    for path, write in PAGES.items():
        (DOCS / path).write_text(write(), encoding="utf-8")
