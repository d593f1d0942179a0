"""What strangers ask for by the public form. Nobody has checked who they are, so what it does by itself is bounded.

An unverified request protects at once, for some days, while few enough of them are open; beyond that, and where the form
concerns somebody who is registered or a name that is too common to block on a stranger's word, it only opens a case.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from sqlalchemy import func, select

from guard.errors import ConflictError
from guard.registry import case_files
from guard.registry.optouts import OptOuts
from guard.registry.tables import CASE, CASE_STEP
from guard.registry.values import By, CaseData, OptOut, Sign

_REGISTERED = "somebody like this is registered already"
_MANY = "too many unverified requests are open"
_COMMON = "the name is in many recent requests"
NAMESAKE = "namesake"


class PublicIntake(OptOuts):
    """Taking in what the public form says."""

    def take_in(self, opt_out: OptOut, by: By, *, common: Callable[[OptOut], bool] = lambda _: False, sign: Sign | None = None) -> str:
        """The number of the case. Nothing that it answers says whether anybody is registered.

        Args:
            common: whether so many recent requests would be refused that a person has to look first.
        """
        if self.unverified() >= self.settings.public_intake_open:
            return self._for_staff(opt_out, by, _MANY)
        if common(opt_out):
            return self._for_staff(opt_out, by, _COMMON)
        until = self._clock() + timedelta(days=self.settings.public_intake_days)
        bounded = replace(opt_out, directive=replace(opt_out.directive, expires_at=until))
        try:
            return self.create_opt_out(bounded, by, sign=sign).case_id
        except ConflictError:
            return self._for_staff(opt_out, by, _REGISTERED)

    def namesake(self, data: CaseData, by: By) -> str:
        """Somebody says that refusals concern them wrongly, because another person has their name; the case's number."""
        return self.create_case(replace(data, kind=NAMESAKE), by).id

    def unverified(self) -> int:
        """How many requests of the public form nobody has decided, those that protect and those that do not."""
        waiting = CASE.c.status.in_([case_files.RECEIVED, case_files.VERIFYING])
        first = (CASE_STEP.c.case_id == CASE.c.id) & (CASE_STEP.c.step == 1) & (CASE_STEP.c.actor == case_files.PUBLIC)
        with self._reading() as connection:
            return int(connection.execute(select(func.count()).select_from(CASE).join(CASE_STEP, first).where(waiting)).scalar_one())

    def _for_staff(self, opt_out: OptOut, by: By, why: str) -> str:
        names = ", ".join([opt_out.subject.name, *(alias.text for alias in opt_out.subject.aliases)])
        note = f"Asked by the public form for: {names}. It does not protect yet: {why}."
        return self.create_case(CaseData("opt_out", requester=opt_out.requester, evidence=opt_out.evidence, note=note), by).id
