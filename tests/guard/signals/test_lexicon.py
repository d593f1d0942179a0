"""What the words of a text say."""

from importlib.resources import files

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guard.signals.gather import gather
from guard.signals.lexicon import build, bundled, score
from guard.signals.words import words_of
from guard.types import Text

SMALL = build(
    [
        "# a comment",
        "",
        "sexual 0.9 en: nude, no clothes, porn*, boobs, sex, nuas",
        "sexual 0.5 en: erotic, sexy pose*",
        "sexual 0.0 en: !nude lipstick, !nude tone*",
        "minors 0.9 ja: 子供, ロリ",
    ]
)

FOUND = [
    pytest.param("a nude figure", {"sexual": 0.9}, id="a word"),
    pytest.param("Wearing NO  CLOTHES.", {"sexual": 0.9}, id="a phrase"),
    pytest.param("no warm clothes", {}, id="not a phrase"),
    pytest.param("pornographic", {"sexual": 0.9}, id="a beginning"),
    pytest.param("sexy posed", {"sexual": 0.5}, id="a phrase with an open end"),
    pytest.param("erotic erotic erotic", {"sexual": 0.5}, id="a term counts once"),
    pytest.param("erotic, sexy pose", {"sexual": 0.75}, id="different terms add up"),
    pytest.param("nude lipstick", {}, id="an exception"),
    pytest.param("nude tones of beige", {}, id="an exception with an open end"),
    pytest.param("nude with nude lipstick", {"sexual": 0.9}, id="an exception covers itself alone"),
    pytest.param("公園で遊ぶ子供たち", {"minors": 0.9}, id="inside a run"),
    pytest.param("カロリー", {}, id="not inside a word of katakana"),
    pytest.param("ロリのイラスト", {"minors": 0.9}, id="a word of katakana before hiragana"),
    pytest.param("denuded hills", {}, id="not inside a word"),
    pytest.param("", {}, id="nothing"),
]


@pytest.mark.parametrize(("text", "scores"), FOUND)
def test_terms(text: str, scores: dict[str, float]) -> None:
    assert score(SMALL.find(words_of(text))) == scores


@pytest.mark.parametrize("line", ["sexual en: nude", "sexual 0.9 en nude", "sexual x en: nude"])
def test_a_line_that_is_none_is_refused(line: str) -> None:
    with pytest.raises(ValueError, match=r"line 1|could not convert"):
        build([line])


DISGUISES = [
    pytest.param("nude", id="as it is"),
    pytest.param("NuDe", id="case"),
    pytest.param("n\u200bu\u00adde", id="characters that do not show"),
    pytest.param("ｎｕｄｅ", id="full width"),
    pytest.param("nüdé", id="accents"),
    pytest.param("nudе", id="a Cyrillic letter"),
    pytest.param("𝓷𝓾𝓭𝓮", id="fancy letters"),
    pytest.param("nud3", id="a digit"),
    pytest.param("n u d e", id="spelled out"),
    pytest.param("n.u.d.e", id="with dots"),
    pytest.param("a n-u-d-e", id="after an article"),
    pytest.param("nuuuude", id="drawn out"),
    pytest.param("BOOOOBS", id="drawn out where it is double"),
    pytest.param("5ex", id="a digit first"),
    pytest.param("nu45", id="digits last"),
    pytest.param("NudeFigure", id="run together"),
    pytest.param("a fashionNude", id="at the end of a run"),
    pytest.param("wearing noClothes at all", id="a phrase run together"),
]


@pytest.mark.parametrize("text", DISGUISES)
def test_disguises_are_seen_through(text: str) -> None:
    assert score(SMALL.find(words_of(f"{text}, on a sofa"))) == {"sexual": 0.9}


MEASURES = ["35mm", "4k", "1024x1024", "f1", "a7", "2026", "100"]


@pytest.mark.parametrize("text", MEASURES)
def test_measures_stay_as_they_are(text: str) -> None:
    assert words_of(f"{text} lens")[:2] == [text, "lens"]


@settings(deadline=None)  # the list is read at its first use
@given(st.text(max_size=60))
def test_any_text_has_words_and_scores(text: str) -> None:
    assert all(0 < value <= 1 for value in score(bundled().find(words_of(text))).values())


@given(st.text(max_size=30), st.text(max_size=30))
def test_a_line_of_its_own_adds_and_never_takes(one: str, other: str) -> None:
    """Texts of a request are looked at one by one: none hides what another says."""
    alone, both = gather([Text("a", one)]), gather([Text("a", one), Text("b", other)])
    assert all(float(both.get(name, 0)) >= value for name, value in alone.items() if isinstance(value, float) and name != "age_years")


def test_the_bundled_list_has_no_term_in_two_languages_that_means_something_else() -> None:
    """The same folded word under one signal with two weights would make scores depend on the order of lines."""
    weights: dict[tuple[str, tuple[str, ...], bool], set[float]] = {}
    for table in (bundled().by_word, bundled().by_stem, bundled().in_runs):
        for terms in table.values():
            for term in terms:
                if not term.exception:
                    weights.setdefault((term.signal, term.words, term.open_end), set()).add(term.weight)
    assert {key: found for key, found in weights.items() if len(found) > 1} == {}


def test_the_bundled_list_speaks_at_least_ten_languages_for_children_and_sexual_content() -> None:
    lines = files("guard.signals").joinpath("terms.txt").read_text("utf-8").splitlines()
    heads = [line.split(":")[0].split() for line in lines if line and not line.startswith("#")]
    for signal in ("sexual", "minors", "photo", "drawn"):
        assert len({language for name, _, language in heads if name == signal}) >= 10, signal
