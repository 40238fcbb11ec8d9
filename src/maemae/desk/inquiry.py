"""What the day's order inquiry proves: lost orders found, missed fills and ends caught up."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

from maemae.desk import listlag
from maemae.desk.commands import Ask, Wake
from maemae.desk.events import Execution, Executions, Query
from maemae.desk.orders import Order, OrderState
from maemae.desk.prices import Quote
from maemae.desk.records import Ended, Filled, Incident, Looked, NeverArrived
from maemae.desk.repricing import SETTLED, Amounts, reprice
from maemae.desk.state import State
from maemae.desk.tracking import (
    ARRIVES_WITHIN,
    INQUIRY,
    RESOLVE,
    Tracker,
    adopt,
    amend,
    fill,
    in_time,
    reduce,
)
from maemae.desk.turn import Turn

LOOKS = 2
"""Agreeing looks after which an unknown order counts as never arrived."""

LOOK_AFTER = timedelta(seconds=1)
"""Between two looks."""

BEHIND = timedelta(seconds=30)
"""So long after an execution was noticed a list that lacks it is an old one; then the notice is
doubted. An order list may be late by seconds (`maemae.desk.listlag`)."""

ASK_AGAIN = timedelta(seconds=2)
"""How long an answer is waited for before the question about unknown orders is put again."""


def complete(state: State, event: Executions) -> bool:
    """Whether an inquiry lists every order of the day whose number was known when it was asked.

    One that lacks some is old, or the venue lists none: what it does not show proves nothing.
    """
    listed = {row.order_no for row in event.rows}
    return (event.sure or bool(listed)) and all(
        listed.issuperset(order.numbers)
        for order in state.blotter.orders.values()
        if order.order_no is not None
        and order.numbered_at_version <= event.asked
        and order.intended.date() == state.day
    )


def read(
    turn: Turn,
    tracker: Tracker,
    amounts: Amounts,
    event: Executions,
    quotes: Mapping[str, Quote],
) -> bool:
    """Claim unknown orders, then bring all orders up to date; return whether it was complete."""
    # Whether the oldest comes first, as it is asked to, nobody has seen.
    rows = sorted(event.rows, key=lambda row: row.order_no)
    event = replace(event, rows=tuple(rows))
    whole = complete(turn.state, event)
    _find_lost(turn, tracker, event, whole=whole)
    _find_amended(turn, event)
    earlier: dict[str, list[Execution]] = {}
    listed = {row.order_no for row in event.rows}
    for row in event.rows:
        intent = turn.state.blotter.by_number.get(row.order_no)
        if intent is None:
            continue
        order = turn.state.blotter.order(intent)
        if order.order_no != row.order_no:
            earlier.setdefault(intent, []).append(row)
        elif listed.issuperset(order.numbers):  # What it filled before an amendment is told, too.
            all_of_it = _together([*earlier.get(intent, ()), row])
            if _behind(turn, order, all_of_it):
                whole = False
            elif _worth(turn, amounts, order, all_of_it, quotes):
                _catch_up(turn, tracker, order, all_of_it, event)
            else:
                whole = False
    if whole:
        tracker.suspects.clear()
    if tracker.suspects or any(o.state is OrderState.UNKNOWN for o in turn.state.blotter.live()):
        turn.do(Wake(RESOLVE, turn.at + LOOK_AFTER))
    return whole


def _behind(turn: Turn, order: Order, row: Execution) -> bool:
    """Whether a row is older than an execution that was just noticed.

    It agrees with balances of that time, and with them would give what was sold to the owner.
    """
    last = max((executed for _, _, executed in order.noticed), default=None)
    if last is None or row.filled >= order.filled or turn.at - last >= BEHIND:
        return False
    turn.do(Wake(RESOLVE, turn.at + LOOK_AFTER))
    return True


def _worth(
    turn: Turn, amounts: Amounts, order: Order, row: Execution, quotes: Mapping[str, Quote]
) -> bool:
    """See whether the list tells what an order's executions came to; correct what was booked.

    Of executions that notices told the amount is known: the list can only be late.
    """
    if order.filled < row.filled <= order.quantity:
        told = amounts.told(turn.at, order, row, quotes.get(order.code))
        turn.do(Wake(f"{RESOLVE}:amount", turn.at + (SETTLED if told else LOOK_AFTER)))
        return told
    if order.booked and row.filled == order.filled and row.amount != order.amount:
        if amounts.stays(turn.at, order, row):
            reprice(turn, order, row.amount - order.amount, INQUIRY)
        else:
            turn.do(Wake(f"{RESOLVE}:amount", turn.at + SETTLED))
    return True


def _find_lost(turn: Turn, tracker: Tracker, event: Executions, *, whole: bool) -> None:
    numbers = turn.state.blotter.by_number
    strangers = [row for row in event.rows if row.order_no not in numbers]
    for order in list(turn.state.blotter.missing()):
        refused = order.state is OrderState.REFUSED
        found = [
            row
            for row in strangers
            if row.order_no not in numbers
            and _is(order, row)
            and not (refused and row.ended and not row.filled)
        ]
        if found and not _rival(turn, order):
            adopt(turn, order, found[0].order_no, found[0].org_no, INQUIRY)
            tracker.claim(turn, found[0].order_no)
        elif order.state is OrderState.NEVER_ARRIVED or (refused and order.looks):
            continue  # It stays dead unless it turns up after all.
        elif not whole or event.asked < order.lost_at_version or _rival(turn, order):
            continue  # Asked too early, or its like is still on the wire: this look says nothing.
        else:
            turn.record(Looked(at=turn.at, intent=order.intent))
            asked_at = event.asked_at or turn.at
            if refused:
                continue
            if order.looks >= LOOKS and asked_at - order.gone_out >= listlag.patience(turn.state):
                _conclude(turn, tracker, order, event)


def _conclude(turn: Turn, tracker: Tracker, order: Order, event: Executions) -> None:
    """Take an order for lost, unless the list has its like with a time that nothing vouches for.

    That it states our times is assumed. Where our other orders show that it does not, or there is
    none to show it, an order of a minute before that nobody else has claimed is this one.
    """
    numbers = turn.state.blotter.by_number
    alike = [
        row
        for row in event.rows
        if row.order_no not in numbers
        and _like(order, row)
        and order.intended - ARRIVES_WITHIN <= row.ordered < order.intended
    ]
    if alike and not _vouched(turn, event):
        latest = max(alike, key=lambda row: row.order_no)
        adopt(turn, order, latest.order_no, latest.org_no, INQUIRY)
        tracker.claim(turn, latest.order_no)
    else:
        turn.record(NeverArrived(at=turn.at, intent=order.intent))


def _vouched(turn: Turn, event: Executions) -> bool:
    """Whether a list states the times of our orders: of those that are known, and there are any."""
    blotter = turn.state.blotter
    ours = [
        in_time(blotter.order(blotter.by_number[row.order_no]), row.ordered)
        for row in event.rows
        if row.order_no in blotter.by_number and row.original_no is None
    ]
    return bool(ours) and all(ours)


def _find_amended(turn: Turn, event: Executions) -> None:
    """Follow orders whose amendment was taken although its reply was lost, or made elsewhere."""
    for row in event.rows:
        intent = turn.state.blotter.by_number.get(row.original_no) if row.original_no else None
        known = row.order_no in turn.state.blotter.by_number
        if intent is not None and not known and not _on_its_way(row):
            amend(
                turn,
                turn.state.blotter.order(intent),
                row.order_no,
                price=row.price,
                org_no=row.org_no,
                source=INQUIRY,
            )


def _on_its_way(row: Execution) -> bool:
    """Whether nothing has come of an amendment yet, or nothing ever will: it was refused."""
    return row.original_no is not None and row.ended and not (row.filled or row.cancelled)


def _together(rows: list[Execution]) -> Execution:
    """Add up the rows of an order, which lives on under the latest number that was not refused."""
    if len(rows) == 1:
        return rows[0]
    latest = next((row for row in reversed(rows) if not _on_its_way(row)), rows[-1])
    told = [row.remaining for row in rows if row.remaining is not None]
    return replace(
        latest,
        filled=sum(row.filled for row in rows),
        amount=sum(row.amount for row in rows),
        remaining=sum(told) if len(told) == len(rows) else None,
    )


def _is(order: Order, row: Execution) -> bool:
    return _like(order, row) and in_time(order, row.ordered)


def _like(order: Order, row: Execution) -> bool:
    return (
        row.side is order.side
        and row.code == order.code
        and row.quantity == order.quantity
        and order.stated_at(row.price)
        and row.original_no is None
    )


def _rival(turn: Turn, order: Order) -> bool:
    """Whether another order has as good a claim on what the broker lists, or a better one."""
    stronger = (
        (OrderState.INTENDED,)
        if order.state is OrderState.UNKNOWN
        else (OrderState.INTENDED, OrderState.UNKNOWN)
    )
    return any(
        other.state in stronger
        and (other.side, other.quantity, other.price) == (order.side, order.quantity, order.price)
        for other in turn.state.blotter.live(code=order.code)
    )


def _catch_up(
    turn: Turn, tracker: Tracker, order: Order, row: Execution, event: Executions
) -> None:
    missing = min(row.filled, order.quantity) - order.filled
    if missing > 0:
        amount = row.amount - order.amount
        for missed in missed_fills(turn, tracker, order, missing, amount, source=INQUIRY):
            fill(turn, missed)
    elif missing < 0 and event.asked == turn.state.version:
        turn.record(
            Incident(
                at=turn.at,
                kind="fill_without_execution",
                detail=f"{order.code} {order.order_no}: {order.filled:,} / {row.filled:,}",
            )
        )
        turn.do(Ask(Query.BALANCE, version=turn.state.version))
    if row.ended and order.state is OrderState.WORKING and not _on_its_way(row):
        if row.cancelled and _may_live_on(turn, order, event):
            turn.do(Wake(RESOLVE, turn.at + LOOK_AFTER))
            return
        turn.record(Ended(at=turn.at, intent=order.intent, cancelled=row.cancelled))
    elif row.cancelled and row.remaining:
        reduce(turn, order, order.quantity - row.filled - row.remaining, INQUIRY)


def _may_live_on(turn: Turn, order: Order, event: Executions) -> bool:
    """Whether an amendment of unknown outcome may have ended it under its old number alone.

    The list may have the new one later.
    """
    asked, lost = event.asked_at or turn.at, order.amend_lost
    longest = min(listlag.patience(turn.state), timedelta(seconds=listlag.LONGEST))
    return lost is not None and asked - lost < longest


def missed_fills(
    turn: Turn, tracker: Tracker, order: Order, missing: int, amount: int, *, source: str
) -> list[Filled]:
    """Name the missed executions: the held-back notices if they explain it, else the difference.

    A held-back notice may be a repeat that happens to look like the execution that was missed. So
    what is booked here counts as told by `source`, and the missed one's own notice, when it comes,
    is asked about too.

    Args:
        turn: the step.
        tracker: who holds notices back.
        order: whose executions.
        missing: shares that are not booked yet.
        amount: what they were worth, in won.
        source: what told of them.
    """
    held = [n for n in tracker.suspects if n.order_no == order.order_no]
    explained = sum(n.quantity for n in held) == missing
    if explained and sum(n.quantity * n.price for n in held) == amount:
        return [
            Filled(
                at=turn.at,
                intent=order.intent,
                quantity=n.quantity,
                amount=n.quantity * n.price,
                executed=n.executed,
                source=source,
            )
            for n in held
        ]
    return [
        Filled(
            at=turn.at,
            intent=order.intent,
            quantity=missing,
            amount=amount,
            executed=turn.at,
            source=source,
        )
    ]
