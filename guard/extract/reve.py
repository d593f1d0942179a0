"""Reve: v1 (`create`, `edit`, `remix`) and v2 (`create` and the calls on layouts), each under a prefix of its own.

Answers are JSON with base64, or the bare picture where `accept` asks for it. A violation is told in a 200: by a header beside a
picture, by `content_violation` in JSON; the provider's own client raises on either. Facts from `reve` 0.1.9.
"""

from dataclasses import replace

import orjson

from guard.extract import fields
from guard.extract.base import JSON_TYPE, LATER, Dialect, Kind, Refusal, Refused, Reply, Route, reply
from guard.extract.fields import Reader, anything, base64_picture, each, known, number, obj, refused, stored, text
from guard.extract.json_body import Tree, answers, or_bare_picture, reads
from guard.extract.openai_refusals import error_body, message, status
from guard.extract.sse import frame

_RATIO = known("auto", pattern=r"\d{1,2}:\d{1,2}")
_POSTPROCESSING = each(
    obj(
        {
            "process": known("upscale", "remove_background", "fit_image", "effect"),
            "effect_name": text,
            "effect_parameters": anything,
            **dict.fromkeys(("upscale_factor", "max_dim", "max_width", "max_height"), number),
        }
    )
)
_SETTINGS: dict[str, Reader] = {
    "aspect_ratio": _RATIO,
    "version": known("latest", "latest-fast", pattern=r"reve-[a-z]+(-[a-z]+)*@\d{8}"),
    "test_time_scaling": number,
    "postprocessing": _POSTPROCESSING,
}
_CREATE = obj({**_SETTINGS, "prompt": text}, required=("prompt",))
_EDIT = obj(
    {**_SETTINGS, "edit_instruction": text, "reference_image": base64_picture, "mask_image": base64_picture},
    required=("edit_instruction", "reference_image"),
)
_REMIX = obj({**_SETTINGS, "prompt": text, "reference_images": each(base64_picture, 8)}, required=("prompt", "reference_images"))

_PICTURE = obj({"data": base64_picture, "ref": stored})
_BOX = obj(dict.fromkeys(("x0", "y0", "x1", "y1", "x", "y"), number))
_REGION = obj(
    {
        **dict.fromkeys(("label", "prompt", "parent"), text),
        "bbox": _BOX,
        "region_type": known("coarse_detail", "medium_detail", "fine_detail", "text", "hand", "face"),
        "image_index": number,
        "image_region_index": number,
    }
)
_LAYOUT = obj({"prompt": text, "normalized_edit_instruction": text, "regions": each(_REGION), "width": number, "height": number})
_REFERENCE = obj({"image": _PICTURE, "prompt": text, "layout": _LAYOUT})
_COMMAND = obj(
    {
        "op": known("add", "shift", "remove", "place", "keep", "change"),
        **dict.fromkeys(("label", "description", "new_description"), text),
        "image_index": number,
        "at": _BOX,
        "to": _BOX,
    }
)
_MOST_REFERENCES = 8
_V2: dict[str, Reader] = {**_SETTINGS, "async": refused("What is answered later, or to another address, goes past the guard.")}
_SHAPES_V2 = {
    "create": obj({**_V2, "prompt": text, "references": each(_PICTURE, _MOST_REFERENCES)}, required=("prompt",)),
    "extract_layout": obj({**_V2, "image": _PICTURE, "prompt": text}, required=("image",)),
    "create_layout": obj({**_V2, "prompt": text, "references": each(_REFERENCE, _MOST_REFERENCES), "commands": each(_COMMAND)}),
    "render_layout": obj({**_V2, "layout": _LAYOUT, "references": each(_REFERENCE, _MOST_REFERENCES)}, required=("layout",)),
    "reconcile_layouts": obj({**_V2, "original_layout": _LAYOUT, "edited_layout": _LAYOUT}),
}
_ANSWER = obj({"image": base64_picture}, other=fields.unknown_in_answer)


def _failed(tree: Tree) -> bool:
    return "error_code" in tree or tree.get("content_violation") is True


_READ_ANSWER = or_bare_picture(answers(_ANSWER, "image", is_error=_failed))
_READ_LAYOUT = answers(_ANSWER, "layout", is_error=_failed)


def _body(refused_: Refusal) -> dict[str, object]:
    violation = refused_.why is Refused.REFUSE
    code = "CONTENT_VIOLATION" if violation else str(_code(refused_)).upper()
    body: dict[str, object] = {
        "error_code": code,
        "message": message(refused_),
        "content_violation": violation,
        "params": {"field": refused_.param},
    }
    return {**body, "guard": {"decision_id": refused_.decision_id, "outcome": refused_.why.value}} if refused_.decision_id else body


def _code(refused_: Refusal) -> object:
    error = error_body(refused_)["error"]
    return error["code"] if isinstance(error, dict) else ""


def refusal(refused_: Refusal) -> Reply:
    """The whole reply; a refusal is the 200 with header and flag that the provider's own client raises on."""
    retry = [(b"retry-after", str(refused_.retry_after_s).encode())] if refused_.why in LATER else []
    if refused_.why is Refused.REFUSE:
        return reply(200, _body(refused_), (b"x-reve-content-violation", b"true"))
    return reply(status(refused_), _body(refused_), *retry)


def error_frame(refused_: Refusal) -> bytes:
    """For completeness: this provider streams nothing."""
    return frame("error", orjson.dumps(_body(refused_)))


def _route(name: str, shape: Reader) -> Route:
    answer = _READ_LAYOUT if name.endswith(("create_layout", "extract_layout", "layouts")) else _READ_ANSWER
    return Route(
        f"image.{name}",
        "POST",
        f"/image/{name}",
        content_types=(JSON_TYPE,),
        read=reads(shape, stream=False),
        answer=answer,
        shape=shape,
    )


_EFFECTS = Route("image.effect", "GET", "/image/effect", Kind.PASS, query=frozenset({"source"}))
DIALECT = Dialect(
    name="reve",
    routes=(_route("create", _CREATE), _route("edit", _EDIT), _route("remix", _REMIX), _EFFECTS),
    refusal=refusal,
    error_frame=error_frame,
    request_headers=frozenset({b"user-agent"}),
    response_headers=frozenset({b"content-type", b"x-reve-request-id", b"x-reve-version", b"x-reve-content-violation", b"retry-after"}),
    response_prefixes=(b"x-ratelimit-", b"x-reve-credits-"),
    accepts=frozenset({b"image/png", b"image/jpeg", b"image/webp", b"application/json"}),
)
DIALECT_V2 = replace(DIALECT, name="reve-v2", routes=tuple(_route(name, shape) for name, shape in _SHAPES_V2.items()))
