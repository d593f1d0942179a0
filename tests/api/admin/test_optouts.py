"""`POST /opt-outs`: the one call that protects a person."""

import base64
from typing import Any

import orjson
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

PATH = "/admin/v1/opt-outs"
ADA = {"subject": {"name": "Ada Example"}}


async def test_a_name_is_enough(world: Any) -> None:
    admin = world.client("admin")
    answer = await admin.post(PATH, json=ADA)
    body = answer.json()
    assert answer.status_code == 201, body
    receipt = body.pop("receipt")
    signature = receipt.pop("signature")
    events = receipt.pop("log_events")
    ids = {name: body[name] for name in ("subject_id", "directive_id", "case_id")}
    revision = world.registry.revision()
    assert body == {**ids, "status": "active", "registry_revision": revision, "warnings": []}
    assert receipt == {
        "type": "opt_out",
        "version": 1,
        **ids,
        "status": "active",
        "protects": True,
        "scopes": ["all"],
        "exemptions": [],
        "modalities": ["prompt", "input_image", "output_image"],
        "jurisdictions": [],
        "effective_from": None,
        "expires_at": None,
        "defaults": {"scopes": "everything", "exemptions": "none", "expires_at": "no_end"},
        "issued_at": receipt["issued_at"],
        "registry_revision": revision,
    }
    key_id, _, signed = signature.partition(" ")
    assert key_id == world.services.signer.key.id
    public = Ed25519PrivateKey.from_private_bytes(world.services.signer.seed).public_key()
    public.verify(base64.b64decode(signed), orjson.dumps({**receipt, "log_events": events}, option=orjson.OPT_SORT_KEYS))
    assert len(events) == 1


async def test_it_binds_before_the_201(world: Any) -> None:
    admin = world.client("admin")
    before = (await admin.post("/admin/v1/screen", json={"prompt": "a photo of Ada Example"})).json()
    made = (await admin.post(PATH, json=ADA)).json()
    after = (await admin.post("/admin/v1/screen", json={"prompt": "a photo of Ada Example"})).json()
    assert (before["outcome"], before["hits"]) == ("allow", [])
    assert (after["outcome"], [hit["subject_id"] for hit in after["hits"]]) == ("refuse", [made["subject_id"]])


async def test_everything_that_can_be_said(world: Any) -> None:
    body = {
        "subject": {
            "name": " Ada Example ",
            "kind": "private_person",
            "aliases": ["Countess Example", {"text": "Ада Пример", "kind": "transliteration", "lang": "ru"}],
            "external_ids": {"wikidata": "Q7259"},
            "occupations": ["mathematician"],
            "born": "1815-12-10",
        },
        "requester": {"role": "agent", "name": "An Agent", "contact": "agent@example.org"},
        "evidence": [{"kind": "power of attorney", "ref": "box 7", "sha256": "AB" * 32}],
        "scopes": ["sexual", "commercial"],
        "exemptions": ["news"],
        "modalities": ["prompt"],
        "jurisdictions": ["de", "US-TN"],
        "effective_from": None,
        "expires_at": "2030-01-01T00:00:00+02:00",
    }
    registrar = world.client("registrar")
    made = (await registrar.post(PATH, json=body)).json()
    assert made["status"] == "pending_verification"
    subject = (await registrar.get(f"/admin/v1/subjects/{made['subject_id']}")).json()
    assert {name: subject[name] for name in ("name", "kind", "external_ids", "occupations", "born")} == {
        "name": "Ada Example",
        "kind": "private_person",
        "external_ids": {"wikidata": "Q7259"},
        "occupations": ["mathematician"],
        "born": "1815-12-10",
    }
    assert {(alias["text"], alias["kind"], alias["lang"]) for alias in subject["aliases"]} >= {
        ("Countess Example", "nickname", None),
        ("Ада Пример", "transliteration", "ru"),
    }
    directive = (await registrar.get(f"/admin/v1/subjects/{made['subject_id']}/directives")).json()["items"][0]
    assert {
        name: directive[name] for name in ("effect", "scopes", "exemptions", "modalities", "jurisdictions", "authority", "expires_at")
    } == {
        "effect": "deny",
        "scopes": ["sexual", "commercial"],
        "exemptions": ["news"],
        "modalities": ["prompt"],
        "jurisdictions": ["DE", "US-TN"],
        "authority": "agent",
        "expires_at": "2029-12-31T22:00:00Z",
    }
    case = (await registrar.get(f"/admin/v1/cases/{made['case_id']}")).json()
    assert case["requester"] == {"role": "agent", "name": "An Agent", "contact": "agent@example.org"}
    proof = {"kind": "power of attorney", "ref": "box 7", "sha256": "ab" * 32, "checked_by": None, "checked_at": None}
    assert case["evidence"] == [proof]


REFUSED = [
    pytest.param({}, ["/subject"], id="nothing"),
    pytest.param({"subject": {}}, ["/subject/name"], id="no name"),
    pytest.param({"subject": {"name": "  "}}, ["/subject/name"], id="an empty name"),
    pytest.param({"subject": {"name": "a\u0000b"}}, ["/subject/name"], id="a control character"),
    pytest.param({"subject": {"name": 7}}, ["/subject/name"], id="a number for a name"),
    pytest.param({"subject": {"name": "x" * 301}}, ["/subject/name"], id="a very long name"),
    pytest.param({**ADA, "surprise": 1}, ["/surprise"], id="an unknown field"),
    pytest.param({"subject": {"name": "Ada", "nmae": "x"}}, ["/subject/nmae"], id="an unknown field within"),
    pytest.param({"subject": {"name": "Ada", "kind": "robot"}}, ["/subject/kind"], id="an unknown kind"),
    pytest.param({"subject": {"name": "Ada", "aliases": ["x", ""]}}, ["/subject/aliases/1/text"], id="an empty alias"),
    pytest.param(
        {"subject": {"name": "Ada", "aliases": [{"text": "x y", "kind": "generated"}]}}, ["/subject/aliases/0/kind"], id="a generated alias"
    ),
    pytest.param({"subject": {"name": "Ada", "aliases": ["x y"] * 501}}, ["/subject/aliases"], id="too many aliases"),
    pytest.param({"subject": {"name": "Ada", "born": "soon"}}, ["/subject/born"], id="a birth date that is none"),
    pytest.param({**ADA, "scopes": ["everything"]}, ["/scopes/0"], id="an unknown scope"),
    pytest.param({**ADA, "jurisdictions": ["NO", "Sweden"]}, ["/jurisdictions/1"], id="a place that is no code"),
    pytest.param({**ADA, "modalities": ["smell"]}, ["/modalities/0"], id="an unknown modality"),
    pytest.param({**ADA, "requester": {"role": "king"}}, ["/requester/role"], id="an unknown requester"),
    pytest.param({**ADA, "evidence": [{"sha256": "abc"}]}, ["/evidence/0/sha256"], id="a digest that is none"),
    pytest.param({**ADA, "expires_at": "2030-01-01T00:00:00"}, ["/expires_at"], id="a time without an offset"),
    pytest.param({**ADA, "expires_at": 1893456000}, ["/expires_at"], id="a number for a time"),
    pytest.param({**ADA, "expires_at": "9999-12-31T23:59:59-12:00"}, ["/expires_at"], id="a time beyond the calendar"),
    pytest.param(
        {**ADA, "effective_from": "2030-01-02T00:00:00Z", "expires_at": "2030-01-01T00:00:00Z"}, [""], id="an end before its beginning"
    ),
]


@pytest.mark.parametrize(("body", "pointers"), REFUSED)
async def test_what_is_wrong_is_named(world: Any, body: dict[str, Any], pointers: list[str]) -> None:
    answer = await world.client("admin").post(PATH, json=body)
    problem = answer.json()
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
    assert (problem["type"], problem["status"]) == ("urn:likeness-guard:problem:invalid-input", 422)
    assert [error["pointer"] for error in problem["errors"]] == pointers
    assert (await world.client("admin").get("/admin/v1/subjects")).json()["items"] == []


@pytest.mark.parametrize(
    ("content", "kind", "status"),
    [
        pytest.param(b"{", "application/json", 400, id="not JSON"),
        pytest.param(b'{"subject":{"name":"Ada E"},"subject":{"name":"Bob B"}}', "application/json", 400, id="a duplicate key"),
        pytest.param(b'{"subject":{"name":"Ada E"},"x":NaN}', "application/json", 400, id="NaN"),
        pytest.param(b'\xef\xbb\xbf{"subject":{"name":"Ada E"}}', "application/json", 400, id="a byte order mark"),
        pytest.param(b'{"subject":{"name":"Ada E"}}', "text/plain", 415, id="text/plain"),
        pytest.param(b'{"subject":{"name":"Ada E"}}', "application/json; charset=utf-16", 415, id="another charset"),
        pytest.param(b'{"subject":{"name":"' + b"x" * 2_000_000 + b'"}}', "application/json", 413, id="too large"),
        pytest.param(b"", "application/json", 422, id="empty"),
        pytest.param(b"[]", "application/json", 422, id="a list"),
        pytest.param(b"null", "application/json", 422, id="null"),
    ],
)
async def test_bodies_that_cannot_be_read(world: Any, content: bytes, kind: str, status: int) -> None:
    answer = await world.client("admin").post(PATH, content=content, headers={"content-type": kind})
    assert (answer.status_code, answer.headers["content-type"], answer.json()["status"]) == (status, "application/problem+json", status)


async def test_an_alias_that_would_refuse_everything_refuses_the_whole_body(world: Any) -> None:
    answer = await world.client("admin").post(PATH, json={"subject": {"name": "Ada Example", "aliases": ["...", "Countess"]}})
    problem = answer.json()
    assert answer.status_code == 422
    assert [error["pointer"] for error in problem["errors"]] == ["/subject/aliases/0"]
    assert "'...'" in problem["detail"]


async def test_a_likely_duplicate_is_refused_unless_asked_for(world: Any) -> None:
    admin = world.client("admin")
    first = (await admin.post(PATH, json=ADA)).json()
    answer = await admin.post(PATH, json=ADA)
    problem = answer.json()
    assert (answer.status_code, problem["type"]) == (409, "urn:likeness-guard:problem:likely-duplicate")
    assert problem["duplicates"] == [{"subject_id": first["subject_id"], "reason": "an equal alias", "protected": True}]
    again = await admin.post(PATH, params={"allow_duplicate": "true"}, json=ADA)
    assert again.status_code == 201
    assert again.json()["subject_id"] != first["subject_id"]


async def test_the_same_idempotency_key_gives_the_same_answer(world: Any) -> None:
    admin = world.client("admin")
    headers = {"idempotency-key": "one"}
    first = await admin.post(PATH, json=ADA, headers=headers)
    again = await admin.post(PATH, json=ADA, headers=headers)
    assert (first.status_code, again.status_code, again.content) == (201, 201, first.content)
    assert again.headers["idempotency-replayed"] == "true"
    other_body = await admin.post(PATH, json={"subject": {"name": "Bob Body"}}, headers=headers)
    assert (other_body.status_code, other_body.json()["type"]) == (422, "urn:likeness-guard:problem:invalid-input")
    other_key = await world.client("registrar").post(PATH, json={"subject": {"name": "Cy Caller"}}, headers=headers)
    assert other_key.status_code == 201
    assert len((await admin.get("/admin/v1/subjects")).json()["items"]) == 2


async def test_the_audit_event_says_who_and_what(world: Any) -> None:
    made = (await world.client("registrar").post(PATH, json=ADA)).json()
    event = (await world.events())[-1]
    assert event["kind"] == "admin.opt_out.create"
    assert {name: event[name] for name in ("actor_role", "result", "change", "subject_id", "directive_id", "subject_ids")} == {
        "actor_role": "registrar",
        "result": "done",
        "change": "opt_out.create",
        "subject_id": made["subject_id"],
        "directive_id": made["directive_id"],
        "subject_ids": [made["subject_id"]],
    }


@pytest.mark.parametrize(
    ("role", "status"), [("admin", 201), ("registrar", 201), ("reviewer", 403), ("auditor", 403), ("caller", 403), ("", 401)]
)
async def test_roles(world: Any, role: str, status: int) -> None:
    answer = await world.client(role).post(PATH, json=ADA)
    assert (answer.status_code, answer.json().get("status")) == (status, "active" if status == 201 else status)


SOLA = {"name": "Sola Quince", "kind": "deceased", "died": "2001-02-03"}
TERM = [
    pytest.param({}, "2071-02-04T00:00:00.000000Z", "post_mortem_term", id="left open"),
    pytest.param({"expires_at": None}, None, None, id="stated to have none"),
    pytest.param({"expires_at": "2090-01-01T00:00:00Z"}, "2090-01-01T00:00:00.000000Z", None, id="stated"),
]


@pytest.mark.parametrize(("stated", "end", "default"), TERM)
async def test_the_end_of_a_deceased_persons_protection(world: Any, stated: Any, end: str | None, default: str | None) -> None:
    answer = await world.client("admin").post(PATH, json={"subject": SOLA, **stated})
    receipt = answer.json()["receipt"]
    assert (answer.status_code, receipt["expires_at"], receipt["defaults"].get("expires_at")) == (201, end, default)
