"""What a declared strategy asks of the desk besides the scalper's ways."""

from datetime import time, timedelta
from decimal import Decimal

import pytest
from tests.desk.table import OPENS, Table, rules

from maemae.desk import commands as cmd
from maemae.desk import events as ev
from maemae.desk.desk import Desk
from maemae.desk.terms import Exits


def held(exits: Exits | None = None) -> Table:
    """A desk that holds 20 shares of 005930 bought at 30,000."""
    table = Table(Desk(rules(exits)))
    table.open()
    table.offer("005930", price=30_000)
    table.power("005930", quantity=20, amount=600_000)
    (send,) = table.sends()
    table.say(ev.OrderAccepted(at=table.later(), intent=send.intent, order_no=1))
    table.say(
        ev.Notice(
            at=table.later(), kind=ev.NoticeKind.FILLED, order_no=1, original_no=None,
            side=send.side, code="005930", quantity=20, price=30_000, executed=table.now,
        )
    )  # fmt: skip
    table.commands.clear()
    return table


def test_what_is_due_is_sold_at_the_next_price_and_the_wish_outlives_a_restart() -> None:
    table = held()
    table.say(
        ev.ExitsDue(at=table.later(), book="scalper", codes=("005930", "000660"), reason="rule")
    )
    assert not table.sends()
    restarted = Desk(rules(), table.records)
    assert restarted.state.portfolio.due == {("scalper", "005930"): "rule"}
    table.say(ev.Price(at=table.later(), code="005930", price=30_050))
    (send,) = table.sends()
    assert (send.quantity, table.desk.state.blotter.order(send.intent).reason) == (20, "rule")


@pytest.mark.parametrize(
    ("exits", "enters"),
    [
        (Exits(at=time(9, 6)), True),
        (Exits(at=time(9, 5)), False),
        (Exits(at=time(9, 5), days=1), True),
        (Exits(before_close=384), True),
        (Exits(before_close=385), False),
        (Exits(before_close=385, days=2), True),
    ],
)
def test_nothing_is_bought_that_the_clock_would_sell_at_once(exits: Exits, enters: bool) -> None:
    table = Table(Desk(rules(exits)))
    table.open()
    table.now = OPENS.replace(minute=5)
    table.offer("005930")
    assert (ev.Query.POWER in table.asks()) is enters


def test_a_name_whose_answer_comes_too_late_is_left() -> None:
    table = Table(Desk(rules(Exits(at=time(9, 5)))))
    table.open()
    table.now = OPENS.replace(minute=4, second=59)
    table.offer("005930")
    table.later(1)
    table.power("005930")
    assert not table.sends()


def test_an_exit_of_the_clock_waits_for_no_interval_of_its_book() -> None:
    started = Table(Desk(rules())).start()
    assert cmd.Wake("exits", OPENS + timedelta(seconds=10)) in started
    table = held(Exits(at=time(9, 5)))
    table.now = OPENS.replace(minute=5, second=9)
    table.say(ev.Timer(at=table.now, name="exits"))
    (send,) = table.sends()
    assert table.desk.state.blotter.order(send.intent).reason == "time_of_day"
    assert cmd.Wake("exits", table.now + timedelta(seconds=10)) in table.commands


def test_bounds_of_the_price_leave_costs_out() -> None:
    exits = Exits(stop_loss=Decimal("0.05"), take_profit=Decimal("0.05"), of_price=True)
    table = held(exits)
    for price in (28_550, 31_450):
        table.say(ev.Price(at=table.later(), code="005930", price=price))
    assert not table.sends()
    table.say(ev.Price(at=table.later(), code="005930", price=28_500))
    (send,) = table.sends()
    assert table.desk.state.blotter.order(send.intent).reason == "stop_loss"
