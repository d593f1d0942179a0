"""`guard optout`: protect a person from the command line."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from guard.cli.keys import ACTOR
from guard.cli.output import Json, show_json
from guard.cli.serve import settings
from guard.registry.values import By, FaceData, OptOut, StatedAlias, SubjectData
from guard.settings import Settings
from guard.types import SubjectKind

app = typer.Typer(help="Protect people.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Protect people."""


@app.command("add")
def add(
    name: Annotated[str, typer.Argument(help="The person's name.")],
    alias: Annotated[list[str] | None, typer.Option(help="Another text that means them; may be repeated.")] = None,
    face: Annotated[list[Path] | None, typer.Option(help="A photo of them alone; may be repeated. Photos are not kept.")] = None,
    kind: Annotated[SubjectKind, typer.Option(help="What they are to the world.")] = SubjectKind.PUBLIC_FIGURE,
    allow_duplicate: Annotated[bool, typer.Option(help="Register them even if somebody like them is registered.")] = False,
    json: Json = False,
) -> None:
    """Register an opt-out: nobody may generate this person's likeness. A running gateway refuses within a second."""
    from guard.processes import parts

    chosen = settings()
    registry = parts.open_registry(chosen, parts.open_engine(chosen, migrate=True))
    photos = asyncio.run(_enrolment(chosen, face)) if face else []
    by = By(ACTOR, parts.audit(registry.keyring))
    opt_out = OptOut(SubjectData(name, kind, tuple(StatedAlias(text) for text in alias or ())))
    made = registry.create_opt_out(opt_out, allow_duplicate=allow_duplicate, by=by)
    faces = registry.add_faces(made.subject_id, photos, by=by).templates if photos else 0
    answer = {
        "subject_id": made.subject_id,
        "directive_id": made.directive_id,
        "case_id": made.case_id,
        "status": made.status,
        "faces": faces,
    }
    if json:
        show_json(answer)
    else:
        typer.echo(f"{name} is protected (subject {made.subject_id}, directive {made.directive_id}, {faces} photo(s) enrolled)")


async def _enrolment(chosen: Settings, paths: list[Path]) -> list[FaceData]:
    """The face of each photo; raises UnfitPhotoError before anything is registered."""
    from api.admin.faces import PhotoFields, face_data
    from guard.extract.containers import inspect
    from guard.processes.local import local_guard
    from guard.registry.enrol import assess

    photos = []
    async with local_guard(chosen) as guard:
        for path in paths:
            found = await guard.pipeline.screening.faces.find(inspect(path.read_bytes(), str(path), guard.limits).picture)
            fit = assess(found.counted, pointer=str(path))
            photos += [face_data(face, PhotoFields()) for face in found.by_every_encoder(fit)]
    return photos
