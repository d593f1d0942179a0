"""Pictures of answers behind links of the gateway's own, for clients that asked for a URL: encrypted, bounded, for a while.

A link is all that is needed to see its picture, as the provider's is. The key that opens the file is in the link alone: neither
the directory nor a copy of it shows anything. Workers, and replicas that share the directory, serve each other's links. Beside the
picture lies under what it was released, so that whoever serves it can see whether that still holds.
"""

import asyncio
import base64
import os
import re
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import orjson

from guard.errors import UnavailableError
from guard.extract.containers import sniff
from guard.extract.fields import MIME
from guard.keyring.sealing import seal, unseal

PATH = "/pictures/"
_NAME = re.compile(r"([0-9a-f]{8})-([A-Za-z0-9_-]{43})\.[a-z]{3,4}")
_SECRET_BYTES = 32


@dataclass(frozen=True, slots=True)
class Link:
    """A link that was made up; it leads somewhere once its picture is kept."""

    url: str
    expires_at: int
    secret: bytes

    @property
    def file_name(self) -> str:
        """The file of its picture: the time it goes, and a name that does not tell the link."""
        return f"{self.expires_at:08x}-{sha256(b'name' + self.secret).hexdigest()[:40]}"

    @property
    def key(self) -> bytes:
        """What the file is encrypted under."""
        return sha256(b"key" + self.secret).digest()


@dataclass(frozen=True, slots=True)
class Release:
    """Under what a picture was released: to whom, by which people and rules, on which terms."""

    tenant: str
    registry_revision: int
    policy_revision: str
    purpose: str | None = None
    jurisdiction: str | None = None


@dataclass(frozen=True, slots=True)
class Kept:
    """What a link leads to, and for how many seconds yet."""

    media_type: str
    picture: bytes
    left_s: int
    release: Release


@dataclass(frozen=True, slots=True)
class Links:
    """The links of one gateway.

    Args:
        directory: where the files lie; made with mode 0700.
        base_url: where callers reach the gateway, no slash at its end.
        lifetime_s: how long a link leads anywhere.
        most_bytes: of all files together; beyond it the oldest go first.
        clock: seconds since 1970.
    """

    directory: Path
    base_url: str
    lifetime_s: float
    most_bytes: int
    clock: Callable[[], float] = time.time
    entropy: Callable[[int], bytes] = os.urandom

    def make(self, pictures: Mapping[str, bytes]) -> dict[str, Link]:
        """A link for each place, or none where the pictures are too many to be kept; nothing is kept yet."""
        fits = sum(len(data) for data in pictures.values()) <= self.most_bytes
        return {where: self._link(data) for where, data in pictures.items()} if fits else {}

    def _link(self, data: bytes) -> Link:
        expires_at, secret = int(self.clock() + self.lifetime_s), self.entropy(_SECRET_BYTES)
        token = base64.urlsafe_b64encode(secret).rstrip(b"=").decode()
        return Link(f"{self.base_url}{PATH}{expires_at:08x}-{token}.{sniff(data) or 'bin'}", expires_at, secret)

    async def keep(self, links: Mapping[str, Link], pictures: Mapping[str, bytes], release: Release) -> None:
        """Return when each link leads to its picture; UnavailableError where it cannot be written."""
        try:
            await asyncio.to_thread(self._keep, links, pictures, orjson.dumps(release) + b"\n")
        except OSError as error:
            raise UnavailableError(f"a picture cannot be kept in {self.directory}") from error

    def _keep(self, links: Mapping[str, Link], pictures: Mapping[str, bytes], release: bytes) -> None:
        self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.sweep(sum(len(data) for data in pictures.values()))
        for where, link in links.items():
            path = self.directory / link.file_name
            unfinished = path.with_suffix(".part")
            with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(seal(link.key, release + pictures[where], path.name.encode()))
            unfinished.rename(path)

    async def read(self, name: str) -> Kept | None:
        """What a link's last segment leads to, or None."""
        found = _NAME.fullmatch(name)
        if found is None:
            return None
        link = Link("", int(found.group(1), 16), base64.urlsafe_b64decode(found.group(2) + "="))
        left_s = int(link.expires_at - self.clock())
        content = await asyncio.to_thread(self._read, link) if left_s > 0 else None
        if content is None:
            return None
        release, _, data = content.partition(b"\n")
        return Kept(MIME.get(sniff(data) or "", "application/octet-stream"), data, left_s, Release(**orjson.loads(release)))

    def _read(self, link: Link) -> bytes | None:
        try:
            return unseal(link.key, (self.directory / link.file_name).read_bytes(), link.file_name.encode())
        except (OSError, ValueError):
            return None

    def sweep(self, room_bytes: int = 0) -> None:
        """Delete what is over, and the oldest until there is this much room."""
        now, kept = f"{int(self.clock()):08x}", 0
        for entry in sorted(_files(self.directory), key=lambda entry: entry.name, reverse=True):
            try:
                kept += entry.stat().st_size
                if entry.name < now or kept + room_bytes > self.most_bytes:
                    os.unlink(entry)
            except FileNotFoundError:
                continue  # another worker was here first


def _files(directory: Path) -> Iterable[os.DirEntry[str]]:
    try:
        with os.scandir(directory) as entries:
            return list(entries)
    except FileNotFoundError:
        return ()
