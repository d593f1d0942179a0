"""The responses that the stand-in keeps: fetched whole or as a stream from any event on, listed by input, cancelled, deleted, compacted."""

import re
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from api.standin import conversation, wire
from api.standin.orders import Order

_PATH = re.compile(r"/v1/responses/([A-Za-z0-9_-]+)(?:/(input_items|cancel))?")
_MOST = 1_000
SEALED = "c2VhbGVkIGJ5IHRoZSBzdGFuZC1pbg=="
"""What the stand-in seals a conversation as."""

Said = tuple[int, str, bytes]
"""Status, content type and body."""


@dataclass(slots=True)
class Responses:
    """The newest responses by their ids: the finished object, the items it was made of, and its frames."""

    kept: OrderedDict[str, tuple[dict[str, Any], list[Any], list[bytes]]] = field(default_factory=OrderedDict)

    def keep(self, body: bytes, talk: conversation.Talk, order: Order, number: int) -> dict[str, Any]:
        """Remember the response to a body; what is answered at once: itself, or where it runs in the background that it is queued."""
        fields = orjson.loads(body)
        asked = fields["input"]
        items = [{"type": "message", "role": "user", "content": asked}] if isinstance(asked, str) else list(asked)
        numbered = [{"id": f"msg_in_{number}_{place}", **item} for place, item in enumerate(items)]
        finished = conversation.response(talk, order, number)
        self.kept[finished["id"]] = (finished, numbered, list(conversation.response_events(talk, order, number)))
        while len(self.kept) > _MOST:
            self.kept.popitem(last=False)
        return {**finished, "status": "queued", "output": []} if fields.get("background") is True else finished

    def answer(self, method: str, path: str, query: Mapping[str, str], body: bytes) -> Said | None:
        """The answer to a call about a response that is kept; None for any other call."""
        if method == "POST" and path == "/v1/responses/compact":
            item = {"id": "cmp_standin_1", "type": "compaction", "encrypted_content": SEALED}
            return _json(
                {"id": "resp_standin_compacted", "object": "response.compaction", "created_at": 1, "output": [item], "usage": None}
            )
        if method == "POST" and path == "/v1/responses/input_tokens":
            return _json({"object": "response.input_tokens", "input_tokens": len(body) // 4})
        found = _PATH.fullmatch(path)
        if found is None:
            return None
        name, part = found.groups()
        if name not in self.kept:
            return 404, "application/json", wire.error_body(f"Response with id '{name}' not found.")
        finished, items, frames = self.kept[name]
        match method, part:
            case "GET", "input_items":
                return _json({"object": "list", "data": items, "first_id": items[0]["id"], "last_id": items[-1]["id"], "has_more": False})
            case "POST", "cancel":
                return _json({**finished, "status": "cancelled", "output": []})
            case "DELETE", None:
                del self.kept[name]
                return _json({"id": name, "object": "response.deleted", "deleted": True})
            case "GET", None if query.get("stream") == "true":
                return 200, "text/event-stream; charset=utf-8", b"".join(frames[int(query.get("starting_after", "-1")) + 1 :])
            case "GET", None:
                return _json(finished)
        return None


def _json(shown: Mapping[str, Any]) -> Said:
    return 200, "application/json", orjson.dumps(shown)
