"""A real browser, headless, driven over its debugging protocol: enough to sign in, fill forms in and read what is shown."""

import asyncio
import json
import os
import shutil
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import aiohttp

BINARY = (
    os.environ.get("GUARD_TEST_BROWSER") or shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
)
WAIT_S = 60.0


class Page:
    """One tab."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._last = 0

    async def call(self, method: str, **params: Any) -> dict[str, Any]:
        self._last += 1
        await self._socket.send_json({"id": self._last, "method": method, "params": params})
        async with asyncio.timeout(WAIT_S):
            while True:
                answer = json.loads((await self._socket.receive()).data)
                if answer.get("id") == self._last:
                    assert "error" not in answer, answer
                    result: dict[str, Any] = answer["result"]
                    return result

    async def run(self, expression: str) -> Any:
        return (await self.call("Runtime.evaluate", expression=expression, returnByValue=True))["result"].get("value")

    async def go(self, url: str) -> None:
        await self.call("Page.navigate", url=url)
        await self.until(f"location.href.startsWith({json.dumps(url)}) && document.readyState == 'complete'")

    async def until(self, condition: str) -> None:
        async with asyncio.timeout(WAIT_S):
            while True:
                with suppress(AssertionError):  # the page it was asked of is gone
                    if await self.run(condition) is True:
                        return
                await asyncio.sleep(0.1)

    async def fill(self, name: str, value: str) -> None:
        found = await self.run(
            f"(field => {{ if (field) field.value = {json.dumps(value)}; return !!field }})(document.getElementsByName({json.dumps(name)})[0])"
        )
        assert found, f"no field {name!r}"

    async def press(self, label: str, then: str) -> None:
        """Press the button or link that reads so, and wait for what comes."""
        pressed = await self.run(
            f"(found => {{ if (found) found.click(); return !!found }})([...document.querySelectorAll('main button, main a, form button')].find(each => each.innerText.trim() == {json.dumps(label)}))"
        )
        assert pressed, f"nothing reads {label!r}"
        await self.until(f"document.readyState == 'complete' && document.body.innerText.includes({json.dumps(then)})")

    async def text(self) -> str:
        return str(await self.run("document.body.innerText"))


@asynccontextmanager
async def browsing(directory: Path) -> AsyncIterator[Page]:
    """A tab of a browser of its own, which ends with the block."""
    options = [
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--no-first-run",
        "--remote-debugging-port=0",
        f"--user-data-dir={directory}",
    ]
    process = subprocess.Popen([str(BINARY), *options, "about:blank"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        port = directory / "DevToolsActivePort"
        async with asyncio.timeout(WAIT_S):
            while not port.exists() or not port.read_text().strip():
                await asyncio.sleep(0.1)
        async with aiohttp.ClientSession() as session:
            async with session.get(f"http://127.0.0.1:{port.read_text().split()[0]}/json/list") as answer:
                (tab,) = [target for target in await answer.json() if target["type"] == "page"]
            async with session.ws_connect(tab["webSocketDebuggerUrl"], max_msg_size=0) as socket:
                page = Page(socket)
                await page.call("Page.enable")
                yield page
    finally:
        process.terminate()
        process.wait(20)
