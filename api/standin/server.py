"""Serving the stand-in: in the foreground, or from a thread of a test."""

import asyncio
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn

from api.standin.app import StandIn, app


def _config(standin: StandIn) -> uvicorn.Config:
    return uvicorn.Config(
        standin, log_config=None, access_log=False, ws="none", http="httptools", lifespan="off", server_header=False, timeout_keep_alive=75
    )


def run(host: str = "127.0.0.1", port: int = 8090) -> None:
    """Serve the module's `app` until interrupted, and say what it is."""
    with socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET, backlog=1024) as listening:
        where = f"[{host}]" if ":" in host else host
        print(
            f"stand-in upstream (placeholder pictures, no provider behind it) on http://{where}:{listening.getsockname()[1]}/v1", flush=True
        )
        serve(listening)


def serve(listening: socket.socket) -> None:
    """Serve the module's `app` on a socket that listens already, until interrupted."""
    uvicorn.Server(_config(app)).run(sockets=[listening])


@contextmanager
def running(standin: StandIn, host: str = "127.0.0.1") -> Iterator[str]:
    """Serve from a thread on a free port; yields the base URL without a path. The server is gone when the block ends."""
    with socket.create_server((host, 0), backlog=1024) as listening:
        port = listening.getsockname()[1]
        server = _Quiet(_config(standin))
        thread = threading.Thread(target=lambda: asyncio.run(server.serve(sockets=[listening])), name="stand-in", daemon=True)
        thread.start()
        while not server.started:
            if not thread.is_alive():
                raise RuntimeError("the stand-in did not start")
            time.sleep(0.005)
        try:
            standin.url = f"http://{host}:{port}"
            yield standin.url
        finally:
            server.should_exit = server.force_exit = True
            thread.join(10)


class _Quiet(uvicorn.Server):
    """A server that leaves the signal handlers of its process alone."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Signals belong to the test."""
        yield
