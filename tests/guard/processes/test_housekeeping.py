"""What the clock does by itself is told: a rotation of the epoch is an event, and none when none was due."""

import os
import subprocess
import sys
import time
from pathlib import Path

from guard.processes import parts
from guard.record.query import Decisions, Log
from guard.settings import Settings


def kept_house(settings: Settings) -> None:
    environment = parts.child_environment(settings)
    subprocess.run([sys.executable, "-P", "-m", "guard.processes.housekeeping"], env=environment, check=True, timeout=60)


def test_a_rotation_of_the_epoch_is_an_event(tmp_path: Path, empty_sqlite: Path) -> None:
    (tmp_path / "var").mkdir(mode=0o700)
    (tmp_path / "var" / "guard.db").write_bytes(empty_sqlite.read_bytes())
    settings = Settings(data_dir=tmp_path / "var")
    engine = parts.open_engine(settings)
    keyring = parts.open_registry(settings, engine).keyring
    keyring.get_or_create("tenant", "acme")
    kept_house(settings)
    over_a_day_ago = time.time() - 90_000
    os.utime(settings.data_dir / "epochs.json", (over_a_day_ago, over_a_day_ago))
    kept_house(settings)
    log = parts.open_log(settings, engine)
    log.integrate()
    log.close()
    found = [Decisions(engine, keyring).get(entry["event"]["id"]) for entry in Log(engine).entries(0, 9)]
    engine.dispose()
    assert [(event["kind"], event["body"]["actor"]) for event in found] == [("admin.epoch.rotate", "housekeeping")]
    assert found[0]["body"]["keys_wrapped_anew"] >= 1
