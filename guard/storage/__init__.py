"""The database: one engine, one metadata, one chain of migrations. Rooms define their tables; this room opens and upgrades."""

from guard.storage.engine import make_engine, read, upgrade, write

__all__ = ["make_engine", "read", "upgrade", "write"]
