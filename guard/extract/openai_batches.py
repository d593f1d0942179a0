"""OpenAI's /batches: a batch is made of a file that this gateway read line by line when it went up.

At its making everything in the file is looked at again in the light of what is registered by then (guard/ledger.py). What it puts
out is screened when it is fetched (`openai_files.answer_content`).
"""

from guard.errors import UnscreenableError
from guard.extract import fields
from guard.extract.base import JSON_TYPE, Kind, Route
from guard.extract.fields import Reading, anything, known, number, obj
from guard.extract.json_body import reads
from guard.extract.json_strict import Json
from guard.extract.kept import LIST_QUERY, answer_list, answers_one, held, read_list, reads_own
from guard.extract.openai_files import BATCH
from guard.extract.openai_lines import CALLS


def _batch_file(value: Json, where: str, reading: Reading) -> Json:
    """The id of a file that was read as a batch: one that was read as a text is none."""
    fields.stored(f"{BATCH}:{value}" if type(value) is str else value, where, reading)
    return value


def _endpoint(value: Json, where: str, reading: Reading) -> Json:
    if value not in CALLS:
        raise UnscreenableError(f"{where} must be one of {', '.join(CALLS)}.", where)
    return value


fields.described(_batch_file, kind="stored state")
fields.described(_endpoint, kind="text unless one of the provider's own words")
_CREATE = obj(
    {
        "input_file_id": _batch_file,
        "endpoint": _endpoint,
        "completion_window": known("24h"),
        "metadata": anything,
        "output_expires_after": obj({"anchor": known("created_at"), "seconds": number}),
    },
    required=("input_file_id", "endpoint"),
)


_BATCH = obj(
    {
        "id": held,
        "output_file_id": held,
        "error_file_id": held,
        "metadata": anything,
        "errors": anything,
        **dict.fromkeys(("object", "endpoint", "status", "request_counts", "usage", "completion_window"), fields.ignored),
    },
    other=fields.unknown_in_answer,
)
_ID = {"batch_id": r"[A-Za-z0-9_-]{1,128}"}
_answer = answers_one(_BATCH)
ROUTES = (
    Route("batches.create", "POST", "/batches", content_types=(JSON_TYPE,), read=reads(_CREATE), shape=_CREATE, answer=_answer, issues=True, notes="Each line of its file was read when it went up, and is judged again."),
    Route("batches.list", "GET", "/batches", Kind.LIST, query=LIST_QUERY, read=read_list, answer=answer_list),
    Route("batches.retrieve", "GET", "/batches/{batch_id}", params=_ID, read=reads_own("batch_id"), answer=_answer, issues=True),
    Route("batches.cancel", "POST", "/batches/{batch_id}/cancel", params=_ID, read=reads_own("batch_id"), answer=_answer, issues=True),
)  # fmt: skip
