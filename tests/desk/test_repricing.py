"""Amounts that come late: nothing is booked at no price, and exact amounts correct what was."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.desk.paper import ANSWERS, CASH, CODE, buy, costs, look, on_paper, order
from tests.desk.table import Table, rules

from maemae.desk import events as ev
from maemae.desk import records as rec
from maemae.desk.desk import Desk
from maemae.market.kinds import Side

FULL = 100
AMOUNT = FULL * 9_990


def bought_in_part(table: Table) -> None:
    """A buy of a hundred shares of which nothing was told but that it was taken."""
    table.open(CASH)
    table.offer(CODE)
    table.power(CODE)
    table.accept(table.sends()[-1].intent, 1)
    assert order(table).quantity == FULL


def row(table: Table, filled: int, amount: int) -> ev.Execution:
    ended = filled == FULL
    return table.row(1, CODE, FULL, filled, amount=amount, remaining=FULL - filled, ended=ended)


def repriced(table: Table) -> list[int]:
    return [r.difference for r in table.records if isinstance(r, rec.Repriced)]


@settings(max_examples=60)
@given(
    steps=st.lists(
        st.tuples(
            st.sampled_from([1, 37, 90, FULL]),
            st.sampled_from([0, 1, 37, 63, 90, FULL]),
            st.sampled_from([1, 3, 5]),
        ),
        max_size=8,
    ),
    noticed=st.sampled_from([0, 10, FULL]),
)
def test_amounts_that_lag_behind_their_shares_end_exact_and_never_near_nothing(
    steps: list[tuple[int, int, int]], noticed: int
) -> None:
    """The list has the amount of fewer shares than are filled, for less than ten seconds."""
    table = Table(Desk(rules()))
    bought_in_part(table)
    if noticed:
        table.notice(1, CODE, noticed, 9_990)
    filled = told = behind = 0
    one = order(table)
    for shares, worth, seconds in steps:
        table.later(seconds)
        filled, told = max(filled, shares), max(told, min(worth, filled, shares))
        lag = told if seconds < 5 and behind + seconds < 10 else filled
        behind = 0 if lag == filled else behind + seconds
        table.inquire(row(table, filled, lag * 9_990))
        if one.filled:
            assert abs(one.amount - one.filled * 9_990) <= one.amount * 7 // 100
        told = lag
    for _ in range(8):
        table.later(4)
        table.inquire(row(table, FULL, AMOUNT))
    assert (one.filled, one.amount) == (FULL, AMOUNT)
    position = table.desk.state.portfolio.positions["scalper", CODE]
    assert position.paid == AMOUNT
    assert table.desk.state.cash == CASH - AMOUNT - costs(Side.BUY, AMOUNT)
    assert table.desk.state.today.lines["scalper", CODE].flow == table.desk.state.cash - CASH


def test_shares_whose_amount_never_comes_are_not_booked_and_lead_to_further_questions() -> None:
    table = Table(Desk(rules()))
    bought_in_part(table)
    for _ in range(10):
        table.later(3)
        before = table.asks().count(ev.Query.EXECUTIONS)
        table.inquire(row(table, FULL, 0))
        table.say(ev.Timer(at=table.later(), name="resolve:amount"))
        assert table.asks().count(ev.Query.EXECUTIONS) > before
    assert order(table).filled == 0


def test_an_amount_that_is_odd_and_stays_is_what_it_is() -> None:
    """The last price may be the one that is wrong."""
    table = Table(Desk(rules()))
    bought_in_part(table)
    for _ in range(6):
        table.later(3)
        table.inquire(row(table, FULL, FULL * 9_000))
    bought = table.desk.state.blotter.order(table.sends()[0].intent)
    assert bought.amount == FULL * 9_000


@pytest.mark.parametrize("answers", ANSWERS)
@pytest.mark.parametrize("settled", [True, False])
def test_a_late_notice_corrects_a_guess_and_moves_no_cash_that_was_settled(
    answers: str, settled: bool
) -> None:
    table = on_paper(answers)
    table.accept(buy(table).intent, 1)
    cash = CASH - AMOUNT - 50_000
    cash -= costs(Side.BUY, AMOUNT + 50_000)
    shares = {"c005930": (FULL, FULL), "c000660": (5, 5)}
    for _ in range(8 if settled else 2):
        look(table, cash, **shares)
    assert table.incidents().count("fill_estimated") == 1
    assert (table.desk.state.cash == cash) is settled
    table.notice(1, CODE, FULL, 9_990)
    for _ in range(8):
        look(table, cash, **shares)
    assert repriced(table) == [-1_000]
    assert order(table).amount == AMOUNT
    assert table.desk.state.portfolio.positions["scalper", CODE].paid == AMOUNT
    assert table.desk.state.cash == cash


@pytest.mark.parametrize("answers", ANSWERS)
def test_nor_where_a_balance_has_told_exactly_of_more_of_the_order_since(answers: str) -> None:
    """What was settled before that stays settled: its turnover hid a trade of the owner's."""
    table = on_paper(answers)
    table.accept(buy(table).intent, 1)
    half, state = FULL // 2, table.desk.state
    for held in (half, FULL):
        bought = held * 9_990 + 50_000
        cash = CASH - bought - costs(Side.BUY, bought)
        lines = ((CODE, held), ("000660", 5))
        holdings = tuple(ev.Holding(code=c, quantity=n, price=0, sellable=n) for c, n in lines)
        for _ in range(8):
            table.say(
                ev.Balance(
                    at=table.later(2), cash=cash, holdings=holdings, asked=state.version,
                    bought=bought, sold=0,
                )
            )  # fmt: skip
        assert (state.cash, state.turnover.buy + state.others_bought) == (cash, bought)
    assert table.incidents().count("fill_estimated") == 1
    table.notice(1, CODE, half, 9_990)
    assert repriced(table)
    assert (state.cash, state.turnover.buy + state.others_bought) == (cash, bought)
