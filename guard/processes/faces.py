"""Entry of one face worker: `python -P -m guard.processes.faces FD`."""

import os
import socket
import sys

from guard import faceworker
from guard.processes import child


def main() -> None:
    """Entry of the process; it yields to the gateway workers when cores are few."""
    settings = child.start_process("faces")
    os.nice(5)
    faceworker.serve(socket.socket(fileno=int(sys.argv[1])), settings)


if __name__ == "__main__":
    main()
