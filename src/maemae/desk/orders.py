"""An order's life, as one table of legal moves."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from maemae.desk.records import Intended, Listed
from maemae.desk.terms import Exits, OrderWay, Route
from maemae.errors import InvariantError
from maemae.market.kinds import Side
from maemae.market.refusals import PASSING, RefusalKind


class OrderState(StrEnum):
    """Where an order stands."""

    INTENDED = "intended"
    """Written down; on its way, or not yet."""
    UNKNOWN = "unknown"
    """Sent, outcome not known: reserved until resolved, never sent again."""
    WORKING = "working"
    """Accepted by the broker, something of it still lives."""
    FILLED = "filled"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    REFUSED = "refused"
    NEVER_ARRIVED = "never_arrived"


_S = OrderState
TRANSITIONS: dict[OrderState, frozenset[OrderState]] = {
    _S.INTENDED: frozenset({_S.WORKING, _S.REFUSED, _S.UNKNOWN}),
    # Where the venue lists no orders, balances tell the end of an order without a number.
    _S.UNKNOWN: frozenset(
        {_S.WORKING, _S.REFUSED, _S.NEVER_ARRIVED, _S.FILLED, _S.CANCELLED, _S.EXPIRED}
    ),
    _S.WORKING: frozenset({_S.FILLED, _S.CANCELLED, _S.EXPIRED, _S.REFUSED}),
    # The exchange may fill what was already being cancelled, and reports may cross. What balances
    # alone said may have been wrong: the order rests there all the same.
    _S.CANCELLED: frozenset({_S.FILLED, _S.WORKING, _S.UNKNOWN}),
    _S.EXPIRED: frozenset({_S.FILLED}),
    _S.FILLED: frozenset(),
    # It was there all the same.
    _S.REFUSED: frozenset({_S.WORKING, _S.UNKNOWN}),
    # Two looks agreed and were wrong: the order turned up after all and must be owned.
    _S.NEVER_ARRIVED: frozenset({_S.WORKING, _S.UNKNOWN}),
}
"""Legal moves of an order. A fill keeps a working order working until nothing is left."""

LIVE = frozenset({_S.INTENDED, _S.UNKNOWN, _S.WORKING})
"""States in which an order may still change the books."""

MISSING = frozenset({_S.UNKNOWN, _S.NEVER_ARRIVED})
"""States of orders that were sent and that the broker has not shown; it may have refused them."""


@dataclass(slots=True)
class Order:
    """One order of one book. Amounts in won."""

    intent: str
    book: str
    side: Side
    listed: Listed
    quantity: int
    price: int | None
    reserve: int
    reason: str
    exits: Exits | None
    intended: datetime
    way: OrderWay | None = None
    route: Route | None = None
    state: OrderState = OrderState.INTENDED
    order_no: int | None = None
    numbered_at_version: int = 0
    """When its number became known: an inquiry asked later must list it."""
    org_no: str = ""
    filled: int = 0
    cancelled: int = 0
    """Shares known to be cancelled while the rest lives on."""
    amount: int = 0
    refusal: RefusalKind | None = None
    """Why the broker refused it; None while it has not."""
    denied: datetime | None = None
    """When a reply refused what had left this machine: it may be there all the same."""
    gone: bool = False
    """Whether the broker said that nothing of it is left to cancel."""
    looks: int = 0
    lost: datetime | None = None
    lost_at_version: int = 0
    inferred: bool = False
    """Whether nobody said that it ended: balances alone spoke for it."""
    ended: datetime | None = None
    """When it was said to be cancelled, expired or never to have arrived."""
    cancelling: bool = False
    unwanted: bool = False
    """Whether it was bought for when everything of its book was to be sold (`halting.flatten`)."""
    amending: int | None = None
    amend_lost: datetime | None = None
    """When an amendment was given up of which nobody knows what it did."""
    numbers: list[int] = field(default_factory=list)
    """All numbers the broker gave it: an amendment gets a new one."""
    noticed: set[tuple[int, int, datetime]] = field(default_factory=set)
    """Quantity, price and time of the fills that notices told, to know a repeat by."""
    booked: int = 0
    """The state in which executions were last booked whose won may have to be put right."""
    guessed_shares: int = 0
    """Shares that were booked at a likely price."""
    guessed: int = 0
    """Won that those were booked at."""
    caught_up: datetime | None = None
    """When an inquiry last told of fills whose notices may still be on their way."""

    @classmethod
    def of(cls, record: Intended) -> "Order":
        """Make the order that an intent describes."""
        return cls(
            intent=record.intent,
            book=record.book,
            side=record.side,
            listed=record.listed,
            quantity=record.quantity,
            price=record.price,
            reserve=record.reserve,
            reason=record.reason,
            exits=record.exits,
            intended=record.at,
            way=record.way,
            route=record.route,
        )

    @property
    def code(self) -> str:
        """The instrument's code."""
        return self.listed.code

    @property
    def at_market(self) -> bool:
        """Whether it takes any price at once, and resting is no part of it."""
        return self.price is None and (self.route is None or self.route.plain)

    def stated_at(self, price: int) -> bool:
        """Whether the broker can state it at this price, 0 for none.

        For kinds whose price is not ours to say (the close, the best of a side) it states its own.
        """
        return price == (self.price or 0) or (self.price is None and not self.at_market)

    @property
    def live(self) -> bool:
        """Whether the order may still change the books."""
        return self.state in LIVE

    @property
    def missing(self) -> bool:
        """Whether the broker has not shown it, and may have it."""
        refused = self.state is OrderState.REFUSED and self.denied is not None
        return refused or self.state in MISSING

    @property
    def let_go(self) -> bool:
        """Whether it counts as gone though nobody said so: it may rest at the broker."""
        inferred = self.inferred and self.state is OrderState.CANCELLED
        return inferred or self.state is OrderState.NEVER_ARRIVED

    @property
    def unfilled(self) -> int:
        """Shares that were neither filled nor cancelled, whether anything of it lives or not."""
        return max(0, self.quantity - self.filled - self.cancelled)

    @property
    def passed_by(self) -> bool:
        """Whether nobody looked at the order: the same one may go again at once."""
        return self.state is OrderState.REFUSED and self.refusal in PASSING

    def lacks_shares(self, theirs: int) -> bool:
        """Whether a sale was refused for want of shares that the account indeed has not."""
        return self.refusal is RefusalKind.SHARES and theirs < self.quantity

    @property
    def gone_out(self) -> datetime:
        """When its request can last have gone out: it was given up then, or else intended."""
        return self.lost or self.denied or self.intended

    @property
    def remaining(self) -> int:
        """Shares that may still be filled; 0 once nothing of the order lives."""
        return self.unfilled if self.live else 0

    @property
    def reserved(self) -> int:
        """Won still set aside for a live buy, in proportion to what is left of it."""
        return -(-self.reserve * self.remaining // self.quantity)

    def move(self, to: OrderState) -> None:
        """Move to another state.

        Raises:
            InvariantError: the table knows no such move.
        """
        if to not in TRANSITIONS[self.state]:
            raise InvariantError(f"order {self.intent}: {self.state} cannot become {to}")
        self.state = to

    def fill(self, quantity: int, amount: int) -> None:
        """Add an execution.

        Raises:
            InvariantError: more would be filled than was ordered, or the order cannot fill.
        """
        if OrderState.FILLED not in TRANSITIONS[self.state]:
            raise InvariantError(f"order {self.intent}: {self.state} cannot be filled")
        if quantity <= 0 or amount < 0 or self.filled + quantity > self.quantity:
            raise InvariantError(
                f"order {self.intent}: a fill of {quantity} does not fit "
                f"{self.filled} of {self.quantity}"
            )
        self.filled += quantity
        self.amount += amount
        if self.filled == self.quantity:
            self.move(OrderState.FILLED)
