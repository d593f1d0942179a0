"""`guard serve`: starts the other processes, owns their sockets, restarts what dies, ends all of them in order.

The listening sockets belong to this process, so a child that restarts finds its queue of waiting connections intact.
Children run with `-P`: the working directory is never on their import path.
"""

import logging
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from guard.errors import InvalidInputError
from guard.mounts import Mount
from guard.processes import parts, providers, sources
from guard.processes.launch import command
from guard.processes.lifecycle import Lifecycle
from guard.record import outside, retention
from guard.record.signing import verifier_keys
from guard.record.sinks.config import configured as configured_sinks
from guard.registry.values import By
from guard.settings import Settings
from guard.types import KeyRole

log = logging.getLogger(__name__)

_POLL_S = 0.1
_BACKOFF_S = (0.0, 0.2, 1.0, 5.0)
"""Waits before a restart; a child that has lived for ten seconds starts from the first again."""

_UNIX_PATH_BYTES = 100


@dataclass(eq=False)
class _Child:
    name: str
    module: str
    sockets: Sequence[socket.socket]
    arguments: Sequence[str] = ()
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    failures: int = 0
    start_at: float = 0.0


def own_name() -> str:
    """How this program is called again: `guard` where the shell finds it, else by the path that it was called by (`make run`)."""
    return sys.argv[0] if Path(sys.argv[0]).name == "guard" and shutil.which("guard") is None else "guard"


@dataclass
class Supervisor:
    """One `guard serve`."""

    settings: Settings
    announce: Callable[[str], None] = print
    _children: list[_Child] = field(default_factory=list)
    _stopping: bool = False

    def run(self) -> int:
        """Serve until SIGTERM or SIGINT; the exit status."""
        settings = self.settings
        parts.configure_logging(settings.log_level, "supervisor")
        try:
            mounts = providers.mounts(settings)
            sinks = configured_sinks(settings)
            sources.check(settings)
            parts.check_face_networks(settings)
            if settings.retention is not None:
                retention.load(settings.retention)
        except InvalidInputError as error:
            raise SystemExit(str(error)) from error
        admin_key = self._prepare_registry()
        runtime = _runtime_directory(settings)
        environment = parts.child_environment(settings)
        environment.update(GUARD_RUNTIME_DIR=str(runtime), PROMETHEUS_MULTIPROC_DIR=str(runtime / "metrics"))
        (runtime / "metrics").mkdir(mode=0o700)
        parts.on_terminate(self._stop)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        http = _listen_tcp(settings.host, settings.port)
        admin = [] if settings.admin_port is None else [_listen_tcp(settings.host, settings.admin_port)]
        recorder, builder, faces = (_listen_unix(runtime / f"{name}.sock") for name in ("recorder", "builder", "faces"))
        if not (settings.upstream_url or settings.upstream_api_key or settings.upstreams):
            stand_in = _listen_tcp("127.0.0.1", 0)
            environment["GUARD_UPSTREAM_URL"] = f"http://127.0.0.1:{stand_in.getsockname()[1]}/v1"
            environment["GUARD_STANDIN"] = "1"
            self._children.append(_Child("stand-in", "api.standin.__main__", [stand_in], ["--fd", str(stand_in.fileno())]))
        ports = {"GUARD_PORT": http.getsockname()[1], **({"GUARD_ADMIN_PORT": admin[0].getsockname()[1]} if admin else {})}
        environment.update({name: str(port) for name, port in ports.items()})
        self._children += [
            _Child("recorder", "guard.processes.recorder", [recorder], [str(recorder.fileno())]),
            _Child("builder", "guard.processes.builder", [builder], [str(builder.fileno())]),
            *(_Child(f"faces-{n}", "guard.processes.faces", [faces], [str(faces.fileno())]) for n in range(settings.face_workers)),
            *self._sight_workers(runtime),
            *(
                _Child(f"worker-{n}", "api.worker", [http, *admin], [str(s.fileno()) for s in (http, *admin)])
                for n in range(settings.workers)
            ),
        ]
        if settings.notice_channels:
            self._children.append(_Child("notices", "guard.processes.notices", []))
        if sinks:
            self._children.append(_Child("sinks", "guard.processes.sinks", []))
        self._announce(environment, admin_key, mounts)
        lifecycle = Lifecycle(settings)
        lifecycle.began("supervisor", os.getpid())
        try:
            self._supervise(environment, lifecycle)
        finally:
            self._end_all(lifecycle)
            lifecycle.ended("supervisor", os.getpid(), 0)
            lifecycle.close()
            shutil.rmtree(runtime, ignore_errors=True)
        return 0

    def _sight_workers(self, runtime: Path) -> Iterator[_Child]:
        for source, count in sources.workers(self.settings):
            listening = _listen_unix(runtime / f"{source}.sock")
            for n in range(count):
                yield _Child(f"{source}-{n}", "guard.processes.sight", [listening], [str(listening.fileno()), source])

    def _prepare_registry(self) -> str | None:
        """Migrate, seed the configured administrator key, or make the first one; returns a key made here."""
        engine = parts.open_engine(self.settings, migrate=True)
        try:
            registry = parts.open_registry(self.settings, engine)
            by = By("guard serve", parts.audit(registry.keyring))
            registry.reconcile()
            for path in parts.outside_files(self.settings):
                outside.check(engine, verifier_keys(self.settings.data_dir), path)
            registry.ensure_tenant("default")
            if self.settings.bootstrap_admin_key is not None:
                registry.seed_admin_key(self.settings.bootstrap_admin_key.get_secret_value(), by)
                return None
            if registry.has_admin_key():
                return None
            return registry.create_key(KeyRole.ADMIN, None, "first administrator", by).key
        finally:
            engine.dispose()

    def _announce(self, environment: dict[str, str], admin_key: str | None, mounts: Mapping[str, Mount]) -> None:
        host = f"[{self.settings.host}]" if ":" in self.settings.host else self.settings.host
        base = f"http://{host}:{environment['GUARD_PORT']}"
        admin = f"http://{host}:{environment.get('GUARD_ADMIN_PORT', environment['GUARD_PORT'])}"
        say = self.announce
        say("Likeness Guard")
        for prefix, mount in mounts.items():
            client = mount.name if self.settings.upstreams else "OpenAI"
            say(f"  gateway       {base}{prefix}   (set this as the base URL of your {client} client)")
        say(f"  console       {admin}/console")
        say(f"  admin API     {admin}/admin/v1/docs")
        if environment.get("GUARD_STANDIN"):
            say("  upstream      the bundled stand-in: it draws placeholders, no provider is called.")
            say("                Set OPENAI_API_KEY or GUARD_UPSTREAM_URL to use a real one.")
        else:
            for mount in mounts.values():
                say(f"  upstream      {mount.upstream.base_url}")
        say(f"  log key       {verifier_keys(self.settings.data_dir)[0].id}   (read it out to your auditor)")
        say(f"  mode          {self.settings.mode}, policy {self.settings.policy}, data in {self.settings.data_dir}")
        if admin_key is not None:
            say("\nAdministrator key, shown this once:")
            say(admin_key)
            say(f"Make a key for your application with: {own_name()} keys create --role caller --tenant default\n")
        sys.stdout.flush()

    def _supervise(self, environment: dict[str, str], lifecycle: Lifecycle) -> None:
        while not self._stopping:
            now = time.monotonic()
            for child in self._children:
                if child.process is not None and (status := child.process.poll()) is not None:
                    lifecycle.ended(child.name, child.process.pid, status)
                    self._plan_restart(child, status, now)
                if child.process is None and now >= child.start_at and not self._stopping:
                    lifecycle.began(child.name, self._start(child, environment, now))
            time.sleep(_POLL_S)

    def _plan_restart(self, child: _Child, status: int, now: float) -> None:
        lived_s = now - child.started_at
        child.failures = 0 if lived_s > 10 else child.failures + 1
        wait_s = _BACKOFF_S[min(child.failures, len(_BACKOFF_S) - 1)]
        log.log(logging.INFO if status == 0 else logging.ERROR, "%s ended with status %d; restarting in %.1f s", child.name, status, wait_s)
        child.process, child.start_at = None, now + wait_s

    def _start(self, child: _Child, environment: dict[str, str], now: float) -> int:
        child.process = subprocess.Popen(
            command(child.module, *child.arguments),
            env=environment,
            pass_fds=[s.fileno() for s in child.sockets],
            stdin=subprocess.DEVNULL,
            process_group=0,  # Ctrl-C in a terminal reaches this process alone, which ends the others in order
        )
        child.started_at = now
        return child.process.pid

    def _stop(self) -> None:
        self._stopping = True

    def _end_all(self, lifecycle: Lifecycle) -> None:
        """Workers first, so that they drain while the others still serve them; then the rest."""
        workers = [c for c in self._children if c.name.startswith("worker")]
        rest = [c for c in self._children if c not in workers]
        for group, patience_s in ((workers, self.settings.shutdown_s + 2), (rest, 10.0)):
            running = [(c.name, c.process) for c in group if c.process is not None and c.process.poll() is None]
            for _, process in running:
                process.terminate()
            deadline = time.monotonic() + patience_s
            for name, process in running:
                try:
                    process.wait(max(0.1, deadline - time.monotonic()))
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()
                lifecycle.ended(name, process.pid, process.returncode)


def _runtime_directory(settings: Settings) -> Path:
    """A private directory for the sockets, beside the data where its path is short enough for a socket's address."""
    inside = settings.data_dir.absolute()
    short = len(os.fsencode(inside)) + 40 < _UNIX_PATH_BYTES
    return Path(tempfile.mkdtemp(prefix="run-", dir=inside if short else None))


def _listen_unix(path: Path) -> socket.socket:
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listening.bind(str(path))
    path.chmod(0o600)
    listening.listen(128)
    return listening


def _listen_tcp(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
    except OSError as error:
        listening.close()
        raise SystemExit(f"cannot listen on {host}:{port}: {error.strerror}. Is another one running? Choose with GUARD_PORT.") from error
    listening.listen(2048)
    return listening
