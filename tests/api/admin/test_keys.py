"""Keys, tenants and counts over the admin API."""

from typing import Any


async def test_a_key_is_shown_once_and_ends_at_once(world: Any) -> None:
    admin = world.client("admin")
    made = (await admin.post("/admin/v1/keys", json={"role": "auditor", "tenant": "acme", "name": "the auditor"})).json()
    assert {name: made[name] for name in ("role", "tenant", "name")} == {"role": "auditor", "tenant": "acme", "name": "the auditor"}
    headers = {"authorization": f"Bearer {made['key']}"}
    assert (await world.client("").get("/admin/v1/decisions", headers=headers)).status_code == 200
    listed = (await admin.get("/admin/v1/keys")).json()["items"]
    assert [item for item in listed if item["id"] == made["id"]] == [
        {name: made[name] for name in ("id", "role", "tenant", "name", "created_at")}
    ]
    assert made["key"] not in str(listed)
    assert (await admin.delete(f"/admin/v1/keys/{made['id']}")).status_code == 204
    assert (await world.client("").get("/admin/v1/decisions", headers=headers)).status_code == 401
    assert (await admin.delete(f"/admin/v1/keys/{made['id']}")).status_code == 404


async def test_what_a_key_needs(world: Any) -> None:
    admin = world.client("admin")
    for body in ({}, {"role": "king"}, {"role": "caller"}, {"role": "caller", "tenant": "No Such!"}, {"role": "admin", "key": "mine"}):
        assert (await admin.post("/admin/v1/keys", json=body)).status_code == 422
    answer = await admin.post("/admin/v1/keys", json={"role": "admin"}, headers={"idempotency-key": "one"})
    assert answer.status_code == 400


async def test_the_key_itself_is_in_no_event(world: Any) -> None:
    made = (await world.client("admin").post("/admin/v1/keys", json={"role": "caller", "tenant": "acme"})).json()
    event = (await world.events())[-1]
    assert (event["kind"], event["key_id"], event["actor_role"]) == ("admin.key.create", made["id"], "admin")
    assert made["key"] not in str(event)


async def test_stats(world: Any) -> None:
    admin = world.client("admin")
    await admin.post("/admin/v1/opt-outs", json={"subject": {"name": "Ada Example"}})
    await admin.post("/admin/v1/screen", json={"prompt": "Ada Example"})
    found = (await admin.get("/admin/v1/stats")).json()
    assert {name: found[name] for name in ("subjects", "directives_active", "keys", "tenants", "decisions_24h")} == {
        "subjects": 1,
        "directives_active": 1,
        "keys": 5,
        "tenants": 1,
        "decisions_24h": {"allow": 0, "hold": 0, "refuse": 1},
    }
