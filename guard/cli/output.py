"""How commands speak: tables and colours to people, JSON to programs, complaints on standard error."""

import sys
from collections.abc import Sequence
from typing import Annotated, Any, NoReturn

import orjson
import typer
from rich.console import Console
from rich.table import Table

EXIT_NO = 1
EXIT_FAILED = 3

Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]


def complain(message: str) -> None:
    """One message on standard error."""
    Console(stderr=True, highlight=False).print(f"[bold red]guard:[/] {message}", soft_wrap=True, markup=True)


def fail(message: str) -> NoReturn:
    """Complain and end with status 3."""
    complain(message)
    raise typer.Exit(EXIT_FAILED)


def show_json(value: Any) -> None:
    """Indented JSON on standard output."""
    sys.stdout.buffer.write(orjson.dumps(value, default=str, option=orjson.OPT_INDENT_2) + b"\n")
    sys.stdout.buffer.flush()


def show_table(title: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """A table for people."""
    table = Table(title=title, title_justify="left")
    for column in columns:
        table.add_column(column)
    for row in rows:
        table.add_row(*("" if cell is None else str(cell) for cell in row))
    Console().print(table)
