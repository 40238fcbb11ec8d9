"""When a position is to be sold, by its declared bounds and the words of the documentation.

The stop loss and the take profit are fractions of what was paid, fees of both sides and the tax
included; both count when they are reached exactly. The trailing stop counts from the highest price
since the entry. `at` is a time of day, `days` the n-th trading day after the purchase.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

from maemae.desk.records import Listed
from maemae.desk.terms import Exits
from maemae.proof.oracle.money import Terms, sale_cost


@dataclass(frozen=True, slots=True)
class Held:
    """What is held of a name, in won; `high` is the highest price since the entry."""

    quantity: int
    paid: int
    costs: int
    high: int
    since: datetime
    listed: Listed
    exits: Exits
    rights: int = 0
    """Won that rights were worth which have left the shares: no loss."""


def reasons(
    held: Held, price: int, terms: Terms, at: datetime, age: Callable[[date], int]
) -> set[str]:
    """Return every declared reason to sell at a price and a moment.

    `age` tells how many trading days ago a day was.
    """
    exits, found = held.exits, set[str]()
    gain, basis = _gain(held, price, terms, at.date())
    # Compared in whole numbers: a bound of 1 % of 300,000 won is reached at 3,000.
    if exits.stop_loss is not None and -gain >= exits.stop_loss * basis:
        found.add("stop_loss")
    if exits.take_profit is not None and gain >= exits.take_profit * basis:
        found.add("take_profit")
    if exits.trailing is not None and held.high - price >= exits.trailing * held.high:
        found.add("trailing_stop")
    if exits.days is not None or exits.at is not None:
        late = exits.at is None or at.time() >= exits.at
        if late and exits.days is None:
            found.add("time_of_day")
        elif late and exits.days is not None and age(held.since.date()) >= exits.days:
            found.add("max_holding")
    return found


def _gain(held: Held, price: int, terms: Terms, day: date) -> tuple[int, int]:
    """Return what a sale would earn, and what that is a fraction of."""
    proceeds = price * held.quantity
    left = held.rights if held.rights < held.paid else 0
    if held.exits.of_price:
        return proceeds - (held.paid - left), held.paid - left
    basis = held.paid + held.costs - left
    return proceeds - sale_cost(terms, proceeds, held.listed, day) - basis, basis
