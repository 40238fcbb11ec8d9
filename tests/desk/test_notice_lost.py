"""Notices that never come: of a fill where orders are listed, of a cancel where they are not."""

from datetime import timedelta

import pytest
from tests.desk.paper import ANSWERS, CASH, buy, costs, look, on_paper, order
from tests.desk.table import OPENS, Table

from maemae.desk import commands as cmd
from maemae.desk import events as ev
from maemae.desk.desk import Desk
from maemae.desk.orders import OrderState
from maemae.desk.sending import FOLLOW_EVERY, ORDERS
from maemae.desk.tracking import CANCEL_AGAIN
from maemae.market.kinds import Side
from maemae.market.refusals import RefusalKind

OFFICE = "00950"


def cancelled(table: Table, org_no: str = OFFICE, failure: str = "") -> str:
    """Buy, cancel, and hear nothing but the replies; return the intent."""
    intent = buy(table).intent
    table.say(ev.OrderAccepted(at=table.now, intent=intent, order_no=1, org_no=org_no))
    table.later(5)
    table.say(ev.CancelOrdered(at=table.now, intent=intent))
    table.say(ev.CancelAnswered(at=table.now, intent=intent, failure=failure))
    return intent


def again(table: Table, intent: str) -> list[cmd.SendCancel]:
    """Let the time come at which a cancel goes again; return what goes, if any does."""
    name = f"cancel:{intent}"
    due = [one.at for one in table.commands if isinstance(one, cmd.Wake) and one.name == name]
    if not due:
        return []
    assert due[-1] == table.now + CANCEL_AGAIN
    table.now = due[-1]
    said = table.say(ev.Timer(at=table.now, name=name))
    return [one for one in said if isinstance(one, cmd.SendCancel)]


def gone(table: Table, intent: str) -> None:
    table.say(
        ev.CancelAnswered(at=table.now, intent=intent, failure="40330000", kind=RefusalKind.GONE)
    )


@pytest.fixture(params=ANSWERS)
def unproved(request: pytest.FixtureRequest) -> Table:
    """A venue without order list, none of whose figures was ever seen to shrink."""
    return on_paper(request.param, ())


@pytest.mark.parametrize("failure", ["", "timeout"])
def test_a_cancel_of_which_nobody_tells_goes_again_and_what_is_gone_is_over(
    unproved: Table, failure: str
) -> None:
    """Its slot and its money were kept until the close."""
    table = unproved
    intent = cancelled(table, failure=failure)
    assert [one.order_no for one in again(table, intent)] == [1]
    gone(table, intent)
    look(table, CASH)
    assert order(table).state is OrderState.WORKING  # One look may be old.
    look(table, CASH)
    assert order(table).state is OrderState.CANCELLED
    assert table.desk.state.free_cash == CASH


def test_that_it_is_gone_is_known_after_a_restart(unproved: Table) -> None:
    intent = cancelled(unproved)
    assert not unproved.desk.state.blotter.order(intent).gone
    again(unproved, intent)
    gone(unproved, intent)
    assert Desk(unproved.desk.rules, unproved.records).state.blotter.order(intent).gone


def test_what_was_filled_before_it_was_gone_is_booked(unproved: Table) -> None:
    table = unproved
    intent = cancelled(table)
    again(table, intent)
    gone(table, intent)
    paid = 100 * 10_000
    for _ in range(3):
        look(table, CASH - paid - costs(Side.BUY, paid), c005930=(100, 100))
    assert (order(table).state, order(table).filled) == (OrderState.FILLED, 100)


def test_a_purchase_of_which_the_day_tells_keeps_the_order_alive(unproved: Table) -> None:
    """The page with its shares may be missing."""
    table = unproved
    intent = cancelled(table)
    again(table, intent)
    gone(table, intent)
    paid = 100 * 10_000
    left = CASH - paid - costs(Side.BUY, paid)
    for _ in range(3):
        table.later(2)
        version = table.desk.state.version
        table.say(
            ev.Balance(at=table.now, cash=left, holdings=(), asked=version, bought=paid, sold=0)
        )
    assert order(table).state is OrderState.WORKING


def test_without_the_office_that_took_it_a_broker_need_not_know_an_order(unproved: Table) -> None:
    table = unproved
    intent = cancelled(table, org_no="")
    again(table, intent)
    gone(table, intent)
    for _ in range(3):
        look(table, CASH)
    assert order(table).state is OrderState.WORKING


def test_where_orders_are_listed_the_list_tells_of_a_cancel(prompt: Table) -> None:
    table = prompt
    table.open()
    intent = cancelled(table)
    assert not again(table, intent)


def test_the_list_is_asked_while_an_order_lives(prompt: Table) -> None:
    """The notice of a fill was lost, and the next balance was due in half a minute."""
    table = prompt
    table.open()
    assert timedelta(seconds=10) == FOLLOW_EVERY
    wake = cmd.Wake(ORDERS, OPENS + FOLLOW_EVERY)
    assert wake in table.commands
    ask = cmd.Ask(ev.Query.EXECUTIONS, version=table.desk.state.version)
    assert ask not in table.say(ev.Timer(at=table.later(10), name=ORDERS))
    table.accept(buy(table).intent, 1)
    said = table.say(ev.Timer(at=table.later(10), name=ORDERS))
    assert said == [
        cmd.Ask(ev.Query.EXECUTIONS, version=table.desk.state.version),
        cmd.Wake(ORDERS, table.now + FOLLOW_EVERY),
    ]


def test_where_none_are_listed_no_list_is_asked(unproved: Table) -> None:
    table = unproved
    table.accept(buy(table).intent, 1)
    said = table.say(ev.Timer(at=table.later(10), name=ORDERS))
    assert said == [cmd.Wake(ORDERS, table.now + FOLLOW_EVERY)]
