"""Mutation tests: `make mutants`, or `python -P tests/mutants.py [module ...]`. Minutes on two cores, so no part of the suite.

Every comparison, constant, condition and statement of the modules that decide is changed, one at a time, and the tests of that
module must notice. What survives is printed, with exit status 1, unless `EQUIVALENT` says why nobody could notice it.

A change lives in memory: each mutant is a forked process whose import of the module gives the changed source.
"""

import ast
import contextlib
import copy
import importlib.abc
import importlib.machinery
import importlib.util
import os
import resource
import signal
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import ModuleType

import hypothesis
import pytest

ROOT = Path(__file__).parents[1]
DECIDE = "tests/guard/decide/"
TARGETS = {
    "guard.decide.evaluate": (
        DECIDE + "test_evaluate.py",
        DECIDE + "test_explain.py",
        DECIDE + "test_cases.py",
        DECIDE + "test_sources.py",
    ),
    "guard.decide.directives": (DECIDE + "test_directives.py", DECIDE + "test_evaluate.py"),
    "guard.decide.scopes": (DECIDE + "test_scopes.py", DECIDE + "test_directives.py", DECIDE + "test_evaluate.py"),
    "guard.jurisdictions": ("tests/guard/test_jurisdictions.py", DECIDE + "test_directives.py"),
    "guard.registry.approvals": ("tests/guard/registry/test_approvals.py",),
    "guard.registry.directive_versions": (
        "tests/guard/registry/test_directive_versions.py",
        "tests/guard/registry/test_approvals.py",
        "tests/guard/registry/test_cases.py",
        "tests/guard/registry/test_optouts.py",
        "tests/guard/registry/test_records.py",
    ),
}
EQUIVALENT: Mapping[str, str] = {
    "guard.registry.approvals: _makers: `while (key := _key(connection, actor)) is not None and key[1] not in makers and (len(makers) <= _MOST_MAKERS):`": "a thousand or a thousand and one",
    "guard.decide.directives: module: `_RESTRICTION = {Effect.ALLOW: 0, Effect.ALLOW_WITH_TERMS: 1, Effect.REVIEW: 2, Effect.DENY: 4}`": "only the order of the numbers counts",
    "guard.decide.directives: _newer: `return (one.version, _restriction(one), repr(one)) >= (other.version, _restriction(other), repr(other))`": "what is equal in all three is the same",
    "guard.jurisdictions: covers: `return members is not None and (narrow.split('-')[0] in members or _GROUPS.get(narrow, frozenset({'?x'})) <= members)`": "no place is called either",
    "guard.jurisdictions: covers: `return members is not None and (narrow.split('-')[0] in members or _GROUPS.get(narrow, frozenset({'?'})) < members)`": "a group that equals another is that other, which was looked at before",
    "guard.decide.evaluate: _fits: `held is None` is true": "asked again it says the same",
    "guard.decide.evaluate: _fits: without `self._held[ready.index] = held`": "asked again it says the same",
    "guard.decide.evaluate: holds: `self._request_fields is None` is true": "asked again it says the same",
    "guard.decide.evaluate: holds: `answer is None` is true": "asked again it says the same",
    "guard.decide.evaluate: holds: `self._activation is None` is true": "asked again it says the same",
    "guard.decide.evaluate: holds: without `self._answers[condition.source] = answer`": "asked again it says the same",
    "guard.decide.evaluate: _see: `ruling is None` is true": "asked again it says the same",
    "guard.decide.evaluate: _see: `subject_id not in live` is true": "asked again it says the same",
    "guard.decide.evaluate: decide: `ready.idle and (not (findings.hits or findings.signals or findings.faces or findings.not_examined)) and (findings.problem is None)` is false": "it only spares work",
    "guard.decide.evaluate: decide: `return _conclude(weighing.verdicts(stop_early=False), findings, policy, registry_revision)`": "it only spares work",
    "guard.decide.evaluate: verdicts: `not (stop_early and above)` is true": "it only spares work",
    "guard.decide.evaluate: _operator: `not ready.policy.rules` is false": "it only spares work",
    "guard.decide.evaluate: _operator: `not ready.about_hits` is false": "it only spares work",
    "guard.decide.evaluate: _operator: `bar.passed_by(rule.rule.effect, rule)` is false": "it only spares work",
    "guard.decide.evaluate: _operator: without `bar.note(verdict)`": "it only spares work",
    "guard.decide.evaluate: _operator: without `break`": "it only spares work",
    "guard.decide.evaluate: note: `self.active and verdict.outcome is REFUSE and (self.index is None or verdict.place[1] < self.index)` is false": "it only spares work",
    "guard.decide.evaluate: note: without `self.index = verdict.place[1]`": "it only spares work",
    "guard.decide.evaluate: passed_by: `return None`": "it only spares work",
    "guard.decide.evaluate: _directives: `stop_early` is false": "it only spares work",
    "guard.decide.evaluate: _directives: `same in told` is false": "it only spares work",
    "guard.decide.evaluate: _directives: without `told.add(same)`": "it only spares work",
    "guard.decide.evaluate: _faces_without_grant: `not self.findings.faces` is false": "it only spares work",
    "guard.decide.evaluate: module: `_PLACES = {Basis.ORDER: (_ORDER, 1), Basis.GRANT: (_GRANT, 0), Basis.OPT_OUT: (_WISH, 0), Basis.REVIEW: (_WISH, 0), Basis.EXEMPT: (_EXEMPT, 0), Basis.GENERAL_ALLOW: (_GENERAL, 0), Basis.NONE: (_DEFAULT, 0)}`": "only the order of the layers counts, and nobody else is in this one",
    "guard.decide.evaluate: module: `_PLACES = {Basis.ORDER: (_ORDER, 0), Basis.GRANT: (_GRANT, 1), Basis.OPT_OUT: (_WISH, 0), Basis.REVIEW: (_WISH, 0), Basis.EXEMPT: (_EXEMPT, 0), Basis.GENERAL_ALLOW: (_GENERAL, 0), Basis.NONE: (_DEFAULT, 0)}`": "only the order of the layers counts, and nobody else is in this one",
    "guard.decide.evaluate: module: `_PLACES = {Basis.ORDER: (_ORDER, 0), Basis.GRANT: (_GRANT, 0), Basis.OPT_OUT: (_WISH, 0), Basis.REVIEW: (_WISH, 0), Basis.EXEMPT: (_EXEMPT, 1), Basis.GENERAL_ALLOW: (_GENERAL, 0), Basis.NONE: (_DEFAULT, 0)}`": "only the order of the layers counts, and nobody else is in this one",
    "guard.decide.evaluate: module: `_PLACES = {Basis.ORDER: (_ORDER, 0), Basis.GRANT: (_GRANT, 0), Basis.OPT_OUT: (_WISH, 0), Basis.REVIEW: (_WISH, 0), Basis.EXEMPT: (_EXEMPT, 0), Basis.GENERAL_ALLOW: (_GENERAL, 1), Basis.NONE: (_DEFAULT, 0)}`": "only the order of the layers counts, and nobody else is in this one",
    "guard.decide.evaluate: module: `_PLACES = {Basis.ORDER: (_ORDER, 0), Basis.GRANT: (_GRANT, 0), Basis.OPT_OUT: (_WISH, 0), Basis.REVIEW: (_WISH, 0), Basis.EXEMPT: (_EXEMPT, 0), Basis.GENERAL_ALLOW: (_GENERAL, 0), Basis.NONE: (_DEFAULT, 1)}`": "only the order of the layers counts, and nobody else is in this one",
    "guard.decide.evaluate: module: `_SENSE = {Modality.NAME: 'text', Modality.TEXT_IN_IMAGE: 'text', Modality.FACE: 'facex', Modality.KNOWN_IMAGE: 'picture'}`": "a name that nothing else has either",
    "guard.decide.evaluate: module: `_SENSE = {Modality.NAME: 'text', Modality.TEXT_IN_IMAGE: 'text', Modality.FACE: 'face', Modality.KNOWN_IMAGE: 'picturex'}`": "a name that nothing else has either",
    "guard.decide.evaluate: module: `_request_fields: dict[str, Any] | None = field(init=True, default=None)`": "nobody gives it",
    "guard.decide.evaluate: module: `_held: dict[int, bool] = field(init=True, default_factory=dict)`": "nobody gives it",
    "guard.decide.evaluate: module: `_activation: Any = field(init=True, default=None)`": "nobody gives it",
    "guard.decide.evaluate: module: `_answers: dict[str, bool | ConditionError] = field(init=True, default_factory=dict)`": "nobody gives it",
    "guard.decide.evaluate: _floor: `years = signals.get('age_years', -2.0)`": "no age either",
    "guard.decide.evaluate: _conclude: `first = Verdict(ALLOW, (_NOTHING, 1), 'no-rule-fired', NO_CATEGORY)`": "behind everything else either way",
    "guard.registry.directive_versions: module: `_SECOND = 'this waits for a second person: somebody else has to take the same step in case {}x'`": "a message",
    "guard.registry.directive_versions: read: `lists is None` is true": "asked again it says the same",
    "guard.registry.directive_versions: module: `COLUMNS = (DIRECTIVE.c.id, DIRECTIVE.c.version, DIRECTIVE.c.effect, DIRECTIVE.c.status, DIRECTIVE.c.authority, DIRECTIVE.c.tenant, type_coerce(DIRECTIVE.c.reach, Text).label('reachx'), DIRECTIVE.c.max_uses, DIRECTIVE.c.effective_from, DIRECTIVE.c.expires_at)`": "columns are read by their place",
    "guard.registry.approvals: module: `_MOST_MAKERS = 1001`": "no key was made through so many others",
}
"""`module: function: mutated line` -> why it changes no outcome."""

CPU_S = 40
_SWAPS: dict[type[ast.AST], type[ast.AST]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.And: ast.Or,
    ast.Or: ast.And,
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Break: ast.Continue,
    ast.Continue: ast.Break,
}
Place = tuple[int, str]
"""A node by its number in the order of `ast.walk`, and what is done to it."""


def places(tree: ast.AST) -> Iterator[Place]:
    """Everything that can be changed."""
    skipped = {id(inner) for node in ast.walk(tree) for inner in _not_code(node)}
    for number, node in enumerate(ast.walk(tree)):
        if id(node) in skipped:
            continue
        if type(node) in _SWAPS:
            yield number, "swap"
        elif isinstance(node, ast.Constant) and not isinstance(node.value, bytes | type(...)) and node.value is not None:
            yield number, "constant"
        elif isinstance(node, ast.If | ast.IfExp | ast.While):
            yield from ((number, "true"), (number, "false"))
        elif isinstance(node, ast.Not):
            yield number, "not"
        elif isinstance(node, ast.Expr | ast.Assign | ast.AugAssign | ast.Return) and not isinstance(node.value, ast.Constant | None):
            yield number, "drop"


def _not_code(node: ast.AST) -> Iterator[ast.AST]:
    """Annotations, docstrings and messages of errors decide nothing."""
    for annotation in (getattr(node, "annotation", None), getattr(node, "returns", None)):
        if annotation is not None:
            yield from ast.walk(annotation)
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        yield from ast.walk(node)
    if isinstance(node, ast.Raise):
        yield from ast.walk(node)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "dataclass":
        yield from ast.walk(node)


def mutated(tree: ast.Module, place: Place) -> tuple[ast.Module, str]:
    """The tree with one change, and the line that changed as it reads then."""
    number, what = place
    changed = copy.deepcopy(tree)
    node = list(ast.walk(changed))[number]
    parents = {id(child): parent for parent in ast.walk(changed) for child in ast.iter_child_nodes(parent)}
    asked = None
    if what == "swap":
        _put(parents[id(node)], node, _SWAPS[type(node)]())
    elif what == "constant" and isinstance(node, ast.Constant):
        node.value = _other(node.value)  # type: ignore[assignment]
    elif isinstance(node, ast.If | ast.IfExp | ast.While):
        asked = ast.unparse(node.test)
        node.test = ast.copy_location(ast.Constant(what == "true"), node.test)
    elif what == "not":
        negation = parents[id(node)]
        _put(parents[id(negation)], negation, negation.operand)  # type: ignore[attr-defined]
    elif what == "drop" and isinstance(node, ast.Return):
        node.value = ast.copy_location(ast.Constant(None), node)
    else:
        _put(parents[id(node)], node, ast.copy_location(ast.Pass(), node))
    ast.fix_missing_locations(changed)
    label = _label(tree, changed, node, parents)
    return changed, label if asked is None else f"{label.partition(': ')[0]}: `{asked}` is {what}"


def _label(tree: ast.AST, changed: ast.AST, node: ast.AST, parents: Mapping[int, ast.AST]) -> str:
    """Where the change is and how the statement reads with it, or that it is gone."""
    place = node
    while not isinstance(place, ast.stmt) and id(place) in parents:
        place = parents[id(place)]
    function = place
    while not isinstance(function, ast.FunctionDef | ast.Module) and id(function) in parents:
        function = parents[id(function)]
    where = function.name if isinstance(function, ast.FunctionDef) else "module"
    if not any(each is place for each in ast.walk(changed)):
        return f"{where}: without `{ast.unparse(place).splitlines()[0]}`"
    after = set(ast.unparse(tree).splitlines())
    lines = [line.strip() for line in ast.unparse(changed).splitlines() if line not in after]
    return f"{where}: `{lines[0] if lines else ast.unparse(place).splitlines()[0]}`"


def _other(value: object) -> object:
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return value + 1
    return f"{value}x"


def _put(parent: ast.AST, old: ast.AST, new: ast.AST) -> None:
    for name, value in ast.iter_fields(parent):
        if value is old:
            setattr(parent, name, new)
        elif isinstance(value, list):
            setattr(parent, name, [new if each is old else each for each in value])


class Changed(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Gives the changed source when the module is imported."""

    def __init__(self, name: str, tree: ast.Module) -> None:
        self._name, self._tree = name, tree

    def find_spec(self, fullname: str, path: object, target: object = None) -> importlib.machinery.ModuleSpec | None:
        return importlib.util.spec_from_loader(fullname, self) if fullname == self._name else None

    def exec_module(self, module: ModuleType) -> None:
        exec(compile(self._tree, self._name, "exec"), module.__dict__)


def noticed(name: str, tree: ast.Module, tests: Sequence[str]) -> bool:
    """Whether the tests fail with this source; endless loops count as noticed."""
    child = os.fork()
    if child == 0:
        resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S))
        silence = os.open(os.devnull, os.O_WRONLY)
        os.dup2(silence, 1)
        os.dup2(silence, 2)
        sys.meta_path.insert(0, Changed(name, tree))
        status = 2
        with contextlib.suppress(BaseException):
            status = pytest.main(["-x", "-q", "-p", "no:cacheprovider", "-k", "not postgresql and not cost", *tests])
        os._exit(int(status))
    _, status = os.waitpid(child, 0)
    return status != 0


def run(name: str) -> list[str]:
    """The mutants of one module that survive."""
    source = ROOT / (name.replace(".", "/") + ".py")
    tree, tests = ast.parse(source.read_text()), [str(ROOT / test) for test in TARGETS[name]]
    if noticed(name, tree, tests):
        raise SystemExit(f"the tests of {name} fail without any change")
    found = list(places(tree))
    survivors, begun = [], time.monotonic()
    for done, place in enumerate(found, 1):
        changed, line = mutated(tree, place)
        if not noticed(name, changed, tests) and f"{name}: {line}" not in EQUIVALENT:
            survivors.append(f"{name}: {line}")
            print(f"\r{survivors[-1]}", flush=True)
        print(f"\r{name} {done}/{len(found)}, {time.monotonic() - begun:.0f} s", end="", file=sys.stderr, flush=True)
    print(f"\r{name}: {len(found)} mutants, {len(survivors)} survived", flush=True)
    return survivors


def main(names: Sequence[str]) -> int:
    """Exit status: 0 when none survived."""
    os.chdir(ROOT)
    os.nice(10)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    import sqlmodel  # noqa: F401 - heavy and unchanged: imported once, before the forks

    hypothesis.settings.register_profile("mutants", max_examples=30, derandomize=True, deadline=None, database=None)
    hypothesis.settings.load_profile("mutants")
    return 1 if [line for name in names or TARGETS for line in run(name)] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
