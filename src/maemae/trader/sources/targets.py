"""Candidates from a list of names with reference prices."""

import asyncio
from collections.abc import Iterable
from datetime import date
from decimal import ROUND_CEILING, Decimal
from pathlib import Path

from maemae.desk import events as ev
from maemae.desk.exits import days_held
from maemae.desk.positions import Position
from maemae.desk.records import Listed
from maemae.errors import DataError, KisRefused, SettingsError, WireError
from maemae.i18n import _
from maemae.kis import Priority, Quote
from maemae.market.kinds import Side
from maemae.trader import wire
from maemae.trader.sources.source import Means, Put
from maemae.trader.sources.target_file import Target, read_targets
from maemae.trader.sources.unit_check import UnitCheck, saved_on
from maemae.trader.sources.unseen import Unseen


class TargetSource:
    """Looks at the prices of the whole list whenever the desk wants candidates.

    Every name is offered with the band in which it is bought; the desk holds the band against
    the last price, from a tick or from here. A name that the book sold today is not bought back
    today.

    Args:
        book: for which it looks.
        file: the list; read once, at the start.
        band: how far above its reference price a name is bought, as a fraction.
        means: what it works with.
    """

    def __init__(self, book: str, file: Path, band: Decimal, means: Means) -> None:
        self._book = book
        self._file = file
        self._band = band
        self._means = means
        self._targets: tuple[Target, ...] = ()
        self._put: Put | None = None
        self._unseen = Unseen(book, means.clock)
        self._units: UnitCheck | None = None
        self._withheld: set[str] = set()

    @property
    def watching(self) -> tuple[str, ...]:
        """The names not held yet, in the order of the list."""
        held = self._means.state.portfolio.shares
        return tuple(t.code for t in self._targets if not held(t.code))

    async def start(self, put: Put) -> None:
        """Read the list, and hold what is to be sold today against the broker's executions.

        Raises:
            SettingsError: the list cannot be used; names the row.
            WireError: the broker cannot be reached.
        """
        self._put = put
        try:
            self._targets = await asyncio.to_thread(read_targets, self._file)
        except DataError as error:
            raise SettingsError(
                _("book {book}: {error}").format(book=self._book, error=error)
            ) from error
        await self._check_names()
        self._units = UnitCheck(await asyncio.to_thread(saved_on, self._file), self._means)
        for detail in await self._unproven():
            put(ev.Reported(at=self._means.clock.now(), kind="purchase_unproven", detail=detail))

    async def offer(self) -> ev.Candidates:
        """Return the list with the prices of the moment."""
        means = self._means
        sold = {
            order.code
            for order in means.state.blotter.orders.values()
            if order.book == self._book and order.side is Side.SELL and order.filled
        }
        codes = [target.code for target in self._targets if target.code not in sold]
        quotes = {q.code: q for q in await means.data.prices(codes, priority=Priority.QUOTE)}
        self._unseen.look(codes, quotes.values(), self._put)
        await self._learn_units(codes)
        offers = []
        for target in self._targets:
            quote, listed = quotes.get(target.code), means.directory.get(target.code)
            low = target.price or (quote and quote.base)
            if quote is None or listed is None or not low:
                continue
            if target.price and not self._may_go_by(listed, quote):
                continue
            high = (low * (1 + self._band)).to_integral_value(ROUND_CEILING)
            offers.append(
                ev.Candidate(
                    listed,
                    quote.price or 0,
                    low=low,
                    high=int(high),
                    reason="target",
                    day=wire.day_range(quote),
                )
            )
        return ev.Candidates(at=means.clock.now(), book=self._book, offers=tuple(offers))

    async def stop(self) -> None:
        """Let go of the way to the desk."""
        self._put = None

    async def _learn_units(self, codes: Iterable[str]) -> None:
        if self._units is not None:
            priced = {target.code for target in self._targets if target.price}
            listed = {code: self._means.directory.get(code) for code in codes if code in priced}
            await self._units.load({code: one for code, one in listed.items() if one is not None})

    def _may_go_by(self, listed: Listed, quote: Quote) -> bool:
        """Whether a price of the list is one of the shares of today.

        Where a share became another since the list was saved, its owner is asked once: the name
        waits until the list is saved again.
        """
        units, code = self._units, listed.code
        if units is None or not units.known(code):
            return False
        said = units.changed(listed, quote.base)
        if said and code not in self._withheld and self._put is not None:
            self._withheld.add(code)
            detail = f"{code}: {said}, {self._file.name}"
            self._put(ev.Reported(at=self._means.clock.now(), kind="target_unit", detail=detail))
        return not said

    async def _check_names(self) -> None:
        """Refuse a list with names that the broker does not know: one spoils every multi-quote."""
        directory, said = self._means.directory, ""
        try:
            await directory.learn(target.code for target in self._targets)
        except KisRefused as error:
            said = f" ({error})"
        unknown = [t.code for t in self._targets if directory.get(t.code) is None]
        if unknown:
            raise SettingsError(
                _("book {book}: {file}: the broker knows no {unknown}{said}").format(
                    book=self._book, file=self._file, unknown=", ".join(unknown), said=said
                )
            )

    async def _unproven(self) -> list[str]:
        """Return what the broker does not confirm of the purchases that end today.

        The ledger decides what is sold; a purchase that the broker does not list is for a person
        to look into.
        """
        today, calendar = self._means.session.day, self._means.state.calendar
        due: dict[date, list[Position]] = {}
        for position in self._means.state.portfolio.held(self._book):
            days = position.exits.days
            if days is not None and days_held(position, today, calendar) >= days:
                due.setdefault(position.since.date(), []).append(position)
        found = []
        for day, positions in sorted(due.items()):
            try:
                rows = await self._means.orders.daily_executions(day)
            except WireError as error:
                found.append(f"{day}: {error}")
                continue
            bought = {row.code for row in rows if row.side is Side.BUY and row.filled}
            found += [f"{day}: {p.listed.code}" for p in positions if p.listed.code not in bought]
        return found
