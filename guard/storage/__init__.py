"""The database: one engine, one metadata, one chain of migrations. Rooms define their tables; this room opens and upgrades."""

from guard.storage.engine import forget_pages, make_engine, read, upgrade, write

__all__ = ["forget_pages", "make_engine", "read", "upgrade", "write"]
