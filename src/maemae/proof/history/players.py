"""Who trades on the real days: a book for every way of trading, and what each is offered."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from datetime import time as clock_time
from decimal import Decimal
from functools import partial
from itertools import cycle
from random import Random

from maemae.desk import events as ev
from maemae.desk.guard import Limits
from maemae.desk.records import OWNER, Halt
from maemae.desk.rules import BookRules, DeskRules, Entry
from maemae.desk.terms import AT_MARKET, Exits, OrderWay
from maemae.exchange.moment import SECOND
from maemae.market.costs import CostRules
from maemae.market.kinds import Side
from maemae.proof.broker import Broker
from maemae.proof.history.happenings import RARE, Event, Happening
from maemae.proof.history.met import Met
from maemae.proof.history.seasons import Season
from maemae.proof.weather import Weather

SCALPER, TARGETS, PLAN = "scalper", "targets", "plan"
BREAKOUT, STRATEGY, KEEPER = "breakout", "strategy", "keeper"
HOLDERS = (TARGETS, PLAN, BREAKOUT, STRATEGY, KEEPER)
"""Books that get what is held from the first day on, in turn."""

OFFERED = 12
EXIT_CHANCE = 0.2
"""Chance of each position of the strategy that its rule wants it sold on a day."""

WORTH = 200_000
"""Won of each name that is held from the first day on."""

ADOPTED = (20, 40)
"""Seconds after the broker is up at which that is done, and what was refused is done again."""

KEPT = 100_000
"""Won of a name that is ordered by hand."""

SETTLED = 20
"""Seconds after the close at which nothing is bought or sold any more."""

PLANNED = 4
"""Names that a plan buys on a day."""


def rules() -> DeskRules:
    """Return a book for every way of trading; all hold overnight, the keeper whatever comes."""

    def book(names: int, exits: Exits, order: OrderWay = AT_MARKET) -> BookRules:
        return BookRules(
            entry=Entry(amount=400_000, names=names, exits=exits),
            search_every=timedelta(minutes=5),
            signal_every=timedelta(minutes=5),
            order=order,
        )

    def bound(percent: int) -> Decimal:
        return Decimal(percent) / 100

    limit = OrderWay(kind="limit")
    return DeskRules(
        books={
            SCALPER: book(3, Exits(take_profit=bound(2), stop_loss=bound(2))),
            TARGETS: book(8, Exits(stop_loss=bound(15), days=5, at=clock_time(9, 5))),
            PLAN: book(8, Exits(stop_loss=bound(20), days=3, of_price=True)),
            BREAKOUT: book(6, Exits(stop_loss=bound(10), trailing=bound(12)), limit),
            STRATEGY: book(8, Exits(stop_loss=bound(12), of_price=True)),
            KEEPER: book(0, Exits(stop_loss=bound(80), trailing=bound(80))),
        },
        costs=CostRules.REAL,
        limits=Limits(entries_per_name=None, refusals_in_a_row=None),
        balance_every=timedelta(seconds=60),
    )


def owned(season: Season) -> dict[str, int]:
    """Return shares of every name to which something happens, held from the first day on.

    Many of them cannot be bought before it: they were halted when the season began.
    """
    rows = season.window.rows[season.window.days[0]]
    codes = sorted({event.code for event in season.events} & rows.keys())
    return {code: max(10, WORTH // rows[code].close) for code in codes}


class Players:
    """Offers each book its names, those first to which something happens on the next day.

    Args:
        season: what the days bring.
        dice: the only source of chance.
    """

    def __init__(self, season: Season, dice: Random) -> None:
        self._season = season
        self._dice = dice
        self._on: dict[date, list[Event]] = {}
        for one in season.events:
            self._on.setdefault(one.day, []).append(one)
        self._held: set[tuple[str, str]] = set()
        self.met = Met()

    def begin(self, broker: Broker, weather: Weather) -> None:
        """Count what a day brings, and let the books trade on it."""
        hours = broker.venue.hours
        for one in self._on.get(hours.day, []):
            if one.kind is not Happening.NEW:
                self.met.add(one.kind, self._books(one.code))
        if hours.day == self._season.window.days[0]:
            for seconds in ADOPTED:
                broker.later(seconds, partial(self._adopt, broker, weather))
        broker.answers.found = partial(self._offers, broker)
        broker.later(61, partial(self._plan, broker, weather))
        broker.later(120, partial(self._exit, broker, weather))
        broker.later(150, partial(self._order, broker, weather))
        left = (hours.close - broker.venue.now) / SECOND
        broker.later(left + SETTLED, partial(self._end, broker))

    def _books(self, code: str) -> set[str]:
        return {book for book, held in self._held if held == code}

    def _end(self, broker: Broker) -> None:
        """Note who holds what overnight, and whether the day's new names were traded."""
        truth = broker.truth
        self._held = {key for key, shares in truth.ours.items() if shares > 0}
        for one in self._on.get(broker.venue.hours.day, []):
            if one.kind is Happening.NEW:
                traded = {
                    truth.books[truth.numbers[order.number]]
                    for order in broker.account.orders.values()
                    if order.code == one.code and order.filled and order.number in truth.numbers
                }
                self.met.add(one.kind, traded | self._books(one.code))

    def _adopt(self, broker: Broker, weather: Weather) -> None:
        """Put what is held from the first day on into the books, as a person would."""
        if weather.life is None:
            return
        trader, at = weather.life.trader, broker.now
        for book in HOLDERS:
            trader.put(ev.HaltOrdered(at=at, level=Halt.ENTRIES, reason="adopt", book=book))
        owned = sorted(weather.life.desk.state.portfolio.foreign)
        for code, book in zip(owned, cycle(HOLDERS), strict=False):
            trader.put(
                ev.MoveOrdered(
                    at=at,
                    ticket=f"adopt-{code}",
                    origin=OWNER,
                    book=book,
                    code=code,
                    price=broker.base(code),
                )
            )
        for book in HOLDERS:
            trader.put(ev.HaltOrdered(at=at, level=Halt.NONE, reason="adopted", book=book))

    def _coming(self, broker: Broker) -> list[str]:
        """Return the names to buy: new ones, those to which something happens tomorrow, any."""
        today = broker.venue.hours.day
        listed = {one.code for one in broker.venue.floor.market.listings if not one.halted}
        new = [one for one in self._on.get(today, []) if one.kind is Happening.NEW]
        tomorrow = sorted(self._tomorrow(today), key=lambda one: one.kind not in RARE)
        wanted = [one.code for one in (*new, *tomorrow) if one.code in listed]
        rest = sorted(listed - set(wanted))
        self._dice.shuffle(rest)
        return list(dict.fromkeys([*wanted, *rest]))

    def _offers(self, broker: Broker, book: str) -> tuple[ev.Candidate, ...]:
        if book in (PLAN, KEEPER):
            return ()
        names = self._coming(broker)[:OFFERED]
        self._dice.shuffle(names)
        return tuple(_banded(broker.answers.offer(code), book) for code in names)

    def _plan(self, broker: Broker, weather: Weather) -> None:
        """Open the day's plan: exact shares of a few names, and one held name sold whole."""
        if weather.life is None:
            return
        day, ours = broker.venue.hours.day, self._held_by(PLAN, weather)
        offers = [broker.answers.offer(code) for code in self._coming(broker)[:PLANNED]]
        buys = tuple(
            replace(one, price=0, quantity=max(1, 300_000 // max(one.price, 1))) for one in offers
        )
        weather.life.trader.put(
            ev.PlanOpened(
                at=broker.now,
                book=PLAN,
                plan=f"{day}",
                day=day,
                fingerprint=f"{day}",
                buys=buys,
                sells=tuple(ours[:1]),
                until=broker.now + timedelta(minutes=10),
            )
        )

    def _order(self, broker: Broker, weather: Weather) -> None:
        """Order by hand the names to which something happens tomorrow and that nobody holds."""
        if weather.life is None:
            return
        state, day = weather.life.desk.state, broker.venue.hours.day
        taken = {code for _, code in state.portfolio.positions}
        taken |= {order.code for order in state.blotter.live()}
        listed = {one.code for one in broker.venue.floor.market.listings if not one.halted}
        wanted = {one.code for one in self._tomorrow(day) if one.kind is not Happening.NEW}
        for code in sorted((wanted & listed) - taken):
            weather.life.trader.put(
                ev.OrderOrdered(
                    at=broker.now,
                    ticket=f"keep-{day}-{code}",
                    book=KEEPER,
                    side=Side.BUY,
                    code=code,
                    quantity=max(1, KEPT // broker.lasts[code]),
                    price=None,
                )
            )

    def _tomorrow(self, today: date) -> list[Event]:
        """Return what happens on the next day."""
        after = next((one for one in self._season.window.days if one > today), None)
        return self._on.get(after, []) if after else []

    def _exit(self, broker: Broker, weather: Weather) -> None:
        """Let the strategy's rule want some of its positions sold."""
        if weather.life is None:
            return
        ours = self._held_by(STRATEGY, weather)
        codes = tuple(code for code in ours if self._dice.random() < EXIT_CHANCE)
        if codes:
            due = ev.ExitsDue(at=broker.now, book=STRATEGY, codes=codes, reason="exit_rule")
            weather.life.trader.put(due)

    @staticmethod
    def _held_by(book: str, weather: Weather) -> Sequence[str]:
        if weather.life is None:
            return ()
        return sorted(one.listed.code for one in weather.life.desk.state.portfolio.held(book))


def _banded(offer: ev.Candidate, book: str) -> ev.Candidate:
    """Return an offer with the prices between which its book buys."""
    if book == TARGETS:
        return replace(offer, low=offer.price * 9 // 10, high=offer.price * 11 // 10)
    if book == BREAKOUT:
        return replace(offer, low=offer.price)
    return offer
