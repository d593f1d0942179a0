"""An answer that only points at its pictures, with what was fetched in place of what it pointed at."""

import binascii
from collections.abc import Mapping
from dataclasses import replace

from guard.errors import UnscreenableError
from guard.extract.base import Answer, Limits
from guard.extract.fields import MIME, Reading
from guard.extract.json_strict import Json, dump


def pointing(answer: Answer, tree: Json) -> Answer:
    """The answer, ready for the pictures of `remote`: each URL becomes the gateway's link to it, or the picture as a data URL."""

    def inline(fetched: Mapping[str, bytes], links: Mapping[str, str], limits: Limits) -> Answer:
        reading = Reading(limits, answer=True)
        instead: dict[str, tuple[str, str]] = {}
        for where, url in answer.remote:
            if where in instead or where not in fetched:
                raise UnscreenableError("The answer points at a picture that was not fetched.", where)
            mime = MIME[reading.picture(where, fetched[where]).format]
            instead[where] = (url, links.get(where) or f"data:{mime};base64,{binascii.b2a_base64(fetched[where], newline=False).decode()}")
        return taken_in(answer, dump(_replaced(tree, "", instead)), reading)

    return replace(answer, inline=inline) if answer.remote else answer


def taken_in(answer: Answer, body: bytes, reading: Reading) -> Answer:
    """The answer with another body, and what was found in the pictures that it pointed at."""
    return replace(
        answer, body=body, remote=(), inline=None, texts=(*answer.texts, *reading.texts), pictures=(*answer.pictures, *reading.pictures)
    )


def _replaced(value: Json, where: str, instead: Mapping[str, tuple[str, str]]) -> Json:
    if isinstance(value, dict):
        return {key: _replaced(item, f"{where}.{key}" if where else key, instead) for key, item in value.items()}
    if isinstance(value, list):
        return [_replaced(item, f"{where}[{index}]", instead) for index, item in enumerate(value)]
    if type(value) is not str or where not in instead:
        return value
    url, other = instead[where]
    return value.replace(url, other)
