"""`POST /screen`: decide without forwarding."""

from anyio import to_thread
from fastapi import APIRouter

from api.admin.access import AdminRoute, Takes, access
from api.admin.call import Call, CallDep
from api.admin.pictures import limits_of, read_pictures
from api.admin.policybook import named_policy
from api.answers import HitOut, ScreenOut
from api.auth import SCREENER
from api.schemas import ScreenIn
from guard.exchange import ScreenRequest, ScreenResult
from guard.types import Caller, Hit, Stage, Text

router = APIRouter(prefix="/admin/v1", tags=["screen"], route_class=AdminRoute)


@router.post("/screen", response_model=ScreenOut, summary="Decide without forwarding")
@access("screen", SCREENER, Takes.LARGE_JSON)
async def screen(call: CallDep, body: ScreenIn) -> ScreenOut:
    """Every matcher that has something to look at runs, and `hits` has all it found, also what the policy lets pass.

    Spans count code points of the text as it was sent. `faces` counts the faces found in all pictures.
    """
    question = await to_thread.run_sync(question_of, call, body)
    result = await call.services.screen(question, call.request_id)
    call.audit.note(decision_id=result.decision_id)
    return shown(result, question.stage)


def question_of(call: Call, body: ScreenIn) -> ScreenRequest:
    """The body as the pipeline takes it; texts inside a picture's file are looked at as texts."""
    reading = read_pictures(body.images, "images", limits_of(call.services.settings))
    prompt = [Text("prompt", body.prompt)] if body.prompt is not None else []
    texts = [Text(f"texts[{i}]", text) for i, text in enumerate(body.texts)]
    return ScreenRequest(
        texts=(*prompt, *texts, *reading.texts),
        pictures=tuple(reading.pictures),
        caller=Caller(body.tenant or call.key.tenant, call.key.id),
        stage=body.stage,
        purpose=body.purpose,
        jurisdiction=body.jurisdiction,
        policy=named_policy(call.services, body.policy, "/policy") if body.policy else None,
    )


def shown(result: ScreenResult, stage: Stage) -> ScreenOut:
    """The answer."""
    decision = result.decision
    return ScreenOut(
        decision_id=result.decision_id,
        outcome=decision.outcome.value,
        rule=decision.rule,
        category=decision.category,
        hits=[_hit(hit) for hit in result.findings.hits],
        faces=result.findings.faces,
        signals=dict(result.findings.signals),
        grant=decision.grants[0] if decision.grants else None,
        directives=list(decision.directives),
        obligations=list(decision.obligations),
        policy_revision=decision.policy_revision,
        registry_revision=decision.registry_revision,
        timings_ms={name: round(value, 3) for name, value in result.timings_ms.items()},
        stage=stage.value,
    )


def _hit(hit: Hit) -> HitOut:
    return HitOut.model_validate(hit)
