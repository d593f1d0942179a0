"""Which of a person's directives decides a hit."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guard.decide.directives import Basis, Ruling, binding, channel_of, in_force, named, route_name
from guard.decide.policy import BUILT_IN_RULES
from guard.decide.scopes import SCOPES, uses
from guard.types import Channel, Context, Directive, DirectiveStatus, Effect, Findings, Modality, Outcome, Role, Stage

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
HERE = Context(Stage.INPUT, NOW, "acme", "images.generations", "gpt-image-1", "advertising", "DE")
BARE = Context(Stage.INPUT, NOW, "acme")


def directive(effect: Effect, id_: str = "d", **fields: object) -> Directive:
    return replace(Directive(id_, 1, effect, DirectiveStatus.ACTIVE), **fields)  # type: ignore[arg-type]


def deny(id_: str = "d", **fields: object) -> Directive:
    return directive(Effect.DENY, id_, **fields)


def grant(id_: str = "g", **fields: object) -> Directive:
    return directive(Effect.ALLOW, id_, **{"tenant": "acme", **fields})


def rule(*directives: Directive, context: Context = HERE, role: Role = Role.LIKENESS, channel: Channel = Channel.PROMPT) -> Ruling:
    return binding(in_force(directives, context.now), context, channel, role, uses(Findings(), context))


NONE = Ruling(Basis.NONE, None)
DENIED = Ruling(Basis.OPT_OUT, Outcome.REFUSE, ("d",))
GRANTED = Ruling(Basis.GRANT, Outcome.ALLOW, ("g",), "g")

PRECEDENCE = [
    pytest.param([], NONE, id="nothing decided"),
    pytest.param([deny()], DENIED, id="an opt-out"),
    pytest.param([deny(), grant()], GRANTED, id="a grant lifts an opt-out"),
    pytest.param([deny(authority="court"), grant()], Ruling(Basis.ORDER, Outcome.REFUSE, ("d",)), id="a court outranks a grant"),
    pytest.param([deny(authority="regulator"), grant()], Ruling(Basis.ORDER, Outcome.REFUSE, ("d",)), id="a regulator outranks a grant"),
    pytest.param(
        [deny(authority="court", status=DirectiveStatus.PENDING_VERIFICATION), grant()], GRANTED, id="an unverified order does not"
    ),
    pytest.param(
        [deny(), directive(Effect.ALLOW, "c", authority="court")],
        Ruling(Basis.ORDER, Outcome.ALLOW, ("c",), "c"),
        id="a court may allow",
    ),
    pytest.param(
        [directive(Effect.ALLOW, "c", authority="court"), deny(authority="court")],
        Ruling(Basis.ORDER, Outcome.REFUSE, ("d",)),
        id="between orders the denial",
    ),
    pytest.param([directive(Effect.REVIEW, "r")], Ruling(Basis.REVIEW, Outcome.HOLD, ("r",)), id="a wish to be asked"),
    pytest.param([directive(Effect.REVIEW, "r"), deny()], DENIED, id="denial before review"),
    pytest.param([deny("b"), deny("a")], Ruling(Basis.OPT_OUT, Outcome.REFUSE, ("a", "b")), id="all denials are named, sorted"),
    pytest.param([directive(Effect.ALLOW, "w")], Ruling(Basis.GENERAL_ALLOW, Outcome.ALLOW, ("w",), "w"), id="a permission for everybody"),
    pytest.param([directive(Effect.ALLOW, "w"), deny()], DENIED, id="a denial outranks a permission for everybody"),
    pytest.param(
        [directive(Effect.ALLOW_WITH_TERMS, "g", tenant="acme", terms=("label",))],
        Ruling(Basis.GRANT, Outcome.ALLOW, ("g",), "g", ("label",)),
        id="terms travel with the grant",
    ),
    pytest.param([grant("h", max_uses=5), grant("g")], GRANTED, id="the uncapped grant is used before the capped"),
    pytest.param([deny(exemptions=("advertising",))], Ruling(Basis.EXEMPT, Outcome.ALLOW, ("d",)), id="an exempt purpose"),
    pytest.param(
        [directive(Effect.REVIEW, "r", authority="court"), grant()],
        Ruling(Basis.ORDER, Outcome.HOLD, ("r",)),
        id="an order to ask is an order",
    ),
    pytest.param([grant("g", terms=("label",))], GRANTED, id="an allow owes nothing, whatever stands in its terms"),
    pytest.param(
        [directive(Effect.ALLOW, "a", authority="court"), directive(Effect.ALLOW_WITH_TERMS, "b", authority="court", terms=("label",))],
        Ruling(Basis.ORDER, Outcome.ALLOW, ("b",), "b", ("label",)),
        id="between orders that allow, the one with terms",
    ),
    pytest.param(
        [directive(Effect.ALLOW_WITH_TERMS, "a", authority="court"), directive(Effect.REVIEW, "b", authority="court")],
        Ruling(Basis.ORDER, Outcome.HOLD, ("b",)),
        id="between orders, to ask before to allow with terms",
    ),
    pytest.param([deny("x", channels=(Channel.OUTPUT_IMAGE,)), deny()], DENIED, id="a denial elsewhere hides no other"),
    pytest.param([grant("x", tenant="other"), grant()], GRANTED, id="another tenant's grant hides no other"),
    pytest.param([grant("x", tenant="other"), deny()], DENIED, id="nor does it hide a denial"),
    pytest.param([deny("d", version=2, status=DirectiveStatus.REVOKED), deny()], NONE, id="the newer version, first"),
    pytest.param([deny(), deny("d", version=2, status=DirectiveStatus.REVOKED)], NONE, id="the newer version, last"),
    pytest.param(
        [deny(exemptions=("advertising",)), deny("e")], Ruling(Basis.OPT_OUT, Outcome.REFUSE, ("e",)), id="the other denial stands"
    ),
]


@pytest.mark.parametrize(("directives", "ruling"), PRECEDENCE)
def test_precedence(directives: list[Directive], ruling: Ruling) -> None:
    assert rule(*directives) == ruling


BINDS = [
    pytest.param({}, True, id="by default"),
    pytest.param({"channels": (Channel.OUTPUT_IMAGE,)}, False, id="another channel"),
    pytest.param({"channels": (Channel.PROMPT,)}, True, id="this channel"),
    pytest.param({"jurisdictions": ("FR",)}, False, id="another country"),
    pytest.param({"jurisdictions": ("EU",)}, True, id="a group that holds the country"),
    pytest.param({"purposes": ("political",)}, False, id="another purpose"),
    pytest.param({"purposes": ("Ads",)}, True, id="this purpose by another name"),
    pytest.param({"endpoints": ("/v1/images/edits",)}, False, id="another endpoint"),
    pytest.param({"endpoints": ("/v1/images/generations",)}, True, id="this endpoint as a path"),
    pytest.param({"endpoints": ("images.*",)}, True, id="all endpoints that begin so"),
    pytest.param({"models": ("dall-e-3",)}, False, id="another model"),
    pytest.param({"models": ("gpt-image-*",)}, True, id="this family of models"),
    pytest.param({"tenant": "globex"}, False, id="another tenant"),
    pytest.param({"scopes": ("sexual",)}, False, id="another use"),
    pytest.param({"scopes": ("style",)}, False, id="style alone does not reach a likeness"),
    pytest.param({"scopes": ("photorealistic",)}, True, id="a picture of no stated kind counts as photographic"),
    pytest.param({"scopes": ("commercial",)}, True, id="a commercial purpose"),
    pytest.param({"status": DirectiveStatus.PENDING_VERIFICATION}, True, id="pending protects"),
    pytest.param({"status": DirectiveStatus.REJECTED}, False, id="rejected"),
    pytest.param({"status": DirectiveStatus.REVOKED}, False, id="revoked"),
    pytest.param({"status": DirectiveStatus.SUPERSEDED}, False, id="superseded"),
    pytest.param({"effective_from": NOW}, True, id="from this moment on"),
    pytest.param({"effective_from": NOW + HOUR}, False, id="from later on"),
    pytest.param({"expires_at": NOW}, False, id="until this moment"),
    pytest.param({"expires_at": NOW + HOUR}, True, id="until later"),
]


@pytest.mark.parametrize(("fields", "binds"), BINDS)
def test_where_a_denial_binds(fields: dict[str, Any], binds: bool) -> None:
    assert rule(deny(**fields)) == (DENIED if binds else NONE)


def test_what_a_caller_leaves_out_lifts_no_denial() -> None:
    narrow = deny(jurisdictions=("FR",), purposes=("political",), models=("dall-e-3",), scopes=("commercial",))
    assert rule(narrow, context=BARE) == DENIED


COVERS = [
    pytest.param({}, True, id="by default"),
    pytest.param({"tenant": "globex"}, False, id="another tenant"),
    pytest.param({"purposes": ("advertising",)}, True, id="this purpose"),
    pytest.param({"purposes": ("news",)}, False, id="another purpose"),
    pytest.param({"endpoints": ("images.generations",)}, True, id="this endpoint"),
    pytest.param({"endpoints": ("images.edits",)}, False, id="another endpoint"),
    pytest.param({"models": ("gpt-image-1",)}, True, id="this model"),
    pytest.param({"models": ("gpt-image-2",)}, False, id="another model"),
    pytest.param({"jurisdictions": ("DE", "AT")}, True, id="this country"),
    pytest.param({"jurisdictions": ("AT",)}, False, id="another country"),
    pytest.param({"jurisdictions": ("*",)}, True, id="everywhere"),
    pytest.param({"scopes": ("likeness",)}, True, id="any likeness"),
    pytest.param({"scopes": ("stylised",)}, False, id="drawings only, and none is asked for"),
    pytest.param({"scopes": ("photorealistic",)}, True, id="photographs"),
    pytest.param({"scopes": ("commercial",)}, True, id="commercial use, as stated"),
    pytest.param({"scopes": ("political",)}, False, id="another use"),
    pytest.param({"scopes": ("style",)}, False, id="style does not cover a likeness"),
    pytest.param({"status": DirectiveStatus.PENDING_VERIFICATION}, False, id="a pending grant permits nothing"),
    pytest.param({"expires_at": NOW}, False, id="ended at this moment"),
    pytest.param({"effective_from": NOW + HOUR}, False, id="not begun"),
    pytest.param({"channels": (Channel.INPUT_IMAGE,)}, False, id="another channel"),
]


@pytest.mark.parametrize(("fields", "covers"), COVERS)
def test_what_a_grant_covers(fields: dict[str, Any], covers: bool) -> None:
    assert rule(deny(), grant(**fields)) == (GRANTED if covers else DENIED)


@pytest.mark.parametrize("field", ["purposes", "models", "jurisdictions"])
def test_a_narrow_grant_does_not_cover_what_a_caller_leaves_out(field: str) -> None:
    narrow: dict[str, Any] = {field: ("x",)}
    assert rule(deny(), grant(**narrow), context=BARE) == DENIED


ROLES = [
    pytest.param(("all",), Role.STYLE, False, id="style is not likeness"),
    pytest.param(("all", "style"), Role.STYLE, True, id="style, named"),
    pytest.param(("all",), Role.ATTRIBUTION, False, id="a mention is not likeness"),
    pytest.param(("text_mention",), Role.ATTRIBUTION, True, id="a mention, named"),
    pytest.param(tuple(SCOPES), Role.NAMESAKE_OR_THING, False, id="a namesake is never the person"),
]


@pytest.mark.parametrize(("scopes", "role", "binds"), ROLES)
def test_roles(scopes: tuple[str, ...], role: Role, binds: bool) -> None:
    assert rule(deny(scopes=scopes), role=role) == (DENIED if binds else NONE)


def test_a_spent_grant_is_as_absent() -> None:
    live = in_force([deny(), grant()], NOW)
    assert binding(live, HERE, Channel.PROMPT, None, uses(Findings(), HERE), spent={"g"}) == DENIED


def test_no_grant_covers_sexual_use() -> None:
    asked = uses(Findings(signals={"sexual": 0.9}), HERE)
    assert binding(in_force([deny(), grant()], NOW), HERE, Channel.PROMPT, Role.LIKENESS, asked) == DENIED


def test_pending_protects_only_where_it_is_set_to() -> None:
    pending = deny(status=DirectiveStatus.PENDING_VERIFICATION)
    assert in_force([pending], NOW, pending_protects=False) == ()


def test_only_the_newest_version_counts() -> None:
    old, new = deny(), deny(version=2, status=DirectiveStatus.REVOKED)
    assert in_force([new, old], NOW) == in_force([old, new], NOW) == ()


def test_midnight_in_another_zone() -> None:
    ends = datetime.fromisoformat("2026-06-02T00:00:00+14:00")  # 2026-06-01T10:00Z, two hours ago
    assert rule(deny(), grant(expires_at=ends)) == DENIED


CHANNELS = [
    (Modality.NAME, Stage.INPUT, Channel.PROMPT),
    (Modality.NAME, Stage.OUTPUT, Channel.PROMPT),
    (Modality.FACE, Stage.INPUT, Channel.INPUT_IMAGE),
    (Modality.FACE, Stage.OUTPUT, Channel.OUTPUT_IMAGE),
    (Modality.KNOWN_IMAGE, Stage.OUTPUT, Channel.OUTPUT_IMAGE),
    (Modality.TEXT_IN_IMAGE, Stage.INPUT, Channel.INPUT_IMAGE),
    (Modality.TEXT_IN_IMAGE, Stage.OUTPUT, Channel.OUTPUT_IMAGE),
]


@pytest.mark.parametrize(("modality", "stage", "channel"), CHANNELS)
def test_channels(modality: Modality, stage: Stage, channel: Channel) -> None:
    assert channel_of(modality, stage) is channel


# Laws

_times = st.sampled_from([None, NOW - HOUR, NOW, NOW + HOUR])
directives_ = st.builds(
    Directive,
    id=st.sampled_from("abcdefgh"),
    version=st.integers(1, 3),
    effect=st.sampled_from(Effect),
    status=st.sampled_from(DirectiveStatus),
    scopes=st.sampled_from([("all",), ("likeness",), ("sexual",), ("photorealistic",), ("style",), ("commercial", "political")]),
    exemptions=st.sampled_from([(), ("news",), ("advertising",)]),
    channels=st.sampled_from([(), (Channel.PROMPT,), (Channel.OUTPUT_IMAGE,)]),
    jurisdictions=st.sampled_from([(), ("EU",), ("US",)]),
    authority=st.sampled_from(["self", "court", "regulator", "agent"]),
    tenant=st.sampled_from([None, "acme", "globex"]),
    purposes=st.sampled_from([(), ("advertising",), ("news",)]),
    endpoints=st.sampled_from([(), ("images.edits",)]),
    models=st.sampled_from([(), ("gpt-image-1",)]),
    terms=st.sampled_from([(), ("label",)]),
    max_uses=st.sampled_from([None, 3]),
    effective_from=_times,
    expires_at=_times,
)
contexts = st.builds(
    Context,
    stage=st.just(Stage.INPUT),
    now=st.just(NOW),
    tenant=st.sampled_from(["acme", "globex"]),
    route=st.sampled_from(["", "images.generations", "images.edits"]),
    model=st.sampled_from([None, "gpt-image-1", "other"]),
    purpose=st.sampled_from([None, "advertising", "news"]),
    jurisdiction=st.sampled_from([None, "DE", "US-CA"]),
)
some_directives = st.lists(directives_, max_size=6)


def severity(ruling: Ruling) -> int:
    return 0 if ruling.outcome is None else ruling.outcome.severity


@given(some_directives, contexts, st.randoms())
def test_the_order_of_directives_does_not_matter(directives: list[Directive], context: Context, random: object) -> None:
    shuffled = list(directives)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert rule(*shuffled, context=context) == rule(*directives, context=context)


@given(some_directives, contexts)
def test_expired_is_as_absent(directives: list[Directive], context: Context) -> None:
    live = [d for d in directives if d.expires_at is None or d.expires_at > NOW]
    assume_distinct = {d.id for d in live}.isdisjoint(d.id for d in directives if d not in live)
    if assume_distinct:
        assert rule(*live, context=context) == rule(*directives, context=context)


@given(some_directives, contexts, directives_)
def test_one_more_denial_or_review_never_softens(directives: list[Directive], context: Context, more: Directive) -> None:
    stricter = replace(more, id="new", effect=Effect.DENY)
    before, after = rule(*directives, context=context), rule(*directives, stricter, context=context)
    assert severity(after) >= severity(before)


@given(some_directives, contexts, directives_)
def test_a_grant_never_lifts_an_order(directives: list[Directive], context: Context, more: Directive) -> None:
    before = rule(*directives, context=context)
    given_ = replace(more, id="new", effect=Effect.ALLOW, authority="agent")
    if before.basis is Basis.ORDER:
        assert rule(*directives, given_, context=context) == before


@given(some_directives, contexts, directives_)
def test_tenants_never_see_each_others_grants(directives: list[Directive], context: Context, more: Directive) -> None:
    foreign = replace(more, id="new", effect=Effect.ALLOW, tenant="somebody else")
    assert rule(*directives, foreign, context=context) == rule(*directives, context=context)


@given(some_directives, contexts)
def test_a_grant_used_is_one_that_names_the_tenant_or_everybody(directives: list[Directive], context: Context) -> None:
    ruling = rule(*directives, context=context)
    if ruling.grant is not None:
        assert any(d.tenant in (None, context.tenant) for d in directives if d.id == ruling.grant)


@pytest.mark.parametrize("turn", [1, -1], ids=["as listed", "the other way round"])
@pytest.mark.parametrize(("directives", "ruling"), [case.values for case in PRECEDENCE], ids=[case.id for case in PRECEDENCE])
def test_precedence_does_not_follow_the_order(directives: list[Directive], ruling: Ruling, turn: int) -> None:
    assert rule(*directives[::turn]) == ruling


@pytest.mark.parametrize(
    "effects", [(Effect.ALLOW, Effect.ALLOW_WITH_TERMS), (Effect.ALLOW_WITH_TERMS, Effect.REVIEW), (Effect.REVIEW, Effect.DENY)]
)
def test_between_equal_versions_the_more_restrictive_holds(effects: tuple[Effect, Effect]) -> None:
    mild, strict = (directive(effect, "d", tenant="acme", terms=("label",)) for effect in effects)
    assert in_force([mild, strict], NOW) == in_force([strict, mild], NOW) == (strict,)


def test_what_a_basis_is_called() -> None:
    assert [basis.value for basis in Basis] == ["order", "grant", "opt-out", "review", "exempt", "general-allow", "no-directive"]
    assert {basis.value for basis in Basis} <= set(BUILT_IN_RULES)


NAMED = [
    pytest.param(["gpt-image-1"], "gpt-image-1", True, id="the very name"),
    pytest.param(["gpt-image-1"], "gpt-image-10", False, id="a longer one"),
    pytest.param(["gpt-*"], "gpt-image-1", True, id="what begins so"),
    pytest.param(["gpt-*"], "gptx", False, id="what almost begins so"),
    pytest.param(["*"], "", True, id="everything"),
    pytest.param([], "gpt", False, id="no pattern"),
]


@pytest.mark.parametrize(("patterns", "value", "wanted"), NAMED)
def test_named(patterns: list[str], value: str, wanted: bool) -> None:
    assert named(patterns, value) is wanted


@pytest.mark.parametrize("written", ["/v1/images/edits", "v1/images/edits/", "images/edits", " images.edits "])
def test_a_route_has_one_name(written: str) -> None:
    assert (route_name(written), route_name("/xai/box/")) == ("images.edits", "xai.box")
