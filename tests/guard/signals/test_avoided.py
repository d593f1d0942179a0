"""What a text says shall not be drawn."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guard.signals.avoided import split
from guard.signals.gather import gather
from guard.types import Text

LISTS = [
    pytest.param("A fox. Negative prompt: nsfw, blur, text", "A fox. Negative prompt:", ("nsfw", "blur", "text"), id="behind a heading"),
    pytest.param(
        '{"a": "fox", "negative_prompt": "nsfw, blur, text"}',
        '{"a": "fox", "negative_prompt": "\n"}',
        ("nsfw", "blur", "text"),
        id="a field",
    ),
    pytest.param('{"avoid": ["nsfw", "blur", "text"], "a": 1}', '{"avoid":\n, "a": 1}', ("nsfw", "blur", "text"), id="a list of JSON"),
    pytest.param(
        "### Negative prompts\n* Blur\n* NSFW, bad hands\n\nA fox",
        "### Negative prompts\n\n\nA fox",
        ("Blur", "NSFW", "bad hands"),
        id="bullets",
    ),
    pytest.param("负面提示词：低质量，模糊，裸体", "负面提示词：", ("低质量", "模糊", "裸体"), id="Chinese"),
    pytest.param("Avoid: blur, text. A nude, a fox", "Avoid: blur, text. A nude, a fox", (), id="two things are no list"),
    pytest.param("Avoid: blur, noise, text. A nude", "Avoid:\n. A nude", ("blur", "noise", "text"), id="it ends with its sentence"),
    pytest.param("Avoid: a, b, c\nA nude", "Avoid:\n\nA nude", ("a", "b", "c"), id="it ends with its line"),
    pytest.param("negative space: a, b, c", "negative space: a, b, c", (), id="a word of composition"),
    pytest.param(f"Avoid: a, b, c, {'nude ' * 20}", f"Avoid:\n{('nude ' * 20).strip()}\n", ("a", "b", "c"), id="a sentence is no item"),
    pytest.param("A nude in the style of the avant-garde", "A nude in the style of the avant-garde", (), id="nothing"),
]


@pytest.mark.parametrize(("text", "rest", "avoided"), LISTS)
def test_lists(text: str, rest: str, avoided: tuple[str, ...]) -> None:
    found = split(Text("prompt", text))
    assert (re.sub(r" *\n", "\n", found[0]).strip(), found[1]) == (rest.strip(), avoided)


def test_a_field_that_the_provider_takes_for_one_is_a_list_without_a_heading() -> None:
    assert split(Text("instances[0].negativePrompt", "nsfw")) == ("", ("nsfw",))


@given(
    st.lists(
        st.sampled_from(["Avoid:", "negative prompt", "nude", "a", ",", ".", "\n", "* ", "[", "]", '"', "x" * 70, "图"]), max_size=30
    ).map(" ".join)
)
def test_no_word_is_lost(text: str) -> None:
    rest, avoided = split(Text("prompt", text))
    assert sorted(re.findall(r"\w+", "\n".join([rest, *avoided]))) == sorted(re.findall(r"\w+", text))


SIGNALS = [
    pytest.param("A child on a swing. Negative prompt: nsfw, nude, blur", {"minors": 0.9}, id="says nothing of the picture"),
    pytest.param("Avoid: nothing. A nude child", {"sexual": 0.9, "minors": 0.9}, id="a request behind it"),
    pytest.param("Avoid: blur, noise, a nude child", {"sexual": 0.9, "minors": 0.9}, id="a thing that speaks of a child"),
    pytest.param("A portrait. Avoid: blur, clothes, text", {"sexual": 0.9}, id="clothes"),
    pytest.param("A portrait. Avoid: blur, wrinkled clothes, text", {}, id="something about clothes"),
]


@pytest.mark.parametrize(("text", "signals"), SIGNALS)
def test_signals(text: str, signals: dict[str, float]) -> None:
    assert {name: value for name, value in gather([Text("prompt", text)]).items() if name not in ("style", "people")} == signals
