"""The tutorial is true: its commands are run in order, and print what it says they print."""

import doctest
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from guard.evaluate.trial import Trial

PAGE = Path(__file__).parents[2] / "docs" / "tutorial" / "first-opt-out.md"
MARK = "===== end of block ====="


def blocks() -> list[tuple[str, str]]:
    """Each command block with the output printed under it ("" where none is)."""
    return re.findall(r"```bash\n(.*?)```(?:\n```text\n(.*?)```)?", PAGE.read_text(), re.DOTALL)


@pytest.mark.skipif(not (shutil.which("curl") and shutil.which("python3")), reason="the tutorial uses curl and python3")
def test_the_tutorial_prints_what_it_says(guarded: Trial, tmp_path: Path) -> None:
    script = "".join(f"{commands}\necho '{MARK}'\n" for commands, _ in blocks())
    script = script.replace("http://127.0.0.1:8080", guarded.url).replace(".venv/bin/", f"{Path(sys.executable).parent}/")
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "LANG": "C.UTF-8", "ADMIN_KEY": guarded.admin_key}
    finished = subprocess.run(
        ["bash", "-e"], input=script, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    printed = finished.stdout.split(f"{MARK}\n")[:-1]
    checker = doctest.OutputChecker()
    differing = [
        (commands, wanted, got)
        for (commands, wanted), got in zip(blocks(), printed, strict=False)
        if not checker.check_output(wanted, got, doctest.ELLIPSIS)
    ]
    assert (differing, len(printed), finished.stderr, finished.returncode) == ([], len(blocks()), "", 0)
