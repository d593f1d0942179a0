"""The JSON Schema of policy files, for editors, made from the tables in `fields`. `policies/schema.json` is its output.

python -m guard.decide.schema > policies/schema.json
"""

import json

from guard.decide.fields import (
    CASE,
    DIRECTIVE,
    HIT,
    LONGEST_TEXT,
    MATCH,
    ON_ERROR,
    OVERLAY,
    PEOPLE,
    PERSON,
    POLICY,
    RULE,
    SOURCE,
    SOURCES_ASKED,
    Key,
    Kind,
)

Schema = dict[str, object]

_PARTS: dict[str, dict[str, Key]] = {
    "if": MATCH,
    "unless": MATCH,
    "people": PEOPLE,
    "on_error": ON_ERROR,
    "sources": SOURCES_ASKED,
    **dict.fromkeys(SOURCES_ASKED, SOURCE),
    "rules": RULE,
    "tenants": OVERLAY,
    "cast": PERSON,
    "cases": CASE,
    "directives": DIRECTIVE,
    "hits": HIT,
}
_WORD: Schema = {"type": "string", "minLength": 1, "maxLength": LONGEST_TEXT}


def json_schema() -> Schema:
    """The schema of a whole policy file (JSON Schema 2020-12)."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Likeness Guard policy", **_section(POLICY)}


def _section(keys: dict[str, Key]) -> Schema:
    return {
        "type": "object",
        "additionalProperties": False,
        "required": [name for name, key in keys.items() if key.needed],
        "properties": {name: {"description": key.says, **_value(name, key)} for name, key in keys.items()},
    }


def _value(name: str, key: Key) -> Schema:
    if name == "version":
        return {"const": 1}
    match key.kind:
        case Kind.WORD:
            return _WORD
        case Kind.WORDS:
            return {"anyOf": [_WORD, {"type": "array", "items": _WORD}]}
        case Kind.CHOICE:
            return {"enum": list(key.choices)}
        case Kind.CHOICES:
            one: Schema = {"enum": list(key.choices)}
            return {"anyOf": [one, {"type": "array", "items": one, "minItems": 1}]}
        case Kind.SCORE:
            return {"type": "number", "minimum": 0, "maximum": 1}
        case Kind.SECONDS:
            return {"type": "number", "minimum": 0.1, "maximum": 60}
        case Kind.COUNT:
            return {"type": "integer", "minimum": 0}
        case Kind.TRUTH:
            return {"type": "boolean"}
        case Kind.TIME:
            return {"type": "string", "format": "date-time"}
        case Kind.SIGNALS:
            return {
                "type": "object",
                "additionalProperties": False,
                "properties": {signal: {"type": ["number", "string", "boolean"]} for signal in key.choices},
            }
        case Kind.MATCH | Kind.SECTION:
            return _section(_PARTS[name])
        case Kind.LIST:
            return {"type": "array", "items": _section(_PARTS[name])}
        case Kind.MAP:
            return {"type": "object", "additionalProperties": _WORD if name == "conditions" else _section(_PARTS[name])}


if __name__ == "__main__":
    print(json.dumps(json_schema(), indent=1))
