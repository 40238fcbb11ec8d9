"""What the dashboard knows: the trader's live state, and the ledger beside it."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import date

from maemae.errors import ServiceError
from maemae.i18n import _
from maemae.ledger.ledger import FillLine, OrderLine
from maemae.service import answers
from maemae.service.answers import Snapshot
from maemae.service.history import History
from maemae.service.remote import RemoteService
from maemae.service.service import Caller

AGAIN_SECONDS = 1.0
NOBODY = Caller("dashboard", "web")


@dataclass(frozen=True, slots=True)
class Address:
    """Where the trader is, the token that opens it, and whether our ledger is its ledger."""

    url: str
    token: str
    same_ledger: bool = True

    def __repr__(self) -> str:
        """Show no token."""
        return f"Address({self.url!r})"


class Source:
    """Follows one trader for all who watch; asks the ledger for the past.

    Args:
        find: looks the trader up anew at each try, because a restarted one is elsewhere.
        history: the ledger, or None where it cannot be reached from here.
        kept_plans: reads the plans on this machine; for when no trader answers.
    """

    def __init__(
        self,
        find: Callable[[], Address],
        history: History | None,
        kept_plans: Callable[[], list[answers.PlanLine]] = list,
    ) -> None:
        self.snapshot: Snapshot | None = None
        self.version = 0
        self.problem = ""
        self._find = find
        self._ledger = history
        self._kept_plans = kept_plans
        self._same_ledger = True
        self._remote: RemoteService | None = None

    @property
    def connected(self) -> bool:
        """Whether what is shown is what is."""
        return self._remote is not None and self.snapshot is not None and not self.problem

    async def follow(self) -> None:
        """Follow the trader until cancelled; when it goes away, look for it again."""
        while True:
            try:
                address = self._find()
                self._same_ledger = address.same_ledger
                async with RemoteService(address.url, address.token, NOBODY) as remote:
                    await self._watch(remote)
            except ServiceError as error:
                self.problem = str(error)
            self._remote = None
            self.version += 1
            await asyncio.sleep(AGAIN_SECONDS)

    async def _watch(self, remote: RemoteService) -> None:
        async for snapshot in remote.watch():
            self._remote = remote
            self.snapshot, self.problem = snapshot, ""
            self.version += 1

    def service(self, who: str) -> RemoteService:
        """Return the trader's service, speaking for a person.

        Raises:
            ServiceError: the trader does not answer at the moment.
        """
        if self._remote is None:
            raise ServiceError(self.problem or _("the trader does not answer yet"))
        return self._remote.acting(Caller(who, "web"))

    # The past: from the ledger where it is within reach, so that the trader is left alone.

    @property
    def _history(self) -> History | None:
        return self._ledger if self._same_ledger else None

    async def orders(self, day: date) -> list[OrderLine]:
        """Return the orders of a day, oldest first."""
        if self._history is not None:
            return await asyncio.to_thread(self._history.orders, day)
        return await self.service(NOBODY.who).orders(day)

    async def fills(self, day: date) -> list[FillLine]:
        """Return the executions of a day, oldest first."""
        if self._history is not None:
            return await asyncio.to_thread(self._history.fills, day)
        return await self.service(NOBODY.who).fills(day)

    async def pnl(self, first: date, last: date) -> answers.Pnl:
        """Return the realised profit of a span of days."""
        if self._history is not None:
            return await asyncio.to_thread(self._history.pnl, first, last)
        return await self.service(NOBODY.who).pnl(first, last)

    async def incidents(self, n: int) -> list[answers.IncidentLine]:
        """Return the last incidents, newest first."""
        if self._history is not None:
            return await asyncio.to_thread(self._history.incidents, n)
        return await self.service(NOBODY.who).incidents(n)

    async def audit(self, n: int) -> list[answers.AuditLine]:
        """Return the last commands of people, newest first."""
        if self._history is not None:
            return await asyncio.to_thread(self._history.audit, n)
        return await self.service(NOBODY.who).audit(n)

    async def plans(self) -> list[answers.PlanLine]:
        """Return the next-open plans, the latest day first."""
        if self._remote is not None:
            return await self.service(NOBODY.who).plans()
        return await asyncio.to_thread(self._kept_plans)

    async def log(self, lines: int) -> list[str]:
        """Return the last lines of the trader's log; none while it does not answer."""
        with suppress(ServiceError):
            return await self.service(NOBODY.who).log(lines)
        return []
