"""What pydantic finds wrong with a value, in words for whoever stated it."""

import re
from collections.abc import Mapping
from typing import Any

_SHOULD = re.compile(r"^(Input|String|Value|List|Tuple|Dictionary|Set) should ")


def in_words(fault: Mapping[str, Any]) -> str:
    """One entry of `ValidationError.errors()`, to be read behind the name of its place."""
    match fault["type"]:
        case "missing":
            return "is missing"
        case "extra_forbidden":
            return "is no field that is known here; look for a typing error, or leave it out"
        case "model_type" | "model_attributes_type" | "dict_type":
            return "must be an object with named fields"
        case "too_long" | "string_too_long":
            stated, most = fault["input"], fault["ctx"]["max_length"]
            return f"has {len(stated)} {'characters' if isinstance(stated, str) else 'entries'}; {most} are the most"
        case "too_short" | "string_too_short" if fault["ctx"]["min_length"] == 1:
            return "is empty"
        case _:
            return _SHOULD.sub("must ", str(fault["msg"])).removeprefix("Value error, ")
