"""The money that a book has for the buys of its next plan."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from maemae.desk.positions import Position
from maemae.desk.records import Listed
from maemae.desk.state import State
from maemae.kis import Balance
from maemae.market.kinds import Kind, Market
from maemae.market.limits import base_price, price_limits

GAP = 105
"""Percent of its close at which a line is counted: an ordinary gap at the open must not cost the
lines after it their place."""

UPPER = 131
"""Percent of its close at which a line at market is set aside: at the upper limit, with fees."""


@dataclass(frozen=True, slots=True)
class Purse:
    """Won: `worth` is what the sizing of a strategy goes by, `cash` what may be spent."""

    worth: int
    cash: int

    def shares(self, amount: int, listed: Listed, close: int, day: date) -> int:
        """Return the shares that an amount buys, as far as the cash goes on that day.

        A market order sets aside its shares at the upper limit price (상한가).
        """
        market, kind = listed.market or Market.KOSPI, listed.kind or Kind.STOCK
        upper = price_limits(base_price(close, day, market, kind), day, market, kind).upper
        return max(0, min(amount // close, self.cash // upper))

    def part(self, among: int) -> int:
        """Return an equal part of the cash among so many lines.

        When the others are paid for, the last must still find what it sets aside.
        """
        return max(0, self.cash * 100 // ((among - 1) * GAP + UPPER))

    def less(self, spent: int) -> "Purse":
        """Return what is left when so much, at closes, is ordered at the open."""
        return Purse(self.worth, self.cash - spent * GAP // 100)


def purse(
    state: State,
    balance: Balance,
    book: str,
    *,
    leaving: Collection[str],
    closes: Mapping[str, int],
    capital: int | Decimal | None,
) -> Purse:
    """Return what a book has, counting what it is about to sell as cash.

    Args:
        state: what the ledger adds up to.
        balance: the broker's.
        book: whose money it is.
        leaving: codes that it sells first.
        closes: won; a position without one counts at what was paid.
        capital: won, or a fraction of cash and all our positions; None for whatever is free.
    """

    def worth(position: Position) -> int:
        return closes.get(position.listed.code, position.average) * position.quantity

    staying = [one for one in state.portfolio.held(book) if one.listed.code not in leaving]
    cash = balance.cash_d2 + sum(
        worth(o) for o in state.portfolio.held(book) if o.listed.code in leaving
    )
    if capital is None:
        return Purse(cash + sum(map(worth, staying)), cash)
    if isinstance(capital, Decimal):
        capital = int(
            capital * (balance.cash_d2 + sum(map(worth, state.portfolio.positions.values())))
        )
    return Purse(capital, min(cash, capital - sum(one.paid for one in staying)))
