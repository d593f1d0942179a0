"""Lists of what the provider keeps: the operator's account holds everybody's things, and a caller sees its own."""

from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import replace

from guard.exchange import read_answer
from guard.extract.base import Answer, Headers, Limits, Target
from guard.forward import Upstream, UpstreamAnswer

_MOST_PAGES = 50
"""Pages without anything of the caller's that are passed over for one call."""

Own = Callable[[Sequence[str]], Awaitable[Collection[str]]]
"""Which of these ids are the caller's."""


async def own_list(
    upstream: Upstream, target: Target, headers: Sequence[tuple[str, str]], key: str | None, limits: Limits, own: Own
) -> tuple[int, Headers, bytes]:
    """Status, headers and body of a page on which everything is the caller's; empty only where nothing more follows.

    A client goes on after the last thing it was shown and stops at an empty page, so pages of others' things are passed over here.
    """
    page = target
    for _ in range(_MOST_PAGES):
        async with upstream.exchange(target.route.method, page.path_and_query, headers, None, key) as answer:
            read = await _read(target, answer, limits)
        kept = await own(read.listed)
        if kept or not read.more:
            break
        page = _after(target, read.listed[-1])
    return answer.status, answer.headers, read.only(kept) if read.only else read.body


async def _read(target: Target, answer: UpstreamAnswer, limits: Limits) -> Answer:
    return read_answer(target.route, answer, await answer.read(), limits)


def _after(target: Target, last: str) -> Target:
    others = [pair for pair in target.query.split("&") if pair and not pair.startswith("after=")]
    return replace(target, query="&".join([*others, f"after={last}"]))
