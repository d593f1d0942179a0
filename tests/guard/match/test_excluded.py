"""Exclusions: which mentions do not mean the person."""

import pytest

from guard.match.excluded import excluded
from guard.match.gallery import Gallery
from guard.match.names.ingest import expand
from guard.types import SubjectKind, SubjectRecord, Text

EXCLUSIONS = ("Quillonia Marrow hotel", "Quillonia Marrow, potter")
CASES = [
    pytest.param("the Quillonia Marrow Hotel at night", True, id="inside one"),
    pytest.param("the quillonia  marrow\nHOTEL", True, id="in any case and spacing"),
    pytest.param("Quillonia Marrow, potter from Bergen", True, id="another"),
    pytest.param(f"{'a ' * 500}Quillonia Marrow, potter{' a' * 500}", True, id="far inside a text"),
    pytest.param(f"Quillonia Marrow{' ' * 200}hotel", True, id="with much white space"),
    pytest.param(f"Quillonia Marrow hotel{' hotel' * 99}", True, id="before more words"),
    pytest.param(f"Quillonia Marrow{' ' * 999}hotel", False, id="with white space without end"),
    pytest.param("Quillonia Marrow in a hotel", False, id="the words are not together"),
    pytest.param("Quillonia Marrow hotels", False, id="a longer word"),
    pytest.param("Quillоnia Marrow hotel", False, id="disguised"),
]


@pytest.mark.parametrize(("text", "wanted"), CASES)
def test_excluded(text: str, wanted: bool) -> None:
    begin = text.lower().index("quill")
    end = text.lower().index("marrow") + len("marrow")
    assert excluded("prompt", (begin, end), EXCLUSIONS, {"prompt": text}) is wanted


def test_what_is_in_no_one_place_is_not_excluded() -> None:
    assert not excluded("prompt", None, EXCLUSIONS, {"prompt": EXCLUSIONS[0]})
    assert not excluded("texts[0]", (0, 16), EXCLUSIONS, {"prompt": EXCLUSIONS[0]})
    assert not excluded("prompt", (0, 5), ("", " "), {"prompt": "Quillonia"})


def test_the_gallery_leaves_out_what_is_excluded_and_nothing_else() -> None:
    name = "Quillonia Marrow"
    person = SubjectRecord(1, "sub_1", name, SubjectKind.PUBLIC_FIGURE, tuple(expand(name)), exclusions=EXCLUSIONS)
    for gallery in (Gallery.of([person]), Gallery.of([]).apply([person], [], 1)):
        found = [
            [hit.text for hit, _ in gallery.find_names([Text("prompt", text)])]
            for text in ("the Quillonia Marrow hotel", "Quillonia Marrow before the Quillonia Marrow hotel", "Quillonia Marrow")
        ]
        assert found == [[], [name], [name]]


def test_what_is_excluded_does_not_count_towards_enough_mentions() -> None:
    name = "Quillonia Marrow"
    person = SubjectRecord(1, "sub_1", name, SubjectKind.PUBLIC_FIGURE, tuple(expand(name)), exclusions=EXCLUSIONS)
    text = f"{'Quillonia Marrow, potter. ' * 20}Quillonia Marrow at sea"
    assert [hit.span for hit, _ in Gallery.of([person]).find_names([Text("prompt", text)])] == [(520, 536)]
