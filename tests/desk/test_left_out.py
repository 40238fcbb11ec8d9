"""A name that was sold keeps its line in the balance: what is left out was not sold."""

from dataclasses import replace

import pytest
from tests.desk.paper import CASH, CODE, buy, held, look, on_paper, order
from tests.desk.table import Table, rules

from maemae.desk import events as ev
from maemae.desk.desk import Desk
from maemae.desk.orders import OrderState

OTHER = "000660"


@pytest.fixture
def table() -> Table:
    return on_paper("refused")


def line(code: str, shares: int, free: int | None = None, price: int = 9_000) -> ev.Holding:
    return ev.Holding(code=code, quantity=shares, price=price, sellable=free)


def counted() -> Table:
    """A book that holds 100 shares, at a venue that states the day's turnover."""
    table = Table(Desk(rules()))
    table.start()
    table.say(ev.Balance(at=table.now, cash=10_000_000, holdings=(), bought=0, sold=0))
    table.bought()
    return table


def told(table: Table, sold: int, **shares: int) -> None:
    """The owner has sold for so many won; the balance shows these shares."""
    state = table.desk.state
    table.later(5)
    table.inquire(*table.known())
    table.say(
        ev.Balance(
            at=table.now,
            cash=state.cash + sold,
            holdings=tuple(line(c.removeprefix("c"), n) for c, n in shares.items()),
            asked=state.version,
            bought=state.turnover.buy,
            sold=state.turnover.sell + sold,
        )
    )


def test_shares_of_which_no_line_tells_are_kept_whatever_others_sold() -> None:
    table = counted()
    for _ in range(20):
        told(table, 900_000)
    assert table.desk.state.portfolio.shares(CODE) == 100
    assert table.incidents() == ["books_disputed"]


def test_shares_that_a_line_tells_are_gone_are_written_off() -> None:
    table = counted()
    for _ in range(20):
        told(table, 900_000, c005930=0)
    assert table.desk.state.portfolio.shares(CODE) == 0
    assert "position_lost" in table.incidents()


def test_a_sale_of_which_no_line_tells_is_neither_filled_nor_gone(table: Table) -> None:
    cash = held(table)
    for _ in range(5):
        look(table, cash + 900_000)
    assert (order(table).state, order(table).filled) == (OrderState.UNKNOWN, 0)
    for _ in range(5):
        look(table, cash)
    assert order(table).state is OrderState.UNKNOWN
    sale = order(table)
    for _ in range(3):
        look(table, cash, c005930=(100, 100))
    assert sale.state is OrderState.NEVER_ARRIVED


@pytest.mark.parametrize("bought", [1_000_000, 0])
def test_a_buy_is_not_gone_while_something_was_bought_that_no_line_tells(bought: int) -> None:
    table = on_paper("refused")
    buy(table)
    table.accept(order(table).intent, 1)
    table.later(5)
    for _ in range(9):
        shown = ev.Balance(
            at=table.later(2), cash=CASH - bought, holdings=(), bought=bought, sold=0,
            asked=table.desk.state.version,
        )  # fmt: skip
        table.say(shown)
        table.say(ev.BuyingPower(at=table.later(), code=CODE, quantity=0, amount=CASH - bought))
    assert order(table).state is (OrderState.WORKING if bought else OrderState.CANCELLED)


def test_a_line_that_is_there_twice_without_shares_is_no_doubled_balance() -> None:
    table = counted()
    empty = line(OTHER, 0)
    state = table.desk.state
    told(table, 0, c005930=100)
    shown = ev.Balance(
        at=table.later(), cash=state.cash, holdings=(empty, empty, line(CODE, 100)),
        asked=state.version, bought=state.turnover.buy, sold=0,
    )  # fmt: skip
    table.say(shown)
    assert table.desk.agreed
    table.say(replace(shown, at=table.later(), holdings=2 * shown.holdings))
    assert table.incidents() == []


def test_what_others_traded_before_counts_until_their_won_are_put_down() -> None:
    """The owner buys another name while a sale is unknown."""
    table = counted()
    state = table.desk.state
    table.price(CODE, 9_000)
    table.lose(table.sends()[-1].intent)
    cash = state.cash
    refused = ev.Unavailable(at=table.now, query=ev.Query.EXECUTIONS, permanent=True)
    table.say(refused)

    def look(bought: int, sold: int, *lines: ev.Holding) -> None:
        table.later(2)
        table.say(
            ev.Balance(
                at=table.now, cash=cash - bought + sold, holdings=lines, asked=state.version,
                bought=1_000_000 + bought, sold=sold,
            )
        )  # fmt: skip

    theirs = line(OTHER, 8, 8, 100_000)
    for _ in range(2):
        look(800_000, 0, theirs, line(CODE, 100))
    assert state.portfolio.foreign == {OTHER: 8}
    assert state.untold == {OTHER: 8}
    sale = order(table).intent
    table.say(ev.OrderRefused(at=table.later(), intent=sale, code="X", message="x"))
    for _ in range(3):  # The first shows that nothing of the refused sale is there.
        look(800_000, 0, theirs, line(CODE, 100, 100))
    assert state.cash == cash - 800_000
    assert state.untold == {}


def test_what_another_name_brought_is_no_price_of_ours() -> None:
    table = counted()
    state = table.desk.state
    table.price(CODE, 9_000)
    table.lose(table.sends()[-1].intent)
    refused = ev.Unavailable(at=table.now, query=ev.Query.EXECUTIONS, permanent=True)
    table.say(refused)
    for _ in range(3):
        table.later(2)
        table.say(
            ev.Balance(
                at=table.now, cash=state.cash + 2_700_000, holdings=(line(CODE, 0),),
                asked=state.version, bought=1_000_000, sold=2_700_000,
            )
        )  # fmt: skip
    assert order(table).state is OrderState.FILLED
    assert order(table).amount == 900_000
    assert "fill_estimated" in table.incidents()
