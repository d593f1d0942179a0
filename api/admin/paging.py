"""Cursor-paged lists (CONTRACT: `?limit=&cursor=` gives `{"items":[...],"next_cursor":null}`)."""

import base64
import binascii
from collections.abc import Callable, Sequence
from typing import Annotated, TypeVar

from anyio import to_thread
from fastapi import Query

from guard.errors import FieldError, InvalidInputError
from guard.registry.values import Page

ItemT = TypeVar("ItemT")

Limit = Annotated[int, Query(ge=1, le=1_000, description="How many items at most.")]
Cursor = Annotated[str | None, Query(min_length=1, max_length=512, description="`next_cursor` of the page before.")]


def encode(position: str | None) -> str | None:
    """A list's own position as the opaque text that callers get."""
    return None if position is None else base64.urlsafe_b64encode(position.encode()).decode().rstrip("=")


def decode(cursor: str | None) -> str | None:
    """What `encode` made; anything else is refused as invalid input."""
    if cursor is None:
        return None
    try:
        return base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode()
    except (binascii.Error, UnicodeDecodeError, ValueError) as error:
        raise _foreign() from error


async def page_of(look: Callable[[int, str | None], Page[ItemT]], limit: int, cursor: str | None) -> Page[ItemT]:
    """A page of a list that keeps its own positions, looked up in a thread."""
    position = decode(cursor)
    try:
        page = await to_thread.run_sync(look, limit, position)
    except (ValueError, InvalidInputError) as error:  # the list's own word for a position that is not one of its
        if position is None:
            raise
        raise _foreign() from error
    return Page(page.items, encode(page.next_cursor))


def cut(items: Sequence[ItemT], identity: Callable[[ItemT], str], limit: int, position: str | None) -> Page[ItemT]:
    """A page of a short list that is at hand whole; the position is the identity of the last item shown."""
    start = 0
    if position is not None:
        start = next((i + 1 for i, item in enumerate(items) if identity(item) == position), len(items))
    shown = tuple(items[start : start + limit])
    more = start + limit < len(items)
    return Page(shown, identity(shown[-1]) if more and shown else None)


def _foreign() -> InvalidInputError:
    message = "is not a cursor of this list; take it from next_cursor, or leave it out to start anew"
    return InvalidInputError(f"cursor {message}", [FieldError("/query/cursor", message)])
