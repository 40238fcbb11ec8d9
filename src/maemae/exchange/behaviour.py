"""How a broker behaves that breaks what is taken for granted of it: figures, lists, balances.

Each fact of `maemae.profile` that stands in `SWITCHES` can be denied; what is not denied holds.
"""

from collections.abc import Set
from dataclasses import replace

from maemae.exchange.accounts import Account, Holding
from maemae.exchange.moment import SECOND, Moment, day_text
from maemae.exchange.orders import Order, OrderKind
from maemae.exchange.refusals import Reason, Refusal
from maemae.exchange.venue import Venue
from maemae.market.costs import Turnover
from maemae.market.kinds import Side
from maemae.profile.facts import Fact

LAG = 5
"""Seconds by which a figure, an amount or a balance comes late where it is not prompt."""

LIST_LAG = 15
"""Seconds after which the order list has an order where it is not prompt."""

SKEW = 20
"""Seconds by which the list states times too early where they do not agree."""

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
    Fact.BALANCE_PROMPT,
    Fact.AMEND_RENUMBERS,
    Fact.LISTS_ORDERS,
    Fact.BALANCE_WHOLE,
    Fact.LIST_OLDEST_FIRST,
    Fact.TIMES_AGREE,
    Fact.NOTICES_ONCE,
    Fact.NOTHING_LEFT_SAID,
)
"""Facts that a simulated broker can break."""


class Behaviour:
    """What one account is told, with some facts denied.

    Args:
        venue: the exchange's day.
        account: the account's books there.
        denied: what is not so.
    """

    def __init__(self, venue: Venue, account: Account, denied: Set[Fact]) -> None:
        self._venue = venue
        self._account = account
        self._denied = denied

    def sellable(self, code: str) -> int:
        """Return the shares of a name that no open order seems to have spoken for."""
        held = self.books.held(code)
        if Fact.SELLABLE_SHRINKS in self._denied:
            return held
        late = sum(one.remaining for one in self._unseen(Side.SELL) if one.code == code)
        return min(held, self._account.sellable(code) + late)

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

    def listed(self, order: Order) -> bool:
        """Whether the list has an order yet."""
        if Fact.LISTS_ORDERS in self._denied:
            return False
        late = Fact.LIST_PROMPT in self._denied
        return not late or self._venue.now >= order.at + LIST_LAG * SECOND

    def ordered_at(self, order: Order) -> Moment:
        """Return when the list says that an order was taken."""
        return order.at - (SKEW * SECOND if Fact.TIMES_AGREE in self._denied else 0)

    @property
    def oldest_first(self) -> bool:
        """Whether the list has the oldest order first when it is asked for that."""
        return Fact.LIST_OLDEST_FIRST not in self._denied

    def no(self, refusal: Refusal) -> Refusal:
        """Return how a refusal of a change is put."""
        over = refusal.reason is Reason.NOTHING_LEFT
        hidden = Fact.NOTHING_LEFT_SAID in self._denied
        return Refusal(Reason.WRONG_KIND) if over and hidden else refusal

    @property
    def states_remaining(self) -> bool:
        """Whether a living order in the list states what remains of it."""
        return Fact.REMAINING_STATED not in self._denied

    def shows(self, holding: Holding) -> bool:
        """Whether a name that may be sold out stands in the balance."""
        gone = not holding.quantity and Fact.SOLD_OUT_SHOWN in self._denied
        return not gone

    @property
    def books(self) -> Account:
        """The account as the balance shows it: as it is, or as it was some seconds ago.

        Where the two are not of one moment, the cash alone is as it was.
        """
        account = self._account
        if not self._denied & {Fact.BALANCE_PROMPT, Fact.BALANCE_WHOLE}:
            return account
        since, today = self._venue.now - LAG * SECOND, account.day.strftime("%Y%m%d")
        fills = [one for one in account.fills if day_text(one.at) == today]
        if all(one.at <= since for one in fills):
            return account
        turnover = Turnover()
        holdings = {code: replace(one) for code, one in account.holdings.items()}
        for one in fills:
            amount = one.quantity * one.price
            listing = self._venue.floor.listing(one.code)
            if one.at <= since:
                turnover = turnover.add(one.side, amount, listing.market, listing.kind)
                continue
            held = holdings[one.code]
            if one.side is Side.BUY:
                held.quantity -= one.quantity
                held.bought_today -= one.quantity
                held.cost -= amount
            else:
                held.quantity += one.quantity
                held.sold_today -= one.quantity
                held.cost += one.cost
        if Fact.BALANCE_PROMPT not in self._denied:
            return replace(account, turnover=turnover)
        return replace(account, holdings=holdings, turnover=turnover)
