"""One export in a process of its own, so that no request waits for it: `python -P -m api.admin.exporter EXPORT_ID`."""

import logging
import sys
import time

from api.admin import alive
from api.admin.export_jobs import ExportJobs
from guard.errors import GuardError
from guard.processes import parts
from guard.record.export import ExportRequest, run_export
from guard.settings import Settings

logger = logging.getLogger(__name__)
_TELL_EVERY_S = 0.5


def make(settings: Settings, export_id: str) -> None:
    """Make the archive of an export that was asked for, and say in its row how that went."""
    engine = parts.open_engine(settings)
    keyring = parts.open_keyring(settings, engine)
    jobs = ExportJobs(engine, keyring, settings)
    with alive.hold(jobs.lock(export_id)):
        request = ExportRequest.parse(jobs.get(export_id).request)
        jobs.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = jobs.directory / f"{export_id}.zip"
        last = float("-inf")

        def tell(done: int, total: int) -> None:
            nonlocal last
            if time.monotonic() - last >= _TELL_EVERY_S:
                last = time.monotonic()
                jobs.progress(export_id, done, total)

        try:
            exported = run_export(engine, keyring, parts.open_signer(settings), request, path, tell)
        except (GuardError, OSError) as error:
            logger.exception("export failed")
            jobs.fail(export_id, str(error))
        else:
            jobs.finish(export_id, exported, path)


def main() -> None:
    """Entry of the process."""
    make(parts.start_process("exporter"), sys.argv[1])


if __name__ == "__main__":
    main()
