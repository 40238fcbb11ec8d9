"""The day's books twice over: as the ledger has them, and as the exchange has them."""

from collections import Counter
from collections.abc import Iterable
from datetime import date
from typing import Any, TypedDict

from maemae.ledger.ledger import Ledger
from maemae.ledger.snapshots import known
from maemae.market.costs import CostRules
from maemae.trader.sim import SimBooks, SimOrder


class OrderRow(TypedDict):
    """An order that reached the venue."""

    code: str
    side: str
    quantity: int
    filled: int
    status: str


class FillRow(TypedDict):
    """An execution; price in won, time of day at the venue.

    The time is blank where no notice told of it: a list of orders says how many shares were
    executed and for how much, not when, and not in how many executions.
    """

    code: str
    side: str
    quantity: int
    price: int
    time: str


class Books(TypedDict):
    """One half of the report; won throughout, `cash` after all of the day's trades and costs."""

    cash: int
    fees: int
    taxes: int
    positions: dict[str, int]
    orders: list[OrderRow]
    fills: list[FillRow]


_STATUS = {
    "working": "accepted",
    "filled": "filled",
    "cancelled": "cancelled",
    "expired": "expired",
    "refused": "refused",
}


def ledger_books(ledger: Ledger, costs: CostRules, day: date) -> Books:
    """Return the books of a day as the ledger alone tells them."""
    state = known(ledger, costs).state
    sent = [order for order in ledger.orders(day) if order.order_no is not None]
    numbers = {order.intent: order.order_no or 0 for order in sent}
    return Books(
        cash=state.cash,
        fees=state.costs.fee,
        taxes=state.costs.tax,
        positions=state.portfolio.holdings(),
        orders=[
            OrderRow(
                code=order.code,
                side=order.side,
                quantity=order.quantity,
                filled=order.filled,
                status=_STATUS.get(order.state, order.state),
            )
            for order in sorted(sent, key=lambda order: order.order_no or 0)
        ],
        fills=[
            FillRow(
                code=fill.code,
                side=fill.side,
                quantity=fill.quantity,
                price=fill.amount // fill.quantity,
                time=f"{fill.executed:%H:%M:%S}" if fill.source == "notice" else "",
            )
            for fill in sorted(
                ledger.fills(day), key=lambda fill: (fill.executed, numbers.get(fill.intent, 0))
            )
        ],
    )


def venue_books(books: SimBooks) -> Books:
    """Return the exchange's own books in the same shape and order."""
    numbers = _numbers(books.orders)
    return Books(
        cash=books.cash,
        fees=books.fees,
        taxes=books.taxes,
        positions=dict(sorted(books.positions.items())),
        orders=_joined(books.orders, numbers),
        fills=[
            FillRow(
                code=fill.code,
                side=fill.side,
                quantity=fill.quantity,
                price=fill.price,
                time=fill.time,
            )
            for fill in sorted(
                books.fills, key=lambda fill: (fill.time, numbers[int(fill.order_no)])
            )
        ],
    )


def _numbers(orders: list[SimOrder]) -> dict[int, int]:
    """Return the number under which each order ended: the latest one that it was amended to."""
    numbers: dict[int, int] = {}
    for order in sorted(orders, key=lambda one: -int(one.order_no)):
        number = int(order.order_no)
        latest = numbers.setdefault(number, number)
        if order.original is not None and order.status != "refused":
            numbers[order.original] = latest
    return numbers


def _joined(orders: list[SimOrder], numbers: dict[int, int]) -> list[OrderRow]:
    """Return orders as the ledger has them: those that an order was amended to are one with it."""
    rows: dict[int, OrderRow] = {}
    for order in sorted(orders, key=lambda one: int(one.order_no)):
        if order.original is not None and order.status == "refused":
            continue
        number = numbers[int(order.order_no)]
        row = rows.setdefault(
            number,
            OrderRow(
                code=order.code, side=order.side, quantity=order.quantity, filled=0, status=""
            ),
        )
        row["filled"] += order.filled
        row["status"] = "filled" if row["filled"] == row["quantity"] else order.status
    return [rows[number] for number in sorted(rows)]


def differences(venue: Books, ledger: Books) -> list[str]:
    """Name every field in which the two halves differ, to the won and the share."""
    found: list[str] = []
    for key in Books.__annotations__:
        ours, theirs = ledger[key], venue[key]  # type: ignore[literal-required]
        if ours == theirs:
            continue
        if key == "fills":
            found.extend(_alone(theirs, ours))
        elif isinstance(ours, list):
            found.extend(_rows_that_differ(key, theirs, ours))
        else:
            found.append(f"{key}: venue {theirs}, ledger {ours}")
    return found


def _alone(theirs: list[FillRow], ours: list[FillRow]) -> Iterable[str]:
    """Name the executions that one half alone has: within a second they have no order.

    Where the ledger has an execution from a list of orders, the sums of its name and side count.
    """
    halves = {"venue": _without(theirs, ours), "ledger": _without(ours, theirs)}
    for name in {_name(row) for row in ours if not row["time"]}:
        venue, ledger = (_sums(rows, name) for rows in halves.values())
        # The price of several executions together is cut to the won.
        if venue[0] == ledger[0] and abs(venue[1] - ledger[1]) < max(venue[0], 1):
            halves = {
                whose: [row for row in rows if _name(row) != name] for whose, rows in halves.items()
            }
    for whose, rows in halves.items():
        for fill, times in Counter(tuple(row.items()) for row in rows).items():
            yield f"fills: {whose} alone has {times} x {dict(fill)}"


def _without(rows: list[FillRow], others: list[FillRow]) -> list[FillRow]:
    """Return the rows that are not among the others; equal ones count one by one."""
    left = list(others)
    alone = []
    for row in rows:
        if row in left:
            left.remove(row)
        else:
            alone.append(row)
    return alone


def _name(row: FillRow) -> tuple[str, str]:
    return row["code"], row["side"]


def _sums(rows: list[FillRow], name: tuple[str, str]) -> tuple[int, int]:
    """Return shares and worth in won of the executions of a name and side."""
    mine = [row for row in rows if _name(row) == name]
    return (
        sum(row["quantity"] for row in mine),
        sum(row["quantity"] * row["price"] for row in mine),
    )


def _rows_that_differ(key: str, theirs: list[Any], ours: list[Any]) -> Iterable[str]:
    if len(theirs) != len(ours):
        yield f"{key}: venue has {len(theirs)}, ledger has {len(ours)}"
    for number, (their, our) in enumerate(zip(theirs, ours, strict=False)):
        if their != our:
            yield f"{key}[{number}]: venue {their}, ledger {our}"
