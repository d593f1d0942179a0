"""Entry of a worker that looks at pictures for one source of signals: `python -P -m guard.processes.sight FD SOURCE`."""

import os
import socket
import sys

from guard.errors import InvalidInputError
from guard.processes import child
from guard.sightworker.worker import serve


def main() -> None:
    """Entry of the process; it yields to the gateway workers when cores are few."""
    source = sys.argv[2]
    settings = child.start_process(source)
    os.nice(5)
    try:
        serve(socket.socket(fileno=int(sys.argv[1])), settings, source)
    except InvalidInputError as error:
        raise SystemExit(str(error)) from error


if __name__ == "__main__":
    main()
