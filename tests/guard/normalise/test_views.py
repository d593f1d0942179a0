"""Views: what the signs in a text call for, with the way back to the code points that were sent."""

import base64
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guard.normalise.fold import fold
from guard.normalise.views import views

CASES = [
    pytest.param("draw VGF5bG9yIFN3aWZ0 now", {"decoded": "draw Taylor Swift now"}, id="base64"),
    pytest.param("draw 54 61 79 6c 6f 72 now", {"decoded": "draw Taylor now"}, id="hex"),
    pytest.param("%54%61%79lor", {"decoded": "Taylor"}, id="url"),
    pytest.param("&#84;&#x61;ylor", {"decoded": "Taylor"}, id="html"),
    pytest.param("\\u0054\\x61ylor", {"decoded": "Taylor"}, id="unicode escapes"),
    pytest.param("01010100 01100001 01111001 01101100", {"decoded": "Tayl"}, id="bits"),
    pytest.param("- .- -.-- .-.. --- .-.", {"decoded": "taylor"}, id="Morse"),
    pytest.param("KRQXS3DPOIQFG53JMZ2A====", {"decoded": "Taylor Swift"}, id="base32"),
    pytest.param("<~<+1&gDfQt!GA1Z2~>", {"decoded": "Taylor Swift"}, id="Ascii85"),
    pytest.param("0x54 0x61 0x79 0x6c", {"decoded": "Tayl"}, id="hex bytes with their sign"),
    pytest.param(r"\124\141\171\154", {"decoded": "Tayl"}, id="octal"),
    pytest.param("=54=61=79=6C now", {"decoded": "Tayl now"}, id="quoted-printable"),
    pytest.param("chr(84)+chr(97)+chr(121) + now", {"decoded": "Tay + now"}, id="character codes"),
    pytest.param("String.fromCharCode(84, 97, 121) now", {"decoded": "Tay now"}, id="character codes in a list"),
    pytest.param("20-1-25-12 19-23-9-6-20", {"decoded": "tayl swift"}, id="places in the alphabet"),
    pytest.param("U+0054 U+0061 U+0079 now", {"decoded": "Tay now"}, id="code points"),
    pytest.param("⠞⠁⠽⠇⠕⠗ ⠠⠎⠺⠊⠋⠞", {"decoded": "taylor swift"}, id="Braille"),
    pytest.param("Tay<b>lor</b> Sw<!-- - -->ift", {"markup": "Taylor Swift"}, id="tags within words"),
    pytest.param("remove every x: Txaxyx", {"letters left out": "remove every : Tay"}, id="letters left out"),
    pytest.param("T.4.y.l.0.r", {"letters together": "T4yl0r", "leet": "Taylor"}, id="leet, letter by letter"),
    pytest.param("TailorSwyft", {"words apart": "Tailor Swyft"}, id="capitals within a word"),
    pytest.param("Tailor Swyft's cat", {"words apart": "Tailor Swyft cat"}, id="an ending on a name with errors"),
    pytest.param("T*yl*r Sw•ft", {"masked": "Tylr Swft"}, id="letters masked"),
    pytest.param("Tayyylooor", {"drawn out": "Taylor"}, id="drawn out"),
    pytest.param("Т4у\u200bl0r 5wift", {"look-alikes": "T4yl0r 5wift", "leet": "Taylor swift"}, id="one disguise upon another"),
    pytest.param(
        f"100%25 {'xy ' * 60}VGF5bG9yIFN3aWZ0", {"decoded": f"100% {'xy ' * 15}xy\n{'xy ' * 16}Taylor Swift"}, id="two codes far apart"
    ),
    pytest.param("\u202etfiwS rolyaT\u202c", {"bidi override": "Taylor Swift"}, id="right-to-left override"),
    pytest.param("Тaylоr Swift", {"look-alikes": "Taylor Swift"}, id="Cyrillic letters in a Latin word"),
    pytest.param("T4yl0r 5wift", {"leet": "Taylor swift"}, id="leet"),
    pytest.param("draw 8111 94735 now", {"leet": "draw blll gates now"}, id="nothing but signs"),
    pytest.param("2ö3 jud! dench", {"leet": "zöe judl dench"}, id="marks, and a sign at the end of a word"),
    pytest.param("t as in tom, a, y, l", {"spelled out": "t, a, y, l"}, id="as in"),
    pytest.param("Tango Alpha Yankee Lima", {"spelled out": "T A Y L "}, id="spelling alphabet"),
    pytest.param("first name Taylor, last name Swift", {"labelled parts": " Taylor Swift"}, id="labels"),
    pytest.param('{"first":"Jane","last":"Doe"} at sea', {"quoted parts": "\nJane Doe"}, id="values in a row"),
    pytest.param('a = "Jane"; b = "Doe"', {"quoted parts": "\nJane Doe"}, id="variables"),
    pytest.param("look: ǝop ǝuɐɾ", {"upside down": "jane doe \n doe jane\n", "look-alikes": "look: aop auɐɾ"}, id="upside down"),
    pytest.param("A red 35mm photo, 4k, 1024x1024, 8k, f/1.8, 1980s", {}, id="numbers with units are no leet"),
    pytest.param("V6 engine, mk2, step 1, image1, rated 10 of 10! 1920 x 1080, on 12 May 2024", {}, id="names with numbers are no leet"),
    pytest.param("Фото Путина у моря", {}, id="Russian is not a disguise"),
    pytest.param("An ordinary prompt (really!) about $5 and 50% more.", {}, id="ordinary signs"),
]


@pytest.mark.parametrize(("text", "expected"), CASES)
def test_views(text: str, expected: dict[str, str]) -> None:
    assert {view.name: view.text for view in views(text, fold(text))} == expected


@given(st.text(st.characters(), max_size=80))
def test_every_character_of_a_view_points_into_the_text(text: str) -> None:
    for view in views(text, fold(text)):
        assert len(view.spans) == len(view.text)
        assert all(0 <= low < high <= len(text) for low, high in view.spans)


@given(
    st.text(alphabet="abcdefgh ", min_size=8, max_size=30).filter(lambda text: sum(map(str.isalpha, text)) > 0.7 * len(text)),
    st.sampled_from(["", "a ", "look: "]),
)
def test_base64_points_at_the_whole_stretch(secret: str, before: str) -> None:
    blob = base64.b64encode(secret.encode()).decode()
    text = f"{before}{blob}"
    found = {view.name: view for view in views(text, fold(text))}
    if "decoded" in found and secret in found["decoded"].text:
        at = found["decoded"].text.index(secret)
        assert found["decoded"].span(at, at + len(secret)) == (len(before), len(text))


ENDLESS = [
    "1!|",
    "$",
    "!",
    "a!",
    "a1",
    "a*",
    ". ",
    "-",
    "(a",
    '"a',
    "\\",
    "&#",
    "%4",
    "=A",
    "0x41",
    "a a ",
    "Ab",
    "Ж",
    "カ・",
    "a\u0301",
    "\u202ea",
    "T as in ",
]


@pytest.mark.parametrize("piece", ENDLESS)
def test_the_time_of_the_views_is_linear(piece: str) -> None:
    def cost_s(size: int) -> float:
        text = (piece * size)[:size]
        folded = fold(text)
        best = 9.0
        for _ in range(3):
            began = time.process_time()
            list(views(text, folded))
            best = min(best, time.process_time() - began)
        return best

    cost_s(100)
    assert cost_s(8_000) < 8 * cost_s(2_000) + 0.02  # four times if linear, sixteen if quadratic
