"""`/subjects/{id}/encodings`: what another program encoded is enrolled whole or refused whole, and found again."""

import io
from typing import Any

import numpy as np
import orjson
import pytest

from guard.errors import InvalidInputError
from guard.faceworker.encode import ENCODER
from guard.match.faces.scale import bundled
from guard.registry import encodings


def face(seed: int) -> list[float]:
    """A vector as dlib's network makes them, of nobody."""
    scale = bundled(ENCODER)
    assert scale is not None
    usual = scale.centre / np.linalg.norm(scale.centre)
    other = np.random.default_rng(seed).standard_normal(128)
    vector = usual + 0.4 * other / np.linalg.norm(other)
    return [float(number) for number in vector / np.linalg.norm(vector) * 1.4]


def npy(array: Any, dtype: str = "<f8") -> bytes:
    held = io.BytesIO()
    np.save(held, np.asarray(array, dtype))
    return held.getvalue()


GOOD = [face(1), face(2)]
ELSEWHERE = np.random.default_rng(3).standard_normal(128)
ELSEWHERE /= np.linalg.norm(ELSEWHERE)


async def subject(world: Any, name: str = "Ada Byron") -> str:
    return str((await world.client("registrar").post("/admin/v1/subjects", json={"name": name})).json()["id"])


async def sent(world: Any, subject_id: str, content: bytes, **fields: str) -> Any:
    return await world.client("registrar").post(
        f"/admin/v1/subjects/{subject_id}/encodings", files={"encodings": ("encodings", content, "application/octet-stream")}, data=fields
    )


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(orjson.dumps(GOOD), id="a list of encodings"),
        pytest.param(orjson.dumps({"Ada": GOOD}), id="encodings by name"),
        pytest.param(orjson.dumps([{"name": "Ada", "encoding": vector} for vector in GOOD]), id="entries"),
        pytest.param(npy(GOOD), id="npy"),
        pytest.param(npy(GOOD, "<f4"), id="npy of float32"),
    ],
)
async def test_encodings_are_enrolled(world: Any, content: bytes) -> None:
    subject_id = await subject(world)
    answer = await sent(world, subject_id, content, encoder=ENCODER, source="our archive", lawful_basis="contract")
    body = answer.json()
    assert (answer.status_code, body["templates"], body["warnings"]) == (201, 1, []), body
    assert [(f["encoder"], f["quality"], f["box"], f["source"], f["lawful_basis"]) for f in body["items"]] == [
        (ENCODER, 0.0, None, "our archive", "contract")
    ] * 2
    (template,) = world.registry.records(None)[1][0].templates
    mean = np.mean([np.array(vector) / np.linalg.norm(vector) for vector in GOOD], axis=0)
    assert np.frombuffer(template.vector, "<f4") == pytest.approx(mean / np.linalg.norm(mean), abs=1e-6)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        pytest.param(orjson.dumps([GOOD[0], GOOD[1][:127]]), "an encoding has 128 numbers", id="one number short"),
        pytest.param(npy([GOOD[0], [float("nan")] * 128]), "holds NaN or infinity", id="not a number"),
        pytest.param(npy(np.ones((2, 512)) * 0.06), "an encoding has 128 numbers", id="another encoder's length"),
        pytest.param(npy([GOOD[0], ELSEWHERE]), f"no face of {ENCODER}", id="another encoder's vector of the same length"),
        pytest.param(orjson.dumps({"Ada": GOOD, "Ben": GOOD}), "names 2 people", id="two people"),
        pytest.param(orjson.dumps([GOOD[0]] * 101), "at most 100", id="very many"),
        pytest.param(b"\x93NUMPY garbage", "no .npy file", id="garbage"),
        pytest.param(npy(GOOD)[:-8], "promises an array", id="cut"),
        pytest.param(npy(GOOD).replace(b"(2, 128)", b"(99,128)"), "holds numbers of shape", id="a strange header"),
        pytest.param(b"", "not JSON", id="empty"),
    ],
)
async def test_what_cannot_be_used_enrols_nothing(world: Any, content: bytes, says: str) -> None:
    subject_id = await subject(world)
    answer = await sent(world, subject_id, content)
    body = answer.json()
    told = body["detail"] + " ".join(error["message"] for error in body.get("errors", ()))
    assert (answer.status_code, says in told) == (422, True), body
    assert world.registry.list_faces(subject_id) == []


async def test_another_encoders_name_is_refused(world: Any) -> None:
    answer = await sent(world, await subject(world), npy(GOOD), encoder="other-v2")
    assert (answer.status_code, [error["pointer"] for error in answer.json()["errors"]]) == (422, ["/encoder"])


async def test_nobody_gets_the_encodings_of_a_subject_who_is_not_there(world: Any) -> None:
    assert (await sent(world, "sub_none", npy(GOOD))).status_code == 404


async def test_an_enrolled_persons_lookalike_is_told(world: Any) -> None:
    first, second = await subject(world), await subject(world, "Ben Nevis")
    await sent(world, first, npy(GOOD))
    warned = (await sent(world, second, npy(GOOD[:1]))).json()["warnings"]
    assert warned == [f"image 0 looks like the enrolled subject {first}"]


async def test_a_file_of_many_people_is_placed_by_name_or_not_at_all(world: Any) -> None:
    ada, ben = await subject(world), await subject(world, "Ben Nevis")
    fold = str.casefold
    everyone = list(world.registry.iter_subjects())
    found = encodings.from_json(orjson.dumps({"ADA BYRON": GOOD, "Ben Nevis": GOOD[0]}))
    assert {who: len(vectors) for who, vectors in encodings.by_subject(found, everyone, fold).items()} == {ada: 2, ben: 1}
    await world.client("registrar").post("/admin/v1/subjects?allow_duplicate=true", json={"name": "Ben Nevis"})
    with pytest.raises(InvalidInputError) as refused:
        encodings.by_subject({**found, "Cy Nobody": found["Ben Nevis"]}, world.registry.iter_subjects(), fold)
    assert [(error.pointer, error.message) for error in refused.value.errors] == [
        ("/Ben Nevis", "several subjects have this name"),
        ("/Cy Nobody", "nobody of this name is registered"),
    ]
