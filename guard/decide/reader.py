"""Reading sections of a YAML tree by their table of keys, collecting everything that is wrong on the way. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from difflib import get_close_matches
from enum import StrEnum
from typing import TypeVar

from guard.decide.fields import LONGEST_TEXT, MOST_VALUES, Key
from guard.decide.yaml_tree import Node, Problem
from guard.jurisdictions import WANTED, known

MOST_PROBLEMS = 50
Choice = TypeVar("Choice", bound=StrEnum)
Signal = tuple[str, float | str | bool]


@dataclass(slots=True)
class Reader:
    """Collects problems; every method answers a harmless default where something is wrong."""

    problems: list[Problem] = field(default_factory=list)

    def wrong(self, node: Node, message: str) -> None:
        """Note one problem."""
        if len(self.problems) < MOST_PROBLEMS:
            self.problems.append(node.problem(message))

    def section(self, node: Node, keys: Mapping[str, Key], what: str) -> "Section":
        """The section at a node, its unknown and missing keys noted."""
        if not isinstance(node.value, dict):
            self.wrong(node, f"{what} must be a section (`key: value` lines), not {_shown(node)}")
            return Section(self, node, {}, keys)
        for name, (key, value) in node.value.items():
            if name not in keys:
                self.wrong(Node(None, key.line, key.column, value.pointer), f"unknown key `{name}` in {what}; {_hint(name, keys)}")
        for name, key_ in keys.items():
            if key_.needed and name not in node.value:
                self.wrong(node, f"{what} lacks `{name}`; add it")
        return Section(self, node, {name: value for name, (_, value) in node.value.items() if name in keys}, keys)

    def words(self, node: Node) -> tuple[str, ...]:
        """A word or a list of words."""
        nodes = node.value if isinstance(node.value, list) else [node]
        if len(nodes) > MOST_VALUES:
            self.wrong(node, f"{len(nodes)} values are more than {MOST_VALUES}; use a pattern (`images.*`) or a group")
            return ()
        return tuple(word for word in map(self.word, nodes) if word)

    def word(self, node: Node) -> str:
        """One word or text."""
        if not isinstance(node.value, str) or not node.value.strip():
            self.wrong(node, f"must be a word, not {_shown(node)}; put it in quotes if it is meant as text")
            return ""
        if len(node.value) > LONGEST_TEXT:
            self.wrong(node, f"{len(node.value)} characters are more than {LONGEST_TEXT}")
            return ""
        return node.value

    def choice(self, node: Node, choices: Sequence[str]) -> str | None:
        """One of a fixed set."""
        if isinstance(node.value, str) and node.value in choices:
            return node.value
        self.wrong(node, f"{_shown(node)} is none of {', '.join(choices)}{_closest(node, choices)}")
        return None

    def number(self, node: Node, low: float, high: float) -> float | None:
        """A finite number of the range."""
        value = node.value
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            self.wrong(node, f"must be a number from {low:g} to {high:g}, not {_shown(node)}")
        elif not low <= value <= high:
            self.wrong(node, f"{value:g} is outside {low:g}..{high:g}")
        else:
            return float(value)
        return None

    def signals(self, node: Node, known: Sequence[str]) -> tuple[Signal, ...]:
        """Signals by name, each with a number, a word or a truth."""
        if not isinstance(node.value, dict):
            self.wrong(node, f"must be signals (`sexual: 0.5`), not {_shown(node)}")
            return ()
        found: list[Signal] = []
        for name, (key, value) in node.value.items():
            if name not in known:
                self.wrong(Node(None, key.line, key.column, value.pointer), f"unknown signal `{name}`; {_hint(name, known)}")
            elif isinstance(value.value, (bool, str)):
                found.append((name, value.value))
            elif (number := self.number(value, 0, 200)) is not None:
                found.append((name, number))
        return tuple(found)


@dataclass(frozen=True, slots=True)
class Section:
    """One section: its values by key, read as the key's kind says."""

    reader: Reader
    node: Node
    values: Mapping[str, Node]
    keys: Mapping[str, Key]

    def __contains__(self, name: str) -> bool:
        return name in self.values

    def at(self, name: str) -> Node:
        """The node of a key, or of the section where the key is missing."""
        return self.values.get(name, self.node)

    def word(self, name: str, default: str = "") -> str:
        """A text."""
        return self.reader.word(self.values[name]) if name in self.values else default

    def optional(self, name: str) -> str | None:
        """A text, or None where it is not given."""
        return self.reader.word(self.values[name]) or None if name in self.values else None

    def words(self, name: str) -> tuple[str, ...]:
        """One or several words; none where it is not given."""
        return self.reader.words(self.values[name]) if name in self.values else ()

    def places(self, name: str) -> tuple[str, ...]:
        """One or several places as codes; none where it is not given."""
        places = self.words(name)
        for place in places:
            if not known(place):
                self.reader.wrong(self.values[name], f"`{place}` {WANTED}")
        return places

    def choice(self, name: str, kind: type[Choice], default: Choice) -> Choice:
        """One member of a closed set."""
        if name not in self.values:
            return default
        chosen = self.reader.choice(self.values[name], self.keys[name].choices)
        return default if chosen is None else kind(chosen)

    def choices(self, name: str, kind: type[Choice]) -> tuple[Choice, ...]:
        """Members of a closed set, in the order given."""
        return tuple(kind(word) for word in self.named(name))

    def named(self, name: str) -> tuple[str, ...]:
        """Words out of the key's choices."""
        if name not in self.values:
            return ()
        node = self.values[name]
        nodes = node.value if isinstance(node.value, list) else [node]
        if not nodes:
            self.reader.wrong(node, f"`{name}` is empty; leave it out to mean every one")
        chosen = (self.reader.choice(one, self.keys[name].choices) for one in nodes[:MOST_VALUES])
        return tuple(dict.fromkeys(word for word in chosen if word is not None))

    def score(self, name: str) -> float | None:
        """A number from 0 to 1."""
        return self.reader.number(self.values[name], 0, 1) if name in self.values else None

    def seconds(self, name: str, default: float) -> float:
        """A number from 0.1 to 60."""
        seconds = self.reader.number(self.values[name], 0.1, 60) if name in self.values else None
        return default if seconds is None else seconds

    def count(self, name: str, default: int = 0) -> int:
        """A whole number from 0."""
        if name not in self.values:
            return default
        node = self.values[name]
        if isinstance(node.value, bool) or not isinstance(node.value, int) or not 0 <= node.value <= 1_000_000_000:
            self.reader.wrong(node, f"must be a whole number from 0, not {_shown(node)}")
            return default
        return node.value

    def truth(self, name: str) -> bool | None:
        """True, false, or None where it is not given."""
        if name not in self.values:
            return None
        node = self.values[name]
        if not isinstance(node.value, bool):
            self.reader.wrong(node, f"must be true or false, not {_shown(node)}")
            return None
        return node.value

    def time(self, name: str) -> datetime | None:
        """An instant with its offset, as UTC."""
        if name not in self.values:
            return None
        node = self.values[name]
        try:
            when = datetime.fromisoformat(node.value) if isinstance(node.value, str) else None
        except ValueError:
            when = None
        if when is None or when.tzinfo is None:
            self.reader.wrong(node, f"must be a time with its offset such as 2026-05-01T00:00:00Z, not {_shown(node)}")
            return None
        return when.astimezone(UTC)

    def signals(self, name: str) -> tuple[Signal, ...]:
        """Signals by name."""
        return self.reader.signals(self.values[name], self.keys[name].choices) if name in self.values else ()

    def sections(self, name: str, keys: Mapping[str, Key], what: str, most: int) -> list["Section"]:
        """A list of sections."""
        if name not in self.values:
            return []
        node = self.values[name]
        if not isinstance(node.value, list):
            self.reader.wrong(node, f"`{name}` must be a list (lines that begin with `-`), not {_shown(node)}")
            return []
        if len(node.value) > most:
            self.reader.wrong(node, f"{len(node.value)} entries in `{name}` are more than {most}; group values into lists")
            return []
        return [self.reader.section(one, keys, what) for one in node.value]

    def section(self, name: str, keys: Mapping[str, Key], what: str) -> "Section":
        """A section inside this one; an empty one where it is not given."""
        if name not in self.values:
            return Section(self.reader, self.node, {}, keys)
        return self.reader.section(self.values[name], keys, what)

    def named_nodes(self, name: str, most: int) -> dict[str, Node]:
        """A mapping from names to nodes."""
        if name not in self.values:
            return {}
        node = self.values[name]
        if not isinstance(node.value, dict):
            self.reader.wrong(node, f"`{name}` must be names with what they mean, not {_shown(node)}")
            return {}
        if len(node.value) > most:
            self.reader.wrong(node, f"{len(node.value)} entries in `{name}` are more than {most}")
            return {}
        return {key: value for key, (_, value) in node.value.items()}


def _shown(node: Node) -> str:
    if node.value is None:
        return "nothing"
    if isinstance(node.value, dict):
        return "a section"
    if isinstance(node.value, list):
        return "a list"
    return repr(node.value if not isinstance(node.value, str) else node.value[:60])


def _closest(node: Node, choices: Sequence[str]) -> str:
    close = get_close_matches(str(node.value)[:60], choices, n=1)
    return f"; did you mean `{close[0]}`?" if close else ""


def _hint(name: str, known: "Mapping[str, Key] | Sequence[str]") -> str:
    close = get_close_matches(name[:60], list(known), n=1)
    return f"did you mean `{close[0]}`?" if close else f"known: {', '.join(known)}"
