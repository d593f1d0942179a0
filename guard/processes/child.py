"""What every child of `guard serve` begins with. Imports nothing heavy: some children need no more than this."""

import ctypes
import json
import logging
import signal
import sys
import time
from collections.abc import Callable

from guard.settings import Settings


def start_process(name: str) -> Settings:
    """Settings and logging of a child process, which ends when its supervisor does."""
    settings = Settings()
    configure_logging(settings.log_level, name)
    _die_with_parent()
    return settings


def on_terminate(stop: Callable[[], None]) -> None:
    """Call `stop` on SIGTERM and SIGINT."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop())


def _die_with_parent() -> None:
    """Linux: the kernel ends this process when the supervisor dies, kill -9 included."""
    if sys.platform == "linux":
        pr_set_pdeathsig = 1
        ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGTERM)


class _JsonLines(logging.Formatter):
    """One JSON object a line; never a prompt, a name or a key: those are not passed to loggers."""

    def __init__(self, process: str) -> None:
        super().__init__()
        self._process = process

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "time": time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created)) + f".{int(record.msecs):03d}Z",
            "level": record.levelname.lower(),
            "process": self._process,
            "logger": record.name,
            "message": record.getMessage(),
        }
        line.update(getattr(record, "fields", {}))
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)


def configure_logging(level: str, process: str) -> None:
    """JSON lines on standard error."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_JsonLines(process))
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    for noisy in ("alembic", "asyncio", "aiohttp.access", "httpcore2", "httpx2", "uvicorn.access"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
