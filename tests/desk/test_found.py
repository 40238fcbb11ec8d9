"""What the simulation found, where the venue lists orders: each a table of its own."""

from datetime import timedelta

import pytest
from tests.desk.table import Table

from maemae.desk import commands as cmd
from maemae.desk import events as ev
from maemae.desk.orders import OrderState
from maemae.market.kinds import Side

CODE = "005930"


@pytest.fixture
def lost(table: Table) -> Table:
    """An open day with an order of unknown outcome: to buy 100 at market."""
    table.open()
    table.offer(CODE)
    table.power(CODE)
    table.lose(table.sends()[-1].intent)
    return table


def test_a_fill_alone_is_asked_about_because_it_tells_no_price_and_no_time(lost: Table) -> None:
    table = lost
    (order,) = table.desk.state.orders.values()
    commands = table.notice(7, CODE, 100, 10_000, order_quantity=100)
    assert order.state is OrderState.UNKNOWN
    assert [c.query for c in commands if isinstance(c, cmd.Ask)] == [ev.Query.EXECUTIONS]
    table.inquire(table.row(7, CODE, 100, 100, ended=True, amount=1_000_000))
    assert (order.state, order.amount) == (OrderState.FILLED, 1_000_000)


def test_the_owners_fill_does_not_bring_back_an_order_that_never_arrived(lost: Table) -> None:
    table = lost
    (order,) = table.desk.state.orders.values()
    for _ in range(4):
        table.later()
        table.inquire()
    assert order.state is OrderState.NEVER_ARRIVED
    ordered = table.later(120)
    table.notice(7, CODE, 100, 10_000, order_quantity=100)
    table.inquire(table.row(7, CODE, 100, 100, ended=True, ordered=ordered))
    assert order.state is OrderState.NEVER_ARRIVED
    assert order.filled == 0


def test_a_name_missing_from_the_opening_balance_is_not_given_up_for_it(table: Table) -> None:
    table.open()
    shares = table.bought()
    cash = table.desk.state.cash
    table.now += timedelta(days=1)
    table.start()
    table.balance(cash)
    assert table.desk.state.shares("005930") == shares
    table.later()
    table.offer("000660")
    assert ev.Query.POWER not in table.asks()[-2:]
    table.balance(cash, c005930=shares)
    assert table.desk.state.shares("005930") == shares
    assert "position_lost" not in table.incidents()


def test_a_taken_exit_lets_the_next_refusal_be_a_first_one_again(table: Table) -> None:
    table.open()
    table.bought()

    def refuse() -> None:
        intent = table.sends()[-1].intent
        table.say(ev.OrderRefused(at=table.now, intent=intent, code="EGW00201", message=""))

    def exits() -> int:
        return len([s for s in table.sends() if s.side is Side.SELL])

    table.price("005930", 9_000)
    refuse()
    table.later(5)
    table.price("005930", 9_000)
    refuse()
    table.later(10)
    table.price("005930", 9_000)
    table.accept(table.sends()[-1].intent, 2)
    table.notice(2, "005930", 40, 9_000, side=Side.SELL)
    table.notice(2, "005930", 60, 0, side=Side.SELL, kind=ev.NoticeKind.CANCELLED)
    assert exits() == 3
    table.price("005930", 9_000)
    assert exits() == 4
    refuse()
    table.later(5)
    table.price("005930", 9_000)
    assert exits() == 5
