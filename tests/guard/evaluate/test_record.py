"""The record's benchmark measures what it says: a log that fills, proofs that hold, exports that verify; kill -9 loses nothing."""

import random
from itertools import islice
from pathlib import Path

from sqlalchemy import Engine

from guard.evaluate import record_kills, record_rates, record_scale


def test_a_log_is_filled_and_each_piece_of_work_measured(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/bench.db"
    costs = [record_scale.fill(url, 600), *record_scale.long_log(url, tmp_path, 600), *islice(record_scale.exports(url, tmp_path), 2)]
    assert [cost.note.split(",")[0] for cost in costs] == ["600 events", "", "", "of 602 events", "602 rows", "602 rows"]
    assert all(cost.wall_s > 0 for cost in costs)


def test_one_event_in_twenty_refuses_a_person() -> None:
    drafts = [record_rates.made_draft(number) for number in range(40)]
    assert [n for n, draft in enumerate(drafts) if draft.labels.outcome == "refuse"] == [0, 20]
    assert drafts[0].labels.subject_ids == ("sub_bench",)


def test_kill_9_under_load_loses_nothing_that_was_acknowledged(engine: Engine) -> None:
    url = engine.url.render_as_string(hide_password=False)
    found = record_kills.measure(url, rounds=3, chance=random.Random(7))
    assert (found.lost, found.faults) == ((), ())
    assert found.events >= found.acknowledged >= 3
