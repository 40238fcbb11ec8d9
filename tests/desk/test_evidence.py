"""What balances prove of orders in names of which it is not known how many shares are whose."""

from datetime import timedelta

from tests.desk.facts import NOW, held, opened, order

from maemae.desk import records as rec
from maemae.desk.events import Balance, Holding
from maemae.desk.evidence import Evidence
from maemae.desk.orders import OrderState
from maemae.desk.state import State
from maemae.desk.tracking import Tracker
from maemae.desk.turn import Turn
from maemae.desk.turnover import moved_in_doubt
from maemae.market.kinds import Side

CODE, GONE = "005930", "000660"


def in_doubt() -> State:
    """Ten shares of ours in a name that those of another, which are gone, may have become."""
    state = opened()
    held(state, CODE)
    held(state, GONE, quantity=30)
    morning = {CODE: 40}
    state.apply(
        rec.DayOpened(
            at=NOW, day=NOW.date(), cash=state.cash, holdings=morning, owners={}, bought=0, sold=0
        )
    )
    state.apply(rec.UnitDoubted(at=NOW, code=GONE, before=30, after=0, others=(CODE,)))
    state.apply(rec.UnitsConfirmed(at=NOW, codes=(CODE,)))
    assert CODE in state.portfolio.withheld
    return state


def look(state: State, evidence: Evidence, shares: int, sold: int, seconds: int) -> list[str]:
    turn = Turn(state, NOW + timedelta(seconds=seconds))
    line = Holding(code=CODE, quantity=shares, price=10_000)
    balance = Balance(
        at=turn.at, cash=state.cash + sold, holdings=(line,), asked=state.version, bought=0,
        sold=state.turnover.sell + sold,
    )  # fmt: skip
    evidence.look(turn, balance, {}, closed=False)
    return [type(one).__name__ for one in turn.records]


def test_a_sale_is_booked_by_what_moved_of_a_name_in_doubt() -> None:
    """Its notice was lost: 56 shares were sold a second time, and the won called the owner's."""
    state, evidence = in_doubt(), Evidence(Tracker())
    evidence.tracker.blind = True
    sale = state.blotter.order(order(state, CODE, side=Side.SELL, quantity=10, at=NOW))
    assert look(state, evidence, 40, 0, 1) == []
    look(state, evidence, 30, 99_000, 2)
    assert "Filled" in look(state, evidence, 30, 99_000, 3)
    assert (sale.state, sale.amount) == (OrderState.FILLED, 99_000)


def test_shares_that_moved_beside_any_order_of_ours_are_not_ours_there() -> None:
    state, evidence = in_doubt(), Evidence(Tracker())
    evidence.tracker.blind = True
    for seconds in range(1, 5):
        assert "Filled" not in look(state, evidence, 30, 99_000, seconds)


def test_what_was_followed_before_the_doubt_came_up_has_not_moved_again() -> None:
    """The owner's purchase was explained, and put down once more when the name came in doubt."""
    state = in_doubt()
    state.portfolio.doubted.clear()
    state.apply(rec.OwnerTraded(at=NOW, code=CODE, change=2))
    state.apply(rec.OwnerTraded(at=NOW, code=CODE, change=-1, overnight=True))
    state.apply(rec.PositionLost(at=NOW, book="book", code=CODE, quantity=3))
    state.apply(rec.UnitDoubted(at=NOW, code=GONE, before=30, after=0, others=(CODE,)))
    line = Holding(code=CODE, quantity=40, price=10_000)
    balance = Balance(at=NOW, cash=0, holdings=(line,))
    assert moved_in_doubt(state, balance) == {CODE: 1}
    state.apply(rec.PositionReturned(at=NOW, book="book", code=CODE, quantity=3))
    assert moved_in_doubt(state, balance) == {CODE: -2}
