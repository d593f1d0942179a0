"""Long work lives as long as its lock is held, and for a while after it was announced."""

import os
from pathlib import Path

from api.admin import alive


def test_work_that_took_longer_than_the_grace_has_it_anew_when_it_ends(tmp_path: Path) -> None:
    lock = alive.lock_path(tmp_path, "job_1")
    assert alive.died(lock, 60.0, 0.0) is False
    with alive.hold(lock):
        began = lock.stat().st_mtime
        os.utime(lock, (began - 3600, began - 3600))
        assert alive.died(lock, 60.0, began) is False
        alive.announce(lock)
    assert alive.died(lock, 60.0, began) is False
    assert alive.died(lock, 60.0, began + 3600) is True
    alive.settle(lock)
    assert alive.died(lock, 60.0, began + 3600) is False
