"""Where the venue lists no orders: of which nothing moved, which is there and which is not."""

import pytest
from tests.desk.paper import (
    ANSWERS,
    CASH,
    CODE,
    buy,
    by_hand,
    costs,
    held,
    look,
    nothing_moved,
    on_paper,
    order,
)
from tests.desk.table import Table

from maemae.desk import commands as cmd
from maemae.desk import events as ev
from maemae.desk import records as rec
from maemae.desk.orders import OrderState
from maemae.market.kinds import Side


@pytest.fixture(params=ANSWERS)
def table(request: pytest.FixtureRequest) -> Table:
    return on_paper(request.param)


def test_a_buy_that_takes_nothing_of_the_buying_power_never_arrived(table: Table) -> None:
    table.lose(buy(table).intent)
    nothing_moved(table, CASH)
    assert table.commands.count(cmd.Ask(ev.Query.POWER, CODE)) == 2
    assert order(table).state is OrderState.UNKNOWN
    nothing_moved(table, CASH)
    assert order(table).state is OrderState.NEVER_ARRIVED
    assert table.desk.state.free_cash == CASH


def test_a_buy_whose_worth_is_missing_in_the_buying_power_rests_there(table: Table) -> None:
    table.lose(buy(table).intent)
    reserve = order(table).reserve
    for _ in range(4):
        nothing_moved(table, CASH - reserve)
    assert order(table).state is OrderState.UNKNOWN
    assert table.incidents().count("order_without_number") == 1
    assert table.desk.state.free_cash == CASH - reserve


def test_an_unclear_buying_power_decides_nothing(table: Table) -> None:
    table.lose(buy(table).intent)
    nothing_moved(table, CASH)
    nothing_moved(table, CASH - order(table).reserve // 2)
    nothing_moved(table, CASH)
    assert order(table).state is OrderState.UNKNOWN
    assert "order_without_number" not in table.incidents()


def test_buying_power_asked_before_something_moved_decides_nothing(table: Table) -> None:
    table.lose(buy(table).intent)
    for _ in range(3):
        look(table, CASH)
        table.say(ev.Reported(at=table.now, kind="x", detail="the state moves on"))
        table.say(ev.BuyingPower(at=table.later(), code=CODE, quantity=0, amount=CASH))
    assert order(table).state is OrderState.UNKNOWN


def test_nothing_is_called_absent_in_the_first_seconds(table: Table) -> None:
    table.lose(buy(table).intent)
    lost = table.now
    for _ in range(4):
        table.now = lost
        table.say(ev.Balance(at=lost, cash=CASH, holdings=(), asked=table.desk.state.version))
        table.say(ev.BuyingPower(at=lost, code=CODE, quantity=0, amount=CASH))
    assert order(table).state is OrderState.UNKNOWN


def test_a_sale_that_takes_no_shares_never_arrived_and_the_exit_goes_out_again(
    table: Table,
) -> None:
    cash = held(table)
    for _ in range(2):
        look(table, cash, c005930=(100, 100))
    assert order(table).state is OrderState.INTENDED
    sells = [s for s in table.sends() if s.side is Side.SELL]
    assert [table.desk.state.blotter.order(s.intent).state for s in sells] == [
        OrderState.NEVER_ARRIVED,
        OrderState.INTENDED,
    ]


@pytest.mark.parametrize(
    ("prices", "gone"),
    [
        ((9_000,) * 8, False),
        ((9_010,) * 8, False),  # The first of them is the first of those that stand still.
        ((9_010, 9_020, 9_030), True),
    ],
)
def test_a_balance_that_stands_still_does_not_tell_that_a_sale_is_gone(
    table: Table, prices: tuple[int, ...], gone: bool
) -> None:
    """One share was sold 28 times: a market order rested in a halted name, and each went again."""
    cash = held(table)
    for price in prices:
        look(table, cash, price, c005930=(100, 100))
    sells = [one for one in table.sends() if one.side is Side.SELL]
    assert len(sells) == (2 if gone else 1)


def test_a_sale_whose_shares_are_spoken_for_rests_there(table: Table) -> None:
    cash = held(table)
    for _ in range(4):
        look(table, cash, c005930=(100, 0))
    assert order(table).state is OrderState.UNKNOWN
    assert table.incidents().count("order_without_number") == 1


@pytest.mark.parametrize("free", [50, None])
def test_a_balance_that_does_not_say_which_decides_nothing(table: Table, free: int | None) -> None:
    cash = held(table)
    for _ in range(4):
        look(table, cash, c005930=(100, free))
    assert order(table).state is OrderState.UNKNOWN
    assert "order_without_number" not in table.incidents()


def test_a_sale_whose_shares_are_gone_was_filled(table: Table) -> None:
    cash = held(table)
    got = 100 * 8_990
    turnover = table.desk.state.turnover
    cash += got - costs(Side.SELL, got, turnover)
    for _ in range(2):
        look(table, cash, c005930=(0, 0))
    assert (order(table).state, order(table).amount) == (OrderState.FILLED, got)
    assert table.desk.state.cash == cash
    assert not table.desk.state.portfolio.positions


@pytest.mark.parametrize("paid", [9_990, 10_000, 10_010])
def test_a_fill_above_what_a_buy_would_pay_is_not_its_own(table: Table, paid: int) -> None:
    sent = by_hand(table, rec.OWNER, 10)
    table.lose(sent.intent)
    table.notice(77, CODE, 10, paid, order_quantity=10)
    assert (sent.order_no == 77) == (paid <= 10_000)
