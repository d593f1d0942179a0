"""What people decided: directives of a subject, their revocation, and grants."""

from fastapi import APIRouter
from starlette.responses import Response

from api.admin.access import AdminRoute, Takes, access
from api.admin.call import CallDep
from api.admin.paging import Cursor, Limit, cut, decode, encode
from api.answers import DirectiveChangedOut, DirectiveOut, PageOut
from api.auth import REGISTRAR
from api.schemas import DirectiveIn, GrantIn, RevokeIn
from guard.registry.values import DirectiveView

router = APIRouter(prefix="/admin/v1", tags=["directives"], route_class=AdminRoute)


def shown(view: DirectiveView) -> DirectiveOut:
    """A directive as the API names its parts."""
    directive = view.directive
    return DirectiveOut(
        id=directive.id,
        subject_id=view.subject_id,
        version=directive.version,
        effect=directive.effect,
        status=directive.status,
        scopes=list(directive.scopes),
        exemptions=list(directive.exemptions),
        modalities=list(directive.channels),
        jurisdictions=list(directive.jurisdictions),
        authority=directive.authority,
        tenant=directive.tenant,
        purposes=list(directive.purposes),
        endpoints=list(directive.endpoints),
        models=list(directive.models),
        terms=list(directive.terms),
        use_description=view.use_description,
        max_uses=directive.max_uses,
        effective_from=directive.effective_from,
        expires_at=directive.expires_at,
        reason=view.reason,
        actor=view.actor,
        created_at=view.created_at,
        changed_at=view.changed_at,
    )


@router.get("/subjects/{subject_id}/directives", response_model=PageOut[DirectiveOut], summary="A person's directives")
@access("directive.list", REGISTRAR)
async def list_directives(call: CallDep, subject_id: str, limit: Limit = 50, cursor: Cursor = None) -> PageOut[DirectiveOut]:
    """The newest version of each, revoked ones included."""
    call.audit.note(subject_id=subject_id)
    views = await call.read(lambda: call.services.registry.list_directives(subject_id))
    page = cut(views, lambda view: view.directive.id, limit, decode(cursor))
    return PageOut(items=[shown(view) for view in page.items], next_cursor=encode(page.next_cursor))


@router.post("/subjects/{subject_id}/directives", status_code=201, response_model=DirectiveChangedOut, summary="Add a directive")
@access("directive.create", REGISTRAR, Takes.JSON, idempotent=True)
async def add_directive(call: CallDep, subject_id: str, body: DirectiveIn) -> Response:
    """Binding on every local worker before the 201."""
    directive, requester = body.value(), body.requester.value()
    evidence = tuple(each.value() for each in body.evidence)
    return await call.change(
        lambda by: call.services.registry.add_directive(subject_id, directive, by, requester, evidence),
        DirectiveChangedOut.model_validate,
        201,
    )


@router.post("/directives/{directive_id}/revoke", response_model=DirectiveChangedOut, summary="Revoke a directive")
@access("directive.revoke", REGISTRAR, Takes.JSON, idempotent=True)
async def revoke_directive(call: CallDep, directive_id: str, body: RevokeIn | None = None) -> Response:
    """Adds a version that no longer binds; the earlier ones stay."""
    reason = body.reason if body else ""
    return await call.change(
        lambda by: call.services.registry.revoke_directive(directive_id, reason, by), DirectiveChangedOut.model_validate
    )


@router.post("/grants", status_code=201, response_model=DirectiveChangedOut, summary="Allow a tenant something")
@access("grant.create", REGISTRAR, Takes.JSON, idempotent=True)
async def create_grant(call: CallDep, body: GrantIn) -> Response:
    """An allow by one person for one tenant; `warnings` says so when that tenant has no key yet."""
    grant = body.value()
    return await call.change(
        lambda by: call.services.registry.create_grant(body.subject_id, grant, by), DirectiveChangedOut.model_validate, 201
    )
