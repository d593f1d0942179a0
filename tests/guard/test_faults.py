"""What is said of a value that a model does not take: plain words, to be read behind its place."""

from enum import StrEnum
from typing import Annotated, Any

import pytest
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from guard.faults import in_words


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


def never(value: str) -> str:
    raise ValueError("is never right")


class Inner(BaseModel):
    n: int = 0


class Model(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, Field(max_length=3)] = ""
    names: Annotated[tuple[str, ...], Field(max_length=2)] = ()
    colour: Colour = Colour.RED
    inner: Inner = Inner()
    share: Annotated[float, Field(le=1)] = 0
    own: Annotated[str, AfterValidator(never)] = ""
    some: Annotated[tuple[str, ...], Field(min_length=1)] = ("a",)
    full: Annotated[str, Field(min_length=1)] = "a"
    late: Annotated[str, AfterValidator(str), Field(max_length=3)] = ""


class Needs(BaseModel):
    name: str


SAID = [
    pytest.param(Needs, {}, "name is missing", id="missing"),
    pytest.param(Model, {"nmae": 1}, "nmae is no field that is known here; look for a typing error, or leave it out", id="unknown"),
    pytest.param(Model, {"name": "four"}, "name has 4 characters; 3 are the most", id="a long text"),
    pytest.param(Model, {"late": "four"}, "late has 4 characters; 3 are the most", id="a long text, measured late"),
    pytest.param(Model, {"names": ["a", "b", "c"]}, "names has 3 entries; 2 are the most", id="a long list"),
    pytest.param(Model, {"some": []}, "some is empty", id="an empty list"),
    pytest.param(Model, {"full": ""}, "full is empty", id="an empty text"),
    pytest.param(Model, {"colour": "pink"}, "colour must be 'red' or 'blue'", id="none of a set"),
    pytest.param(Model, {"inner": "x"}, "inner must be an object with named fields", id="no object"),
    pytest.param(Model, [], " must be an object with named fields", id="no object at all"),
    pytest.param(Model, {"share": 2}, "share must be less than or equal to 1", id="too large a number"),
    pytest.param(Model, {"name": 7}, "name must be a valid string", id="a number for a text"),
    pytest.param(Model, {"own": "x"}, "own is never right", id="a rule of ours"),
]


@pytest.mark.parametrize(("model", "value", "said"), SAID)
def test_what_is_wrong_in_words(model: type[BaseModel], value: Any, said: str) -> None:
    with pytest.raises(ValidationError) as caught:
        model.model_validate(value)
    [fault] = caught.value.errors()
    assert f"{'.'.join(map(str, fault['loc']))} {in_words(dict(fault))}" == said
