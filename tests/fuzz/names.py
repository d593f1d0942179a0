"""Any text through the name matcher: never an exception, spans that hold what they say, the same answer twice, junk that hides nobody.

`make fuzz` runs it under Atheris (libFuzzer) with coverage of the matcher and the views. Half of the mutants are made from the
structure of the problem: a registered name, one to three disguises, among junk. What takes long is told at the end, not failed.
"""

import base64
import random
import sys
import time
import unicodedata
from collections.abc import Callable
from pathlib import Path

import atheris
import yaml

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

with atheris.instrument_imports(include=["guard.match.names", "guard.normalise"]):
    from guard.match.names import NameHit, NameIndex, build
    from guard.match.names.ingest import expand

from guard.evaluate.names_attacks import ATTACKS
from guard.types import Strength, SubjectKind, SubjectRecord, Text

NAMES: list[str] = yaml.safe_load((Path(__file__).resolve().parents[1] / "cases" / "names.yaml").read_text("utf-8"))["people"]
BOUND_MS = 2.0
"""CPU for 1,000 characters (20 ms for the 10,000 of a hostile text); a text is told of from 500 characters on, below that the clock says little."""

FEWEST = 500
LONGEST = 4_000
# Junk stands beyond what counts as the surroundings of a mention: small letters there tell whether capitals mean anything.
FAR = "\n" * 48
JUNK = tuple(FAR + junk for junk in ("", "12 34\n", "...\n\n", "(a kettle on the stove)\n"))
WRAPS: tuple[Callable[[str], str], ...] = (
    lambda text: base64.b64encode(text.encode("utf-8", "surrogatepass")).decode(),
    lambda text: text.encode("utf-8", "surrogatepass").hex(),
    lambda text: "".join(f"%{byte:02x}" for byte in text.encode("utf-8", "surrogatepass")),
    lambda text: "".join(f"&#{ord(c)};" for c in text),
    lambda text: "".join(f"\\u{ord(c):04x}" for c in text),
    lambda text: text[::-1],
    lambda text: " ".join(text),
    lambda text: "\u202e" + text,
    lambda text: unicodedata.normalize("NFD", text),
    str.upper,
    str.swapcase,
)


def decoded(data: bytes) -> str:
    """Bytes as text; what is not UTF-8 becomes lone surrogates."""
    try:
        return data.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return data.decode("utf-8", "surrogateescape")


def disguised(rng: random.Random) -> str:
    """A name under one to three disguises."""
    text = rng.choice(NAMES)
    for _ in range(rng.randint(1, 3)):
        if rng.random() < 0.3:
            text = rng.choice(WRAPS)(text)
            continue
        try:
            parts = rng.choice(list(ATTACKS.values()))(text, rng)
        except (IndexError, ValueError, UnicodeError):  # an attack is made for names, and this is one no longer
            continue
        text = rng.choice(("\n", " ", "")).join(parts) if parts else text
    return text


def mutated(data: bytes, most: int, seed: int) -> bytes:
    """libFuzzer's mutation of the bytes, or a disguised name put somewhere into the text."""
    rng = random.Random(seed)
    if rng.random() < 0.5:
        return bytes(atheris.Mutate(data, most))
    text = decoded(data)
    at = rng.randint(0, len(text))
    return (text[:at] + rng.choice(("", " ", "\n", "a photo of ", "\u200b")) + disguised(rng) + text[at:]).encode("utf-8", "surrogatepass")[
        :most
    ]


class Target:
    """The matcher under trial."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._names = NameIndex(
            build(
                [SubjectRecord(no, f"sub_{no}", name, SubjectKind.PUBLIC_FIGURE, tuple(expand(name, ()))) for no, name in enumerate(NAMES)]
            )
        )
        self._slowest_ms = BOUND_MS

    def __call__(self, data: bytes) -> None:
        """One text."""
        text = decoded(data)
        hits = self._search(text)
        for hit in hits:
            start, end = hit.span
            assert 0 <= start < end <= len(text), hit
            assert text[start:end] == hit.text, hit
        found = certain(hits)
        if len(text) <= LONGEST:
            junk = JUNK[len(text) % len(JUNK)]
            longer = certain(self._search(text + junk))
            assert found <= longer, (found - longer, junk)
        began = time.process_time()
        assert self._search(text) == hits
        self._tell(text, (time.process_time() - began) * 1000)  # of the second time: what is loaded at first use is no text's doing
        cut = len(text) // 2
        self._names.search([Text("a", text[:cut]), Text("b", text[cut:])])

    def _search(self, text: str) -> list[NameHit]:
        return self._names.search([Text("prompt", text)])

    def _tell(self, text: str, cost_ms: float) -> None:
        share = cost_ms / len(text) * 1000 if len(text) >= FEWEST else 0.0
        if share > self._slowest_ms:
            self._slowest_ms = share
            kept = self._folder / f"slow-{share:.0f}ms"
            kept.write_bytes(text.encode("utf-8", "surrogatepass"))
            print(f"slow: {share:.1f} ms of CPU for 1,000 characters, kept as {kept}", flush=True)


def certain(hits: list[NameHit]) -> set[tuple[int, tuple[int, int]]]:
    """Who was found where, beyond doubt."""
    return {(hit.subject_no, hit.span) for hit in hits if hit.strength is Strength.STRONG}


def main() -> None:
    """`names.py FOLDER [libFuzzer options]`; the folder keeps what was found worth trying."""
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for number, name in enumerate(NAMES):
        (folder / f"seed-{number}").write_text(f"a photo of {name} at sea", "utf-8")
    atheris.Setup(sys.argv, Target(folder), custom_mutator=mutated)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
