"""`/v1/moderations` as the stand-in answers it: a text scores by the words of categories in it, a picture scores nothing."""

from typing import Any

import orjson

from api.standin.wire import BadAskError

PATH = b"/v1/moderations"
CATEGORIES = (
    "harassment", "harassment/threatening", "hate", "hate/threatening", "illicit", "illicit/violent", "self-harm", "self-harm/intent",
    "self-harm/instructions", "sexual", "sexual/minors", "violence", "violence/graphic",
)  # fmt: skip
_SAID, _UNSAID = 0.97, 0.0001


def answer(body: bytes, number: int) -> bytes:
    """One result for each string; one for a list of parts, as the provider does.

    Raises:
        BadAskError: no such input.
    """
    try:
        given = orjson.loads(body)["input"]
        texts = [given] if isinstance(given, str) else given
        judged = [_words(texts)] if any(isinstance(one, dict) for one in texts) else [str(one) for one in texts]
    except (orjson.JSONDecodeError, KeyError, TypeError) as error:
        raise BadAskError("Invalid value for 'input'.", "input") from error
    return orjson.dumps({"id": f"modr-{number}", "model": "omni-moderation-latest", "results": [_result(text) for text in judged]})


def _words(parts: list[Any]) -> str:
    return " ".join(part.get("text", "") for part in parts)


def _result(text: str) -> dict[str, Any]:
    scores = {name: _SAID if name in text else _UNSAID for name in CATEGORIES}
    flagged = {name: score > 0.5 for name, score in scores.items()}
    applied = {name: ["text"] for name in CATEGORIES}
    return {"flagged": any(flagged.values()), "categories": flagged, "category_scores": scores, "category_applied_input_types": applied}
