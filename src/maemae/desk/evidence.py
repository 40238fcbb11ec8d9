"""What balances prove of orders, where the venue does not list them.

KIS's virtual server (모의투자) refuses the order inquiry or answers it without rows. What is left,
after the notices, is circumstantial, and so nothing is done before two looks in a row agree:

- Shares moved by no more than a live order can have filled, and no stranger's notice tells of
  them: the order filled them. The cash that moved with them is the price, exactly, where nothing
  else moved; otherwise the last price stands for it, and the reconciler finds the rest.
- Nothing moved: a sell order that rests at the broker takes its shares out of what the balance
  calls sellable (주문가능수량), a buy order its worth out of the buying power (주문가능금액).
  Where neither is missing, the order is not there: it never arrived, or is cancelled. That is
  believed only of a figure that was seen to have an order in it which is known to rest
  (`FigureProved`); before that the order stays in doubt, and that is said.
- It rests there without a number of ours: it keeps its reservation, and the owner is told,
  because KIS takes a cancel by number alone. The close ends it.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from maemae.desk.attribution import attribute
from maemae.desk.commands import Ask, Wake
from maemae.desk.difference import Difference, comparable, compare, left_out
from maemae.desk.doubted import is_doubted
from maemae.desk.events import Balance, BuyingPower, Notice, NoticeKind, Query
from maemae.desk.inquiry import ASK_AGAIN, LOOK_AFTER, LOOKS, missed_fills
from maemae.desk.orders import Order, OrderState
from maemae.desk.presence import (
    offered,
    present,
    prove,
    shown_buy,
    shown_sale,
    slack,
    taken_by,
    told,
    wanting,
)
from maemae.desk.prices import Quote
from maemae.desk.pricing import cash_price, likely_price, plausible
from maemae.desk.records import (
    BY_BALANCE,
    GUESSED,
    Ended,
    Incident,
    Looked,
    Lost,
    NeverArrived,
)
from maemae.desk.returning import Returning
from maemae.desk.sights import Figure
from maemae.desk.state import State
from maemae.desk.stillness import Stillness
from maemae.desk.tracking import BALANCE, RESOLVE, REVIVED, Tracker, could_be, fill
from maemae.desk.turn import Turn
from maemae.desk.turnover import (
    GUESS,
    RANGE,
    Unbooked,
    is_old,
    near,
    newly_moved_in_doubt,
    unbooked,
)
from maemae.market.kinds import Side

POOR_LOOKS = 3
POOR_FOR = timedelta(seconds=3)
"""So many order inquiries over so long that lack orders of ours: the venue lists none."""

LATEST = timedelta(seconds=3)
"""A request given up may still arrive; nothing is called absent sooner after the loss."""

TELL_AFTER = timedelta(seconds=10)
"""An order that stays unknown for so long is said aloud, and nothing is entered any more."""

UNDECIDED = "order_undecided"

TRADED = 100
"""Won by which the cash must differ for as many shares to have been bought as sold; rounding and
prices that were guessed make smaller differences."""

FIGURES = {Side.BUY: Figure.POWER, Side.SELL: Figure.SELLABLE}
"""What tells of orders that rest, by side."""

PATIENCE = timedelta(seconds=5)
"""When an answer about buying power is given up."""


@dataclass(slots=True)
class Evidence:
    """Remembers what was seen last, to act only when it is seen again.

    Args:
        tracker: the notices that nothing explains, and whether orders are judged by balances.
    """

    tracker: Tracker
    doubted: set[str] = field(default_factory=set)
    """Working orders that may be gone: a cancel was sent, or notices may have been missed."""
    _last: Difference | None = None
    _absent: dict[str, int] = field(default_factory=dict)
    _returning: Returning = field(default_factory=Returning)
    _told: set[str] = field(default_factory=set)
    """Orders that were said to rest without a number."""
    _undecided: set[str] = field(default_factory=set)
    """Orders that were said to be undecided."""
    _poor: int = 0
    _poor_since: datetime | None = None
    _power_asked: int = -1
    _shown: tuple[str, int] | None = None
    """The buy that buying power seemed to lack when last asked, and what remained of it."""
    _stillness: Stillness = field(default_factory=Stillness)
    _agreed_on: datetime | None = None
    """Of when the balance was that last agreed with our books: what was done since may be missing
    in it."""
    _cash: int = 0
    """As the balance stated it beside which buying power was asked for: others' trades are in it,
    as they are in the buying power, and in our own cash they are not yet."""

    # Whether the venue lists orders.

    def inquired(self, at: datetime, *, complete: bool, sure: bool) -> None:
        """Note whether an order inquiry listed what it must have listed.

        A venue that is known to list orders (`sure`) may list them late: a row that is lacking
        there tells nothing, and balances do not take the list's place.
        """
        if sure:
            self._poor, self._poor_since, self.tracker.blind = 0, None, False
            return
        if complete:
            self._poor, self._poor_since, self.tracker.blind = 0, None, False
            return
        self._poor += 1
        self._poor_since = self._poor_since or at
        if self._poor >= POOR_LOOKS and at - self._poor_since >= POOR_FOR:
            self.tracker.blind = True

    # Looks.

    def look(
        self,
        turn: Turn,
        balance: Balance,
        quotes: Mapping[str, Quote],
        *,
        closed: bool,
        exact: bool = True,
    ) -> bool:
        """Take in a balance; return whether our own orders explain how it differs.

        Args:
            turn: the step.
            balance: as the broker stated it.
            quotes: last prices, by code.
            closed: no order lives on at the broker.
            exact: all of the cash that differs may tell a price.
        """
        state = turn.state
        if not self.tracker.blind:
            return False
        self._stillness.look(balance)
        prove(turn, Figure.SELLABLE, shown_sale(state, balance))
        difference = compare(state, balance)
        # Of what nobody knows how much is whose, it is known how much has moved.
        in_doubt = newly_moved_in_doubt(state, balance)
        difference = Difference(difference.shares | in_doubt, difference.cash)
        self._tell(turn, difference)
        if not comparable(state, balance):
            return False
        if difference and is_old(state, balance, None) and not closed:
            return False
        ours = {
            code: change - strangers
            for code, change in difference.shares.items()
            if change != (strangers := self._strangers(state, code))
        }
        told = {notice.order_no for notice in self.tracker.suspects}
        more = unbooked(state, balance) if balance.bought is not None else None
        unshown = set() if closed else left_out(difference, balance)
        ours = {
            code: change
            for code, change in ours.items()
            if code not in unshown and _traded(state, more, change, quotes.get(code))
        }
        if abs(difference.cash) >= TRADED:
            ours = dict.fromkeys(_both_ways(state) - difference.shares.keys(), 0) | ours
        # Whatever has ended since the balance that last agreed may have filled before it did.
        since = min(turn.at - REVIVED, self._agreed_on or turn.at)
        moved = attribute(state, ours, balance, since, told)
        if moved:
            self._absent.clear()
            if difference == self._last:
                self._book(turn, moved, difference, quotes, more, exact=exact)
                self._last = None
            else:
                self._last = difference
            turn.do(Wake(BALANCE, turn.at + LOOK_AFTER))
            return True
        self._last = None
        self._confirm_refused(turn, difference)
        self._agreed(turn, difference)
        moving = [code for code, change in ours.items() if change]
        self._seek(turn, balance, moving, closed=closed)
        return False

    def undecided(self, state: State) -> bool:
        """Whether it was said aloud of an order that it stays unknown; nothing is entered then."""
        return any(
            order.state is OrderState.UNKNOWN and order.intent in self._undecided | self._told
            for order in state.blotter.live()
        )

    def _tell(self, turn: Turn, difference: Difference) -> None:
        """Say aloud which orders are still unknown, and what the books lack for an answer."""
        for order in list(turn.state.blotter.live()):
            if order.state is not OrderState.UNKNOWN or order.intent in self._undecided:
                continue
            due = order.gone_out + TELL_AFTER
            if turn.at < due:
                turn.do(Wake(BALANCE, due))
            else:
                self._undecided.add(order.intent)
                said = (
                    f"{order.intent}: {order.book} {order.side.value} {order.remaining:,} x "
                    f"{order.code} ({difference.shares.get(order.code, 0):+,} / "
                    f"{difference.cash:+,}원)"
                )
                turn.record(Incident(at=turn.at, kind=UNDECIDED, detail=said))

    def powered(self, turn: Turn, power: BuyingPower) -> None:
        """Take in the buying power that was asked for after a look."""
        if self._power_asked < 0:
            return
        valid, self._power_asked = self._power_asked == turn.state.version, -1
        doubtful, share = self._doubtful(turn, Side.BUY), turn.state.power_share
        there: Mapping[str, bool] = {}
        if valid and share is not None:
            lacks = int(self._cash * share) - power.amount
            self._prove_power(turn, lacks)
            buys = turn.state.blotter.live(side=Side.BUY)
            takes = {order.intent: taken_by(order) for order in buys}
            kept = {order.intent: takes.pop(order.intent) for order in doubtful}
            if kept:
                seen = present(kept, lacks - sum(takes.values()), slack(kept.values()))
                there = told(turn.state, Figure.POWER, seen)
        self._judge(turn, doubtful, there, closed=False)

    def _prove_power(self, turn: Turn, lacks: int) -> None:
        """Take the buying power for proved when two looks in a row lack the same resting buy.

        One alone may have been asked for just after that buy was filled.
        """
        shown = shown_buy(turn.state, lacks)
        seen = None if shown is None else (shown.intent, shown.remaining)
        if shown is not None and seen == self._shown:
            prove(turn, Figure.POWER, shown)
        self._shown = seen
        if wanting(turn.state, Figure.POWER) and seen is not None:
            turn.do(Wake(BALANCE, turn.at + LOOK_AFTER))

    # Shares that moved.

    def _strangers(self, state: State, code: str) -> int:
        """Shares that others bought (or, below zero, sold) as notices told since the last look.

        An order fills no more than its quantity: what is told beyond was told twice.
        """
        live = list(state.blotter.live(code=code))
        orders: dict[int, int] = {}
        for n in self.tracker.unclaimed:
            ours = any(self.tracker.could_be(state, order, n) for order in live)
            if (
                n.kind is NoticeKind.FILLED
                and n.code == code
                and not ours
                and not _booked(state, n)
            ):
                said = abs(orders.get(n.order_no, 0)) + n.quantity
                most = min(said, n.order_quantity or said)
                orders[n.order_no] = most if n.side is Side.BUY else -most
        return sum(orders.values())

    def _book(
        self,
        turn: Turn,
        moved: Mapping[str, int],
        difference: Difference,
        quotes: Mapping[str, Quote],
        more: Unbooked | None,
        *,
        exact: bool,
    ) -> None:
        alone = exact and len(moved) == len(difference.shares) == 1
        sides = Counter(turn.state.blotter.order(intent).side for intent in moved)
        whole = exact and _all_told(turn.state, moved, difference)
        for intent, quantity in moved.items():
            order = turn.state.blotter.order(intent)
            if not order.live and order.missing:
                said = f"{intent}: {order.book} {order.code} {quantity:,}"
                turn.record(Incident(at=turn.at, kind="late_arrival", detail=said))
                turn.record(Lost(at=turn.at, intent=intent, reason="shares moved"))
            amount = None
            left = _pot(more, order.side)
            if whole and left and sides[order.side] == 1 and plausible(order, quantity, left):
                amount = left
            elif alone and quantity == abs(next(iter(difference.shares.values()))):
                amount = cash_price(turn.state, order, quantity, difference.cash)
            source, likely = BY_BALANCE, quantity * likely_price(order, quotes)
            if amount is None or not near(amount, likely):
                source = GUESSED
                amount = likely
                if left is not None:
                    amount = max(1, min(amount, left))
                said = f"{intent}: {order.code} {quantity:,} = {amount:,}원"
                turn.record(Incident(at=turn.at, kind="fill_estimated", detail=said))
            if more is not None:
                more = _less(more, order.side, amount)
            found = missed_fills(turn, self.tracker, order, quantity, amount, source=source)
            for one in found:
                fill(turn, one)

    def _agreed(self, turn: Turn, difference: Difference) -> None:
        """Forget what the books have in them already, of all names or of those that agree."""
        if not difference:
            self.tracker.suspects.clear()
            self.tracker.agreed = turn.at
            self._agreed_on = self._stillness.since
        live = turn.state.blotter.live
        self.tracker.unclaimed = [
            n
            for n in self.tracker.unclaimed
            if n.code in difference.shares
            or any(self.tracker.could_be(turn.state, order, n) for order in live(code=n.code))
        ]

    def _confirm_refused(self, turn: Turn, difference: Difference) -> None:
        """Note of refused orders that a look has shown nothing of them."""
        for order in list(turn.state.blotter.missing()):
            if is_doubted(order, turn.at) and order.code not in difference.shares:
                turn.record(Looked(at=turn.at, intent=order.intent))

    # Orders of which nothing moved.

    def doubt_all(self, state: State) -> None:
        """Note that notices may have been missed."""
        self.doubted |= {order.intent for order in state.blotter.live()}

    def _doubtful(self, turn: Turn, side: Side) -> list[Order]:
        """Return the orders that may be gone: a market order that waits is one of them."""
        return [
            order
            for order in turn.state.blotter.live(side=side)
            if order.state is OrderState.UNKNOWN
            or order.intent in self.doubted
            or order.cancelled
            or (order.price is None and turn.at - order.intended >= LATEST)
        ]

    def _seek(self, turn: Turn, balance: Balance, moving: Collection[str], *, closed: bool) -> None:
        """Find out whether orders of doubtful life are still at the broker."""
        state = turn.state
        self.doubted &= {order.intent for order in state.blotter.live()}
        if closed:
            # Nothing lives any more. What moved that no order of ours explains is the owner's, and
            # is adopted once none is there that might.
            gone = list(state.blotter.live())
            self._judge(turn, gone, {order.intent: False for order in gone}, closed=True)
            return
        sells, buys = (self._doubtful(turn, side) for side in (Side.SELL, Side.BUY))
        self._end_gone(turn, balance, moving)
        sells, buys = (
            [o for o in some if o.code not in moving and not _gone(o)] for some in (sells, buys)
        )
        self._returning.look(turn, balance, moving)
        for code in dict.fromkeys(order.code for order in sells):
            mine = [order for order in sells if order.code == code]
            there = offered(state, balance, code, mine)
            old = {one.intent for one in mine if not self._stillness.moved_since(one.gone_out)}
            if any(intent in old and not rests for intent, rests in there.items()):
                turn.do(Wake(RESOLVE, turn.at + ASK_AGAIN))
            there = {intent: rests for intent, rests in there.items() if rests or intent not in old}
            self._judge(turn, mine, there, closed=False)
        if not buys and wanting(state, Figure.POWER):
            buys = [o for o in state.blotter.live(side=Side.BUY) if o.code not in moving]
        if buys and state.power_share is not None and not _bought_more(state, balance):
            self._power_asked, self._cash = state.version, balance.cash
            turn.do(Ask(Query.POWER, buys[0].code, buys[0].price))
            turn.do(Wake(f"{RESOLVE}:power", turn.at + PATIENCE))

    def _end_gone(self, turn: Turn, balance: Balance, moving: Collection[str]) -> None:
        """End orders of which nothing is left, unless what they have filled is not booked yet."""
        more = unbooked(turn.state, balance)
        for order in [order for order in turn.state.blotter.live() if _gone(order)]:
            traded = more.bought if order.side is Side.BUY else more.sold
            if order.code not in moving and traded < TRADED:
                self._judge(turn, [order], {order.intent: False}, closed=False)

    def _judge(
        self, turn: Turn, orders: Sequence[Order], there: Mapping[str, bool], *, closed: bool
    ) -> None:
        """Take in which orders are at the broker; of those left out it cannot be told."""
        for order in orders:
            seen_there = there.get(order.intent)
            if seen_there is not False:
                self._absent.pop(order.intent, None)
                if seen_there:
                    self._present(turn, order)
                continue
            seen = self._absent[order.intent] = self._absent.get(order.intent, 0) + 1
            # What may still have been on its way, and then not in the figure yet, is not absent.
            figure, none = FIGURES[order.side], timedelta()
            proved = turn.state.proved.get(figure, none)
            late = LATEST + max(proved, turn.state.seen_in(figure) or none)
            if seen >= LOOKS and (closed or turn.at - order.gone_out >= late):
                self._absent.pop(order.intent)
                self.doubted.discard(order.intent)
                _let_go(turn, order, closed=closed)
            else:
                if order.state is OrderState.UNKNOWN:
                    turn.record(Looked(at=turn.at, intent=order.intent))
                turn.do(Wake(RESOLVE, turn.at + LOOK_AFTER))

    def _present(self, turn: Turn, order: Order) -> None:
        self.doubted.discard(order.intent)
        if order.state is not OrderState.UNKNOWN or order.intent in self._told:
            return
        self._told.add(order.intent)
        said = f"{order.intent}: {order.book} {order.side.value} {order.quantity:,} x {order.code}"
        turn.record(Incident(at=turn.at, kind="order_without_number", detail=said))


def _traded(state: State, more: Unbooked | None, change: int, quote: Quote | None) -> bool:
    """Whether shares that differ can have been traded: the day's turnover grew by their worth.

    Executions that were booked at a likely price may have been booked for too much before.
    """
    if more is None or not change:
        return True
    price, side = 0 if quote is None else quote.price, Side.BUY if change > 0 else Side.SELL
    won = (more.bought if change > 0 else more.sold) + state.guessed[side] // GUESS
    return won > 0 and won * RANGE >= abs(change) * price


def _bought_more(state: State, balance: Balance) -> bool:
    """Whether something was bought today that is not booked: a buy that is gone may be filled.

    Its shares may be on a page that the balance lacks.
    """
    return unbooked(state, balance).bought >= TRADED + state.guessed[Side.BUY] // GUESS


def _pot(more: Unbooked | None, side: Side) -> int | None:
    """Return the won of a side that are not booked yet; None where the broker does not say."""
    if more is None:
        return None
    return more.bought if side is Side.BUY else more.sold


def _less(more: Unbooked, side: Side, amount: int) -> Unbooked:
    if side is Side.BUY:
        return Unbooked(more.bought - amount, more.sold)
    return Unbooked(more.bought, more.sold - amount)


def _all_told(state: State, moved: Mapping[str, int], difference: Difference) -> bool:
    """Whether our orders moved all the shares that differ, so that the turnover is theirs."""
    net: Counter[str] = Counter()
    for intent, quantity in moved.items():
        order = state.blotter.order(intent)
        net[order.code] += quantity if order.side is Side.BUY else -quantity
    return {code: change for code, change in net.items() if change} == difference.shares


def _booked(state: State, notice: Notice) -> bool:
    """Whether a notice may tell late what a balance told of an order that has no number."""
    return any(
        order.order_no is None and order.filled and could_be(order, notice)
        for order in state.blotter.orders.values()
    )


def _both_ways(state: State) -> set[str]:
    """Return the names of which both a buy and a sale are under way."""
    buys, sells = (
        {order.code for order in state.blotter.live(side=side)} for side in (Side.BUY, Side.SELL)
    )
    return buys & sells


def _let_go(turn: Turn, order: Order, *, closed: bool) -> None:
    if order.state is OrderState.UNKNOWN and not order.filled:
        turn.record(NeverArrived(at=turn.at, intent=order.intent))
    else:
        turn.record(Ended(at=turn.at, intent=order.intent, cancelled=not closed, source=BY_BALANCE))


def _gone(order: Order) -> bool:
    """Whether the broker knows that nothing is left of an order.

    Without the number of the office that took it no broker need know the order.
    """
    return order.gone and bool(order.org_no)
