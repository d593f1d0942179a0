"""`GUARD_UPSTREAMS`: the file that names several providers, read into specifications. Pure: text in, values out.

    upstreams:
      - name: gemini
        dialect: gemini
        base_url: https://generativelanguage.googleapis.com/v1beta
        key_variable: GEMINI_API_KEY

YAML, of which JSON is a part. What is wrong is said with file, line and column, and with what to do.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from urllib.parse import urlsplit

from guard.decide.yaml_tree import Node, Problem, TreeError, read_tree
from guard.errors import InvalidInputError
from guard.extract.dialects import DIALECTS, USUAL_PREFIXES
from guard.forward import Auth, UpstreamLimits

USUAL_AUTH = {"azure": Auth.API_KEY, "gemini": Auth.X_GOOG_API_KEY, "bfl": Auth.X_KEY}
"""How the key is sent where a provider does not take `Authorization: Bearer`."""

_VERSIONS = {"gemini": ("v1beta", "v1"), "vertex": ("v1", "v1beta1")}
"""The versions among which a provider's own clients choose; each speaks the same dialect."""

OWN_PATHS = ("/admin", "/console", "/opt-out", "/pictures", "/healthz", "/readyz", "/metrics", "/docs")
"""What the guard answers itself; no provider is mounted there."""

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,127}")
_PREFIX = re.compile(r"(/[A-Za-z0-9][A-Za-z0-9._-]*)+")
_LONGEST_S = 3600.0
_MOST_CONNECTIONS = 100_000
_MOST_RETRIES = 5
_MOST_FAILURES = 1_000
_KEYS = (
    "name", "dialect", "base_url", "prefix", "key_variable", "auth", "models", "tools", "connect_timeout_s", "timeout_s", "connections",
    "retries", "failures", "rest_s",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class UpstreamSpec:
    """One provider: where it is, how it is spoken to, and where callers find it.

    `key_variable` names the environment variable that holds the key. `models`, when given, lists the only models that may
    be asked for, those that embody people included; `tools` lists tool types that reach beyond the request.
    """

    name: str
    dialect: str
    base_url: str
    prefix: str
    limits: UpstreamLimits
    key_variable: str | None = None
    auth: Auth = Auth.BEARER
    models: frozenset[str] = frozenset()
    tools: frozenset[str] = frozenset()

    def in_other_versions(self) -> "tuple[UpstreamSpec, ...]":
        """The same provider under the prefixes of its other versions, where its clients look too."""
        place, _, own = self.prefix.rpartition("/")
        known = _VERSIONS.get(self.dialect, ())
        base = self.base_url.removesuffix(f"/{own}")
        return tuple(
            replace(self, prefix=f"{place}/{version}", base_url=self.base_url if base == self.base_url else f"{base}/{version}")
            for version in known
            if own in known and version != own
        )

    def key(self, environment: Mapping[str, str]) -> str | None:
        """The provider's key; InvalidInputError where its variable is not set."""
        if self.key_variable is None:
            return None
        key = environment.get(self.key_variable, "").strip()
        if not key:
            raise InvalidInputError(
                f"the upstream {self.name!r} takes its key from {self.key_variable}, which is not set; set it, or leave out `key_variable`"
            )
        return key


def parse(text: str, source: str, usual: UpstreamLimits) -> tuple[UpstreamSpec, ...]:
    """Every provider of the file, in its order.

    Args:
        text: the file's content.
        source: its name, for messages.
        usual: times and connections of a provider that states none.

    Raises:
        InvalidInputError: `source:line:column: what is wrong; what to do`, every problem a line.
    """
    try:
        problems, specs = _read(read_tree(text), usual)
    except TreeError as error:
        problems, specs = [error.problem], []
    if problems:
        told = "\n".join(f"{source}:{problem.line}:{problem.column}: {problem.message}" for problem in problems)
        raise InvalidInputError(told, problems)
    return tuple(specs)


def _read(root: Node, usual: UpstreamLimits) -> tuple[list[Problem], list[UpstreamSpec]]:
    listed = root.value["upstreams"][1] if isinstance(root.value, dict) and set(root.value) == {"upstreams"} else None
    if listed is None or not isinstance(listed.value, list) or not listed.value:
        return [root.problem("must be `upstreams:` and a list of providers, each with `name`, `dialect` and `base_url`")], []
    problems: list[Problem] = []
    specs: list[UpstreamSpec] = []
    for node in listed.value:
        entry = _Entry(node, usual)
        spec = entry.read()
        if spec is not None:
            entry.problems += [node.problem(clash) for clash in (_clash(spec, other) for other in specs) if clash]
            specs.append(spec)
        problems += entry.problems
    return problems, specs


def _clash(spec: UpstreamSpec, other: UpstreamSpec) -> str | None:
    if spec.name == other.name:
        return f"the name {spec.name!r} is taken; give each provider its own"
    if f"{spec.prefix}/".startswith(f"{other.prefix}/") or f"{other.prefix}/".startswith(f"{spec.prefix}/"):
        return f"the prefix {spec.prefix!r} and that of {other.name!r}, {other.prefix!r}, overlap; set `prefix` so that neither begins with the other"
    return None


class _Entry:
    """One provider of the list; collects what is wrong on the way."""

    def __init__(self, node: Node, usual: UpstreamLimits) -> None:
        self.problems: list[Problem] = []
        self._node = node
        self._usual = usual
        self._values: dict[str, Node] = {}
        if not isinstance(node.value, dict):
            self._wrong(node, "must be a section with `name`, `dialect` and `base_url`")
            return
        for name, (key, value) in node.value.items():
            if name not in _KEYS:
                self._wrong(key, f"unknown key `{name}`{_closest(name, _KEYS)}; known: {', '.join(_KEYS)}")
            self._values[name] = value
        for name in ("name", "dialect", "base_url"):
            if name not in self._values:
                self._wrong(node, f"lacks `{name}`; add it")

    def read(self) -> UpstreamSpec | None:
        """The provider, or None where something is wrong."""
        dialect = self._choice("dialect", tuple(DIALECTS))
        auth = self._choice("auth", tuple(Auth)) if "auth" in self._values else USUAL_AUTH.get(dialect, Auth.BEARER)
        spec = UpstreamSpec(
            name=self._text("name", _NAME, "lower-case letters, digits, `-` and `_`, at most 32") or "",
            dialect=dialect,
            base_url=self._base_url(),
            prefix=self._prefix(USUAL_PREFIXES.get(dialect, "/v1")),
            limits=self._limits(),
            key_variable=self._text("key_variable", _VARIABLE, "the name of an environment variable, not the key itself"),
            auth=Auth(auth) if auth else Auth.BEARER,
            models=self._words("models"),
            tools=self._words("tools"),
        )
        if spec.auth is Auth.NONE and spec.key_variable is not None:
            self._wrong(self._values["auth"], "`auth: none` sends no key; remove `key_variable`")
        return None if self.problems else spec

    def _wrong(self, node: Node, message: str) -> None:
        self.problems.append(node.problem(message))

    def _text(self, name: str, shape: re.Pattern[str], what: str) -> str | None:
        node = self._values.get(name)
        if node is None:
            return None
        if not isinstance(node.value, str) or not shape.fullmatch(node.value):
            self._wrong(node, f"`{name}` must be {what}")
            return None
        return node.value

    def _choice(self, name: str, choices: Collection[str]) -> str:
        node = self._values.get(name)
        if node is None:
            return ""
        if not isinstance(node.value, str) or node.value not in choices:
            self._wrong(node, f"`{name}` is {node.value!r}{_closest(str(node.value), choices)}; write one of {', '.join(choices)}")
            return ""
        return node.value

    def _base_url(self) -> str:
        node = self._values.get("base_url")
        if node is None:
            return ""
        text = node.value if isinstance(node.value, str) else ""
        if problem := _url_problem(text):
            self._wrong(node, f"`base_url` {problem}; write for example https://api.openai.com/v1")
        return text.rstrip("/")

    def _prefix(self, usual: str) -> str:
        prefix = self._text("prefix", _PREFIX, "a path such as /gemini/v1beta, without a slash at its end")
        chosen = prefix or usual
        if any(f"{chosen}/".startswith(f"{own}/") for own in OWN_PATHS):
            self._wrong(self._values.get("prefix", self._node), f"the guard itself answers under {chosen}; choose another `prefix`")
        return chosen

    def _words(self, name: str) -> frozenset[str]:
        node = self._values.get(name)
        if node is None:
            return frozenset()
        words = [item.value for item in node.value] if isinstance(node.value, list) else []
        if not words or not all(isinstance(word, str) and word.strip() for word in words):
            self._wrong(node, f"`{name}` must be a list of words, at least one; leave it out to list none")
            return frozenset()
        return frozenset(str(word) for word in words)

    def _limits(self) -> UpstreamLimits:
        return replace(
            self._usual,
            connect_s=self._number("connect_timeout_s", self._usual.connect_s, _LONGEST_S),
            total_s=self._number("timeout_s", self._usual.total_s, _LONGEST_S),
            connections=int(self._number("connections", self._usual.connections, _MOST_CONNECTIONS, whole=True)),
            retries=int(self._number("retries", self._usual.retries, _MOST_RETRIES, whole=True, or_none=True)),
            failures=int(self._number("failures", self._usual.failures, _MOST_FAILURES, whole=True, or_none=True)),
            rest_s=self._number("rest_s", self._usual.rest_s, _LONGEST_S),
        )

    def _number(self, name: str, usual: float, most: float, *, whole: bool = False, or_none: bool = False) -> float:
        """A number of the entry above 0, or 0 too where that says never."""
        node = self._values.get(name)
        if node is None:
            return usual
        value = node.value
        if (
            isinstance(value, bool)
            or not isinstance(value, int if whole else (int, float))
            or not (0 < value <= most or (or_none and value == 0))
        ):
            least = "of at least 0" if or_none else "above 0"
            self._wrong(node, f"`{name}` must be a {'whole ' if whole else ''}number {least} and at most {most:g}")
            return usual
        return value


def _url_problem(text: str) -> str | None:
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return "is no URL"
    if parts.scheme not in ("http", "https") or not parts.hostname or port == 0:
        return "must be a URL that begins with https:// or http:// and a host"
    if parts.username or parts.password:
        return "must not hold credentials; name their variable in `key_variable`"
    if parts.query or parts.fragment or "?" in text or "#" in text or not text.isascii() or not text.isprintable() or " " in text:
        return "must end with its path, without `?`, `#` or spaces"
    if any(segment in (".", "..") for segment in parts.path.split("/")) or "//" in parts.path or "%" in parts.path:
        return "must have a plain path"
    return None


def _closest(word: str, known: Collection[str]) -> str:
    near = get_close_matches(word, list(known), 1)
    return f" (did you mean `{near[0]}`?)" if near else ""
