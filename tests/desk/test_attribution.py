"""Whose shares moved, where balances alone tell of orders."""

from tests.desk.facts import NOW, opened, order

from maemae.desk import records as rec
from maemae.desk.attribution import attribute
from maemae.desk.events import Balance
from maemae.desk.orders import OrderState


def test_an_order_of_which_nothing_is_left_has_filled_nothing() -> None:
    """One was cancelled in part and filled; a fill of no shares ended the trader."""
    state = opened()
    gone = order(state, quantity=5, become=OrderState.CANCELLED)
    whole = order(state, quantity=10, filled=4)
    state.apply(rec.Reduced(at=NOW, intent=whole, cancelled=6, source="notice"))
    state.apply(rec.Ended(at=NOW, intent=whole, cancelled=True))
    balance = Balance(at=NOW, cash=state.cash, holdings=())
    assert attribute(state, {"005930": 3}, balance, NOW.replace(hour=0), ()) == {gone: 3}
