"""The keyring: makes, gives, destroys and rewraps data keys."""

import base64
import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

import orjson
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Connection, Engine, bindparam, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from guard.errors import ConflictError, NotFoundError, RegistryUnavailableError
from guard.keyring import files
from guard.keyring.epochs import EpochFile
from guard.keyring.master import load_master_key
from guard.keyring.sealing import KEY_BYTES, NONCE_BYTES, unseal_with
from guard.keyring.tables import WRAPPED_KEY
from guard.settings import Settings
from guard.storage.engine import KEYRING_LOCK, NEW_KEY_LOCK, read, write

_CHUNK = 500  # owners in one IN list: long lists are planned anew each time
_REWRAPPED_AT_ONCE = 2_000  # about 0.1 s, for which other writers wait
DAY_S = 86_400.0
_TABLE = WRAPPED_KEY.c


class Keyring:
    """Data keys by (kind, owner): `("subject", "sub_...")`, `("tenant", "acme")`, `("registry", "lookup")`.

    Every method takes an open `connection` to work in the caller's transaction, or opens one of its own. Threads may
    share a keyring, and processes may share its directory; on PostgreSQL with several machines that directory must be
    shared storage.

    Args:
        engine: where `wrapped_key` is.
        master_key: 32 bytes.
        directory: where `epochs.json`, `erased.jsonl` and `keys.jsonl` are; the data directory.
        cache_s: how long `get` may answer for a tenant from memory; a destroyed key is forgotten after that time.
        entropy: random bytes; tests pass their own.
    """

    def __init__(
        self, engine: Engine, master_key: bytes, directory: Path, *, cache_s: float = 1.0, entropy: Callable[[int], bytes] = os.urandom
    ) -> None:
        self.engine = engine
        self._entropy = entropy
        self._epoch_file = EpochFile(directory / "epochs.json", master_key, entropy)
        self._erased_path = directory / "erased.jsonl"
        self._living_path = directory / "keys.jsonl"
        self._cache_s = cache_s
        self.before_destroying: Callable[[Connection, str, str], object] | None = None
        """Called with (connection, kind, owner) in the transaction that destroys a key, while the key still opens what it wraps."""
        self.before_erasing: Callable[[str, str], object] | None = None
        """Called with (kind, owner) before such a transaction begins: for what is long, and does no harm if nothing is destroyed."""
        self._cache: dict[tuple[str, str], tuple[float, bytes]] = {}
        self._lock = threading.Lock()

    @classmethod
    def open(cls, engine: Engine, settings: Settings) -> Self:
        """The keyring of these settings, made ready by `start`."""
        ring = cls(engine, load_master_key(settings), settings.data_dir)
        ring.start()
        return ring

    # -- at start ----------------------------------------------------------------------------------------------------

    def start(self) -> list[tuple[str, str]]:
        """Makes the first epoch, or applies what happened outside the database to it. Idempotent; call it once a process.

        Returns the (kind, owner) of keys that a restored backup had brought back and that were destroyed again.
        """
        with write(self.engine, lock=KEYRING_LOCK) as connection:
            self._make_first_epoch(connection)
            brought_back = self._repair(connection) + self._erase_again(connection)
            self._finish_rotation(connection)
        return brought_back

    def _make_first_epoch(self, connection: Connection) -> None:
        if self._epoch_file.exists():
            return
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql("SELECT pg_advisory_xact_lock(%s)", (KEYRING_LOCK,))
        if connection.execute(select(_TABLE.owner).limit(1)).first() is not None:
            self._epoch_file.load()  # raises, if it is still missing: other epochs wrapped the keys that are there
        elif not self._epoch_file.exists():
            self._epoch_file.add()

    def _repair(self, connection: Connection) -> list[tuple[str, str]]:
        """After a restore from before the last rotation: the living keys come from `keys.jsonl`, the others are gone."""
        epochs = self._epoch_file.load()
        stale = connection.execute(select(_TABLE.kind, _TABLE.owner).where(_TABLE.epoch.not_in(list(epochs.ciphers)))).all()
        if not stale:
            return []
        living = {(kind, owner): (int(epoch), base64.b64decode(wrapped)) for kind, owner, epoch, wrapped in _lines(self._living_path)}
        gone: list[tuple[str, str]] = []
        for kind, owner in stale:
            epoch, wrapped = living.get((kind, owner), (0, b""))
            if epoch in epochs.ciphers:
                connection.execute(
                    update(WRAPPED_KEY).where(_TABLE.kind == kind, _TABLE.owner == owner).values(epoch=epoch, wrapped=wrapped)
                )
            else:
                gone.append((kind, owner))
        _delete(connection, gone)
        return gone

    def _erase_again(self, connection: Connection) -> list[tuple[str, str]]:
        back = [owner for owner in self.erased() if self._exists(connection, *owner)]
        _delete(connection, back)
        return back

    def _finish_rotation(self, connection: Connection) -> None:
        """A rotation that was cut short after its commit left an old epoch key behind that wraps nothing."""
        epochs = self._epoch_file.load()
        used = set(connection.execute(select(_TABLE.epoch).distinct()).scalars())
        if len(epochs.ciphers) > 1 and used <= {epochs.current}:
            self._epoch_file.keep_only(epochs.current)

    # -- making and giving -------------------------------------------------------------------------------------------

    def create(self, kind: str, owner: str, connection: Connection | None = None) -> bytes:
        """A new data key. Raises ConflictError when there is one already, or was one that has been destroyed."""
        return self.create_many(kind, [owner], connection)[0]

    def create_many(
        self, kind: str, owners: Sequence[str], connection: Connection | None = None, keys: Sequence[bytes] | None = None
    ) -> list[bytes]:
        """New data keys, in the order of `owners`; all or none. `keys`: random keys that were used already, to be kept now."""
        if not owners:
            return []
        keys = [self._entropy(KEY_BYTES) for _ in owners] if keys is None else list(keys)
        with self._writing(connection) as inside:
            # Read after the lock is held: a rotation in another process has then either finished or not begun.
            epochs = self._epoch_file.load()
            cipher = epochs.ciphers[epochs.current]
            rows = [
                {"kind": kind, "owner": owner, "epoch": epochs.current, "wrapped": self._wrap(cipher, kind, owner, key)}
                for owner, key in zip(owners, keys, strict=True)
            ]
            try:
                inside.execute(insert(WRAPPED_KEY), rows)
            except IntegrityError as exc:
                raise ConflictError(
                    f"there is a {kind} key for {owners[0]!r} already" if len(owners) == 1 else f"some {kind} keys exist already"
                ) from exc
        return keys

    def get(self, kind: str, owner: str, connection: Connection | None = None) -> bytes:
        """The data key. Raises NotFoundError when it was never made or has been destroyed."""
        if connection is None and kind == "tenant":
            return self._cached(kind, owner)
        key = self.get_many(kind, [owner], connection).get(owner)
        if key is None:
            raise NotFoundError(f"there is no {kind} key for {owner!r}; it was never made or has been destroyed")
        return key

    def get_or_create(self, kind: str, owner: str, connection: Connection | None = None) -> bytes:
        """The data key, made now if there is none."""
        try:
            return self.get(kind, owner, connection)
        except NotFoundError:
            pass
        with self._writing(connection) as inside:
            if inside.dialect.name == "postgresql":
                inside.exec_driver_sql("SELECT pg_advisory_xact_lock(%s)", (NEW_KEY_LOCK,))  # several may find it missing at once
            found = self.get_many(kind, [owner], inside).get(owner)
            return found if found is not None else self.create(kind, owner, inside)

    def get_many(self, kind: str, owners: Iterable[str], connection: Connection | None = None) -> dict[str, bytes]:
        """The data keys there are, by owner; owners without one are left out."""
        wanted = list(dict.fromkeys(owners))
        found: dict[str, bytes] = {}
        with self._reading(connection) as inside:
            for start in range(0, len(wanted), _CHUNK):
                query = select(_TABLE.owner, _TABLE.epoch, _TABLE.wrapped).where(
                    _TABLE.kind == kind, _TABLE.owner.in_(wanted[start : start + _CHUNK])
                )
                found.update((owner, self.unwrap(kind, owner, epoch, wrapped)) for owner, epoch, wrapped in inside.execute(query))
        return found

    def get_all(self, kind: str, connection: Connection | None = None) -> dict[str, bytes]:
        """Every data key of a kind, by owner."""
        with self._reading(connection) as inside:
            rows = inside.execute(select(_TABLE.owner, _TABLE.epoch, _TABLE.wrapped).where(_TABLE.kind == kind)).all()
        return {owner: self.unwrap(kind, owner, epoch, wrapped) for owner, epoch, wrapped in rows}

    def unwrap(self, kind: str, owner: str, epoch: int, wrapped: bytes) -> bytes:
        """The data key in a row of `wrapped_key` that the caller read itself (the registry joins the table to its own)."""
        epochs = self._epoch_file.load()
        cipher = epochs.ciphers.get(epoch)
        if cipher is None:
            raise RegistryUnavailableError(f"the {kind} key of {owner!r} is wrapped by epoch {epoch}, which is gone; restart to repair it")
        return unseal_with(cipher, wrapped, _aad(kind, owner))

    def unwrapper(self, kind: str) -> Callable[[str, int, bytes], bytes]:
        """As `unwrap` for very many rows of one kind: the epochs are looked up once."""
        ciphers = dict(self._epoch_file.load().ciphers)
        prefix = f"{kind}\0".encode()

        def opened(owner: str, epoch: int, wrapped: bytes) -> bytes:
            cipher = ciphers.get(epoch)
            if cipher is None:
                return self.unwrap(kind, owner, epoch, wrapped)
            return cipher.decrypt(wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], prefix + owner.encode())

        return opened

    def _cached(self, kind: str, owner: str) -> bytes:
        now = time.monotonic()
        with self._lock:
            kept = self._cache.get((kind, owner))
        if kept is not None and now - kept[0] < self._cache_s:
            return kept[1]
        key = self.get_many(kind, [owner]).get(owner)
        with self._lock:
            if key is None:
                self._cache.pop((kind, owner), None)
            else:
                self._cache[kind, owner] = (now, key)
        if key is None:
            raise NotFoundError(f"there is no {kind} key for {owner!r}; it was never made or has been destroyed")
        return key

    # -- destroying --------------------------------------------------------------------------------------------------

    def destroy(self, kind: str, owner: str, connection: Connection | None = None) -> bool:
        """Destroys a data key for good; False when there was none. Whatever it encrypted cannot be read any more.

        The owner is written to `erased.jsonl` before the row goes, so that a crash in between errs towards erasing.
        Copies of the row in backups open until the next `rotate_epoch`; the list keeps them from coming back meanwhile.
        """
        with self._writing(connection) as inside:
            if not self._exists(inside, kind, owner):
                return False
            if self.before_destroying is not None:
                self.before_destroying(inside, kind, owner)
            at = datetime.now(UTC).isoformat(timespec="seconds")
            files.append(self._erased_path, orjson.dumps({"kind": kind, "owner": owner, "at": at}))
            _delete(inside, [(kind, owner)])
        with self._lock:
            self._cache.pop((kind, owner), None)
        return True

    def prepare_destroying(self, kind: str, owner: str) -> None:
        """To be called before the transaction in which `destroy` is, where that transaction does more."""
        if self.before_erasing is not None:
            self.before_erasing(kind, owner)

    def erased(self) -> list[tuple[str, str]]:
        """The (kind, owner) of every key ever destroyed here, oldest first."""
        return [(entry["kind"], entry["owner"]) for entry in _lines(self._erased_path)]

    def rotation_due(self, every_s: float = DAY_S) -> bool:
        """Whether the current epoch is older than that; a clock that was set back counts as old."""
        return not 0 <= time.time() - self._epoch_file.made_at() < every_s

    # -- rotating ----------------------------------------------------------------------------------------------------

    def rotate_epoch(self) -> int:
        """Wraps every living key under a new epoch key and destroys the old ones; returns how many were wrapped.

        Run it daily, and after erasures: from then on no older copy of the database opens an erased key. It works in short
        transactions, so that others can write meanwhile; cut short, it leaves both epochs and the next run finishes.
        """
        with write(self.engine, lock=KEYRING_LOCK) as connection:
            self._make_first_epoch(connection)
            number = self._epoch_file.add()
        wrapped = 0
        while moved := self._rewrap_some(number):
            wrapped += moved
        with write(self.engine, lock=KEYRING_LOCK) as connection:
            rows = connection.execute(select(_TABLE.kind, _TABLE.owner, _TABLE.epoch, _TABLE.wrapped)).all()
            if any(row.epoch != number for row in rows):
                raise RegistryUnavailableError("another rotation of the epoch began meanwhile; let only one process rotate")
            lines = [orjson.dumps([kind, owner, epoch, base64.b64encode(key).decode()]) for kind, owner, epoch, key in rows]
            files.replace(self._living_path, b"".join(line + b"\n" for line in lines))
            self._epoch_file.keep_only(number)
        return wrapped

    def _rewrap_some(self, number: int) -> int:
        """Brings some keys under the epoch `number`; returns how many, 0 when all are."""
        with write(self.engine, lock=KEYRING_LOCK) as connection:
            ciphers = self._epoch_file.load().ciphers
            rows = connection.execute(
                select(_TABLE.kind, _TABLE.owner, _TABLE.epoch, _TABLE.wrapped).where(_TABLE.epoch != number).limit(_REWRAPPED_AT_ONCE)
            ).all()
            renewed = [
                {"k": kind, "o": owner, "w": self._wrap(ciphers[number], kind, owner, unseal_with(ciphers[epoch], key, _aad(kind, owner)))}
                for kind, owner, epoch, key in rows
            ]
            if renewed:
                change = update(WRAPPED_KEY).where(_TABLE.kind == bindparam("k"), _TABLE.owner == bindparam("o"))
                connection.execute(change.values(epoch=number, wrapped=bindparam("w")), renewed)
        return len(renewed)

    # -- inside ------------------------------------------------------------------------------------------------------

    def _wrap(self, cipher: AESGCM, kind: str, owner: str, key: bytes) -> bytes:
        nonce = self._entropy(NONCE_BYTES)
        return nonce + cipher.encrypt(nonce, key, _aad(kind, owner))

    def _exists(self, connection: Connection, kind: str, owner: str) -> bool:
        return connection.execute(select(_TABLE.owner).where(_TABLE.kind == kind, _TABLE.owner == owner)).first() is not None

    @contextmanager
    def _writing(self, connection: Connection | None) -> Iterator[Connection]:
        """On PostgreSQL a writer shares the lock that a rotation takes alone; on SQLite there is one writer anyhow."""
        if connection is None:
            with write(self.engine) as own, self._writing(own) as inside:
                yield inside
            return
        self._make_first_epoch(connection)
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql("SELECT pg_advisory_xact_lock_shared(%s)", (KEYRING_LOCK,))
        yield connection

    @contextmanager
    def _reading(self, connection: Connection | None) -> Iterator[Connection]:
        if connection is not None:
            yield connection
            return
        with read(self.engine) as own:
            yield own


def _aad(kind: str, owner: str) -> bytes:
    return f"{kind}\0{owner}".encode()


def _delete(connection: Connection, owners: Iterable[tuple[str, str]]) -> None:
    rows = [{"k": kind, "o": owner} for kind, owner in owners]
    if rows:
        connection.execute(delete(WRAPPED_KEY).where(_TABLE.kind == bindparam("k"), _TABLE.owner == bindparam("o")), rows)


def _lines(path: Path) -> Iterator[Any]:
    if path.exists():
        for line in path.read_bytes().splitlines():
            if line:
                yield orjson.loads(line)
