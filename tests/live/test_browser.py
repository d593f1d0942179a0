"""The console in a real browser: protect a person, test them, and take a claim to its end."""

from pathlib import Path

import pytest

from guard.evaluate import trial
from tests.live import browser


@pytest.mark.skipif(browser.BINARY is None, reason="no Chromium here (GUARD_TEST_BROWSER names one)")
async def test_protect_test_and_decide(tmp_path: Path) -> None:
    with trial.running(environment={"GUARD_POLICY": "prompt-only"}) as guard:
        claim = {"subject": {"name": "Ludmila Treewater"}, "requester": {"role": "agent", "name": "Ann Agent"}}
        case_id = guard.made("/opt-outs", json=claim)["case_id"]
        async with browser.browsing(tmp_path / "profile") as page:
            await page.go(f"{guard.url}/console/login")
            await page.fill("key", guard.admin_key)
            await page.press("Sign in", "Overview")
            await page.go(f"{guard.url}/console/subjects/new")
            await page.fill("name", "William Treewater")
            await page.press("Protect", "They are protected")
            await page.press("Test this person", "Tries every disguise")
            await page.press("Test this person", "What would pass")
            tested = await page.text()
            await page.go(f"{guard.url}/console/cases/{case_id}")
            await page.fill("reason", "Mandate seen.")
            await page.press("Take the step", "one step further")
            case = await page.text()
        status = guard.admin("GET", f"/cases/{case_id}").json()["status"]
    assert ("zero-width" in tested, "caught" in tested, "Mandate seen." in case, status) == (True, True, True, "active")
