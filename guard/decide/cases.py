"""Running the worked cases that a policy carries. Pure; the screening of prompts comes in as a function."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from guard.decide.evaluate import decide
from guard.decide.policy import Case, Policy
from guard.decide.sources import SOURCE_OF
from guard.types import Context, Decision, Findings, Modality, Outcome

Screen = Callable[[Case], Findings]
"""What the matchers and signals find in `case.prompt`, with `case.people` as the registry. Pictures are not its work."""

_NOT_FROM_TEXT = frozenset({"probing", "keeps_person", *SOURCE_OF})


@dataclass(frozen=True, slots=True)
class Result:
    """One case on one level: `findings` (as written in the case) or `prompt` (found by the screening function)."""

    case: str
    level: str
    expected: tuple[Outcome, str]
    got: tuple[Outcome, str]

    @property
    def passed(self) -> bool:
        """Whether outcome and rule are the expected ones."""
        return self.expected == self.got


@dataclass(frozen=True, slots=True)
class Report:
    """All results of one policy, in the order of its cases."""

    policy: str
    revision: str
    results: tuple[Result, ...]

    @property
    def passed(self) -> bool:
        """Whether every case came out as expected; a policy without cases has shown nothing, and passes."""
        return all(result.passed for result in self.results)

    def lines(self) -> list[str]:
        """One line a failure, then a summary."""
        failed = [r for r in self.results if not r.passed]
        lines = [
            f"{self.policy}: {r.case!r} ({r.level}): expected {r.expected[0]} by {r.expected[1]}, got {r.got[0]} by {r.got[1]}"
            for r in failed
        ]
        return [*lines, f"{self.policy}: {len(self.results) - len(failed)} of {len(self.results)} cases as expected"]


def run(policy: Policy, screen: Screen | None = None) -> Report:
    """Every case on findings level and, where a screening function is given and the case has a prompt, on prompt level."""
    results = []
    for case in policy.cases:
        results.append(_result(case, "findings", decide(case.findings, case.people, policy, context_of(case))))
        if screen is not None and case.prompt is not None:
            findings = _merged(case, screen(case))
            results.append(_result(case, "prompt", decide(findings, case.people, policy, context_of(case))))
    return Report(policy.name, policy.revision, tuple(results))


def context_of(case: Case) -> Context:
    """The context that a case describes."""
    return Context(case.stage, case.now, case.tenant, case.route, case.model, case.purpose, case.jurisdiction, case.attestation)


def _merged(case: Case, screened: Findings) -> Findings:
    """What was found in the prompt, with what the case says of its pictures."""
    of_pictures = tuple(hit for hit in case.findings.hits if hit.modality is not Modality.NAME)
    signals = {name: value for name, value in case.findings.signals.items() if name in _NOT_FROM_TEXT}
    return replace(case.findings, hits=screened.hits + of_pictures, signals={**signals, **screened.signals})


def _result(case: Case, level: str, decision: Decision) -> Result:
    return Result(case.name, level, (case.outcome, case.rule), (decision.outcome, decision.rule))
