"""Where the venue lists no orders: notices of an order that balances have booked come late."""

from datetime import datetime, timedelta

import pytest
from tests.desk.paper import ANSWERS, CASH, CODE, by_hand, costs, look, on_paper
from tests.desk.table import Table

from maemae.desk import events as ev
from maemae.desk import records as rec
from maemae.desk.orders import Order, OrderState
from maemae.market.kinds import Side

PAID = 100 * 10_000


@pytest.fixture(params=ANSWERS)
def table(request: pytest.FixtureRequest) -> Table:
    return on_paper(request.param)


def booked(table: Table, shares: int = 100) -> tuple[Order, datetime]:
    """Buy, hear nothing and see shares in balances; return the order and when it was taken."""
    order = by_hand(table, rec.OWNER, 100)
    table.lose(order.intent)
    taken, paid = table.now, shares * 10_000
    for _ in range(2):
        look(table, CASH - paid - costs(Side.BUY, paid), c005930=(shares, shares))
    assert (order.filled, order.order_no) == (shares, None)
    return order, taken


def taken_at(table: Table, number: int, at: datetime, quantity: int = 100) -> list[int]:
    """Let the notice come that an order was taken; return the orders that are now others'."""
    kind = ev.NoticeKind.ACCEPTED
    table.notice(number, CODE, quantity, 10_000, kind=kind, executed=at, order_quantity=quantity)
    return sorted(table.desk.state.blotter.others)


@pytest.mark.parametrize("late", [0, 1, 20])
@pytest.mark.parametrize("shares", [100, 40])
def test_what_balances_have_booked_is_not_called_anothers(
    table: Table, late: int, shares: int
) -> None:
    _, at = booked(table, shares)
    table.later(late)
    assert not taken_at(table, 2, at)


@pytest.mark.parametrize(("quantity", "after"), [(99, 0), (100, 61), (100, 6)])
def test_what_it_cannot_be_is_anothers(table: Table, quantity: int, after: int) -> None:
    """It had other shares, or was taken when the one that was booked was filled already."""
    _, at = booked(table)
    table.later(70)
    over = timedelta(seconds=4 + after)
    assert taken_at(table, 2, at + over, quantity) == [2]


@pytest.mark.parametrize("kind", [ev.NoticeKind.ACCEPTED, ev.NoticeKind.FILLED])
def test_what_is_booked_is_not_booked_again_for_the_next_order_like_it(
    table: Table, kind: ev.NoticeKind
) -> None:
    """The late notice of the first was taken for the second's, which had never arrived."""
    _, at = booked(table)
    second = by_hand(table, rec.OWNER, 100)
    table.lose(second.intent)
    table.notice(2, CODE, 100, 10_000, kind=kind, executed=at, order_quantity=100)
    table.notice(2, CODE, 100, 10_000, executed=at, order_quantity=100)
    assert (second.state, second.filled) == (OrderState.UNKNOWN, 0)
    assert table.desk.state.portfolio.foreign == {CODE: 100}
