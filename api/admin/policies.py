"""`/policies`: what the operator allows. Listed, checked, tested on their worked cases, and made the active one."""

from typing import Annotated

from anyio import to_thread
from fastapi import APIRouter, Path
from starlette.responses import Response

from api.admin.access import AdminRoute, Takes, access
from api.admin.call import Call, CallDep
from api.admin.policybook import NAME, Entry, book, find, with_mode
from api.admin.replay import Replay
from api.answers import ActivatedOut, CaseResultOut, PageOut, PolicyFault, PolicyOut, PolicyTestOut, ReplayOut, ValidationOut
from api.auth import ADMIN, STAFF
from api.schemas import ActivateIn, PolicyChoice, PolicyText, ReplayIn
from guard.decide import cases, load
from guard.decide.policy import Policy
from guard.decide.yaml_tree import Problem
from guard.errors import ConflictError, FieldError, InvalidInputError, PolicyInvalidError
from guard.registry.values import By, PolicyActivation

router = APIRouter(prefix="/admin/v1", tags=["policies"], route_class=AdminRoute)

PolicyName = Annotated[str, Path(max_length=64, pattern=NAME.pattern)]


@router.get("/policies", response_model=PageOut[PolicyOut], summary="List policies")
@access("policy.list", STAFF)
async def list_policies(call: CallDep) -> PageOut[PolicyOut]:
    """Those that come with the guard, the configured one, and those that were activated before."""
    return await to_thread.run_sync(lambda: PageOut(items=[_shown(call, entry) for _, entry in sorted(book(call.services).items())]))


@router.get("/policies/{name}", response_model=PolicyOut, summary="One policy, with its text")
@access("policy.read", STAFF)
async def get_policy(call: CallDep, name: PolicyName) -> PolicyOut:
    """The YAML as it is, comments included."""
    return await to_thread.run_sync(lambda: _shown(call, find(call.services, name), with_text=True))


@router.post("/policies/validate", response_model=ValidationOut, summary="Check a policy's text")
@access("policy.validate", STAFF, Takes.JSON)
async def validate_policy(call: CallDep, body: PolicyText) -> ValidationOut:
    """Always 200: `valid`, and each fault with its line and column."""

    def check() -> ValidationOut:
        try:
            policy = load.parse(body.yaml, "policy")
        except PolicyInvalidError as error:
            return ValidationOut(valid=False, errors=[_fault(each) for each in error.errors])
        return ValidationOut(valid=True, errors=[], revision=policy.revision)

    return await to_thread.run_sync(check)


@router.post("/policies/test", response_model=PolicyTestOut, summary="Run a policy's worked cases")
@access("policy.test", STAFF, Takes.JSON)
async def run_policy_cases(call: CallDep, body: PolicyChoice) -> PolicyTestOut:
    """Every case that the policy carries, with the outcome it expects and the one it got. 422 for a policy that cannot be used."""

    def run() -> PolicyTestOut:
        report = cases.run(_chosen(call, body))
        results = [
            CaseResultOut(
                case=each.case,
                level=each.level,
                passed=each.passed,
                expected={"outcome": each.expected[0].value, "rule": each.expected[1]},
                got={"outcome": each.got[0].value, "rule": each.got[1]},
            )
            for each in report.results
        ]
        return PolicyTestOut(passed=report.passed, policy=report.policy, revision=report.revision, results=results)

    return await to_thread.run_sync(run)


@router.post("/policies/replay", response_model=ReplayOut, summary="Ask what a policy would have decided")
@access("policy.replay", STAFF, Takes.JSON)
async def replay_policy(call: CallDep, body: ReplayIn) -> ReplayOut:
    """Over what the record kept of the newest decisions, with directives as they are now; `not_seen` counts what it could not read."""

    def run() -> ReplayOut:
        policy = _chosen(call, body)
        done = Replay(call.services, policy).run(body.after, body.before, body.limit)
        changes = {f"{was} to {now}": number for (was, now), number in sorted(done.changes.items())}
        return ReplayOut(
            revision=policy.revision, decisions=done.decisions, not_seen=done.not_seen, changes=changes, examples=done.examples
        )

    return await to_thread.run_sync(run)


@router.post("/policies/{name}/activate", response_model=ActivatedOut, summary="Make a policy the active one")
@access("policy.activate", ADMIN, Takes.JSON, idempotent=True)
async def activate_policy(call: CallDep, name: PolicyName, body: ActivateIn | None = None) -> Response:
    """Binding on every local worker before the answer. With `yaml`, that text is kept and activated under this name.

    `mode`: `enforce` acts on what is decided, `shadow` only records it, `off` decides nothing. A bundled name takes no text of its own.
    """
    wanted = body or ActivateIn()
    text = await to_thread.run_sync(lambda: _text_to_activate(call, name, wanted))

    def shown(activation: PolicyActivation) -> ActivatedOut:
        policy = load.parse(activation.yaml, name)
        return ActivatedOut(
            name=name,
            revision=policy.revision,
            mode=policy.mode.value,
            activated_at=activation.activated_at,
            registry_revision=call.services.registry.revision(),
        )

    return await call.change(lambda by: _activate(call, name, text, wanted, by), shown)


@router.post("/policies/rollback", response_model=ActivatedOut, summary="Go back to the policy before")
@access("policy.rollback", ADMIN, Takes.JSON, idempotent=True)
async def roll_back(call: CallDep) -> Response:
    """Activates, whole and with its mode, the policy that was in force before the present one; twice is there and back. 409 when there was none."""
    before = await call.read(call.services.registry.policy_before)
    if before is None:
        raise ConflictError("no other policy was activated before; activate one by its name")
    load.parse(before.yaml, before.name)  # what this version cannot use any more must not become the active one

    def shown(activation: PolicyActivation) -> ActivatedOut:
        policy = load.parse(activation.yaml, activation.name)
        return ActivatedOut(
            name=activation.name,
            revision=policy.revision,
            mode=policy.mode.value,
            activated_at=activation.activated_at,
            registry_revision=call.services.registry.revision(),
        )

    registry = call.services.registry
    return await call.change(lambda by: registry.activate_policy(before.name, before.yaml, before.mode, by), shown)


def _activate(call: Call, name: str, text: str, body: ActivateIn, by: By) -> PolicyActivation:
    return call.services.registry.activate_policy(name, text, body.mode.value, by)


def _text_to_activate(call: Call, name: str, body: ActivateIn) -> str:
    if body.yaml is None:
        return with_mode(find(call.services, name).yaml, body.mode, name)
    if name in load.bundled():
        message = f"{name} is the name of a bundled policy; activate your text under a name of its own"
        raise InvalidInputError(message, [FieldError("/yaml", message)])
    return with_mode(body.yaml, body.mode, name)


def _chosen(call: Call, body: PolicyChoice) -> Policy:
    if body.yaml is not None:
        return load.parse(body.yaml, "policy")
    entry = find(call.services, body.name or "")
    return load.parse(entry.yaml, entry.name)


def _shown(call: Call, entry: Entry, *, with_text: bool = False) -> PolicyOut:
    policy = load.parse(entry.yaml, entry.name)
    published = call.services.current.latest
    # By name as well: a changed `mode` changes the revision.
    active = published is not None and (published.policy.revision == policy.revision or published.policy.name == entry.name)
    mode = published.policy.mode.value if active and published is not None else None
    return PolicyOut(
        name=entry.name,
        revision=policy.revision,
        description=policy.description,
        active=active,
        mode=mode,
        source=entry.source,
        yaml=entry.yaml if with_text else None,
    )


def _fault(error: FieldError) -> PolicyFault:
    if isinstance(error, Problem):
        return PolicyFault(line=error.line, column=error.column, path=error.pointer, message=error.message)
    return PolicyFault(line=None, column=None, path=error.pointer, message=error.message)
