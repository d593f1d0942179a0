"""Build a base gallery into a shared block, print its registry revision and the state of its known pictures: `python -P -m guard.processes.snapshot FD`.

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
    parts.prepare_matching(settings)
    registry = parts.open_registry(settings)
    state = registry.known_state()  # before the pictures themselves: if some come in between, the builder sees another state and sends them
    known = registry.known_pictures()
    revision, people, _ = registry.records(since=None)
    pack(gallery.build(people, known), int(sys.argv[1]))
    sys.stdout.write(f"{revision} {state}\n")


if __name__ == "__main__":
    main()
