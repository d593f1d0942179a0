"""The people of an evaluation: those in a folder, and as many more made up from the parts of their names."""

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any
from zlib import crc32

# Columns of pair files: `latin<TAB>native letters parted by spaces<TAB>count`, named `*_<script>.tsv`.
SCRIPTS = {
    "russian": "Cyrillic", "greek": "Greek", "arabic": "Arabic", "hebrew": "Hebrew", "hindi": "Devanagari", "devanagari": "Devanagari", "thai": "Thai",
    "katakana": "kana", "korean": "Hangul", "chinese": "Han",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class People:
    """Full names of real people, and name tokens with the form another script gives them."""

    names: tuple[str, ...]
    pairs: dict[str, tuple[tuple[str, str], ...]]

    def part(self, half: "Half") -> "People":
        """Those of one half; a token of a pair counts by its Latin form, whatever the script."""
        pairs = {script: tuple(row for row in rows if half.holds(row[0])) for script, rows in self.pairs.items()}
        return People(tuple(name for name in self.names if half.holds(name)), pairs)


class Half(StrEnum):
    """Which people and prompts are measured, by a checksum: those that rules may be tuned on, or those they never saw."""

    ALL = "all"
    TUNING = "tuning"
    HELD_OUT = "held-out"

    def holds(self, text: str) -> bool:
        """Whether a name, a token or the id of a base prompt belongs to this half."""
        return self is Half.ALL or (crc32(text.encode()) % 2 == 1) is (self is Half.HELD_OUT)


def _full(value: str) -> str | None:
    words = value.split()
    plain = (
        not any(char in ',"()“”' for char in value)
        and words[-1].strip(".").lower() not in {"jr", "sr", "ii", "iii", "iv", "and"}
        and " and " not in value
        if words
        else False
    )
    return value if plain and 2 <= len(words) <= 4 and all(any(char.isalpha() for char in word) for word in words) else None


def _strings(tree: Any) -> Iterator[str]:
    if isinstance(tree, str):
        yield tree
    elif isinstance(tree, list):
        for leaf in tree:
            yield from _strings(leaf)
    elif isinstance(tree, dict):
        if {"first", "last"} <= tree.keys():
            yield f"{tree['first']} {tree['last']}"
        elif {"firstname", "lastname"} <= tree.keys():
            yield f"{tree['firstname']} {tree['lastname']}"
        elif isinstance(tree.get("name"), str):
            yield tree["name"]
        else:
            for key, leaf in tree.items():
                if key not in {"description", "source", "meta", "famousDuos"} and not isinstance(leaf, str):
                    yield from _strings(leaf)


def _read(path: Path) -> Iterator[str]:
    if path.suffix == ".jsonl":
        for line in path.read_text("utf-8").splitlines():
            leaf = json.loads(line)
            yield from _strings(leaf.get("name", leaf) if isinstance(leaf, dict) else leaf)
    elif path.suffix == ".json":
        yield from _strings(json.loads(path.read_text("utf-8")))
    elif path.suffix in {".txt", ".csv"}:
        yield from (line.split(",")[0].strip() for line in path.read_text("utf-8").splitlines())


def load(folder: Path) -> People:
    """Names in the `.json`, `.jsonl`, `.txt` and `.csv` files under `folder` (or one such file); pairs in its `*_<script>.tsv` files."""
    names: dict[str, None] = {}
    pairs: dict[str, tuple[tuple[str, str], ...]] = {}
    for path in sorted(folder.rglob("*")) if folder.is_dir() else [folder]:
        if path.suffix == ".tsv":
            script = SCRIPTS.get(path.stem.rpartition("_")[2])
            if script:
                rows = [line.split("\t") for line in path.read_text("utf-8").splitlines()]
                pairs[script] = tuple(
                    (row[0], row[1].replace(" ", "")) for row in rows if len(row) > 1 and row[0].isalpha() and len(row[0]) >= 4
                )
        else:
            for name in _read(path):
                if full := _full(name.strip()):
                    names.setdefault(full)
    if not names:
        raise ValueError(f"{folder} has no full names in .json, .jsonl, .txt or .csv files")
    return People(tuple(names), pairs)


def invented(people: People, count: int, seed: int = 1) -> list[str]:
    """`count` names, all different, put together from first and last names of the folder (none of them in it)."""
    rng = random.Random(seed)
    firsts = sorted({name.split()[0] for name in people.names if len(name.split()[0]) > 2})
    lasts = sorted({name.split()[-1] for name in people.names if len(name.split()[-1]) > 2})
    extra = sorted({latin.title() for rows in people.pairs.values() for latin, _ in rows if latin.isascii()})
    rng.shuffle(extra)
    firsts += extra[: len(extra) // 3]
    lasts += extra[len(extra) // 3 :]
    taken = set(people.names)
    out: list[str] = []
    while len(out) < count:
        name = f"{rng.choice(firsts)} {rng.choice(lasts)}"
        if name not in taken:
            taken.add(name)
            out.append(name)
    return out
