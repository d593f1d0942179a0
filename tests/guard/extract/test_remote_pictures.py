"""Pictures that a request points at: listed to be fetched, and the fetched bytes go on in place of the URL."""

import base64
import json

import pytest

from guard.errors import UnscreenableError
from guard.extract.base import Generation, Limits
from guard.extract.dialects import DIALECTS, USUAL_PREFIXES
from guard.extract.routing import Router
from tests.guard.extract.pictures import drawn

ROUTER = Router({USUAL_PREFIXES[name]: dialect for name, dialect in DIALECTS.items()})
REMOTE = Limits(remote=True)
PNG = drawn("png")
URL = "https://host.example/a.png"
DATA = f"data:image/png;base64,{base64.b64encode(PNG).decode()}"


def read(path: str, body: object, limits: Limits = REMOTE) -> Generation:
    target = ROUTER.match("POST", path.encode(), b"", [(b"content-type", b"application/json")])
    assert target.route.read
    return target.route.read(target, json.dumps(body).encode(), limits)


BODIES = [
    pytest.param("/v1/images/edits", {"prompt": "a", "images": [{"image_url": URL}]}, "images[0].image_url", id="edits"),
    pytest.param("/v1/responses", {"input": [{"role": "user", "content": [{"type": "input_image", "image_url": URL}]}]}, "input[0].content[0].image_url", id="responses"),
    pytest.param("/v1/chat/completions", {"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": URL}}]}]}, "messages[0].content[0].image_url.url", id="chat"),
    pytest.param("/xai/v1/images/edits", {"prompt": "a", "image": {"url": URL}}, "image.url", id="xai"),
    pytest.param("/together/v1/images/generations", {"prompt": "a", "reference_images": [URL]}, "reference_images[0]", id="together"),
]  # fmt: skip


@pytest.mark.parametrize(("path", "body", "where"), BODIES)
def test_the_bytes_go_on_in_place_of_the_url(path: str, body: object, where: str) -> None:
    pointing = read(path, body)
    assert (pointing.remote, pointing.pictures) == (((where, URL),), ())
    whole = pointing.with_fetched({where: PNG})
    assert (whole.remote, [(picture.where, picture.data) for picture in whole.pictures]) == ((), [(where, PNG)])
    assert json.loads(whole.rebuild()[1]) == json.loads(json.dumps(body).replace(URL, DATA))


@pytest.mark.parametrize(("path", "body", "where"), BODIES)
def test_the_url_itself_never_goes_on(path: str, body: object, where: str) -> None:
    pointing = read(path, body)
    for write in (pointing.rebuild, lambda: pointing.amend({"user": None}), pointing.with_fetched({}).rebuild):
        with pytest.raises(UnscreenableError) as refused:
            write()
        assert refused.value.where == where
    with pytest.raises(UnscreenableError) as refused:
        read(path, body, Limits())
    assert refused.value.where == where


def test_what_was_fetched_must_be_a_picture() -> None:
    path, body, where = "/v1/images/edits", {"prompt": "a", "images": [{"image_url": URL}]}, "images[0].image_url"
    for fetched in (b"<html>", PNG + b"more"):
        with pytest.raises(UnscreenableError) as refused:
            read(path, body).with_fetched({where: fetched})
        assert refused.value.where == where


def test_files_and_documents_stay_refused() -> None:
    for part in ({"type": "input_file", "file_url": URL}, {"type": "input_image", "file_id": "file-1"}):
        with pytest.raises(UnscreenableError):
            read("/v1/responses", {"input": [{"role": "user", "content": [part]}]})
