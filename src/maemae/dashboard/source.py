"""What the dashboard knows: the trader's live state, and the ledger beside it."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeVar

from maemae.errors import ServiceError
from maemae.i18n import _
from maemae.service import answers
from maemae.service import operations as op
from maemae.service.answers import Snapshot
from maemae.service.history import PAST, History
from maemae.service.operations import Question
from maemae.service.remote import RemoteService
from maemae.service.service import Caller

T = TypeVar("T")

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

    async def ask(self, question: Question[T]) -> T:
        """Answer a question."""
        if self._history is not None and type(question) in PAST:
            return await self._history.ask(question)
        return await self.service(NOBODY.who).ask(question)

    async def plans(self) -> list[answers.PlanLine]:
        """Return the next-open plans, the latest day first."""
        if self._remote is not None:
            return await self.service(NOBODY.who).ask(op.GetPlans())
        return await asyncio.to_thread(self._kept_plans)

    async def log(self, lines: int) -> list[str]:
        """Return the last lines of the trader's log; none while it does not answer."""
        with suppress(ServiceError):
            return await self.service(NOBODY.who).ask(op.GetLog(lines=lines))
        return []
