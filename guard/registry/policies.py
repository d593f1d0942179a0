"""Which policy is active: every activation is kept whole, the newest holds, rolling back is one more."""

import hashlib

from sqlalchemy import insert, select

from guard.registry.desk import Desk
from guard.registry.tables import POLICY_ACTIVATION
from guard.registry.values import By, PolicyActivation

_NEWEST_FIRST = select(POLICY_ACTIVATION).order_by(POLICY_ACTIVATION.c.seq.desc())


_MOST = 1_000
"""Activations that are looked through for one to go back to."""


class Policies(Desk):
    """Activating policies. Whether a text is a valid policy is checked before it comes here."""

    def activate_policy(self, name: str, yaml: str, mode: str, by: By) -> PolicyActivation:
        """Makes a policy the active one, in all workers under the next revision."""
        digest = hashlib.sha256(yaml.encode()).hexdigest()
        with self._changing("policy.activate", by) as writing:
            row = {"name": name, "digest": digest, "yaml": yaml, "mode": mode, "actor": by.actor, "activated_at": writing.at}
            seq = writing.connection.execute(insert(POLICY_ACTIVATION).values(row).returning(POLICY_ACTIVATION.c.seq)).scalar_one()
            writing.details |= {"policy": name, "digest": digest, "mode": mode}
            writing.result = made = PolicyActivation(seq, name, digest, yaml, mode, by.actor, writing.at)
        return made

    def policy_activations(self, limit: int = 50) -> list[PolicyActivation]:
        """The newest activations, newest first."""
        with self._reading() as connection:
            return [PolicyActivation(**row._mapping) for row in connection.execute(_NEWEST_FIRST.limit(limit))]

    def policy_before(self) -> PolicyActivation | None:
        """The newest activation that differs from the one in force; None when nothing else was ever activated."""
        made = self.policy_activations(_MOST)
        return next((one for one in made if (one.name, one.digest, one.mode) != (made[0].name, made[0].digest, made[0].mode)), None)

    def active_policy(self) -> dict[str, str] | None:
        """`name`, `yaml`, `mode` and `digest` of the newest activation; None while the configured policy holds."""
        newest = self.policy_activations(1)
        return {"name": newest[0].name, "yaml": newest[0].yaml, "mode": newest[0].mode, "digest": newest[0].digest} if newest else None
