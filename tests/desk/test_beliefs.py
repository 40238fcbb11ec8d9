"""What the profile of the server says makes the desk more careful, and the owner's word less."""

from dataclasses import replace
from datetime import timedelta

import pytest
from tests.desk.paper import CASH, CODE, held, look, on_paper, order, proof
from tests.desk.table import OPENS, Table, rules

from maemae.desk import listlag
from maemae.desk import records as rec
from maemae.desk.desk import Desk
from maemae.desk.events import BuyingPower
from maemae.desk.orders import OrderState
from maemae.desk.sights import Figure
from maemae.desk.state import State
from maemae.market.costs import CostRules
from maemae.profile.facts import Beliefs, Fact


def believing(**facts: int | None) -> Beliefs:
    denied = {Fact(name.replace("_", "-")): seconds for name, seconds in facts.items()}
    return Beliefs(denied, {})


def granting(fact: Fact, seconds: int) -> Beliefs:
    return Beliefs({}, {fact: seconds})


def test_a_figure_that_was_proved_is_not_gone_by_where_the_profile_denies_it() -> None:
    table = on_paper("rows", proved=(Figure.SELLABLE,))
    table.desk.state.beliefs = believing(sellable_shrinks=None)
    cash = held(table)
    for _ in range(20):
        look(table, cash, c005930=(100, 100))
    assert order(table).state is OrderState.UNKNOWN
    assert table.incidents().count("order_undecided") == 1


def test_the_owners_word_stands_for_a_proof() -> None:
    table = on_paper("rows", proved=())
    table.desk.state.beliefs = granting(Fact.SELLABLE_SHRINKS, 1)
    cash = held(table)
    for _ in range(20):
        look(table, cash, c005930=(100, 100))
    assert order(table).state is not OrderState.UNKNOWN


@pytest.mark.parametrize("denied", [True, False])
def test_a_buy_at_market_is_not_given_up_where_power_takes_another_price(*, denied: bool) -> None:
    table = on_paper("rows", proved=(Figure.POWER,))
    if denied:
        table.desk.state.beliefs = believing(market_takes_upper=None)
    table.offer(CODE)
    table.power(CODE, quantity=769, amount=CASH)
    table.lose(table.sends()[-1].intent)
    for _ in range(20):
        look(table, CASH)
        table.say(BuyingPower(at=table.later(), code=CODE, quantity=0, amount=CASH))
    assert (order(table).state is OrderState.UNKNOWN) is denied


@pytest.mark.parametrize(
    ("beliefs", "proved", "seconds"),
    [
        (Beliefs({}, {}), None, 30),
        (Beliefs({}, {}), 2, 4),
        (believing(list_prompt=None), 2, 30),
        (believing(list_prompt=20), 2, 40),
        (believing(list_prompt=None), 18, 36),
        (granting(Fact.LIST_PROMPT, 1), None, 3),
        (granting(Fact.LIST_PROMPT, 1), 9, 18),
    ],
)
def test_how_long_a_list_is_looked_at(beliefs: Beliefs, proved: int | None, seconds: int) -> None:
    state = State(CostRules.REAL)
    state.beliefs = beliefs
    if proved is not None:
        state.apply(
            rec.FigureProved(at=OPENS, figure=Figure.LIST, intent="earlier", seconds=proved)
        )
    assert listlag.patience(state) == timedelta(seconds=seconds)


def test_figures_that_come_late_are_waited_for() -> None:
    state = State(CostRules.REAL)
    state.apply(proof(Figure.POWER))
    assert state.seen_in(Figure.POWER) == timedelta(0)
    state.beliefs = believing(figures_prompt=7)
    assert state.seen_in(Figure.POWER) == timedelta(seconds=7)
    assert state.seen_in(Figure.LIST) is None


def test_a_desk_is_told_with_its_rules() -> None:
    beliefs = granting(Fact.LIST_PROMPT, 1)
    table = Table(Desk(replace(rules(), beliefs=beliefs)))
    assert table.desk.state.beliefs == beliefs
