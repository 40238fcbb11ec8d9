"""Account books: cash, holdings, reservations, the day's turnover and its costs.

Cash is kept as the broker's D+2 figure (가수도정산금액): it moves with the fill, costs included.
Costs are reckoned on the day's cumulative turnover, so a fill's cost is a difference.
"""

from collections import deque
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from maemae.errors import InvariantError
from maemae.exchange.listing import Listing
from maemae.exchange.moment import Moment
from maemae.exchange.orders import Order, Status
from maemae.market.costs import CostRules, Costs, Turnover
from maemae.market.kinds import Side


@dataclass(slots=True)
class Holding:
    """Shares of one instrument in an account. `cost` is what the held shares were bought for."""

    code: str
    quantity: int = 0
    cost: int = 0
    bought_today: int = 0
    sold_today: int = 0
    bought_before: int = 0
    sold_before: int = 0

    @property
    def average(self) -> Decimal:
        """The average price paid (매입평균가격), to four places."""
        if not self.quantity:
            return Decimal("0.0000")
        return (Decimal(self.cost) / self.quantity).quantize(Decimal("0.0001"))


@dataclass(frozen=True, slots=True)
class FillRecord:
    """A fill as it stands in the books.

    `cost`: what the shares of a sale were bought for. `fee` and `tax`: what the day's costs rose
    by with it, so that those of all fills add up to them.
    """

    number: int
    code: str
    side: Side
    quantity: int
    price: int
    at: Moment
    cost: int = 0
    fee: int = 0
    tax: int = 0


@dataclass(frozen=True, slots=True)
class PastDay:
    """What a day gone by came to."""

    day: date
    turnover: Turnover
    costs: Costs


@dataclass(slots=True)
class Account:
    """The books of one account.

    `settled` is the money before today's trades (예수금); `in_transit` what the trades of earlier
    days still bring or take, by settlement day. `orders` are today's by number, `history` those
    of earlier days. `opening_worth`: money and shares at the day's base prices. `entitled` are the
    shares held when rights to new ones left them, by code and day of that (권리락).
    """

    number: str
    rules: CostRules
    day: date
    settled: int
    holdings: dict[str, Holding] = field(default_factory=dict)
    orders: dict[int, Order] = field(default_factory=dict)
    history: list[Order] = field(default_factory=list)
    opening_worth: int = 0
    fills: list[FillRecord] = field(default_factory=list)
    turnover: Turnover = field(default_factory=Turnover)
    past: list[PastDay] = field(default_factory=list)
    in_transit: deque[int] = field(default_factory=lambda: deque([0, 0]))
    entitled: dict[tuple[str, date], int] = field(default_factory=dict)

    @property
    def costs(self) -> Costs:
        """Today's fees and taxes so far."""
        return self.rules.costs(self.turnover, self.day)

    @property
    def total_costs(self) -> Costs:
        """Fees and taxes of all days."""
        return sum((one.costs for one in self.past), self.costs)

    @property
    def all_orders(self) -> list[Order]:
        """Orders and cancellations of all days, the oldest first."""
        return [*self.history, *self.orders.values()]

    @property
    def yesterday(self) -> PastDay:
        """The trading day before; nothing was traded on it when the account is new."""
        return self.past[-1] if self.past else PastDay(self.day, Turnover(), Costs())

    @property
    def today_net(self) -> int:
        """What today's trades bring, costs included; negative when they cost money."""
        return self.turnover.sell - self.turnover.buy - self.costs.total

    @property
    def cash(self) -> int:
        """Cash after all trades so far have settled (D+2), in won."""
        return self.settled + sum(self.in_transit) + self.today_net

    @property
    def cash_next_day(self) -> int:
        """Cash on the next business day (익일정산금액)."""
        return self.settled + self.in_transit[0]

    def fee_on(self, amount: int) -> int:
        """Return the commission to hold back for an amount, cut to the won."""
        return int(amount * self.rules.fee_rate)

    @property
    def reserved(self) -> int:
        """Won held back for open buy orders, their commission included.

        For an amendment on its way, what it needs beyond the order it is going to replace.
        """
        amounts = [
            one.remaining * one.reserved + one.pending * self._more(one)
            for one in self.orders.values()
            if one.side is Side.BUY
        ]
        return sum(amount + self.fee_on(amount) for amount in amounts if amount)

    def _more(self, amendment: Order) -> int:
        """Return the won per share that an amendment needs beyond its original."""
        original = self.orders.get(amendment.original or 0)
        return max(0, amendment.reserved - original.reserved) if original else 0

    @property
    def free(self) -> int:
        """Cash not yet spoken for."""
        return max(0, self.cash - self.reserved)

    @property
    def buying_power(self) -> int:
        """What an order may cost before commission (미수없는매수금액)."""
        return int(self.free * (1 - self.rules.fee_rate))

    def held(self, code: str) -> int:
        """Return the shares held."""
        holding = self.holdings.get(code)
        return holding.quantity if holding else 0

    def sellable(self, code: str) -> int:
        """Return the shares not yet offered in open orders."""
        offered = sum(
            one.remaining
            for one in self.orders.values()
            if one.code == code and one.side is Side.SELL
        )
        return self.held(code) - offered

    def fill(self, order: Order, quantity: int, price: int, at: Moment, listing: Listing) -> None:
        """Enter a fill.

        Raises:
            InvariantError: it exceeds what is left of the order, or sells shares not held.
        """
        if quantity > order.remaining:
            raise InvariantError(f"order {order.number}: filled beyond its quantity")
        amount, cost = quantity * price, 0
        holding = self.holdings.setdefault(order.code, Holding(order.code))
        if order.side is Side.BUY:
            holding.quantity += quantity
            holding.bought_today += quantity
            holding.cost += amount
        else:
            if quantity > holding.quantity:
                raise InvariantError(f"order {order.number}: sells shares that are not held")
            cost = holding.cost * quantity // holding.quantity
            holding.cost -= cost
            holding.quantity -= quantity
            holding.sold_today += quantity
        before = self.costs
        self.turnover = self.turnover.add(order.side, amount, listing.market, listing.kind)
        more = self.costs - before
        order.filled += quantity
        order.amount += amount
        if order.filled + order.cancelled == order.quantity:
            order.status = Status.FILLED
        self.fills.append(
            FillRecord(
                order.number, order.code, order.side, quantity, price, at, cost, more.fee, more.tax
            )
        )

    def begin_day(self, day: date) -> None:
        """Go to another trading day: yesterday's trades move one step towards settlement."""
        self.settled += self.in_transit.popleft()
        self.in_transit.append(self.today_net)
        self.past.append(PastDay(self.day, self.turnover, self.costs))
        self.turnover = Turnover()
        self.day = day
        self.history += self.orders.values()
        self.orders.clear()
        for code, holding in list(self.holdings.items()):
            if not holding.quantity and not holding.sold_today:
                del self.holdings[code]
                continue
            holding.bought_before, holding.sold_before = holding.bought_today, holding.sold_today
            holding.bought_today = holding.sold_today = 0
