"""The dialect of docs/how-to/add-a-dialect.md works as the page says."""

import base64
import json
import re
from pathlib import Path

import pytest

from guard.errors import UnscreenableError
from guard.extract.base import Dialect, Limits, Refusal, Refused
from guard.extract.routing import Router
from tests.guard.extract.pictures import drawn

PAGE = (Path(__file__).parents[3] / "docs" / "how-to" / "add-a-dialect.md").read_text()
B64 = base64.b64encode(drawn("png")).decode()


@pytest.fixture(scope="module")
def acme() -> Dialect:
    code = re.search(r"```python\n(.*?)```", PAGE, re.DOTALL)
    assert code
    names: dict[str, object] = {}
    exec(compile(code.group(1), "add-a-dialect.md", "exec"), names)
    dialect = names["DIALECT"]
    assert isinstance(dialect, Dialect)
    return dialect


def test_its_request_is_read_and_written_back(acme: Dialect) -> None:
    target = Router({"/acme/v3": acme}).match("POST", b"/acme/v3/paint", b"", [(b"content-type", b"application/json")])
    body = {"prompt": "a cat", "avoid": "Jane Roe", "start_from": B64, "palette": "warm", "steps": 3}
    assert target.route.read
    read = target.route.read(target, json.dumps(body).encode(), Limits())
    assert [(text.where, text.text) for text in read.texts] == [("prompt", "a cat"), ("avoid", "Jane Roe")]
    assert [picture.where for picture in read.pictures] == ["start_from"]
    assert json.loads(read.rebuild()[1]) == body
    with pytest.raises(UnscreenableError):
        target.route.read(target, json.dumps({**body, "character": "jane"}).encode(), Limits())


def test_its_answer_and_its_refusal(acme: Dialect) -> None:
    (route,) = acme.routes
    assert route.answer
    body = json.dumps({"pictures": [B64], "caption": "Jane Roe"}).encode()
    answer = route.answer(200, "application/json", body, Limits())
    assert ([picture.where for picture in answer.pictures], [text.text for text in answer.texts], answer.release()) == (
        ["pictures[0]"],
        ["Jane Roe"],
        body,
    )
    reply = acme.refusal(Refusal(Refused.REFUSE, "dec_1"))
    assert (reply.status, json.loads(reply.body)["blocked"], json.loads(reply.body)["decision"]) == (400, True, "dec_1")
