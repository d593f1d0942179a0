"""The registry as the rest of the program sees it: one object, its parts one file an idea."""

from guard.registry import idempotency
from guard.registry.erasure import Erasure
from guard.registry.exclusions import Exclusions
from guard.registry.faces import Faces
from guard.registry.imports import Imports
from guard.registry.intake import PublicIntake
from guard.registry.jobs import Jobs
from guard.registry.keys import Keys
from guard.registry.known_images import KnownImages
from guard.registry.ledger import Ledger
from guard.registry.notices import Notices
from guard.registry.policies import Policies
from guard.registry.records import Records
from guard.registry.statistics import Statistics
from guard.registry.values import Answer, By, Once

_SYSTEM = By("system")


class Registry(PublicIntake, Imports, Erasure, Exclusions, Faces, Records, Keys, KnownImages, Ledger, Notices, Policies, Jobs, Statistics):
    """People, what they decided, and who may call. Synchronous: an event loop calls it in a thread.

    Every change is one transaction that raises `revision()`, queues its audit event and stores its idempotent answer, or
    leaves no trace. Threads may share a registry; processes open their own on the same database and data directory.
    """

    def answered(self, once: Once) -> Answer | None:
        """What was answered to this `Idempotency-Key` before, None for a new one; raises as a change with it would."""
        with self._reading() as connection:
            return idempotency.look_up(connection, self.keyring, once, self._clock())

    def claim(self, once: Once) -> None:
        """Marks an `Idempotency-Key` as running, for work longer than one transaction; raises ReplayedError or ConflictError."""
        with self._changing("idempotency.claim", _SYSTEM, binds=False) as writing:
            idempotency.check(writing.connection, self.keyring, once, writing.at)
            idempotency.claim(writing.connection, once, writing.at)

    def settle(self, once: Once, answer: Answer | None) -> None:
        """Ends a claim: with the answer to give again, or with None when the work failed and may be tried again."""
        with self._changing("idempotency.settle", _SYSTEM, binds=False) as writing:
            if answer is None:
                idempotency.release(writing.connection, once)
            else:
                idempotency.store(writing.connection, self.keyring, once, (answer.status, answer.body), writing.at)

    def keep_house(self, by: By) -> dict[str, int]:
        """What has to happen by itself, once an hour in one process: what is past its date goes, keys are rotated once a day."""
        destroyed, forgotten = self.destroy_due_faces(by), self.forget_turns()
        rotated = self.rotate_keys() if self.keyring.rotation_due() else 0
        return {"faces_destroyed": destroyed, "turns_forgotten": forgotten, "keys_rotated": rotated}
