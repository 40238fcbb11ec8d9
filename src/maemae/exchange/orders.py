"""Orders as the exchange sees them, and what happens to them."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from maemae.exchange.moment import Moment
from maemae.market.kinds import Side


class OrderKind(StrEnum):
    """The order kinds (주문구분, `ORD_DVSN`) that the simulated market trades."""

    LIMIT = "00"
    MARKET = "01"
    CONDITIONAL = "02"
    BEST_OPPOSITE = "03"
    BEST_OWN = "04"
    PRE_CLOSE = "05"
    POST_CLOSE = "06"
    IOC_LIMIT = "11"
    FOK_LIMIT = "12"
    IOC_MARKET = "13"
    FOK_MARKET = "14"
    IOC_BEST = "15"
    FOK_BEST = "16"

    @property
    def has_price(self) -> bool:
        """Whether the client gives a limit price."""
        return self in (self.LIMIT, self.CONDITIONAL, self.IOC_LIMIT, self.FOK_LIMIT)

    @property
    def is_market(self) -> bool:
        """Whether it takes any price (시장가)."""
        return self in (self.MARKET, self.IOC_MARKET, self.FOK_MARKET)

    @property
    def is_ioc(self) -> bool:
        """Whether what is not filled at once is cancelled."""
        return self in (self.IOC_LIMIT, self.IOC_MARKET, self.IOC_BEST)

    @property
    def is_fok(self) -> bool:
        """Whether it is filled at once and wholly, or cancelled."""
        return self in (self.FOK_LIMIT, self.FOK_MARKET, self.FOK_BEST)

    @property
    def is_best(self) -> bool:
        """Whether its limit is the best price of the other side (최유리지정가)."""
        return self in (self.BEST_OPPOSITE, self.IOC_BEST, self.FOK_BEST)

    @property
    def after_hours(self) -> bool:
        """Whether it trades at the close, outside the regular session (시간외 종가)."""
        return self in (self.PRE_CLOSE, self.POST_CLOSE)


class Status(StrEnum):
    """Where an order is. Partially filled and still live is `ACCEPTED`."""

    ACCEPTED = "accepted"
    FILLED = "filled"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Ticket:
    """What a client asks for. `price` counts only for kinds that have one."""

    code: str
    side: Side
    kind: OrderKind
    quantity: int
    price: int = 0


class Order:
    """An order of a client, or a request to cancel one.

    `price`: its limit in won, 0 for an order at any price. `live_kind`: what it trades as now, a
    conditional order ends as a market order. `ahead`: displayed shares at its price that came
    before it. `reserved`: won per share held back for a buy. `original`: the number of the order
    it amends or, with `is_cancel`, cancels. `working`: whether it may be filled; an amendment
    works once it has replaced its original.
    """

    def __init__(self, number: int, account: str, ticket: Ticket, at: Moment) -> None:
        self.number = number
        self.account = account
        self.code = ticket.code
        self.side = ticket.side
        self.kind = ticket.kind
        self.live_kind = ticket.kind
        self.quantity = ticket.quantity
        self.price = ticket.price if ticket.kind.has_price else 0
        self.at = at
        self.original: int | None = None
        self.is_cancel = False
        self.working = True
        self.status = Status.ACCEPTED
        self.filled = 0
        self.amount = 0
        self.cancelled = 0
        self.reserved = 0
        self.ahead = 0

    @property
    def remaining(self) -> int:
        """Shares still to be filled; nothing once the order is done."""
        if self.status is not Status.ACCEPTED or not self.working:
            return 0
        return self.quantity - self.filled - self.cancelled

    @property
    def any_price(self) -> bool:
        """Whether it now trades at any price."""
        return self.live_kind.is_market or self.price == 0

    def accepts(self, price: int) -> bool:
        """Tell whether it may trade at a price."""
        if self.any_price:
            return True
        return price <= self.price if self.side is Side.BUY else price >= self.price


class Happening(StrEnum):
    """What a notice tells."""

    ACCEPTED = "accepted"
    FILLED = "filled"
    AMENDED = "amended"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class OrderEvent:
    """Something that happened to an order. `quantity` and `price` are the happening's own.

    For an amendment or cancellation `order` is the original and `request` the number of the
    order that asked for it.
    """

    what: Happening
    order: Order
    at: Moment
    quantity: int
    price: int
    request: int | None = None


OnFill = Callable[[Order, int, int, Moment], None]
"""Called with order, quantity, price and instant of every fill, in order."""
