"""What takes two people, with `GUARD_TWO_PERSON`: to confirm a claim, to permit a use, to end a protection that is in force.

One person may always protect. Two keys are two people unless one made the other (whoever makes a key has seen it) or both
carry the same name. The first puts a step down that proposes; the second takes the same step, which is then carried out.
"""

from sqlalchemy import Connection, select

from guard.errors import ConflictError
from guard.registry.tables import KEY
from guard.types import Directive, DirectiveStatus, Effect

PERMITTING = frozenset({Effect.ALLOW, Effect.ALLOW_WITH_TERMS})
_MOST_MAKERS = 1_000


def takes_two(directive: Directive, status: DirectiveStatus) -> bool:
    """Whether bringing a directive to `status` is more than one person may do."""
    if status is DirectiveStatus.ACTIVE:
        return directive.status is not DirectiveStatus.ACTIVE
    return directive.status is DirectiveStatus.ACTIVE and directive.effect not in PERMITTING


def seconds(connection: Connection, first: str, second: str) -> None:
    """Return where `second` is another person than `first`; both are actors. Raises ConflictError otherwise."""
    reason = _one_person(connection, first, second)
    if reason is not None:
        raise ConflictError(f"this step was proposed by {first}; {reason}, so somebody else has to confirm it")


def _one_person(connection: Connection, first: str, second: str) -> str | None:
    if first == second:
        return "you are the same key"
    if first in _makers(connection, second):
        return f"{second} was made with that key"
    if second in _makers(connection, first):
        return f"{first} was made with yours"
    names = [key[0].strip().casefold() for key in (_key(connection, first), _key(connection, second)) if key is not None]
    return "both keys carry one name" if len(names) == 2 and names[0] == names[1] != "" else None


def _makers(connection: Connection, actor: str) -> set[str]:
    """Whoever made this key, and whoever made theirs."""
    makers: set[str] = set()
    while (key := _key(connection, actor)) is not None and key[1] not in makers and len(makers) < _MOST_MAKERS:
        actor = key[1]
        makers.add(actor)
    return makers


def _key(connection: Connection, key_id: str) -> tuple[str, str] | None:
    """The name of a key, and who made it."""
    row = connection.execute(select(KEY.c.name, KEY.c.actor).where(KEY.c.id == key_id)).first()
    return None if row is None else (row.name, row.actor)
