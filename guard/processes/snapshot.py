"""Build a base gallery into a shared block and print its registry revision: `python -P -m guard.processes.snapshot FD`.

A process of its own, so that the memory of building (lists, dictionaries) ends with it and nobody's interpreter lock waits.
"""

import os
import sys

from guard.match import gallery
from guard.match.shared import pack
from guard.processes import parts


def main() -> None:
    """Entry of the process."""
    settings = parts.start_process("snapshot")
    os.nice(5)
    revision, people, _ = parts.open_registry(settings).records(since=None)
    pack(gallery.build(people), int(sys.argv[1]))
    sys.stdout.write(f"{revision}\n")


if __name__ == "__main__":
    main()
