"""From replies and execution notices to facts.

A notice may come before the reply of its order, twice, late, or for an order that is not ours.
What cannot be explained is never guessed: it leads to a question to the broker.
"""

from collections import Counter
from datetime import datetime, timedelta

from maemae.desk import patience
from maemae.desk.again import PAUSES
from maemae.desk.commands import Ask, Wake
from maemae.desk.doubted import is_doubted
from maemae.desk.events import (
    AmendAnswered,
    CancelAnswered,
    Notice,
    NoticeKind,
    OrderAccepted,
    OrderRefused,
    OrderUnknown,
    Query,
)
from maemae.desk.orders import Order, OrderState
from maemae.desk.records import (
    OWNER,
    Accepted,
    Amended,
    AmendFailed,
    CancelFailed,
    Ended,
    Filled,
    Incident,
    Lost,
    OthersOrder,
    Reduced,
    Refused,
)
from maemae.desk.repricing import from_notices
from maemae.desk.sending import cancel
from maemae.desk.sights import Figure
from maemae.desk.state import State
from maemae.desk.turn import Turn
from maemae.market.kinds import Side
from maemae.market.refusals import PASSING, RefusalKind

RESOLVE = "resolve"
BALANCE = "balance"
CANCEL = "cancel"
"""Timers of this kind carry the order whose cancel goes again."""

INQUIRY = "inquiry"
"""What told of an order: the list of the day's orders."""

CLOCK_SLACK = timedelta(seconds=5)
"""How far the broker's times may lie from our own."""

PROVED_AFTER = timedelta(seconds=1)
"""How long a balance waits that may show an order which is known to rest."""

CONFIRMED_AFTER = timedelta(seconds=2)
"""How long the notice of a cancel is waited for."""

CANCEL_AGAIN = timedelta(seconds=5)
"""How long it is waited for where no order list tells of the cancel; then it is sent again."""

ARRIVES_WITHIN = timedelta(seconds=60)
"""How long after it was intended an order can still reach the broker."""


REVIVED = timedelta(minutes=5)
"""So long after it seemed to be gone may an order still turn up in notices and balances."""


class Tracker:
    """Keeps the notices that no order explains yet, and those that look like repeats."""

    def __init__(self) -> None:
        self.unclaimed: list[Notice] = []
        self.suspects: list[Notice] = []
        self.agreed: datetime | None = None
        """When balances that stand for the order inquiry last agreed with our books."""
        self._passed_by: Counter[str] = Counter()
        """How often nobody has looked at the cancel of an order."""
        self._cancels: dict[str, dict[int, int]] = {}
        """Shares that notices said are cancelled, by order and number of the cancel."""
        self.blind = False
        """Whether orders are judged by notices and balances: the venue does not list them."""

    # Replies.

    def accepted(self, turn: Turn, event: OrderAccepted) -> None:
        """Take the broker's number, then whatever notices had come before it."""
        order = turn.state.blotter.order(event.intent)
        if order.order_no == event.order_no:
            return  # A notice or an inquiry was faster.
        adopt(turn, order, event.order_no, event.org_no, "reply")
        self.claim(turn, event.order_no)
        if self.blind and order.live and len(turn.state.proved) < len(Figure):
            turn.do(Wake(BALANCE, turn.at + PROVED_AFTER))

    def refused(self, turn: Turn, event: OrderRefused) -> None:
        """Release what was reserved."""
        order = turn.state.blotter.order(event.intent)
        if order.state in (OrderState.INTENDED, OrderState.UNKNOWN):
            turn.record(
                Refused(
                    at=turn.at,
                    intent=event.intent,
                    code=event.code,
                    message=event.message,
                    kind=event.kind.of(order.side),
                )
            )
        if is_doubted(order, turn.at):
            self.adopt_from_notices(turn)
        if is_doubted(order, turn.at):
            turn.do(
                Ask(Query.BALANCE if self.blind else Query.EXECUTIONS, version=turn.state.version)
            )

    def unknown(self, turn: Turn, event: OrderUnknown) -> None:
        """Hold everything and start to look for the order."""
        if turn.state.blotter.order(event.intent).state is OrderState.INTENDED:
            turn.record(Lost(at=turn.at, intent=event.intent, reason=event.reason))
            self.adopt_from_notices(turn)
        if turn.state.blotter.order(event.intent).state is OrderState.UNKNOWN:
            turn.do(Wake(RESOLVE, turn.at))

    def cancel_answered(self, turn: Turn, event: CancelAnswered) -> None:
        """Look into a cancel that failed, or that was taken and whose notice does not come."""
        if not turn.state.blotter.order(event.intent).live:
            return
        kind = event.kind or RefusalKind.OTHER
        if event.failure:
            turn.record(
                CancelFailed(at=turn.at, intent=event.intent, reason=event.failure, kind=kind)
            )
            turn.do(Ask(Query.EXECUTIONS, version=turn.state.version))
        if kind in PASSING:
            self._passed_by[event.intent] += 1
            again = PAUSES[kind].after(self._passed_by[event.intent])
            turn.do(Wake(f"{CANCEL}:{event.intent}", turn.at + again))
        if not event.failure:
            turn.do(Wake(f"{RESOLVE}:{event.intent}", turn.at + CONFIRMED_AFTER))
        if self.blind and event.kind is None:
            turn.do(Wake(f"{CANCEL}:{event.intent}", turn.at + CANCEL_AGAIN))

    def cancel_again(self, turn: Turn, intent: str) -> None:
        """Send a cancel again at which nobody has looked, or of which nobody tells.

        Where no orders are listed its notice may be lost, and the order be gone. The answer that
        nothing is left to cancel tells.
        """
        order = turn.state.blotter.orders.get(intent)
        if order is not None:
            cancel(turn, order, "again", again=self.blind)

    def amend_answered(self, turn: Turn, event: AmendAnswered) -> None:
        """Take the new number of an amended order; look into an amendment that failed."""
        order = turn.state.blotter.order(event.intent)
        if event.order_no is not None:
            if order.amending is not None:
                amend(
                    turn,
                    order,
                    event.order_no,
                    price=order.amending,
                    source="reply",
                    org_no=event.org_no,
                )
            self.claim(turn, event.order_no)
        elif order.amending is not None:
            turn.record(AmendFailed(at=turn.at, intent=event.intent, reason=event.failure))
            turn.do(Ask(Query.EXECUTIONS, version=turn.state.version))

    # Notices.

    def notice(self, turn: Turn, notice: Notice) -> None:
        """Apply a notice to its order, or keep it until its order is known."""
        target = notice.original_no or notice.order_no
        if notice.kind in (NoticeKind.CANCELLED, NoticeKind.AMENDED):
            known = turn.state.blotter.by_number.get(target)
        else:
            known = turn.state.blotter.by_number.get(notice.order_no)
        if known is None and notice.original_no is not None:
            known = self._amended_unheard(turn, notice)
        if known is None:
            self.unclaimed.append(notice)
            news = notice.order_no not in turn.state.blotter.others
            if news and notice.kind is NoticeKind.ACCEPTED and not self._may_be_ours(turn, notice):
                turn.record(OthersOrder(at=turn.at, order_no=notice.order_no))
            self.adopt_from_notices(turn)
            self._ask_about_strangers(turn)
            return
        self._apply(turn, turn.state.blotter.order(known), notice)

    @staticmethod
    def could_be(state: State, order: Order, notice: Notice) -> bool:
        """Whether a notice of an unknown number might speak of this order.

        A fill tells neither price nor time of its order; what was told when it was accepted counts,
        also of the order that was amended into it.
        """
        others = state.blotter.others
        known = notice.order_no in others or notice.original_no in others
        return not known and could_be(order, notice)

    @staticmethod
    def _may_be_ours(turn: Turn, notice: Notice) -> bool:
        orders = turn.state.blotter.numberless(notice.code)
        return any(could_be(order, notice) for order in orders)

    def _amended_unheard(self, turn: Turn, notice: Notice) -> str | None:
        """Follow an order whose amendment was taken although nobody said so.

        The notice names it: what it filled is its own, also where it counts as over.
        """
        intent = turn.state.blotter.by_number.get(notice.original_no or 0)
        if intent is None or notice.kind is not NoticeKind.FILLED:
            return None
        order = turn.state.blotter.order(intent)
        price = order.amending or order.price or notice.price
        amend(turn, order, notice.order_no, price=price, source="notice", org_no=notice.org_no)
        self.claim(turn, notice.order_no)
        return intent

    def claim(self, turn: Turn, order_no: int) -> None:
        """Apply the notices that were waiting for this order number."""
        waiting = [n for n in self.unclaimed if order_no in (n.order_no, n.original_no)]
        self.unclaimed = [n for n in self.unclaimed if n not in waiting]
        for notice in waiting:
            self.notice(turn, notice)

    def adopt_from_notices(self, turn: Turn) -> None:
        """Give an unknown order the number of the one notice that can only be its own.

        While a reply is still awaited for a like order, the notice may belong to that one, and so
        it may to one whose shares are booked without its number. A fill tells neither price nor
        time of its order: only where no inquiry could tell, it decides.
        """
        telling = {NoticeKind.ACCEPTED, NoticeKind.FILLED} if self.blind else {NoticeKind.ACCEPTED}
        for notice in list(self.unclaimed):
            if notice.kind not in telling:
                continue
            if notice.order_no in turn.state.blotter.by_number:
                continue
            if not turn.state.blotter.others.isdisjoint((notice.order_no, notice.original_no)):
                continue
            likely = _likely(turn, notice)
            unknown = [o for o in likely if o.state is OrderState.UNKNOWN]
            if not likely:
                unknown = _given_up(turn, notice)[-1:]
            if unknown and len(likely) <= len(unknown):
                adopt(turn, unknown[0], notice.order_no, notice.org_no, "notice")
                self.claim(turn, notice.order_no)

    def _ask_about_strangers(self, turn: Turn) -> None:
        missing = list(turn.state.blotter.missing())
        if not self.blind and any(
            self.could_be(turn.state, o, n) for o in missing for n in self.unclaimed
        ):
            turn.do(Ask(Query.EXECUTIONS, version=turn.state.version))
        awaited = (OrderState.INTENDED, OrderState.UNKNOWN)
        for notice in self.unclaimed:
            maybe_ours = any(
                order.state in awaited and self.could_be(turn.state, order, notice)
                for order in turn.state.blotter.live(code=notice.code)
            )
            if not maybe_ours:
                # Somebody else traded on the account; the balance tells what it came to.
                turn.do(Wake(BALANCE, turn.at + timedelta(seconds=1)))
                return

    def _apply(self, turn: Turn, order: Order, notice: Notice) -> None:
        match notice.kind:
            case NoticeKind.FILLED:
                self._fill(turn, order, notice)
            case NoticeKind.REFUSED if notice.original_no is not None:
                # Only the amendment came to nothing, perhaps because the order is filled by now.
                turn.do(Wake(RESOLVE, turn.at))
            case NoticeKind.REFUSED:
                if order.state is OrderState.WORKING:
                    turn.record(
                        Refused(at=turn.at, intent=order.intent, code="notice", message="거부")
                    )
            case NoticeKind.CANCELLED:
                self._cancelled(turn, order, notice)
            case NoticeKind.EXPIRED:
                if order.state is OrderState.WORKING:
                    turn.record(Ended(at=turn.at, intent=order.intent, cancelled=False))
            case NoticeKind.ACCEPTED:
                pass
            case NoticeKind.AMENDED:
                amend(
                    turn,
                    order,
                    notice.order_no,
                    price=notice.price,
                    source="notice",
                    org_no=notice.org_no,
                )
                self.claim(turn, notice.order_no)

    def _cancelled(self, turn: Turn, order: Order, notice: Notice) -> None:
        """End an order, or what the notice says of it: somebody else may have cancelled a part.

        Each cancel has a number of its own, so that a repeated notice counts once. Fewer shares
        than remain are a part, or all that remained after fills nobody has told of yet.
        """
        if order.state is not OrderState.WORKING:
            return
        told = self._cancels.setdefault(order.intent, {})
        told[notice.order_no] = notice.quantity
        cancelled = max(sum(told.values()), order.cancelled)
        if not notice.quantity or order.filled + cancelled >= order.quantity:
            turn.record(Ended(at=turn.at, intent=order.intent, cancelled=True))
            return
        reduce(turn, order, cancelled, "notice")
        turn.do(Wake(RESOLVE, turn.at))

    def _in_the_books(self, notice: Notice) -> bool:
        """Whether a fill is older than books that agreed: a missed sale may have hidden it."""
        return self.agreed is not None and notice.executed < self.agreed - CLOCK_SLACK

    def _fill(self, turn: Turn, order: Order, notice: Notice) -> None:
        if self._in_the_books(notice) or _doubtful(order, notice):
            # No execution number exists, so a repeat cannot be told from a twin: ask.
            self.suspects.append(notice)
            mine = [n for n in self.suspects if n.order_no in order.numbers]
            if from_notices(turn, order, mine):
                self.suspects = [n for n in self.suspects if n not in mine]
            turn.do(Ask(Query.EXECUTIONS, version=turn.state.version))
            return
        fill(
            turn,
            Filled(
                at=turn.at,
                intent=order.intent,
                quantity=notice.quantity,
                amount=notice.quantity * notice.price,
                executed=notice.executed,
            ),
        )


def fill(turn: Turn, filled: Filled) -> None:
    """Book an execution; say aloud when a book sold more than it is known to hold.

    It happens when a position was given up to an older balance before the sale was reported.
    """
    order = turn.state.blotter.order(filled.intent)
    if order.side is Side.SELL and order.book != OWNER:
        position = turn.state.portfolio.positions.get((order.book, order.code))
        held = position.quantity if position is not None else 0
        if filled.quantity > held:
            turn.record(
                Incident(
                    at=turn.at,
                    kind="sold_more_than_held",
                    detail=f"{order.book} {order.code}: {filled.quantity:,} / {held:,}",
                )
            )
    turn.record(filled)
    if order.live and not order.remaining:
        turn.record(Ended(at=turn.at, intent=order.intent, cancelled=True))


def reduce(turn: Turn, order: Order, cancelled: int, source: str) -> None:
    """Note how many shares of an order are cancelled in all, if that is news and some remain."""
    if order.state is OrderState.WORKING and order.cancelled < cancelled <= order.quantity:
        turn.record(Reduced(at=turn.at, intent=order.intent, cancelled=cancelled, source=source))


def amend(
    turn: Turn, order: Order, order_no: int, *, price: int, source: str, org_no: str = ""
) -> None:
    """Let an order live on under a new number, unless it does already.

    Under its old one the broker may have said that nothing was left of it: that it was cancelled.
    """
    if order_no in turn.state.blotter.by_number:
        return
    gone = order.let_go or order.state is OrderState.CANCELLED
    if gone and order.order_no is not None:
        said = f"{order.intent}: {order.code} {order_no}"
        turn.record(Incident(at=turn.at, kind="late_arrival", detail=said))
        take_back(turn, order, source)
    if order.live or source == INQUIRY:
        turn.record(
            Amended(
                at=turn.at,
                intent=order.intent,
                order_no=order_no,
                price=price,
                org_no=org_no,
                source=source,
            )
        )


def _doubtful(order: Order, notice: Notice) -> bool:
    """Whether a fill may be booked already, by its own notice or by an inquiry, or cannot be."""
    caught_up = order.caught_up is not None and notice.executed <= order.caught_up + CLOCK_SLACK
    repeated = (notice.quantity, notice.price, notice.executed) in order.noticed
    too_much = order.filled + notice.quantity > order.quantity - order.cancelled
    return caught_up or repeated or too_much or order.state is OrderState.REFUSED


def _likely(turn: Turn, notice: Notice) -> list[Order]:
    """Return the orders without a number that a notice may speak of, but for those given up."""
    return [
        order
        for order in turn.state.blotter.numberless(notice.code)
        if (order.live or not order.missing) and could_be(order, notice)
    ]


def _given_up(turn: Turn, notice: Notice) -> list[Order]:
    """Return the orders thought lost that a notice may speak of after all."""
    return [
        order
        for order in turn.state.blotter.orders.values()
        if order.state in (OrderState.NEVER_ARRIVED, OrderState.REFUSED)
        and order.missing
        and could_be(order, notice)
        and notice.executed - (order.ended or order.intended) <= REVIVED
    ]


def could_be(order: Order, notice: Notice) -> bool:
    """Whether a notice of an unknown number might speak of this order."""
    if order.side is not notice.side or order.code != notice.code:
        return False
    over = order.caught_up if order.state is OrderState.FILLED else None
    if not _between(order.intended, notice.executed, over):
        return False
    if notice.kind is NoticeKind.ACCEPTED:
        same = notice.quantity == order.quantity and order.stated_at(notice.price)
        return same and in_time(order, notice.executed)
    if notice.kind is NoticeKind.FILLED and not _within_limit(order, notice):
        return False
    if notice.order_quantity is not None:
        return notice.order_quantity == order.quantity
    return notice.quantity <= order.quantity


def _between(began: datetime, executed: datetime, over: datetime | None) -> bool:
    """Whether the broker's time may lie between two of ours, of which the later may be open."""
    return began - CLOCK_SLACK <= executed and (over is None or executed <= over + CLOCK_SLACK)


def _within_limit(order: Order, notice: Notice) -> bool:
    """Whether the order can have been executed at this price: never at a worse one than its own.

    What was amended elsewhere, under a number that was not known, has another price by now.
    """
    price = notice.price
    if order.price is None or notice.original_no is not None:
        return True
    prices = (order.price, order.amending or order.price)
    return price <= max(prices) if order.side is Side.BUY else price >= min(prices)


def in_time(order: Order, ordered: datetime) -> bool:
    """Whether an order that the broker took at that time can be this one."""
    return order.intended - CLOCK_SLACK <= ordered <= order.intended + ARRIVES_WITHIN


def take_back(turn: Turn, order: Order, source: str) -> None:
    """Let an order live again that counted as gone though nobody said so."""
    if order.order_no is None:
        turn.record(Lost(at=turn.at, intent=order.intent, reason="set aside"))
        return
    turn.record(
        Accepted(
            at=turn.at,
            intent=order.intent,
            order_no=order.order_no,
            org_no=order.org_no,
            source=source,
        )
    )
    patience.wake(turn, order)


def adopt(turn: Turn, order: Order, order_no: int, org_no: str, source: str) -> None:
    """Tie a broker's order number to an intent."""
    turned_up = not order.live
    if turned_up:
        turn.record(
            Incident(
                at=turn.at, kind="late_arrival", detail=f"{order.intent}: {order.code} {order_no}"
            )
        )
    turn.record(
        Accepted(at=turn.at, intent=order.intent, order_no=order_no, org_no=org_no, source=source)
    )
    if turned_up:
        patience.wake(turn, order)
