"""Where the venue lists no orders: figures tell that an order is gone only where they were seen to
have one in it. Nothing that is written down says that open orders shrink them."""

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.desk.paper import ANSWERS, CASH, CODE, buy, costs, held, look, on_paper, order
from tests.desk.table import OPENS, Table

from maemae.desk import events as ev
from maemae.desk import records as rec
from maemae.desk.orders import Order, OrderState
from maemae.desk.sights import Figure
from maemae.market.kinds import Side


@pytest.fixture(params=ANSWERS)
def table(request: pytest.FixtureRequest) -> Table:
    return on_paper(request.param, proved=())


def proofs(table: Table) -> list[Figure]:
    return [r.figure for r in table.records if isinstance(r, rec.FigureProved)]


def sales(table: Table) -> list[str]:
    return [send.intent for send in table.sends() if send.side is Side.SELL]


def test_a_sale_in_doubt_is_not_sent_again_because_its_shares_can_be_sold(table: Table) -> None:
    cash = held(table)
    for _ in range(20):
        look(table, cash, c005930=(100, 100))
    assert order(table).state is OrderState.UNKNOWN
    assert len(sales(table)) == 1
    assert table.incidents().count("order_undecided") == 1
    assert not proofs(table)


def test_a_buy_in_doubt_is_not_given_up_because_its_worth_can_be_bought_for(table: Table) -> None:
    table.offer(CODE)
    table.power(CODE, quantity=769, amount=CASH)
    table.lose(table.sends()[-1].intent)
    for _ in range(20):
        look(table, CASH)
        table.say(ev.BuyingPower(at=table.later(), code=CODE, quantity=0, amount=CASH))
    assert order(table).state is OrderState.UNKNOWN
    assert table.incidents().count("order_undecided") == 1
    assert not proofs(table)


def test_a_sale_that_is_known_to_rest_proves_what_can_be_sold(table: Table) -> None:
    cash = held(table)
    table.say(ev.OrderAccepted(at=table.now, intent=order(table).intent, order_no=2))
    look(table, cash, c005930=(100, 100))
    assert not proofs(table)
    look(table, cash, c005930=(100, 0))
    assert proofs(table) == [Figure.SELLABLE]
    assert table.desk.state.proved[Figure.SELLABLE] <= timedelta(seconds=5)


def test_of_orders_that_are_all_in_doubt_none_proves_a_figure(table: Table) -> None:
    cash = held(table)
    for _ in range(5):
        look(table, cash, c005930=(100, 0))
    assert not proofs(table)


def rests(table: Table) -> Order:
    """Let a buy at market rest at the broker."""
    sent = buy(table)
    table.accept(sent.intent, 1)
    return order(table)


def asked(table: Table, cash: int, power: int) -> None:
    look(table, cash)
    table.say(ev.BuyingPower(at=table.later(), code=CODE, quantity=0, amount=power))


def test_a_buy_that_is_known_to_rest_proves_buying_power_at_the_second_look(table: Table) -> None:
    reserve = rests(table).reserve
    asked(table, CASH, CASH - reserve)
    assert not proofs(table)
    asked(table, CASH, CASH - reserve)
    assert proofs(table) == [Figure.POWER]


def test_what_a_slow_figure_may_not_show_yet_is_not_absent() -> None:
    """It was seen to need up to twenty seconds: for so long a lost sale may rest unseen."""
    slow = rec.FigureProved(at=OPENS, figure=Figure.SELLABLE, intent="earlier", seconds=20)
    table = on_paper("refused", proved=())
    table.desk.state.apply(slow)
    cash = held(table)
    for _ in range(9):
        look(table, cash, c005930=(100, 100))
    assert order(table).state is OrderState.UNKNOWN
    for _ in range(4):
        look(table, cash, c005930=(100, 100))
    assert len(sales(table)) == 2


@settings(max_examples=60)
@given(
    answers=st.sampled_from(ANSWERS),
    asks=st.lists(st.sampled_from(["look", "power", "fill"]), max_size=8),
)
def test_buying_power_that_nothing_shrinks_is_never_proved(answers: str, asks: list[str]) -> None:
    """However a fill, of which no notice tells, falls between the questions."""
    table = on_paper(answers, proved=())
    resting, cash, shares = rests(table), CASH, 0
    for what in asks:
        if what == "fill" and not shares:
            shares, paid = resting.quantity, resting.quantity * 10_000
            cash -= paid + costs(Side.BUY, paid)
        elif what == "look":
            look(table, cash, **({"c005930": (shares, shares)} if shares else {}))
        elif what == "power":
            table.say(ev.BuyingPower(at=table.later(), code=CODE, quantity=0, amount=cash))
    assert not proofs(table)
