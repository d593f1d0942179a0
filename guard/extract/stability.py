"""Stability's stable-image calls: forms in, JSON with base64 or the bare picture out (`accept` decides).

Calls that answer with an id to poll (creative upscaling, video, 3D) and the older `/v1/generation` are not routed.
"""

import orjson

from guard.extract import fields
from guard.extract.base import LATER, MULTIPART_TYPE, Dialect, Refusal, Refused, Reply, Route, reply
from guard.extract.fields import Reader, base64_picture, known, number, obj, text
from guard.extract.form_body import Form, reads_form
from guard.extract.json_body import answers, or_bare_picture
from guard.extract.openai_refusals import message, status
from guard.extract.sse import frame

_SETTINGS: dict[str, Reader] = {
    **dict.fromkeys(("prompt", "negative_prompt", "search_prompt", "select_prompt", "background_prompt", "foreground_prompt"), text),
    **dict.fromkeys(("seed", "strength", "cfg_scale", "grow_mask", "control_strength", "creativity", "left", "right", "up", "down", "fidelity"), number),
    "model": fields.model,
    "mode": known("text-to-image", "image-to-image"),
    "aspect_ratio": known(pattern=r"\d{1,2}:\d{1,2}"),
    "output_format": known("png", "jpeg", "webp"),
    "style_preset": known(
        "3d-model", "analog-film", "anime", "cinematic", "comic-book", "digital-art", "enhance", "fantasy-art", "isometric", "line-art", "low-poly",
        "modeling-compound", "neon-punk", "origami", "photographic", "pixel-art", "tile-texture",
    ),
}  # fmt: skip
_CALLS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "generate/ultra": (("image",), ("prompt",)),
    "generate/core": ((), ("prompt",)),
    "generate/sd3": (("image",), ("prompt",)),
    "edit/erase": (("image", "mask"), ("image",)),
    "edit/inpaint": (("image", "mask"), ("image", "prompt")),
    "edit/outpaint": (("image",), ("image",)),
    "edit/search-and-replace": (("image",), ("image", "prompt", "search_prompt")),
    "edit/search-and-recolor": (("image",), ("image", "prompt", "select_prompt")),
    "edit/remove-background": (("image",), ("image",)),
    "upscale/fast": (("image",), ("image",)),
    "upscale/conservative": (("image",), ("image", "prompt")),
    "control/sketch": (("image",), ("image", "prompt")),
    "control/structure": (("image",), ("image", "prompt")),
    "control/style": (("image",), ("image", "prompt")),
    "control/style-transfer": (("init_image", "style_image"), ("init_image", "style_image")),
}
_ANSWER = obj({"image": base64_picture}, other=fields.unknown_in_answer)
_READ_ANSWER = or_bare_picture(answers(_ANSWER, "image", is_error=lambda tree: "errors" in tree))


def _route(call: str) -> Route:
    files, required = _CALLS[call]
    shape = obj({**dict.fromkeys(files, base64_picture), **_SETTINGS})
    form = Form(dict.fromkeys(files, 1), _SETTINGS, required)
    return Route(
        call.replace("/", "."),
        "POST",
        f"/stable-image/{call}",
        content_types=(MULTIPART_TYPE,),
        read=reads_form(form),
        answer=_READ_ANSWER,
        shape=shape,
    )


_NAMES = {
    Refused.REFUSE: "content_moderation",
    Refused.HOLD: "review_required",
    Refused.UNSCREENABLE: "bad_request",
    Refused.UNAUTHORIZED: "unauthorized",
}


def _body(refused: Refusal) -> dict[str, object]:
    errors = [f"{refused.param}: {message(refused)}" if refused.param else message(refused)]
    return {
        "id": refused.decision_id or "",
        "name": _NAMES.get(refused.why, "internal_error"),
        "errors": errors,
        "finish_reason": "CONTENT_FILTERED",
    }


def refusal(refused: Refusal) -> Reply:
    """The whole reply: 403 `content_moderation`, as the provider's own moderation says it."""
    body = _body(refused)
    if refused.why not in (Refused.REFUSE, Refused.HOLD):
        del body["finish_reason"]
    retry = [(b"retry-after", str(refused.retry_after_s).encode())] if refused.why in LATER else []
    return reply(403 if refused.why in (Refused.REFUSE, Refused.HOLD) else status(refused), body, *retry)


def error_frame(refused: Refusal) -> bytes:
    """For completeness: this provider streams nothing."""
    return frame("error", orjson.dumps(_body(refused)))


DIALECT = Dialect(
    name="stability",
    routes=tuple(_route(call) for call in _CALLS),
    refusal=refusal,
    error_frame=error_frame,
    request_headers=frozenset({b"user-agent"}),
    response_headers=frozenset({b"content-type", b"x-request-id", b"finish-reason", b"seed", b"retry-after"}),
    accepts=frozenset({b"image/*", b"application/json"}),
)
