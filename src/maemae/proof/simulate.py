"""Days of trading in virtual time, with everything going wrong that a seed wants to go wrong."""

import time
import traceback
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from datetime import time as clock_time
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from maemae.clock import KST
from maemae.desk.desk import Desk
from maemae.desk.guard import Limits
from maemae.desk.rules import BookRules, DeskRules, Entry
from maemae.desk.state import State
from maemae.desk.terms import AT_MARKET, AfterWait, Exits, OrderWay
from maemae.desk.turn import Turn
from maemae.errors import InvariantError, LedgerError
from maemae.exchange.accounts import Account, Holding
from maemae.exchange.actions import ActedSource
from maemae.exchange.hours import Hours
from maemae.exchange.interruptions import Halt as TradingHalt
from maemae.exchange.listing import Listing as Instrument
from maemae.exchange.moment import SECOND, datetime_of
from maemae.exchange.replay import DayMarket
from maemae.exchange.venue import Venue
from maemae.ledger.ledger import Ledger
from maemae.ledger.snapshots import keep, known
from maemae.market.calendar import Calendar
from maemae.market.costs import CostRules
from maemae.profile.facts import NOTHING, Beliefs, Fact
from maemae.proof.answers import Listing
from maemae.proof.assumptions import seen_before
from maemae.proof.astray import live_astray
from maemae.proof.audit import Auditor
from maemae.proof.bars import SimulatedSource
from maemae.proof.books import ProofBooks
from maemae.proof.broker import Broker
from maemae.proof.days import drawn, inquiry
from maemae.proof.hazards import ROUGH, Hazard, Hazards
from maemae.proof.limits import pressed, scarce, tightened
from maemae.proof.locked import Locked
from maemae.proof.nights import HELD, Names, Nights, draw
from maemae.proof.process import Crash, Death, MortalLedger, ProofHands, ProofPacer, VirtualLoop
from maemae.proof.quiet import check_quiet, check_replay
from maemae.proof.tables import check_tables
from maemae.proof.truth import Truth
from maemae.proof.walk import Steady, make_paths
from maemae.proof.weather import Life, Weather
from maemae.proof.wired import WiredBroker
from maemae.trader.holidays import correct
from maemae.trader.trader import Trader

FIRST = date(2026, 3, 3)
NAMES = 10
ACCOUNT = "50000000-01"
CASH = 20_000_000

LOCKED_EVERY = 3
"""Every so many seeds one name stands at its upper limit all day: whoever buys it waits."""

DOWN = (0.5, 60.0)
"""Seconds a killed process stays down."""

HALTED = (30.0, 600.0)
"""Seconds for which an instrument is halted; the auction that opens it again comes after them."""

_AT_MARKET = 0.5
"""Share of the books that enter at market."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to simulate: days, hazards, and an extra crash at the n-th visit of one point."""

    days: int | None = None
    """None: as the seed says, see `days_of`."""
    hours: float | None = None
    """Length of continuous trading, from the open on; None for the real length."""
    rates: Mapping[Hazard, float] = field(default_factory=lambda: ROUGH)
    crash_at: tuple[str, int] | None = None
    listing: Listing | None = None
    """How the broker answers the order inquiry; None: as the seed says, see `listing_of`."""
    wired: bool = False
    """Whether commands and answers go over the broker's protocol, see `maemae.proof.wired`."""
    tight: bool = False
    """Whether one limit is tight and money short in any case, and not many in some seeds."""
    assume_not: frozenset[Fact] = frozenset()
    """What is taken for granted of the broker and is not so."""
    beliefs: Beliefs = NOTHING
    """What the desk is told of the broker."""


@dataclass(slots=True)
class Outcome:
    """What a simulation came to.

    `resolved`: seconds each unknown order took; `undisturbed`: the seconds of them during which
    the process was up and every question was answered well.
    """

    seed: int
    listing: Listing = Listing.ROWS
    events: int = 0
    orders: int = 0
    fills: int = 0
    crashes: int = 0
    seconds: float = 0.0
    resolved: list[float] = field(default_factory=list)
    undisturbed: list[float] = field(default_factory=list)
    struck: Counter[str] = field(default_factory=Counter)
    points: Counter[str] = field(default_factory=Counter)
    records: Counter[str] = field(default_factory=Counter)
    violation: str = ""
    trace: str = ""
    """Where a violation came about that was no invariant but an error of the program."""


def listing_of(seed: int) -> Listing:
    """Return how a seed's broker answers the order inquiry: every second one lists no orders."""
    return (Listing.ROWS, Listing.NONE, Listing.ROWS, Listing.REFUSED)[seed % 4]


def days_of(seed: int) -> int:
    """Return how many days a seed lives through: two seeds of five see a night."""
    return (1, 1, 2, 1, 2)[seed % 5]


def simulate(seed: int, plan: Plan | None = None) -> Outcome:
    """Run one seed; the same seed and plan give the same outcome, event by event."""
    plan = plan or Plan()
    none = Listing.NONE if Fact.LISTS_ORDERS in plan.assume_not else None
    outcome = Outcome(seed, plan.listing or none or listing_of(seed))
    play(World(seed, plan, outcome), outcome)
    return outcome


def play(world: "World", outcome: Outcome) -> None:
    """Let a world live through its days, and write down what that comes to."""
    began, loop = time.perf_counter(), VirtualLoop()
    try:
        loop.run_until_complete(world.run())
    except InvariantError as error:
        outcome.violation = f"{error} (at {world.moment})"
    except Exception as error:  # noqa: BLE001 - whatever ends a seed unexpectedly is a violation
        outcome.violation = f"{type(error).__name__}: {error} (at {world.moment})"
        outcome.trace = traceback.format_exc()
    finally:
        loop.close()
        world.note()
    outcome.seconds = time.perf_counter() - began


def _as_they_are(listings: Sequence[Instrument], _: date) -> Sequence[Instrument]:
    return listings


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """Where an account trades: the rules of its desk, its days, the market.

    Attributes:
        rules: of the desk.
        calendar: the days on which the exchange really opens.
        days: which of them are traded.
        source: the market.
        owned: the owner's shares before the first day, by code.
        dressed: what becomes of a day's listings before it opens.
        told: called before a day opens, with its broker and what lives there.
    """

    rules: DeskRules
    calendar: Calendar
    days: Sequence[date]
    source: ActedSource
    owned: Mapping[str, int] = field(default_factory=dict)
    dressed: Callable[[Sequence[Instrument], date], Sequence[Instrument]] = _as_they_are
    told: Callable[[Broker, Weather], None] = lambda *_: None


class World:
    """An account, its ledger and its days.

    Args:
        seed: of all chance.
        plan: what goes wrong.
        outcome: what it comes to.
        stage: where it trades; None: as the seed says.
    """

    def __init__(self, seed: int, plan: Plan, outcome: Outcome, stage: Stage | None = None) -> None:
        self._seed = seed
        self._plan = plan
        self._outcome = outcome
        self._hazards = Hazards(seed, plan.rates)
        self._death = Death()
        self._stage = stage or _stage(seed, plan, self._hazards)
        self._rules = replace(self._stage.rules, beliefs=plan.beliefs)
        self._calendar = self._stage.calendar
        first = self._stage.days[0]
        settled = scarce(seed) if plan.tight else CASH
        self._account = Account(ACCOUNT, self._rules.costs, first, settled=settled)
        for code, shares in self._stage.owned.items():
            self._account.holdings[code] = Holding(code, shares)
        owned = Counter(self._stage.owned)
        self._truth = Truth(owned, listed=outcome.listing is Listing.ROWS)
        # The books of another stage say how many shares they want, whatever that costs.
        amounts = {} if stage else _amounts(self._rules)
        self._auditor = Auditor(self._truth, self._rules.costs, amounts)
        held = HELD if Hazard.UNIT_CHANGED in plan.rates and stage is None else 0.0
        self._nights = Nights(self._stage.source, self._truth, held=held, seed=seed)
        self._hazards.struck[Hazard.UNIT_CHANGED] += len(self._nights.source.actions)
        self._ledger = MortalLedger(self._death, self._hazards, ACCOUNT, self._auditor.durable)
        self._left = plan.crash_at[1] if plan.crash_at else 0
        self._folder: Path | None = None
        """Of what a client keeps from one process to the next."""
        self.moment: datetime | None = None

    async def run(self) -> None:
        """Live through the days."""
        number = 1
        with self._ledger, ExitStack() as stack:
            if self._plan.wired:
                kept = stack.enter_context(TemporaryDirectory(prefix="maemae-wired-"))
                self._folder = Path(kept)
            at = datetime.combine(self._stage.days[0], clock_time(), KST)
            before = seen_before(self._seed, self._plan.assume_not, at)
            Ledger.append(self._ledger, before)
            for index, day in enumerate(self._stage.days):
                if index:
                    self._account.begin_day(day)
                    self._nights.pass_to(day, self._account)
                number = await self._day(day, number)

    def note(self) -> None:
        """Write down what the days came to so far."""
        outcome, auditor = self._outcome, self._auditor
        outcome.events = auditor.steps
        outcome.fills = auditor.kinds["filled"]
        outcome.orders = self._truth.sent.total()
        outcome.resolved = auditor.resolved
        outcome.undisturbed = auditor.undisturbed
        outcome.records = auditor.kinds
        outcome.struck.update({h.value: n for h, n in self._hazards.struck.items()})
        outcome.struck.update(
            taken_out=len(self._nights.gone), merged_held=len(self._nights.joined)
        )
        outcome.points = self._death.visits

    async def _day(self, day: date, number: int) -> int:
        listings = self._stage.dressed(self._nights.source.listings(day), day)
        hours = self._hours(day)
        halts = _halts(listings, hours, self._hazards)
        market = DayMarket(listings, hours, self._seed, halts, make=make_paths, liquid=Steady.of)
        venue = Venue(market, [self._account], first_number=number)
        venue.advance(market.hours.open - 60 * SECOND)
        broker = self._broker(venue)
        actions = [one for on, one in self._nights.told if on == day]
        self._auditor.begin_day(broker, self._calendar, actions)
        weather = Weather(broker, self._hazards, self._death, self._ledger.absence)
        weather.begin()
        self._stage.told(broker, weather)
        desk = await self._life(broker, weather)
        while desk is None:
            self._outcome.crashes += 1
            weather.life = None
            venue.advance(venue.now + int(self._hazards.seconds(*DOWN) * SECOND))
            while self._ledger.absence.away:
                venue.advance(venue.now + SECOND)
            if self._ledger.absence.wrong is not None:
                await live_astray(self._rules, self._calendar, broker, self._ledger.absence.wrong)
            self._ledger.absence.come_back()
            desk = await self._life(broker, weather)
        check_quiet(desk, broker)
        return venue.next_number

    def _broker(self, venue: Venue) -> Broker:
        if self._folder is not None:
            return WiredBroker(
                venue, self._account, self._hazards, self._truth, self._outcome.listing,
                calendar=self._calendar, folder=self._folder,
            )  # fmt: skip
        return Broker(
            venue, self._account, self._hazards, self._truth, self._outcome.listing,
            denied=self._plan.assume_not,
        )  # fmt: skip

    def _hours(self, day: date) -> Hours:
        hours = Hours.of(self._calendar.session(day))
        if self._plan.hours is None:
            return hours
        auction = hours.open + int(self._plan.hours * 3600 * SECOND)
        return replace(hours, auction=auction, close=auction + (hours.close - hours.auction))

    async def _life(self, broker: Broker, weather: Weather) -> Desk | None:
        """Let the process live until the day is closed; return its desk, or None if it died."""
        self._death.dead = False
        self._death.wanted = self._planned
        books = ProofBooks(self._rules, broker, self._auditor.book_failed)
        # From the snapshot of the last close, as a trader does; at the end of the day all facts are
        # held against it.
        state = known(self._ledger, books.rules.costs).state
        desk = Desk(books.rules, state=state)
        self._auditor.begin_life(desk)
        check_tables(self._ledger, desk.state)
        books.connect(desk.state)
        broker.watch(())
        hands = ProofHands(broker, self._death, books, self._ledger.absence.forbid)

        def audit(turn: Turn) -> None:
            self.moment = turn.at
            self._auditor.check(turn)

        trader = Trader(desk, self._ledger, hands, ProofPacer(broker, self._death), (audit,))
        weather.life = Life(desk, trader, hands)
        hours = broker.venue.hours
        times = (datetime_of(at) for at in (hours.open, hours.auction, hours.close))
        async with broker.connected():
            try:
                correct(inquiry(self._calendar, hours.day), desk.state, self._ledger, broker.now)
                await trader.run(*times)
            except (Crash, LedgerError):
                self._death.dead = True
                broker.hang_up()
                books.end()
                return None
        again = _rebuilt(self._rules.costs, self._ledger)
        check_replay(desk, again)
        check_tables(self._ledger, again)
        with suppress(LedgerError):  # The next start reads more then, and that is all.
            keep(self._ledger, known(self._ledger, self._rules.costs).fold)
        return desk

    def _planned(self, point: str) -> bool:
        if self._plan.crash_at is None or point != self._plan.crash_at[0]:
            return False
        self._left -= 1
        return self._left == 0


def _rules(dice: Random) -> DeskRules:
    """Draw how one to four books trade: often, and in small steps."""

    def rate(least: int, most: int) -> Decimal:
        return Decimal(dice.randint(least, most)) / 1000

    def book(exits: Exits) -> BookRules:
        return BookRules(
            entry=Entry(
                amount=dice.randint(1, 4) * 1_000_000, names=dice.randint(1, 3), exits=exits
            ),
            search_every=timedelta(seconds=dice.randint(10, 60)),
            signal_every=timedelta(seconds=dice.randint(2, 10)),
            order=_way(dice),
        )

    kinds = {
        "scalper": lambda: Exits(take_profit=rate(1, 8), stop_loss=rate(1, 8)),
        "trailer": lambda: Exits(stop_loss=rate(3, 10), trailing=rate(1, 6)),
        "timer": lambda: Exits(stop_loss=rate(5, 15), at=clock_time(10, dice.randint(0, 29))),
        "keeper": lambda: Exits(take_profit=rate(3, 20), days=dice.randint(1, 2)),
    }
    names = dice.sample(sorted(kinds), dice.randint(1, len(kinds)))
    return DeskRules(
        books={name: book(kinds[name]()) for name in names},
        costs=dice.choice((CostRules.REAL, CostRules.VIRTUAL)),
        limits=Limits(
            entries_per_name=None,
            order_quantity=dice.choice((None, 2_000)),
            total_exposure=dice.choice((None, 12_000_000)),
            refusals_in_a_row=dice.choice((None, 8)),
            daily_loss=dice.choice((None, None, 20_000, 100_000)),
            book_loss=dice.choice((None, None, 10_000, 50_000)),
        ),
        balance_every=timedelta(seconds=dice.choice((15, 30, 60))),
    )


def _way(dice: Random) -> OrderWay:
    """Draw how a book orders: at market, or at a limit near the last price, and what then."""
    if dice.random() < _AT_MARKET:
        return AT_MARKET
    return OrderWay(
        kind="limit",
        offset_ticks=dice.randint(-2, 2),
        wait_seconds=dice.randint(1, 20),
        then=dice.choice(tuple(AfterWait)),
        chases=dice.randint(1, 5),
    )


def _halts(listings: Sequence[Instrument], hours: Hours, hazards: Hazards) -> list[TradingHalt]:
    """Draw which instruments are halted during the day, once each at most."""
    halts: dict[str, TradingHalt] = {}
    at = hours.open
    while (wait := hazards.until_next(Hazard.TRADING_HALT)) is not None:
        at += int(wait * SECOND)
        until = at + int(hazards.seconds(*HALTED) * SECOND)
        if until >= hours.auction:
            break
        code = hazards.dice.choice(listings).code
        if code not in halts:
            hazards.struck[Hazard.TRADING_HALT] += 1
            spans = (datetime_of(moment).time() for moment in (at, until))
            halts[code] = TradingHalt((code,), *spans)
    return list(halts.values())


def _amounts(rules: DeskRules) -> dict[str, int]:
    """Return the won that books spend on a name at most, of those that declare it."""
    declared = ((name, book.entry.amount) for name, book in rules.books.items())
    return {name: amount for name, amount in declared if isinstance(amount, int)}


def _rebuilt(costs: CostRules, ledger: MortalLedger) -> State:
    state = State(costs)
    for record in ledger.records():
        state.apply(record)
    return state


def _days(count: int, calendar: Calendar) -> list[date]:
    days = [FIRST]
    while len(days) < count:
        days.append(calendar.next_session(days[-1]))
    return days


@lru_cache(maxsize=2)
def _source(calendar: Calendar) -> SimulatedSource:
    return SimulatedSource(calendar, FIRST)


def _stage(seed: int, plan: Plan, hazards: Hazards) -> Stage:
    """Return the same few instruments on each day of a seed, and what happens between them."""
    rules, count = _limited(seed, _rules(hazards.dice), plan), plan.days or days_of(seed)
    calendar = drawn(seed, FIRST, count, hazards)
    days, source = _days(count, calendar), _source(calendar)
    listed = [one.code for one in source.listings(FIRST) if not one.halted]
    start = seed * NAMES % (len(listed) - NAMES)
    codes = listed[start : start + NAMES]
    rate = plan.rates.get(Hazard.UNIT_CHANGED, 0.0)
    actions = draw(seed, codes, days, rate, calendar)
    return Stage(
        rules=rules,
        calendar=calendar,
        days=days,
        source=ActedSource(Names(source, codes), actions, calendar),
        dressed=Locked(actions) if seed % LOCKED_EVERY == 0 else _as_they_are,
    )


def _limited(seed: int, rules: DeskRules, plan: Plan) -> DeskRules:
    return pressed(seed, rules) if plan.tight else tightened(seed, rules)
