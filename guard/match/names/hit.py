"""What a search for names returns."""

from dataclasses import dataclass

from guard.types import AliasKind, Role, Strength


@dataclass(frozen=True, slots=True)
class NameHit:
    """One mention of one person.

    `span` counts code points in the text at `where` as it was sent; `text` is what stands there. `view` says what had to
    be undone to see the name (docs/explanation/matching-names.md lists the views). `score` is 1.0 for a name as written and
    falls with every liberty taken; `threshold` is the least score of that view that counts as a mention. `until` is set for a name
    that is split over texts: in which it ends, and behind how many code points of it.
    """

    subject_no: int
    alias: str
    kind: AliasKind
    where: str
    span: tuple[int, int]
    text: str
    score: float
    strength: Strength
    role: Role
    view: str
    threshold: float = 0.7
    until: tuple[str, int] | None = None
