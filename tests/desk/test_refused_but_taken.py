"""A refusal that is not true: the order is ours all the same, and none goes out twice for it."""

from datetime import timedelta

import pytest
from tests.desk.paper import CODE, look, on_paper
from tests.desk.table import Table, rules

from maemae.desk import commands as cmd
from maemae.desk import events as ev
from maemae.desk import records as rec
from maemae.desk.desk import Desk
from maemae.desk.doubted import LOOKED_FOR
from maemae.desk.orders import OrderState
from maemae.market.kinds import Side
from maemae.market.refusals import RefusalKind

K = RefusalKind


@pytest.fixture
def table(prompt: Table) -> Table:
    """100 shares whose stop loss was reached, and whose sale the broker refused."""
    prompt.open()
    return stopped(prompt)


def stopped(table: Table, kind: RefusalKind = K.THROTTLED) -> Table:
    assert table.bought() == 100
    table.price(CODE, 9_000)
    refuse(table, kind)
    return table


def refuse(table: Table, kind: RefusalKind) -> None:
    intent = table.sends()[-1].intent
    table.say(ev.OrderRefused(at=table.now, intent=intent, code="X", message="", kind=kind))


def sales(table: Table) -> list[cmd.Send]:
    return [one for one in table.sends() if one.side is Side.SELL]


def try_again(table: Table, seconds: float) -> None:
    """Let time pass, and all that could set off another sale."""
    table.later(seconds)
    table.say(ev.Timer(at=table.now, name=f"exit:{CODE}"))
    table.price(CODE, 8_990)


def taken(table: Table, filled: int = 0) -> ev.Execution:
    return table.row(
        9, CODE, 100, filled, side=Side.SELL, amount=filled * 9_000, ordered=table.now,
        ended=filled == 100, remaining=100 - filled, org_no="00950",
    )  # fmt: skip


def test_a_refused_sale_goes_again_when_a_look_has_not_shown_it(table: Table) -> None:
    asked = cmd.Ask(ev.Query.EXECUTIONS, version=table.desk.state.version)
    assert asked in table.commands
    try_again(table, 1)
    assert len(sales(table)) == 1
    table.inquire(*table.known())
    assert len(sales(table)) == 2


def test_a_look_that_was_asked_for_before_shows_nothing(table: Table) -> None:
    table.inquire(*table.known(), asked=table.desk.state.version - 1)
    try_again(table, 1)
    assert len(sales(table)) == 1


def test_a_refused_sale_that_is_there_is_ours_and_no_other_goes_out(table: Table) -> None:
    table.inquire(*table.known(), taken(table))
    order = table.desk.state.blotter.order(sales(table)[0].intent)
    assert (order.state, order.order_no, order.org_no) == (OrderState.WORKING, 9, "00950")
    assert not order.passed_by  # A plan would order its line again.
    assert "late_arrival" in table.incidents()
    try_again(table, 600)
    assert len(sales(table)) == 1
    table.inquire(*table.known()[:1], taken(table, 100))
    assert (order.state, order.filled) == (OrderState.FILLED, 100)
    assert not table.desk.state.portfolio.positions
    assert not table.desk.state.portfolio.foreign


def test_its_notice_may_come_before_the_refusal(prompt: Table) -> None:
    table = prompt
    table.open()
    table.bought()
    table.price(CODE, 9_000)
    table.notice(9, CODE, 100, 0, side=Side.SELL, kind=ev.NoticeKind.ACCEPTED)
    refuse(table, K.OTHER)
    assert table.desk.state.blotter.order(sales(table)[0].intent).state is OrderState.WORKING
    table.notice(9, CODE, 100, 9_000, side=Side.SELL, order_quantity=100)
    assert not table.desk.state.portfolio.positions


def test_a_look_that_does_not_come_keeps_no_exit_for_long(table: Table) -> None:
    try_again(table, LOOKED_FOR.total_seconds() - 1)
    assert len(sales(table)) == 1
    try_again(table, 1)
    assert len(sales(table)) == 2
    assert timedelta(seconds=5) == LOOKED_FOR


def test_what_has_not_left_this_machine_is_not_looked_for(prompt: Table) -> None:
    prompt.open()
    table = stopped(prompt, K.UNSENT)
    try_again(table, 1)
    assert len(sales(table)) == 2


def test_a_refused_purchase_that_is_there_is_ours(prompt: Table) -> None:
    table = prompt
    table.open()
    table.offer(CODE)
    table.power(CODE)
    refuse(table, K.CASH)
    table.say(ev.Timer(at=table.later(1), name=f"enter:scalper:{CODE}"))
    assert table.asks().count(ev.Query.POWER) == 1
    row = table.row(9, CODE, 100, 100, ordered=table.now, ended=True, remaining=0)
    table.inquire(row)
    assert table.desk.state.portfolio.positions["scalper", CODE].quantity == 100
    assert len(table.sends()) == 1


def test_a_row_that_the_exchange_refused_is_no_order_of_ours(table: Table) -> None:
    row = table.row(9, CODE, 100, 0, side=Side.SELL, ordered=table.now, ended=True, remaining=0)
    table.inquire(*table.known(), row)
    order = table.desk.state.blotter.order(sales(table)[0].intent)
    assert order.state is OrderState.REFUSED


@pytest.mark.parametrize("answers", ["refused", "without rows"])
def test_where_no_orders_are_listed_the_balance_is_the_look(answers: str) -> None:
    table = stopped(on_paper(answers))
    cash = table.desk.state.cash
    assert cmd.Ask(ev.Query.BALANCE, version=table.desk.state.version) in table.commands
    try_again(table, 1)
    assert len(sales(table)) == 1
    look(table, cash, c005930=(100, 100))
    assert len(sales(table)) == 2


@pytest.mark.parametrize("answers", ["refused", "without rows"])
def test_where_no_orders_are_listed_shares_that_are_gone_were_sold_by_it(answers: str) -> None:
    table = stopped(on_paper(answers))
    cash = table.desk.state.cash
    for _ in range(2):
        look(table, cash + 898_000, c005930=(0, 0))
    assert len(sales(table)) == 1
    order = table.desk.state.blotter.order(sales(table)[0].intent)
    assert (order.state, order.filled) == (OrderState.FILLED, 100)
    assert not any(isinstance(one, rec.PositionLost) for one in table.records)


@pytest.mark.parametrize("answers", ["refused", "without rows"])
def test_a_sale_that_was_refused_for_want_of_shares_has_not_sold_them(answers: str) -> None:
    """The owner had, by phone; what was left had no exits while the sale seemed to rest."""
    table = stopped(on_paper(answers), K.SHARES)
    cash = table.desk.state.cash
    for _ in range(5):
        look(table, cash + 538_000, c005930=(40, 40))
        if sales(table)[-1].quantity == 100 and len(sales(table)) > 1:
            refuse(table, K.SHARES)  # It has tried again.
    assert table.desk.state.portfolio.shares(CODE) == 40
    assert any(isinstance(one, rec.PositionLost) for one in table.records)
    try_again(table, 600)
    assert sales(table)[-1].quantity == 40


def test_a_ledger_remembers_what_was_looked_for(table: Table) -> None:
    """After a restart the list is read anyway, and a row of before is found."""
    records = [*table.records]
    again = Table(Desk(rules(), records), now=table.now)
    again.start()
    again.inquire(*again.known(), taken(again, 100))
    order = again.desk.state.blotter.order(sales(table)[0].intent)
    assert (order.state, order.filled) == (OrderState.FILLED, 100)
