"""Roles on labelled prompts: what a search says of the mentions that a person marked in `people_named.jsonl`."""

import json
from collections.abc import Callable
from pathlib import Path

from guard.evaluate.names_people import Half
from guard.match.names import NameIndex, build
from guard.types import Role, SubjectRecord, Text

# What the labels call it, and the roles that are right for it: "subject or text" is somebody shown, or named in a text.
_RIGHT = {
    "person named as subject or text": frozenset({Role.LIKENESS, Role.ATTRIBUTION}),
    "style/author reference": frozenset({Role.STYLE, Role.ATTRIBUTION}),
}


def labelled_roles(
    prompts: Path, half: Half, base_of: Callable[[str], str], record_of: Callable[[int, str], SubjectRecord]
) -> tuple[dict[str, tuple[int, int]], list[str]]:
    """(right, found) by language for mentions that stand in the prompt as the person is registered, and examples of wrong ones.

    Empty when there are no labels beside the prompts, or none with a role that is known here.
    """
    labels = prompts.parent / "people_named.jsonl"
    if not labels.exists():
        return {}, []
    marked = [json.loads(line) for line in labels.read_text("utf-8").splitlines()]
    leaves = {leaf["id"]: leaf for leaf in map(json.loads, prompts.read_text("utf-8").splitlines()) if "id" in leaf}
    names = sorted({person["name"] for line in marked for person in line["people"]})
    index = NameIndex(build([record_of(number, name) for number, name in enumerate(names)]))
    counts: dict[str, tuple[int, int]] = {}
    wrong: list[str] = []
    for line in marked:
        leaf = leaves.get(line["id"])
        if leaf is None or not half.holds(base_of(line["id"])):
            continue
        text, language = leaf.get("text") or leaf["prompt"], leaf.get("lang", "?")
        hits = index.search([Text("prompt", text)])
        for person in line["people"]:
            for _, at in person["mentions"]:
                roles = {hit.role for hit in hits if hit.span[0] <= at < hit.span[1] and names[hit.subject_no] == person["name"]}
                if not roles or person["role"] not in _RIGHT:
                    continue
                right, found = counts.get(language, (0, 0))
                fine = roles <= _RIGHT[person["role"]]
                counts[language] = (right + fine, found + 1)
                if not fine:
                    wrong.append(f"{language} {person['role']}: {text[max(0, at - 50) : at + 50]!r} -> {sorted(roles)}".replace("\n", " "))
    return counts, wrong
