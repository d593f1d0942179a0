"""What the stand-in keeps, as OpenAI keeps it: `/v1/files`, `/v1/batches` and `/v1/videos`, in one account for everybody.

A batch is done at once, its output a file. A video is done at once as well; its content is what an order's `pictures` hold.
"""

import email.parser
import email.policy
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from api.standin import conversation, wire
from api.standin.orders import Order

_THING = re.compile(r"/v1/(files|batches|videos)(?:/([A-Za-z0-9_-]+))?(?:/(content|cancel|remix))?")
_LARGEST_PAGE = 10_000


@dataclass(frozen=True, slots=True)
class Kept:
    """The answer of one call: a JSON object, or the bytes of something kept."""

    status: int = 200
    shown: Mapping[str, Any] | None = None
    content: bytes = b""
    content_type: str = "application/octet-stream"

    @property
    def body(self) -> bytes:
        """What is sent."""
        return self.content if self.shown is None else orjson.dumps(self.shown)


@dataclass(slots=True)
class Keeping:
    """One account's things by kind and id, in the order in which they were made, and the bytes behind some of them."""

    things: dict[str, dict[str, dict[str, Any]]] = field(default_factory=lambda: {"files": {}, "batches": {}, "videos": {}})
    contents: dict[str, bytes] = field(default_factory=dict)
    count: int = 0

    def clear(self) -> None:
        """Nothing is kept any more."""
        for kind in self.things.values():
            kind.clear()
        self.contents.clear()

    def answer(self, method: str, path: str, query: Mapping[str, str], content_type: str, body: bytes, order: Order) -> Kept | None:
        """The answer to a call about something kept; None for any other call."""
        if method == "POST" and path in ("/v1/videos/edits", "/v1/videos/extensions"):
            return self._video(_fields(content_type, body), order)
        found = _THING.fullmatch(path)
        if found is None:
            return None
        kind, name, part = found.groups()
        if name is None:
            return self._make(kind, _fields(content_type, body), order) if method == "POST" else self._page(kind, query)
        thing = self.things[kind].get(name)
        if thing is None:
            return Kept(404, orjson.loads(wire.error_body(f"No such {kind} object: {name}", param="id")))
        match method, part:
            case "DELETE", None:
                del self.things[kind][name]
                return Kept(shown={"id": name, "object": thing["object"], "deleted": True})
            case "GET", None:
                return Kept(shown=thing)
            case "GET", "content":
                return Kept(content=self.contents[name], content_type="video/mp4" if kind == "videos" else "application/octet-stream")
            case "POST", "cancel":
                return Kept(shown={**thing, "status": "cancelled"})
            case "POST", "remix":
                return self._video({**_fields(content_type, body), "remixed_from_video_id": name}, order)
            case _:
                return None

    def _make(self, kind: str, fields: Mapping[str, Any], order: Order) -> Kept:
        match kind:
            case "files":
                filename, content = fields["file"]
                return Kept(shown=self._file(filename, content, fields["purpose"]))
            case "batches":
                return self._batch(fields, order)
            case _:
                return self._video(fields, order)

    def _new(self, kind: str, prefix: str, thing: Mapping[str, Any]) -> dict[str, Any]:
        self.count += 1
        made = {"id": f"{prefix}standin{self.count}", "created_at": int(time.time()), **thing}
        self.things[kind][made["id"]] = made
        return made

    def _file(self, filename: str, content: bytes, purpose: str) -> dict[str, Any]:
        about = {"object": "file", "bytes": len(content), "filename": filename, "purpose": purpose, "status": "processed"}
        made = self._new("files", "file-", about)
        self.contents[made["id"]] = content
        return made

    def _batch(self, fields: Mapping[str, Any], order: Order) -> Kept:
        lines = [orjson.loads(line) for line in self.contents[fields["input_file_id"]].splitlines() if line]
        output = b"\n".join(orjson.dumps(_done(line, order, number)) for number, line in enumerate(lines))
        counts = {"total": len(lines), "completed": len(lines), "failed": 0}
        about = {
            **{key: fields.get(key) for key in ("endpoint", "input_file_id", "completion_window", "metadata")},
            "object": "batch",
            "status": "completed",
            "output_file_id": self._file("output.jsonl", output, "batch_output")["id"],
            "request_counts": counts,
        }
        return Kept(shown=self._new("batches", "batch_", about))

    def _video(self, fields: Mapping[str, Any], order: Order) -> Kept:
        about = {"object": "video", "status": "completed", "progress": 100, "model": str(fields.get("model", "stand-in"))}
        shown = {"prompt": fields.get("prompt"), "seconds": "4", "size": "720x1280"}
        remixed = {"remixed_from_video_id": fields.get("remixed_from_video_id")}
        made = self._new("videos", "video_", {**about, **shown, **remixed})
        self.contents[made["id"]] = order.pictures[0] if order.pictures else b""
        return Kept(shown=made)

    def _page(self, kind: str, query: Mapping[str, str]) -> Kept:
        names = list(self.things[kind])
        begin = names.index(query["after"]) + 1 if query.get("after") in names else 0
        page = names[begin : begin + int(query.get("limit", _LARGEST_PAGE))]
        ends = {"first_id": page[0] if page else None, "last_id": page[-1] if page else None}
        items = [self.things[kind][name] for name in page]
        return Kept(shown={"object": "list", "data": items, **ends, "has_more": begin + len(page) < len(names)})


def _done(line: Mapping[str, Any], order: Order, number: int) -> dict[str, Any]:
    """The output of one line of a batch."""
    body = orjson.dumps(line["body"])
    match line["url"]:
        case "/v1/images/generations" | "/v1/images/edits":
            answered = orjson.loads(wire.answer(wire.read_ask("image_generation", "application/json", body), order, None))
        case "/v1/responses":
            answered = conversation.response(conversation.read_talk(body), order, number)
        case "/v1/chat/completions":
            answered = conversation.completion(conversation.read_talk(body), order, number)
        case _:
            answered = {"object": "list", "data": []}
    response = {"status_code": 200, "request_id": f"req_line_{number}", "body": answered}
    return {"id": f"batch_req_{number}", "custom_id": line["custom_id"], "response": response, "error": None}


def _fields(content_type: str, body: bytes) -> dict[str, Any]:
    """The fields of a body; a file is (name, bytes)."""
    if not content_type.lower().startswith("multipart/form-data"):
        return dict(orjson.loads(body or b"{}"))
    head = f"Content-Type: {content_type}\r\n\r\n".encode("latin-1")
    message = email.parser.BytesParser(policy=email.policy.HTTP).parsebytes(head + body)
    fields: dict[str, Any] = {}
    for part in message.iter_parts():
        payload = part.get_payload(decode=True)
        content = payload if isinstance(payload, bytes) else b""
        name = str(part.get_param("name", header="content-disposition"))
        filename = part.get_filename()
        fields[name] = content.decode("utf-8", "replace") if filename is None else (filename, content)
    return fields
