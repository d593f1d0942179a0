"""People, their directives, cases and grants over the admin API."""

from typing import Any

ADA = {
    "name": "Ada Example",
    "aliases": [{"text": "Countess Example", "kind": "stage"}],
    "external_ids": {"wikidata": "Q7259"},
    "born": 1815,
}


async def registered(client: Any, name: str = "Ada Example") -> dict[str, Any]:
    answer = await client.post("/admin/v1/opt-outs", json={"subject": {"name": name}})
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def test_create_read_change_and_list(world: Any) -> None:
    registrar = world.client("registrar")
    made = (await registrar.post("/admin/v1/subjects", json=ADA)).json()
    assert {name: made[name] for name in ("name", "kind", "external_ids", "occupations", "born", "exclusions")} == {
        "name": "Ada Example",
        "kind": "public_figure",
        "external_ids": {"wikidata": "Q7259"},
        "occupations": [],
        "born": "1815",
        "exclusions": [],
    }
    assert made["id"] == made["subject_id"]
    path = f"/admin/v1/subjects/{made['id']}"
    assert (await registrar.get(path)).json() == made
    changed = (await registrar.patch(path, json={"aliases": ["Ada of Example"], "born": None, "exclusions": ["Example Tower"]})).json()
    assert [alias["text"] for alias in changed["aliases"] if alias["kind"] != "legal"] == ["Ada of Example"]
    assert (changed["name"], changed["born"], changed["exclusions"]) == ("Ada Example", None, ["Example Tower"])
    assert (await registrar.get("/admin/v1/subjects")).json() == {"items": [changed], "next_cursor": None}
    screened = (await world.client("admin").post("/admin/v1/screen", json={"prompt": "Ada of Example, and the Countess Example"})).json()
    assert (screened["outcome"], [hit["text"] for hit in screened["hits"]]) == ("allow", ["Ada of Example"])


async def test_a_patch_must_say_something(world: Any) -> None:
    registrar = world.client("registrar")
    made = (await registrar.post("/admin/v1/subjects", json=ADA)).json()
    for body in ({}, {"name": None}, {"id": "sub_other"}):
        assert (await registrar.patch(f"/admin/v1/subjects/{made['id']}", json=body)).status_code == 422


async def test_search_and_pages(world: Any) -> None:
    registrar = world.client("registrar")
    for n in range(5):
        await registered(registrar, f"Person{n} Family{n % 2}")
    names = []
    cursor = None
    while True:
        params = {"limit": "2"} | ({"cursor": cursor} if cursor else {})
        page = (await registrar.get("/admin/v1/subjects", params=params)).json()
        names += [item["name"] for item in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert names == [f"Person{n} Family{n % 2}" for n in range(5)]
    found = (await registrar.get("/admin/v1/subjects", params={"query": "family1"})).json()
    assert [item["name"] for item in found["items"]] == ["Person1 Family1", "Person3 Family1"]


async def test_erasing_ends_the_protection_and_says_so(world: Any) -> None:
    admin = world.client("admin")
    made = await registered(admin)
    path = f"/admin/v1/subjects/{made['subject_id']}"
    answer = await admin.delete(path)
    body = answer.json()
    assert (answer.status_code, body["subject_id"], body["protection_ended"]) == (200, made["subject_id"], [made["directive_id"]])
    assert body["receipt"]["protection_ended"] is True
    assert (await admin.get(path)).status_code == 404
    assert (await admin.delete(path)).status_code == 404
    screened = (await admin.post("/admin/v1/screen", json={"prompt": "a photo of Ada Example"})).json()
    assert (screened["outcome"], screened["hits"]) == ("allow", [])
    event = next(event for event in await world.events() if event["kind"] == "admin.subject.erase")
    assert (event["subject_id"], event["protection_ended"]) == (made["subject_id"], [made["directive_id"]])


async def test_revoking_binds(world: Any) -> None:
    admin = world.client("admin")
    made = await registered(admin)
    path = f"/admin/v1/directives/{made['directive_id']}/revoke"
    answer = await admin.post(path, json={"reason": "asked for it"})
    assert (answer.status_code, answer.json()["status"], answer.json()["version"]) == (200, "revoked", 2)
    screened = (await admin.post("/admin/v1/screen", json={"prompt": "a photo of Ada Example"})).json()
    assert (screened["outcome"], len(screened["hits"])) == ("allow", 1)
    assert (await admin.post(path, json={})).status_code == 409
    assert (await admin.post("/admin/v1/directives/dir_nobody/revoke")).status_code == 404
    listed = (await admin.get(f"/admin/v1/subjects/{made['subject_id']}/directives")).json()["items"]
    assert [(item["id"], item["status"], item["reason"]) for item in listed] == [(made["directive_id"], "revoked", "asked for it")]


async def test_a_grant_lets_one_tenant_through(world: Any) -> None:
    admin = world.client("admin")
    made = await registered(admin)
    body = {
        "subject_id": made["subject_id"],
        "tenant": "studio",
        "purposes": [],
        "scopes": [],
        "endpoints": [],
        "models": [],
        "use_description": "a film",
    }
    answer = await admin.post("/admin/v1/grants", json=body)
    granted = answer.json()
    assert (answer.status_code, granted["status"], len(granted["warnings"])) == (201, "active", 1)
    question = {"prompt": "a photo of Ada Example"}
    theirs = (await admin.post("/admin/v1/screen", json={**question, "tenant": "studio"})).json()
    others = (await admin.post("/admin/v1/screen", json={**question, "tenant": "other"})).json()
    assert (theirs["outcome"], theirs["grant"], others["outcome"], others["grant"]) == ("allow", granted["directive_id"], "refuse", None)
    tenants = (await admin.get("/admin/v1/tenants")).json()["items"]
    assert {tenant["name"] for tenant in tenants} >= {"acme", "studio", "other"}
    assert (await admin.post("/admin/v1/grants", json={**body, "subject_id": "sub_nobody"})).status_code == 404
    assert (await admin.post("/admin/v1/grants", json={**body, "tenant": "No Such!"})).status_code == 422


async def test_another_directive_and_its_case(world: Any) -> None:
    registrar = world.client("registrar")
    made = (await registrar.post("/admin/v1/subjects", json=ADA)).json()
    body = {"effect": "deny", "scopes": ["sexual"], "requester": {"role": "estate", "name": "The Estate"}}
    answer = await registrar.post(f"/admin/v1/subjects/{made['id']}/directives", json=body)
    added = answer.json()
    assert (answer.status_code, added["status"]) == (201, "pending_verification")
    case_path = f"/admin/v1/cases/{added['case_id']}"
    case = (await registrar.get(case_path)).json()
    assert (case["status"], case["requester"]["role"], case["directive_id"]) == ("verifying", "estate", added["directive_id"])
    moved = (await registrar.post(f"{case_path}/transition", json={"to": "active", "reason": "the will was shown"})).json()
    assert (moved["status"], moved["steps"][-1]["reason"]) == ("active", "the will was shown")
    directive = (await registrar.get(f"/admin/v1/subjects/{made['id']}/directives")).json()["items"][0]
    assert directive["status"] == "active"
    assert (await registrar.post(f"{case_path}/transition", json={"to": "verifying"})).status_code == 409
    listed = (await registrar.get("/admin/v1/cases", params={"status": "active"})).json()["items"]
    assert [item["case_id"] for item in listed] == [added["case_id"]]


async def test_a_case_without_a_subject(world: Any) -> None:
    registrar = world.client("registrar")
    answer = await registrar.post("/admin/v1/cases", json={"kind": "dispute", "note": "that is not me"})
    assert (answer.status_code, answer.json()["status"], answer.json()["note"]) == (201, "received", "that is not me")


async def test_known_images(world: Any) -> None:
    registrar = world.client("registrar")
    added = (await registrar.post("/admin/v1/known-images", json={"pdq": "AB" * 32, "reason": "a forgery"})).json()
    assert (added["pdq"], added["bank"], added["reason"]) == ("ab" * 32, "registry", "a forgery")
    assert (await registrar.get("/admin/v1/known-images")).json() == {"items": [added], "next_cursor": None}
    assert (await registrar.delete(f"/admin/v1/known-images/{added['id']}")).status_code == 204
    assert (await registrar.get("/admin/v1/known-images")).json()["items"] == []
    assert (await registrar.post("/admin/v1/known-images", json={"pdq": "abc"})).status_code == 422
