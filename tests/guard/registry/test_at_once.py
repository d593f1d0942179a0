"""Many writers at once: each change is whole, and the revision counts every one."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import Engine, select

from guard.errors import ConflictError
from guard.keyring import Keyring
from guard.registry.idempotency import ReplayedError
from guard.registry.store import Registry
from guard.registry.values import By, Once, OptOut, SubjectData
from guard.settings import Settings
from guard.storage import make_engine, read
from guard.storage.queue import EVENT_QUEUE

WRITERS = 6


def together(work: Callable[[int], object]) -> list[object]:
    """What each of several threads got, an error as its class."""

    def caught(number: int) -> object:
        try:
            return work(number)
        except (ConflictError, ReplayedError) as exc:
            return type(exc)

    with ThreadPoolExecutor(WRITERS) as pool:
        return list(pool.map(caught, range(WRITERS)))


def replica(engine: Engine, settings: Settings) -> Registry:
    """Another process on the same database and data directory."""
    own = make_engine(engine.url.render_as_string(hide_password=False))
    return Registry(own, Keyring(own, bytes(32), settings.data_dir, cache_s=0), settings)


def test_different_people(registry: Registry, engine: Engine, settings: Settings, by: By) -> None:
    replicas = [replica(engine, settings) for _ in range(WRITERS)]
    made = together(lambda n: replicas[n].create_opt_out(OptOut(SubjectData(f"Person Number{n}")), by).registry_revision)
    assert sorted(made, key=str) == [1, 2, 3, 4, 5, 6]
    assert [record.no for record in registry.records(None)[1]] == [1, 2, 3, 4, 5, 6]
    with read(engine) as connection:
        assert len(connection.execute(select(EVENT_QUEUE.c.id)).all()) == WRITERS


def test_the_same_person_is_registered_once(registry: Registry, engine: Engine, settings: Settings) -> None:
    replicas = [replica(engine, settings) for _ in range(WRITERS)]
    made = together(lambda n: replicas[n].create_opt_out(OptOut(SubjectData("Jane Roe")), By("key_1")).registry_revision)
    assert sorted(made, key=str) == [1, *[ConflictError] * (WRITERS - 1)]
    assert len(registry.records(None)[1]) == 1


def test_the_same_request_has_one_effect(registry: Registry, engine: Engine, settings: Settings) -> None:
    once = Once("key_1", "POST /opt-outs", "k", b"digest", lambda made: (201, made.subject_id.encode()))
    replicas = [replica(engine, settings) for _ in range(WRITERS)]
    made = together(lambda n: replicas[n].create_opt_out(OptOut(SubjectData("Jane Roe")), By("key_1", once=once)).registry_revision)
    assert sorted(made, key=str) == [1, *[ReplayedError] * (WRITERS - 1)]


def test_one_key_for_all_who_need_it_first(registry: Registry, engine: Engine, settings: Settings) -> None:
    replicas = [replica(engine, settings) for _ in range(WRITERS)]
    assert len(set(together(lambda n: replicas[n].keyring.get_or_create("tenant", "acme")))) == 1


def test_writing_while_keys_are_rotated(registry: Registry, engine: Engine, settings: Settings, by: By) -> None:
    for n in range(10):
        registry.create_opt_out(OptOut(SubjectData(f"Person Number{n}")), by)
    replicas = [replica(engine, settings) for _ in range(WRITERS)]

    def work(number: int) -> object:
        if number == 0:
            return replicas[0].rotate_keys() >= 10
        return replicas[number].create_opt_out(OptOut(SubjectData(f"New Number{number}")), by).subject_id

    made = together(work)
    names = {record.name for record in registry.records(None)[1]}
    assert (made[0], names) == (True, {f"Person Number{n}" for n in range(10)} | {f"New Number{n}" for n in range(1, WRITERS)})
    outcomes = together(lambda n: replicas[n].create_opt_out(OptOut(SubjectData(f"New Number{max(n, 1)}")), by))
    assert outcomes == [ConflictError] * WRITERS
