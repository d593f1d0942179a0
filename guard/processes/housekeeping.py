"""What is due by the clock: `python -P -m guard.processes.housekeeping`, hourly, started by the builder.

Photos past their `destroy_by` are destroyed, and data keys are wrapped under a fresh epoch key once a day, so that a
restored backup does not bring back a key that was destroyed. Bodies whose time is up by `GUARD_RETENTION` are pruned.
"""

import os

from guard.processes import custody, parts
from guard.record import retention
from guard.record.erasure import erase_subject
from guard.registry.values import By


def main() -> None:
    """Entry of the process."""
    settings = parts.start_process("housekeeping")
    os.nice(10)
    registry = parts.open_registry(settings)
    done = registry.keep_house(By("housekeeping", parts.audit(registry.keyring)))
    if done["keys_rotated"]:
        custody.tell(registry.engine, registry.keyring, "housekeeping", "epoch.rotate", {"keys_wrapped_anew": done["keys_rotated"]})
    for kind, owner in registry.keyring.erased():  # again, in case an erasure was cut short after its key was destroyed
        if kind == "subject":
            erase_subject(registry.engine, owner)
    if settings.retention is not None:
        retention.run(registry.engine, retention.load(settings.retention), custody.teller(registry.keyring, "housekeeping"))


if __name__ == "__main__":
    main()
