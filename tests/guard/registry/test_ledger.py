"""What a later request may point at: only what this tenant was given, with everything that is behind it."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from sqlalchemy import text

from guard.errors import NotFoundError
from guard.registry.ledger import LIFE, Turn
from guard.registry.store import Registry
from guard.registry.values import By, FaceData, SubjectData
from guard.storage.engine import read
from guard.types import Text

SAID = (Text("input", "draw Jane"), Text("output[0].content[0].text", "and Roe"))


@pytest.fixture
def turn(registry: Registry, clock) -> Turn:
    registry.ensure_tenant("studio")
    registry.ensure_tenant("other")
    return Turn(SAID, True, registry.revision(), "policy-1", ("parody", "", "no"), clock.now)


def kept(turn: Turn, expires_at=None) -> Turn:
    return replace(turn, expires_at=expires_at or turn.screened_at + LIFE)


def test_what_is_kept_is_found_under_each_of_its_ids_and_no_other(registry: Registry, turn: Turn) -> None:
    registry.keep_turn("studio", ["openai\nresp_1", "openai\nig_1"], turn)
    assert registry.find_turns("studio", ["openai\nresp_1", "openai\nig_1", "openai\nresp_2", "azure\nresp_1"]) == {
        "openai\nresp_1": kept(turn),
        "openai\nig_1": kept(turn),
    }


def test_another_tenant_does_not_find_it(registry: Registry, turn: Turn) -> None:
    registry.keep_turn("studio", ["resp_1"], turn)
    assert registry.find_turns("other", ["resp_1"]) == {}


def test_only_a_tenants_own_ids_are_told_and_forgotten(registry: Registry, turn: Turn) -> None:
    ids = [f"file-{n}" for n in range(1_200)]
    registry.keep_turn("studio", [*ids[:600], ids[-1]], turn)
    registry.keep_turn("other", ids[600:700], turn)
    assert registry.own_ids("studio", ids) == {*ids[:600], ids[-1]}
    registry.forget_ids("other", ids[:600])
    registry.forget_ids("studio", ids[:599])
    assert (registry.own_ids("studio", ids), len(registry.own_ids("other", ids))) == ({ids[599], ids[-1]}, 100)


def test_what_an_id_led_to_stays_behind_it(registry: Registry, turn: Turn, clock) -> None:
    more = Text("input", "more")
    later = replace(turn, texts=(more,), pictures=False, registry_revision=turn.registry_revision + 5, policy_revision="policy-2", terms=())
    registry.keep_turn("studio", ["resp_1"], turn)
    registry.keep_turn("studio", ["resp_1", "resp_1"], later)
    assert registry.find_turns("studio", ["resp_1"]) == {"resp_1": kept(replace(turn, texts=(more, *SAID)))}
    assert registry.forget_turns() == 1


def test_without_pictures_the_later_turn_says_in_what_light_it_was_allowed(registry: Registry, turn: Turn) -> None:
    later = replace(turn, texts=(), registry_revision=turn.registry_revision + 5, policy_revision="policy-2", terms=())
    registry.keep_turn("studio", ["resp_1"], replace(turn, pictures=False))
    registry.keep_turn("studio", ["resp_1"], later)
    assert registry.find_turns("studio", ["resp_1"]) == {"resp_1": kept(replace(later, texts=SAID))}


@pytest.mark.parametrize("expires_in", [timedelta(days=1), LIFE, timedelta(days=90)])
def test_it_ends_after_thirty_days_or_with_the_grant_it_rests_on(registry: Registry, turn: Turn, clock, expires_in: timedelta) -> None:
    registry.keep_turn("studio", ["resp_1"], replace(turn, expires_at=clock.now + expires_in))
    life = min(LIFE, expires_in)
    clock.advance(seconds=life.total_seconds() - 1)
    assert (list(registry.find_turns("studio", ["resp_1"])), registry.forget_turns()) == (["resp_1"], 0)
    clock.advance(seconds=1)
    assert (registry.find_turns("studio", ["resp_1"]), registry.forget_turns()) == ({}, 1)


def person_with_a_face(registry: Registry, by: By) -> str:
    subject_id = registry.create_subject(SubjectData("Ann Example"), by).id
    registry.add_faces(subject_id, [FaceData(np.ones(128, "f4").tobytes(), "dlib", 0.9, (1, 2, 3, 4))], by)
    return subject_id


CHANGES = [
    pytest.param(lambda registry, by: person_with_a_face(registry, by), True, id="somebody with a face"),
    pytest.param(lambda registry, by: registry.add_known_image("0" * 64, by), True, id="a known image"),
    pytest.param(lambda registry, by: registry.create_subject(SubjectData("John Doe"), by), False, id="somebody without one"),
    pytest.param(lambda registry, by: registry.ensure_tenant("third"), False, id="a tenant"),
]


@pytest.mark.parametrize(("change", "moved"), CHANGES)
def test_it_tells_whether_a_picture_behind_it_might_be_judged_otherwise_now(registry: Registry, turn: Turn, by: By, change, moved) -> None:
    registry.keep_turn("studio", ["resp_1"], turn)
    registry.keep_turn("studio", ["resp_2"], replace(turn, pictures=False))
    change(registry, by)
    assert {name: found.moved for name, found in registry.find_turns("studio", ["resp_1", "resp_2"]).items()} == {
        "resp_1": moved,
        "resp_2": False,
    }


def test_what_was_looked_at_beside_a_known_image_stands_however_new_the_image_is(registry: Registry, turn: Turn, by: By) -> None:
    registry.add_known_image("0" * 64, by)
    registry.keep_turn("studio", ["resp_1"], replace(turn, registry_revision=registry.revision()))
    assert registry.find_turns("studio", ["resp_1"])["resp_1"].moved is False


def test_neither_ids_nor_texts_are_in_the_clear_and_they_go_with_the_tenants_key(registry: Registry, turn: Turn) -> None:
    registry.keep_turn("studio", ["resp_1"], turn)
    with read(registry.engine) as connection:
        rows = [tuple(row) for table in ("ledger_turn", "ledger_id") for row in connection.execute(text(f"SELECT * FROM {table}"))]
    assert not any(word in str(rows) for word in ("resp_1", "Jane", "Roe", "parody"))
    registry.keyring.destroy("tenant", "studio")
    assert registry.find_turns("studio", ["resp_1"]) == {}
    with pytest.raises(NotFoundError):
        registry.keep_turn("studio", ["resp_2"], turn)
