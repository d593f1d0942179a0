"""The path of a request; only this module knows the order.

     1 extract     the dialect reads the body once, strictly                     guard/extract
     2 normalise   text is folded (2 to 5 together: guard/screening)             guard/normalise
     3 match       names, then faces and known images, against one revision      guard/match, guard/examine
     4 signals     what the content is about                                     guard/signals
     5 decide      directives and policy give one outcome                        guard/decide
     6 record      durable before anything is done                               guard/record, guard/journal
     7 forward     or refuse, or hold                                            guard/forward
     8 extract     the answer's texts and pictures                               guard/extract
     9 match       as 2 to 4
    10 decide
    11 record
    12 release     or refuse

A step that cannot answer raises: `UnscreenableError` becomes a recorded refusal, `UnavailableError` our own 503.
"""

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from http import HTTPStatus

from guard import holds, journal, ledger, obligations
from guard.decide.policy import Policy, RecordLevel
from guard.errors import UnscreenableError, UpstreamError, UpstreamInvalidError
from guard.examine import Examined
from guard.exchange import (
    EVENT_STREAM,
    Incoming,
    Outgoing,
    Screened,
    ScreenRequest,
    ScreenResult,
    as_refusal,
    blocks,
    closing,
    content_type,
    head_of,
    header,
    pass_through,
    read_answer,
    typed,
)
from guard.extract import pieces
from guard.extract.base import Answer, Generation, Headers, Kind, Limits, Refusal, Refused, Reply
from guard.extract.containers import inspect
from guard.extract.sse import frame
from guard.fetch import Fetcher
from guard.film import Films
from guard.forward import UpstreamAnswer
from guard.ledger import Ledger, Standing
from guard.links import Kept, Links, Release
from guard.lists import own_list
from guard.metrics import Metrics
from guard.mounts import Mounts
from guard.ports import Reviews, Tenants
from guard.probing import Probing
from guard.record.event import GrantUse
from guard.record.recorder import Recorder
from guard.screening import Screening
from guard.settings import PartialImages
from guard.state import Approval, Current, Published
from guard.staydown import StayDown
from guard.stream import Held, Room, noted_stream, screened_stream, upstream_refusal
from guard.types import Caller, Context, Decision, Findings, Mode, Outcome, Picture, Stage, Text
from guard.uses import Returns, counted, granted

log = logging.getLogger(__name__)


def _as_base64(generation: Generation | None) -> bool:
    """Whether a request says that its pictures must come in the answer."""
    return generation is not None and dict(generation.fields()).get("response_format") in ("b64_json", "base64")


@dataclass(slots=True)
class Pipeline:
    """One gateway worker's path; everything it depends on comes in here."""

    current: Current
    recorder: Recorder
    screening: Screening
    tenants: Tenants
    reviews: Reviews
    ledger: Ledger
    mounts: Mounts
    fetcher: Fetcher
    metrics: Metrics
    mode: Mode
    clock: Callable[[], datetime]
    images: Fetcher | None = None
    films: Films = field(default_factory=Films)
    partials: PartialImages = PartialImages.HOLD
    room: Room = field(default_factory=Room)
    links: Links | None = None
    keepalive_s: float = 5.0
    stay_down: StayDown | None = None
    probing: Probing = field(default_factory=Probing)
    _returns: Returns = field(init=False)

    def __post_init__(self) -> None:
        self._returns = Returns(self.recorder)

    # -- a caller's request -----------------------------------------------------------------------------------------

    async def handle(self, request: Incoming) -> Outgoing:
        """Steps 1 to 12 for one request."""
        published = await self._published(request.caller.tenant)
        policy = published.policy.for_tenant(request.caller.tenant)
        if (wait_s := self.probing.wait_s(request.caller)) and (refusal := await self._throttled(request, published, policy, wait_s)):
            return refusal
        try:
            generation = self._extract(request)
            if generation is not None and generation.remote and self.images is not None:
                generation = generation.with_fetched(await self.images.fetch_all(generation.remote))
            request.generation = generation
            if generation is not None and self._mode(policy) is Mode.ENFORCE:
                request.body = b""  # what goes on is written from what was read; the client's bytes would only take room
            context = self._context(request, Stage.INPUT)
            stands = await self._standing(request, published, policy, context)
            texts, pictures = (generation.texts, generation.pictures) if generation else ((), ())
            looked_at = stands.looked_at(texts) if stands else texts
            examined = await self.screening.examine(published, policy, looked_at, pictures, context, everything=False)
            examined.findings = self.probing.marked(request.caller, examined.findings)
        except UnscreenableError as error:
            return await self.refuse_unscreenable(request, error)
        request.asked = examined
        screened = await self._record(request, published, policy, context, examined, texts, pictures)
        if screened.blocks:
            return await self._refusal(request, screened, Stage.INPUT)
        request.obligations = screened.decision.obligations
        if stands and screened.decision.outcome is Outcome.ALLOW:
            request.standing = stands.ending(screened.until)
        if generation is not None and obligations.changes(request.obligations) and generation.amend is None:
            self._returns.give_back(screened.uses)
            return await self.refuse_unscreenable(request, UnscreenableError("The policy changes fields of this request, which cannot be."))
        if screened.uses and generation is not None and ledger.in_a_batch(generation):
            self._returns.give_back(screened.uses)
            why = "A licence whose uses are counted does not cover a batch; send its requests one by one."
            return await self.refuse_unscreenable(request, UnscreenableError(why))
        if approved := await self._kept_answer(request, screened, published, context):
            return approved
        return await self._forward(request, screened, policy)

    async def refuse_unscreenable(self, request: Incoming, error: UnscreenableError) -> Outgoing:
        """A recorded refusal of what cannot be screened; in shadow mode it is recorded and let through as it came.

        Where the policy lets such requests pass, only what was read goes on, as it was read and unless its texts say otherwise.
        """
        published = await self._published(request.caller.tenant)
        policy = published.policy.for_tenant(request.caller.tenant)
        context, generation = self._context(request, Stage.INPUT), request.generation
        texts, pictures = (generation.texts, generation.pictures) if generation else ((), ())
        examined = await self.screening.examine(published, policy, texts, (), context, everything=False, problem=str(error))
        screened = await self._record(request, published, policy, context, examined, texts, pictures)
        if not screened.blocks:
            if self._mode(policy) is not Mode.ENFORCE and request.target.path:
                return await self._forward(request, screened, policy, raw=True)
            if generation is not None and not obligations.changes(request.obligations + screened.decision.obligations):
                return await self._forward(request, screened, policy)
        refusal = Refusal.unscreenable(error, screened.decision_id)
        return self._reply(request, request.target.dialect.refusal(refusal), screened)

    async def _throttled(self, request: Incoming, published: Published, policy: Policy, wait_s: int) -> Outgoing | None:
        """A recorded refusal of a caller who probes, without a look at what they sent; None where nothing is refused."""
        examined = Examined(Findings(signals={"probing": 1.0}, problem="too many near misses by this key"))
        screened = await self._record(request, published, policy, self._context(request, Stage.INPUT), examined)
        refusal = Refusal(Refused.THROTTLED, screened.decision_id, category="policy", retry_after_s=wait_s, status=429)
        return self._reply(request, request.target.dialect.refusal(refusal), screened) if screened.blocks else None

    def _extract(self, request: Incoming) -> Generation | None:
        """Step 1; None for a route that carries nothing to look at."""
        route = request.target.route
        if route.read is None:
            return None
        mount = self.mounts[request.target.prefix]
        with self.metrics.step("extract"):
            generation = route.read(request.target, request.body, mount.limits)
            mount.check(generation)
        return generation

    async def _standing(self, request: Incoming, published: Published, policy: Policy, context: Context) -> Standing | None:
        """What the request stands on, if it points at something that the provider keeps; None for a route that carries nothing."""
        if request.generation is None:
            return None
        mount = self.mounts[request.target.prefix]
        return await ledger.standing(self.ledger, mount.name, request.generation, policy, context, published.revision, mount.limits)

    async def _own(self, request: Incoming, ids: Sequence[str]) -> frozenset[str]:
        """Which of these things, kept by the provider, are the caller's."""
        return await ledger.own(self.ledger, self.mounts[request.target.prefix].name, request.caller.tenant, ids)

    async def _keep(self, request: Incoming, answers: Sequence[Answer], screened: Screened) -> None:
        """What an allowed answer hands out may be pointed at from now on."""
        if request.standing is not None and request.generation is not None and screened.decision.outcome is Outcome.ALLOW:
            upstream = self.mounts[request.target.prefix].name
            turn = request.standing.ending(screened.until).turn
            await ledger.keep(self.ledger, upstream, request.caller.tenant, turn, request.generation, answers)

    async def _record(
        self,
        request: Incoming,
        published: Published,
        policy: Policy,
        context: Context,
        examined: Examined,
        texts: Sequence[Text] = (),
        pictures: Sequence[Picture] = (),
        upstream_request_id: str | None = None,
        approval: Approval | None = None,
    ) -> Screened:
        """Steps 5 and 6, or 10 and 11: decide, and return when that is durable."""
        decision = self.screening.decide(policy, published, examined, context)
        digest = None
        if decision.outcome is Outcome.HOLD and request.generation is not None:
            digest = journal.request_digest(context, request.generation.fields(), request.generation.pictures)
            if context.stage is Stage.INPUT:
                approval = published.approvals.get((context.tenant, digest, Stage.INPUT))
            if approval is not None and approval.covers(decision.directives, context.now):
                decision = replace(decision, outcome=Outcome.ALLOW, rule="approved-by-reviewer", grants=granted(decision, examined))
        mode = self._mode(policy)
        entry = journal.Entry(
            kind="decision",
            mode=mode,
            decision=decision,
            findings=examined.findings,
            people=examined.people,
            context=context,
            caller=request.caller,
            request_id=request.request_id,
            level=policy.record_level,
            texts=texts,
            pictures=pictures,
            request_digest=digest,
            timings_ms=examined.timings_ms,
            upstream_request_id=upstream_request_id,
            fingerprints=examined.fingerprints,
            encoder=examined.encoder,
        )
        decision_id, decision, uses = await self._commit(entry, published, policy, examined, context)
        self.metrics.decided(context.stage, decision)
        self.probing.note(request.caller, decision)
        until = ledger.until(decision, examined.people)
        return Screened(decision_id, decision, mode is Mode.ENFORCE and decision.outcome is not Outcome.ALLOW, digest, uses, until)

    async def _commit(
        self, entry: journal.Entry, published: Published, policy: Policy, examined: Examined, context: Context
    ) -> tuple[str, Decision, tuple[GrantUse, ...]]:
        """Record the entry; if a counted grant it used was spent meanwhile, what is recorded is the decision without it."""
        tenant_key = published.tenants[entry.caller.tenant]
        uses = counted(entry.decision, examined) if context.stage is Stage.INPUT and entry.mode is Mode.ENFORCE else ()
        without, otherwise = entry.decision, None
        if uses:
            without = self.screening.decide(policy, published, examined, context, frozenset(use.directive_id for use in uses))
            otherwise = journal.draft(replace(entry, decision=without), tenant_key)
        draft = journal.draft(entry, tenant_key, uses, otherwise)
        with self.metrics.step("record"):
            recorded_id = await self.recorder.record(draft)
        return (recorded_id, entry.decision, uses) if recorded_id == draft.id else (recorded_id, without, ())

    async def _kept_answer(self, request: Incoming, screened: Screened, published: Published, context: Context) -> Outgoing | None:
        """The very answer that was held on the way out and that a reviewer has let through since, if there is one."""
        if request.generation is None or context.tenant not in published.tenants_with_kept_answers:
            return None
        digest = journal.request_digest(context, request.generation.fields(), request.generation.pictures)
        approval = published.approvals.get((context.tenant, digest, Stage.OUTPUT))
        kept = await self.reviews.kept(approval.review_id) if approval is not None else None
        if approval is None or kept is None:
            return None
        status, headers, body = holds.unpack(kept)
        answers = [
            await self._taken_apart(answer) for answer in holds.read(request.target.route, status, headers, body, self._limits(request))
        ]
        policy = published.policy.for_tenant(context.tenant)
        screened = await self.screen_answer(request, answers, policy, None, approval)
        if screened.blocks:
            return self._reply(request, request.target.dialect.refusal(as_refusal(screened, Stage.OUTPUT)), screened)
        await self._keep(request, answers, screened)
        return Outgoing(status, head_of(request, screened, headers), body)

    # -- the way to the provider and back ---------------------------------------------------------------------------

    async def _forward(self, request: Incoming, screened: Screened, policy: Policy, *, raw: bool = False) -> Outgoing:
        """Step 7, then 8 to 12 on what comes back; a failure of the upstream becomes the dialect's 502 or 504."""
        try:
            outgoing = await self._exchange(request, screened, policy, raw=raw)
        except UpstreamError as error:
            outgoing = self._reply(request, request.target.dialect.refusal(upstream_refusal(error, screened.decision_id)), screened)
        except BaseException:
            self._returns.give_back(screened.uses)
            raise
        if outgoing.status >= HTTPStatus.BAD_REQUEST:
            self._returns.give_back(screened.uses)
        return outgoing

    async def _exchange(self, request: Incoming, screened: Screened, policy: Policy, *, raw: bool) -> Outgoing:
        target, generation = request.target, request.generation
        if raw or generation is None:
            media_type, body = target.content_type, request.body or None
        else:
            changes = obligations.changes(request.obligations)
            media_type, body = generation.amend(changes) if changes and generation.amend is not None else generation.rebuild()
        stream = generation is not None and generation.stream
        headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in target.dialect.forwarded(request.headers, stream)]
        if body and media_type:
            headers.append(("content-type", media_type))
        upstream = self.mounts[target.prefix].upstream
        if target.route.kind is Kind.LIST:
            page = await own_list(upstream, target, headers, request.caller_key, self._limits(request), partial(self._own, request))
            return Outgoing(page[0], head_of(request, screened, target.dialect.returned(page[1])), page[2])
        async with AsyncExitStack() as stack:
            with self.metrics.step("upstream"):
                answer = await stack.enter_async_context(
                    upstream.exchange(target.route.method, target.path_and_query, headers, body or None, request.caller_key, target.host)
                )
            head = head_of(request, screened, target.dialect.returned(answer.headers))
            if target.route.method == "DELETE" and generation is not None and answer.status < HTTPStatus.BAD_REQUEST:
                await ledger.forget(self.ledger, self.mounts[target.prefix].name, request.caller.tenant, generation)
            if target.route.kind is Kind.PASS or policy.streams_answers:
                if not target.route.issues:
                    return await pass_through(answer, head, stack)
                if answer.content_type == "text/event-stream":
                    return self._hand_out_stream(request, answer, head, stack.pop_all(), screened)
                return await self._hand_out(request, answer, head, screened)
            if stream and answer.content_type == "text/event-stream" and target.route.event is not None and answer.status == 200:
                return self._stream(request, answer, head, policy, stack.pop_all(), screened)
            return await self._release(request, answer, await answer.read(), policy)

    async def _hand_out(self, request: Incoming, answer: UpstreamAnswer, head: Headers, screened: Screened) -> Outgoing:
        """An answer that nobody looks at, but in which there may be ids that a later request points at, or the way to go next."""
        body = await answer.read()
        try:
            read = self._linked(request, read_answer(request.target.route, answer, body, self._limits(request)))
            await self._keep(request, (read,), screened)
        except (UnscreenableError, UpstreamInvalidError):
            return Outgoing(answer.status, head, body)
        return Outgoing(answer.status, head, read.body)

    async def _behind_links(self, request: Incoming, pointing: Answer, fetched: Mapping[str, bytes], decision: Decision) -> Answer | None:
        """The answer with links to the pictures that it pointed at, kept for a while; None where they go into the answer."""
        if not fetched or self.links is None or _as_base64(request.generation):
            return None
        links = self.links.make(fetched)
        if not links:
            return None
        terms = Release(request.caller.tenant, decision.registry_revision, decision.policy_revision, request.purpose, request.jurisdiction)
        await self.links.keep(links, fetched, terms)
        return self._linked(
            request, pointing.with_fetched(fetched, self._limits(request), {where: link.url for where, link in links.items()})
        )

    def _hand_out_stream(
        self, request: Incoming, answer: UpstreamAnswer, head: Headers, stack: AsyncExitStack, screened: Screened
    ) -> Outgoing:
        """A stream that nobody looks at, but in which there may be ids that a later request points at."""
        event_of, limits = request.target.route.event, self._limits(request)
        if event_of is None:
            return Outgoing(answer.status, head, blocks(answer, stack))
        frames = noted_stream(
            answer.stream(), lambda event: event_of(event, limits), lambda answers: self._keep(request, answers, screened), limits
        )
        return Outgoing(answer.status, head, closing(frames, stack))

    def _linked(self, request: Incoming, read: Answer) -> Answer:
        """The answer with the ways that it sends the client leading through the gateway."""
        return read.linked(self.mounts[request.target.prefix].public_base) if read.linked else read

    async def _release(self, request: Incoming, answer: UpstreamAnswer, body: bytes, policy: Policy) -> Outgoing:
        """Steps 8 to 12 for a whole answer."""
        limits = self._limits(request)
        try:
            pointing = read = await self._taken_apart(read_answer(request.target.route, answer, body, limits))
            fetched = await self._fetch(request, read.remote) if read.remote else {}
            read = self._linked(request, read.with_fetched(fetched, limits) if fetched else read)
            screened = await self.screen_answer(request, (read,), policy, header(answer, b"x-request-id"))
        except UnscreenableError as error:
            screened = await self._unscreenable_answer(request, error, policy)
            if screened.blocks:
                refusal = Refusal.unscreenable(error, screened.decision_id, Stage.OUTPUT)
                return self._reply(request, request.target.dialect.refusal(refusal), screened)
            return Outgoing(answer.status, head_of(request, screened, [(b"content-type", content_type(answer))]), body)
        headers = typed(request.target.dialect.returned(answer.headers), read.content_type.encode())
        if screened.blocks:
            return await self._refusal(request, screened, Stage.OUTPUT, holds.pack(answer.status, headers, read.release(), read.pictures))
        await self._keep(request, (read,), screened)
        shown = await self._behind_links(request, pointing, fetched, screened.decision) or read
        return Outgoing(answer.status, head_of(request, screened, headers), shown.release())

    async def _taken_apart(self, read: Answer) -> Answer:
        """The answer with the frames of its video, if it is one."""
        return read.with_frames(await self.films.frames(read.body, "content")) if read.film else read

    async def screen_answer(
        self,
        request: Incoming,
        answers: Sequence[Answer],
        policy: Policy,
        upstream_request_id: str | None,
        approval: Approval | None = None,
    ) -> Screened:
        """Steps 9 to 11 for everything that one answer carries, against the newest revision."""
        published = await self._published(request.caller.tenant)
        context = self._context(request, Stage.OUTPUT)
        texts, pictures = pieces.gather(answers, self._limits(request))
        examined = await self.screening.examine(published, policy, texts, pictures, context, everything=False, asked=request.asked)
        screened = await self._record(request, published, policy, context, examined, texts, pictures, upstream_request_id, approval)
        if self.stay_down is not None and screened.blocks and policy.people.stay_down:
            self.stay_down.refused(screened.decision, examined)
        return screened

    async def _unscreenable_answer(self, request: Incoming, error: UnscreenableError, policy: Policy) -> Screened:
        published = await self._published(request.caller.tenant)
        return await self._record(request, published, policy, self._context(request, Stage.OUTPUT), Examined(Findings(problem=str(error))))

    def _stream(
        self, request: Incoming, answer: UpstreamAnswer, head: Headers, policy: Policy, stack: AsyncExitStack, reserved: Screened
    ) -> Outgoing:
        """Steps 8 to 12 for a stream: frames with pictures are held until all of them have been looked at."""
        dialect, event_of, limits = request.target.dialect, request.target.route.event, self._limits(request)
        assert event_of is not None  # noqa: S101 - the caller looked

        async def judge(held: Sequence[Answer], error: UnscreenableError | None) -> bytes | None:
            """None to release what is held, or the frame that refuses it."""
            if error is None:
                try:
                    screened = await self.screen_answer(request, held, policy, header(answer, b"x-request-id"))
                except UnscreenableError as later:
                    error = later
            if error is not None:
                screened = await self._unscreenable_answer(request, error, policy)
                return dialect.error_frame(Refusal.unscreenable(error, screened.decision_id, Stage.OUTPUT)) if screened.blocks else None
            if not screened.blocks:
                await self._keep(request, held, screened)
                return None
            self._returns.give_back(reserved.uses)
            body, pictures = b"".join(frame("", a.release()) for a in held), (picture for a in held for picture in a.pictures)
            await self._hold(request, screened, holds.pack(200, [EVENT_STREAM], body, pictures))
            return dialect.error_frame(as_refusal(screened, Stage.OUTPUT))

        held = Held(
            read=lambda event: event_of(event, limits),
            judge=judge,
            fetch=partial(self._fetch, request),
            limits=limits,
            keep_alive=dialect.keep_alive,
            partials=self.partials,
            room=self.room,
        )
        frames = screened_stream(answer.stream(), held, dialect.error_frame, self.keepalive_s)
        return Outgoing(200, [*typed(head, EVENT_STREAM[1]), (b"cache-control", b"no-cache")], closing(frames, stack))

    async def linked_picture(self, name: str, request_id: str) -> Kept | None:
        """What a link leads to; if people or rules changed since it was released, only if it would be released today."""
        kept = await self.links.read(name) if self.links is not None else None
        if kept is None:
            return None
        release = kept.release
        published = await self._published(release.tenant)
        policy = published.policy.for_tenant(release.tenant)
        if (published.revision, policy.revision) == (release.registry_revision, release.policy_revision):
            return kept
        limits = next(iter(self.mounts.values())).limits  # the caps on pictures are the same for all
        pictures = (inspect(kept.picture, "picture", limits).picture,)
        asked = ScreenRequest((), pictures, Caller(release.tenant), Stage.OUTPUT, release.purpose, release.jurisdiction)
        outcome = (await self.screen(asked, request_id)).decision.outcome
        return kept if outcome is Outcome.ALLOW or self._mode(policy) is not Mode.ENFORCE else None

    # -- the admin API's question -----------------------------------------------------------------------------------

    async def screen(self, question: ScreenRequest, request_id: str) -> ScreenResult:
        """Steps 2 to 6 without any forwarding; every matcher that has something to look at runs."""
        started = time.perf_counter()
        published = await self._published(question.caller.tenant)
        policy = question.policy or published.policy.for_tenant(question.caller.tenant)
        context = Context(
            stage=question.stage,
            now=self.clock(),
            tenant=question.caller.tenant,
            route="screen",
            purpose=question.purpose,
            jurisdiction=question.jurisdiction,
        )
        try:
            examined = await self.screening.examine(published, policy, question.texts, question.pictures, context, everything=True)
        except UnscreenableError as error:
            examined = Examined(Findings(problem=str(error)))
        entry = journal.Entry(
            kind="screen",
            mode=policy.mode,
            decision=self.screening.decide(policy, published, examined, context),
            findings=examined.findings,
            people=examined.people,
            context=context,
            caller=question.caller,
            request_id=request_id,
            level=policy.record_level,
            texts=question.texts,
            pictures=question.pictures,
            timings_ms=examined.timings_ms,
            fingerprints=examined.fingerprints,
            encoder=examined.encoder,
        )
        decision_id = await self.recorder.record(journal.draft(entry, published.tenants[question.caller.tenant]))
        timings = {**examined.timings_ms, "total": (time.perf_counter() - started) * 1e3}
        return ScreenResult(decision_id, entry.decision, examined.findings, timings)

    # -- small parts ------------------------------------------------------------------------------------------------

    async def _published(self, tenant: str) -> Published:
        published = await self.current.get()
        if tenant not in published.tenants:
            await self.tenants.ensure_tenant(tenant)
            published = await self.current.get()
        return published

    async def _fetch(self, request: Incoming, remote: Sequence[tuple[str, str]]) -> Mapping[str, bytes]:
        return await self.fetcher.fetch_all(remote, self.mounts[request.target.prefix].upstream.base_url)

    def _limits(self, request: Incoming) -> Limits:
        return self.mounts[request.target.prefix].limits

    def _mode(self, policy: Policy) -> Mode:
        return self.mode if policy.mode is Mode.ENFORCE else policy.mode

    def _context(self, request: Incoming, stage: Stage) -> Context:
        return Context(
            stage=stage,
            now=self.clock(),
            tenant=request.caller.tenant,
            route=request.target.route.name,
            model=request.generation.model if request.generation else None,
            purpose=request.purpose,
            jurisdiction=request.jurisdiction,
            attestation=request.attestation,
        )

    async def _refusal(self, request: Incoming, screened: Screened, stage: Stage, kept: bytes | None = None) -> Outgoing:
        await self._hold(request, screened, kept)
        return self._reply(request, request.target.dialect.refusal(as_refusal(screened, stage)), screened)

    async def _hold(self, request: Incoming, screened: Screened, kept: bytes | None) -> None:
        """A held request goes to the reviewers, with the answer that approval would release; a refused one does not."""
        if screened.decision.outcome is Outcome.HOLD and screened.digest is not None:
            stage = Stage.INPUT if kept is None else Stage.OUTPUT
            decision, asked, published = screened.decision, request.generation, self.current.latest
            level = published.policy.for_tenant(request.caller.tenant).record_level if published else RecordLevel.NONE
            texts = journal.kept_texts(level, asked.texts if asked else (), request.asked.findings.hits)
            if kept is None and asked is not None and level is RecordLevel.FULL:
                kept = holds.pack_pictures(asked.pictures)
            await self.reviews.open(holds.describe(request.caller, screened.decision_id, decision, screened.digest, stage, kept, texts))

    def _reply(self, request: Incoming, reply: Reply, screened: Screened) -> Outgoing:
        return Outgoing(reply.status, head_of(request, screened, reply.headers), reply.body)
