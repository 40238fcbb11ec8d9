"""The orders of the day, and those of days before that may still live."""

from collections.abc import Callable, Iterator
from typing import ClassVar

from maemae.desk.orders import Order, OrderState
from maemae.desk.records import (
    BY_BALANCE,
    GUESSED,
    Accepted,
    Amended,
    AmendFailed,
    AmendIntended,
    CancelFailed,
    CancelIntended,
    DayOpened,
    Ended,
    Filled,
    FlattenBegun,
    Intended,
    Looked,
    Lost,
    NeverArrived,
    OthersOrder,
    Record,
    Reduced,
    Refused,
    Repriced,
)
from maemae.errors import InvariantError
from maemae.market.kinds import Side
from maemae.market.refusals import RefusalKind


class Blotter:
    """Every order by its intent, and by the numbers that the broker gave it."""

    def __init__(self) -> None:
        self.orders: dict[str, Order] = {}
        self.by_number: dict[int, str] = {}
        self.others: set[int] = set()
        """Numbers of the day's orders that are known to be none of ours: the owner's."""
        self._living: dict[str, Order] = {}
        self._missing: dict[str, Order] = {}
        self._version = 0

    def order(self, intent: str) -> Order:
        """Return the order of an intent.

        Raises:
            InvariantError: there is none.
        """
        try:
            return self.orders[intent]
        except KeyError:
            raise InvariantError(f"no order has the intent {intent}") from None

    def live(
        self, *, book: str | None = None, code: str | None = None, side: Side | None = None
    ) -> Iterator[Order]:
        """Yield the orders that may still change the books."""
        for order in self._living.values():
            if (
                (book is None or order.book == book)
                and (code is None or order.code == code)
                and (side is None or order.side is side)
            ):
                yield order

    def missing(self) -> Iterator[Order]:
        """Yield the orders that the broker has not shown: unknown, taken for lost, or refused."""
        yield from self._missing.values()

    def numberless(self, code: str) -> Iterator[Order]:
        """Yield the day's orders of a name that went out and whose number nobody has told.

        Also those whose shares a balance showed: notices of theirs may still come.
        """
        for order in self.orders.values():
            may_be_there = order.state is not OrderState.REFUSED or order.missing
            if order.code == code and order.order_no is None and may_be_there:
                yield order

    def apply(self, record: Record, version: int) -> None:
        """Take in one fact, with which the state becomes this version.

        Raises:
            InvariantError: the fact contradicts what is known of its order.
        """
        change = self._changes.get(type(record))
        if change is None:
            return  # It is about other things than orders.
        self._version = version
        change(self, record)
        order = self.orders.get(getattr(record, "intent", ""))
        if order is not None:
            self._sort_out(order)

    def _sort_out(self, order: Order) -> None:
        """Keep the few live orders apart from the many dead ones of a day."""
        for kept, belongs in ((self._living, order.live), (self._missing, order.missing)):
            if belongs:
                kept[order.intent] = order
            else:
                kept.pop(order.intent, None)

    def _day_opened(self, record: DayOpened) -> None:
        del record
        self.others = set()
        self.orders = dict(self._living)
        self._missing = {i: o for i, o in self._missing.items() if i in self.orders}
        self.by_number = {no: o.intent for o in self.orders.values() for no in o.numbers}

    def _others_order(self, record: OthersOrder) -> None:
        self.others.add(record.order_no)

    def _intended(self, record: Intended) -> None:
        if record.intent in self.orders:
            raise InvariantError(f"the intent {record.intent} exists already")
        self.orders[record.intent] = Order.of(record)

    def _accepted(self, record: Accepted) -> None:
        order = self.order(record.intent)
        back = record.order_no in order.numbers
        order.move(OrderState.WORKING)
        order.gone = False
        if not back:
            self._unused(record.order_no)
            self._number(order, record.order_no)
        order.org_no = record.org_no

    def _refused(self, record: Refused) -> None:
        order = self.order(record.intent)
        order.move(OrderState.REFUSED)
        order.refusal = record.kind
        if order.order_no is None and record.kind is not RefusalKind.UNSENT:
            order.denied, order.lost_at_version, order.looks = record.at, self._version, 0

    def _lost(self, record: Lost) -> None:
        order = self.order(record.intent)
        order.move(OrderState.UNKNOWN)
        order.lost, order.lost_at_version = record.at, self._version

    def _looked(self, record: Looked) -> None:
        self.order(record.intent).looks += 1

    def _never_arrived(self, record: NeverArrived) -> None:
        order = self.order(record.intent)
        order.move(OrderState.NEVER_ARRIVED)
        order.ended = record.at

    def _ended(self, record: Ended) -> None:
        order = self.order(record.intent)
        order.move(OrderState.CANCELLED if record.cancelled else OrderState.EXPIRED)
        order.ended, order.inferred = record.at, record.source == BY_BALANCE

    def _reduced(self, record: Reduced) -> None:
        order = self.order(record.intent)
        order.cancelled = max(order.cancelled, record.cancelled)

    def _cancel_intended(self, record: CancelIntended) -> None:
        self.order(record.intent).cancelling = True

    def _cancel_failed(self, record: CancelFailed) -> None:
        order = self.order(record.intent)
        order.cancelling = False
        order.gone = order.gone or record.kind is RefusalKind.GONE

    def _flatten_begun(self, record: FlattenBegun) -> None:
        """Mark what may still buy: also an order thought gone, for it may turn up after all."""
        for order in self.orders.values():
            if order.side is Side.BUY and record.book in (None, order.book):
                order.unwanted = order.filled < order.quantity

    def _amend_intended(self, record: AmendIntended) -> None:
        order = self.order(record.intent)
        order.amending, order.reserve = record.price, max(order.reserve, record.reserve)

    def _amend_failed(self, record: AmendFailed) -> None:
        order = self.order(record.intent)
        order.amending, order.amend_lost = None, record.at

    def _amended(self, record: Amended) -> None:
        self._unused(record.order_no)
        order = self.order(record.intent)
        self._number(order, record.order_no)
        order.price, order.amending = record.price or None, None
        order.amend_lost = None
        order.gone = False  # That was said of the number before.
        order.org_no = record.org_no or order.org_no

    def _filled(self, record: Filled) -> None:
        order = self.order(record.intent)
        order.fill(record.quantity, record.amount)
        if record.source == "notice":
            order.noticed.add((record.quantity, record.price, record.executed))
        else:
            order.caught_up = record.at
            if record.source != BY_BALANCE or not order.booked:  # That is exact, and stays.
                order.booked = self._version
        if record.source == GUESSED:
            order.guessed_shares += record.quantity
            order.guessed += record.amount

    def _repriced(self, record: Repriced) -> None:
        order = self.order(record.intent)
        order.amount += record.difference
        order.guessed_shares = order.guessed = 0

    def _unused(self, order_no: int) -> None:
        if order_no in self.by_number:
            raise InvariantError(f"order number {order_no} was given out twice")

    def _number(self, order: Order, order_no: int) -> None:
        """Know an order by the number that the broker has just given it."""
        order.order_no, order.numbered_at_version = order_no, self._version
        order.numbers.append(order_no)
        self.by_number[order_no] = order.intent

    _changes: ClassVar[dict[type[Record], Callable[..., None]]] = {
        DayOpened: _day_opened,
        Intended: _intended,
        Accepted: _accepted,
        Refused: _refused,
        Lost: _lost,
        Looked: _looked,
        NeverArrived: _never_arrived,
        Ended: _ended,
        Reduced: _reduced,
        CancelIntended: _cancel_intended,
        CancelFailed: _cancel_failed,
        FlattenBegun: _flatten_begun,
        AmendIntended: _amend_intended,
        AmendFailed: _amend_failed,
        Amended: _amended,
        Filled: _filled,
        Repriced: _repriced,
        OthersOrder: _others_order,
    }
    """What each fact about orders does; a table, because restarts and replays apply very many."""
