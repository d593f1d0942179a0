"""Descriptions: what people write for the one that was registered."""

from functools import cache

import pytest

from guard.match.names import NameIndex, build
from guard.match.names.descriptors import forms
from guard.match.names.ingest import expand
from guard.types import Alias, AliasKind, Strength, SubjectKind, SubjectRecord, Text

OFFICES = ["the 46th US president", "the Queen of England", "Beyoncé's husband", "the third wife of Henry"]
SAID = [
    ("the forty-sixth US president eating a burger", 0),
    ("photo of a smiling 46TH U.S. PRESIDENT", 0),
    ("America's 46th president on a horse", 0),
    ("the forty sixth president of the United States", 0),
    ("draw the United States' 46th president", 0),
    ("the 46th American president is dancing", 0),
    ("the forty-sixth US president's dog", 0),
    ("a portrait of the queen of the United Kingdom", 1),
    ("a photo of England’s Queen", 1),
    ("the husband of Beyonce wearing a hat", 2),
    ("Henry's 3rd wife", 3),
    ("the 45th US president eating a burger", None),
    ("the president of the jury", None),
    ("a queen in England", None),
]


@cache
def index() -> NameIndex:
    aliases = [Alias(office, AliasKind.DESCRIPTOR, Strength.STRONG) for office in OFFICES]
    records = [
        SubjectRecord(no, str(no), f"Quillonia Marrow{no}", SubjectKind.PUBLIC_FIGURE, tuple(expand(f"Quillonia Marrow{no}", [alias])))
        for no, alias in enumerate(aliases)
    ]
    return NameIndex(build(records))


@pytest.mark.parametrize(("text", "no"), SAID)
def test_said_otherwise(text: str, no: int | None) -> None:
    hits = [hit for hit in index().search([Text("prompt", text)]) if hit.strength is not Strength.WEAK]
    assert {hit.subject_no for hit in hits} == ({no} if no is not None else set())


def test_forms_of_what_names_no_country_are_few() -> None:
    assert list(forms("the third wife of Henry")) == [
        "the 3rd wife of Henry",
        "third wife of Henry",
        "3rd wife of Henry",
        "Henry's third wife",
        "Henry's 3rd wife",
    ]
