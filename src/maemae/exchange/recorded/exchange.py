"""The simulated broker on a recorded day.

Frames go out again at the moment of their arrival, to who registered for them; searches, charts and
rankings are answered with the latest answer that had arrived by then, prices and books from all
that had. What nobody recorded is refused, and not made up. Orders meet the recorded trades and
books as in a dry run (`maemae.exchange.fed`).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Final

from maemae.catalogue import Personality, all_rest
from maemae.exchange.broadcast import Broadcast
from maemae.exchange.fed.care import Care
from maemae.exchange.fed.floor import FedFloor
from maemae.exchange.fed.market import Day
from maemae.exchange.hours import Hours
from maemae.exchange.listing import Listing
from maemae.exchange.moment import SECOND, Moment
from maemae.exchange.protocol.context import Context, Handler
from maemae.exchange.protocol.feed import Registration
from maemae.exchange.protocol.frames import BOOK, TRADES
from maemae.exchange.protocol.gateway import HANDLERS
from maemae.exchange.protocol.reply import Reply, business_error
from maemae.exchange.recorded.market import RecordedMarket, RecordedVenue
from maemae.exchange.recorded.reading import (
    Records,
    Said,
    book_of,
    print_of,
    records,
    said_by,
    tick_said,
)
from maemae.exchange.recorded.source import RecordedSource
from maemae.exchange.scenario import Scenario
from maemae.exchange.simulation import TERMS, Exchange
from maemae.exchange.timekeeper import Timekeeper
from maemae.market.calendar import Calendar
from maemae.market.costs import CostRules
from maemae.recordings.entries import Answer, Begun, Entry, Frame, Registered, Stream, Traded
from maemae.recordings.public import ANSWERS, plain_params

NOT_RECORDED: Final = "SIM00002"
"""Code of the answer to a question that nobody had answered at that moment of the recorded day."""

SHOWN_FOR: Final[Moment] = 10 * SECOND
"""A book is taken to stand that long where the trades in it are not heard."""
OFFERED_FOR: Final[Moment] = SECOND
"""Shares that were there for an order of the recorded day are there that long for another."""

_MICROSECOND: Final = timedelta(microseconds=1)
_PRICES: Final = "domestic_stock.inquire_price"
_MULTI: Final = "domestic_stock.intstock_multprice"
_BOOK: Final = "domestic_stock.inquire_asking_price_exp_ccn"
_ONE: Final = (_PRICES, _BOOK)
_ANYWAY: Final = ("domestic_stock.chk_holiday", "domestic_stock.search_stock_info")
"""What the exchange itself knows, beside orders and accounts."""
_CODES: Final = 30

_Question = tuple[str, tuple[tuple[str, str], ...], bool]


class RecordedExchange(Exchange):
    """The simulated broker, with a recorded day for its market.

    Args:
        source: the recorded days.
        calendar: trading days and hours.
        day: the day to open.
        scenario: accounts and faults; its searches are not used.
        seed: chooses keys.
        clock: how time goes.
        care: how careful fills are reckoned.
        limits: whether calls per second are limited.
        terms: fees and taxes of the two servers.

    Raises:
        DataError: the day was not recorded, or cannot be read.
    """

    def __init__(
        self,
        source: RecordedSource,
        calendar: Calendar,
        day: date,
        scenario: Scenario,
        *,
        seed: int,
        clock: Timekeeper,
        care: Care,
        limits: bool = True,
        terms: Mapping[Personality, CostRules] = TERMS,
    ) -> None:
        self._recorded = source
        self._care = care
        self._latest: dict[_Question, Answer] = {}
        self._shown_at: dict[str, Moment] = {}
        self._handlers = self._made_handlers()
        super().__init__(
            source, calendar, day, replace(scenario, searches=()),
            seed=seed, clock=clock, limits=limits, terms=terms,
        )  # fmt: skip

    @property
    def market(self) -> RecordedMarket:
        """The day's market."""
        market = self.venue.floor.market
        assert isinstance(market, RecordedMarket)  # noqa: S101 - no other is ever made here
        return market

    # -- the day --------------------------------------------------------------------------

    def _open_day(self, day: date, listings: list[Listing], first_number: int) -> RecordedVenue:
        market = RecordedMarket(Hours.of(self.calendar.session(day)))
        for one in listings:
            market.add(one, Day(one.base))
        venue = RecordedVenue(
            market, self._accounts, first_number=first_number,
            make_floor=lambda agenda, on_fill: FedFloor(market, agenda, on_fill, self._care),
        )  # fmt: skip
        self._broadcast = Broadcast(
            venue, self._sessions, self._frames, self.customers,
            layout_day=self._layouts or day, journal=self.journal,
        )  # fmt: skip
        self._bars, self._extremes = {}, None
        self._latest.clear()
        for account in self._accounts:
            account.opening_worth = account.cash + sum(
                market.day(one.code).price * one.quantity
                for one in account.holdings.values()
                if one.code in market.rows
            )
        self._await_next(venue, self._recorded.entries(day))
        return venue

    def _await_next(self, venue: RecordedVenue, coming: Iterator[Entry]) -> None:
        """See to it that the next entry is dealt with when it comes."""
        entry = next(coming, None)
        if entry is None:
            return

        def come(at: Moment) -> None:
            self._take(venue, entry, at)
            self._await_next(venue, coming)

        venue.agenda.add(entry.at, come)

    def _take(self, venue: RecordedVenue, entry: Entry, at: Moment) -> None:
        market = venue.floor.market
        assert isinstance(market, RecordedMarket)  # noqa: S101 - no other is ever made here
        match entry:
            case Frame():
                found = records(entry)
                if found is not None:
                    self._take_frame(venue, market, found, at)
            case Answer():
                asked = (entry.endpoint, tuple(sorted(entry.params.items())), entry.next_page)
                self._latest[asked] = entry
                for said in said_by(entry):
                    self._take_said(venue, market, said, at)
            case Registered(tr_id=tr_id, on=True) if tr_id == TRADES:
                market.streamed.add(entry.key)
            case Registered(tr_id=tr_id) if tr_id == TRADES:
                self._unheard(venue, market, [entry.key], at)
            case Begun() | Stream(up=False):
                self._unheard(venue, market, sorted(market.streamed), at)
            case Traded() if entry.code in market.rows and venue.floor.continuous(entry.code):
                book = venue.floor.book(entry.code)
                book.offer(entry.side.opposite, entry.price, entry.quantity, at)
                venue.agenda.add(at + OFFERED_FOR, book.withdraw)
            case _:
                pass

    def _unheard(
        self, venue: RecordedVenue, market: RecordedMarket, codes: Sequence[str], at: Moment
    ) -> None:
        """Trades in some names are not heard from now on: their books are soon of yesterday."""
        market.streamed.difference_update(codes)
        for code in codes:
            if code in market.rows:
                self._forget_later(venue, market, code, at)

    def _forget_later(
        self, venue: RecordedVenue, market: RecordedMarket, code: str, at: Moment
    ) -> None:
        """Let a book that nobody hears of be forgotten, unless it is shown again meanwhile."""
        self._shown_at[code] = at

        def forget(now: Moment) -> None:
            if code not in market.streamed and self._shown_at[code] == at:
                venue.floor.book(code).forget(now)

        venue.agenda.add(at + SHOWN_FOR, forget)

    def _take_frame(
        self, venue: RecordedVenue, market: RecordedMarket, found: Records, at: Moment
    ) -> None:
        """Pass a frame on to who wants it, and let the orders meet what it tells."""
        for code in dict.fromkeys(row[0] for row in found.rows):
            rows = [row for row in found.rows if row[0] == code]
            for session in list(self._sessions):
                if session.wants(found.tr_id, code):
                    self._frames.market(session, found.tr_id, rows, at)
        if found.tr_id not in (TRADES, BOOK):
            return
        for row in found.by_name:
            code = row.get("mksc_shrn_iscd", "")
            if code not in market.rows:
                continue
            if found.tr_id == BOOK:
                asks, bids, auction = book_of(row)
                venue.floor.see(code, asks, bids, vi=auction)
                continue
            market.streamed.add(code)
            told = print_of(row)
            if told is not None:
                market.note(tick_said(row), at)
                venue.floor.heard(code, told)

    def _take_said(
        self, venue: RecordedVenue, market: RecordedMarket, said: Said, at: Moment
    ) -> None:
        """Let an answer tell of an instrument; of prices only where its trades are not heard."""
        if said.code not in market.rows:
            return
        if said.code not in market.streamed:
            market.note(said, at)
            day = market.day(said.code)
            if said.price and said.volume >= day.volume:
                day.price, day.volume = said.price, said.volume
                day.traded, day.streamed = said.volume > 0, False
        vi = market.day(said.code).vi if said.vi is None else said.vi
        if said.asks is None or said.bids is None:
            market.day(said.code).vi = vi
        elif said.code not in market.streamed or len(said.asks) > 1 or len(said.bids) > 1:
            venue.floor.see(said.code, said.asks, said.bids, vi=vi)
            self._forget_later(venue, market, said.code, at)

    def _watch(self, registration: Registration, *, on: bool) -> None:
        """Do nothing: frames go to who is registered when they come."""

    # -- answers --------------------------------------------------------------------------

    def _made_handlers(self) -> Mapping[str, Handler]:
        """Return who answers what: orders and accounts as ever, the market as it was."""
        own = {
            one.id: HANDLERS[one.id]
            for one in all_rest()
            if one.id in HANDLERS and ("trading" in one.path.split("/") or one.id in _ANYWAY)
        }
        prices = {name: self._when_known(HANDLERS[name]) for name in _ONE}
        as_they_were = dict.fromkeys(ANSWERS, self._as_it_was)
        return as_they_were | own | prices | {_MULTI: self._multi}

    def _as_it_was(self, context: Context) -> Reply:
        """Give the latest answer to the same question that had arrived by now."""
        name = context.endpoint.id
        params = plain_params(context.call.params)
        page = context.call.header("tr_cont").strip() == "N"
        found = self._latest.get((name, tuple(sorted(params.items())), page))
        fresh = ANSWERS[name]
        if found is None or (fresh is not None and self._age(found) > fresh):
            raise _not_recorded(context)
        return Reply(found.status, dict(found.body), "M" if found.more else "")

    def _when_known(self, handler: Handler) -> Handler:
        """Answer about an instrument of which something was said just now."""

        def answer(context: Context) -> Reply:
            if not self._known(context.endpoint.id, context.required("FID_INPUT_ISCD")):
                raise _not_recorded(context)
            return handler(context)

        return answer

    def _multi(self, context: Context) -> Reply:
        """Answer about those of up to thirty instruments of which something was said just now."""
        params = dict(context.call.params)
        for n in range(1, _CODES + 1):
            name = f"FID_INPUT_ISCD_{n}"
            if not self._known(_MULTI, context.call.get(name)):
                params[name] = ""
        if not any(params.get(f"FID_INPUT_ISCD_{n}") for n in range(1, _CODES + 1)):
            raise _not_recorded(context)
        return HANDLERS[_MULTI](replace(context, call=replace(context.call, params=params)))

    def _known(self, endpoint: str, code: str) -> bool:
        fresh = ANSWERS[endpoint] or timedelta()
        within = fresh // _MICROSECOND
        return code in self.market.rows and self.market.known(code, self.venue.now, within=within)

    def _age(self, answer: Answer) -> timedelta:
        return (self.venue.now - answer.at) * _MICROSECOND


def _not_recorded(context: Context) -> Exception:
    said = f"{context.endpoint.title}: 녹화된 날의 이 시각에는 답이 없습니다."
    return business_error(NOT_RECORDED, said)
