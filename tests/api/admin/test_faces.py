"""`/subjects/{id}/faces`: enrolment with a real face worker. Eileen Collins (NASA, public domain) shows her face."""

import base64
import io
import os
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from skimage.data import astronaut

from guard.faceworker.client import FaceClient
from guard.match.faces import Box, FaceFound, FacesInPicture, Quality
from guard.types import Picture

Photo = tuple[str, tuple[str, bytes, str]]


@pytest.fixture(scope="module")
def worker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The socket of one face worker."""
    path = tmp_path_factory.mktemp("faces") / "f.sock"
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listening:
        listening.bind(str(path))
        listening.listen(8)
        command = [sys.executable, "-P", "-m", "guard.processes.faces", str(listening.fileno())]
        child = subprocess.Popen(command, pass_fds=[listening.fileno()], env={**os.environ, "GUARD_DATA_DIR": str(path.parent)})
        yield path
        child.terminate()
        child.wait()


@pytest.fixture
async def seeing(
    tmp_path: Path, blank: tuple[Path, dict[str, str]], world_of: Callable[..., AsyncIterator[Any]], worker: Path
) -> AsyncIterator[Any]:
    """A guard with eyes."""
    async for made in world_of(tmp_path, blank, FaceClient(worker, timeout_s=60)):
        yield made


def png(image: Image.Image) -> bytes:
    held = io.BytesIO()
    image.save(held, "PNG")
    return held.getvalue()


def photo(content: bytes, name: str = "image") -> Photo:
    return (name, ("photo.png", content, "application/octet-stream"))


PORTRAIT = Image.fromarray(astronaut()).crop((96, 0, 352, 256))
NOBODY = Image.new("RGB", (300, 300), (90, 120, 150))
TWO = Image.new("RGB", (512, 256))
TWO.paste(PORTRAIT, (0, 0))
TWO.paste(PORTRAIT, (256, 0))
TINY = Image.new("RGB", (300, 300), (200, 200, 200))
TINY.paste(PORTRAIT.resize((90, 90)), (100, 100))


async def subject(world: Any) -> str:
    made = await world.client("registrar").post("/admin/v1/opt-outs", json={"subject": {"name": "Eileen Example"}})
    return str(made.json()["subject_id"])


async def test_enrol_find_and_withdraw(seeing: Any) -> None:
    registrar, admin = seeing.client("registrar"), seeing.client("admin")
    subject_id = await subject(seeing)
    path = f"/admin/v1/subjects/{subject_id}/faces"
    mirrored = PORTRAIT.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    fields = {"source": "press kit", "lawful_basis": "consent", "destroy_by": "2090-01-01T00:00:00Z"}
    answer = await registrar.post(path, files=[photo(png(PORTRAIT)), photo(png(mirrored), "image[]")], data=fields)
    body = answer.json()
    assert answer.status_code == 201, body
    assert (len(body["items"]), body["templates"], body["warnings"], body["registry_revision"]) == (2, 1, [], seeing.registry.revision())
    first = body["items"][0]
    assert (first["source"], first["lawful_basis"], first["destroy_by"], len(first["box"])) == (
        "press kit",
        "consent",
        "2090-01-01T00:00:00Z",
        4,
    )
    assert 0 < first["quality"] <= 1
    listed = (await registrar.get(path)).json()["items"]
    assert sorted(listed, key=lambda face: face["id"]) == sorted(body["items"], key=lambda face: face["id"])

    question = {"images": ["data:image/png;base64," + base64.b64encode(png(PORTRAIT.resize((320, 320)))).decode()]}
    screened = (await admin.post("/admin/v1/screen", json=question)).json()
    assert (screened["outcome"], screened["faces"], [(hit["subject_id"], hit["modality"]) for hit in screened["hits"]]) == (
        "refuse",
        1,
        [(subject_id, "face")],
    )
    other = await subject_named(seeing, "Other Example")
    again = (await registrar.post(f"/admin/v1/subjects/{other}/faces", files=[photo(png(PORTRAIT))])).json()
    assert again["warnings"] == [f"image 0 looks like the enrolled subject {subject_id}"]
    await registrar.delete(f"/admin/v1/subjects/{other}")
    for item in body["items"]:
        assert (await registrar.delete(f"{path}/{item['face_id']}")).json()["face_id"] == item["face_id"]
    assert (await registrar.delete(f"{path}/{first['face_id']}")).status_code == 404
    screened = (await admin.post("/admin/v1/screen", json=question)).json()
    assert (screened["outcome"], screened["faces"], screened["hits"]) == ("allow", 1, [])


async def subject_named(world: Any, name: str) -> str:
    return str((await world.client("registrar").post("/admin/v1/subjects", json={"name": name})).json()["id"])


async def test_one_unfit_photo_refuses_the_whole_call_and_says_why(seeing: Any) -> None:
    registrar = seeing.client("registrar")
    path = f"/admin/v1/subjects/{await subject(seeing)}/faces"
    fit = photo(png(PORTRAIT))
    for content, reason in (
        (png(NOBODY), "no face"),
        (png(TWO), "several faces"),
        (png(TINY), "too small"),
        (b"GIF89a", "unreadable"),
        (b"text", "unreadable"),
    ):
        answer = await registrar.post(path, files=[fit, photo(content)])
        problem = answer.json()
        assert (answer.status_code, problem["type"]) == (422, "urn:likeness-guard:problem:unfit-photo"), problem
        assert (problem["errors"][0]["pointer"], reason in problem["detail"]) == ("/image/1", True), problem
    assert (await registrar.get(path)).json()["items"] == []
    named = await registrar.post(path, files=[photo(png(TWO))], data={"box": "340,60,430,150"})
    assert named.status_code == 201, named.text
    assert named.json()["items"][0]["box"][0] >= 256


@pytest.mark.parametrize(
    ("files", "data", "pointer"),
    [
        pytest.param([("box", (None, "1,2,3,4", None))], {}, "/image", id="no photo"),
        pytest.param([photo(b"x")], {"lawful_basis": "curiosity"}, "/lawful_basis", id="an unknown basis"),
        pytest.param([photo(b"x")], {"destroy_by": "2020-01-01T00:00:00Z"}, "/destroy_by", id="a date that has passed"),
        pytest.param([photo(b"x")], {"box": "4,3,2,1"}, "/box/0", id="a box inside out"),
        pytest.param([photo(b"x"), photo(b"y")], {"box": "1,2,3,4"}, "/box", id="one box for two photos"),
        pytest.param([photo(b"x")], {"colour": "red"}, "/colour", id="an unknown field"),
        pytest.param([photo(b"x")] * 17, {}, "/image", id="too many photos"),
    ],
)
async def test_what_is_wrong_with_a_form_is_named(world: Any, files: list[Any], data: dict[str, str], pointer: str) -> None:
    answer = await world.client("registrar").post(f"/admin/v1/subjects/{await subject(world)}/faces", files=files, data=data)
    assert (answer.status_code, [error["pointer"] for error in answer.json()["errors"]]) == (422, [pointer]), answer.text


async def test_settings_may_ask_for_a_lawful_basis(
    tmp_path: Path, blank: tuple[Path, dict[str, str]], world_of: Callable[..., AsyncIterator[Any]]
) -> None:
    async for world in world_of(tmp_path, blank, FaceClient(tmp_path / "none.sock"), require_lawful_basis=True):
        answer = await world.client("registrar").post(f"/admin/v1/subjects/{await subject(world)}/faces", files=[photo(b"x")])
        assert [error["pointer"] for error in answer.json()["errors"]] == ["/lawful_basis", "/release_ref", "/destroy_by"]


async def test_without_a_face_worker_it_is_our_outage(world: Any) -> None:
    answer = await world.client("registrar").post(f"/admin/v1/subjects/{await subject(world)}/faces", files=[photo(png(PORTRAIT))])
    assert (answer.status_code, "retry-after" in answer.headers) == (503, True)


async def test_a_known_image_can_be_uploaded(seeing: Any) -> None:
    registrar = seeing.client("registrar")
    answer = await registrar.post("/admin/v1/known-images", files=[photo(png(PORTRAIT))], data={"bank": "stolen", "reason": "a leak"})
    added = answer.json()
    assert (answer.status_code, len(added["pdq"]), added["bank"], added["reason"]) == (201, 64, "stolen", "a leak")
    again = await registrar.post("/admin/v1/known-images", json={"pdq": added["pdq"], "bank": "stolen"})
    assert again.json()["id"] == added["id"]


@pytest.mark.parametrize(
    ("files", "data", "pointer"),
    [
        pytest.param([photo(png(NOBODY))], {}, "/image", id="nothing to know it by"),
        pytest.param([photo(b"GIF89a")], {}, "/image", id="no picture"),
        pytest.param([photo(png(PORTRAIT)), photo(png(PORTRAIT))], {}, "/image", id="two pictures"),
        pytest.param([photo(png(PORTRAIT))], {"pdq": "0" * 64}, "/pdq", id="picture and hash"),
        pytest.param([photo(png(PORTRAIT))], {"colour": "red"}, "/colour", id="an unknown field"),
        pytest.param([photo(png(PORTRAIT), "photo")], {}, "/photo", id="another name"),
    ],
)
async def test_what_is_no_known_image(seeing: Any, files: list[Photo], data: dict[str, str], pointer: str) -> None:
    answer = await seeing.client("registrar").post("/admin/v1/known-images", files=files, data=data)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer)


async def test_a_known_image_of_another_content_type(seeing: Any) -> None:
    answer = await seeing.client("registrar").post("/admin/v1/known-images", content=b"pdq=1", headers={"content-type": "text/plain"})
    assert answer.status_code == 415


class TwoEncoders:
    """Sees one face in every picture, as two encoders have it."""

    async def find(self, picture: Picture, small_faces: bool = False) -> FacesInPicture:
        quality = Quality(120, 0.05, 120.0, 50.0, 0.1, 1.5)
        faces = [
            FaceFound(picture.where, 0, Box(10, 10, 130, 130), np.eye(size, dtype=np.float32)[0], quality, encoder=encoder)
            for encoder, size in (("ours-v1", 16), ("dlib-resnet-v1", 128))
        ]
        return FacesInPicture(tuple(faces), "ours-v1")

    def purge(self) -> None:
        """Keeps nothing."""


async def test_while_an_encoder_is_replaced_a_photo_is_enrolled_with_both(
    tmp_path: Path, blank: tuple[Path, dict[str, str]], world_of: Callable[..., AsyncIterator[Any]]
) -> None:
    async for world in world_of(tmp_path, blank, TwoEncoders()):
        subject_id = await subject(world)
        answer = await world.client("registrar").post(f"/admin/v1/subjects/{subject_id}/faces", files=[photo(png(PORTRAIT))])
        body = answer.json()
        assert (answer.status_code, [face["encoder"] for face in body["items"]], body["templates"]) == (
            201,
            ["ours-v1", "dlib-resnet-v1"],
            2,
        ), body
        (record,) = world.registry.records(None)[1]
        assert [(template.encoder, len(template.vector)) for template in record.templates] == [("dlib-resnet-v1", 512), ("ours-v1", 64)]
        screened = await world.client("admin").post("/admin/v1/screen", json={"images": [base64.b64encode(png(PORTRAIT)).decode()]})
        assert screened.json()["faces"] == 1
