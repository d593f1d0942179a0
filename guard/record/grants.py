"""Counted grants: a use is reserved in the transaction that records the decision resting on it, and may be given back."""

from collections.abc import Sequence

from guard.record.event import GrantUse
from guard.record.writer import Cursor


def reserve(cursor: Cursor, uses: Sequence[GrantUse], decision_id: str, time: str) -> bool:
    """Reserves all of the uses or none; False when one of the grants is spent."""
    for done, use in enumerate(uses):
        cursor.execute(
            "INSERT INTO grant_counter (directive_id, used) VALUES (?, 0) ON CONFLICT (directive_id) DO NOTHING", (use.directive_id,)
        )
        cursor.execute("UPDATE grant_counter SET used = used + 1 WHERE directive_id = ? AND used < ?", (use.directive_id, use.max_uses))
        if cursor.changed != 1:
            for earlier in uses[:done]:
                release(cursor, earlier.id)
            return False
        cursor.execute(
            "INSERT INTO grant_use (id, directive_id, decision_id, at) VALUES (?, ?, ?, ?)", (use.id, use.directive_id, decision_id, time)
        )
    return True


def release(cursor: Cursor, use_id: str) -> bool:
    """Gives one use back; False when it was not reserved, or given back before."""
    row = cursor.execute("SELECT directive_id FROM grant_use WHERE id = ?", (use_id,)).one()
    if row is None or cursor.execute("DELETE FROM grant_use WHERE id = ?", (use_id,)).changed != 1:
        return False
    cursor.execute("UPDATE grant_counter SET used = used - 1 WHERE directive_id = ?", (row[0],))
    return True
