"""The dialect of docs/how-to/add-a-dialect.md works as the page says, and the page's one row is all that the kit needs."""

import json
import re
from pathlib import Path

import pytest

from guard.errors import UnscreenableError
from guard.extract.base import Dialect, Refusal, Refused
from guard.extract.dialects import USUAL_PREFIXES
from guard.extract.routing import Router
from tests.guard.extract import test_dialects as kit
from tests.paths import calls
from tests.paths.calls import Call

PAGE = (Path(__file__).parents[3] / "docs" / "how-to" / "add-a-dialect.md").read_text()
MOST_LINES = 150


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> dict[str, object]:
    """What the page's two pieces of code define, and the dialect mounted where the kit looks for it."""
    found: dict[str, object] = dict(vars(calls))
    for code in re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL):
        exec(compile(code, "add-a-dialect.md", "exec"), found)
    monkeypatch.setitem(USUAL_PREFIXES, "acme", "/acme/v3")
    monkeypatch.setattr(kit, "ROUTER", Router({"/acme/v3": found["DIALECT"]}))  # type: ignore[dict-item]
    return found


def test_its_one_row_passes_the_kit(names: dict[str, object]) -> None:
    call = names["CALL"]
    assert isinstance(call, Call)
    kit.test_every_name_and_picture_of_a_request_is_taken_out_and_the_body_written_back(call)
    kit.test_a_picture_with_something_behind_it_is_refused_wherever_it_is(call)
    kit.test_a_key_that_occurs_twice_at_any_depth_is_refused(call)
    kit.test_every_name_and_picture_of_an_answer_is_taken_out_and_the_bytes_released(call)
    kit.test_garbage_is_no_answer(call, b"null")
    kit.test_an_error_of_the_provider_is_screened_too(call, 400)
    with pytest.raises(UnscreenableError):
        kit.read("/acme/v3/paint", b'{"prompt":"a cat","character":"jane"}')


def test_it_refuses_as_the_row_says(names: dict[str, object]) -> None:
    dialect, call = names["DIALECT"], names["CALL"]
    assert isinstance(dialect, Dialect)
    assert isinstance(call, Call)
    reply = dialect.refusal(Refusal(Refused.REFUSE, "dec_1"))
    assert call.shape.said(reply.status, dict(reply.headers), json.loads(reply.body)) == call.shape.of_request
    kit.test_every_likeness_refusal_looks_the_same(dialect)
    kit.test_a_refusal_in_a_stream_is_one_event_of_json(dialect)


def test_the_page_keeps_its_promise_of_length() -> None:
    assert sum(len(code.splitlines()) for code in re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)) < MOST_LINES
