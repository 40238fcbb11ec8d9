"""What feeds the exchange of a dry run: the live server's quotes, books and trades."""

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path

from maemae import kis
from maemae.desk.events import Event, Reported
from maemae.desk.records import Listed
from maemae.errors import WireError
from maemae.exchange.depth import Level
from maemae.exchange.fed.exchange import FedExchange
from maemae.exchange.fed.floor import Print
from maemae.exchange.moment import SECOND, Moment, moment
from maemae.kis import MarketClient, Priority
from maemae.market.kinds import Kind, Market, Side

GAP = "dry_gap"
"""Kind of the report that trades were missed: nothing is filled by what nobody saw."""

UNKEPT = "dry_unkept"
"""Kind of the report that the account cannot be written: it would be lost with the process."""

OLD: Moment = 3 * SECOND
"""A book that was shown last so long ago tells nothing of what an order meets."""

TOLD_EVERY = 60.0
"""Seconds between two reports about one name, or one file."""


class LiveFeed:
    """Tells the exchange of a dry run what the live market does.

    Args:
        exchange: where the orders are.
        data: the live server, for reading alone.
        listed: what is known of instruments beforehand.
    """

    def __init__(
        self, exchange: FedExchange, data: MarketClient, listed: Mapping[str, Listed]
    ) -> None:
        self.exchange = exchange
        self._data = data
        self._listed = listed
        self._asking = asyncio.Lock()
        self._put: Callable[[Event], None] = lambda _: None
        self._told: dict[str, float] = {}
        self._seeing: list[Callable[[str, kis.OrderBook], None]] = []
        exchange.on_gap(self._missed)
        exchange.on_unkept(self._lost)
        data.stream.listen(self.hear)

    def report_to(self, put: Callable[[Event], None]) -> None:
        """Report from now on what the owner must be told."""
        self._put = put

    def on_book(self, see: Callable[[str, kis.OrderBook], None]) -> None:
        """Show somebody each book that is asked for."""
        self._seeing.append(see)

    def show(self, code: str, book: kis.OrderBook) -> None:
        """Take in a book that was asked for."""
        self.exchange.see(code, _levels(book.asks), _levels(book.bids), vi=book.vi)
        for see in self._seeing:
            see(code, book)

    async def start(self) -> None:
        """List the names in which there are shares or orders from before, as far as they answer."""
        for code in sorted(self.exchange.codes):
            try:
                await self._list(code, Priority.RECONCILE)
            except WireError:
                continue  # The kept price serves until the name is asked for again.

    async def know_held(self) -> None:
        """List the names of shares and orders that are not: a new day begins without any."""
        for code in sorted(self.exchange.codes):
            try:
                await self.know(code, Priority.RECONCILE)
            except WireError:
                return  # The balance comes without their prices, and is asked for again.

    async def know(self, code: str, priority: Priority = Priority.ENTRY) -> None:
        """See that a name is listed.

        Raises:
            WireError: the live server could not be asked.
        """
        if not self.exchange.knows(code):
            async with self._asking:
                if not self.exchange.knows(code):
                    await self._list(code, priority)

    async def ready(self, code: str, priority: Priority = Priority.ENTRY) -> None:
        """See that a name is listed and its book is that of this moment.

        Raises:
            WireError: the live server could not be asked.
        """
        await self.know(code, priority)
        try:
            book = await self._data.quotes.order_book(code, priority=priority)
        except WireError:
            self.exchange.doubt(code, OLD)
            raise
        self.show(code, book)

    def hear(self, said: kis.StreamEvent) -> None:
        """Take in what the live stream says."""
        match said:
            case kis.Tick(price=int(price)):
                told = Print(
                    price, said.quantity, said.volume, moment(said.at),
                    bought=None if said.taker is None else said.taker is Side.BUY,
                    best=_best(said),
                    reference=said.reference or 0,
                )  # fmt: skip
                self.exchange.heard(said.code, told)
            case kis.Book():
                vi = said.expected_price is not None
                self.exchange.see(said.code, _levels(said.asks), _levels(said.bids), vi=vi)
            case kis.StreamUp(since=datetime()) if codes := sorted(self.exchange.ordered):
                self._report(GAP, f"{said.since:%H:%M:%S}–{said.at:%H:%M:%S}: {', '.join(codes)}")
            case _:
                pass

    async def _list(self, code: str, priority: Priority) -> None:
        quote = await self._data.price(code, priority=priority)
        if quote.base is None or quote.lower is None or quote.upper is None:
            return  # The broker knows no such name, and its exchange will say so.
        known = self._listed.get(code)
        market = known.market if known else quote.market or Market.KOSPI
        self.exchange.admit(
            code,
            (known.name if known else quote.name) or code,
            market,
            known.kind if known else Kind.STOCK,
            limits=(quote.base, quote.lower, quote.upper),
            price=quote.price or quote.base,
            volume=quote.volume or 0,
        )

    def _missed(self, code: str, shares: int) -> None:
        self._report(GAP, f"{code}: {shares:,}", about=code)

    def _lost(self, file: Path) -> None:
        self._report(UNKEPT, str(file), about=str(file))

    def _report(self, kind: str, detail: str, *, about: str = "") -> None:
        """Report something, but the same about one thing now and then only."""
        now = self._data.clock.monotonic()
        if about and now - self._told.get(about, -TOLD_EVERY) < TOLD_EVERY:
            return
        self._told[about] = now
        self._put(Reported(at=self._data.clock.now(), kind=kind, detail=detail))


def _levels(levels: tuple[kis.Level, ...]) -> list[Level]:
    return [Level(one.price, one.quantity) for one in levels if one.quantity > 0]


def _best(tick: kis.Tick) -> tuple[Level | None, Level | None] | None:
    """Return the best levels after a trade; None where the frame is too short to tell."""
    ask, bid = _level(tick.ask, tick.ask_quantity), _level(tick.bid, tick.bid_quantity)
    return None if ask is None and bid is None else (ask, bid)


def _level(price: int | None, quantity: int) -> Level | None:
    return None if price is None or quantity <= 0 else Level(price, quantity)
