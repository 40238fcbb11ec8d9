"""Fills of the dry run's model beside those of the market that feeds it, order by order.

The replayed exchange knows its whole book and matches the orders itself: what becomes of them there
is the truth. The model hears what a stream tells (trades, the best level, totals) and sees a whole
book once, when an order is sent. Orders of one round are in different names, so that none meets
another; every care gets the same ones.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, time
from enum import StrEnum
from random import Random
from typing import Final

from maemae.errors import InvariantError
from maemae.exchange.accounts import Holding
from maemae.exchange.depth import Depth, Level
from maemae.exchange.fed.care import CARES, CareName
from maemae.exchange.fed.exchange import ACCOUNT, FedExchange
from maemae.exchange.fed.floor import Print
from maemae.exchange.moment import MINUTE, SECOND, Moment, moment_at
from maemae.exchange.orders import Order, OrderKind, Ticket
from maemae.exchange.replay import Point
from maemae.exchange.scenario import default_scenario
from maemae.exchange.simulation import Exchange
from maemae.exchange.sources import SyntheticSource
from maemae.exchange.timekeeper import Timekeeper
from maemae.market.calendar import krx
from maemae.market.costs import CostRules
from maemae.market.kinds import Side

CASH = 10**15
"""Won; no account lacks any."""

NAMES: Final = 40
"""Names with the largest turnover, of which those of a round are drawn."""

_MANY: Final = 3
"""A market order takes up to so many halves of the best level: two levels at times, or more."""

_PARTS: Final = (20_000, 2_000, 500)
"""An order in an auction is for one of so many shares of the day's: what is larger than the auction
itself meets a market that it would have moved, and no model tells of that."""


class Way(StrEnum):
    """How orders are put, and what is told of the market meanwhile."""

    MARKET_BUY = "market-buy"
    MARKET_SELL = "market-sell"
    LIMIT_BUY = "limit-buy"
    LIMIT_SELL = "limit-sell"
    THROUGH = "limit-through"
    """At the best price of the other side, for more shares than are there."""
    OPENING = "opening-auction"
    CLOSING = "closing-auction"
    GAP = "gap"
    """Limits while the stream is down for half of the time."""

    @property
    def begins(self) -> time:
        """When the first of these orders is sent."""
        if self is Way.OPENING:
            return time(8, 50)
        return time(15, 21) if self is Way.CLOSING else time(9, 5)


@dataclass(slots=True)
class Sum:
    """What orders came to: so many of them, thousandths filled, millionths of the price before."""

    orders: int = 0
    filled: int = 0
    paid: int = 0
    priced: int = 0

    def add(self, order: Order, before: int) -> None:
        """Add an order; `before` is the price when it was sent, so that names weigh alike."""
        self.orders += 1
        self.filled += order.filled * 1000 // order.quantity
        if order.filled:
            self.paid += _cost(order, before)
            self.priced += 1

    @property
    def rate(self) -> float:
        """Percent of the shares that were filled, the mean over orders."""
        return self.filled / self.orders / 10 if self.orders else 0.0

    @property
    def slippage(self) -> float:
        """Basis points by which they were filled worse than the price before, the mean."""
        return self.paid / self.priced / 100 if self.priced else 0.0


@dataclass(frozen=True, slots=True)
class Comparison:
    """Of one way: the truth, what each care said, and shares that were missed and told of.

    `apart`: basis points by which orders that were filled in the market and as usual were filled
    worse as usual, the mean. An order that only one of them filled is in the rates.
    """

    truth: Sum
    models: dict[CareName, Sum]
    missed: int
    apart: float


def _cost(order: Order, before: int) -> int:
    """Return by how many millionths of a price an order was filled worse than that."""
    cost = order.amount * 10**6 // (order.filled * before) - 10**6
    return cost if order.side is Side.BUY else -cost


class Market:
    """A replayed day, and a model of each care that hears of it.

    Args:
        seed: of the day.
        day: its date.
        at: when it begins.
    """

    def __init__(self, seed: int, day: date, at: time) -> None:
        calendar = krx()
        began = moment_at(day, at)
        source = SyntheticSource(seed, calendar, day)
        self.source = Exchange(
            source, calendar, day, default_scenario(seed), seed=seed,
            clock=Timekeeper(began, None), limits=False,
        )  # fmt: skip
        self.source.catch_up()
        self.models = {
            name: FedExchange(
                calendar, day, Timekeeper(began, None),
                cash=CASH, costs=CostRules.REAL, care=care,
            )
            for name, care in CARES.items()
        }  # fmt: skip
        self.deaf = False
        self.missed = 0
        for fed in self.models.values():
            fed.catch_up()
        self.models["usual"].on_gap(self._missed)
        self.source.venue.floor.listen(self)
        self.owner = next(iter(self.source.customers))
        account = self.source.account(self.owner)
        if account is not None:
            account.settled = CASH

    def on_trade(self, row: int, point: Point, depth: Depth) -> None:
        """Tell the models of a trade, as a stream does."""
        market = self.source.venue.floor.market
        for fed in self.models.values():
            fed.clock.jump(point.at)
        if self.deaf:
            return
        total, _volume = market.totals(row, point.index)
        auction = market.is_auction(row, point)
        told = Print(
            point.price, point.volume, total, point.at,
            bought=None if auction else point.bought,
            best=(_best(depth.asks), _best(depth.bids)),
            reference=market.vi_reference(row, point.index),
        )  # fmt: skip
        for fed in self.models.values():
            fed.heard(market.listings[row].code, told)

    def show(self, code: str) -> None:
        """Tell the models of a name, and let them see its whole book, as an inquiry does."""
        floor = self.source.venue.floor
        one, state, book = floor.listing(code), floor.state(code), floor.shown(code)
        self.source.venue.watch(code)
        for fed in self.models.values():
            if not fed.knows(code):
                fed.admit(
                    code, one.name, one.market, one.kind,
                    limits=(one.base, one.lower, one.upper), price=state.price,
                    volume=state.volume,
                )  # fmt: skip
            asks, bids = ([Level(x.price, x.quantity) for x in s] for s in (book.asks, book.bids))
            fed.see(code, asks, bids, vi=floor.in_vi(code))

    def send(self, ticket: Ticket) -> list[Order]:
        """Put an order into the market itself and into each model; the truth comes first."""
        orders = []
        for exchange, number in self._everybody():
            account = exchange.account(number)
            if account is None:
                raise InvariantError("an exchange without its account")
            if ticket.side is Side.SELL:
                holding = account.holdings.setdefault(ticket.code, Holding(ticket.code))
                holding.quantity += ticket.quantity
            orders.append(exchange.venue.submit(account, ticket))
        return orders

    def take_back(self, orders: Sequence[Order]) -> None:
        """Cancel what is left of an order, in the market and in each model."""
        for (exchange, number), order in zip(self._everybody(), orders, strict=True):
            account = exchange.account(number)
            if order.left and account is not None:
                exchange.venue.cancel(account, order.number)

    def wait(self, span: Moment) -> None:
        """Let time pass."""
        until = self.source.venue.now + span
        self.source.venue.advance(until)
        for exchange, _number in self._everybody():
            exchange.clock.jump(until)
            exchange.catch_up()

    def _everybody(self) -> Iterator[tuple[Exchange, str]]:
        yield self.source, self.owner
        for fed in self.models.values():
            yield fed, ACCOUNT

    def _missed(self, code: str, shares: int) -> None:
        del code
        self.missed += shares


def compare(way: Way, orders: int, seed: int, day: date) -> Comparison:
    """Put at least so many orders that way, and see what became of them.

    Args:
        way: how.
        orders: how many; auctions take as many days as they need.
        seed: of days, names, sides, prices and quantities.
        day: the date of all days.
    """
    truth, chance, missed = Sum(), Random(seed), 0
    models: dict[CareName, Sum] = {name: Sum() for name in CARES}
    number, usual = 0, 1 + list(CARES).index("usual")
    apart: list[int] = []
    while truth.orders < orders:
        market = Market(seed + number, day, way.begins)
        for _round in range(_rounds(way)):
            for before, sent in _round_of(market, way, chance):
                for total, order in zip((truth, *models.values()), sent, strict=True):
                    total.add(order, before)
                if sent[0].filled and sent[usual].filled:
                    apart.append(_cost(sent[usual], before) - _cost(sent[0], before))
            if truth.orders >= orders:
                break
        missed += market.missed
        number += 1
    return Comparison(truth, models, missed, sum(apart) / max(1, len(apart)) / 100)


def _rounds(way: Way) -> int:
    return 1 if way in (Way.OPENING, Way.CLOSING) else 100


def _round_of(market: Market, way: Way, chance: Random) -> list[tuple[int, list[Order]]]:
    floor = market.source.venue.floor
    liquid = sorted(floor.market.listings, key=lambda one: -one.volume * one.base)[:NAMES]
    sent = []
    for one in chance.sample(liquid, NAMES // 2):
        market.show(one.code)
        ticket = _ticket(market, way, one.code, chance)
        if ticket is not None:
            sent.append((floor.state(one.code).price, market.send(ticket)))
    if way in (Way.OPENING, Way.CLOSING):
        market.wait(11 * MINUTE)
    elif way is Way.GAP:
        market.wait(30 * SECOND)
        market.deaf = True
        market.wait(90 * SECOND)
        market.deaf = False
        market.wait(MINUTE)
    else:
        market.wait(3 * MINUTE)
    for _before, orders in sent:
        market.take_back(orders)
    market.wait(SECOND)
    return sent


def _ticket(market: Market, way: Way, code: str, chance: Random) -> Ticket | None:
    """Return an order of that way; None where the name does not trade that way now."""
    floor = market.source.venue.floor
    shown = floor.shown(code)
    side = _SIDES.get(way) or chance.choice(list(Side))
    if way in (Way.OPENING, Way.CLOSING):
        return _auctioned(market, code, side, chance)
    if not shown.asks or not shown.bids or not floor.continuous(code):
        return None
    beside, against = shown.beside(side), shown.against(side)
    part = against[0].quantity
    if way in (Way.MARKET_BUY, Way.MARKET_SELL):
        quantity = chance.randrange(1, max(2, _MANY * part // 2))
        return Ticket(code, side, OrderKind.MARKET, quantity)
    if way is Way.THROUGH:
        return Ticket(code, side, OrderKind.LIMIT, part + part // 2 + 1, against[0].price)
    price = beside[chance.randrange(min(3, len(beside)))].price
    return Ticket(code, side, OrderKind.LIMIT, chance.randrange(1, max(2, part // 2)), price)


def _auctioned(market: Market, code: str, side: Side, chance: Random) -> Ticket | None:
    floor = market.source.venue.floor
    if floor.halted(code):
        return None
    one, state = floor.listing(code), floor.state(code)
    quantity = max(1, one.volume // chance.choice(_PARTS))
    if chance.random() < 1 / 3:
        return Ticket(code, side, OrderKind.MARKET, quantity)
    grid = floor.market.grid(floor.market.rows[code])
    step = grid.floor(state.price or one.base) + chance.randrange(-3, 4)
    price = min(max(grid.price(step), one.lower), one.upper)
    return Ticket(code, side, OrderKind.LIMIT, quantity, price)


_SIDES: Final = {
    Way.MARKET_BUY: Side.BUY, Way.MARKET_SELL: Side.SELL,
    Way.LIMIT_BUY: Side.BUY, Way.LIMIT_SELL: Side.SELL,
}  # fmt: skip


def _best(levels: Sequence[Level]) -> Level | None:
    return Level(levels[0].price, levels[0].quantity) if levels else None


def broken(way: Way, found: Comparison) -> list[str]:
    """Return what the model promises and did not keep, in words; see the docs of the dry run."""
    usual, careful, truth = found.models["usual"], found.models["careful"], found.truth
    promises: list[tuple[str, Callable[[], bool]]] = [
        ("careful fills exceed the truth by more than 1 point",
         lambda: careful.rate <= truth.rate + 1),
    ]  # fmt: skip
    if way is not Way.GAP:
        promises += [
            ("the usual fill rate is off by more than 5 points",
             lambda: abs(usual.rate - truth.rate) <= 5),  # noqa: PLR2004
            ("usual prices are off by more than 1 basis point", lambda: abs(found.apart) <= 1),
        ]  # fmt: skip
        if way not in (Way.OPENING, Way.CLOSING):  # There one order's move outweighs the rest.
            promises.append(
                ("the usual mean price is off by more than 1 basis point",
                 lambda: abs(usual.slippage - truth.slippage) <= 1),
            )  # fmt: skip
    else:
        promises += [
            ("usual fills exceed the truth by more than 1 point, over a gap",
             lambda: usual.rate <= truth.rate + 1),
            ("no gap was told of", lambda: found.missed > 0),
        ]  # fmt: skip
    return [said for said, kept in promises if not kept()]
