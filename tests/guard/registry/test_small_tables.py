"""Known images, policy activations, jobs, and counts."""

import pytest

from guard.errors import InvalidInputError, NotFoundError
from guard.registry.store import Registry
from guard.registry.values import By, Hold, Job, KnownImage, OptOut, PolicyActivation, SubjectData
from guard.types import KeyRole, KnownPicture

PDQ = "0f" * 32


def test_known_images(registry: Registry, by: By, clock) -> None:
    subject_id = registry.create_subject(SubjectData("Jane Roe"), by).id
    mine = registry.add_known_image(PDQ, by, subject_id=subject_id, reason="a forged picture")
    free = registry.add_known_image("ab" * 32, by, bank="stay-down", reason="refused once")
    assert mine == KnownImage(mine.id, PDQ, "registry", subject_id, "a forged picture", clock.now)
    assert registry.known_images() == sorted([mine, free], key=lambda image: image.id)
    assert registry.add_known_image(PDQ, by, subject_id=subject_id).id == mine.id
    registry.remove_known_image(free.id, by)
    assert registry.known_images() == [mine]
    with pytest.raises(NotFoundError, match="no known image"):
        registry.remove_known_image(free.id, by)
    registry.erase_subject(subject_id, by)
    assert registry.known_images() == []


def test_known_pictures_are_published_without_words_and_their_state_tells_every_change(registry: Registry, by: By, clock) -> None:
    states = [registry.known_state()]
    subject_id = registry.create_subject(SubjectData("Ann Example"), by).id
    (no,) = [record.no for record in registry.records(since=None)[1]]
    assert registry.known_state() == states[0]
    mine = registry.add_known_image(PDQ, by, subject_id=subject_id)
    states.append(registry.known_state())
    clock.advance(seconds=1)
    free = registry.add_known_image("ab" * 32, by, bank="stolen")
    states.append(registry.known_state())
    assert registry.known_pictures() == [KnownPicture(mine.id, PDQ, "registry", no), KnownPicture(free.id, "ab" * 32, "stolen", None)]
    registry.remove_known_image(free.id, by)
    states.append(registry.known_state())
    registry.erase_subject(subject_id, by)
    states.append(registry.known_state())
    assert (registry.known_pictures(), len(set(states))) == ([], 5)


def test_refused_outputs_are_remembered_once_and_the_oldest_make_room(registry: Registry, by: By, clock) -> None:
    subject_id = registry.create_subject(SubjectData("Ann Example"), by).id
    hashes = [f"{no:064x}" for no in range(4)]
    assert registry.remember_refused(hashes[:2], subject_id, by) == 2
    clock.advance(seconds=1)
    before = registry.revision()
    assert registry.remember_refused(hashes[1:3], subject_id, by, most=2) == 1
    assert registry.revision() == before + 1
    kept = [image.pdq for image in registry.known_pictures()]
    assert (len(kept), hashes[2] in kept, {image.bank for image in registry.known_pictures()}) == (2, True, {"refused-outputs"})
    registry.erase_subject(subject_id, by)
    assert registry.known_pictures() == []
    with pytest.raises(NotFoundError):
        registry.remember_refused(hashes, subject_id, by)


@pytest.mark.parametrize("pdq", ["", "0f", "ZZ" * 32, "0F" * 32])
def test_what_is_no_hash(registry: Registry, by: By, pdq: str) -> None:
    with pytest.raises(InvalidInputError, match="is not a PDQ hash"):
        registry.add_known_image(pdq, by)


def test_the_newest_activation_holds(registry: Registry, by: By, clock) -> None:
    assert registry.active_policy() is None
    first = registry.activate_policy("default", "version: 1", "enforce", by)
    assert first == PolicyActivation(first.seq, "default", first.digest, "version: 1", "enforce", "key_staff", clock.now)
    second = registry.activate_policy("strict", "version: 2", "shadow", by)
    assert registry.active_policy() == {"name": "strict", "yaml": "version: 2", "mode": "shadow", "digest": second.digest}
    assert (registry.policy_activations(), registry.policy_activations(1)) == ([second, first], [second])
    assert registry.revision() == 2


def test_a_job(registry: Registry, by: By, clock) -> None:
    made = registry.create_job("import", by, 10)
    assert made == registry.get_job(made.id) == Job(made.id, "import", "pending", 0, 10, None, "key_staff", clock.now, None)
    registry.progress_job(made.id, 5)
    assert (registry.get_job(made.id).status, registry.get_job(made.id).done) == ("running", 5)
    registry.finish_job(made.id, {"imported": 10})
    done = registry.get_job(made.id)
    assert (done.status, done.report, done.finished_at, registry.revision()) == ("done", {"imported": 10}, clock.now, 0)
    with pytest.raises(NotFoundError, match="no job"):
        registry.get_job("job_x")


def test_jobs_whose_process_ended(registry: Registry, by: By) -> None:
    done, running = registry.create_job("import", by), registry.create_job("import", by)
    registry.finish_job(done.id, {})
    assert registry.fail_unfinished_jobs() == 1
    failed = registry.get_job(running.id)
    assert (failed.status, "nothing of it was applied" in (failed.report or {})["error"]) == ("failed", True)
    assert registry.get_job(done.id).status == "done"


def test_stats(registry: Registry, by: By) -> None:
    people = [registry.create_opt_out(OptOut(SubjectData(f"Person Number{n}")), by) for n in range(3)]
    registry.revoke_directive(people[0].directive_id, "", by)
    registry.erase_subject(people[1].subject_id, by)
    registry.create_key(KeyRole.CALLER, "acme", "", by)
    registry.open_review(Hold("dec_1", "acme", "input", "r", "d"), by)
    assert registry.stats() == {
        "subjects": 2,
        "erased_subjects": 1,
        "directives_active": 1,
        "directives_pending": 0,
        "faces": 0,
        "templates": 0,
        "known_images": 0,
        "cases_open": 0,
        "reviews_open": 1,
        "keys": 1,
        "tenants": 1,
        "registry_revision": 6,
    }


def test_the_whole_registry_in_the_clear(registry: Registry, by: By) -> None:
    made = registry.create_opt_out(OptOut(SubjectData("Jane Roe", external_ids={"wikidata": "Q1"})), by)
    (line,) = registry.export_lines()
    assert (line["subject_id"], line["name"], line["external_ids"], line["directives"][0]["directive_id"]) == (
        made.subject_id,
        "Jane Roe",
        {"wikidata": "Q1"},
        made.directive_id,
    )
