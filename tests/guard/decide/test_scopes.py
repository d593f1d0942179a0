"""Which uses a request falls under, and which a directive reaches."""

from datetime import UTC, datetime

import pytest

from guard.decide.scopes import SCOPES, Uses, denied, granted, present, purpose_name, uses
from guard.types import Context, Findings, Role, Stage

NOW = datetime(2026, 6, 1, tzinfo=UTC)
NAMES = [
    pytest.param({}, None, "", {"photorealistic", "commercial"}, id="nothing stated counts as a photograph, and as commercial"),
    pytest.param({"style": "drawn"}, "news", "", {"stylised"}, id="a drawing for news"),
    pytest.param({"style": "photorealistic"}, "Advertising ", "", {"photorealistic", "commercial"}, id="a photograph for advertising"),
    pytest.param({"sexual": 0.5}, "news", "", {"photorealistic", "sexual"}, id="sexual"),
    pytest.param({"sexual": 0.49}, "news", "", {"photorealistic"}, id="not quite"),
    pytest.param({"nudity": 0.5}, "news", "", {"photorealistic", "sexual"}, id="nudity"),
    pytest.param({"political": 1.0}, "news", "", {"photorealistic", "political"}, id="political by its words"),
    pytest.param({}, "campaign", "", {"photorealistic", "political"}, id="political by its purpose"),
    pytest.param({"deception": 1.0}, "news", "", {"photorealistic", "deception"}, id="deception"),
    pytest.param({}, "news", "videos.create", {"photorealistic", "voice_or_video"}, id="video"),
]


@pytest.mark.parametrize(("signals", "purpose", "route", "names"), NAMES)
def test_uses(signals: dict[str, float | str], purpose: str | None, route: str, names: set[str]) -> None:
    assert uses(Findings(signals=signals), Context(Stage.INPUT, NOW, "t", route, purpose=purpose)).names == names


def asked(*names: str, purpose: str | None = "news", medium: str = "photorealistic") -> Uses:
    return Uses(medium, "sexual" in names, purpose, "commercial" in names, frozenset({medium, *names}))


GRANTS = [
    pytest.param((), Role.LIKENESS, asked(), True, id="no scopes are all"),
    pytest.param(("all",), Role.LIKENESS, asked("political", "deception", "voice_or_video", "commercial"), True, id="all covers all"),
    pytest.param(("all",), Role.LIKENESS, asked("sexual"), False, id="but sexual use"),
    pytest.param(("likeness",), Role.LIKENESS, asked("commercial"), True, id="likeness covers depictions"),
    pytest.param(("likeness",), Role.LIKENESS, asked("political"), False, id="political use must be named"),
    pytest.param(("likeness", "political"), Role.LIKENESS, asked("political"), True, id="and is"),
    pytest.param(("political",), Role.LIKENESS, asked("political"), True, id="political use alone"),
    pytest.param(("political",), Role.LIKENESS, asked(), False, id="covers no other"),
    pytest.param(("political",), Role.LIKENESS, asked("political", "deception"), False, id="nor two"),
    pytest.param(("stylised",), Role.LIKENESS, asked(medium="stylised"), True, id="drawings"),
    pytest.param(("stylised",), Role.LIKENESS, asked(), False, id="no photographs"),
    pytest.param(("commercial",), Role.LIKENESS, asked("commercial", purpose="advertising"), True, id="stated commercial use"),
    pytest.param(("commercial",), Role.LIKENESS, asked("commercial", purpose=None), False, id="assumed commercial use"),
    pytest.param(("commercial", "stylised"), Role.LIKENESS, asked("commercial", purpose="ad"), False, id="commercial drawings only"),
    pytest.param(("style",), Role.STYLE, asked(), True, id="style"),
    pytest.param(("likeness",), Role.STYLE, asked(), True, id="likeness includes style"),
    pytest.param(("political",), Role.STYLE, asked(), False, id="political use does not"),
    pytest.param(("text_mention",), Role.ATTRIBUTION, asked(), True, id="mention"),
]


@pytest.mark.parametrize(("scopes", "role", "what", "covered"), GRANTS)
def test_grants(scopes: tuple[str, ...], role: Role, what: Uses, covered: bool) -> None:
    assert granted(scopes, role, what) is covered


@pytest.mark.parametrize(
    ("stated", "name"), [(None, None), ("", None), (" ", None), ("Satire", "parody"), ("press", "news"), ("X-Y", "x_y")]
)
def test_purposes(stated: str | None, name: str | None) -> None:
    assert purpose_name(stated) == name


PRESENT = [(0.5, True), (0.49, False), (float("nan"), True), (True, True), (False, False), ("drawn", False), (None, False)]


@pytest.mark.parametrize(("value", "there"), PRESENT)
def test_present(value: float | str | bool | None, there: bool) -> None:
    assert present({} if value is None else {"s": value}, "s") is there


def test_every_scope_by_its_name() -> None:
    names = "all likeness photorealistic stylised sexual political commercial deception voice_or_video style text_mention"
    assert " ".join(SCOPES) == names


PURPOSES = {
    "commercial": "advertising commercial marketing merchandise endorsement promotion ads ad ADS Marketing",
    "political": "political campaign election",
    "": "news parody education documentary",
}


@pytest.mark.parametrize(("use", "purpose"), [(use, word) for use, words in PURPOSES.items() for word in words.split()])
def test_what_a_purpose_makes_of_a_request(use: str, purpose: str) -> None:
    names = uses(Findings(), Context(Stage.INPUT, NOW, "t", purpose=purpose)).names
    assert names & {"commercial", "political"} == ({use} if use else set())


SYNONYMS = {
    "parody": "satire parody",
    "news": "journalism press news",
    "education": "educational teaching research",
    "advertising": "ads ad",
}


@pytest.mark.parametrize(("name", "word"), [(name, word) for name, words in SYNONYMS.items() for word in words.split()])
def test_synonyms_of_purposes(name: str, word: str) -> None:
    assert purpose_name(f" {word.upper()} ") == name


@pytest.mark.parametrize("route", ["videos.create", "audio.speech", "speech", "realtime"])
def test_routes_that_move_or_sound(route: str) -> None:
    assert "voice_or_video" in uses(Findings(), Context(Stage.INPUT, NOW, "t", route, purpose="news")).names


@pytest.mark.parametrize("special", ["political", "deception", "voice_or_video"])
def test_special_uses_must_be_named(special: str) -> None:
    assert [
        granted(scopes, Role.LIKENESS, asked(special)) for scopes in (("likeness",), ("likeness", special), (special,), ("photorealistic",))
    ] == [
        False,
        True,
        True,
        False,
    ]


DENIED = [
    pytest.param(("likeness",), Role.LIKENESS, True, id="likeness"),
    pytest.param(("all",), Role.LIKENESS, True, id="all"),
    pytest.param((), Role.LIKENESS, True, id="no scopes"),
    pytest.param(("photorealistic",), Role.LIKENESS, True, id="the use asked for"),
    pytest.param(("stylised",), Role.LIKENESS, False, id="another use"),
    pytest.param(("style",), Role.STYLE, True, id="a style"),
    pytest.param(("all",), Role.STYLE, False, id="all names no style"),
    pytest.param(("text_mention",), Role.ATTRIBUTION, True, id="a mention"),
    pytest.param(("text_mention",), Role.NAMESAKE_OR_THING, False, id="a thing"),
    pytest.param(("likeness",), None, True, id="a face"),
]


@pytest.mark.parametrize(("scopes", "role", "wanted"), DENIED)
def test_denied(scopes: tuple[str, ...], role: Role | None, wanted: bool) -> None:
    assert denied(scopes, role, asked()) is wanted
