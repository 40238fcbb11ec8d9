"""Charts and order books for people, asked of the broker after everything else."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Protocol

from maemae.clock import KST, Clock
from maemae.errors import CommandRefused, ServiceError, WireError
from maemae.i18n import _
from maemae.kis import Bar, MarketClient, OrderBook, Priority
from maemae.kis.quotes import SEARCH_ROWS
from maemae.market.instruments import Instruments, initials, resembling

DAYS = 400
FOUND = 20


class Scale(StrEnum):
    """What one candle of a chart stands for."""

    DAY = "day"
    MINUTE = "minute"


@dataclass(frozen=True, slots=True)
class Candle:
    """One bar; prices in won. `at` is its start, midnight in Korea for a day."""

    at: datetime
    open: int
    high: int
    low: int
    close: int
    volume: int


@dataclass(frozen=True, slots=True)
class BookLevel:
    """Shares waiting at a price."""

    price: int
    quantity: int


@dataclass(frozen=True, slots=True)
class MarketTrade:
    """A trade between others (체결)."""

    at: datetime
    price: int
    quantity: int


@dataclass(frozen=True, slots=True)
class Chart:
    """The candles of an instrument, oldest first, with order book and latest trades if any.

    `trades` has the newest first.
    """

    code: str
    scale: Scale
    candles: list[Candle] = field(default_factory=list)
    asks: list[BookLevel] = field(default_factory=list)
    bids: list[BookLevel] = field(default_factory=list)
    trades: list[MarketTrade] = field(default_factory=list)


class Ranking(StrEnum):
    """What a ranking of the market goes by."""

    VOLUME = "volume"
    VALUE = "value"
    RISE = "rise"
    FALL = "fall"


@dataclass(frozen=True, slots=True)
class RankedLine:
    """A row of a ranking. `rate` is the change since yesterday in percent."""

    rank: int
    code: str
    name: str
    price: int
    rate: float | None
    volume: int | None


class Index(StrEnum):
    """The index of a market; the value is the broker's code of it (업종코드)."""

    KOSPI = "0001"
    KOSDAQ = "1001"


@dataclass(frozen=True, slots=True)
class IndexDay:
    """Where an index closed, in points."""

    day: date
    close: float


@dataclass(frozen=True, slots=True)
class Hit:
    """A stock that a condition search finds. `rate` is the change since yesterday in percent."""

    code: str
    name: str
    price: int | None
    rate: float | None
    volume: int | None


@dataclass(frozen=True, slots=True)
class Scan:
    """What a condition search (조건검색) saved at the broker finds at a moment."""

    number: int
    name: str
    at: datetime
    hits: list[Hit] = field(default_factory=list)

    @property
    def cut(self) -> bool:
        """Whether there may be more than the broker shows."""
        return len(self.hits) >= SEARCH_ROWS


@dataclass(frozen=True, slots=True)
class Named:
    """An instrument that was found."""

    code: str
    name: str


class MarketView(Protocol):
    """Where charts come from."""

    async def chart(self, code: str, scale: Scale) -> Chart:
        """Return a chart; raises `ServiceError` where there is none."""
        ...

    async def ranking(self, by: Ranking) -> list[RankedLine]:
        """Return the top of the market; raises `ServiceError` where there is none."""
        ...

    async def index(self, index: Index, first: date, last: date) -> list[IndexDay]:
        """Return an index over a span of days; raises `ServiceError` where there is none."""
        ...

    async def scan(self, condition: str) -> Scan:
        """Ask a condition search, by number or name.

        Raises `CommandRefused` where none is saved under it, `ServiceError` where nobody answers.
        """
        ...

    def find(self, text: str, known: Iterable[Named]) -> list[Named]:
        """Find instruments by code, name or initial consonants (초성)."""
        ...

    def near(self, text: str, known: Iterable[Named]) -> list[Named]:
        """Return what may have been meant by a text that finds nothing."""
        ...


@dataclass(frozen=True)
class KisMarketView:
    """Charts from the broker, names from the master files where they have been fetched.

    Args:
        client: asked with the lowest priority, so that no order ever waits for a chart.
        clock: venue time.
        instruments: of the venue's master files; none where there are none.
    """

    client: MarketClient
    clock: Clock
    instruments: Instruments

    async def chart(self, code: str, scale: Scale) -> Chart:
        """Return a chart of the last days, or of today's minutes, with the order book.

        Raises:
            ServiceError: the broker could not be asked.
        """
        today = self.clock.now().date()
        try:
            if scale is Scale.DAY:
                first = today - timedelta(days=DAYS)
                bars = await self.client.history.daily_bars(code, first, today)
            else:
                bars = await self.client.history.minute_bars(code, today)
            book = await self.client.quotes.order_book(code)
            trades = await self.client.quotes.trades(code)
        except WireError as error:
            raise ServiceError(
                _("no chart of {code}: {error}").format(code=code, error=error)
            ) from error
        latest = [MarketTrade(trade.at, trade.price, trade.quantity) for trade in trades]
        return Chart(code, scale, [_candle(bar) for bar in bars], *_levels(book), latest)

    async def ranking(self, by: Ranking) -> list[RankedLine]:
        """Return the top of the market.

        Raises:
            ServiceError: the broker could not be asked.
        """
        history = self.client.history
        try:
            if by in (Ranking.RISE, Ranking.FALL):
                found = await history.fluctuation_ranking(falling=by is Ranking.FALL)
            else:
                found = await history.volume_ranking("value" if by is Ranking.VALUE else "volume")
        except WireError as error:
            raise ServiceError(_("no ranking: {error}").format(error=error)) from error
        return [
            RankedLine(
                line.rank,
                line.code,
                line.name,
                line.price,
                None if line.change_rate is None else float(line.change_rate),
                line.volume,
            )
            for line in found
            if line.price is not None
        ]

    async def index(self, index: Index, first: date, last: date) -> list[IndexDay]:
        """Return an index over a span of days, both ends included.

        Raises:
            ServiceError: the broker could not be asked.
        """
        try:
            found = await self.client.history.index_bars(index.value, first, last)
        except WireError as error:
            raise ServiceError(
                _("no index {name}: {error}").format(name=index.name, error=error)
            ) from error
        return [IndexDay(bar.day, float(bar.close)) for bar in found]

    async def scan(self, condition: str) -> Scan:
        """Ask a condition search, by number or name.

        Raises:
            CommandRefused: none is saved under it; names those that are.
            ServiceError: the broker could not be asked.
        """
        quotes = self.client.quotes
        try:
            titles = await quotes.condition_titles(priority=Priority.QUOTE)
            meant = [t for t in titles if condition in (str(t.seq), t.name)]
            if len(meant) != 1:
                saved = ", ".join(f"{title.seq} {title.name}" for title in titles) or "-"
                none = _("no condition search is saved as {condition!r}; saved are: {saved}")
                several = _(
                    "several condition searches are saved as {condition!r}; saved are: {saved}"
                )
                said = several if meant else none
                raise CommandRefused(said.format(condition=condition, saved=saved))
            found = await quotes.condition_result(meant[0].seq, priority=Priority.QUOTE)
        except WireError as error:
            raise ServiceError(
                _("the search {condition} cannot be asked: {error}").format(
                    condition=condition, error=error
                )
            ) from error
        hits = [
            Hit(
                hit.code,
                hit.name,
                hit.price,
                None if hit.change_rate is None else float(hit.change_rate),
                hit.volume,
            )
            for hit in found
        ]
        return Scan(meant[0].seq, meant[0].name, self.clock.now(), hits)

    def find(self, text: str, known: Iterable[Named]) -> list[Named]:
        """Find instruments: among all where the master files are here, else among the known."""
        if len(self.instruments):
            return [Named(i.code, i.name) for i in self.instruments.search(text, FOUND)]
        return find_known(text, known)

    def near(self, text: str, known: Iterable[Named]) -> list[Named]:
        """Return what may have been meant: of all in the master files, else of the known."""
        if len(self.instruments):
            return [Named(i.code, i.name) for i in self.instruments.near(text)]
        return near_known(text, known)


def find_known(text: str, known: Iterable[Named]) -> list[Named]:
    """Find names that contain a text, or whose initial consonants do; blanks do not count."""
    wanted = "".join(text.split()).upper()
    if not wanted:
        return []

    def fits(named: Named) -> bool:
        name = "".join(named.name.split()).upper()
        return wanted in named.code or wanted in name or wanted in initials(name)

    hits = (named for named in known if fits(named))
    return sorted(hits, key=lambda named: named.code)[:FOUND]


def near_known(text: str, known: Iterable[Named]) -> list[Named]:
    """Return the known names that are spelt much like a text."""
    by_name = {named.name: named for named in known}
    return [by_name[name] for name in resembling(text, by_name)]


def _candle(bar: Bar) -> Candle:
    at = bar.at if isinstance(bar.at, datetime) else datetime.combine(bar.at, time(), KST)
    return Candle(at, bar.open, bar.high, bar.low, bar.close, bar.volume)


def _levels(book: OrderBook) -> tuple[list[BookLevel], list[BookLevel]]:
    asks = [BookLevel(level.price, level.quantity) for level in book.asks]
    return asks, [BookLevel(level.price, level.quantity) for level in book.bids]
