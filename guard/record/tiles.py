"""The hash tree in the database: reading tiles for proofs, and adding leaves in the recorder's transaction."""

from collections.abc import Callable, Sequence

from guard.record.merkle import HASH_BYTES, TILE, root_of
from guard.record.writer import Cursor

Rows = Callable[[str, Sequence[object]], list[tuple[bytes, ...]]]
"""Runs a query with `?` placeholders and gives its rows."""

TILE_SQL = "SELECT hashes FROM merkle_tile WHERE level = ? AND tile = ?"
LEAVES_SQL = 'SELECT leaf_hash FROM event WHERE "index" >= ? AND "index" < ? ORDER BY "index"'


class StoredTiles:
    """Tiles as they are stored, each read at most once: make one for each proof or checkpoint, within one transaction."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows
        self._known: dict[tuple[int, int], list[bytes]] = {}

    def __call__(self, level: int, tile: int) -> list[bytes]:
        """The hashes of a tile; the last tile of level 0 comes from the events themselves."""
        if (level, tile) not in self._known:
            found = self._rows(TILE_SQL, (level, tile))
            if found:
                self._known[level, tile] = split(found[0][0])
            elif level == 0:
                self._known[level, tile] = [bytes(row[0]) for row in self._rows(LEAVES_SQL, (tile * TILE, (tile + 1) * TILE))]
            else:
                self._known[level, tile] = []
        return self._known[level, tile]


def add_leaves(cursor: Cursor, size: int, pending: list[bytes], hashes: Sequence[bytes]) -> list[bytes]:
    """Stores each tile that the new leaf hashes complete; returns the hashes of the tile that is left incomplete.

    Args:
        cursor: the transaction that adds the events.
        size: leaves before.
        pending: the `size % 256` last leaf hashes before.
        hashes: the new ones.
    """
    tile = size // TILE
    waiting = [*pending, *hashes]
    while len(waiting) >= TILE:
        full, waiting = waiting[:TILE], waiting[TILE:]
        cursor.execute("INSERT INTO merkle_tile (level, tile, hashes) VALUES (0, ?, ?)", (tile, b"".join(full)))
        _add_parent(cursor, 1, tile, root_of(full))
        tile += 1
    return waiting


def _add_parent(cursor: Cursor, level: int, position: int, child: bytes) -> None:
    tile, before = divmod(position, TILE)
    row = cursor.execute(TILE_SQL, (level, tile)).one() if before else None
    hashes = (bytes(row[0]) if row else b"") + child
    if len(hashes) != (before + 1) * HASH_BYTES:
        raise ValueError(f"merkle_tile {level}/{tile} is damaged: {len(hashes) - HASH_BYTES} bytes where {before * HASH_BYTES} belong")
    cursor.execute(
        "INSERT INTO merkle_tile (level, tile, hashes) VALUES (?, ?, ?) ON CONFLICT (level, tile) DO UPDATE SET hashes = excluded.hashes",
        (level, tile, hashes),
    )
    if before + 1 == TILE:
        _add_parent(cursor, level + 1, tile, root_of(split(hashes)))


def split(hashes: bytes) -> list[bytes]:
    """A tile's bytes as single hashes."""
    return [bytes(hashes[i : i + HASH_BYTES]) for i in range(0, len(hashes), HASH_BYTES)]
