"""What a reviewer is shown and may propose."""

import re
from typing import Any

from guard.holds import pack
from guard.registry.values import Hold
from guard.types import Picture

PNG = b"\x89PNG\r\n\x1a\n a held picture"


async def hold(world: Any, name: str = "Ada Example", modality: str = "name") -> tuple[str, str]:
    """A held answer to a prompt that names somebody; their id, and the review's."""
    made = (await world.client("registrar").post("/admin/v1/opt-outs", json={"subject": {"name": name}})).json()
    hit = {
        "subject_id": made["subject_id"],
        "subject": name,
        "modality": modality,
        "where": "prompt",
        "text": "Ada Example",
        "span": [4, 15],
        "score": 0.9,
    }
    words = {"texts": [{"where": "prompt", "text": "the Ada Example <b>rose"}], "hits": [hit]}
    kept = pack(200, [], b"{}", [Picture("image", PNG, "png", 1, 1)])
    await world.open(Hold("dec_1", "studio", "output", "medium", "ab" * 32, (made["subject_id"],), words=words, kept=kept))
    (review,) = (await world.client("reviewer").get("/admin/v1/reviews")).json()["items"]
    return made["subject_id"], review["id"]


async def test_a_reviewer_sees_the_words_and_no_more_of_the_registry(world: Any) -> None:
    _, review_id = await hold(world)
    seen = [(await world.client(role).get(f"/admin/v1/reviews/{review_id}")).json()["words"] for role in ("reviewer", "admin")]
    assert [words["texts"][0]["text"] for words in seen] == ["the Ada Example <b>rose"] * 2
    assert [words["hits"][0]["subject"] for words in seen] == [None, "Ada Example"]


async def test_who_judges_a_face_must_know_whose_it_would_be(world: Any) -> None:
    _, review_id = await hold(world, modality="face")
    words = (await world.client("reviewer").get(f"/admin/v1/reviews/{review_id}")).json()["words"]
    assert words["hits"][0]["subject"] == "Ada Example"


async def test_the_held_picture_is_shown(world: Any) -> None:
    _, review_id = await hold(world)
    reviewer = world.client("reviewer")
    first = await reviewer.get(f"/admin/v1/reviews/{review_id}/kept")
    assert (first.content, first.headers["content-type"]) == (PNG, "image/png")
    assert (await reviewer.get(f"/admin/v1/reviews/{review_id}/kept?picture=2")).status_code == 404
    browser = world.client("")
    await browser.post("/console/login", data={"key": world.keys["reviewer"]})
    page = (await browser.get(f"/console/reviews/{review_id}")).text
    assert ("<mark>Ada Example</mark>" in page, "&lt;b&gt;rose" in page, "<b>rose" in page) == (True, True, False)
    (link,) = re.findall(rf'href="(/console/reviews/{review_id}/kept\?picture=1)"', page)
    assert (await browser.get(link)).content == PNG


async def test_a_false_positive_proposes_an_exclusion_and_counts(world: Any) -> None:
    subject_id, review_id = await hold(world)
    reviewer, registrar = world.client("reviewer"), world.client("registrar")
    wrong = await reviewer.post(f"/admin/v1/reviews/{review_id}", json={"verdict": "match", "exclusion": "x"})
    assert wrong.status_code == 422
    verdict = {"verdict": "false_positive", "note": "a rose", "exclusion": "the Ada Example rose"}
    assert (await reviewer.post(f"/admin/v1/reviews/{review_id}", json=verdict)).status_code == 200
    (proposal,) = (await registrar.get(f"/admin/v1/subjects/{subject_id}/exclusions")).json()["items"]
    assert (proposal["text"], proposal["note"]) == ("the Ada Example rose", "a rose")
    question = {"prompt": "the Ada Example rose in a vase"}
    before = (await reviewer.post("/admin/v1/screen", json=question)).json()["hits"]
    settled = await registrar.post(f"/admin/v1/reviews/{review_id}/exclusion", json={"subject_id": subject_id, "accept": True})
    assert settled.json()["exclusions"] == ["the Ada Example rose"]
    after = (await reviewer.post("/admin/v1/screen", json=question)).json()
    alone = (await reviewer.post("/admin/v1/screen", json={"prompt": "Ada Example with a rose"})).json()
    assert (len(before), after["hits"], after["outcome"], alone["outcome"]) == (1, [], "allow", "refuse")
    precision = (await registrar.get("/admin/v1/stats")).json()["precision"]
    assert precision == [{"rule": "medium", "match": 0, "false_positive": 1, "precision": 0.0}]


async def test_proposals_in_the_console(world: Any) -> None:
    subject_id, review_id = await hold(world)
    verdict = {"verdict": "false_positive", "exclusion": "the Ada Example rose"}
    await world.client("reviewer").post(f"/admin/v1/reviews/{review_id}", json=verdict)
    browser, page = world.client(""), f"/console/subjects/{subject_id}"
    await browser.post("/console/login", data={"key": world.keys["registrar"]})
    shown = (await browser.get(page)).text
    token = re.search(r'name="form_token" value="([0-9a-f]{64})"', shown)
    assert token is not None
    assert f'action="{page}/exclusions/{review_id}"' in shown
    answer = await browser.post(f"{page}/exclusions/{review_id}", data={"form_token": token[1], "answer": "accept"})
    assert (answer.status_code, world.registry.get_subject(subject_id).exclusions) == (303, ("the Ada Example rose",))
    for said, status, kept in (("Ada Example", 422, 1), ("Ada Example street\r\nthe Ada Example rose", 303, 2)):
        answer = await browser.post(f"{page}/exclusions", data={"form_token": token[1], "exclusions": said})
        assert (answer.status_code, len(world.registry.get_subject(subject_id).exclusions)) == (status, kept)
