"""Small readers from which a dialect describes its bodies: which field is text, which a picture, which is refused.

A reader takes a value, its place and the `Reading` that collects what is found, and returns the value to forward (the
same object nearly always). What no reader was named for is treated by rule R2: a short scalar is screened as text and
passed on; a picture, a URL, an id of stored state or anything nested is refused and named.
"""

import binascii
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from hashlib import sha256

from guard.errors import TooLargeError, UnscreenableError
from guard.extract.base import Limits
from guard.extract.containers import inspect, sniff
from guard.extract.json_strict import Json, Number, dump
from guard.types import Picture, Text

MIME = {"png": "image/png", "jpeg": "image/jpeg", "webp": "image/webp", "gif": "image/gif", "avif": "image/avif", "heif": "image/heic"}
_DATA_URL = re.compile(r"data:image/(png|jpe?g|webp|gif|avif|heic|heif);base64,", re.IGNORECASE)
_INLINE_PICTURE = re.compile(r"data:image/[a-z+.-]+;base64,[A-Za-z0-9+/=]*", re.IGNORECASE)
_MARKDOWN_PICTURE = re.compile(r"!\[[^\]]*\]\(\s*<?(https?://[^)\s>]+)", re.IGNORECASE)
_PERSON_MODEL = re.compile(r"(^|[:/_.-])(ft|lora|loras|dreambooth|fine-?tuned?|character|personal|likeness)([:/_.-]|$)|://", re.IGNORECASE)
_NAMELESS_MODEL = re.compile(
    r"(gpt|gpt-image|chatgpt-image|dall-e|sora|o\d)(-(\d[\d.]*o?|mini|nano|pro|latest|sunburst|flare|\d{4}-\d\d-\d\d))*"
)
_MODEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._:/@+-]{0,199}")
_STATE_ID = re.compile(
    r"(file|resp|conv|asst|thread|run|vs|batch|cntr|msg|ig|rs|fc|img|video|upload|char|prompt|pmpt|skill|asset|gen|req|id)[-_:][A-Za-z0-9_-]{6,}"
)
_STATE_KEY = re.compile(
    r"(^|[_-])(ids?|urls?|uris?|images?|mask|video|file|files|reference|references|ref|lora|loras|character|characters|token|cursor|state|session|handle)$",
    re.IGNORECASE,
)
_HUMP = re.compile(r"(?<=[a-z0-9])([A-Z])")
_BASE64_HEAD = re.compile(r"[A-Za-z0-9+/_-]{60}")
_BASE64_WHOLE = re.compile(r"[A-Za-z0-9+/_\r\n-]*={0,2}\s*")
_LONGEST_SCALAR = 32_000


@dataclass(slots=True)
class Reading:
    """What was found so far in one body; `answer` says that it is the provider's, `fetched` has pictures by their places."""

    limits: Limits
    answer: bool = False
    texts: list[Text] = field(default_factory=list)
    pictures: list[Picture] = field(default_factory=list)
    remote: list[tuple[str, str]] = field(default_factory=list)
    stored: list[tuple[str, str]] = field(default_factory=list)
    fetched: Mapping[str, bytes] = field(default_factory=dict)
    text_size: int = 0

    def text(self, where: str, text: str) -> None:
        """Screen a piece of text."""
        if not text:
            return
        self.text_size += len(text)
        if self.text_size > self.limits.max_text_bytes:
            raise TooLargeError(f"The texts are longer than {self.limits.max_text_bytes} characters together.", where)
        self.texts.append(Text(where, text))

    def picture(self, where: str, data: bytes) -> Picture:
        """Screen a picture, with everything else that lies in its file."""
        contents = inspect(data, where, self.limits)
        self.pictures.append(contents.picture)
        self.pictures.extend(contents.inner)
        for text in contents.texts:
            self.text(text.where, text.text)
        if len(self.pictures) > self.limits.max_pictures:
            raise TooLargeError(f"There are more than {self.limits.max_pictures} pictures.", where)
        return contents.picture


Reader = Callable[[Json, str, Reading], Json]
"""(value, its place, what was found so far) -> the value to forward."""


def described(reader: Reader, **says: object) -> Reader:
    """The reader with what it does noted on it, for the reference page of routes (`coverage`)."""
    reader.__dict__.update(says)
    return reader


def text(value: Json, where: str, reading: Reading) -> Json:
    """A string to be screened, or null."""
    if type(value) is str:
        reading.text(where, value)
    elif value is not None:
        raise UnscreenableError(f"{where} must be a string.", where)
    return value


def scalar(value: Json, where: str, reading: Reading) -> Json:
    """A number, a boolean, null, or a string, which is screened."""
    if type(value) is str:
        reading.text(where, value)
    elif type(value) in (dict, list):
        raise UnscreenableError(f"{where} must not be an object or a list.", where)
    return value


def number(value: Json, where: str, reading: Reading) -> Json:
    """A number, a boolean or null."""
    if type(value) in (dict, list, str):
        raise UnscreenableError(f"{where} must be a number or a boolean.", where)
    return value


def known(*values: str, pattern: str | None = None) -> Reader:
    """A scalar that is text to be screened unless it is one of the provider's own words, which name nobody."""
    words = frozenset(values)
    shape = re.compile(pattern) if pattern else None

    def read(value: Json, where: str, reading: Reading) -> Json:
        if type(value) is str:
            if value not in words and not (shape and shape.fullmatch(value)):
                reading.text(where, value)
            return value
        return scalar(value, where, reading)

    return described(read, kind="text unless one of the provider's own words")


type_name = known(
    "message", "text", "input_text", "output_text", "summary_text", "reasoning_text", "refusal", "content", "image_url", "input_image",
    "output_image", "computer_screenshot", "input_file", "file", "input_audio", "image_generation", "image_generation_call", "reasoning",
    "item_reference", "function_call", "function_call_output", "custom_tool_call", "custom_tool_call_output", "computer_call_output",
    "additional_tools", "compaction",
)  # fmt: skip
"""What a part or an item is: words that stand between the pieces of a conversation and must not part a name that lies across them."""

role_name = known("system", "developer", "user", "assistant", "tool", "function", "model")
"""Who speaks, by the same reason."""


def model(value: Json, where: str, reading: Reading) -> Json:
    """A model's name; one that embodies people is refused unless the operator lists it."""
    if value is None:
        return value
    if type(value) is not str or not _MODEL.fullmatch(value):
        raise UnscreenableError(f"{where} must be the name of a model.", where)
    if value not in reading.limits.models:
        if _PERSON_MODEL.search(value):
            raise UnscreenableError(f"The model {value!r} may embody a person; it is refused unless the operator lists it.", where)
        if not _NAMELESS_MODEL.fullmatch(value):
            reading.text(where, value)
    return value


def refused(why: str) -> Reader:
    """A field that is refused when it is there and not empty."""

    def read(value: Json, where: str, reading: Reading) -> Json:
        if value is None or value is False or value in ("", []):
            return value
        raise UnscreenableError(f"{where}: {why}", where)

    return described(read, kind="refused")


def ignored(value: Json, where: str, reading: Reading) -> Json:
    """A value that can neither name nor show anybody to an image model (a flag of our own, sound)."""
    return value


def stored(value: Json, where: str, reading: Reading) -> Json:
    """An id of state at the provider: for the ledger, or refused where there is none."""
    if value is None:
        return value
    if type(value) is not str:
        raise UnscreenableError(f"{where} must be an id.", where)
    if not reading.limits.ledger:
        raise UnscreenableError(f"{where} points at stored state that this gateway has not screened; send the content itself.", where)
    reading.stored.append((where, value))
    return value


def sealed(value: Json, where: str, reading: Reading) -> Json:
    """State that only the provider can read: let through where the ledger knows its digest."""
    if type(value) is str:
        stored(f"sha256:{sha256(value.encode()).hexdigest()}", where, reading)
    elif value is not None:
        raise UnscreenableError(f"{where} must be a string.", where)
    return value


def prose(value: Json, where: str, reading: Reading) -> Json:
    """Text of an answer, in which some vendors put pictures as data URLs or as Markdown."""
    if type(value) is not str:
        return text(value, where, reading)
    for found in _MARKDOWN_PICTURE.finditer(value):
        reading.remote.append((where, found.group(1)))
    rest = value
    if "base64," in value:
        for found in _INLINE_PICTURE.finditer(value):
            data_url(found.group(), where, reading)
        rest = _INLINE_PICTURE.sub("", value)
    _no_picture(rest, where)
    reading.text(where, rest)
    return value


def base64_picture(value: Json, where: str, reading: Reading) -> Json:
    """A picture as strict base64 of one of the formats that are looked at, or null."""
    if type(value) is str:
        reading.picture(where, decode_base64(value, where))
    elif value is not None:
        raise UnscreenableError(f"{where} must be a picture in base64.", where)
    return value


def data_url(value: Json, where: str, reading: Reading) -> Json:
    """A picture as a base64 data URL, or null. The type it declares is corrected to what the bytes are."""
    if value is None:
        return value
    if type(value) is not str:
        raise UnscreenableError(f"{where} must be a data URL of a picture.", where)
    found = _DATA_URL.match(value)
    if not found:
        if value[:5].lower() == "data:":
            raise UnscreenableError("The data URL must start with data:image/png;base64, (or jpeg, webp, gif, avif).", where)
        return _remote_picture(value, where, reading)
    picture = reading.picture(where, decode_base64(value[found.end() :], where))
    mime = MIME[picture.format]
    return value if found.group() == f"data:{mime};base64," else f"data:{mime};base64,{value[found.end() :]}"


def _remote_picture(url: str, where: str, reading: Reading) -> Json:
    """A picture that a request points at: read from what was fetched, listed to be fetched, or refused."""
    data = reading.fetched.get(where)
    if data is not None:
        mime = MIME[reading.picture(where, data).format]
        return f"data:{mime};base64,{binascii.b2a_base64(data, newline=False).decode()}"
    if reading.answer or not reading.limits.remote:
        raise UnscreenableError("Pictures behind a URL are not fetched; send the picture itself as a data URL.", where)
    reading.remote.append((where, url))
    return url


def picture_text(value: Json, where: str, reading: Reading) -> Json:
    """A picture as base64, bare or as a data URL."""
    is_url = type(value) is str and (value[:5].lower() == "data:" or "://" in value[:16])
    return (data_url if is_url else base64_picture)(value, where, reading)


def answer_url(value: Json, where: str, reading: Reading) -> Json:
    """A picture an answer points at: a data URL is read, anything else is listed in `remote`."""
    if type(value) is str and value[:5].lower() == "data:":
        return data_url(value, where, reading)
    if type(value) is str and value:
        reading.remote.append((where, value))
    elif value is not None:
        raise UnscreenableError(f"{where} must be a URL.", where)
    return value


def anything(value: Json, where: str, reading: Reading) -> Json:
    """Any JSON without pictures: every string and every key in it is screened (metadata, schemas, arguments)."""
    if type(value) is str:
        _no_picture(value, where)
        reading.text(where, value)
    elif isinstance(value, dict):
        for key, item in value.items():
            reading.text(f"{where}.{key}", key)
            anything(item, f"{where}.{key}", reading)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            anything(item, f"{where}[{index}]", reading)
    return value


def each(reader: Reader, most: int = 10_000) -> Reader:
    """A list of at most `most` values, each read by `reader`."""

    def read(value: Json, where: str, reading: Reading) -> Json:
        if value is None:
            return value
        if not isinstance(value, list):
            raise UnscreenableError(f"{where} must be a list.", where)
        if len(value) > most:
            raise TooLargeError(f"{where} has more than {most} items.", where)
        for index, item in enumerate(value):
            new = reader(item, f"{where}[{index}]", reading)
            if new is not item:
                value[index] = new
        return value

    return described(read, inner={"[]": reader})


def either(**readers: Reader) -> Reader:
    """By the JSON type of the value: `string`, `list`, `object`, `number`; null always passes."""

    def read(value: Json, where: str, reading: Reading) -> Json:
        if value is None:
            return value
        kind = "string" if type(value) is str else "list" if type(value) is list else "object" if type(value) is dict else "number"
        if kind not in readers:
            raise UnscreenableError(f"{where} must be a {' or '.join(readers)}, not a {kind}.", where)
        return readers[kind](value, where, reading)

    return described(read, inner=_alternatives(readers))


def _alternatives(readers: Mapping[str, Reader]) -> dict[str, Reader]:
    """Text first, then what has more inside; they share one place."""
    return {"" if kind in ("string", "number") else f" as {kind} ": reader for kind, reader in readers.items()}


def obj(fields: Mapping[str, Reader], required: Collection[str] = (), other: Reader | None = None) -> Reader:
    """An object with these fields; null passes. `other` reads the fields not listed, by default rule R2."""
    fallback = other or unknown

    def read(value: Json, where: str, reading: Reading) -> Json:
        if value is None and not required:
            return value
        if not isinstance(value, dict):
            raise UnscreenableError(f"{where or 'The body'} must be an object.", where or None)
        prefix = where + "." if where else ""
        for key, item in value.items():
            reader = fields.get(key)
            if reader is None:
                reading.text(prefix + key, key)
                reader = fallback
            new = reader(item, prefix + key, reading)
            if new is not item:
                value[key] = new
        for key in required:
            if value.get(key) is None:
                raise UnscreenableError(f"{prefix}{key} is missing.", prefix + key)
        return value

    return described(read, inner={f".{name}": reader for name, reader in fields.items()})


def tagged(kinds: Mapping[str, Reader], tag: str = "type", default: str | None = None) -> Reader:
    """An object whose `tag` says what it is; kinds that nobody listed are refused and named."""

    def read(value: Json, where: str, reading: Reading) -> Json:
        if not isinstance(value, dict):
            raise UnscreenableError(f"{where} must be an object.", where)
        kind = value.get(tag, default)
        reader = kinds.get(kind) if isinstance(kind, str) else None
        if reader is None:
            raise UnscreenableError(f"{where}: the guard does not know the {tag} {str(kind)[:64]!r} and cannot screen it.", where)
        return reader(value, where, reading)

    return described(read, inner={f"<{name}>": reader for name, reader in kinds.items()})


def unknown(value: Json, where: str, reading: Reading) -> Json:
    """Rule R2 for a field that nobody listed; its key was screened already."""
    if value is None or type(value) in (bool, int, Number):
        return value
    if type(value) is not str:
        raise UnscreenableError(f"The field {where} is not known and holds more than one value; the guard cannot screen it.", where)
    if _names_state(where) or _STATE_ID.fullmatch(value) or "://" in value or value[:5].lower() == "data:":
        raise UnscreenableError(f"The field {where} is not known and points at something that the guard cannot see.", where)
    if len(value) > _LONGEST_SCALAR:
        raise UnscreenableError(f"The field {where} is not known and longer than {_LONGEST_SCALAR} characters.", where)
    _no_picture(value, where)
    reading.text(where, value)
    return value


def _names_state(where: str) -> bool:
    """Whether a field's name says that it points at something, in snake_case, kebab-case or camelCase."""
    return _STATE_KEY.search(_HUMP.sub(r"_\1", where.rpartition(".")[2])) is not None


def unknown_in_answer(value: Json, where: str, reading: Reading) -> Json:
    """A field of an answer that nobody listed: its texts are screened, a picture or a URL in it is refused."""
    if type(value) is str:
        if "://" in value and _names_state(where):
            raise UnscreenableError(f"The answer points at something in a field {where} that the guard does not know.", where)
        _no_picture(value, where)
        reading.text(where, value)
    elif isinstance(value, dict):
        for key, item in value.items():
            unknown_in_answer(item, f"{where}.{key}", reading)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            unknown_in_answer(item, f"{where}[{index}]", reading)
    return value


def decode_base64(value: str, where: str) -> bytes:
    """Strict base64 (RFC 4648, section 4): the standard alphabet, padded, no white space, no stray bits at the end."""
    try:
        data = binascii.a2b_base64(value, strict_mode=True)
    except (binascii.Error, ValueError) as error:
        raise UnscreenableError(f"{where} is not strict base64 (standard alphabet, padded, no line breaks).", where) from error
    tail = len(value) - 4
    if binascii.b2a_base64(data[-(len(data) % 3 or 3) :], newline=False).decode() != value[tail if tail > 0 else 0 :]:
        raise UnscreenableError(f"{where} is not canonical base64: its last characters carry bits that are thrown away.", where)
    return data


def _no_picture(value: str, where: str) -> None:
    """Refuse a string that holds a picture where text is expected."""
    if len(value) < 64:
        return
    if "base64," in value[:128] and value[:5].lower() == "data:":
        raise UnscreenableError(f"{where} holds a picture where the guard expects text.", where)
    if _BASE64_HEAD.match(value):
        packed = re.sub(r"\s", "", value[:128]).replace("-", "+").replace("_", "/")
        head_bytes = binascii.a2b_base64(packed[: len(packed) // 4 * 4])
        if sniff(head_bytes) or (len(value) >= 4096 and _BASE64_WHOLE.fullmatch(value)):
            raise UnscreenableError(f"{where} holds packed bytes where the guard expects text.", where)


def leaves(value: Json, skip: Collection[str] = (), where: str = "") -> list[tuple[str, str]]:
    """(place, text) of every leaf whose place is not in `skip`, sorted, for the request digest; numbers keep their text."""
    if isinstance(value, dict):
        pairs = [(f"{where}.{key}" if where else key, item) for key, item in value.items()]
    elif isinstance(value, list):
        pairs = [(f"{where}[{index}]", item) for index, item in enumerate(value)]
    else:
        return [] if where in skip else [(where, value if isinstance(value, str) else dump(value).decode())]
    return sorted(leaf for place, item in pairs for leaf in leaves(item, skip, place))
