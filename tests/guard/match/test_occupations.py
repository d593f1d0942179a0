"""Occupations: which mentions of a word mean the person who does that."""

import pytest

from guard.match.gallery import Gallery
from guard.match.names.ingest import expand
from guard.match.occupations import strength_beside
from guard.types import Role, Strength, SubjectKind, SubjectRecord, Text

CASES = [
    pytest.param("the singer Ember on stage", Strength.STRONG, id="just before"),
    pytest.param("Ember, the singer, on stage", Strength.STRONG, id="just after"),
    pytest.param("a famous SINGER called Ember", Strength.STRONG, id="near a capital"),
    pytest.param("a singer beside a glowing ember", Strength.WEAK, id="near a small letter"),
    pytest.param("A singer waits. Ember light fills the room", Strength.WEAK, id="in another sentence"),
    pytest.param("an Ember glow", Strength.WEAK, id="no occupation"),
    pytest.param("the singers Ember and Ash", Strength.WEAK, id="another word"),
]


@pytest.mark.parametrize(("text", "wanted"), CASES)
def test_strength_beside(text: str, wanted: Strength) -> None:
    begin = text.lower().index("ember")
    assert strength_beside(text, (begin, begin + 5), Strength.WEAK, ("singer",)) is wanted


def test_a_gallery_knows_what_people_do() -> None:
    person = SubjectRecord(0, "sub_0", "Ember", SubjectKind.PUBLIC_FIGURE, tuple(expand("Ember")), occupations=("singer",))
    hits = [hit for hit, _ in Gallery.of([person]).find_names([Text("prompt", "ember beside the singer Ember")])]
    assert [(hit.span, hit.strength, hit.role) for hit in hits] == [
        ((0, 5), Strength.WEAK, Role.LIKENESS),
        ((24, 29), Strength.STRONG, Role.LIKENESS),
    ]
