"""An enrolled person's face in every place where a picture can be, through the running gateway; strangers; and what erasing leaves.

The person is Eileen Collins (NASA, public domain), enrolled with one photo and looked for in others made of it; with photos of
many people at hand (GUARD_TEST_FACES) also somebody enrolled with three photos and looked for in a fourth.
"""

import base64
import io
import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import openai
import psutil
import pytest
from PIL import Image, ImageEnhance
from skimage.data import astronaut

from api.standin import Order, StandIn
from guard.evaluate import portrait, trial
from guard.evaluate.trial import Trial
from guard.match.shared import unpack

PHOTOS = Path(os.environ.get("GUARD_TEST_FACES", Path(__file__).parents[2] / "../shared/data/faces"))
PROMPT = "Put a small green lamp on the table"
NAME = "Eudora Vantongeren"
PORTRAIT = Image.fromarray(astronaut()).crop((96, 0, 352, 256))
STRANGER = portrait.draw(portrait.BEN, 256)
PLAIN = portrait.png(Image.linear_gradient("L").convert("RGB"))

Picture = tuple[str, bytes, str]
Ask = Callable[[openai.OpenAI, StandIn, Image.Image], None]


def saved(image: Image.Image, kind: str = "PNG", **options: object) -> Picture:
    held = io.BytesIO()
    image.save(held, kind, **options)
    return f"photo.{kind.lower()}", held.getvalue(), f"image/{kind.lower()}"


def another_photo(image: Image.Image) -> Image.Image:
    """The same face in other light, nearer, smaller and recompressed."""
    nearer = ImageEnhance.Brightness(image.crop((12, 6, 250, 244)).resize((330, 330))).enhance(0.85)
    return Image.open(io.BytesIO(saved(nearer, "JPEG", quality=70)[1]))


def edit(client: openai.OpenAI, image: Any, **more: Any) -> None:
    client.images.edit(model="gpt-image-1", image=image, prompt=PROMPT, **more)


def as_input(client: openai.OpenAI, _: StandIn, face: Image.Image) -> None:
    edit(client, saved(face))


def as_second_input(client: openai.OpenAI, _: StandIn, face: Image.Image) -> None:
    edit(client, [("plain.png", PLAIN, "image/png"), saved(face)])


def as_mask(client: openai.OpenAI, _: StandIn, face: Image.Image) -> None:
    edit(client, ("plain.png", PLAIN, "image/png"), mask=saved(face))


def in_the_second_frame(client: openai.OpenAI, _: StandIn, face: Image.Image) -> None:
    first = Image.linear_gradient("L").convert("RGB").resize(face.size)
    edit(client, saved(first, "GIF", save_all=True, append_images=[face.convert("RGB")]))


def turned_by_exif(client: openai.OpenAI, _: StandIn, face: Image.Image) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    edit(client, saved(face.convert("RGB").transpose(Image.Transpose.ROTATE_90), "JPEG", quality=90, exif=exif))


def turned_by_pixels(client: openai.OpenAI, _: StandIn, face: Image.Image) -> None:
    edit(client, saved(face.transpose(Image.Transpose.ROTATE_270)))


def upside_down(client: openai.OpenAI, _: StandIn, face: Image.Image) -> None:
    edit(client, saved(face.transpose(Image.Transpose.ROTATE_180)))


def under_transparency(client: openai.OpenAI, _: StandIn, face: Image.Image) -> None:
    hidden = face.convert("RGB")
    hidden.putalpha(Image.linear_gradient("L").resize(face.size).point(lambda value: value // 64))
    edit(client, saved(hidden))


def beside_a_decoy(client: openai.OpenAI, _: StandIn, face: Image.Image) -> None:
    both = Image.new("RGB", (700, 420), (130, 130, 130))
    both.paste(STRANGER.resize((400, 400)), (0, 0))
    both.paste(face.resize((200, 200)).transpose(Image.Transpose.ROTATE_180), (460, 200))
    edit(client, saved(both))


def in_an_answer(client: openai.OpenAI, upstream: StandIn, face: Image.Image) -> None:
    upstream.next(Order(pictures=(saved(face)[1],)))
    client.images.generate(model="gpt-image-1", prompt="somebody who waters the flowers")


WAYS = [
    as_input, as_second_input, as_mask, in_the_second_frame, turned_by_exif, turned_by_pixels, upside_down, under_transparency, beside_a_decoy,
    in_an_answer,
]  # fmt: skip


@pytest.fixture(scope="module")
def own_guard(upstream: StandIn) -> Iterator[Trial]:
    """A guard in which nobody else is enrolled."""
    with trial.running(upstream_url=f"{upstream.url}/v1") as guard:
        yield guard


@pytest.fixture
def guard(own_guard: Trial, upstream: StandIn) -> Trial:
    upstream.clear()
    return own_guard


def enrolled(guard: Trial, name: str, *photos: bytes) -> str:
    subject_id: str = guard.made("/opt-outs", json={"subject": {"name": name}})["subject_id"]
    files = [("image", ("photo", photo, "application/octet-stream")) for photo in photos]
    guard.made(f"/subjects/{subject_id}/faces", files=files)
    return subject_id


@pytest.fixture(scope="module")
def person(own_guard: Trial) -> str:
    return enrolled(own_guard, NAME, saved(PORTRAIT)[1])


def refused_for(guard: Trial, caught: openai.BadRequestError) -> tuple[str, list[str]]:
    decision = guard.admin("GET", f"/decisions/{caught.response.headers['x-guard-decision']}").json()
    return decision["stage"], decision["subject_ids"]


@pytest.mark.parametrize("ask", WAYS, ids=lambda ask: ask.__name__.replace("_", " "))
def test_an_enrolled_persons_other_photo_is_refused_or_held(guard: Trial, upstream: StandIn, person: str, ask: Ask) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        ask(guard.client("faces"), upstream, another_photo(PORTRAIT))
    assert caught.value.code in ("moderation_blocked", "review_required")
    stage = "output" if ask is in_an_answer else "input"
    assert (refused_for(guard, caught.value), len(upstream.seen)) == ((stage, [person]), stage == "output")


@pytest.mark.usefixtures("person")
@pytest.mark.parametrize(
    "ask", [as_input, in_the_second_frame, turned_by_exif, under_transparency, in_an_answer], ids=lambda ask: ask.__name__
)
def test_a_stranger_passes(guard: Trial, upstream: StandIn, ask: Ask) -> None:
    ask(guard.client("faces"), upstream, STRANGER)
    assert len(upstream.seen) == 1


@pytest.mark.skipif(not PHOTOS.is_dir(), reason=f"no photos of people at {PHOTOS} (GUARD_TEST_FACES)")
def test_real_people_are_told_apart(guard: Trial, upstream: StandIn) -> None:
    """One person in the photo that was not enrolled; three strangers in theirs."""
    folders = [folder for folder in sorted(PHOTOS.iterdir()) if len(list(folder.glob("*.jpg"))) >= 4][20:24]
    first = [photo.read_bytes() for photo in sorted(folders[0].glob("*.jpg"))]
    subject_id = enrolled(guard, "Ottoline Fairbrass-Quist", *first[:3])
    with pytest.raises(openai.BadRequestError) as caught:
        edit(guard.client("faces"), ("p.jpg", first[3], "image/jpeg"))
    assert refused_for(guard, caught.value) == ("input", [subject_id])
    for folder in folders[1:]:
        edit(guard.client("faces"), ("p.jpg", sorted(folder.glob("*.jpg"))[0].read_bytes(), "image/jpeg"))
    guard.admin("DELETE", f"/subjects/{subject_id}").raise_for_status()


def test_an_edit_that_keeps_a_stranger_says_so(guard: Trial, upstream: StandIn) -> None:
    """By the signal `keeps_person` of the output's decision: 1 for the same face, none for an answer without one."""
    found = []
    for answer in (ImageEnhance.Brightness(STRANGER).enhance(0.9), Image.open(io.BytesIO(PLAIN))):
        upstream.next(Order(pictures=(saved(answer)[1],)))
        raw = guard.client("faces").images.with_raw_response.edit(model="gpt-image-1", image=saved(STRANGER), prompt=PROMPT)
        decision = guard.admin("GET", f"/decisions/{raw.headers['x-guard-decision']}").json()
        found.append((decision["stage"], decision["body"]["signals"].get("keeps_person", 0.0)))
    assert [(stage, score > 0.5) for stage, score in found] == [("output", True), ("output", False)]


# -- erasing


def processes(guard: Trial) -> list[psutil.Process]:
    supervisor = psutil.Process(guard.process.pid)
    return [supervisor, *supervisor.children(recursive=True)]


def mapped_galleries(guard: Trial) -> set[int]:
    """The inodes of the shared galleries that any process of the guard has mapped."""
    found = set()
    for process in processes(guard):
        for line in Path(f"/proc/{process.pid}/maps").read_text().splitlines():
            if "/memfd:likeness-guard" in line:
                found.add(int(line.split()[4]))
    return found


def newest_gallery(guard: Trial) -> tuple[int, list[str]]:
    """Inode, and ids of the templates, of the newest finished gallery that a process of the guard holds open."""
    held = [(0, [""])]
    for process in processes(guard):
        with suppress(FileNotFoundError):
            for entry in Path(f"/proc/{process.pid}/fd").iterdir():
                if str(entry.readlink()).startswith("/memfd:likeness-guard"):
                    descriptor = os.open(entry, os.O_RDONLY)
                    with suppress(ValueError):  # still being written
                        ids = unpack(descriptor).get("faces.dlib-resnet-v1.ids", ())
                        held.append((os.fstat(descriptor).st_ino, [template_id.decode() for template_id in ids]))
                    os.close(descriptor)
    return max(held)


def eventually(what: Callable[[], bool], within_s: float = 20) -> bool:
    deadline = time.monotonic() + within_s
    while not (so := what()) and time.monotonic() < deadline:
        time.sleep(0.1)
    return so


def rows(guard: Trial, table: str) -> int:
    with sqlite3.connect(f"file:{guard.data_dir / 'guard.db'}?mode=ro", uri=True) as database:
        return int(database.execute(f"SELECT count(*) FROM {table}").fetchone()[0])


@pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="reads /proc")
def test_after_erasing_nothing_uses_the_face_and_nothing_of_it_is_left(guard: Trial, person: str) -> None:
    bystander = guard.made("/subjects", json={"name": "Isaura Pelletrino"})["id"]
    guard.admin("DELETE", f"/subjects/{bystander}").raise_for_status()  # a new shared gallery is built, with the person in it
    assert eventually(lambda: len(newest_gallery(guard)[1]) == 1)
    question = {"images": [base64.b64encode(saved(another_photo(PORTRAIT))[1]).decode()]}
    found = guard.made("/screen", json=question)["hits"]  # by the face, and by the answer that was refused for it
    assert ({hit["subject_id"] for hit in found}, "face" in {hit["modality"] for hit in found}) == ({person}, True)

    receipt = guard.admin("DELETE", f"/subjects/{person}").raise_for_status().json()
    deleted = time.monotonic()
    assert (receipt["subject_id"], len(receipt["protection_ended"]), receipt["receipt"]["templates"], receipt["receipt"]["photos"]) == (
        person,
        1,
        1,
        1,
    )
    while (shown := guard.made("/screen", json=question))["hits"]:
        assert time.monotonic() - deleted < 1
    assert (shown["outcome"], shown["faces"]) == ("allow", 1)

    assert (rows(guard, "face"), rows(guard, "template")) == (0, 0)
    assert [path for path in guard.data_dir.rglob("*") if path.is_file() and NAME.encode() in path.read_bytes()] == []
    assert eventually(lambda: newest_gallery(guard)[1] == [])
    assert eventually(lambda: mapped_galleries(guard) == {newest_gallery(guard)[0]})
