"""What a text says shall not be drawn."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guard.signals.avoided import avoided
from guard.signals.gather import gather
from guard.types import Text

LISTS = [
    pytest.param("A fox. Negative prompt: nsfw, blur, text", [("nsfw", "blur", "text")], id="behind a heading"),
    pytest.param('{"a": "fox", "negative_prompt": "nsfw, blur, text"}', [("nsfw", "blur", "text")], id="a field"),
    pytest.param('{"avoid": ["nsfw", "blur", "text"], "a": 1}', [("nsfw", "blur", "text")], id="a list of JSON"),
    pytest.param("### Negative prompts\n* Blur\n* NSFW, bad hands\n\nA fox", [("Blur", "NSFW", "bad hands")], id="bullets"),
    pytest.param("### Indicaciones negativas\n* A\n* B\n* C", [("A", "B", "C")], id="Spanish"),
    pytest.param("负面提示词：低质量，模糊，裸体", [("低质量", "模糊", "裸体")], id="Chinese"),
    pytest.param("Avoid: a, b, c. A nude, a fox", [("a", "b", "c")], id="it ends with its sentence"),
    pytest.param("Avoid: a, b, c\nA nude", [("a", "b", "c")], id="it ends with its line"),
    pytest.param("Avoid: blur, text. A nude, a fox", [], id="two things are no list"),
    pytest.param("negative space: a, b, c", [], id="a word of composition"),
    pytest.param(f"Avoid: a, b, c, {'nude ' * 20}", [], id="a sentence is no thing"),
    pytest.param("Avoid: nothing, a, b, c", [], id="nothing is avoided"),
    pytest.param("Avoid nothing: a, b, c", [], id="a heading of another kind"),
    pytest.param("Do not draw clothing: a, b, c", [], id="no heading"),
    pytest.param("pregnegative: a, b, c", [], id="the end of a word"),
]


@pytest.mark.parametrize(("text", "lists"), LISTS)
def test_lists(text: str, lists: list[tuple[str, ...]]) -> None:
    assert [one.items for one in avoided(Text("prompt", text))] == lists


def test_a_field_that_the_provider_takes_for_one_is_a_list_without_a_heading() -> None:
    assert [(one.items, one.field) for one in avoided(Text("instances[0].negativePrompt", "nsfw"))] == [(("nsfw",), True)]


def test_a_name_that_callers_choose_is_no_such_field() -> None:
    assert list(avoided(Text("prompt.variables.negative_prompt", "nsfw"))) == []


PIECES = ["Avoid:", "negative prompt", "nude", "a", ",", ".", "\n", "* ", "[", "]", '"', "x" * 70, "图"]


@given(st.lists(st.sampled_from(PIECES), max_size=30).map(" ".join))
def test_lists_follow_each_other_and_hold_what_stands_there(text: str) -> None:
    end = 0
    for one in avoided(Text("prompt", text)):
        assert end <= one.start < one.end <= len(text)
        assert all(item in text[one.start : one.end] for item in one.items)
        end = one.end


SIGNALS = [
    pytest.param("A fox on a swing. Negative prompt: nsfw, nude, blur", {}, id="says nothing of the picture"),
    pytest.param("A child on a swing. Negative prompt: nsfw, blur, text", {"minors": 0.9}, id="nor beside a child"),
    pytest.param(
        "A child. Negative prompt: nude, blur, text", {"minors": 0.9, "sexual": 0.9}, id="but what is unmistakable beside a child"
    ),
    pytest.param(
        "A girl of 12 years of age. Avoid: nude, blur, text", {"minors": 1.0, "sexual": 0.9, "age_years": 12.0}, id="or a stated age"
    ),
    pytest.param("Avoid: nothing. A nude child", {"sexual": 0.9, "minors": 0.9}, id="a request behind it"),
    pytest.param("Avoid: blur, noise, nude child", {"sexual": 0.9, "minors": 0.9}, id="a thing that speaks of a child"),
    pytest.param("A portrait. Avoid: blur, clothes, text", {"sexual": 0.9}, id="clothes"),
    pytest.param("A portrait. Avoid: all her clothes", {}, id="a sentence about clothes"),
    pytest.param("A portrait. Avoid: blur, wrinkled clothes, text", {}, id="something about clothes"),
    pytest.param("A portrait. negative prompt: clothes", {"sexual": 0.9}, id="clothes alone"),
    pytest.param("Do not draw clothing: nude, blur, text", {"sexual": 0.99}, id="turned round"),
    pytest.param("Avoid: deepfake, nude, text", {"deception": 0.9}, id="other signals stay"),
]


@pytest.mark.parametrize(("text", "signals"), SIGNALS)
def test_signals(text: str, signals: dict[str, float]) -> None:
    assert {name: value for name, value in gather([Text("prompt", text)]).items() if name not in ("style", "people")} == signals


@pytest.mark.parametrize(("text", "signals"), [("nsfw, nude", {"minors": 0.9}), ("clothes", {"minors": 0.9, "sexual": 0.9})])
def test_the_field_of_a_request_for_a_child(text: str, signals: dict[str, float]) -> None:
    assert gather([Text("prompt", "a child"), Text("negative_prompt", text)]) == signals
