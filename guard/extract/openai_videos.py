"""OpenAI's /videos: prompts and reference pictures are screened, and a video frame by frame when it is fetched.

A video of the caller's own is not taken (make it here, then edit, extend or remix it by its id); characters are refused, because
they are people. Facts: types of `openai` 3.54.
"""

from dataclasses import replace

from guard.errors import UnscreenableError
from guard.extract import fields
from guard.extract.base import JSON_TYPE, MULTIPART_TYPE, Answer, Generation, Kind, Limits, ReadRequest, Route, Target
from guard.extract.containers import sniff
from guard.extract.fields import Reader, Reading, anything, data_url, known, model, obj, stored, text
from guard.extract.form_body import Form, form_generation
from guard.extract.json_body import answer_of, json_generation
from guard.extract.kept import LIST_QUERY, answer_list, answers_one, read_list, reads_own

_EMBODY = "Characters embody people; they are not offered."
_CHARACTERS = fields.refused(_EMBODY)
_UPLOADED = fields.refused("A video of your own cannot be screened; name one that was made through this gateway by its id.")
_SETTINGS: dict[str, Reader] = {
    "prompt": text,
    "model": model,
    "seconds": known(pattern=r"\d{1,3}"),
    "size": known(pattern=r"\d{1,5}x\d{1,5}"),
    "characters": _CHARACTERS,
}
_REFERENCE = obj({"image_url": data_url, "file_id": stored})
_VIDEO_ID = obj({"id": stored}, required=("id",))
ASKED = obj({**_SETTINGS, "input_reference": _REFERENCE}, required=("prompt",))
_CHANGED = obj({**_SETTINGS, "video": _VIDEO_ID}, required=("prompt", "video"))
_REMIXED = obj(_SETTINGS, required=("prompt",))

_FLAT = {"input_reference[image_url]": data_url, "input_reference[file_id]": stored, "video[id]": stored, "video": _UPLOADED}
_ASKED_FORM = Form({"input_reference": 1}, {**_SETTINGS, **_FLAT}, ("prompt",))
_CHANGED_FORM = Form({}, {**_SETTINGS, **_FLAT}, ("prompt", "video[id]"))


def _reads(form: Form, shape: Reader) -> ReadRequest:
    def read(target: Target, body: bytes, limits: Limits) -> Generation:
        if target.content_type.lower().startswith(MULTIPART_TYPE):
            return form_generation(target, body, limits, form)
        return json_generation(target, body, limits, shape)

    return read


def _read_remix(target: Target, body: bytes, limits: Limits) -> Generation:
    """POST /videos/{id}/remix: what the video was made of is judged together with the new prompt."""
    reading = Reading(limits)
    stored(target.params["video_id"], "video_id", reading)
    generation = json_generation(target, body, limits, _REMIXED)
    return replace(
        generation,
        stored=(*reading.stored, *generation.stored),
        fields=lambda: [("video_id", target.params["video_id"]), *generation.fields()],
    )


VIDEO = obj(
    {
        "id": stored,
        "prompt": text,
        "error": anything,
        **dict.fromkeys(("object", "status", "progress", "seconds", "size", "created_at", "completed_at", "expires_at", "remixed_from_video_id"), fields.ignored),
    },
    other=fields.unknown_in_answer,
)  # fmt: skip
_VIDEO_AGAIN = obj({"id": fields.ignored, "prompt": text, "error": anything}, other=fields.unknown_in_answer)
_answer = answers_one(VIDEO)


def _answer_content(status: int, content_type: str, body: bytes, limits: Limits) -> Answer:
    """A video, or the picture that stands for it."""
    if status >= 400:
        return _answer(status, content_type, body, limits)
    reading = Reading(limits, answer=True)
    bare = content_type.partition(";")[0].strip().lower()
    if sniff(body[:64]):
        reading.picture("content", body)
        return replace(answer_of(body, reading), content_type=fields.MIME[reading.pictures[0].format])
    if bare not in ("video/mp4", "application/octet-stream", "application/binary"):
        raise UnscreenableError("The content is neither a picture nor an MP4 video, and cannot be looked at.")
    return Answer((), (), body, content_type="video/mp4", film=True)


_ID = {"video_id": r"[A-Za-z0-9_-]{1,128}"}
_TYPES = (MULTIPART_TYPE, JSON_TYPE)
ROUTES = (
    Route("videos.create", "POST", "/videos", content_types=_TYPES, read=_reads(_ASKED_FORM, ASKED), shape=ASKED, answer=_answer, issues=True),
    Route("videos.edit", "POST", "/videos/edits", content_types=_TYPES, read=_reads(_CHANGED_FORM, _CHANGED), shape=_CHANGED, answer=_answer, issues=True),
    Route("videos.extend", "POST", "/videos/extensions", content_types=_TYPES, read=_reads(_CHANGED_FORM, _CHANGED), shape=_CHANGED, answer=_answer, issues=True),
    Route("videos.remix", "POST", "/videos/{video_id}/remix", content_types=(JSON_TYPE,), params=_ID, read=_read_remix, shape=_REMIXED, answer=_answer, issues=True),
    Route("videos.list", "GET", "/videos", Kind.LIST, query=LIST_QUERY, read=read_list, answer=answer_list),
    Route("videos.retrieve", "GET", "/videos/{video_id}", params=_ID, read=reads_own("video_id"), answer=answers_one(_VIDEO_AGAIN)),
    Route("videos.content", "GET", "/videos/{video_id}/content", params=_ID, query=frozenset({"variant"}), read=reads_own("video_id"), answer=_answer_content, notes="Every frame is looked at."),
    Route("videos.create_character", "POST", "/videos/characters", Kind.REFUSE, notes=_EMBODY),
    Route("videos.get_character", "GET", "/videos/characters/{character_id}", Kind.REFUSE, params={"character_id": r"[A-Za-z0-9_-]{1,128}"}, notes=_EMBODY),
    Route("videos.delete", "DELETE", "/videos/{video_id}", Kind.PASS, params=_ID, read=reads_own("video_id")),
)  # fmt: skip
