"""Starts one process of the guard: `python -P -m guard.processes.launch MODULE ARGUMENT...` imports the module and calls its `main()`.

The garbage collector rests meanwhile: walking again and again over what is being loaded, and stays, takes a sixth of the CPU of a start.
"""

import gc
import sys
from importlib import import_module


def command(module: str, *arguments: str) -> list[str]:
    """What to run. Never with the working directory on the import path (`-P`): a hostile `api/` beside the user is not imported."""
    return [sys.executable, "-P", "-m", __name__, module, *arguments]


def main() -> None:
    """Entry of the process."""
    gc.disable()
    module = import_module(sys.argv[1])
    gc.freeze()
    gc.enable()
    del sys.argv[0]
    module.main()


if __name__ == "__main__":
    main()
