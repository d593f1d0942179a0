"""What the whole gateway leaves in the record: of a request and its answer, and of its own processes."""

import re
import time

from guard.evaluate.trial import Trial


def test_both_decisions_say_by_what_they_were_made(guarded: Trial) -> None:
    tenant = "recorded-tenant"
    guarded.client(tenant).images.generate(prompt="a lighthouse at dawn")
    items = guarded.admin("GET", "/decisions", params={"tenant": tenant}).json()["items"]
    found = {item["stage"]: guarded.admin("GET", f"/decisions/{item['decision_id']}").json()["body"] for item in items}
    assert sorted(found) == ["input", "output"]
    for body in found.values():
        assert (body["route"], re.fullmatch(r"\d+\.\d+\.\d+", body["engines"]["guard"]) is not None) == ("images.generations", True)
        assert body["timings_ms"]
    assert found["output"]["engines"]["faces"] == "dlib-resnet-v1"
    [picture] = found["output"]["pictures"]
    assert re.fullmatch(r"[0-9a-f]{64}", picture["pdq"][0])
    assert re.fullmatch(r"[0-9a-f]{64}", picture["sha256"])
    assert (found["input"]["pictures"], found["input"]["engines"]["faces"]) == ([], None)


def test_the_processes_of_the_guard_are_in_its_log_with_their_versions(guarded: Trial) -> None:
    wanted, kinds = {"supervisor", "recorder", "builder", "faces-0", "worker-0"}, set()
    deadline = time.monotonic() + 30
    while not wanted <= kinds and time.monotonic() < deadline:
        entries = guarded.admin("GET", "/log/entries", params={"start": 0, "end": 200}).json()["items"]
        starts = [entry["event"]["id"] for entry in entries if entry["event"]["kind"] == "process.start"]
        bodies = [guarded.admin("GET", f"/decisions/{id_}").json()["body"] for id_ in starts]
        kinds = {body["process"] for body in bodies}
        assert all("likeness-guard" in body["versions"] for body in bodies)
    assert wanted <= kinds
