"""Names of which signs hide vowels: found where each sign stands for one, among however many names."""

import time

import pytest

from guard.match.names import NameIndex, build
from guard.match.names.ingest import expand
from guard.types import Role, Strength, SubjectKind, SubjectRecord, Text

PEOPLE = ["Taylor Swift", "Eileen O'Brien", "The Undertaker", "Barack Obama", "Henry Wallace"]
INDEX = NameIndex(
    build([SubjectRecord(no, f"sub_{no}", name, SubjectKind.PUBLIC_FIGURE, tuple(expand(name))) for no, name in enumerate(PEOPLE)])
)
FOUND = ("masked", Strength.STRONG, Role.LIKENESS)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        pytest.param("photo of B*r*ck Ob*m* at sea", [("Barack Obama", "B*r*ck Ob*m", *FOUND)], id="a sign at the end"),
        pytest.param("E#l##n O'Br##n", [("Eileen O'Brien", "E#l##n O'Br##n", *FOUND)], id="an apostrophe"),
        pytest.param("Th• Und•rt•k•r", [("The Undertaker", "Th• Und•rt•k•r", *FOUND)], id="ordinary words"),
        pytest.param("h*nry w*ll*c* cooking", [("Henry Wallace", "h*nry w*ll*c", *FOUND)], id="small letters"),
        pytest.param("H*nry Walluc*", [], id="another letter"),
        pytest.param("B*r*c* Ob*m*", [], id="a consonant hidden"),
        pytest.param("B*r*ck, Ob*m*", [], id="a comma between"),
        pytest.param("f*ck sh*t", [], id="nobody"),
    ],
)
def test_examples(text: str, found: list[tuple[str, str, str, Strength, Role]]) -> None:
    assert [(hit.alias, hit.text, hit.view, hit.strength, hit.role) for hit in INDEX.search([Text("prompt", text)])] == found


def test_ten_thousand_characters_take_little_time() -> None:
    text = Text("prompt", ("T*yl*r Ob*m* " * 800)[:10_000])
    INDEX.search([text])
    began = time.process_time()
    INDEX.search([text])
    assert time.process_time() - began < 0.3
