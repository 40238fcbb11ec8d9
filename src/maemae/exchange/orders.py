"""Orders as the exchange sees them, and what happens to them."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from maemae.exchange.hours import OFF_HOURS
from maemae.exchange.moment import Moment
from maemae.market.kinds import Side
from maemae.market.order_kinds import Duration, Pricing, order_kind
from maemae.market.order_kinds import OrderKind as KindRule
from maemae.market.phases import PhaseKind


class OrderKind(StrEnum):
    """The order kinds (주문구분, `ORD_DVSN`) that the simulated market trades."""

    LIMIT = "00"
    MARKET = "01"
    CONDITIONAL = "02"
    BEST_OPPOSITE = "03"
    BEST_OWN = "04"
    PRE_CLOSE = "05"
    POST_CLOSE = "06"
    SINGLE_PRICE = "07"
    IOC_LIMIT = "11"
    FOK_LIMIT = "12"
    IOC_MARKET = "13"
    FOK_MARKET = "14"
    IOC_BEST = "15"
    FOK_BEST = "16"
    MID = "21"
    STOP = "22"
    IOC_MID = "23"
    FOK_MID = "24"
    PRE_LIMIT = "27"
    PRE_BEST = "28"
    PRE_OWN = "29"
    AFTER_LIMIT = "41"
    AFTER_IOC_LIMIT = "42"
    AFTER_FOK_LIMIT = "43"
    AFTER_BEST = "44"
    AFTER_IOC_BEST = "45"
    AFTER_FOK_BEST = "46"
    AFTER_OWN = "47"

    @property
    def rule(self) -> KindRule:
        """What the market's rules say of it: pricing, duration, sessions and dates."""
        return order_kind(self.value)

    @property
    def has_price(self) -> bool:
        """Whether the client gives a limit price."""
        return self.rule.needs_price

    @property
    def is_market(self) -> bool:
        """Whether it takes any price (시장가)."""
        return self.rule.pricing is Pricing.MARKET

    @property
    def is_ioc(self) -> bool:
        """Whether what is not filled at once is cancelled."""
        return self.rule.duration is Duration.IOC

    @property
    def is_fok(self) -> bool:
        """Whether it is filled at once and wholly, or cancelled."""
        return self.rule.duration is Duration.FOK

    @property
    def is_best(self) -> bool:
        """Whether its limit is the best price of the other side (최유리지정가)."""
        return self.rule.pricing is Pricing.BEST_OPPOSITE

    @property
    def is_own(self) -> bool:
        """Whether its limit is the best price of its own side (최우선지정가)."""
        return self.rule.pricing is Pricing.BEST_OWN

    @property
    def is_mid(self) -> bool:
        """Whether its limit is half-way between best bid and ask (중간가)."""
        return self.rule.pricing is Pricing.MID

    @property
    def is_stop(self) -> bool:
        """Whether it waits for a price before it is an order (스톱지정가)."""
        return self.rule.pricing is Pricing.STOP_LIMIT

    @property
    def session(self) -> PhaseKind | None:
        """The session of KRX outside regular hours that it is for; None for the regular one."""
        return _SESSIONS.get(self)


_SESSIONS = {
    kind: session
    for kind in OrderKind
    for session in OFF_HOURS
    if kind.rule.phases == frozenset({session})
}


class Place(StrEnum):
    """Where a client sends an order; with SOR the broker chooses."""

    KRX = "KRX"
    NXT = "NXT"
    SOR = "SOR"


class Status(StrEnum):
    """Where an order is. Partially filled and still live is `ACCEPTED`."""

    ACCEPTED = "accepted"
    FILLED = "filled"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Ticket:
    """What a client asks for. `price` and `stop` count only for kinds that have one.

    `stop`: the price that a stop order waits for (스톱지정가호가 조건가격). `place`: where it goes.
    """

    code: str
    side: Side
    kind: OrderKind
    quantity: int
    price: int = 0
    stop: int = 0
    place: Place = Place.KRX


class Order:
    """An order of a client, or a request to cancel one.

    `price`: its limit in won, 0 for an order at any price. `live_kind`: what it trades as now, a
    conditional order ends as a market order. `ahead`: displayed shares at its price that came
    before it. `reserved`: won per share held back for a buy. `original`: the number of the order
    it amends or, with `is_cancel`, cancels. `working`: whether it may be filled; an amendment
    works once it has replaced its original. `stop`: the price of a stop order, which `waits`
    until a trade was there. `asked`: where the client sent it, `place`: where it is.
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
        self.stop = ticket.stop if ticket.kind.is_stop else 0
        self.waits = ticket.kind.is_stop
        self.at = at
        self.asked = self.place = ticket.place
        self.original: int | None = None
        self.is_cancel = False
        self.working = True
        self.status = Status.ACCEPTED
        self.filled = 0
        self.amount = 0
        self.cancelled = 0
        self.reserved = 0
        self.ahead = 0

    def ticket(self, kind: OrderKind, quantity: int, price: int = 0) -> Ticket:
        """Return what a request about this order asks for: another kind, price or fewer shares."""
        return Ticket(self.code, self.side, kind, quantity, price, self.stop, self.place)

    @property
    def remaining(self) -> int:
        """Shares still to be filled; nothing once the order is done."""
        if self.status is not Status.ACCEPTED or not self.working:
            return 0
        return self.quantity - self.filled - self.cancelled

    @property
    def pending(self) -> int:
        """Shares of an amendment that is on its way to the book."""
        on_its_way = self.status is Status.ACCEPTED and not (self.working or self.is_cancel)
        return self.quantity if on_its_way else 0

    @property
    def left(self) -> int:
        """Shares that may still be amended or cancelled, also of an amendment on its way."""
        return self.remaining or self.pending

    @property
    def any_price(self) -> bool:
        """Whether it now trades at any price."""
        return self.live_kind.is_market or self.price == 0

    def accepts(self, price: int) -> bool:
        """Tell whether it may trade at a price."""
        if self.any_price:
            return True
        return price <= self.price if self.side is Side.BUY else price >= self.price

    def stopped_by(self, price: int) -> bool:
        """Tell whether a trade at a price is what a stop order waits for."""
        return price >= self.stop if self.side is Side.BUY else price <= self.stop


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
