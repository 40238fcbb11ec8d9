"""A list that has orders late proves no absence before its lag has gone by."""

from datetime import timedelta

import pytest
from tests.desk.table import Table, rules

from maemae.desk import commands as cmd
from maemae.desk import records as rec
from maemae.desk.desk import Desk
from maemae.desk.orders import OrderState
from maemae.desk.sights import Figure

CODE, OTHER = "005930", "000660"


@pytest.fixture
def fresh() -> Table:
    """A desk that has never seen an order in a list."""
    table = Table(Desk(rules()))
    table.open()
    return table


def buy(table: Table, code: str) -> str:
    table.offer(code)
    table.power(code, amount=1_000_000)
    return table.sends()[-1].intent


def lags(table: Table) -> list[int]:
    proved = [one for one in table.records if isinstance(one, rec.FigureProved)]
    return [one.seconds for one in proved if one.figure is Figure.LIST]


def looked_for(table: Table, intent: str, seconds: int) -> OrderState:
    """Look for an order each second, in lists that have all that is known."""
    for _ in range(seconds):
        table.later()
        table.inquire(*table.known())
    return table.desk.state.blotter.order(intent).state


def test_a_list_of_which_nothing_is_known_is_waited_for(fresh: Table) -> None:
    intent = buy(fresh, CODE)
    fresh.lose(intent)
    assert looked_for(fresh, intent, 29) is OrderState.UNKNOWN
    assert looked_for(fresh, intent, 2) is OrderState.NEVER_ARRIVED


def test_the_first_order_is_looked_for_at_once_and_shows_that_the_list_is_prompt(
    fresh: Table,
) -> None:
    fresh.accept(buy(fresh, OTHER), 8)
    assert cmd.Wake("resolve:list", fresh.now + timedelta(seconds=1)) in fresh.commands
    fresh.later()
    fresh.inquire(*fresh.known())
    assert lags(fresh) == [1]
    intent = buy(fresh, CODE)
    fresh.lose(intent)
    assert looked_for(fresh, intent, 3) is OrderState.NEVER_ARRIVED


def test_twice_the_longest_lag_is_waited_for(fresh: Table) -> None:
    fresh.accept(buy(fresh, OTHER), 8)
    for _ in range(6):
        fresh.later()
        fresh.inquire()
    assert max(lags(fresh)) == 6
    intent = buy(fresh, CODE)
    fresh.lose(intent)
    assert looked_for(fresh, intent, 11) is OrderState.UNKNOWN
    assert looked_for(fresh, intent, 2) is OrderState.NEVER_ARRIVED


def test_half_of_a_lag_is_forgotten_each_day(fresh: Table) -> None:
    fresh.accept(buy(fresh, OTHER), 8)
    for _ in range(8):
        fresh.later()
        fresh.inquire()
    state = fresh.desk.state
    state.apply(rec.DayOpened(at=fresh.now, day=fresh.now.date(), cash=1, holdings={}))
    assert state.proved[Figure.LIST] == timedelta(seconds=4)


def test_a_list_with_a_page_missing_makes_no_lag_of_minutes(fresh: Table) -> None:
    fresh.accept(buy(fresh, OTHER), 8)
    fresh.later(300)
    fresh.inquire()
    assert lags(fresh) == [15]
