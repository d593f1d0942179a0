"""A provider's list of models holds wherever in a request a model is named."""

import json

import pytest

from guard.errors import UnscreenableError
from guard.extract.base import Limits
from guard.extract.dialects import DIALECTS
from guard.extract.routing import Router
from guard.forward import UpstreamLimits
from guard.mounts import Mount, mount
from guard.upstreams import UpstreamSpec

SPEC = UpstreamSpec("o", "openai", "https://o.example/v1", "/v1", UpstreamLimits(), models=frozenset({"gpt-image-1", "ft:jane"}))
ROUTER = Router({"/v1": DIALECTS["openai"]})


def check(mounted: Mount, path: str, body: dict[str, object]) -> None:
    target = ROUTER.match("POST", path.encode(), b"", [(b"content-type", b"application/json")])
    assert target.route.read
    mounted.check(target.route.read(target, json.dumps(body).encode(), mounted.limits))


@pytest.mark.parametrize("model", ["gpt-image-1", "ft:jane"])
def test_a_listed_model_passes_even_one_that_embodies_a_person(model: str) -> None:
    check(mount(SPEC, None, Limits(), ""), "/v1/images/generations", {"prompt": "a tyre", "model": model})


@pytest.mark.parametrize(
    ("path", "body", "where"),
    [
        ("/v1/images/generations", {"prompt": "a", "model": "gpt-image-2"}, "model"),
        ("/v1/images/generations", {"prompt": "a"}, "model"),
        ("/v1/responses", {"model": "gpt-image-1", "input": "a", "tools": [{"type": "image_generation", "model": "gpt-image-2"}]}, "tools[0].model"),
    ],
)  # fmt: skip
def test_any_other_is_refused_where_it_stands(path: str, body: dict[str, object], where: str) -> None:
    with pytest.raises(UnscreenableError) as refused:
        check(mount(SPEC, None, Limits(), ""), path, body)
    assert refused.value.where == where


def test_the_public_base_is_the_address_callers_know() -> None:
    assert mount(SPEC, None, Limits(), "https://guard.example/").public_base == "https://guard.example/v1"
