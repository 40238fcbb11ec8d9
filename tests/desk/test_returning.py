"""Sales that were let go by old balances and rest at the broker all the same."""

import pytest
from tests.desk.paper import ANSWERS, CASH, CODE, buy, costs, look, on_paper, order
from tests.desk.table import Table

from maemae.desk import events as ev
from maemae.desk.orders import Order, OrderState
from maemae.market.kinds import Side
from maemae.market.refusals import RefusalKind


@pytest.fixture(params=ANSWERS)
def table(request: pytest.FixtureRequest) -> Table:
    return on_paper(request.param)


def let_go(table: Table, number: int | None) -> tuple[int, Order]:
    """Let go of a stop loss that rests, by balances from before it was ordered.

    Its reply gave it a number, or was lost. What is sold in its place is refused. Returned are the
    cash and the order.
    """
    buy(table)
    table.accept(table.sends()[-1].intent, 1)
    table.notice(1, CODE, 100, 10_000)
    cash = table.desk.state.cash
    table.later()
    table.balance(cash, c005930=100)
    table.price(CODE, 9_000)
    sale = order(table)
    if number is None:
        table.lose(sale.intent)
    else:
        table.accept(sale.intent, number)
    sold = len(table.sends())
    while len(table.sends()) == sold:
        look(table, cash, c005930=(100, 100))
        assert len(table.records) < 100, "it is never let go"
    assert sale.let_go
    again = order(table)
    table.say(
        ev.OrderRefused(
            at=table.later(), intent=again.intent, code="", message="", kind=RefusalKind.SHARES
        )
    )
    return cash, sale


@pytest.mark.parametrize(("number", "state"), [(2, OrderState.WORKING), (None, OrderState.UNKNOWN)])
def test_it_is_taken_back_when_its_shares_are_set_aside(
    table: Table, number: int | None, state: OrderState
) -> None:
    cash, sale = let_go(table, number)
    look(table, cash, c005930=(100, 0))
    assert sale.let_go
    look(table, cash, c005930=(100, 0))
    assert sale.state is state
    sold = len(table.sends())
    for _ in range(30):
        look(table, cash, c005930=(100, 0))
        table.price(CODE, 8_900)
    assert len(table.sends()) == sold, "another sale is sent of shares that are on offer"
    got = cash + 100 * 8_900 - costs(Side.SELL, 100 * 8_900, table.desk.state.turnover)
    for _ in range(3):
        look(table, got, c005930=(0, 0))
    assert (sale.state, sale.filled) == (OrderState.FILLED, 100)
    assert "position_lost" not in table.incidents()


@pytest.mark.parametrize("free", [100, 50, 99])
def test_it_stays_gone_where_other_shares_are_set_aside(table: Table, free: int) -> None:
    cash, sale = let_go(table, 2)
    for _ in range(5):
        look(table, cash, c005930=(100, free))
    assert sale.let_go


def test_a_buy_that_balances_alone_called_gone_is_owned_when_its_shares_come(table: Table) -> None:
    """It rested at market until the closing auction; its shares went to the owner, unwatched."""
    table.accept(buy(table).intent, 1)
    bought = order(table)
    table.later(30)
    while bought.live:
        look(table, CASH)
        table.say(ev.BuyingPower(at=table.later(), code=CODE, quantity=769, amount=CASH))
        assert len(table.commands) < 200, "it is never let go"
    for _ in range(300):
        look(table, CASH)
    paid = 100 * 10_000
    for _ in range(3):
        look(table, CASH - paid - costs(Side.BUY, paid), c005930=(100, 100))
    assert (bought.state, bought.filled) == (OrderState.FILLED, 100)
    assert table.desk.state.portfolio.positions["scalper", CODE].quantity == 100
