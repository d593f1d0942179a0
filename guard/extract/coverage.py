"""What becomes of every call and every field, told from the route table itself, so that the page cannot lie.

`python -m guard.extract.coverage` prints docs/reference/routes.md; a test compares the two.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator

from guard.extract import fields
from guard.extract.base import Kind, Route
from guard.extract.dialects import DIALECTS, USUAL_PREFIXES

Shape = Callable[..., object]
_KINDS: dict[Shape, str] = {
    fields.text: "text", fields.prose: "text", fields.anything: "text, with everything below it", fields.scalar: "text", fields.model: "model name",
    fields.data_url: "picture", fields.answer_url: "picture", fields.base64_picture: "picture", fields.picture_text: "picture", fields.number: "number", fields.ignored: "number",
    fields.stored: "stored state", fields.sealed: "stored state",
}  # fmt: skip
_COLUMNS = (
    "picture",
    "text",
    "text, with everything below it",
    "text unless one of the provider's own words",
    "model name",
    "stored state",
    "refused",
)
_DEEPEST = 12


def places(shape: Shape | None) -> dict[str, list[str]]:
    """What is done with a body, by kind: the places in it, in the order of the shape."""
    found: dict[str, list[str]] = defaultdict(list)
    for place, kind in _walk(shape, "", {}, 0):
        if place not in found[kind]:
            found[kind].append(place)
    return dict(found)


def _walk(shape: Shape | None, place: str, seen: dict[Shape, str], depth: int) -> Iterator[tuple[str, str]]:
    """(place, kind) of every leaf; a structure that was shown elsewhere is only pointed at."""
    if shape is None or depth > _DEEPEST:
        return
    inner = shape.__dict__.get("inner")
    if inner is None:
        yield place or "the body", shape.__dict__.get("kind") or _KINDS.get(shape, "text")
    elif shape in seen and len(inner) > 2:
        yield f"{place} (as {seen[shape]})", "the same again"
    else:
        seen[shape] = place
        for name, reader in inner.items():
            if name != ".type":
                yield from _walk(reader, _joined(place, name), seen, depth + 1)


def _joined(place: str, name: str) -> str:
    return f"{place}{name}".replace(" as list []", "[]").replace(" as object .", ".").lstrip(".")


def page() -> str:
    """The reference page, in Markdown."""
    lines = [
        "# Routes: what is screened, what is refused",
        "",
        "Made from the route table by `python -m guard.extract.coverage`; do not edit. A call that is not listed here is refused with 404.",
        "In every JSON body a field that is not listed is screened as text where it is one short value, and refused where it is nested, a picture,",
        "a URL or an id. `[]` is each item of a list, `<x>` an item of that type.",
        "",
    ]
    for name, prefix in USUAL_PREFIXES.items():
        dialect = DIALECTS[name]
        lines += [f"## {dialect.name}, under `{prefix}`", "", "| call | what becomes of it |", "|---|---|"]
        lines += [f"| `{route.method} {prefix}{route.path}` | {summary(route)} |" for route in dialect.routes]
        lines += [f"| `{prefix}/{family}*` | refused: {reason} |" for family, reason in dialect.families.items()]
        shown: dict[Shape, str] = {}
        for route in dialect.routes:
            if route.shape is not None and route.shape in shown:
                lines += ["", f"### {route.name}", "", f"The body is that of {shown[route.shape]}."]
            elif route.shape is not None:
                shown[route.shape] = route.name
                lines += ["", f"### {route.name}", "", "| what | where |", "|---|---|"]
                by_kind = places(route.shape)
                lines += [f"| {kind} | {', '.join(f'`{place}`' for place in by_kind[kind])} |" for kind in _COLUMNS if kind in by_kind]
        lines.append("")
    return "\n".join(lines)


def summary(route: Route) -> str:
    """What becomes of a call, in words."""
    if route.kind is Kind.PASS:
        return "passes; what it names must be the caller's own" if route.read else "passes; nothing in it can depict a person"
    if route.kind is Kind.LIST:
        return "passes; the list shows what is the caller's own"
    if route.kind is Kind.REFUSE:
        return f"refused: {route.notes}"
    streams = ", streams too" if route.event else ""
    types = " or ".join(route.content_types) or "no body"
    return f"screened ({types}{streams}), its answer too{'. ' + route.notes if route.notes else ''}"


if __name__ == "__main__":
    print(page(), end="")
