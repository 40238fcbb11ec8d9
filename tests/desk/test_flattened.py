"""What was being bought when everything was to be sold: cancelled, or sold as soon as it is there.

Whatever becomes of such a purchase later (its reply came late, it was in doubt, its cancel failed),
and whether the flatten is over by then or not.
"""

from datetime import timedelta

import pytest
from tests.desk.table import Table, rules

from maemae.desk import commands as cmd
from maemae.desk import events as ev
from maemae.desk import records as rec
from maemae.desk.desk import Desk
from maemae.desk.orders import OrderState
from maemae.market.kinds import Side
from maemae.market.refusals import RefusalKind

CODE = "005930"
BOOKS = pytest.mark.parametrize("book", [None, "scalper"])
GOES_ON = pytest.mark.parametrize("over", [False, True], ids=["flattening", "over"])


def begin(table: Table) -> str:
    """Let the desk want to buy a name; return the intent."""
    table.open()
    table.offer(CODE)
    table.power(CODE)
    return table.sends()[-1].intent


def flatten(table: Table, book: str | None, *, over: bool = False) -> None:
    table.say(ev.FlattenOrdered(at=table.later(), reason="test", book=book))
    if over:
        table.say(ev.HaltOrdered(at=table.later(), level=rec.Halt.NONE, reason="go on"))


def cancels(table: Table) -> list[int]:
    return [one.order_no for one in table.commands if isinstance(one, cmd.SendCancel)]


def purchases(table: Table) -> list[cmd.Send]:
    return [one for one in table.sends() if one.side is Side.BUY]


def sold(table: Table) -> int:
    return sum(one.quantity for one in table.sends() if one.side is Side.SELL)


def looks_around(table: Table) -> None:
    table.say(ev.Timer(at=table.later(10), name="orders"))


@BOOKS
@GOES_ON
def test_one_whose_reply_comes_late_is_cancelled(
    table: Table, book: str | None, *, over: bool
) -> None:
    intent = begin(table)
    flatten(table, book, over=over)
    table.accept(intent, 1)
    assert cancels(table) == [1]


@BOOKS
@GOES_ON
def test_one_in_doubt_that_a_notice_shows_is_cancelled(
    table: Table, book: str | None, *, over: bool
) -> None:
    intent = begin(table)
    table.lose(intent)
    flatten(table, book, over=over)
    table.notice(1, CODE, table.sends()[0].quantity, 0, kind=ev.NoticeKind.ACCEPTED)
    assert table.desk.state.blotter.order(intent).state is OrderState.WORKING
    assert cancels(table) == [1]


@BOOKS
@GOES_ON
def test_one_in_doubt_that_the_inquiry_shows_is_cancelled(
    table: Table, book: str | None, *, over: bool
) -> None:
    intent = begin(table)
    table.lose(intent)
    flatten(table, book, over=over)
    table.later()
    table.inquire(table.row(1, CODE, table.sends()[0].quantity, 0))
    assert cancels(table) == [1]


@BOOKS
@GOES_ON
def test_one_that_turns_up_after_it_was_given_up_is_cancelled(
    prompt: Table, book: str | None, *, over: bool
) -> None:
    table = prompt
    intent = begin(table)
    table.lose(intent)
    flatten(table, book, over=over)
    for _ in range(4):
        table.later(2)
        table.say(
            ev.Executions(
                at=table.now,
                rows=(),
                asked=table.desk.state.version,
                asked_at=table.now,
                sure=True,
            )
        )
    assert table.desk.state.blotter.order(intent).state is OrderState.NEVER_ARRIVED
    table.later()
    table.inquire(
        table.row(1, CODE, table.sends()[0].quantity, 0, ordered=table.now - timedelta(seconds=12))
    )
    assert cancels(table) == [1]


@BOOKS
@GOES_ON
def test_what_it_has_filled_is_sold_at_once(table: Table, book: str | None, *, over: bool) -> None:
    intent = begin(table)
    shares = table.sends()[0].quantity
    table.lose(intent)
    flatten(table, book, over=over)
    table.later()
    table.inquire(table.row(1, CODE, shares, shares, ended=True))
    table.price(CODE, 10_000)
    assert sold(table) == shares
    assert table.sends()[-1].price is None


@BOOKS
@GOES_ON
def test_a_part_is_sold_and_the_rest_is_cancelled(
    table: Table, book: str | None, *, over: bool
) -> None:
    intent = begin(table)
    shares = table.sends()[0].quantity
    table.lose(intent)
    flatten(table, book, over=over)
    table.later()
    table.inquire(table.row(1, CODE, shares, 10))
    assert sold(table) == 10
    assert cancels(table) == [1]


@BOOKS
@GOES_ON
def test_a_cancel_that_failed_goes_again(table: Table, book: str | None, *, over: bool) -> None:
    intent = begin(table)
    table.accept(intent, 1)
    flatten(table, book, over=over)
    table.say(ev.CancelAnswered(at=table.later(), intent=intent, failure="timeout"))
    looks_around(table)
    assert cancels(table) == [1, 1]


@BOOKS
@GOES_ON
def test_one_of_which_nothing_is_left_to_cancel_ends_by_the_inquiry(
    table: Table, book: str | None, *, over: bool
) -> None:
    intent = begin(table)
    table.accept(intent, 1)
    flatten(table, book, over=over)
    gone = ev.CancelAnswered(
        at=table.later(), intent=intent, failure="40330000", kind=RefusalKind.GONE
    )
    assert cmd.Ask(ev.Query.EXECUTIONS, version=table.desk.state.version + 1) in table.say(gone)
    table.inquire(table.row(1, CODE, table.sends()[0].quantity, 0, ended=True, cancelled=True))
    looks_around(table)
    assert cancels(table) == [1]


@BOOKS
@GOES_ON
def test_a_restart_forgets_none_of_it(table: Table, book: str | None, *, over: bool) -> None:
    intent = begin(table)
    table.lose(intent)
    flatten(table, book, over=over)
    again = Table(Desk(rules(), table.records), now=table.later())
    again.start()
    again.inquire(again.row(1, CODE, table.sends()[0].quantity, 0))
    assert cancels(again) == [1]


@pytest.mark.parametrize("asked", ["price", "power"])
def test_what_its_book_was_about_to_buy_is_not_bought(table: Table, asked: str) -> None:
    table.open()
    table.offer(CODE, price=0 if asked == "price" else 10_000)
    flatten(table, "scalper")
    table.price(CODE, 10_000)
    table.power(CODE)
    assert not purchases(table)


@BOOKS
def test_what_is_bought_after_it_is_kept(table: Table, book: str | None) -> None:
    table.open()
    flatten(table, book, over=True)
    shares = table.bought()
    table.price(CODE, 10_000)
    looks_around(table)
    assert table.desk.state.portfolio.shares(CODE) == shares
    assert (sold(table), cancels(table)) == (0, [])


def test_another_book_keeps_what_it_was_buying(table: Table) -> None:
    intent = begin(table)
    flatten(table, "another")
    table.accept(intent, 1)
    looks_around(table)
    assert cancels(table) == []
