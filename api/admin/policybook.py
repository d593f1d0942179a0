"""The policies that have a name here: those that come with the guard, the one the settings name, and those activated before.

A name from a request is only ever looked up in this book; it never becomes a path.
"""

import re
from dataclasses import dataclass

from api.admin.services import AdminServices
from guard.decide import load
from guard.decide.policy import Policy
from guard.errors import FieldError, InvalidInputError, NotFoundError, PolicyInvalidError
from guard.types import Mode

NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
_MODE_LINE = re.compile(r"^mode[ \t]*:.*$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Entry:
    """A policy by name. `source` is `bundled`, `settings` or `activated`."""

    name: str
    yaml: str
    source: str


def book(services: AdminServices) -> dict[str, Entry]:
    """Every named policy; where a name was activated with a text of its own, that text. Reads files and the database."""
    entries = {name: Entry(name, path.read_text("utf-8"), "bundled") for name, path in load.bundled().items()}
    for activation in services.registry.policy_activations():
        known = entries.get(activation.name)
        if known is None or known.source != "bundled":
            entries[activation.name] = Entry(activation.name, activation.yaml, "activated")
    configured = configured_entry(services)
    entries.setdefault(configured.name, configured)
    return entries


def configured_entry(services: AdminServices) -> Entry:
    """What `GUARD_POLICY` names; in force until something is activated."""
    name = services.settings.policy
    bundled = load.bundled()
    if name in bundled:
        return Entry(name, bundled[name].read_text("utf-8"), "bundled")
    policy = load.load(name)
    with open(name, encoding="utf-8") as file:
        return Entry(policy.name, file.read(), "settings")


def find(services: AdminServices, name: str) -> Entry:
    """The entry of a name, or NotFoundError."""
    entry = book(services).get(name)
    if entry is None:
        raise NotFoundError(f"there is no policy {name!r}; GET /admin/v1/policies lists them")
    return entry


def named_policy(services: AdminServices, name: str, pointer: str) -> Policy:
    """The policy of a name that a body gave, or InvalidInputError that points at it."""
    try:
        entry = find(services, name)
    except NotFoundError as error:
        raise InvalidInputError(str(error), [FieldError(pointer, str(error))]) from error
    return load.parse(entry.yaml, entry.name)


def with_mode(yaml: str, mode: Mode, source: str) -> str:
    """The text of a policy with its top-level `mode` set, so that what is activated says itself how it acts."""
    if load.parse(yaml, source).mode is mode:
        return yaml
    line = f"mode: {mode.value}"
    changed = _MODE_LINE.sub(line, yaml, count=1) if _MODE_LINE.search(yaml) else f"{yaml.rstrip()}\n{line}\n"
    if load.parse(changed, source).mode is not mode:
        raise PolicyInvalidError(f"{source}:1:1: its mode cannot be set here; write `{line}` at its top level and send the text")
    return changed
