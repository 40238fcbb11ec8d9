"""Fees and taxes by the broker's and the law's text, for shares traded in 2026.

The fee is a part of the day's turnover of both sides, taken on each side's sum and cut to whole
won (모의투자: to ten). Sellers pay 0.05 % transaction tax (증권거래세) and 0.15 % rural development
tax (농어촌특별세) on KOSPI, 0.20 % transaction tax on KOSDAQ, each cut to whole won.
"""

from collections import Counter
from dataclasses import dataclass, field

from maemae.market.kinds import Market, Side

_PARTS = 1_000_000_000
_TAXES = {Market.KOSPI: (500_000, 1_500_000), Market.KOSDAQ: (2_000_000,)}


@dataclass(frozen=True, slots=True)
class Terms:
    """A broker's fee: parts per billion of the turnover, cut to so many won."""

    fee: int
    cut: int


REAL = Terms(fee=140_527, cut=1)
VIRTUAL = Terms(fee=142_000, cut=10)


@dataclass(slots=True)
class Traded:
    """What an account has bought and sold on a day, in won, by market."""

    bought: Counter[Market] = field(default_factory=Counter)
    sold: Counter[Market] = field(default_factory=Counter)

    def add(self, side: Side, amount: int, market: Market) -> None:
        """Add an execution."""
        (self.bought if side is Side.BUY else self.sold)[market] += amount

    def cost(self, terms: Terms) -> int:
        """Return fees and taxes of the day in won."""
        return (
            _fee(terms, self.bought.total())
            + _fee(terms, self.sold.total())
            + sum(_tax(market, amount) for market, amount in self.sold.items())
        )


def sale_cost(terms: Terms, amount: int, market: Market) -> int:
    """Return fee and tax in won of a sale that is alone on its day."""
    return _fee(terms, amount) + _tax(market, amount)


def _fee(terms: Terms, amount: int) -> int:
    exact = amount * terms.fee // _PARTS
    return exact - exact % terms.cut


def _tax(market: Market, amount: int) -> int:
    return sum(amount * parts // _PARTS for parts in _TAXES[market])
