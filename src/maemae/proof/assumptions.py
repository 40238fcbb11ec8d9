"""What maemae takes for granted of KIS although no recorded answer proves it, denied.

Each can be denied in a simulation (`maemae prove simulate --assume-not NAME`): the broker then
behaves the other way, always. The desk must be safe all the same, or stand still and say so.
"""

from datetime import datetime

from maemae.desk.records import FigureProved
from maemae.desk.sights import Figure
from maemae.exchange.accounts import Account
from maemae.exchange.moment import SECOND
from maemae.exchange.orders import Order, OrderKind
from maemae.exchange.venue import Venue
from maemae.market.kinds import Side
from maemae.profile.facts import Fact

LAG = 5
"""Seconds by which a figure or an amount comes late where it is not prompt."""

LIST_LAG = 15
"""Seconds after which the order list has an order where it is not prompt."""


SWITCHES = (
    Fact.SELLABLE_SHRINKS,
    Fact.POWER_SHRINKS,
    Fact.FIGURES_PROMPT,
    Fact.MARKET_TAKES_UPPER,
    Fact.LIST_PROMPT,
    Fact.AMOUNT_PROMPT,
    Fact.REMAINING_STATED,
    Fact.CANCEL_BY_NUMBER,
    Fact.NOTICES_COME,
    Fact.SOLD_OUT_SHOWN,
    Fact.REFUSAL_FINAL,
)
"""Facts that the simulated broker can break."""


SEEN_BEFORE = 4
"""Of so many seeds in a row the first half begins where no figure was ever seen to shrink."""


def seen_before(seed: int, denied: frozenset[Fact], at: datetime) -> list[FigureProved]:
    """Return which figures an earlier day has proved to shrink, where they do."""
    if seed // SEEN_BEFORE % 2 == 0:
        return []
    return [
        FigureProved(
            at=at, figure=figure, intent="earlier", seconds=1 if figure is Figure.LIST else LAG
        )
        for figure, shrinks in (
            (Figure.SELLABLE, Fact.SELLABLE_SHRINKS),
            (Figure.POWER, Fact.POWER_SHRINKS),
            (Figure.LIST, Fact.LIST_PROMPT),
        )
        if shrinks not in denied
    ]


class Figures:
    """What the broker says can be sold and be bought for, as the assumptions have it.

    Args:
        venue: the exchange's day.
        account: the account's books there.
        denied: what is not so.
    """

    def __init__(self, venue: Venue, account: Account, denied: frozenset[Fact]) -> None:
        self._venue = venue
        self._account = account
        self._denied = denied

    def sellable(self, code: str) -> int:
        """Return the shares of a name that no open order seems to have spoken for."""
        held = self._account.held(code)
        if Fact.SELLABLE_SHRINKS in self._denied:
            return held
        late = sum(one.remaining for one in self._unseen(Side.SELL) if one.code == code)
        return self._account.sellable(code) + late

    @property
    def power(self) -> int:
        """Return the won that seem to be free."""
        account = self._account
        if Fact.POWER_SHRINKS in self._denied:
            free = account.cash
        elif Fact.MARKET_TAKES_UPPER in self._denied:
            free = account.free + sum(
                one.remaining * max(0, one.reserved - self._venue.floor.state(one.code).price)
                for one in account.orders.values()
                if one.side is Side.BUY and one.kind is OrderKind.MARKET
            )
        else:
            free = account.free + sum(
                one.remaining * one.reserved for one in self._unseen(Side.BUY)
            )
        return int(min(free, account.cash) * (1 - account.rules.fee_rate))

    def _unseen(self, side: Side) -> list[Order]:
        """Return the orders that the figures do not show yet."""
        if Fact.FIGURES_PROMPT not in self._denied:
            return []
        since = self._venue.now - LAG * SECOND
        orders = self._account.orders.values()
        return [one for one in orders if one.side is side and one.remaining and one.at > since]

    def amount(self, order: Order) -> int:
        """Return the won that the list says an order came to so far."""
        if Fact.AMOUNT_PROMPT not in self._denied:
            return order.amount
        since, late = self._venue.now - LAG * SECOND, 0
        for fill in reversed(self._account.fills):
            if fill.at <= since:
                break
            late += fill.quantity * fill.price if fill.number == order.number else 0
        return order.amount - late
