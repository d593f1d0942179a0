"""What a new policy changes against an old one, line by line, with the direction where there is one. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from guard.decide.load import match_content
from guard.decide.policy import Policy, Rule
from guard.decide.sources import asked
from guard.types import Outcome, Stage


class Direction(StrEnum):
    """Whether a change lets less or more through; `changed` where that depends on the request."""

    STRICTER = "stricter"
    SOFTER = "softer"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class Change:
    """One difference. `before` and `after` are texts, empty where there was or is nothing."""

    path: str
    before: str
    after: str
    direction: Direction

    def line(self) -> str:
        """The change on one line."""
        return f"{self.direction.value}: {self.path}: {self.before or '-'} -> {self.after or '-'}"


def diff(old: Policy, new: Policy) -> list[Change]:
    """Every difference that decides something, in the order of the file format. Names, descriptions and cases are left out."""
    changes = [
        _outcome("people.medium", old.people.medium, new.people.medium),
        _outcome("people.no_directive", old.people.no_directive, new.people.no_directive),
        _ranked("people.exemptions", old.people.exemptions.value, new.people.exemptions.value, ("honour", "hold", "ignore")),
        _ranked(
            "people.undeclared_purpose", old.people.undeclared_purpose.value, new.people.undeclared_purpose.value, ("none", "commercial")
        ),
        _outcome("people.known_images", old.people.known_images, new.people.known_images),
        _ranked("people.stay_down", str(old.people.stay_down).lower(), str(new.people.stay_down).lower(), ("false", "true")),
        _outcome("on_error.problem", old.on_error.problem, new.on_error.problem),
        _outcome("on_error.condition", old.on_error.condition, new.on_error.condition),
        _ranked("mode", old.mode.value, new.mode.value, ("off", "shadow", "enforce")),
        _ranked("small_faces", str(old.small_faces).lower(), str(new.small_faces).lower(), ("false", "true")),
        *_sources(old, new),
        _looks_at(old, new),
        _plain("record", old.record_level.value, new.record_level.value),
        *(_plain(f"conditions.{name}", old.conditions.get(name, ""), new.conditions.get(name, "")) for name in _names(old, new)),
        *_rules(old, new),
    ]
    found = [change for change in changes if change is not None and change.before != change.after]
    tenants = sorted(old.overlays.keys() | new.overlays.keys())
    for tenant in tenants:
        inner = diff(old.overlays.get(tenant, old), new.overlays.get(tenant, new))
        found.extend(Change(f"tenants.{tenant}.{c.path}", c.before, c.after, c.direction) for c in inner)
    return found


def _sources(old: Policy, new: Policy) -> list[Change]:
    """The terms of the sources that either policy lists; one that was not asked before makes a policy stricter."""
    before, after = ({**asked(policy)[Stage.INPUT], **asked(policy)[Stage.OUTPUT]} for policy in (old, new))
    changes = []
    for name in sorted(old.sources.keys() | new.sources.keys()):
        one, other, path = before.get(name), after.get(name), f"sources.{name}"
        if one is None:
            changes.append(Change(path, "", "asked", Direction.STRICTER))
        elif other is None:
            changes.append(Change(path, "asked", "", Direction.SOFTER))
        else:
            changes.append(_outcome(f"{path}.unavailable", one.unavailable, other.unavailable))
            changes.append(_outcome(f"{path}.missing", one.missing, other.missing))
            changes.append(_plain(f"{path}.timeout_s", f"{one.timeout_s:g}", f"{other.timeout_s:g}"))
    return changes


def _names(old: Policy, new: Policy) -> list[str]:
    return sorted(old.conditions.keys() | new.conditions.keys())


def _rules(old: Policy, new: Policy) -> list[Change]:
    before, after = ({rule.name: rule for rule in policy.rules} for policy in (old, new))
    changes = []
    for name in dict.fromkeys([*before, *after]):
        one, other = before.get(name), after.get(name)
        if one is None or other is None:
            changes.append(_whole_rule(name, one, other))
        else:
            changes.extend(_rule(one, other))
    return changes


def _whole_rule(name: str, one: Rule | None, other: Rule | None) -> Change:
    """A rule that came or went: severe ones make a policy stricter or softer, rules that allow only bring obligations."""
    effect = (one or other or Rule("", Outcome.ALLOW, "")).effect
    direction = Direction.CHANGED if effect is Outcome.ALLOW else Direction.SOFTER if other is None else Direction.STRICTER
    return Change(f"rules.{name}", "" if one is None else effect.value, "" if other is None else effect.value, direction)


def _rule(one: Rule, other: Rule) -> list[Change]:
    path = f"rules.{one.name}"
    changes = [
        _outcome(f"{path}.effect", one.effect, other.effect),
        _plain(f"{path}.category", one.category, other.category),
        _plain(f"{path}.if", _text(match_content(one.match)), _text(match_content(other.match))),
        _plain(f"{path}.unless", _unless(one), _unless(other)),
        _plain(f"{path}.when", "; ".join(one.when), "; ".join(other.when)),
        _plain(f"{path}.obligations", ", ".join(one.obligations), ", ".join(other.obligations)),
        _ranked(f"{path}.grants_lift", str(one.grants_lift).lower(), str(other.grants_lift).lower(), ("true", "false")),
        _plain(f"{path}.on_error", one.on_error or "", other.on_error or ""),
    ]
    return [change for change in changes if change.before != change.after]


def _unless(rule: Rule) -> str:
    return "" if rule.unless is None else _text(match_content(rule.unless))


def _text(content: Mapping[str, object]) -> str:
    return ", ".join(f"{name}={value if not isinstance(value, list) else '|'.join(map(str, value))}" for name, value in content.items())


def _looks_at(old: Policy, new: Policy) -> Change:
    before, after = (sorted(c.value for c in policy.looks_at) for policy in (old, new))
    wider, narrower = set(before) <= set(after), set(after) <= set(before)
    direction = Direction.STRICTER if wider else Direction.SOFTER if narrower else Direction.CHANGED
    return Change("looks_at", ", ".join(before), ", ".join(after), direction)


def _outcome(path: str, before: Outcome, after: Outcome) -> Change:
    return _ranked(path, before.value, after.value, ("allow", "hold", "refuse"))


def _ranked(path: str, before: str, after: str, mildest_first: tuple[str, ...]) -> Change:
    stricter = mildest_first.index(after) > mildest_first.index(before)
    return Change(path, before, after, Direction.STRICTER if stricter else Direction.SOFTER)


def _plain(path: str, before: str, after: str) -> Change:
    return Change(path, before, after, Direction.CHANGED)
