"""What sources that decide on bars have in common: one look at a time, faults said once."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from datetime import datetime

from maemae.desk import events as ev
from maemae.desk.records import Listed
from maemae.errors import DataError
from maemae.i18n import _
from maemae.market.kinds import Side
from maemae.strategy.tree import RuleError
from maemae.trader.sources.decisions import EXIT_RULE
from maemae.trader.sources.source import Means, Put
from maemae.trader.sources.sweep import Lateness
from maemae.trader.sources.universe import Chooser


class Deciding(ABC):
    """Decides on bars whenever the desk asks and a decision is due.

    Args:
        book: for which it decides.
        chooser: the names.
        means: what it works with.
    """

    def __init__(self, book: str, chooser: Chooser, means: Means) -> None:
        self._book = book
        self._chooser = chooser
        self._means = means
        self._busy = False
        self._said = ""
        self._put: Put | None = None
        self._lateness: Lateness | None = None
        """Measures how late decisions are, where they can be."""

    async def start(self, put: Put) -> None:
        """Choose names that need no ranking.

        Raises:
            SettingsError: a file of codes cannot be used.
            WireError: the broker cannot be asked about the names.
        """
        self._put = put
        await self._chooser.start()

    async def stop(self) -> None:
        """Let go of the way to the desk."""
        self._put = None

    async def offer(self) -> ev.Candidates | ev.Unavailable:
        """Decide if a decision is due; exits are put, entries returned.

        Raises:
            WireError: the broker could not be asked.
        """
        if self._busy:
            if self._lateness is not None:
                self._lateness.asked(len(self._chooser.codes), self._put)
            return self._not_now(_("the look before is not over yet"))
        self._busy = True
        try:
            return await self._look()
        except (DataError, RuleError) as error:
            self._report(str(error))
            return self._not_now(str(error))
        finally:
            self._busy = False

    @abstractmethod
    async def _look(self) -> ev.Candidates:
        """Decide if a decision is due."""

    def _listed(self) -> dict[str, Listed]:
        """Return what the book holds, and then the names chosen, as far as they are known."""
        held = [position.listed for position in self._means.state.portfolio.held(self._book)]
        known = {one.code: one for one in held}
        for code in self._chooser.codes:
            listed = self._means.directory.get(code)
            if listed is not None:
                known.setdefault(code, listed)
        return known

    def _open_to(self, listed: Mapping[str, Listed], since: datetime) -> frozenset[str]:
        """Return the names chosen that the book has not ordered since a moment.

        So a decision that is made again after a restart buys nothing a second time.
        """
        ordered = {
            order.code
            for order in self._means.state.blotter.orders.values()
            if order.book == self._book and order.side is Side.BUY and order.intended >= since
        }
        return frozenset(code for code in self._chooser.codes if code in listed) - ordered

    def _sell(self, codes: tuple[str, ...]) -> None:
        if codes and self._put is not None:
            now = self._means.clock.now()
            self._put(ev.ExitsDue(at=now, book=self._book, codes=codes, reason=EXIT_RULE))

    def _offers(
        self,
        offers: tuple[ev.Candidate, ...] = (),
        until: datetime | None = None,
        decided: datetime | None = None,
    ) -> ev.Candidates:
        now, book = self._means.clock.now(), self._book
        return ev.Candidates(at=now, book=book, offers=offers, until=until, decided=decided)

    def _report(self, detail: str) -> None:
        """Tell the owner of a fault, once until it is another one."""
        if detail and detail != self._said and self._put is not None:
            text = f"{self._book}: {detail}"
            self._put(ev.Reported(at=self._means.clock.now(), kind="strategy", detail=text))
        self._said = detail

    def _report_missing(self, codes: Iterable[str]) -> None:
        """Tell the owner of names on which nothing can be decided, for want of bars."""
        names = ", ".join(sorted(codes))
        self._report(_("no bars of {names}").format(names=names) if names else "")

    def _not_now(self, reason: str) -> ev.Unavailable:
        now, book = self._means.clock.now(), self._book
        return ev.Unavailable(at=now, query=ev.Query.SEARCH, key=book, reason=reason)
