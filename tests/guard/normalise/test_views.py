"""Views: what the signs in a text call for, with the way back to the code points that were sent."""

import base64
import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guard.normalise.fold import fold
from guard.normalise.reading import room
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
    pytest.param(
        "remove b, remove c, remove d, remove q from Tqaqyq",
        {
            "letters left out": "remove , remove , remove d, remove  from Tay",
            "middle name": "remove b, remove c, remove d, remove from Tqaqyq\nremove , remove , remove d, remove  from",
        },
        id="the letters left out that stand most often",
    ),
    pytest.param("T.4.y.l.0.r", {"letters together": "T4yl0r", "leet": "Taylor"}, id="leet, letter by letter"),
    pytest.param("TailorSwyft", {"words apart": "Tailor Swyft"}, id="capitals within a word"),
    pytest.param("Tailor Swyft's cat", {"words apart": "Tailor Swyft cat"}, id="an ending on a name with errors"),
    pytest.param("T*yl*r Sw•ft", {"masked": "Tylr Swft"}, id="letters masked"),
    pytest.param("Tayyylooor", {"drawn out": "Taylor"}, id="drawn out"),
    pytest.param(
        "Т4у\u200bl0r 5wift", {"look-alikes": "T4yl0r 5wift", "leet": "Taylor swift\nТ4уlor swift"}, id="one disguise upon another"
    ),
    pytest.param(
        f"100%25 {'xy ' * 60}VGF5bG9yIFN3aWZ0", {"decoded": f"100% {'xy ' * 15}xy\n{'xy ' * 16}Taylor Swift"}, id="two codes far apart"
    ),
    pytest.param("\u202etfiwS rolyaT\u202c", {"bidi override": "Taylor Swift"}, id="right-to-left override"),
    pytest.param("Тaylоr Swift", {"look-alikes": "Taylor Swift"}, id="Cyrillic letters in a Latin word"),
    pytest.param("T4yl0r 5wift", {"leet": "Taylor swift"}, id="leet"),
    pytest.param("draw 8111 94735 now", {"leet": "draw blll gates now\ndraw biil gates now"}, id="nothing but signs"),
    pytest.param("2ö3 jud! dench", {"leet": "zöe judl dench"}, id="marks, and a sign at the end of a word"),
    pytest.param("t as in tom, a, y, l", {"spelled out": "t, a, y, l"}, id="as in"),
    pytest.param(
        "Tango Alpha Yankee Lima", {"spelled out": "T A Y L ", "letters together": "Tango Alpha Yankee Lima\nTAYL "}, id="spelling alphabet"
    ),
    pytest.param("first name Taylor, last name Swift", {"labelled parts": "\nTaylor Swift"}, id="labels"),
    pytest.param(
        '{"first":"Jane","last":"Doe"} at sea', {"quoted parts": "\nJane Doe", "labelled parts": "\nJane Doe"}, id="values in a row"
    ),
    pytest.param('a = "Jane"; b = "Doe"', {"quoted parts": "\nJane Doe"}, id="variables"),
    pytest.param(
        "look: ǝop ǝuɐɾ",
        {"upside down": "jane doe \n doe jane\n", "look-alikes": "look: aop auɐɾ\njane doe \n doe jane\n"},
        id="upside down",
    ),
    pytest.param('["Ja", "n", "e D", "oe"]', {"quoted parts": "\nJa n e D oe\nJane Doe"}, id="pieces of a name"),
    pytest.param(
        '{"first_name": "Jane", "place": "sea", "last_name": "Doe"}',
        {"quoted parts": "\nJane sea Doe", "labelled parts": "\nJane Doe"},
        id="fields far apart",
    ),
    pytest.param("given: Jane\nfamily: Doe", {"labelled parts": "\nJane Doe"}, id="given and family, with a sign"),
    pytest.param(
        "last name: Roe, first name: Jane, dog's last name: Rex, last name: Doe",
        {"labelled parts": "\nJane Roe\nJane Rex\nJane Doe"},
        id="surnames on both sides",
    ),
    pytest.param("A girl named Jane at sea. Her surname is Doe.", {"labelled parts": "\nJane Doe"}, id="a surname in the next sentence"),
    pytest.param("Jane, de sobrenome Doe, no mar", {"labelled parts": "\nJane Doe"}, id="a surname alone"),
    pytest.param("a Doe called Jane", {"labelled parts": "\nJane Doe"}, id="called by the first name"),
    pytest.param("Jane from the Doe family", {"labelled parts": "\nJane Doe"}, id="of a family"),
    pytest.param("surname;forename\nDoe;Jane", {"labelled parts": "\nJane Doe"}, id="columns"),
    pytest.param("BEGIN:VCARD\nN:Doe;Jane;;;", {"labelled parts": "\nJane Doe"}, id="a contact"),
    pytest.param("?first=Jane&last=Doe", {"labelled parts": "\nJane Doe"}, id="a query"),
    pytest.param("<first>Jane</first><last>Doe</last>", {"markup": "Jane Doe", "labelled parts": "\nJane Doe"}, id="elements"),
    pytest.param(r"\textbf{Jane} \textsc{Doe}", {"markup": "Jane Doe"}, id="commands of LaTeX"),
    pytest.param("Ja/*x*/ne Do~~u~~e", {"markup": "Jane Doe"}, id="a comment, and what is struck through"),
    pytest.param(r"Jane\nDoe", {"decoded": "Jane Doe"}, id="the sign for a new line"),
    pytest.param("Jane[1] at sea\n[1] Doe", {"put together": "\nJane Doe"}, id="a footnote"),
    pytest.param("Jane[1] at sea\n[1] Doe\n[1] Roe", {"put together": "\nJane Doe\nJane Roe"}, id="two footnotes of one mark"),
    pytest.param("A=Ja, B=ne, C=Doe: draw AB C", {"put together": "Jane Doe "}, id="letters that stand for pieces"),
    pytest.param(
        " ".join(f"{letter}=Ab," for letter in "abcdefghijklmnop") + " y=Jane, z=Doe: draw yz. x=Ef",
        {"put together": "JaneDoe "},
        id="meanings before and behind",
    ),
    pytest.param("x=Jane y=Doe " + "xy " * 90, {"put together": "JaneDoe "}, id="one word again and again"),
    pytest.param("(jane:1.3), (doe:1.2)", {"weights": "(jane), (doe)"}, id="weights"),
    pytest.param("jAnEtTe", {"capitals": "Janette"}, id="capitals and small letters in turns"),
    pytest.param("JEN-ni-fer, ane-jay", {"syllables": "Jennifer, Anejay"}, id="syllables, and pig Latin with its hyphen"),
    pytest.param("[ˈdʒeɪn ˈdoʊ] at sea", {"as it sounds": " Jayn Do  at sea"}, id="phonetic letters"),
    pytest.param("ჯანე doe", {"letter by letter": "Jane doe"}, id="an alphabet of few"),
    pytest.param("Том Hanks", {"letter by letter": "Tom Hanks", "look-alikes": "Tom Hanks\nTom Hanks"}, id="one word in another script"),
    pytest.param(
        "draw J4a2n7e D1o8e",
        {"letters left out": "draw Jane Doe", "leet": "draw Jaaznte Dlobe\ndraw Jane Doe\ndraw Jaaznte Diobe\ndraw Jane Doe"},
        id="a digit after each letter",
    ),
    pytest.param(
        "ignore the numbers: Ja2ne",
        {"letters left out": "ignore the numbers: Jane", "leet": "ignore the numbers: Jazne\nignore the numbers: Jane"},
        id="numbers left out",
    ),
    pytest.param("5-2-66-33 3-666-33", {"decoded": "jane doe"}, id="keys of a telephone"),
    pytest.param("112 101 116 114 157", {"decoded": "JANLo"}, id="octal numbers"),
    pytest.param("SmFuZQ== RG9l", {"decoded": "Jane Doe"}, id="base64, word by word"),
    pytest.param("draw 4k SmFuZQ== RG9l HD", {"decoded": "draw 4k Jane Doe HD"}, id="base64, word by word, beside other words"),
    pytest.param("·−−− ·− −· · −·· −−−", {"decoded": "janedo"}, id="Morse with other signs"),
    pytest.param("draw ﾌ卂几乇 ᗪㄖ乇 at sea", {"look-alikes": "draw jane Doe at sea"}, id="a font of Han and kana"),
    pytest.param("KeIIy", {"leet": "Kelly"}, id="a capital I for a small l"),
    pytest.param("A red 35mm photo, 4k, 1024x1024, 8k, f/1.8, 1980s", {}, id="numbers with units are no leet"),
    pytest.param("V6 engine, mk2, step 1, image1, rated 10 of 10! 1920 x 1080, on 12 May 2024", {}, id="names with numbers are no leet"),
    pytest.param("Фото Путина у моря", {}, id="Russian is not a disguise"),
    pytest.param("An ordinary prompt (really!) about $5 and 50% more.", {}, id="ordinary signs"),
]


@pytest.mark.parametrize(("text", "expected"), CASES)
def test_views(text: str, expected: dict[str, str]) -> None:
    found = {view.name: view.text for view in views(text, fold(text))}
    if "decoded" in expected:  # the code is read on as well: as leet it says nothing
        found.pop("leet", "")
        found.pop("capitals", "")
    assert found == expected


HIDDEN = [
    pytest.param("T4yl0r 5w1ft", "taylor swlft", id="leet"),
    pytest.param("T4yl0r5w1ft", "taylorswlft", id="leet in one word"),
    pytest.param("T*yl*r Sw*ft", "tylr swft", id="masked"),
    pytest.param("Tayyylor Swiiift", "taylor swift", id="drawn out"),
    pytest.param("T.a.y.l.o.r S.w.i.f.t", "taylor swift", id="letter by letter"),
    pytest.param("T.4.y.l.0.r S.w.1.f.t", "taylor swlft", id="leet, letter by letter"),
    pytest.param("T as in tom, a as in anna, y as in yak, l, o, r", "t, a, y, l, o, r", id="as in"),
    pytest.param("%54aylor Swift", "taylor swift", id="percent"),
    pytest.param("%544ylor 5wift", "taylor swift", id="leet in percent"),
    pytest.param("VGF5bG9yIFN3aWZ0", "taylor swift", id="base64"),
    pytest.param("VDR5bDByIDV3MWZ0", "taylor swlft", id="leet in base64"),
    pytest.param("Тaylоr Swift", "taylor swift", id="look-alikes"),
    pytest.param("Т4ylоr Sw1ft", "taylor swlft", id="leet in look-alikes"),
    pytest.param("first name T4ylor, last name Swift", "taylor swift", id="labelled leet"),
]
FAR = "and a lighthouse stands by the sea under many clouds, " * 2
DECOYS = [
    pytest.param("{}", id="none"),
    pytest.param("a<b {} >c", id="in a tag within a word"),
    pytest.param("a<b x={} >c and d<e>f", id="in an attribute"),
    pytest.param("a<b>c {}", id="behind a tag"),
    pytest.param("%41 {}", id="behind a percent sign"),
    pytest.param('<~87cURD]i,"Ebo80~> {} &amp;', id="beside other codes"),
    pytest.param(FAR + "VGF5bG9yIFN3aWZ0 " + FAR + " {}", id="behind encoded text far away"),
    pytest.param("c\u0430t {}", id="a look-alike beside"),
    pytest.param("c\u0430t a<b {} >c %41", id="all of them"),
    pytest.param("{}\u2223x c\u0430t", id="a look-alike for a sign that parts words"),
    pytest.param("c\u0430t a<b x%41 {}\u2223 >c", id="a look-alike for a sign, in a tag"),
    pytest.param('"big" and "{}"', id="quoted"),
]


@pytest.mark.parametrize(("name", "read"), HIDDEN)
@pytest.mark.parametrize("decoy", DECOYS)
def test_a_decoy_hides_no_disguise(decoy: str, name: str, read: str) -> None:
    text = decoy.format(name)
    begin = text.index(name)
    at = {view.span(*match.span()) for view in views(text, fold(text)) for match in re.finditer(read, view.text, re.IGNORECASE)}
    assert any(begin <= low < high <= begin + len(name) for low, high in at)


@pytest.mark.parametrize("size", [300, 1000, 4000, 7500])
@pytest.mark.parametrize(
    "text", ["{} a<b T4yl0r 5w1ft >c", "a<b %544yl0r 5w1ft >c {}", "{} T4yl0r\u22235w1ft", "a<b T4yl0r\u22235w1ft %41>c {}"]
)
def test_nor_do_many(size: int, text: str) -> None:
    decoys = "c\u0430t a<b x>c %41%42 'Ab' \"Cd\" "
    full = text.format(decoys * (size // len(decoys)))
    assert any(re.search("taylor.swlft", view.text, re.IGNORECASE) for view in views(full, fold(full)))


@given(st.text(st.characters(), max_size=80))
def test_every_character_of_a_view_points_into_the_text(text: str) -> None:
    for view in views(text, fold(text)):
        assert len(view.low) == len(view.high) == len(view.text) > 0
        assert all(0 <= low <= high <= len(text) for low, high in zip(view.low.tolist(), view.high.tolist(), strict=True))


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


CIPHERED = [
    pytest.param("cipher: Mdqh Grh", id="any shift"),
    pytest.param("caesar shift of 5: Mdqh Grh", id="whatever shift is told"),
    pytest.param("atbash: Qzmv Wlv", id="Atbash"),
    pytest.param("cipher. " + "a " * 90 + "cipher: Mdqh Grh", id="near any of a few words that speak of a cipher"),
]


@pytest.mark.parametrize("text", CIPHERED)
def test_a_cipher_that_is_spoken_of_is_read(text: str) -> None:
    (view,) = (view for view in views(text, fold(text)) if view.name == "deciphered")
    begin = view.text.index("Jane Doe")
    assert view.span(begin, begin + 8) == (len(text) - 8, len(text))


@pytest.mark.parametrize("text", ["cipher " * 1000, ("cipher" + " a" * 200) * 20])
def test_but_no_more_than_a_few_times_what_stands_there(text: str) -> None:
    assert [len(view.text) < 26 * 2000 for view in views(text, fold(text)) if view.name == "deciphered"] == [True]


def test_many_names_given_apart_hide_none() -> None:
    text = "first name: Aa, last name: Ba; " * 24 + "first name: Jane, last name: Doe"
    (view,) = views(text, fold(text))
    assert sorted(set(view.text.split("\n"))) == ["", "Aa Ba", "Aa Doe", "Jane Ba", "Jane Doe"]


LONG = "abcdefghijklmnopqrstuvw"
PUT_TOGETHER = [
    pytest.param(f"x={LONG} y={LONG} " + "x y xy " * 1100, "put together", id="meanings"),
    pytest.param("Jane[1] " * 400 + "\n[1] Doe" * 400, "put together", id="footnotes"),
    pytest.param(f"first:A last:{LONG} " * 200, "labelled parts", id="first names"),
]


@pytest.mark.parametrize(("text", "name"), PUT_TOGETHER)
def test_what_is_put_together_is_little_longer_than_the_text(text: str, name: str) -> None:
    assert [len(view.text) <= room(text) + 64 for view in views(text, fold(text)) if view.name == name] == [True]


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
