"""A description with a validity, registered through the API, binds in the gateway while it holds and not outside it."""

import openai
import pytest

from guard.evaluate.trial import Trial


def ask(guard: Trial, prompt: str) -> str:
    with guard.client("offices") as client:
        try:
            client.images.generate(model="gpt-image-1", prompt=prompt)
        except openai.BadRequestError as error:
            return str(error.code)
    return "picture"


def office(text: str, **dates: str) -> dict[str, str]:
    return {"text": text, "kind": "descriptor", **dates}


@pytest.fixture(scope="module", autouse=True)
def _opted_out(running_guard: Trial) -> None:
    aliases = [
        office("the 12th president of Finland", valid_from="2012-03-01T00:00:00Z"),
        office("the King of Scotland", valid_from="1952-02-06T00:00:00Z", valid_until="2022-09-08T00:00:00Z"),
    ]
    running_guard.made("/opt-outs", json={"subject": {"name": "Ottilie Vantongeren", "aliases": aliases}})
    other = [office("the King of Scotland", valid_from="2022-09-08T00:00:00Z")]
    running_guard.made("/opt-outs", json={"subject": {"name": "Anselm Brogliova", "aliases": other}})


@pytest.mark.parametrize(
    ("prompt", "answer"),
    [
        ("Finland's twelfth president eating a burger", "moderation_blocked"),
        ("a portrait of the King of Scotland in 1990", "moderation_blocked"),
        ("a portrait of the King of Scotland", "moderation_blocked"),
        ("a portrait of the King of Scotland in 1850", "picture"),
        ("Finland's eleventh president eating a burger", "picture"),
    ],
)
def test_a_description_binds_while_it_holds(guarded: Trial, prompt: str, answer: str) -> None:
    assert ask(guarded, prompt) == answer


def test_who_is_meant_is_who_held_the_office_then(guarded: Trial) -> None:
    hits = guarded.admin("POST", "/screen", json={"prompt": "the King of Scotland in 1990, smiling"}).json()["hits"]
    assert {hit["subject"] for hit in hits} == {"Ottilie Vantongeren"}


def test_what_was_stated_is_shown(guarded: Trial) -> None:
    (subject,) = guarded.admin("GET", "/subjects?query=Vantongeren").json()["items"]
    assert [(a["text"], a["valid_from"], a["valid_until"]) for a in subject["aliases"]] == [
        ("the 12th president of Finland", "2012-03-01T00:00:00Z", None),
        ("the King of Scotland", "1952-02-06T00:00:00Z", "2022-09-08T00:00:00Z"),
    ]


@pytest.mark.parametrize(
    ("alias", "reason"),
    [
        ({"text": "Otti", "kind": "nickname", "valid_from": "2012-03-01T00:00:00Z"}, "belong to a descriptor"),
        (office("the King of Sweden", valid_from="2022-09-08T00:00:00Z", valid_until="2012-03-01T00:00:00Z"), "later than"),
        (office("the King of Sweden", valid_until="2012"), "valid_until"),
    ],
)
def test_a_validity_that_cannot_be_is_turned_down(guarded: Trial, alias: dict[str, str], reason: str) -> None:
    answer = guarded.admin("POST", "/opt-outs", json={"subject": {"name": "Someone Quitenew", "aliases": [alias]}})
    assert (answer.status_code, reason in answer.text) == (422, True)
