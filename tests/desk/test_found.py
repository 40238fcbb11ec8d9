"""What the simulation found, where the venue lists orders: each a table of its own."""

from datetime import timedelta

import pytest
from tests.desk.paper import costs
from tests.desk.table import Table, rules

from maemae.desk import commands as cmd
from maemae.desk import events as ev
from maemae.desk import listlag
from maemae.desk import records as rec
from maemae.desk.desk import Desk
from maemae.desk.inquiry import BEHIND
from maemae.desk.orders import OrderState
from maemae.market.kinds import Side

CODE = "005930"


@pytest.fixture
def table(prompt: Table) -> Table:
    return prompt


@pytest.fixture
def lost(table: Table) -> Table:
    """An open day with an order of unknown outcome: to buy 100 at market."""
    table.open()
    table.offer(CODE)
    table.power(CODE)
    table.lose(table.sends()[-1].intent)
    return table


def test_a_fill_alone_is_asked_about_because_it_tells_no_price_and_no_time(lost: Table) -> None:
    table = lost
    (order,) = table.desk.state.blotter.orders.values()
    commands = table.notice(7, CODE, 100, 10_000, order_quantity=100)
    assert order.state is OrderState.UNKNOWN
    assert [c.query for c in commands if isinstance(c, cmd.Ask)] == [ev.Query.EXECUTIONS]
    table.inquire(table.row(7, CODE, 100, 100, ended=True, amount=1_000_000))
    assert (order.state, order.amount) == (OrderState.FILLED, 1_000_000)


def test_the_owners_fill_does_not_bring_back_an_order_that_never_arrived(lost: Table) -> None:
    table = lost
    (order,) = table.desk.state.blotter.orders.values()
    for _ in range(4):
        table.later()
        table.inquire()
    assert order.state is OrderState.NEVER_ARRIVED
    ordered = table.later(120)
    table.notice(7, CODE, 100, 10_000, order_quantity=100)
    table.inquire(table.row(7, CODE, 100, 100, ended=True, ordered=ordered))
    assert order.state is OrderState.NEVER_ARRIVED
    assert order.filled == 0


def test_a_name_missing_from_the_opening_balance_is_not_given_up_for_it(table: Table) -> None:
    table.open()
    shares = table.bought()
    cash = table.desk.state.cash
    table.now += timedelta(days=1)
    table.start()
    table.balance(cash)
    assert table.desk.state.portfolio.shares("005930") == shares
    table.later()
    table.offer("000660")
    assert ev.Query.POWER not in table.asks()[-2:]
    table.balance(cash, c005930=shares)
    assert table.desk.state.portfolio.shares("005930") == shares
    assert "position_lost" not in table.incidents()


def test_a_taken_exit_lets_the_next_refusal_be_a_first_one_again(table: Table) -> None:
    table.open()
    table.bought()

    def refuse() -> None:
        intent = table.sends()[-1].intent
        table.say(ev.OrderRefused(at=table.now, intent=intent, code="EGW00201", message=""))

    def exits() -> int:
        return len([s for s in table.sends() if s.side is Side.SELL])

    table.price("005930", 9_000)
    refuse()
    table.later(5)
    table.price("005930", 9_000)
    refuse()
    table.later(10)
    table.price("005930", 9_000)
    table.accept(table.sends()[-1].intent, 2)
    table.notice(2, "005930", 40, 9_000, side=Side.SELL)
    table.notice(2, "005930", 60, 0, side=Side.SELL, kind=ev.NoticeKind.CANCELLED)
    assert exits() == 3
    table.price("005930", 9_000)
    assert exits() == 4
    refuse()
    table.later(5)
    table.price("005930", 9_000)
    assert exits() == 5


def resting_sale(table: Table) -> str:
    """Hold 100 shares and rest a person's limit order to sell one of them; return its intent."""
    table.open()
    table.bought()
    listed = rec.Listed(code=CODE)
    table.say(ev.Price(at=table.now, code=CODE, price=10_000, polled=True, listed=listed))
    table.say(
        ev.OrderOrdered(
            at=table.now, ticket="t", book="scalper", side=Side.SELL, code=CODE,
            quantity=1, price=10_100,
        )
    )  # fmt: skip
    intent = table.sends()[-1].intent
    table.accept(intent, 2)
    return intent


def test_a_sale_that_rests_at_a_price_makes_way_for_an_exit(table: Table) -> None:
    resting = resting_sale(table)
    commands = table.price(CODE, 9_000)
    assert [c.intent for c in commands if isinstance(c, cmd.SendCancel)] == [resting]
    assert not table.price(CODE, 9_000)
    table.notice(2, CODE, 1, 0, side=Side.SELL, kind=ev.NoticeKind.CANCELLED, original_no=2)
    table.price(CODE, 9_000)
    assert (table.sends()[-1].side, table.sends()[-1].quantity) == (Side.SELL, 100)


def test_a_cancel_whose_notice_does_not_come_is_asked_about(table: Table) -> None:
    resting = resting_sale(table)
    table.say(ev.CancelOrdered(at=table.now, intent=resting))
    commands = table.say(ev.CancelAnswered(at=table.now, intent=resting, failure=""))
    assert commands == [cmd.Wake(f"resolve:{resting}", table.now + timedelta(seconds=2))]


@pytest.mark.parametrize("way", ["cancel", "amend"])
def test_what_was_being_changed_at_a_restart_can_be_changed_again(table: Table, way: str) -> None:
    resting = resting_sale(table)
    order = ev.AmendOrdered(at=table.now, intent=resting, price=10_050)
    table.say(order if way == "amend" else ev.CancelOrdered(at=table.now, intent=resting))
    again = Table(Desk(rules(), table.records), now=table.later())
    again.start()
    found = again.desk.state.blotter.order(resting)
    assert (found.cancelling, found.amending) == (False, None)
    commands = again.price(CODE, 9_000)
    assert [c.intent for c in commands if isinstance(c, cmd.SendCancel)] == [resting]


@pytest.mark.parametrize("kind", ["accepted", "amended"])
def test_a_cancel_names_the_organisation_that_only_a_notice_told(table: Table, kind: str) -> None:
    """Nothing is known of how KIS takes a cancel without the number, or with another one's."""
    table.open()
    intent = resting(table, number=1) if kind == "amended" else resting(table, number=None)
    order = table.desk.state.blotter.order(intent)
    table.notice(
        7, order.code, order.quantity, order.price or 0, kind=ev.NoticeKind(kind),
        original_no=1 if kind == "amended" else None, org_no="00950",
    )  # fmt: skip
    assert order.order_no == 7
    table.say(ev.CancelOrdered(at=table.now, intent=intent))
    sent = [one for one in table.commands if isinstance(one, cmd.SendCancel)]
    assert [(one.order_no, one.org_no) for one in sent] == [(7, "00950")]


def resting(table: Table, number: int | None) -> str:
    """Let a limit buy of a person's rest; without a number its reply was lost."""
    table.say(
        ev.OrderOrdered(
            at=table.now, ticket="t", book=rec.OWNER, side=Side.BUY, code="005930",
            quantity=10, price=10_000,
        )
    )  # fmt: skip
    listed = rec.Listed(code="005930")
    table.say(ev.Price(at=table.now, code="005930", price=10_000, polled=True, listed=listed))
    intent = table.sends()[-1].intent
    if number is None:
        table.lose(intent)
    else:
        table.accept(intent, number)
    return intent


def test_shares_of_an_order_that_the_list_shows_late_are_not_the_owners(lost: Table) -> None:
    """The list lacked it at two looks, and it was given up; its shares came before its row."""
    intent, quantity = lost.sends()[-1].intent, lost.sends()[-1].quantity
    for _ in range(4):
        lost.later(2)
        lost.inquire()
    order = lost.desk.state.blotter.order(intent)
    assert order.state is OrderState.NEVER_ARRIVED
    paid = quantity * 10_000
    for _ in range(6):
        lost.later(2)
        lost.balance(10_000_000 - paid - costs(Side.BUY, paid), c005930=quantity)
        lost.inquire()
    assert not lost.desk.state.portfolio.foreign
    lost.inquire(lost.row(7, CODE, quantity, quantity, amount=paid, ended=True, remaining=0))
    assert lost.desk.state.portfolio.positions["scalper", CODE].quantity == quantity


def test_shares_that_come_long_after_an_order_was_given_up_are_the_owners(lost: Table) -> None:
    quantity = lost.sends()[-1].quantity
    for _ in range(4):
        lost.later(2)
        lost.inquire()
    lost.later(301)
    paid = quantity * 10_000
    for _ in range(6):
        lost.later(2)
        lost.balance(10_000_000 - paid - costs(Side.BUY, paid), c005930=quantity)
        lost.inquire()
    assert lost.desk.state.portfolio.foreign == {CODE: quantity}


def test_a_list_that_lacks_what_was_amended_ends_nothing(table: Table) -> None:
    """Seed 5200: the new number was listed before the old one, and its part was taken for all."""
    table.open()
    intent = resting(table, 1)
    order = table.desk.state.blotter.order(intent)
    table.notice(1, CODE, 6, 10_000)
    table.say(ev.AmendOrdered(at=table.now, intent=intent, price=10_050))
    table.say(ev.AmendAnswered(at=table.now, intent=intent, order_no=2))
    assert order.numbers == [1, 2]
    new = table.row(2, CODE, 4, 4, original_no=1, price=10_050, ended=True, remaining=0)
    table.inquire(new)
    assert (order.state, order.filled) == (OrderState.WORKING, 6)
    assert "fill_without_execution" not in table.incidents()
    old = table.row(1, CODE, 10, 6, price=10_000, ended=True, cancelled=True, remaining=0)
    table.inquire(old, new)
    assert (order.state, order.filled) == (OrderState.FILLED, 10)


def test_an_amendment_of_which_nobody_knows_may_be_listed_late(table: Table) -> None:
    """Its old number was listed as cancelled first: what it had set aside was spent again."""
    table.open()
    intent = resting(table, 1)
    order = table.desk.state.blotter.order(intent)
    table.say(ev.AmendOrdered(at=table.now, intent=intent, price=10_050))
    table.say(ev.AmendAnswered(at=table.now, intent=intent, failure="timeout"))
    old = table.row(1, CODE, 10, 0, price=10_000, ended=True, cancelled=True, remaining=0)
    table.inquire(old)
    assert order.live
    table.later(listlag.LONGEST)
    table.inquire(old)
    assert (order.state, order.reserved) == (OrderState.CANCELLED, 0)
    table.inquire(old, table.row(2, CODE, 10, 0, original_no=1, price=10_050))
    assert (order.state, order.order_no, order.price) == (OrderState.WORKING, 2, 10_050)
    assert order.reserved


def test_a_list_from_before_a_sale_that_was_noticed_gives_nothing_to_the_owner(
    table: Table,
) -> None:
    """List and balance were old alike, agreed with each other, and the shares became his."""
    table.open()
    quantity = table.bought()
    cash = table.desk.state.cash
    bought = table.row(1, CODE, quantity, quantity, ended=True, remaining=0)
    table.price(CODE, 9_500)
    send = table.sends()[-1]
    assert send.side is Side.SELL
    table.accept(send.intent, 2)
    table.notice(2, CODE, quantity, 9_500, side=Side.SELL)
    for _ in range(4):
        table.later()
        table.balance(cash, c005930=quantity)
        table.inquire(bought, table.row(2, CODE, quantity, 0, side=Side.SELL, remaining=quantity))
    assert not table.desk.state.portfolio.foreign
    assert "fill_without_execution" not in table.incidents()
    # What the list never has was not executed, whatever the notice said.
    table.later(BEHIND.total_seconds())
    table.inquire(bought, table.row(2, CODE, quantity, 0, side=Side.SELL, remaining=quantity))
    assert "fill_without_execution" in table.incidents()
