"""The exchange as a whole, without sockets: days, accounts, gateways, WebSocket sessions, time.

A server feeds it calls and texts; a test can do the same in process.
"""

import gc
import logging
import secrets
from collections.abc import Callable, Mapping, Sequence
from datetime import date, time
from pathlib import Path

from maemae.bars.aside import Aside
from maemae.catalogue import Personality
from maemae.errors import DataError
from maemae.exchange.accounts import Account, Holding
from maemae.exchange.actions import ActedSource, pass_night
from maemae.exchange.broadcast import Broadcast
from maemae.exchange.extremes import Spans, starts_of
from maemae.exchange.faults import FaultBox
from maemae.exchange.hours import Hours
from maemae.exchange.journal import Journal
from maemae.exchange.listing import DayBar, Listing
from maemae.exchange.minutes import Bars, read_minutes
from maemae.exchange.mishaps import CallMishaps, Delivery, FrameMishaps
from maemae.exchange.moment import MILLISECOND, MINUTE, Moment, datetime_of, moment_at
from maemae.exchange.protocol.context import Handler
from maemae.exchange.protocol.feed import (
    Registration,
    Session,
    has_auctions,
    is_market_feed,
    is_simulated,
)
from maemae.exchange.protocol.gateway import HANDLERS, Gateway
from maemae.exchange.protocol.keys import Customer, KeyOffice
from maemae.exchange.protocol.pace import Pace
from maemae.exchange.protocol.personality import MANNERS, Manner
from maemae.exchange.protocol.reply import Call, Reply
from maemae.exchange.replay import DayMarket
from maemae.exchange.scenario import Opening, Scenario
from maemae.exchange.searches import Search
from maemae.exchange.sources import MarketSource
from maemae.exchange.timekeeper import Timekeeper
from maemae.exchange.venue import Venue
from maemae.i18n import _
from maemae.market.calendar import Calendar
from maemae.market.costs import CostRules
from maemae.profile.facts import Fact

_LOG = logging.getLogger(__name__)

_AFTER_LAST: Moment = 10 * MINUTE
"""The simulated day ends that long after its last session."""

_WALL_JITTER: Moment = 20 * MILLISECOND

LET_GO = 64 << 20
"""Bytes of tables of past days after which they are collected."""

TERMS: Mapping[Personality, CostRules] = {"real": CostRules.REAL, "virtual": CostRules.VIRTUAL}
"""Fees and taxes of the two servers, as KIS has them."""


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
        minutes: file or folder of minute bars to replay where there are any.
        aside: collects the minutes that cannot be true; without it they are refused.
        terms: fees and taxes of the two servers.
        slippage: how much worse the displayed book fills, in parts per million of the price.
    """

    _handlers: Mapping[str, Handler] = HANDLERS
    """Who answers what."""

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
        minutes: Path | None = None,
        aside: Aside | None = None,
        terms: Mapping[Personality, CostRules] = TERMS,
        slippage: int = 0,
    ) -> None:
        self.run = secrets.token_hex(8)
        self.denied: set[Fact] = set()
        """What is taken for granted of a broker and is not so here; may be changed at any time."""
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
        self._source = ActedSource(source, scenario.actions, calendar)
        self._seed, self._minutes, self._aside = seed, minutes, aside
        self._layouts, self._halts = scenario.layouts, scenario.halts
        self._impact = scenario.impact
        self._bars: dict[str, list[DayBar]] = {}
        self._extremes: Mapping[str, Spans] | None = None
        self._sessions: list[Session] = []
        self._opened = 0
        self._past = 0
        """Bytes of the tables of past days that may still be in memory."""
        self._slippage = slippage
        self._accounts = [_account(one, day, terms) for one in scenario.openings]
        by_key = {one.app_key: one for one in self.customers.values()}
        self._keys = KeyOffice(by_key, seed)
        self.gateways: dict[Personality, Gateway] = {
            name: self._gateway(name, scenario.calls if limits else None) for name in MANNERS
        }
        self.turns = self._turn_after(day)
        self.venue = self._open_day(day, self._source.listings(day), 1)

    def _gateway(
        self, personality: Personality, calls: Mapping[Personality, int] | None
    ) -> Gateway:
        manner = MANNERS[personality]
        slack = int(_WALL_JITTER * (self.clock.speed or 0))
        rate = 0 if calls is None else calls.get(personality, manner.calls_per_second)
        pace = Pace(rate, slack)
        return Gateway(manner, self._keys, pace, self, self._handlers)

    def _open_day(self, day: date, listings: list[Listing], first_number: int) -> Venue:
        hours = Hours.of(self.calendar.session(day))
        recorded: Mapping[str, Bars] = {}
        if self._minutes:
            recorded = read_minutes(self._minutes, hours, self._aside, self.calendar)
        market = DayMarket(listings, hours, self._seed, self._halts, minutes=recorded)
        venue = Venue(
            market, self._accounts,
            first_number=first_number, impact=self._impact, slippage=self._slippage,
        )  # fmt: skip
        self._broadcast = Broadcast(
            venue, self._sessions, self._frames, self.customers,
            layout_day=self._layouts or day, journal=self.journal, denied=self.denied,
        )  # fmt: skip
        self._bars, self._extremes = {}, None
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
        """When the day is over: nothing more happens until the next one."""
        return self.venue.hours.over + _AFTER_LAST

    @property
    def frames(self) -> int:
        """Messages sent so far on all open sessions."""
        return sum(session.sent for session in self._sessions)

    def catch_up(self) -> None:
        """Let happen what is due by the clock."""
        self._advance(self.clock.now())

    def step(self, until: Moment) -> Moment:
        """Let time pass up to an instant, or to the first at which a message was sent.

        Nights and days without trading pass at once: nothing happens in them.

        Returns:
            The instant now reached. An instant before now leaves everything as it is.
        """
        before = self.frames
        while (due := self._next_at()) is not None and due <= until and self.frames == before:
            self._advance(due)
        if self.frames == before:
            self._advance(max(until, self.venue.now))
        self.clock.jump(self.venue.now)
        return self.venue.now

    def next_day(self) -> None:
        """Close this day and open the next trading day, when orders are first taken.

        Raises:
            DataError: the calendar or the bars have no next day.
        """
        self._turn(self.calendar.next_session(self.day))
        self.clock.jump(self.venue.hours.entry)
        self.catch_up()

    def _next_at(self) -> Moment | None:
        """Return the next instant at which something happens in this day or the next, or None."""
        dues = [due for due in (self.venue.next_at(), self.turns) if due is not None]
        return min(dues, default=None)

    def _advance(self, until: Moment) -> None:
        """Let time pass up to an instant; at midnight before a trading day that day opens."""
        while self.turns is not None and self.turns <= until:
            day = datetime_of(self.turns).date()
            try:
                self._turn(day)
            except DataError as error:
                self.turns = None
                _LOG.warning(_("%s stays the last day: %s"), self.day, error)
        self.venue.advance(until)

    def _turn_after(self, day: date) -> Moment | None:
        """Return when the day after a day begins; None where the calendar ends."""
        try:
            return moment_at(self.calendar.next_session(day), time())
        except DataError:
            return None

    def _turn(self, day: date) -> None:
        """End this day and open another, with positions, cash and registrations as they are."""
        listings = self._source.listings(day)
        self.venue.run_out()
        for account in self._accounts:
            account.begin_day(day)
        self._book_actions(day, listings)
        watched = [one for session in self._sessions for one in session.registered]
        self._past += self.venue.floor.market.memory
        self.venue = self._open_day(day, listings, self.venue.next_number)
        self._let_go()
        self.turns = self._turn_after(day)
        self.venue.advance(moment_at(day, time()))
        for registration in watched:
            self._watch(registration, on=True)

    def _let_go(self) -> None:
        """Have the tables of past days collected, before they are much.

        Venue, books and listeners of a day know each other. Python looks for such cycles when
        there are many new objects; few large tables would wait for it, day after day.
        """
        if self._past >= LET_GO:
            gc.collect()
            self._past = 0

    def _book_actions(self, day: date, listings: list[Listing]) -> None:
        """Change holdings by what happens to their shares in the night before a day."""
        prices = {one.code: one.base for one in listings}
        for account in self._accounts:
            for done in pass_night(self._source.actions, day, account, prices):
                self.journal.write(
                    self.venue.now,
                    "action",
                    account=account.number,
                    kind=done.action.kind.value,
                    code=done.action.code,
                    before=done.before,
                    after=dict(done.after),
                    cash=done.cash,
                )

    def history(self, code: str) -> Sequence[DayBar]:
        """Return an instrument's daily bars before the day now open, the oldest first."""
        if code not in self._bars:
            self._bars[code] = self._source.history(code, self.day)
        return self._bars[code]

    def extremes(self, code: str) -> Spans:
        """Return an instrument's extremes before this day: of 52 weeks, 250 days, the year."""
        if self._extremes is None:
            starts = starts_of(self.calendar, self.day)
            self._extremes = self._source.extremes(starts, self.day)
        return self._extremes.get(code, (None, None, None))

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
        if changed is None:
            return
        on = changed in session.registered
        self._watch(changed, on=on)
        self.journal.write(self.venue.now, "registration", feed=list(changed), on=on)
        if on and not is_simulated(changed[0], session.manner):
            self.journal.write(self.venue.now, "not simulated", feed=list(changed))
            said = _("feed %s is acknowledged, but nothing is ever sent on it")
            _LOG.warning(said, changed[0])

    def ping(self) -> None:
        """Send PINGPONG on every session."""
        for session in list(self._sessions):
            session.ping(self.clock.now())

    def expire_tokens(self) -> None:
        """Let every token issued so far be expired."""
        self._keys.expire_all()

    def take_tokens(self) -> None:
        """Let other programs on the app keys have ended every token issued so far."""
        self._keys.take_all(self.clock.now())

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
            self._watch(registration, on=False)

    def _watch(self, registration: Registration, *, on: bool) -> None:
        """Begin or cease to look after an instrument for a feed; other feeds need nothing."""
        feed, code = registration
        if is_market_feed(feed) and code in self.venue.floor.market.rows:
            (self.venue.watch if on else self.venue.floor.unwatch)(code)
        if on and has_auctions(feed):
            self._broadcast.follow_auctions(code)

    def account(self, number: str) -> Account | None:
        """Return the books of an account."""
        return self.venue.accounts.get(number)


def _account(opening: Opening, day: date, terms: Mapping[Personality, CostRules]) -> Account:
    customer = opening.customer
    account = Account(
        number=customer.account,
        rules=terms[customer.personality],
        day=day,
        settled=opening.cash,
    )
    for code, (quantity, price) in opening.holdings.items():
        account.holdings[code] = Holding(code, quantity, quantity * price)
    return account
