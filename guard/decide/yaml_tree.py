"""YAML as a tree that knows the line and column of everything, refusing what a policy has no use for. Pure.

No aliases or anchors (a few lines of them unfold into gigabytes), no tags, no repeated keys, one document, and the
scalars of YAML 1.2: `no` is a word (it is Norway), `true` is a truth, NaN and infinity are refused.
"""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import yaml

from guard.errors import FieldError

LARGEST_BYTES = 512 * 1024
DEEPEST = 24
MOST_NODES = 60_000
_LOADER: type = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_INT = re.compile(r"[-+]?[0-9]{1,15}")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]{1,3})?")
_NOT_FINITE = re.compile(r"[-+]?\.(inf|nan)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Problem(FieldError):
    """One thing wrong with a policy: the pointer and message of every field error, and where it stands (from 1)."""

    line: int = 1
    column: int = 1


class TreeError(Exception):
    """A text that is no tree; holds the one problem."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


@dataclass(slots=True)
class Node:
    """A value and where it stands. `value` is a scalar, a list of nodes, or a mapping from key to (key's node, node)."""

    value: "bool | int | float | str | list[Node] | dict[str, tuple[Node, Node]] | None"
    line: int
    column: int
    pointer: str = ""
    _key: "Node | None" = field(default=None, repr=False)

    def problem(self, message: str) -> Problem:
        """Something wrong at this node."""
        return Problem(self.pointer, message, self.line, self.column)


def read_tree(text: str) -> Node:
    """The tree of one YAML document, or `TreeError`."""
    if len(text) > LARGEST_BYTES or len(text.encode("utf-8", "surrogatepass")) > LARGEST_BYTES:
        raise TreeError(
            Problem("", f"larger than {LARGEST_BYTES // 1024} KiB; a policy of that size is generated: group its values into lists")
        )
    try:
        return _build(yaml.parse(text, Loader=_LOADER))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark is not None else (1, 1)
        raise TreeError(Problem("", f"not YAML: {error.problem or error.context}", line, column)) from error
    except (yaml.YAMLError, UnicodeError, ValueError) as error:
        raise TreeError(Problem("", f"not YAML: {str(error).splitlines()[0]}")) from error


def _build(events: Iterator[yaml.Event]) -> Node:
    root: Node | None = None
    open_nodes: list[Node] = []
    count = 0
    for event in events:
        if isinstance(event, (yaml.MappingEndEvent, yaml.SequenceEndEvent)):
            open_nodes.pop()
            continue
        if not isinstance(event, yaml.NodeEvent):
            if isinstance(event, yaml.DocumentStartEvent) and root is not None:
                raise TreeError(_at(event, "a second document; keep one policy in a file"))
            continue
        node = _node(event)
        count += 1
        if count > MOST_NODES:
            raise TreeError(_at(event, f"more than {MOST_NODES} values; split the policy"))
        if open_nodes:
            _attach(open_nodes[-1], node)
        else:
            root = node
        if isinstance(node.value, (list, dict)):
            if len(open_nodes) >= DEEPEST:
                raise TreeError(_at(event, f"nested deeper than {DEEPEST} levels"))
            open_nodes.append(node)
    if root is None:
        raise TreeError(Problem("", "empty; a policy needs at least `version` and `name`"))
    return root


def _node(event: yaml.NodeEvent) -> Node:
    if isinstance(event, yaml.AliasEvent) or event.anchor is not None:
        raise TreeError(_at(event, "anchors and aliases (`&x`, `*x`) are not used in policies; write the value out"))
    tag = getattr(event, "tag", None)
    if tag not in (None, "!"):
        raise TreeError(_at(event, f"tag {tag!r} is not used in policies; remove it"))
    line, column = _place(event)
    if isinstance(event, yaml.MappingStartEvent):
        return Node({}, line, column)
    if isinstance(event, yaml.SequenceStartEvent):
        return Node([], line, column)
    assert isinstance(event, yaml.ScalarEvent)  # noqa: S101 - the only kind that is left
    return Node(_scalar(event) if event.style is None or event.style == "" else event.value, line, column)


def _scalar(event: yaml.ScalarEvent) -> bool | int | float | str | None:
    text: str = event.value
    if text in ("", "~", "null", "Null", "NULL"):
        return None
    if text in ("true", "True", "TRUE"):
        return True
    if text in ("false", "False", "FALSE"):
        return False
    if _INT.fullmatch(text):
        return int(text)
    if _NOT_FINITE.fullmatch(text):
        raise TreeError(_at(event, f"{text} is no number that can be compared; write a finite one"))
    if _FLOAT.fullmatch(text):
        number = float(text)
        if not math.isfinite(number):
            raise TreeError(_at(event, f"{text} is too large a number"))
        return number
    return text


def _attach(parent: Node, node: Node) -> None:
    if isinstance(parent.value, list):
        node.pointer = f"{parent.pointer}/{len(parent.value)}"
        parent.value.append(node)
        return
    assert isinstance(parent.value, dict)  # noqa: S101 - nothing else has children
    key = parent._key
    if key is None:
        if isinstance(node.value, (list, dict)) or node.value is None:
            raise TreeError(node.problem("a key must be a word"))
        parent._key = node
        return
    name = key.value if isinstance(key.value, str) else str(key.value)
    node.pointer = f"{parent.pointer}/{name.replace('~', '~0').replace('/', '~1')}"
    if name in parent.value:
        first = parent.value[name][0].line
        raise TreeError(Problem(node.pointer, f"`{name}` stands here twice (first in line {first}); remove one", key.line, key.column))
    parent.value[name] = (key, node)
    parent._key = None


def _at(event: yaml.Event, message: str) -> Problem:
    return Problem("", message, *_place(event))


def _place(event: yaml.Event) -> tuple[int, int]:
    mark = event.start_mark
    return (1, 1) if mark is None else (mark.line + 1, mark.column + 1)
