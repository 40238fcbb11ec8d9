"""Fills of a fed exchange beside those of the market that feeds it, order by order.

The replayed exchange knows its whole book and matches the same orders itself: what became of them
there is the truth. The fed one hears what a stream tells, and sees a book when an order is sent.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from random import Random

import pytest
from tests.exchange.conftest import DAY, make_exchange

from maemae.exchange.accounts import Account, Holding
from maemae.exchange.depth import Depth, Level
from maemae.exchange.fed.care import CARES, CareName
from maemae.exchange.fed.exchange import ACCOUNT, FedExchange
from maemae.exchange.fed.floor import Print
from maemae.exchange.moment import MINUTE, SECOND, Moment
from maemae.exchange.orders import Order, OrderKind, Ticket
from maemae.exchange.replay import Point
from maemae.exchange.simulation import Exchange
from maemae.exchange.sources import SyntheticSource
from maemae.exchange.timekeeper import Timekeeper
from maemae.market.calendar import krx
from maemae.market.costs import CostRules
from maemae.market.kinds import Side

PATIENCE: Moment = 3 * MINUTE
ORDERS = 100
SOURCE = SyntheticSource(5, krx(), DAY)


class Feeder:
    """Tells a fed exchange what a replayed one trades, as a stream would."""

    def __init__(self, source: Exchange, fed: FedExchange) -> None:
        self.source, self.fed = source, fed
        source.venue.floor.listen(self)

    def on_trade(self, row: int, point: Point, depth: Depth) -> None:
        market = self.source.venue.floor.market
        total, _ = market.totals(row, point.index)
        self.fed.clock.jump(point.at)
        auction = market.is_auction(row, point)
        self.fed.heard(
            market.listings[row].code,
            Print(
                point.price, point.volume, total, point.at,
                bought=None if auction else point.bought,
                best=(_copy(depth.asks[:1]), _copy(depth.bids[:1])),
                reference=market.vi_reference(row, point.index),
            ),
        )  # fmt: skip

    def admit(self, code: str) -> None:
        floor = self.source.venue.floor
        one, state = floor.listing(code), floor.state(code)
        self.fed.admit(
            code, one.name, one.market, one.kind,
            limits=(one.base, one.lower, one.upper), price=state.price, volume=state.volume,
        )  # fmt: skip

    def look(self, code: str) -> None:
        floor = self.source.venue.floor
        book = floor.shown(code)
        asks, bids = ([Level(x.price, x.quantity) for x in s] for s in (book.asks, book.bids))
        self.fed.see(code, asks, bids, vi=floor.in_vi(code))


def _copy(levels: list[Level]) -> Level | None:
    return Level(levels[0].price, levels[0].quantity) if levels else None


def account(exchange: Exchange) -> Account:
    found = exchange.account(ACCOUNT) or exchange.account("12345678-01")
    assert found is not None
    return found


@contextmanager
def worlds(care: CareName, at: str = "09:05", cash: int = 10**12) -> Iterator[Feeder]:
    source = make_exchange(at=at, source=SOURCE)
    account(source).settled = cash
    source.catch_up()
    fed = FedExchange(
        krx(), DAY, Timekeeper(source.venue.now, None),
        cash=cash, costs=CostRules.REAL, care=CARES[care],
    )  # fmt: skip
    yield Feeder(source, fed)


@dataclass
class Tally:
    wanted: int = 0
    filled: int = 0
    amount: int = 0
    worth: int = 0
    """Of what was filled, at the price before the order, so that names weigh alike."""

    def add(self, order: Order, before: int) -> None:
        self.wanted += 1
        self.filled += order.filled * 1000 // order.quantity
        if order.filled:
            self.amount += order.amount * 10**6 // (order.filled * before)
            self.worth += 1

    @property
    def rate(self) -> float:
        """Percent of what was wanted."""
        return self.filled / self.wanted / 10

    @property
    def price(self) -> float:
        """Mean price in basis points of the price before."""
        return self.amount / self.worth / 100


def compare(care: CareName, *, market: bool) -> tuple[Tally, Tally]:
    """Put the same orders into both, one at a time, and wait; return truth and fills."""
    truth, ours = Tally(), Tally()
    with worlds(care) as feeder:
        source, fed, chance = feeder.source, feeder.fed, Random(11)
        floor = source.venue.floor
        liquid = sorted(floor.market.listings, key=lambda one: -one.volume * one.base)[:40]
        for _ in range(ORDERS):
            code = chance.choice(liquid).code
            source.venue.watch(code)
            if not fed.knows(code):
                feeder.admit(code)
            shown, side = floor.shown(code), chance.choice(list(Side))
            if not shown.asks or not shown.bids or not floor.continuous(code):
                continue
            best = shown.beside(side)
            part = shown.asks[0].quantity
            quantity = max(1, chance.randrange(1, max(2, (3 if market else 1) * part // 2)))
            price = 0 if market else best[chance.randrange(min(3, len(best)))].price
            kind = OrderKind.MARKET if market else OrderKind.LIMIT
            ticket = Ticket(code, side, kind, quantity, price)
            before = floor.state(code).price
            orders = []
            feeder.look(code)
            for exchange in (source, fed):
                books = account(exchange)
                if side is Side.SELL:
                    _give(books, code, quantity)
                orders.append(exchange.venue.submit(books, ticket))
            _pass(feeder, PATIENCE)
            for exchange, order, tally in zip((source, fed), orders, (truth, ours), strict=True):
                tally.add(order, before)
                if order.left:
                    exchange.venue.cancel(account(exchange), order.number)
            _pass(feeder, SECOND)
    return truth, ours


def _give(books: Account, code: str, quantity: int) -> None:
    books.holdings.setdefault(code, Holding(code)).quantity += quantity


def _pass(feeder: Feeder, span: Moment) -> None:
    until = feeder.source.venue.now + span
    feeder.source.venue.advance(until)
    feeder.source.clock.jump(until)
    feeder.fed.clock.jump(until)
    feeder.fed.catch_up()


@pytest.mark.parametrize("market", [True, False])
def test_usual_fills_are_those_of_the_market_itself(*, market: bool) -> None:
    truth, ours = compare("usual", market=market)
    assert truth.wanted > ORDERS // 2
    assert abs(ours.rate - truth.rate) <= 5
    assert abs(ours.price - truth.price) <= 1


def test_careful_fills_are_never_more_and_easy_ones_never_less() -> None:
    truth, careful = compare("careful", market=False)
    _, easy = compare("easy", market=False)
    assert careful.rate <= truth.rate + 1
    assert easy.rate >= truth.rate - 1
