"""What maemae takes for granted of KIS although no recorded answer proves it, and its opposite.

Each can be denied in a simulation (`maemae prove simulate --assume-not NAME`): the broker then
behaves the other way, always. The desk must be safe all the same, or stand still and say so.
"""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

from maemae.desk.records import FigureProved
from maemae.desk.sights import Figure
from maemae.exchange.accounts import Account
from maemae.exchange.moment import SECOND
from maemae.exchange.orders import Order, OrderKind
from maemae.exchange.venue import Venue
from maemae.i18n import _
from maemae.market.kinds import Side

LAG = 5
"""Seconds by which a figure or an amount comes late where it is not prompt."""

LIST_LAG = 15
"""Seconds after which the order list has an order where it is not prompt."""


class Assumption(StrEnum):
    """One thing that is taken for granted."""

    SELLABLE_SHRINKS = "sellable-shrinks"
    POWER_SHRINKS = "power-shrinks"
    FIGURES_PROMPT = "figures-prompt"
    MARKET_TAKES_UPPER = "market-takes-upper"
    LIST_PROMPT = "list-prompt"
    AMOUNT_PROMPT = "amount-prompt"
    REMAINING_STATED = "remaining-stated"
    CANCEL_BY_NUMBER = "cancel-by-number"
    NOTICES_COME = "notices-come"
    SOLD_OUT_SHOWN = "sold-out-shown"
    REFUSAL_FINAL = "refusal-final"


def meanings() -> Mapping[Assumption, str]:
    """Return what each assumption says, and what happens where it is denied."""
    return {
        Assumption.SELLABLE_SHRINKS: _(
            "open sales shrink the sellable shares; denied: those stay all that is held"
        ),
        Assumption.POWER_SHRINKS: _(
            "open purchases shrink the buying power; denied: it stays all the cash"
        ),
        Assumption.FIGURES_PROMPT: _(
            "both shrink at once; denied: only when an order is 5 seconds old"
        ),
        Assumption.MARKET_TAKES_UPPER: _(
            "a purchase at market takes its shares at the upper limit price out of the buying "
            "power; denied: at the last price"
        ),
        Assumption.LIST_PROMPT: _("the order list has an order at once; denied: 15 seconds later"),
        Assumption.AMOUNT_PROMPT: _(
            "the order list has the amount of an execution with its shares; denied: 5 seconds later"
        ),
        Assumption.REMAINING_STATED: _(
            "a living order in the list states what remains of it; denied: that is blank"
        ),
        Assumption.CANCEL_BY_NUMBER: _(
            "a cancel needs the order number alone; denied: one without the right organisation "
            "number is refused"
        ),
        Assumption.NOTICES_COME: _("execution notices come; denied: none ever does"),
        Assumption.SOLD_OUT_SHOWN: _(
            "a name that was sold out today stays in the balance with no shares; denied: it is "
            "gone from it"
        ),
        Assumption.REFUSAL_FINAL: _(
            "an order that a reply refuses is not there; denied: half of those that are refused "
            "for no reason are taken"
        ),
    }


SEEN_BEFORE = 4
"""Of so many seeds in a row the first half begins where no figure was ever seen to shrink."""


def seen_before(seed: int, denied: frozenset[Assumption], at: datetime) -> list[FigureProved]:
    """Return which figures an earlier day has proved to shrink, where they do."""
    if seed // SEEN_BEFORE % 2 == 0:
        return []
    return [
        FigureProved(
            at=at, figure=figure, intent="earlier", seconds=1 if figure is Figure.LIST else LAG
        )
        for figure, shrinks in (
            (Figure.SELLABLE, Assumption.SELLABLE_SHRINKS),
            (Figure.POWER, Assumption.POWER_SHRINKS),
            (Figure.LIST, Assumption.LIST_PROMPT),
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

    def __init__(self, venue: Venue, account: Account, denied: frozenset[Assumption]) -> None:
        self._venue = venue
        self._account = account
        self._denied = denied

    def sellable(self, code: str) -> int:
        """Return the shares of a name that no open order seems to have spoken for."""
        held = self._account.held(code)
        if Assumption.SELLABLE_SHRINKS in self._denied:
            return held
        late = sum(one.remaining for one in self._unseen(Side.SELL) if one.code == code)
        return self._account.sellable(code) + late

    @property
    def power(self) -> int:
        """Return the won that seem to be free."""
        account = self._account
        if Assumption.POWER_SHRINKS in self._denied:
            free = account.cash
        elif Assumption.MARKET_TAKES_UPPER in self._denied:
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
        if Assumption.FIGURES_PROMPT not in self._denied:
            return []
        since = self._venue.now - LAG * SECOND
        orders = self._account.orders.values()
        return [one for one in orders if one.side is side and one.remaining and one.at > since]

    def amount(self, order: Order) -> int:
        """Return the won that the list says an order came to so far."""
        if Assumption.AMOUNT_PROMPT not in self._denied:
            return order.amount
        since, late = self._venue.now - LAG * SECOND, 0
        for fill in reversed(self._account.fills):
            if fill.at <= since:
                break
            late += fill.quantity * fill.price if fill.number == order.number else 0
        return order.amount - late
