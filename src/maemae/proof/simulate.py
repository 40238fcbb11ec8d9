"""Days of trading in virtual time, with everything going wrong that a seed wants to go wrong."""

import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from random import Random

from maemae.desk import events as ev
from maemae.desk.desk import Desk
from maemae.desk.guard import Limits
from maemae.desk.records import Exits, Halt
from maemae.desk.rules import BookRules, DeskRules, Entry
from maemae.desk.state import State
from maemae.desk.turn import Turn
from maemae.errors import InvariantError
from maemae.exchange.accounts import Account
from maemae.exchange.hours import Hours
from maemae.exchange.listing import Listing as Instrument
from maemae.exchange.moment import SECOND, datetime_of
from maemae.exchange.orders import OrderKind, Ticket
from maemae.exchange.replay import DayMarket
from maemae.exchange.synthetic import SyntheticHistory
from maemae.exchange.venue import Venue
from maemae.market.calendar import krx
from maemae.market.costs import CostRules
from maemae.market.kinds import Side
from maemae.proof.audit import Auditor, check_quiet, check_replay
from maemae.proof.broker import Broker, Listing
from maemae.proof.hazards import ROUGH, Hazard, Hazards
from maemae.proof.process import Crash, Death, MortalLedger, ProofHands, ProofPacer, VirtualLoop
from maemae.trader.trader import Trader

FIRST = date(2026, 3, 3)
NAMES = 10
ACCOUNT = "50000000-01"
CASH = 20_000_000

DOWN = (0.5, 60.0)
"""Seconds a killed process stays down."""

GAP = (0.5, 30.0)
"""Seconds a broken socket stays down."""

_AT_POINT = 0.5
"""Share of the crashes that strike at a write or a command rather than between two instants."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to simulate: days, hazards, and an extra crash at the n-th visit of one point."""

    days: int = 1
    hours: float | None = None
    """Length of continuous trading, from the open on; None for the real length."""
    rates: Mapping[Hazard, float] = field(default_factory=lambda: ROUGH)
    crash_at: tuple[str, int] | None = None
    listing: Listing = Listing.ROWS


@dataclass(slots=True)
class Outcome:
    """What a simulation came to. `resolved`: seconds each unknown order took."""

    seed: int
    events: int = 0
    orders: int = 0
    fills: int = 0
    crashes: int = 0
    seconds: float = 0.0
    resolved: list[float] = field(default_factory=list)
    struck: Counter[str] = field(default_factory=Counter)
    points: Counter[str] = field(default_factory=Counter)
    records: Counter[str] = field(default_factory=Counter)
    violation: str = ""


def simulate(seed: int, plan: Plan | None = None) -> Outcome:
    """Run one seed; the same seed and plan give the same outcome, event by event."""
    outcome = Outcome(seed)
    began = time.perf_counter()
    loop = VirtualLoop()
    world = _World(seed, plan or Plan(), outcome)
    try:
        loop.run_until_complete(world.run())
    except InvariantError as error:
        outcome.violation = f"{error} (at {world.moment})"
    finally:
        loop.close()
    outcome.seconds = time.perf_counter() - began
    return outcome


class _World:
    """An account, its ledger and its days."""

    def __init__(self, seed: int, plan: Plan, outcome: Outcome) -> None:
        self._seed = seed
        self._plan = plan
        self._outcome = outcome
        self._dice = Random(seed)
        self._hazards = Hazards(self._dice, plan.rates)
        self._death = Death()
        self._ledger = MortalLedger(self._death, ACCOUNT)
        self._rules = _rules(self._dice)
        self._account = Account(ACCOUNT, self._rules.costs, FIRST, settled=CASH)
        self._foreign: dict[str, int] = {}
        self._left = plan.crash_at[1] if plan.crash_at else 0
        self.moment: datetime | None = None

    async def run(self) -> None:
        day, number = FIRST, 1
        with self._ledger:
            for index in range(self._plan.days):
                if index:
                    day = krx().next_session(day)
                    self._account.begin_day(day)
                number = await self._day(day, number)
        self._outcome.struck.update({h.value: n for h, n in self._hazards.struck.items()})
        self._outcome.points = self._death.visits

    async def _day(self, day: date, number: int) -> int:
        listings = _listings(day, self._seed)
        market = DayMarket(listings, self._hours(day), self._seed)
        venue = Venue(market, [self._account], first_number=number)
        venue.advance(market.hours.open - 60 * SECOND)
        broker = Broker(venue, self._account, self._hazards, self._foreign, self._plan.listing)
        auditor = Auditor(broker)
        self._put_hazards(broker)
        desk = await self._life(broker, auditor)
        while desk is None:
            self._outcome.crashes += 1
            venue.advance(venue.now + int(self._hazards.seconds(*DOWN) * SECOND))
            desk = await self._life(broker, auditor)
        check_quiet(desk, broker)
        self._foreign = broker.foreign_after
        self._add(auditor, broker)
        return venue.next_number

    def _hours(self, day: date) -> Hours:
        hours = Hours.of(krx().session(day))
        if self._plan.hours is None:
            return hours
        auction = hours.open + int(self._plan.hours * 3600 * SECOND)
        return replace(hours, auction=auction, close=auction + (hours.close - hours.auction))

    async def _life(self, broker: Broker, auditor: Auditor) -> Desk | None:
        """Let the process live until the day is closed; return its desk, or None if it died."""
        self._death.dead = False
        self._death.wanted = self._planned
        desk = Desk(self._rules, self._ledger.records())
        auditor.restart()
        broker.watch(())
        hands = ProofHands(broker, self._death)

        def audit(turn: Turn) -> None:
            self.moment = turn.at
            auditor.check(desk, turn)

        pacer = ProofPacer(broker, self._death)
        trader = Trader(desk, self._ledger, hands, pacer, (audit,))
        self._hands, self._trader = hands, trader
        hours = broker.venue.hours
        times = (datetime_of(at) for at in (hours.open, hours.auction, hours.close))
        try:
            await trader.run(*times)
        except Crash:
            broker.listener = None
            return None
        check_replay(desk, _rebuilt(self._rules.costs, self._ledger))
        return desk

    def _add(self, auditor: Auditor, broker: Broker) -> None:
        outcome = self._outcome
        outcome.events += auditor.steps
        outcome.fills += auditor.fills
        outcome.orders += len(broker.sent)
        outcome.resolved += auditor.resolved
        outcome.records += auditor.kinds

    # Hazards that come by themselves.

    def _put_hazards(self, broker: Broker) -> None:
        for hazard, happen in (
            (Hazard.STREAM_GAP, self._gap),
            (Hazard.OWNER_TRADE, self._owner),
            (Hazard.OPERATOR, self._operate),
            (Hazard.CRASH, self._crash),
        ):
            self._again(broker, hazard, happen)

    def _again(self, broker: Broker, hazard: Hazard, happen: Callable[[Broker], None]) -> None:
        wait = self._hazards.until_next(hazard)
        if wait is None:
            return

        def strike() -> None:
            if broker.venue.now >= broker.venue.hours.close:
                return
            self._hazards.struck[hazard] += 1
            happen(broker)
            self._again(broker, hazard, happen)

        broker.later(wait, strike)

    def _gap(self, broker: Broker) -> None:
        hands = self._hands
        hands.break_socket()
        broker.later(self._hazards.seconds(*GAP), hands.mend_socket)

    def _owner(self, broker: Broker) -> None:
        """Buy a few shares of anything, or sell some that are the owner's."""
        code = self._dice.choice(broker.venue.floor.market.listings).code
        quantity = self._dice.randint(1, 3)
        owned = broker.owners(code)
        if owned and self._dice.random() < 0.5:  # noqa: PLR2004 - even odds
            ticket = Ticket(code, Side.SELL, OrderKind.MARKET, min(owned, quantity))
        else:
            ticket = Ticket(code, Side.BUY, OrderKind.MARKET, quantity)
        broker.owner(ticket)

    def _operate(self, broker: Broker) -> None:
        """Halt something or flatten, and resume a while later."""
        at = broker.now
        wish = self._dice.choice((Halt.ENTRIES, Halt.EXITS_ONLY, Halt.ALL, None))
        if wish is None:
            book = self._dice.choice((None, *self._rules.books))
            self._trader.put(ev.FlattenOrdered(at=at, book=book, reason="drill"))
        else:
            self._trader.put(ev.HaltOrdered(at=at, level=wish, reason="drill"))
        broker.later(self._hazards.seconds(5, 120), lambda: self._resume(broker))

    def _resume(self, broker: Broker) -> None:
        order = ev.HaltOrdered(at=broker.now, level=Halt.NONE, reason="drill is over")
        self._trader.put(order)

    def _crash(self, _broker: Broker) -> None:
        if self._death.dead:
            return
        if self._dice.random() < _AT_POINT:
            steps = [self._dice.randint(0, 20)]

            def nearly(_: str) -> bool:
                steps[0] -= 1
                return steps[0] < 0

            self._death.wanted = nearly
        else:
            self._death.dead = True

    def _planned(self, point: str) -> bool:
        if self._plan.crash_at is None or point != self._plan.crash_at[0]:
            return False
        self._left -= 1
        return self._left == 0


def _rules(dice: Random) -> DeskRules:
    """Draw how two books trade: often, and in small steps."""

    def rate(least: int, most: int) -> Decimal:
        return Decimal(dice.randint(least, most)) / 1000

    scalper = Exits(take_profit=rate(1, 8), stop_loss=rate(1, 8))
    trailer = Exits(stop_loss=rate(3, 10), trailing=rate(1, 6))
    return DeskRules(
        books={
            "scalper": BookRules(
                entry=Entry(amount=dice.randint(1, 4) * 1_000_000, names=3, exits=scalper),
                search_every=timedelta(seconds=dice.randint(10, 60)),
                signal_every=timedelta(seconds=dice.randint(2, 10)),
            ),
            "trailer": BookRules(
                entry=Entry(amount=dice.randint(1, 4) * 1_000_000, names=2, exits=trailer),
                search_every=timedelta(seconds=dice.randint(10, 60)),
                signal_every=timedelta(seconds=dice.randint(2, 10)),
            ),
        },
        costs=dice.choice((CostRules.REAL, CostRules.VIRTUAL)),
        limits=Limits(
            entries_per_name=None,
            order_quantity=dice.choice((None, 2_000)),
            total_exposure=dice.choice((None, 12_000_000)),
            refusals_in_a_row=dice.choice((None, 8)),
        ),
        balance_every=timedelta(seconds=dice.choice((15, 30, 60))),
    )


def _rebuilt(costs: CostRules, ledger: MortalLedger) -> State:
    state = State(costs)
    for record in ledger.records():
        state.apply(record)
    return state


@lru_cache(maxsize=1)
def _history() -> SyntheticHistory:
    return SyntheticHistory(1, krx(), FIRST)


@lru_cache(maxsize=64)
def _bars(day: date) -> list[Instrument]:
    return [one for one in _history().bars(day) if not one.halted]


def _listings(day: date, seed: int) -> list[Instrument]:
    """Return the same few instruments on each day of a seed."""
    bars = _bars(day)
    start = seed * NAMES % (len(bars) - NAMES)
    wanted = {one.code for one in _bars(FIRST)[start : start + NAMES]}
    return [one for one in bars if one.code in wanted]
