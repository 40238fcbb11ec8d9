"""Ways of ordering an entry: limit orders, and what becomes of those that do not fill."""

from dataclasses import replace
from datetime import time, timedelta
from decimal import Decimal
from typing import Any

import pytest
from tests.desk.table import OPENS, Table, rules

from maemae.desk import commands as cmd
from maemae.desk import events as ev
from maemae.desk import records as rec
from maemae.desk.desk import Desk
from maemae.desk.orders import OrderState
from maemae.desk.terms import AfterWait, Exits, OrderWay
from maemae.market.kinds import Side

CODE = "005930"


def table(way: OrderWay | None = None, **limits: Any) -> Table:
    """An open desk whose book orders in that way: a chase from the last price, without more."""
    way = way or OrderWay(kind="limit", then=AfterWait.CHASE, chases=2)
    return Table(Desk(ordering(way, **limits)))


def ordering(way: OrderWay, **limits: Any) -> Any:
    given = rules(**limits)
    return replace(given, books={"scalper": replace(given.books["scalper"], order=way)})


def working(way: OrderWay | None = None, **limits: Any) -> tuple[Table, str]:
    """A limit buy of 100 at 10,000 that works as order 1."""
    one = table(way, **limits)
    one.open()
    one.offer(CODE)
    one.power(CODE, quantity=900, amount=9_000_000)
    intent = one.sends()[-1].intent
    one.accept(intent, 1)
    return one, intent


def wait(one: Table, intent: str, seconds: float = 10) -> list[cmd.Command]:
    one.later(seconds)
    return one.say(ev.Timer(at=one.now, name=f"way:{intent}"))


def wakes(one: Table) -> list[tuple[str, float]]:
    wishes = [c for c in one.commands if isinstance(c, cmd.Wake) and c.name.startswith("way:")]
    return [(w.name, (w.at - OPENS).total_seconds()) for w in wishes]


def kinds(commands: list[cmd.Command]) -> list[str]:
    wanted = (cmd.Send, cmd.SendCancel, cmd.SendAmend)
    return [type(c).__name__ for c in commands if isinstance(c, wanted)]


def amends(one: Table) -> list[tuple[int, int, int | None]]:
    found = [c for c in one.commands if isinstance(c, cmd.SendAmend)]
    return [(c.order_no, c.quantity, c.price) for c in found]


# Limit orders.


@pytest.mark.parametrize(("ticks", "price"), [(0, 10_000), (2, 10_100), (-3, 9_970)])
def test_a_limit_order_lies_so_many_ticks_beside_the_last_price(ticks: int, price: int) -> None:
    one = table(OrderWay(kind="limit", offset_ticks=ticks))
    one.open()
    one.offer(CODE)
    assert cmd.Ask(ev.Query.POWER, CODE, price) in one.commands
    one.power(CODE, quantity=900, amount=9_000_000)
    (send,) = one.sends()
    order = one.desk.state.blotter.order(send.intent)
    assert (send.price, send.quantity) == (price, 1_000_000 // price)
    assert order.reserve >= price * send.quantity
    assert wakes(one) == [(f"way:{send.intent}", 10)]


def test_a_price_between_two_ticks_is_ordered_on_the_grid() -> None:
    one = table(OrderWay(kind="limit", offset_ticks=1))
    one.open()
    one.offer(CODE, price=10_025)
    one.power(CODE, quantity=900, amount=9_000_000)
    assert one.sends()[0].price == 10_050


def test_a_market_order_that_nobody_fills_is_cancelled_freed_and_said() -> None:
    one, intent = working(OrderWay())
    assert one.sends()[0].price is None
    assert wakes(one) == [(f"way:{intent}", 180)]
    one.notice(1, CODE, 30, 10_000)
    assert kinds(wait(one, intent, 179)) == []
    assert kinds(wait(one, intent, 1)) == ["SendCancel"]
    one.say(ev.CancelAnswered(at=one.now, intent=intent, failure="timeout"))
    assert kinds(wait(one, intent, 2)) == ["SendCancel"]
    told = [r.detail for r in one.records if isinstance(r, rec.Incident)]
    assert told == ["scalper 005930: 30 / 100"]
    one.notice(9, CODE, 70, 0, kind=ev.NoticeKind.CANCELLED, original_no=1)
    assert not any(one.desk.state.blotter.live())


@pytest.mark.parametrize("way", [OrderWay(), OrderWay(kind="limit", wait_seconds=30_000)])
def test_no_entry_of_a_book_is_left_in_the_closing_auction(way: OrderWay) -> None:
    one, intent = working(way)
    auction = OPENS.replace(hour=15, minute=20)
    (wake,) = [c for c in one.commands if isinstance(c, cmd.Wake) and c.name == "auction"]
    assert wake.at == auction - timedelta(seconds=5)
    one.now = wake.at
    assert kinds(one.say(ev.Timer(at=one.now, name="auction"))) == ["SendCancel"]
    one.say(ev.CancelAnswered(at=one.now, intent=intent, failure="timeout"))
    again = one.say(ev.Timer(at=one.later(2), name="auction"))
    assert kinds(again) == ["SendCancel"]
    one.notice(9, CODE, 100, 0, kind=ev.NoticeKind.CANCELLED, original_no=1)
    before = len(one.commands)
    one.offer("000660")
    assert kinds(one.commands[before:]) == []
    assert cmd.Ask(ev.Query.POWER, "000660") not in one.commands[before:]


def test_what_is_meant_to_rest_until_the_close_does() -> None:
    one = table()
    one.open()
    wanted = ev.Candidate(rec.Listed(code=CODE), 10_000, quantity=10, limit=9_900)
    one.say(ev.Candidates(at=one.now, book="scalper", offers=(wanted,)))
    one.power(CODE)
    one.accept(one.sends()[-1].intent, 1)
    one.now = OPENS.replace(hour=15, minute=19, second=55)
    assert kinds(one.say(ev.Timer(at=one.now, name="auction"))) == []


FLAT = OPENS.replace(hour=11)
RESTS = OrderWay(kind="limit", wait_seconds=30_000)


def resting(way: OrderWay, exits: Exits, limit: int | None = None) -> tuple[Table, str]:
    """An entry that has been sent, of a book with such exits."""
    given = ordering(way)
    book = given.books["scalper"]
    book = replace(book, entry=replace(book.entry, exits=exits))
    one = Table(Desk(replace(given, books={"scalper": book})))
    one.open()
    wanted = ev.Candidate(rec.Listed(code=CODE), 10_000, limit=limit)
    one.say(ev.Candidates(at=one.now, book="scalper", offers=(wanted,)))
    one.power(CODE)
    return one, one.sends()[-1].intent


@pytest.mark.parametrize("timer", ["exits:{}", "exits"])
@pytest.mark.parametrize(("way", "limit"), [(RESTS, None), (OrderWay(), None), (OrderWay(), 9_900)])
@pytest.mark.parametrize("exits", [Exits(at=time(11)), Exits(before_close=270)])
def test_an_entry_that_rests_when_its_book_sells_by_the_clock_is_cancelled(
    exits: Exits, way: OrderWay, limit: int | None, timer: str
) -> None:
    one, intent = resting(way, exits, limit)
    one.accept(intent, 1)
    assert cmd.Wake(f"exits:{intent}", FLAT) in one.commands
    one.now = FLAT - timedelta(seconds=1)
    assert kinds(one.say(ev.Timer(at=one.now, name=timer.format(intent)))) == []
    one.now = FLAT
    assert kinds(one.say(ev.Timer(at=one.now, name=timer.format(intent)))) == ["SendCancel"]
    one.say(ev.CancelAnswered(at=one.now, intent=intent, failure="timeout"))
    assert kinds(one.say(ev.Timer(at=one.later(10), name="exits"))) == ["SendCancel"]


def test_so_is_one_of_which_nobody_knew_at_that_time_whether_it_rests() -> None:
    one, intent = resting(RESTS, Exits(at=time(11)))
    one.lose(intent)
    one.now = FLAT
    assert kinds(one.say(ev.Timer(at=one.now, name=f"exits:{intent}"))) == []
    restarted = Table(Desk(one.desk.rules, one.records), now=one.later())
    restarted.start()
    restarted.inquire(restarted.row(1, CODE, one.sends()[0].quantity, 0, price=10_000,
                                    ordered=OPENS))  # fmt: skip
    assert kinds(restarted.say(ev.Timer(at=restarted.later(), name="exits"))) == ["SendCancel"]


def test_it_goes_after_no_price_then() -> None:
    one, intent = resting(OrderWay(kind="limit", then=AfterWait.CHASE), Exits(at=time(11)))
    one.accept(intent, 1)
    one.now = FLAT
    one.price(CODE, 10_050)
    assert kinds(wait(one, intent, 0)) == ["SendCancel"]


@pytest.mark.parametrize("exits", [Exits(), Exits(days=1), Exits(at=time(11), days=1)])
def test_an_entry_whose_shares_are_kept_rests_on(exits: Exits) -> None:
    one, intent = resting(RESTS, exits)
    one.accept(intent, 1)
    one.now = FLAT.replace(hour=12)
    assert kinds(one.say(ev.Timer(at=one.now, name="exits"))) == []


def test_what_a_person_wants_to_rest_does() -> None:
    one, _ = resting(RESTS, Exits(at=time(11)))
    one.open()
    one.say(ev.Price(at=one.now, code="000660", price=10_000, polled=True,
                     listed=rec.Listed(code="000660")))  # fmt: skip
    one.say(ev.OrderOrdered(at=one.now, ticket="t", book="scalper", side=Side.BUY, code="000660",
                            quantity=1, price=9_900))  # fmt: skip
    one.accept(one.sends()[-1].intent, 2)
    one.now = FLAT
    assert kinds(one.say(ev.Timer(at=one.now, name="exits"))) == []


def test_an_unfilled_limit_order_is_cancelled_when_its_time_is_up() -> None:
    one, intent = working(OrderWay(kind="limit", wait_seconds=7))
    assert wakes(one) == [(f"way:{intent}", 7)]
    assert kinds(wait(one, intent, 7)) == ["SendCancel"]
    one.notice(9, CODE, 100, 0, kind=ev.NoticeKind.CANCELLED, original_no=1)
    assert one.desk.state.blotter.order(intent).state is OrderState.CANCELLED
    assert kinds(wait(one, intent, 7)) == []


# Going after the price.


def test_a_chase_amends_to_each_new_price_and_is_cancelled_in_the_end() -> None:
    one, intent = working()
    one.price(CODE, 10_050)
    wait(one, intent)
    one.say(ev.AmendAnswered(at=one.now, intent=intent, order_no=2))
    one.price(CODE, 10_100)
    wait(one, intent)
    one.say(ev.AmendAnswered(at=one.now, intent=intent, order_no=3))
    assert amends(one) == [(1, 100, 10_050), (2, 100, 10_100)]
    assert one.desk.state.blotter.order(intent).reserve >= 100 * 10_100
    one.price(CODE, 10_150)
    (cancel,) = [c for c in wait(one, intent) if isinstance(c, cmd.SendCancel)]
    assert cancel.order_no == 3
    assert len(one.sends()) == 1


def test_a_chase_waits_while_the_price_stands_still() -> None:
    one, intent = working()
    one.price(CODE, 10_000)
    assert kinds(wait(one, intent)) == []
    assert wakes(one)[-1] == (f"way:{intent}", 20)


def test_a_partial_fill_leaves_only_the_rest_to_go_after_the_price() -> None:
    one, intent = working()
    one.notice(1, CODE, 40, 10_000)
    one.price(CODE, 10_050)
    wait(one, intent)
    assert amends(one) == [(1, 60, 10_050)]
    # More of the old price is filled while the amendment is on its way.
    one.notice(1, CODE, 10, 10_000)
    one.say(ev.AmendAnswered(at=one.now, intent=intent, order_no=2))
    one.notice(2, CODE, 50, 10_050)
    order = one.desk.state.blotter.order(intent)
    assert (order.state, order.filled) == (OrderState.FILLED, 100)
    assert order.amount == 50 * 10_000 + 50 * 10_050
    assert kinds(wait(one, intent)) == []


def test_in_the_end_it_may_become_a_market_order() -> None:
    one, intent = working(OrderWay(kind="limit", then=AfterWait.MARKET))
    one.price(CODE, 10_050)
    wait(one, intent)
    assert amends(one) == [(1, 100, None)]
    assert one.desk.state.blotter.order(intent).reserve >= 100 * 13_000
    one.notice(2, CODE, 100, 0, kind=ev.NoticeKind.AMENDED, original_no=1)
    assert one.desk.state.blotter.order(intent).price is None
    assert kinds(wait(one, intent)) == []
    assert len(one.sends()) == 1


@pytest.mark.parametrize(
    ("limits", "price", "rule"),
    [
        ({"order_value": 1_004_999}, 10_050, "order_value"),
        ({"name_exposure": 1_004_999}, 10_050, "name_exposure"),
        ({"total_exposure": 1_004_999}, 10_050, "total_exposure"),
        ({"quote_age": timedelta(seconds=30)}, 100_500, "cash"),
    ],
)
def test_every_new_price_passes_the_guard_or_the_order_is_cancelled(
    limits: dict[str, Any], price: int, rule: str
) -> None:
    one, intent = working(**limits)
    one.price(CODE, price)
    assert kinds(wait(one, intent)) == ["SendCancel"]
    assert [r.rule for r in one.records if isinstance(r, rec.Declined)] == [rule]


def test_the_collar_bounds_a_chase_too() -> None:
    one = table(
        OrderWay(kind="limit", then=AfterWait.CHASE, offset_ticks=8), collar=Decimal("0.03")
    )
    one.open()
    one.offer(CODE, price=20_000)
    one.power(CODE, quantity=900, amount=18_900_000)
    (send,) = one.sends()
    assert send.price == 20_400
    one.accept(send.intent, 1)
    one.price(CODE, 10_000)  # Eight ticks are 4 % here.
    assert kinds(wait(one, send.intent)) == ["SendCancel"]
    assert [r.rule for r in one.records if isinstance(r, rec.Declined)] == ["collar"]


@pytest.mark.parametrize("level", [rec.Halt.ENTRIES, rec.Halt.EXITS_ONLY, rec.Halt.ALL])
def test_a_halt_ends_a_chase(level: rec.Halt) -> None:
    one, intent = working()
    one.say(ev.HaltOrdered(at=one.now, level=level, reason="test"))
    one.price(CODE, 10_050)
    assert kinds(wait(one, intent)) == ["SendCancel"]


def test_nothing_is_decided_on_an_old_price() -> None:
    one, intent = working(OrderWay(kind="limit", then=AfterWait.CHASE, wait_seconds=100, chases=2))
    assert cmd.Ask(ev.Query.PRICE, CODE) in wait(one, intent, 100)
    one.price(CODE, 10_050)
    assert kinds(wait(one, intent, 30)) == ["SendAmend"]


def test_nothing_is_sent_after_the_close() -> None:
    one, intent = working()
    assert kinds(wait(one, intent, 7 * 3_600)) == []


# What goes wrong on the way.


@pytest.mark.parametrize("reached", [True, False])
def test_an_amendment_without_an_answer_is_found_or_tried_again(reached: bool) -> None:
    one, intent = working()
    one.price(CODE, 10_050)
    wait(one, intent)
    one.say(ev.AmendAnswered(at=one.now, intent=intent, failure="timeout"))
    assert one.asks()[-1] is ev.Query.EXECUTIONS
    rows = [one.row(1, CODE, 100, 0, price=10_000, ended=reached)]
    if reached:
        rows.append(one.row(2, CODE, 100, 0, price=10_050, original_no=1))
    one.inquire(*rows)
    order = one.desk.state.blotter.order(intent)
    assert (order.state, order.order_no) == (OrderState.WORKING, 2 if reached else 1)
    one.price(CODE, 10_100)
    wait(one, intent)
    assert amends(one)[-1] == (2 if reached else 1, 100, 10_100)
    assert len(one.sends()) == 1


def test_while_an_amendment_is_under_way_nothing_else_is_done() -> None:
    one, intent = working()
    one.price(CODE, 10_050)
    wait(one, intent)
    one.price(CODE, 10_100)
    assert kinds(wait(one, intent)) == []
    assert kinds(wait(one, intent)) == []


def test_a_cancel_that_failed_is_tried_again() -> None:
    one, intent = working(OrderWay(kind="limit"))
    wait(one, intent)
    assert kinds(wait(one, intent)) == []
    one.say(ev.CancelAnswered(at=one.now, intent=intent, failure="timeout"))
    one.inquire(one.row(1, CODE, 100, 0, price=10_000))
    assert kinds(wait(one, intent)) == ["SendCancel"]


def test_an_order_of_unknown_fate_is_left_alone_until_it_is_known() -> None:
    one = table()
    one.open()
    one.offer(CODE)
    one.power(CODE, quantity=900, amount=9_000_000)
    intent = one.sends()[0].intent
    one.lose(intent)
    one.price(CODE, 10_050)
    assert kinds(wait(one, intent)) == []
    one.inquire(one.row(5, CODE, 100, 0, price=10_000))
    assert kinds(wait(one, intent)) == ["SendAmend"]


@pytest.mark.parametrize("told", [True, False])
def test_an_amendment_on_its_way_is_neither_taken_nor_over(told: bool) -> None:
    one, intent = working()
    one.price(CODE, 10_050)
    wait(one, intent)
    answer = {"order_no": 2} if told else {"failure": "timeout"}
    one.say(ev.AmendAnswered(at=one.now, intent=intent, **answer))
    one.inquire(
        one.row(1, CODE, 100, 0, price=10_000),
        one.row(2, CODE, 100, 0, price=10_050, original_no=1, ended=True),
    )
    order = one.desk.state.blotter.order(intent)
    assert (order.state, order.order_no) == (OrderState.WORKING, 2 if told else 1)


def test_a_restart_goes_on_where_the_order_stood() -> None:
    one, intent = working()
    one.price(CODE, 10_050)
    wait(one, intent)
    one.say(ev.AmendAnswered(at=one.now, intent=intent, order_no=2))
    one.later(5)
    after = Table(Desk(ordering(OrderWay()), one.records), now=one.now)
    after.start()
    assert wakes(after) == [(f"way:{intent}", 20)]
    after.balance(10_000_000)
    after.inquire(
        after.row(1, CODE, 100, 0, price=10_000, ended=True),
        after.row(2, CODE, 100, 0, price=10_050, original_no=1),
    )
    after.price(CODE, 10_100)
    wait(after, intent, 5)
    assert amends(after) == [(2, 100, 10_100)]
    after.say(ev.AmendAnswered(at=after.now, intent=intent, order_no=3))
    assert kinds(wait(after, intent)) == ["SendCancel"]
    assert after.sends() == []


def test_while_an_entry_works_its_name_is_not_bought_again() -> None:
    one, intent = working()
    one.offer(CODE)
    one.price(CODE, 10_050)
    wait(one, intent)
    one.offer(CODE)
    one.say(ev.Timer(at=one.now, name="signal:scalper"))
    assert len(one.sends()) == 1


# What a candidate may say itself.


def candidate(**more: Any) -> ev.Candidate:
    return ev.Candidate(rec.Listed(code=CODE), 10_000, **more)


def offered(*offers: ev.Candidate, way: OrderWay | None = None) -> Table:
    one = table(way or OrderWay())
    one.open()
    one.say(ev.Candidates(at=one.now, book="scalper", offers=offers))
    return one


def test_a_candidate_may_state_shares_reason_exits_and_limit() -> None:
    own = Exits(days=5)
    one = offered(
        candidate(quantity=7, reason="golden_cross", exits=own, limit=9_900),
        way=OrderWay(kind="limit", then=AfterWait.CHASE),
    )
    one.power(CODE)
    (send,) = one.sends()
    order = one.desk.state.blotter.order(send.intent)
    assert (send.quantity, send.price) == (7, 9_900)
    assert (order.reason, order.exits, order.way) == ("golden_cross", own, None)
    assert wakes(one) == []


def test_stated_shares_are_bought_whole_or_not_at_all() -> None:
    one = offered(candidate(quantity=600))
    one.power(CODE, quantity=500)
    assert one.sends() == []
    assert [r.rule for r in one.records if isinstance(r, rec.Declined)] == ["buying_power"]


def test_outside_its_band_a_name_waits_for_a_later_look() -> None:
    one = offered(candidate(low=10_050, high=10_500))
    assert one.asks().count(ev.Query.POWER) == 0
    one.price(CODE, 10_050)
    assert one.asks().count(ev.Query.POWER) == 0
    one.say(ev.Timer(at=one.later(), name="signal:scalper"))
    assert one.asks().count(ev.Query.POWER) == 1
    one.price(CODE, 10_500)
    one.power(CODE)
    assert one.sends() == []
    one.price(CODE, 10_490)
    one.say(ev.Timer(at=one.later(), name="signal:scalper"))
    one.power(CODE)
    assert [send.code for send in one.sends()] == [CODE]


def test_names_outside_their_band_keep_nobody_from_the_slots() -> None:
    far = [ev.Candidate(rec.Listed(code=f"00000{n}"), 10_000, high=9_000) for n in range(5)]
    one = offered(*far, candidate(low=10_000))
    one.power(CODE)
    assert [send.code for send in one.sends()] == [CODE]


def test_a_book_enters_in_its_hours_only() -> None:
    given = rules()
    hours = (time(9, 30), time(15, 0))
    books = {"scalper": replace(given.books["scalper"], hours=hours)}
    one = Table(Desk(replace(given, books=books)))
    one.open()
    one.offer(CODE)
    assert one.asks().count(ev.Query.POWER) == 0
    one.later(1_800)
    one.price(CODE, 10_000)
    one.say(ev.Timer(at=one.now, name="signal:scalper"))
    assert one.asks().count(ev.Query.POWER) == 1
    one.now = OPENS.replace(hour=15)
    one.price(CODE, 10_000)
    one.power(CODE)
    assert one.sends() == []
