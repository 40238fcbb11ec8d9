"""The state as data: nothing of it is forgotten, and a fold goes on from it as from the state."""

from datetime import timedelta

import msgspec
import pytest
from tests.desk.facts import NOW, opened, order

from maemae.desk import records as rec
from maemae.desk.image import (
    BlotterImage,
    PortfolioImage,
    StateImage,
    TodayImage,
    image_of,
    state_of,
)
from maemae.desk.orders import OrderState
from maemae.desk.sights import Figure, Sight
from maemae.desk.state import State
from maemae.market.costs import CostRules
from maemae.market.kinds import Side


def traded() -> State:
    """A day with an order of each state, shares bought and lost, and people who spoke."""
    state = opened(holdings={"000660": 7}, owners={"000660": 7}, prices={"005930": 9_000})
    intents = {one: order(state, f"00000{n}", become=one) for n, one in enumerate(OrderState)}
    filled = order(state, "005930", filled=4)
    state.apply(rec.Filled(at=NOW, intent=filled, quantity=2, amount=19_999, executed=NOW))
    facts: list[rec.Record] = [
        rec.OthersOrder(at=NOW, order_no=77),
        rec.PositionLost(at=NOW, book="book", code="005930", quantity=1),
        rec.ExitDue(at=NOW, book="book", code="005930", reason="stop"),
        rec.FlattenBegun(at=NOW, book=None, reason="all"),
        rec.FlattenBegun(at=NOW, book="book", reason="one"),
        rec.Halted(at=NOW, level=rec.Halt.ENTRIES, reason="점심", book="book"),
        rec.Blinded(at=NOW, sight=Sight.SEARCH, since=NOW, book="book", keys=("005930",)),
        rec.FigureProved(at=NOW, figure=Figure.LIST, intent=intents[OrderState.WORKING], seconds=3),
        rec.CalendarCorrected(at=NOW, days={NOW.date() + timedelta(days=1): False}),
        rec.PlanPrepared(at=NOW, book="plan", plan="a", day=NOW.date(), fingerprint="f"),
    ]
    for fact in facts:
        state.apply(fact)
    return state


@pytest.mark.parametrize(
    ("name", "image", "left_out"),
    [
        ("", StateImage, {"rules", "_calendar"}),
        ("blotter", BlotterImage, set()),
        ("portfolio", PortfolioImage, set()),
        ("today", TodayImage, set()),
    ],
)
def test_no_attribute_is_forgotten(
    name: str, image: type[msgspec.Struct], left_out: set[str]
) -> None:
    """Who adds one to the state adds it to its image; a calendar is made anew from the days."""
    state = State(CostRules.REAL)
    part = getattr(state, name) if name else state
    assert {*vars(part)} - left_out == {*image.__struct_fields__}


def test_a_state_comes_back_as_it_was() -> None:
    state = traded()
    again = state_of(image_of(state), CostRules.REAL)
    assert image_of(again) == image_of(state)
    assert [*again.blotter.live()] == [*state.blotter.live()]
    assert [*again.blotter.missing()] == [*state.blotter.missing()]
    assert again.portfolio.positions == state.portfolio.positions
    assert (again.cash, again.free_cash, again.past) == (state.cash, state.free_cash, state.past)
    assert again.calendar.is_session(NOW.date() + timedelta(days=1)) is False


def test_a_live_order_is_one_and_the_same_wherever_it_is_looked_up() -> None:
    again = state_of(image_of(traded()), CostRules.REAL)
    for live in again.blotter.live():
        assert live is again.blotter.order(live.intent)
    bought = next(one for one in again.blotter.live() if one.code == "005930")
    filled = rec.Filled(at=NOW, intent=bought.intent, quantity=4, amount=40_000, executed=NOW)
    again.apply(filled)
    assert bought not in again.blotter.live()


def test_equal_states_have_equal_bytes_and_others_have_not() -> None:
    state, other = traded(), traded()
    assert image_of(state) == image_of(other)
    other.apply(rec.CashStated(at=NOW, difference=1, reason="a won"))
    assert image_of(state) != image_of(other)


def test_what_is_looked_at_first_is_kept() -> None:
    state = opened()
    for code in ("000020", "000010"):
        order(state, code, filled=10)
    again = state_of(image_of(state), CostRules.REAL)
    assert [code for _, code in again.portfolio.positions] == ["000020", "000010"]


def test_what_is_no_image_is_refused() -> None:
    with pytest.raises(msgspec.MsgspecError):
        state_of(b'{"day": null}', CostRules.REAL)


def test_past_books_are_known_again() -> None:
    state = opened()
    before = state.books()
    order(state, side=Side.BUY, filled=10)
    assert state_of(image_of(state), CostRules.REAL).past == {before, state.books()} | state.past
