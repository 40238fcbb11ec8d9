"""Where no orders are listed: an order that the owner amended by phone, and nobody told of it.

Under its old number the broker has nothing left to cancel, and it counts as over.
"""

from typing import Any

import pytest
from tests.desk.paper import ANSWERS, CASH, CODE, buy, costs, look, on_paper, order
from tests.desk.table import Table

from maemae.desk import commands as cmd
from maemae.desk import events as ev
from maemae.desk.desk import Desk
from maemae.desk.orders import OrderState
from maemae.market.kinds import Side
from maemae.market.refusals import RefusalKind

OFFICE = "00950"


@pytest.fixture(params=ANSWERS)
def table(request: pytest.FixtureRequest) -> Table:
    """A purchase of 100 shares under number 1 that a cancel by hand has found gone."""
    table = on_paper(request.param)
    intent = buy(table).intent
    table.say(ev.OrderAccepted(at=table.now, intent=intent, order_no=1, org_no=OFFICE))
    table.say(ev.CancelOrdered(at=table.later(5), intent=intent))
    gone = RefusalKind.GONE
    table.say(ev.CancelAnswered(at=table.now, intent=intent, failure="40330000", kind=gone))
    for _ in range(2):
        look(table, CASH)
    assert order(table).state is OrderState.CANCELLED
    return table


def told(table: Table, quantity: int, **more: Any) -> None:
    """Let a notice come that names the order, of what goes on under number 2."""
    table.later(60)
    values = {"original_no": 1, "order_quantity": 100} | more
    table.notice(2, CODE, quantity, 9_900, **values)


@pytest.mark.parametrize("late", [True, False])
@pytest.mark.parametrize("quantity", [40, 100])
def test_what_a_notice_says_it_filled_is_its_own(
    table: Table, quantity: int, *, late: bool
) -> None:
    """Seed 71200293: the shares became the owner's, and had no exits."""
    if late:
        told(table, 100, kind=ev.NoticeKind.AMENDED)
    told(table, quantity)
    paid = quantity * 9_900
    for _ in range(3):
        look(table, CASH - paid - costs(Side.BUY, paid), c005930=(quantity, quantity))
    state = OrderState.FILLED if quantity == 100 else OrderState.WORKING
    assert (order(table).state, order(table).filled) == (state, quantity)
    assert table.desk.state.portfolio.positions["scalper", CODE].quantity == quantity
    assert not table.desk.state.portfolio.foreign
    assert table.incidents().count("late_arrival") == 1
    (again,) = Desk(table.desk.rules, table.records).state.blotter.orders.values()
    assert (again.state, again.numbers, again.filled) == (state, [1, 2], quantity)


@pytest.mark.parametrize("kind", [ev.NoticeKind.AMENDED, ev.NoticeKind.FILLED])
def test_what_rests_on_is_held_for_alive_and_cancelled_by_its_new_number(
    table: Table, kind: ev.NoticeKind
) -> None:
    told(table, 100 if kind is ev.NoticeKind.AMENDED else 40, kind=kind)
    assert table.desk.state.free_cash < CASH
    said = table.say(ev.CancelOrdered(at=table.later(), intent=order(table).intent))
    assert [one.order_no for one in said if isinstance(one, cmd.SendCancel)] == [2]
    shares = order(table).remaining
    table.notice(3, CODE, shares, 0, original_no=2, kind=ev.NoticeKind.CANCELLED)
    assert not order(table).live
    assert table.desk.state.blotter.order(order(table).intent).reserved == 0


def test_a_notice_of_its_cancel_that_came_before_counts_then(table: Table) -> None:
    table.notice(3, CODE, 60, 0, original_no=2, kind=ev.NoticeKind.CANCELLED)
    told(table, 40)
    assert (order(table).state, order(table).filled) == (OrderState.CANCELLED, 40)
    assert not order(table).inferred


def test_what_a_notice_has_cancelled_does_not_live_again_for_a_late_fill(table: Table) -> None:
    told(table, 100, kind=ev.NoticeKind.AMENDED)
    table.notice(3, CODE, 60, 0, original_no=2, kind=ev.NoticeKind.CANCELLED)
    table.notice(2, CODE, 40, 9_900, original_no=1, order_quantity=100)
    assert (order(table).live, order(table).filled) == (False, 40)
