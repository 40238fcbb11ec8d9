"""Partial fills of one order, told together."""

from dataclasses import dataclass, field

from maemae.desk.orders import Order
from maemae.desk.positions import Position
from maemae.desk.records import Filled


@dataclass(slots=True)
class Tally:
    """What of an order was filled since it was last told. Amounts in won."""

    order: Order
    since: float
    quantity: int = 0
    amount: int = 0
    fills: int = 0
    opened: Position | None = None
    """The position that began with one of these fills."""
    closed: Position | None = None
    """The position of which these fills sold the last share."""

    @property
    def price(self) -> int:
        """Average price, whole won."""
        return self.amount // self.quantity


@dataclass(slots=True)
class Tallies:
    """The tallies of all orders of which something is not yet told."""

    _open: dict[str, Tally] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self._open)

    def add(self, order: Order, fill: Filled, now: float) -> Tally:
        """Count a fill; `now` is monotonic seconds."""
        tally = self._open.setdefault(order.intent, Tally(order, now))
        tally.quantity += fill.quantity
        tally.amount += fill.amount
        tally.fills += 1
        return tally

    def take(self, intent: str) -> Tally | None:
        """Take out what is to be told of an order."""
        return self._open.pop(intent, None)

    def due(self, before: float) -> list[Tally]:
        """Take out everything that began to wait before that moment."""
        over = [tally for tally in self._open.values() if tally.since <= before]
        return [self._open.pop(tally.order.intent) for tally in over]
