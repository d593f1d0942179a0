"""Videos through the whole gateway, with the official client: what they are made of is screened, and every frame of them."""

from collections.abc import Iterator
from typing import Any, cast

import openai
import pytest
from openai.types import Video
from PIL import Image

from api.standin import Order, StandIn
from api.standin.picture import draw
from guard.evaluate import portrait
from guard.evaluate.trial import Trial

av = pytest.importorskip("av", reason="needs the extra `video`")
from tests.guard.films import clip  # noqa: E402 - after the skip

NAME = "Thaddeus Wickenbrough"
PHOTO = portrait.png(portrait.draw(portrait.BEN))
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
SCENE = portrait.in_a_scene(portrait.BEN).convert("RGB")
EMPTY = Image.new("RGB", SCENE.size, (90, 120, 150))


@pytest.fixture(scope="module", autouse=True)
def _opted_out(running_guard: Trial) -> None:
    subject_id = running_guard.made("/opt-outs", json={"subject": {"name": NAME}})["subject_id"]
    running_guard.made(f"/subjects/{subject_id}/faces", files={"image": ("p.png", PHOTO, "image/png")})


@pytest.fixture
def ours(guarded: Trial) -> Iterator[openai.OpenAI]:
    with guarded.client("videos-ours") as client:
        yield client


def refusal(error: openai.APIStatusError) -> tuple[int, str | None, str | None]:
    return error.status_code, error.code, error.param


def test_a_video_is_made_changed_fetched_and_deleted_by_its_own_tenant(guarded: Trial, ours: openai.OpenAI, upstream: StandIn) -> None:
    video = clip([EMPTY] * 3)
    upstream.next(Order(pictures=(video,), times=4))
    made = ours.videos.create(prompt="a tyre rolls", input_reference=("a.png", draw("before", 64, 64, "png")), seconds="4", size="720x1280")
    remixed = ours.videos.remix(made.id, prompt="faster")
    edited = ours.post("/videos/edits", body={"prompt": "slower", "video": {"id": made.id}}, cast_to=Video)
    extended = ours.post("/videos/extensions", body={"prompt": "and on", "seconds": "4", "video": {"id": remixed.id}}, cast_to=Video)
    assert {each.id for each in ours.videos.list()} == {made.id, remixed.id, edited.id, extended.id}
    assert (ours.videos.retrieve(made.id), ours.videos.download_content(made.id).read()) == (made, video)
    with guarded.client("videos-theirs") as theirs:
        assert list(theirs.videos.list()) == []
        for attempt in (theirs.videos.retrieve, theirs.videos.download_content, theirs.videos.delete):
            with pytest.raises(openai.NotFoundError):
                attempt(made.id)
        with pytest.raises(openai.BadRequestError):
            theirs.videos.remix(made.id, prompt="mine")
    assert ours.videos.delete(made.id).deleted
    with pytest.raises(openai.NotFoundError):
        ours.videos.retrieve(made.id)


def test_one_frame_with_somebody_in_it_refuses_the_video(ours: openai.OpenAI, upstream: StandIn) -> None:
    upstream.next(Order(pictures=(clip([EMPTY, EMPTY, SCENE, EMPTY]),)))
    made = ours.videos.create(prompt="somebody walks past")
    with pytest.raises(openai.BadRequestError) as refused:
        ours.videos.download_content(made.id)
    assert (refused.value.code, refused.value.body["moderation_details"]["moderation_stage"]) == ("moderation_blocked", "output")  # type: ignore[index]


def test_a_video_that_cannot_be_looked_at_is_refused(ours: openai.OpenAI, upstream: StandIn) -> None:
    upstream.next(Order(pictures=(b"not a video",)))
    made = ours.videos.create(prompt="a tyre rolls")
    with pytest.raises(openai.BadRequestError) as refused:
        ours.videos.download_content(made.id)
    assert refusal(refused.value) == (400, "unscreenable_request", "content")


def test_a_name_split_over_a_video_and_its_remix_is_found(ours: openai.OpenAI) -> None:
    made = ours.videos.create(prompt="in the rain walks Thaddeus")
    with pytest.raises(openai.BadRequestError) as refused:
        ours.videos.remix(made.id, prompt="Wickenbrough")
    assert refused.value.code == "moderation_blocked"


def test_what_is_not_taken(ours: openai.OpenAI, upstream: StandIn) -> None:
    walk: dict[str, object] = {"prompt": "a walk", "seconds": "4"}
    form = {"headers": {"content-type": "multipart/form-data"}}
    attempts = {
        "prompt": lambda: ours.videos.create(prompt=f"{NAME} walks past"),
        "input_reference": lambda: ours.videos.create(prompt="a walk", input_reference=("a.mp4", clip([EMPTY]))),
        "input_reference.file_id": lambda: post("/videos", {**walk, "input_reference": {"file_id": "file-1"}}),
        "input_reference[file_id]": lambda: post("/videos", {**walk, "input_reference": {"file_id": "file-1"}}, form),
        "video": lambda: ours.videos.edit(prompt="a walk", video=("a.mp4", clip([EMPTY]))),
        "video.id": lambda: post("/videos/extensions", {**walk, "video": {"id": "video_1"}}),
        "video[id]": lambda: post("/videos/extensions", {**walk, "video": {"id": "video_1"}}, form),
    }

    def post(path: str, body: object, options: Any = None) -> None:
        ours.post(path, body=body, cast_to=Video, options=cast(Any, options or {}))

    places = []
    for attempt in attempts.values():
        with pytest.raises(openai.BadRequestError) as refused:
            attempt()
        places.append(refused.value.param)
    assert (places, list(upstream.seen)) == (list(attempts), [])
    for call in (lambda: ours.videos.create_character(name="Al", video=b"..."), lambda: ours.videos.get_character("char_1")):
        with pytest.raises(openai.NotFoundError):
            call()
