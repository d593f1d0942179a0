"""Calls about things that the provider keeps (files, batches, videos): a caller reaches its own and sees no others in lists."""

from collections.abc import Callable, Collection, Mapping

from guard.errors import UnscreenableError, UpstreamInvalidError
from guard.extract.base import Answer, Generation, Limits, ReadAnswer, ReadRequest, Target
from guard.extract.fields import Reader, Reading
from guard.extract.json_body import Tree, answer_of, error_texts, has_error, parse_answer, read_tree
from guard.extract.json_strict import Json, dump

HELD = "held:"
"""Before an id in the ledger: it may be read and deleted by who holds it, and nothing may be built on it."""

LIST_QUERY = frozenset({"after", "limit", "order"})


def held(value: Json, where: str, reading: Reading) -> Json:
    """The id, in an answer, of a thing to be read and deleted and not to be built on; null passes."""
    if type(value) is str:
        reading.stored.append((where, HELD + value))
    elif value is not None:
        raise UnscreenableError(f"{where} must be an id.", where)
    return value


def reads_own(param: str) -> ReadRequest:
    """A route's `read` where the path names the thing and there is no body."""

    def read(target: Target, body: bytes, limits: Limits) -> Generation:
        return _about(target, body, ((param, target.params[param]),))

    return read


def read_list(target: Target, body: bytes, limits: Limits) -> Generation:
    """A route's `read` for a list; the thing that it goes on `after` must be the caller's own."""
    asked = dict(pair.split("=", 1) for pair in target.query.split("&") if pair)
    return _about(target, body, (("after", asked["after"]),) if asked.get("after") else ())


def _about(target: Target, body: bytes, owned: tuple[tuple[str, str], ...]) -> Generation:
    if body:
        raise UnscreenableError("This call has no body.", "body")
    return Generation(target.route, None, (), (), False, 1, lambda: ("", b""), lambda: list(owned), owned=owned)


def answers_one(shape: Reader) -> ReadAnswer:
    """A route's `answer` for one thing, an object with an `id`."""

    def answer(status: int, content_type: str, body: bytes, limits: Limits) -> Answer:
        tree = parse_answer(content_type, body)
        if status >= 400 or (has_error(tree) and "id" not in tree):
            return Answer(error_texts(tree, limits), (), body, error=True)
        if "id" not in tree:
            raise UpstreamInvalidError("The upstream's answer has no id.")
        return answer_of(body, read_tree(tree, limits, shape))

    return answer


def answer_list(status: int, content_type: str, body: bytes, limits: Limits) -> Answer:
    """A route's `answer` for a page of a list; only what the caller has of it is released."""
    tree = parse_answer(content_type, body)
    if status >= 400:
        return Answer(error_texts(tree, limits), (), body, error=True)
    items = _items(tree)
    only = _keeps_only(tree, items)
    return Answer((), (), b"", listed=tuple(items), only=only, more=tree.get("has_more") is True and bool(items))


def _items(tree: Tree) -> dict[str, Json]:
    listed = tree.get("data")
    if not isinstance(listed, list):
        raise UpstreamInvalidError("The upstream's answer has no list `data`.")
    items: dict[str, Json] = {}
    for item in listed:
        name = item.get("id") if isinstance(item, dict) else None
        if not isinstance(name, str):
            raise UpstreamInvalidError("The upstream's list holds something without an id.")
        items[name] = item
    return items


def _keeps_only(tree: Tree, items: Mapping[str, Json]) -> Callable[[Collection[str]], bytes]:
    def only(own: Collection[str]) -> bytes:
        kept = [name for name in items if name in own]
        ends: Tree = {"first_id": kept[0] if kept else None, "last_id": kept[-1] if kept else None}
        return dump({**tree, "data": [items[name] for name in kept], **{key: ends[key] for key in ends if key in tree}})

    return only
