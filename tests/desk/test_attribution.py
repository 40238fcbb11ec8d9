"""Whose shares moved, where balances alone tell of orders."""

from datetime import timedelta

import pytest
from tests.desk.facts import NOW, held, opened, order

from maemae.desk import records as rec
from maemae.desk.attribution import attribute
from maemae.desk.events import Balance, Holding
from maemae.desk.orders import OrderState
from maemae.desk.sights import Figure
from maemae.market.kinds import Side
from maemae.market.refusals import RefusalKind


def test_an_order_of_which_nothing_is_left_has_filled_nothing() -> None:
    """One was cancelled in part and filled; a fill of no shares ended the trader."""
    state = opened()
    gone = order(state, quantity=5, become=OrderState.CANCELLED)
    whole = order(state, quantity=10, filled=4)
    state.apply(rec.Reduced(at=NOW, intent=whole, cancelled=6, source="notice"))
    state.apply(rec.Ended(at=NOW, intent=whole, cancelled=True))
    balance = Balance(at=NOW, cash=state.cash, holdings=())
    assert attribute(state, {"005930": 3}, balance, NOW.replace(hour=0), ()) == {gone: 3}


def test_more_that_rests_than_is_ours_is_no_fill() -> None:
    """A sale of the owner's rested beside ours; a fill of -2 shares ended the trader."""
    state = opened()
    held(state, quantity=9)
    state.apply(rec.FigureProved(at=NOW, figure=Figure.SELLABLE, intent="earlier"))
    order(state, quantity=5)
    order(state, side=Side.SELL, quantity=3)
    line = Holding(code="005930", quantity=13, price=10_000, sellable=8)
    balance = Balance(at=NOW, cash=state.cash, holdings=(line,))
    assert all(n > 0 for n in attribute(state, {"005930": 4}, balance, NOW, ()).values())


@pytest.mark.parametrize(("price", "filled"), [(19_000, True), (10**12, False)])
def test_a_limit_that_the_day_cannot_have_reached_has_filled_nothing(
    price: int, filled: bool
) -> None:
    """A hand slipped: one share was booked as sold for all that the owner's sale had brought."""
    state = opened()
    held(state)
    intent = order(state, side=Side.SELL, quantity=1, become=OrderState.UNKNOWN)
    state.blotter.order(intent).price = price
    line = Holding(code="005930", quantity=9, price=10_000)
    balance = Balance(at=NOW, cash=state.cash, holdings=(line,))
    assert attribute(state, {"005930": -1}, balance, NOW, ()) == ({intent: 1} if filled else {})


@pytest.mark.parametrize("amended", [True, False])
def test_an_order_that_may_live_under_another_number_is_owned_whenever_its_shares_come(
    amended: bool,
) -> None:
    """Nothing was left of its old number; the new one filled a quarter of an hour later."""
    state, early = opened(), NOW - timedelta(minutes=20)
    intent = order(state, quantity=5, at=early)
    if amended:
        state.apply(rec.AmendIntended(at=early, intent=intent, price=10_000, reserve=1))
        state.apply(rec.AmendFailed(at=early, intent=intent, reason="timeout"))
    state.apply(rec.CancelFailed(at=early, intent=intent, reason="no", kind=RefusalKind.GONE))
    state.apply(rec.Ended(at=early, intent=intent, cancelled=True, source=rec.BY_BALANCE))
    balance = Balance(at=NOW, cash=state.cash, holdings=())
    found = attribute(state, {"005930": 5}, balance, NOW - timedelta(minutes=5), ())
    assert found == ({intent: 5} if amended else {})


@pytest.mark.parametrize(
    ("bought", "sold", "at", "filled"),
    [
        (254, 73, 100, (254, 73)),
        (254, 73, 99, (254, 73)),  # Traded a little lower: whole orders all the same.
        (244, 63, 100, (244, 63)),
        (181, 0, 100, (181, 0)),
        (None, None, 100, (181, 0)),  # No turnover: the least that can have moved.
        (400, 400, 100, (181, 0)),  # Others traded, too: it tells nothing.
    ],
)
def test_won_tell_what_was_both_bought_and_sold(
    bought: int | None, sold: int | None, at: int, filled: tuple[int, int]
) -> None:
    """The rest of a sale and a purchase filled together; 73 shares were sold a second time.

    And one was, where the won came to 96 of 97 at the price of a moment later.
    """
    state, price = opened(), 3_920
    held(state, quantity=73)
    buy = order(state, quantity=254, book="other", price=3_925)
    sale = order(state, side=Side.SELL, quantity=73)
    line = Holding(code="005930", quantity=254, price=price)
    ours = state.turnover.buy
    balance = Balance(
        at=NOW, cash=state.cash, holdings=(line,),
        bought=None if bought is None else ours + bought * price * at // 100,
        sold=None if sold is None else sold * price * at // 100,
    )  # fmt: skip
    given = attribute(state, {"005930": 181}, balance, NOW, ())
    assert (given.get(buy, 0), given.get(sale, 0)) == filled
