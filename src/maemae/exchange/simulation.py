"""The exchange as a whole, without sockets: days, accounts, gateways, WebSocket sessions, time.

A server feeds it calls and texts; a test can do the same in process.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Protocol

from maemae.catalogue import Personality
from maemae.exchange.accounts import Account, Holding
from maemae.exchange.depth import Depth
from maemae.exchange.faults import FaultBox
from maemae.exchange.journal import Journal
from maemae.exchange.listing import (
    DayBar,
    Listing,
    history_from_bars,
    listings_from_bars,
)
from maemae.exchange.mishaps import CallMishaps, Delivery, FrameMishaps
from maemae.exchange.moment import MILLISECOND, MINUTE, Moment
from maemae.exchange.orders import OrderEvent
from maemae.exchange.protocol.feed import Registration, Session, is_market_feed
from maemae.exchange.protocol.frames import (
    BOOK,
    TRADES,
    as_of,
    book_record,
    data_frame,
    trade_record,
)
from maemae.exchange.protocol.gateway import Gateway
from maemae.exchange.protocol.keys import Customer, KeyOffice
from maemae.exchange.protocol.notices import encrypt, notice_record
from maemae.exchange.protocol.pace import Pace
from maemae.exchange.protocol.personality import MANNERS, Manner
from maemae.exchange.protocol.reply import Call, Reply
from maemae.exchange.replay import DayMarket, Hours, Point
from maemae.exchange.scenario import Opening, Scenario
from maemae.exchange.searches import Search
from maemae.exchange.synthetic import SyntheticHistory
from maemae.exchange.tape import Tape, make_tape
from maemae.exchange.timekeeper import Timekeeper
from maemae.exchange.venue import Venue
from maemae.market.calendar import Calendar
from maemae.market.costs import CostRules

AFTER_CLOSE: Moment = 10 * MINUTE
"""The simulated day ends that long after the close."""

_WALL_JITTER: Moment = 20 * MILLISECOND
_RULES = {"real": CostRules.REAL, "virtual": CostRules.VIRTUAL}


class MarketSource(Protocol):
    """Where the days come from."""

    def listings(self, day: date) -> list[Listing]:
        """Return the instruments of a trading day."""
        ...

    def history(self, code: str, before: date) -> list[DayBar]:
        """Return an instrument's daily bars before a day, the oldest first."""
        ...


@dataclass(frozen=True, slots=True)
class BarSource:
    """Days of recorded bars: a Parquet file or a folder of them."""

    path: Path

    def listings(self, day: date) -> list[Listing]:
        """Return the instruments that traded on a day."""
        return listings_from_bars(self.path, day)

    def history(self, code: str, before: date) -> list[DayBar]:
        """Return what the bars know of an instrument before a day."""
        return history_from_bars(self.path, code, before)


class SyntheticSource:
    """Days of the made-up market."""

    def __init__(self, seed: int, calendar: Calendar, first: date) -> None:
        self._history = SyntheticHistory(seed, calendar, first)

    def listings(self, day: date) -> list[Listing]:
        """Return the instruments of a day."""
        return self._history.bars(day)

    def history(self, code: str, before: date) -> list[DayBar]:
        """Return the made-up days before a day."""
        return self._history.history(code, before)


class Exchange:
    """The simulated broker and exchange.

    Args:
        source: the market's days.
        calendar: trading days and hours.
        day: the day to open.
        scenario: accounts and searches.
        seed: chooses paths and keys.
        clock: how time goes.
        limits: whether calls per second are limited.
    """

    def __init__(
        self,
        source: MarketSource,
        calendar: Calendar,
        day: date,
        scenario: Scenario,
        *,
        seed: int,
        clock: Timekeeper,
        limits: bool = True,
    ) -> None:
        self.clock = clock
        self.journal = Journal()
        self.faults = FaultBox(seed)
        for fault in scenario.faults:
            self.faults.add(fault)
        self._calls = CallMishaps(self.faults, self.journal)
        self._frames = FrameMishaps(self.faults, self.journal)
        self.searches: Sequence[Search] = scenario.searches
        self.customers = {one.customer.account: one.customer for one in scenario.openings}
        self.calendar = calendar
        self._source, self._seed = source, seed
        self._layouts = scenario.layouts
        self._bars: dict[str, list[DayBar]] = {}
        self._sessions: list[Session] = []
        self._opened = 0
        self._tapes: dict[int, Tape] = {}
        self._accounts = [_account(one, day) for one in scenario.openings]
        by_key = {one.app_key: one for one in self.customers.values()}
        self._keys = KeyOffice(by_key, seed)
        self.gateways: dict[Personality, Gateway] = {
            name: self._gateway(name, limits=limits) for name in MANNERS
        }
        self.venue = self._open_day(day, source.listings(day), 1)

    def _gateway(self, personality: Personality, *, limits: bool) -> Gateway:
        manner = MANNERS[personality]
        slack = int(_WALL_JITTER * (self.clock.speed or 0))
        pace = Pace(manner.calls_per_second if limits else 0, slack)
        return Gateway(manner, self._keys, pace, self)

    def _open_day(self, day: date, listings: list[Listing], first_number: int) -> Venue:
        hours = Hours.of(self.calendar.session(day))
        market = DayMarket(listings, hours, self._seed)
        venue = Venue(market, self._accounts, first_number=first_number)
        venue.listen(self)
        venue.floor.listen(self)
        self._tapes = {}
        self._bars = {}
        for account in self._accounts:
            account.opening_worth = account.cash + sum(
                venue.floor.state(one.code).price * one.quantity
                for one in account.holdings.values()
                if one.code in market.rows
            )
        return venue

    # -- time -----------------------------------------------------------------------------

    @property
    def day(self) -> date:
        """The day now open."""
        return self.venue.hours.day

    @property
    def end(self) -> Moment:
        """When the day is over."""
        return self.venue.hours.close + AFTER_CLOSE

    @property
    def frames(self) -> int:
        """Messages sent so far on all open sessions."""
        return sum(session.sent for session in self._sessions)

    def catch_up(self) -> None:
        """Let happen what is due by the clock."""
        self.venue.advance(self.clock.now())

    def step(self, until: Moment) -> Moment:
        """Let time pass up to an instant, or to the first at which a message was sent.

        Returns:
            The instant now reached. An instant before now leaves everything as it is.
        """
        before = self.frames
        while (due := self.venue.next_at()) is not None and due <= until:
            self.venue.advance(due)
            if self.frames != before:
                self.clock.jump(self.venue.now)
                return self.venue.now
        self.venue.advance(max(until, self.venue.now))
        self.clock.jump(self.venue.now)
        return self.venue.now

    def next_day(self) -> None:
        """Close this day and open the next trading day, when orders are first taken.

        Raises:
            DataError: the calendar or the bars have no next day.
        """
        day = self.calendar.next_session(self.day)
        listings = self._source.listings(day)
        self.venue.advance(self.end)
        for account in self._accounts:
            account.begin_day(day)
        watched = [one for session in self._sessions for one in session.registered]
        self.venue = self._open_day(day, listings, self.venue.next_number)
        self.clock.jump(self.venue.hours.entry)
        self.catch_up()
        for registration in watched:
            if is_market_feed(registration[0]):
                self._watch(registration, on=True)

    def history(self, code: str) -> Sequence[DayBar]:
        """Return an instrument's daily bars before the day now open, the oldest first."""
        if code not in self._bars:
            self._bars[code] = self._source.history(code, self.day)
        return self._bars[code]

    # -- REST -----------------------------------------------------------------------------

    def answer(self, call: Call) -> Reply:
        """Answer a REST call, as the broker means to."""
        self.catch_up()
        return self.gateways[call.personality].answer(call)

    def deliver(self, call: Call) -> Delivery:
        """Answer a REST call, with the faults that are switched on."""
        self.catch_up()
        return self._calls.deliver(call, self.answer, self.venue.now)

    # -- WebSocket ------------------------------------------------------------------------

    def open_session(
        self,
        personality: Personality,
        send: Callable[[str], None],
        hang_up: Callable[[], None] = lambda: None,
    ) -> Session:
        """Open a WebSocket session.

        Args:
            personality: the server.
            send: takes each text for the client.
            hang_up: cuts the connection.
        """
        self._opened += 1
        manner = MANNERS[personality]
        session = Session(
            self._opened,
            manner,
            self._keys,
            self._seed,
            claim=lambda customer: self._may_open(customer, manner),
            send=send,
            hang_up=hang_up,
        )
        self._sessions.append(session)
        self.journal.write(self.venue.now, "session", server=personality, number=self._opened)
        return session

    def _may_open(self, customer: Customer, manner: Manner) -> bool:
        if self.venue.now < self._frames.in_use.get(customer.app_key, 0):
            return False
        open_now = sum(one.customer == customer and one.manner is manner for one in self._sessions)
        return open_now < manner.sessions

    def receive(self, session: Session, text: str) -> None:
        """Handle a text of a client."""
        self.catch_up()
        changed = session.handle(text)
        if changed is not None and is_market_feed(changed[0]):
            self._watch(changed, on=changed in session.registered)
        if changed is not None:
            on = changed in session.registered
            self.journal.write(self.venue.now, "registration", feed=list(changed), on=on)

    def ping(self) -> None:
        """Send PINGPONG on every session."""
        for session in list(self._sessions):
            session.ping(self.clock.now())

    def expire_tokens(self) -> None:
        """Let every token issued so far be expired."""
        self._keys.expire_all()

    def drop_sessions(self) -> int:
        """Cut every connection; return how many there were."""
        sessions = list(self._sessions)
        for session in sessions:
            session.drop()
        return len(sessions)

    def close_session(self, session: Session) -> None:
        """Forget a session whose client is gone."""
        if session not in self._sessions:
            return
        self._sessions.remove(session)
        for registration in session.registered:
            if is_market_feed(registration[0]):
                self._watch(registration, on=False)

    def _watch(self, registration: Registration, *, on: bool) -> None:
        code = registration[1]
        if code in self.venue.floor.market.rows:
            (self.venue.floor.watch if on else self.venue.floor.unwatch)(code)

    # -- what the venue tells -------------------------------------------------------------

    def on_trade(self, row: int, point: Point, depth: Depth) -> None:
        """Send a trade and the book after it to those who registered."""
        market = self.venue.floor.market
        code = market.listings[row].code
        takers = [one for one in self._sessions if one.wants(TRADES, code)]
        if takers:
            if row not in self._tapes:
                self._tapes[row] = make_tape(market, row)
            record = trade_record(market, row, point, depth, self._tapes[row])
            record = as_of(record, TRADES, depth, self._layouts or self.day)
            for session in takers:
                self._frames.market(session, TRADES, record, point.at)
        takers = [one for one in self._sessions if one.wants(BOOK, code)]
        if takers:
            record = book_record(market, row, point, depth)
            record = as_of(record, BOOK, depth, self._layouts or self.day)
            for session in takers:
                self._frames.market(session, BOOK, record, point.at)

    def on_order(self, event: OrderEvent) -> None:
        """Send a fill notice to the sessions of the account's owner."""
        customer = self.customers[event.order.account]
        manner = MANNERS[customer.personality]
        name = self.venue.floor.listing(event.order.code).name
        for session in list(self._sessions):
            if session.manner is manner and session.wants(manner.notice, customer.hts_id):

                def frame(shift: Moment, session: Session = session) -> str:
                    told = replace(event, at=event.at + shift)
                    record = "^".join(notice_record(told, customer, manner.org_no, name))
                    secret = encrypt(record, session.cipher_key, session.cipher_iv)
                    return data_frame(manner.notice, [[]], encrypted=secret)

                self._frames.notice(session, manner.notice, frame, event.at, self.venue.agenda)
        self.journal.write(
            event.at,
            "order",
            happening=event.what.value,
            account=event.order.account,
            order_no=event.order.number,
            quantity=event.quantity,
            price=event.price,
        )

    def account(self, number: str) -> Account | None:
        """Return the books of an account."""
        return self.venue.accounts.get(number)


def _account(opening: Opening, day: date) -> Account:
    customer = opening.customer
    account = Account(
        number=customer.account,
        rules=_RULES[customer.personality],
        day=day,
        settled=opening.cash,
    )
    for code, (quantity, price) in opening.holdings.items():
        account.holdings[code] = Holding(code, quantity, quantity * price)
    return account
