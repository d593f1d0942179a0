"""The tour's own judgement: what counts as good, and how an application's view of an answer is put into words."""

import io
from types import SimpleNamespace
from typing import Any

import httpx2
import openai
import pytest
from rich.console import Console

from guard.evaluate.demo import Tour, _outcome


def refused(status: int, error: dict[str, Any]) -> openai.APIStatusError:
    response = httpx2.Response(status, request=httpx2.Request("POST", "http://guard/v1"))
    kind = openai.BadRequestError if status == 400 else openai.InternalServerError
    return kind("refused", response=response, body=error)


def raising(error: Exception) -> Any:
    raise error


INPUT = {"code": "moderation_blocked", "moderation_details": {"moderation_stage": "input"}}
OUTCOMES = [
    pytest.param(lambda: SimpleNamespace(data=[SimpleNamespace(b64_json="aGk=")]), "a picture", id="a picture"),
    pytest.param(lambda: [SimpleNamespace(b64_json="aGk=")], "a picture", id="a stream of one picture"),
    pytest.param(lambda: SimpleNamespace(data=[]), "an empty answer", id="no picture"),
    pytest.param(lambda: raising(refused(400, INPUT)), "refused: moderation_blocked, input", id="refused at the input"),
    pytest.param(lambda: raising(refused(400, {"code": "x"})), "refused: x, no stage", id="refused without a stage"),
    pytest.param(lambda: raising(refused(503, {"code": "guard_unavailable"})), "HTTP 503: guard_unavailable", id="an outage"),
    pytest.param(
        lambda: raising(openai.APIConnectionError(request=httpx2.Request("POST", "http://guard/v1"))),
        "APIConnectionError: Connection error.",
        id="no connection",
    ),
]


@pytest.mark.parametrize(("call", "words"), OUTCOMES)
def test_what_an_application_sees(call: Any, words: str) -> None:
    assert _outcome(call) == words


def test_one_step_that_went_otherwise_spoils_the_tour() -> None:
    tour = Tour(Console(file=io.StringIO()))
    tour.step("first", "a picture", "a picture")
    assert tour.good
    tour.step("second", "refused", "a picture")
    assert (tour.good, tour.rows) == (False, [("first", "a picture", True), ("second", "a picture (expected: refused)", False)])
