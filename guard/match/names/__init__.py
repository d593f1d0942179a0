"""Find the people of the registry in text, in any script and disguise (docs/explanation/matching-names.md)."""

from guard.match.names.hit import NameHit
from guard.match.names.index import MOST_TOLD, NameIndex
from guard.match.names.table import build

__all__ = ["MOST_TOLD", "NameHit", "NameIndex", "build"]
