"""Entry of the recorder: `python -P -m guard.processes.recorder FD`."""

import socket
import sys

from guard.processes import parts
from guard.record import recorder


def main() -> None:
    """Entry of the process."""
    settings = parts.start_process("recorder")
    listening = socket.socket(fileno=int(sys.argv[1]))
    recorder.serve(listening, parts.open_log(settings, sign=True), settings.checkpoint_s)


if __name__ == "__main__":
    main()
