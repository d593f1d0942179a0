"""The pages are true: the commands of a tutorial or how-to are run in order, and print what the page says they print."""

import doctest
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from guard.evaluate import portrait
from guard.evaluate.trial import Trial

DOCS = Path(__file__).parents[2] / "docs"
PAGES = [
    "tutorial/first-opt-out.md",
    "how-to/protect-a-person.md",
    "how-to/from-request-to-protection.md",
    "how-to/license-an-actor.md",
    "how-to/export-and-verify.md",
]
MARK = "===== end of block ====="


def blocks(page: str) -> list[tuple[str, str]]:
    """Each command block with the output printed under it ("" where none is)."""
    return re.findall(r"```bash\n(.*?)```(?:\n```text\n(.*?)```)?", (DOCS / page).read_text(), re.DOTALL)


@pytest.mark.skipif(not (shutil.which("curl") and shutil.which("python3")), reason="the pages use curl and python3")
@pytest.mark.parametrize("page", PAGES)
def test_a_page_prints_what_it_says(guarded: Trial, tmp_path: Path, page: str) -> None:
    for number in (1, 2, 3):
        (tmp_path / f"photo{number}.png").write_bytes(portrait.png(portrait.draw(portrait.BEN, 380 + 20 * number)))
    script = "".join(f"{commands}\necho '{MARK}'\n" for commands, _ in blocks(page))
    script = script.replace("http://127.0.0.1:8080", guarded.url).replace(".venv/bin/", f"{Path(sys.executable).parent}/")
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "LANG": "C.UTF-8", "ADMIN_KEY": guarded.admin_key}
    finished = subprocess.run(
        ["bash", "-e"], input=script, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    printed = finished.stdout.split(f"{MARK}\n")[:-1]
    checker = doctest.OutputChecker()
    differing = [
        (commands, wanted, got)
        for (commands, wanted), got in zip(blocks(page), printed, strict=False)
        if not checker.check_output(wanted, got, doctest.ELLIPSIS)
    ]
    assert (finished.returncode, finished.stderr) == (0, ""), finished.stdout
    assert (differing, len(printed)) == ([], len(blocks(page)))
