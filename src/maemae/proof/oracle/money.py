"""Fees and taxes by the broker's terms and the law's text.

The fee is a part of the day's turnover of both sides, taken on each side's sum and cut to whole
won (모의투자: to ten). Sellers pay securities transaction tax (증권거래세), on KOSPI the rural
development tax (농어촌특별세) besides, each cut to whole won; of funds (ETF, ETN, ELW) neither.
"""

from collections import Counter
from dataclasses import dataclass, field
from datetime import date

from maemae.desk.records import Listed
from maemae.market.kinds import Market, Side

_PARTS = 1_000_000_000
_RURAL = 1_500_000
_TAXES: tuple[tuple[date, dict[Market, int]], ...] = (
    (date(2025, 12, 29), {Market.KOSPI: 50, Market.KOSDAQ: 200, Market.KONEX: 100}),
    (date(2024, 12, 27), {Market.KOSPI: 0, Market.KOSDAQ: 150, Market.KONEX: 100}),
    (date(2023, 12, 27), {Market.KOSPI: 30, Market.KOSDAQ: 180, Market.KONEX: 100}),
    (date(2022, 12, 28), {Market.KOSPI: 50, Market.KOSDAQ: 200, Market.KONEX: 100}),
    (date(2020, 12, 29), {Market.KOSPI: 80, Market.KOSDAQ: 230, Market.KONEX: 100}),
    (date(2019, 5, 30), {Market.KOSPI: 100, Market.KOSDAQ: 250, Market.KONEX: 100}),
)
"""Transaction tax in thousandths of a percent, by the first trade date, the latest first."""


@dataclass(frozen=True, slots=True)
class Terms:
    """A broker's fees on stocks and funds: parts per billion, cut to so many won."""

    stock: int
    fund: int
    cut: int


REAL = Terms(stock=140_527, fund=146_527, cut=1)
VIRTUAL = Terms(stock=142_000, fund=142_000, cut=10)


@dataclass(slots=True)
class Traded:
    """What an account has bought and sold on a day, in won; by market, of funds by None."""

    day: date = date.max
    bought: Counter[Market | None] = field(default_factory=Counter)
    sold: Counter[Market | None] = field(default_factory=Counter)

    def add(self, side: Side, amount: int, listed: Listed) -> None:
        """Add an execution."""
        taxed = None if listed.kind.is_etp or listed.kind.is_tax_exempt else listed.market
        (self.bought if side is Side.BUY else self.sold)[taxed] += amount

    def cost(self, terms: Terms) -> int:
        """Return fees and taxes of the day in won."""
        fees = sum(_fee(terms, side) for side in (self.bought, self.sold))
        return fees + sum(_tax(market, won, self.day) for market, won in self.sold.items())


def sale_cost(terms: Terms, amount: int, listed: Listed, day: date) -> int:
    """Return fee and tax in won of a sale that is alone on its day."""
    alone = Traded(day)
    alone.add(Side.SELL, amount, listed)
    return alone.cost(terms)


def _fee(terms: Terms, side: Counter[Market | None]) -> int:
    funds = side[None]
    exact = (funds * terms.fund + (side.total() - funds) * terms.stock) // _PARTS
    return exact - exact % terms.cut


def _tax(market: Market | None, amount: int, day: date) -> int:
    if market is None:
        return 0
    rates = next(rates for first, rates in _TAXES if day >= first)
    tax = amount * rates[market] * 10_000 // _PARTS
    return tax + (amount * _RURAL // _PARTS if market is Market.KOSPI else 0)
