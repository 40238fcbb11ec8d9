"""A part of a book's order that its owner cancels by phone; the rest lives on."""

import pytest
from tests.desk.table import Table, rules

from maemae.desk import events as ev
from maemae.desk import records as rec
from maemae.desk.commands import Wake
from maemae.desk.desk import Desk
from maemae.desk.orders import Order, OrderState
from maemae.desk.tracking import RESOLVE
from maemae.market.kinds import Side

CODE = "005930"


@pytest.fixture
def table() -> Table:
    """A book whose order for 100 shares works at the broker under the number 1."""
    table = Table(Desk(rules()))
    table.open()
    table.offer(CODE)
    table.power(CODE)
    table.accept(table.sends()[-1].intent, 1)
    return table


def order(table: Table) -> Order:
    return table.desk.state.blotter.order(table.sends()[0].intent)


def cancelled(table: Table, quantity: int, number: int = 7) -> None:
    table.notice(number, CODE, quantity, 0, kind=ev.NoticeKind.CANCELLED, original_no=1)


def stands(table: Table) -> tuple[OrderState, int, int]:
    ours = order(table)
    return ours.state, ours.filled, ours.remaining


def test_a_part_that_is_cancelled_reduces_the_order_and_what_it_sets_aside(table: Table) -> None:
    before = order(table).reserved
    cancelled(table, 30)
    assert stands(table) == (OrderState.WORKING, 0, 70)
    assert order(table).reserved == -(-before * 70 // 100)
    assert any(isinstance(one, Wake) and one.name == RESOLVE for one in table.commands)


def test_the_same_notice_twice_counts_once(table: Table) -> None:
    cancelled(table, 30)
    cancelled(table, 30)
    assert stands(table) == (OrderState.WORKING, 0, 70)


def test_the_rest_is_filled(table: Table) -> None:
    cancelled(table, 30)
    table.notice(1, CODE, 70, 10_000)
    assert stands(table) == (OrderState.CANCELLED, 70, 0)
    assert table.desk.state.portfolio.shares(CODE) == 70
    ends = [type(one) for one in table.records if isinstance(one, (rec.Reduced, rec.Ended))]
    assert ends == [rec.Reduced, rec.Ended]


def test_several_parts_end_it(table: Table) -> None:
    cancelled(table, 30)
    table.notice(1, CODE, 20, 10_000)
    cancelled(table, 50, number=8)
    assert stands(table) == (OrderState.CANCELLED, 20, 0)


def test_a_whole_cancel_waits_for_the_fill_that_nobody_has_told_of(table: Table) -> None:
    cancelled(table, 60)
    assert stands(table) == (OrderState.WORKING, 0, 40)
    table.inquire(table.row(1, CODE, 100, 40, ended=True, cancelled=True, remaining=0))
    assert stands(table) == (OrderState.CANCELLED, 40, 0)
    assert table.desk.state.portfolio.shares(CODE) == 40


def test_the_fill_itself_may_come_late(table: Table) -> None:
    cancelled(table, 60)
    table.notice(1, CODE, 40, 10_000)
    assert stands(table) == (OrderState.CANCELLED, 40, 0)


def test_an_inquiry_tells_of_a_part_whose_notice_was_lost(table: Table) -> None:
    row = table.row(1, CODE, 100, 10, cancelled=True, remaining=60)
    table.inquire(row)
    assert stands(table) == (OrderState.WORKING, 10, 60)
    cancelled(table, 30)  # The notice comes after all.
    assert stands(table) == (OrderState.WORKING, 10, 60)


def test_a_row_that_does_not_say_what_remains_reduces_nothing(table: Table) -> None:
    table.inquire(table.row(1, CODE, 100, 10, cancelled=True))
    assert stands(table) == (OrderState.WORKING, 10, 90)


def test_it_is_the_same_after_a_replay(table: Table) -> None:
    cancelled(table, 30)
    again = Desk(table.desk.rules, table.records)
    assert again.state.blotter.orders == table.desk.state.blotter.orders


def test_shares_of_a_sale_that_were_taken_back_are_sold_again_by_their_exit(table: Table) -> None:
    table.notice(1, CODE, 100, 10_000)
    table.later()
    table.price(CODE, 9_000)
    sale = table.sends()[-1]
    assert (sale.side, sale.quantity) == (Side.SELL, 100)
    table.accept(sale.intent, 2)
    table.notice(7, CODE, 30, 0, kind=ev.NoticeKind.CANCELLED, original_no=2, side=Side.SELL)
    table.price(CODE, 9_000)
    assert len(table.sends()) == 2
    table.notice(2, CODE, 70, 9_000, side=Side.SELL)
    table.price(CODE, 9_000)
    assert [(one.side, one.quantity) for one in table.sends()[2:]] == [(Side.SELL, 30)]
