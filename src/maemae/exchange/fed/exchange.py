"""The exchange of a dry run: real prices come in, orders stay inside.

It speaks the broker's protocol for orders and the account; market data it has none to give, those
are had where they come from.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Final

from maemae.exchange.broadcast import Broadcast
from maemae.exchange.depth import Level
from maemae.exchange.extremes import Spans
from maemae.exchange.fed.care import Care
from maemae.exchange.fed.floor import LAST_PRINT, FedFloor, Print
from maemae.exchange.fed.keeping import Kept, KeptName, kept_of, read_kept, restore, write_kept
from maemae.exchange.fed.market import Day, FedMarket
from maemae.exchange.hours import Hours
from maemae.exchange.listing import DayBar, Listing
from maemae.exchange.moment import Moment
from maemae.exchange.orders import Order, OrderEvent, OrderKind, Place, Status
from maemae.exchange.protocol.gateway import NOT_SIMULATED
from maemae.exchange.protocol.keys import Customer, made_key
from maemae.exchange.protocol.reply import Call, Reply, business_error
from maemae.exchange.refusals import Reason, Refusal
from maemae.exchange.scenario import Opening, Scenario
from maemae.exchange.simulation import Exchange
from maemae.exchange.timekeeper import Timekeeper
from maemae.exchange.venue import Venue
from maemae.market.calendar import Calendar
from maemae.market.costs import CostRules
from maemae.market.kinds import Kind, Market

ACCOUNT: Final = "00000000-01"
"""Of every dry run. No account of the broker's has that number."""

_SETTLED_AFTER: Final = 3
"""Sessions after which all of a day's trades have settled."""


class NoSource:
    """Where no days come from: names are listed as they turn up."""

    def listings(self, day: date) -> list[Listing]:
        """Return none."""
        del day
        return []

    def history(self, code: str, before: date) -> list[DayBar]:
        """Return none."""
        del code, before
        return []

    def extremes(self, starts: Sequence[date], before: date) -> Mapping[str, Spans]:
        """Return none."""
        del starts, before
        return {}


class FedVenue(Venue):
    """A day of a fed market: KRX's regular session alone."""

    last_print = LAST_PRINT
    floor: FedFloor

    def _check_session(self, kind: OrderKind, place: Place) -> None:
        if place is Place.NXT or kind.session is not None:
            raise Refusal(Reason.WRONG_KIND)
        super()._check_session(kind, place)


class FedExchange(Exchange):
    """The simulated broker over a market that arrives, with one account.

    Args:
        calendar: trading days and hours.
        day: the day to open.
        clock: how time goes; the market's own time.
        cash: won, of an account that is new.
        costs: fees and taxes.
        care: how careful fills are reckoned.
        file: where the account is kept; None: nowhere.

    Raises:
        DataError: what was kept cannot be used.
    """

    def __init__(
        self,
        calendar: Calendar,
        day: date,
        clock: Timekeeper,
        *,
        cash: int,
        costs: CostRules,
        care: Care,
        file: Path | None = None,
    ) -> None:
        self._care = care
        self._file = file
        self._dirty = False
        self._told: Callable[[str, int], None] = lambda _code, _shares: None
        self._unkept: Callable[[Path], None] = lambda _file: None
        kept = read_kept(file) if file is not None else None
        who = Customer(
            "real", "PD" + made_key(34, "dry", "key"), made_key(180, "dry", "secret"), ACCOUNT,
            "dryrun",
        )  # fmt: skip
        super().__init__(
            NoSource(), calendar, day, Scenario((Opening(who, cash),), searches=()),
            seed=0, clock=clock, limits=False, terms={"real": costs, "virtual": costs},
        )  # fmt: skip
        self.customer = who
        self.restored = kept is not None
        if kept is not None:
            self._take_up(kept, day)

    @property
    def fed(self) -> FedVenue:
        """The day's venue."""
        venue = self.venue
        assert isinstance(venue, FedVenue)  # noqa: S101 - no other is ever made here
        return venue

    @property
    def codes(self) -> set[str]:
        """The names in which the account has shares or orders that live."""
        [account] = self._accounts
        held = {one.code for one in account.holdings.values() if one.quantity}
        return held | {one.code for one in account.orders.values() if one.left}

    @property
    def ordered(self) -> set[str]:
        """The names in which orders live."""
        [account] = self._accounts
        return {one.code for one in account.orders.values() if one.left}

    def on_gap(self, told: Callable[[str, int], None]) -> None:
        """Have somebody told of a name and the shares of it that were traded unheard."""
        self._told = told

    def on_unkept(self, told: Callable[[Path], None]) -> None:
        """Have somebody told, each time, that the account cannot be written to its file."""
        self._unkept = told

    def code_of(self, number: int) -> str | None:
        """Return the name that one of the day's orders is in."""
        [account] = self._accounts
        order = account.orders.get(number)
        return None if order is None else order.code

    # -- what arrives ---------------------------------------------------------------------

    def knows(self, code: str) -> bool:
        """Tell whether a name is listed, as of today."""
        self.catch_up()
        return code in self.fed.floor.market.rows

    def admit(
        self,
        code: str,
        name: str,
        market: Market,
        kind: Kind,
        *,
        limits: tuple[int, int, int],
        price: int,
        volume: int | None = 0,
        halted: bool = False,
    ) -> None:
        """List a name: base price with lower and upper limit, last price, shares traded so far.

        `volume`: None where that was not told; the name is taken to trade.
        """
        base, lower, upper = limits
        listing = Listing(
            code, name, market, kind, base, lower, upper,
            open=base, high=base, low=base, close=base, volume=0, halted=halted,
        )  # fmt: skip
        self.catch_up()
        day = Day(price or base, volume or 0, traded=volume is None or volume > 0)
        self.fed.floor.market.add(listing, day)

    def see(
        self, code: str, asks: Sequence[Level], bids: Sequence[Level], *, vi: bool = False
    ) -> None:
        """Take in a name's whole book, the best levels first; not of names that are not listed."""
        self.catch_up()
        if code in self.fed.floor.market.rows:
            self.fed.floor.see(code, asks, bids, vi=vi)
            self.keep()

    def heard(self, code: str, told: Print) -> None:
        """Take in a trade; passed over in names that are not listed."""
        self.catch_up()
        if code not in self.fed.floor.market.rows:
            return
        missed = self.fed.floor.heard(code, told)
        if missed and code in self.ordered:
            self._told(code, missed)
        self.keep()

    def doubt(self, code: str, older: Moment) -> None:
        """Let no order meet a name's book that is older, until it is shown again."""
        self.catch_up()
        if code in self.fed.floor.market.rows:
            book, now = self.fed.floor.book(code), self.venue.now
            if now - book.shown_at > older:
                book.doubt(now)

    # -- the broker -----------------------------------------------------------------------

    def answer(self, call: Call) -> Reply:
        """Answer a call about orders and the account; market data is not to be had here."""
        if call.path.startswith("/uapi/domestic-stock/") and "/trading/" not in call.path:
            return business_error(NOT_SIMULATED, "실시간 시세는 실전 서버에서 조회합니다.").reply
        reply = super().answer(call)
        self.keep()
        return reply

    def catch_up(self) -> None:
        """Let happen what is due by the clock."""
        super().catch_up()
        self.keep()

    def keep(self) -> None:
        """Write the account down, if something happened to it."""
        if not self._dirty or self._file is None:
            return
        self._dirty = False
        [account] = self._accounts
        names = [self._name(code) for code in sorted({*self.codes, *self._touched()})]
        kept = kept_of(account, [one for one in names if one], self.venue.next_number)
        try:
            write_kept(self._file, kept)
        except OSError:
            self._dirty = True  # Tried again with the next thing that arrives.
            self._unkept(self._file)

    def on_order(self, event: OrderEvent) -> None:
        """Note that something happened to an order."""
        del event
        self._dirty = True

    def _touched(self) -> set[str]:
        [account] = self._accounts
        return {one.code for one in account.orders.values()}

    def _name(self, code: str) -> KeptName | None:
        market = self.fed.floor.market
        row = market.rows.get(code)
        if row is None:
            return None
        one, price = market.listings[row], market.day(code).price
        return KeptName(code, one.name, one.market, one.kind, one.base, one.lower, one.upper, price)

    def _open_day(self, day: date, listings: list[Listing], first_number: int) -> Venue:
        del listings
        market = FedMarket(Hours.of(self.calendar.session(day)))
        venue = FedVenue(
            market, self._accounts, first_number=first_number,
            make_floor=lambda agenda, on_fill: FedFloor(market, agenda, on_fill, self._care),
        )  # fmt: skip
        venue.listen(self)
        self._broadcast = Broadcast(
            venue, self._sessions, self._frames, self.customers,
            layout_day=day, journal=self.journal, denied=self.denied,
        )  # fmt: skip
        self._bars, self._extremes = {}, None
        return venue

    def _take_up(self, kept: Kept, day: date) -> None:
        """Go on with an account as it was kept: of today with its orders, else with a new day."""
        [account] = self._accounts
        restore(account, kept)
        for one in kept.names:
            self.admit(
                one.code, one.name, one.market, one.kind,
                limits=(one.base, one.lower, one.upper), price=one.price,
            )  # fmt: skip
        self.venue.go_on_from(kept.next_number)
        if kept.day != day:
            self._settle(account_days(self.calendar, kept.day, day))
            return
        now = self.clock.now()
        for order in account.orders.values():
            if order.remaining:
                self._put_back(order, now)
            elif order.status is Status.ACCEPTED:
                order.status = Status.REFUSED  # A change that was on its way.

    def _settle(self, days: Sequence[date]) -> None:
        [account] = self._accounts
        for day in days[-_SETTLED_AFTER:]:
            account.begin_day(day)
        self._dirty = True

    def _put_back(self, order: Order, now: Moment) -> None:
        ahead = order.ahead
        book = self.fed.floor.book(order.code)
        if order.waits:
            book.enter(order, now)
        else:
            book.rest(order)
        book.ahead(order.number, ahead)


def account_days(calendar: Calendar, last: date, today: date) -> list[date]:
    """Return the sessions after a day, up to and with today."""
    found = [today]
    while (before := calendar.previous_session(found[0])) > last:
        found.insert(0, before)
        if len(found) > _SETTLED_AFTER:
            break
    return found
