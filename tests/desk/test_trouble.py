"""Lost replies, crossing notices, repeats, strangers, gaps: no order twice, no fill lost."""

from datetime import timedelta
from typing import Any

import pytest
from tests.desk.table import Table, rules

from maemae.desk import commands as cmd
from maemae.desk import events as ev
from maemae.desk import records as rec
from maemae.desk.desk import Desk
from maemae.desk.orders import Order, OrderState
from maemae.market.kinds import Side


@pytest.fixture
def table(prompt: Table) -> Table:
    return prompt


def sent(table: Table, code: str = "005930") -> cmd.Send:
    table.open()
    table.offer(code)
    table.power(code)
    return table.sends()[-1]


def the_order(table: Table) -> Order:
    (order,) = table.desk.state.blotter.orders.values()
    return order


def test_notices_that_come_before_the_reply_are_kept_for_it(table: Table) -> None:
    send = sent(table)
    accepted = {"kind": ev.NoticeKind.ACCEPTED}
    table.notice(7, "005930", send.quantity, 0, **accepted)
    table.notice(7, "005930", 40, 10_000)
    assert the_order(table).filled == 0
    table.accept(send.intent, 7)
    assert the_order(table).filled == 40
    assert the_order(table).state is OrderState.WORKING


def test_a_lost_reply_keeps_the_reservation_and_is_never_sent_again(table: Table) -> None:
    send = sent(table)
    table.lose(send.intent)
    state = table.desk.state
    assert the_order(table).state is OrderState.UNKNOWN
    assert state.free_cash < state.cash
    for _ in range(5):
        table.later(10)
        table.say(ev.Timer(at=table.now, name="signal:scalper"))
        table.offer("005930")
    assert len(table.sends()) == 1


def test_an_unknown_order_is_found_by_inquiry_and_adopted(table: Table) -> None:
    send = sent(table)
    table.lose(send.intent)
    commands = table.say(ev.Timer(at=table.later(), name="resolve"))
    assert cmd.Ask(ev.Query.EXECUTIONS, version=table.desk.state.version) in commands
    table.inquire(table.row(9, "005930", send.quantity, 30))
    order = the_order(table)
    assert (order.order_no, order.filled, order.state) == (9, 30, OrderState.WORKING)


def test_an_unknown_order_is_adopted_from_its_notice(table: Table) -> None:
    send = sent(table)
    table.lose(send.intent)
    table.notice(9, "005930", send.quantity, 0, kind=ev.NoticeKind.ACCEPTED)
    table.notice(9, "005930", send.quantity, 10_010)
    assert the_order(table).state is OrderState.FILLED


def test_notices_that_came_before_the_loss_was_known_count_too(table: Table) -> None:
    send = sent(table)
    table.notice(9, "005930", send.quantity, 0, kind=ev.NoticeKind.ACCEPTED)
    table.lose(send.intent)
    assert the_order(table).order_no == 9


@pytest.mark.parametrize(
    "other",
    [
        {"code": "000660"},
        {"quantity": 99},
        {"side": Side.SELL},
        {"price": 10_000},
        {"ordered": -60},
        {"ordered": 61},
    ],
)
def test_an_inquiry_row_of_another_order_is_not_adopted(
    table: Table, other: dict[str, Any]
) -> None:
    send = sent(table)
    table.lose(send.intent)
    values: dict[str, Any] = {"code": "005930", "quantity": send.quantity} | other
    if "ordered" in values:
        values["ordered"] = table.now + timedelta(seconds=values["ordered"])
    table.later()
    table.inquire(table.row(9, values.pop("code"), values.pop("quantity"), 0, **values))
    assert the_order(table).state is OrderState.UNKNOWN


def test_it_takes_two_looks_three_seconds_long_to_say_that_it_never_arrived(table: Table) -> None:
    send = sent(table)
    table.lose(send.intent)
    for _ in range(2):
        table.later()
        table.inquire()
        assert the_order(table).state is OrderState.UNKNOWN
    table.later()
    table.inquire()
    assert the_order(table).state is OrderState.NEVER_ARRIVED
    assert table.desk.state.free_cash == table.desk.state.cash


def test_a_look_that_was_asked_before_the_loss_says_nothing(table: Table) -> None:
    send = sent(table)
    early = table.desk.state.version
    table.lose(send.intent)
    for _ in range(3):
        table.later()
        table.inquire(asked=early)
    assert the_order(table).state is OrderState.UNKNOWN


def test_a_failed_inquiry_is_no_look(table: Table) -> None:
    send = sent(table)
    table.lose(send.intent)
    for _ in range(5):
        table.later()
        table.say(ev.Unavailable(at=table.now, query=ev.Query.EXECUTIONS, reason="EGW00201"))
    assert the_order(table).state is OrderState.UNKNOWN
    assert cmd.Wake("resolve", table.now + timedelta(seconds=1)) in table.commands


def test_an_order_that_turns_up_after_all_is_owned_and_said_aloud(table: Table) -> None:
    send = sent(table)
    table.lose(send.intent)
    for _ in range(2):
        table.later(2)
        table.inquire()
    table.accept(send.intent, 9)
    assert the_order(table).state is OrderState.WORKING
    assert "late_arrival" in table.incidents()


def test_a_definite_refusal_releases_the_reservation(table: Table) -> None:
    send = sent(table)
    table.say(
        ev.OrderRefused(at=table.now, intent=send.intent, code="APBK0952", message="한도 초과")
    )
    assert the_order(table).state is OrderState.REFUSED
    assert table.desk.state.free_cash == table.desk.state.cash


def test_a_repeated_notice_is_not_booked_twice(table: Table) -> None:
    send = sent(table)
    table.accept(send.intent, 7)
    table.notice(7, "005930", 30, 10_000)
    table.notice(7, "005930", 30, 10_000)
    assert the_order(table).filled == 30
    table.inquire(table.row(7, "005930", send.quantity, 30))
    assert the_order(table).filled == 30


def test_a_twin_of_a_notice_is_booked_once_the_broker_confirms_it(table: Table) -> None:
    send = sent(table)
    table.accept(send.intent, 7)
    table.notice(7, "005930", 30, 10_000)
    table.notice(7, "005930", 30, 10_000)
    table.inquire(table.row(7, "005930", send.quantity, 60))
    fills = [r for r in table.records if isinstance(r, rec.Filled)]
    told = [(f.quantity, f.price, f.source) for f in fills]
    assert told == [(30, 10_000, "notice"), (30, 10_000, "inquiry")]


def test_a_missed_fill_is_caught_up_with_what_it_cost(table: Table) -> None:
    send = sent(table)
    table.accept(send.intent, 7)
    table.notice(7, "005930", 30, 10_000)
    table.inquire(table.row(7, "005930", send.quantity, 100, amount=300_000 + 70 * 10_010))
    assert table.desk.state.portfolio.positions["scalper", "005930"].paid == 300_000 + 70 * 10_010


def test_an_older_inquiry_does_not_take_back_a_fill(table: Table) -> None:
    send = sent(table)
    table.accept(send.intent, 7)
    early = table.desk.state.version
    table.notice(7, "005930", 30, 10_000)
    table.inquire(table.row(7, "005930", send.quantity, 0), asked=early)
    assert the_order(table).filled == 30
    assert table.incidents() == []


def test_after_a_socket_gap_no_entry_before_the_broker_was_asked(table: Table) -> None:
    table.open()
    table.say(ev.StreamChanged(at=table.now, up=False, reason="closed"))
    assert not [c for c in table.offer("005930") if isinstance(c, cmd.Ask)]
    commands = table.say(ev.StreamChanged(at=table.later(), up=True))
    assert cmd.Ask(ev.Query.EXECUTIONS, version=table.desk.state.version) in commands
    table.inquire()
    commands = table.say(ev.Timer(at=table.later(), name="signal:scalper"))
    assert cmd.Ask(ev.Query.POWER, "005930") in commands


def test_no_entry_while_the_socket_is_down_whatever_was_asked(table: Table) -> None:
    table.open()
    table.say(ev.StreamChanged(at=table.now, up=False, reason="closed"))
    table.later()
    table.inquire()
    table.balance(table.desk.state.cash)
    assert not [c for c in table.offer("005930") if isinstance(c, cmd.Ask)]
    table.say(ev.StreamChanged(at=table.later(), up=True))
    table.inquire()
    commands = table.say(ev.Timer(at=table.later(), name="signal:scalper"))
    assert cmd.Ask(ev.Query.POWER, "005930") in commands


def test_an_exit_goes_on_during_a_socket_gap(table: Table) -> None:
    table.open()
    table.bought()
    table.say(ev.StreamChanged(at=table.later(), up=False, reason="closed"))
    table.price("005930", 9_000)
    assert table.sends()[-1].side is Side.SELL


def test_a_restart_makes_what_was_in_flight_unknown(table: Table) -> None:
    send = sent(table)
    again = Table(Desk(rules(), table.records), now=table.now)
    again.start()
    assert again.desk.state.blotter.order(send.intent).state is OrderState.UNKNOWN
    again.later()
    again.inquire(again.row(9, "005930", send.quantity, 100, ordered=table.now))
    assert again.desk.state.portfolio.positions["scalper", "005930"].quantity == 100
    again.later()
    again.price("005930", 9_000)
    assert again.sends()[-1].side is Side.SELL


def test_a_single_difference_changes_nothing(table: Table) -> None:
    table.open()
    table.bought()
    cash = table.desk.state.cash
    table.balance(cash)
    assert table.desk.state.portfolio.shares("005930") == 100
    assert ev.Query.EXECUTIONS in table.asks()
    assert not [c for c in table.offer("000660") if isinstance(c, cmd.Ask)]


def test_a_position_the_broker_does_not_show_five_times_is_given_up_and_entries_halt(
    table: Table,
) -> None:
    table.open()
    table.bought()
    cash = table.desk.state.cash
    for _ in range(5):
        assert table.desk.state.portfolio.shares("005930") == 100
        table.later()
        table.balance(cash + 594_000, c005930=40)
        table.inquire(*table.known())
    assert table.desk.state.portfolio.shares("005930") == 40
    assert table.desk.state.halt is rec.Halt.NONE
    assert table.desk.state.paused == {"scalper": "position_lost"}
    assert "position_lost" in table.incidents()


def test_a_balance_asked_before_something_moved_is_not_compared(table: Table) -> None:
    table.open()
    early = table.desk.state.version
    table.bought()
    for _ in range(3):
        table.balance(10_000_000, asked=early)
    assert table.desk.state.portfolio.shares("005930") == 100
    assert table.incidents() == []


def test_what_the_owner_buys_by_phone_goes_to_the_owners_book(table: Table) -> None:
    table.open()
    table.notice(77, "000660", 5, 100_000)
    for _ in range(2):
        table.later()
        table.balance(9_500_000, c000660=5)
        table.inquire()
    state = table.desk.state
    assert state.portfolio.foreign == {"000660": 5}
    assert state.cash == 9_500_000
    assert state.halt is rec.Halt.NONE


def test_a_cash_difference_alone_follows_the_broker(table: Table) -> None:
    table.open()
    table.bought()
    cash = table.desk.state.cash
    for _ in range(2):
        table.later()
        table.balance(cash - 1, c005930=100)
        table.inquire(*table.known())
    table.balance(cash - 1, c005930=100)
    assert table.desk.state.cash == cash - 1
    assert any(isinstance(r, rec.Reconciled) for r in table.records)


def test_a_refused_exit_is_tried_again_but_not_in_a_tight_loop(table: Table) -> None:
    table.open()
    table.bought()

    def exits() -> int:
        return len([s for s in table.sends() if s.side is Side.SELL])

    for _ in range(20):
        table.later(1)
        table.price("005930", 9_000)
        if table.desk.state.blotter.order(table.sends()[-1].intent).state is OrderState.INTENDED:
            table.say(
                ev.OrderRefused(
                    at=table.now, intent=table.sends()[-1].intent, code="40240000", message="x"
                )
            )
    assert exits() == 3  # at once, after 5 s, after another 10 s
    assert table.incidents().count("exit_refused") == 3


def test_what_the_shell_reports_becomes_an_incident(table: Table) -> None:
    table.open()
    table.say(ev.Reported(at=table.now, kind="calendar", detail="closed tomorrow"))
    assert table.records[-1] == rec.Incident(
        at=table.now, kind="calendar", detail="closed tomorrow"
    )


def test_a_balance_that_repeats_our_own_past_is_old_and_no_difference(table: Table) -> None:
    table.open()
    opening = table.desk.state.cash
    table.bought()
    for _ in range(5):
        table.later()
        table.balance(opening)
        table.inquire()
    assert table.desk.state.portfolio.shares("005930") == 100
    assert table.desk.state.halt is rec.Halt.NONE
    assert table.incidents() == []


def test_old_balances_without_end_are_said_aloud(table: Table) -> None:
    table.open()
    opening = table.desk.state.cash
    table.bought()
    for _ in range(31):
        assert table.incidents() == []
        table.later()
        table.balance(opening)
    assert table.incidents() == ["balance_stale"]
    assert table.desk.state.portfolio.shares("005930") == 100
    for _ in range(2):
        table.later()
        table.balance(table.desk.state.cash, c005930=100)
    assert table.incidents() == ["balance_stale", "books_agree"]


def test_no_position_is_given_up_before_the_day_s_orders_were_seen(table: Table) -> None:
    table.open()
    table.bought()
    for _ in range(5):
        table.later()
        table.say(ev.Unavailable(at=table.now, query=ev.Query.EXECUTIONS, reason="HTTP 500"))
        table.balance(1_000_000, c005930=40)
    assert table.desk.state.portfolio.shares("005930") == 100


def test_a_late_notice_of_a_fill_that_an_inquiry_told_is_not_booked_twice(table: Table) -> None:
    send = sent(table)
    table.accept(send.intent, 7)
    executed = table.now.replace(microsecond=0)
    table.inquire(table.row(7, "005930", send.quantity, 30))
    table.later(2)
    table.notice(7, "005930", 30, 10_000, executed=executed)
    assert the_order(table).filled == 30
    assert table.asks()[-1] is ev.Query.EXECUTIONS


def test_a_repeated_notice_is_known_after_a_restart(table: Table) -> None:
    send = sent(table)
    table.accept(send.intent, 7)
    executed = table.now.replace(microsecond=0)
    table.notice(7, "005930", 30, 10_000, executed=executed)
    again = Table(Desk(rules(), table.records), now=table.now)
    again.start()
    again.notice(7, "005930", 30, 10_000, executed=executed)
    assert the_order(again).filled == 30


def test_a_fill_of_a_strangers_order_is_not_taken_for_the_unknown_one(table: Table) -> None:
    send = sent(table)
    table.lose(send.intent)
    table.notice(77, "005930", 3, 10_000, order_quantity=3)
    assert the_order(table).state is OrderState.UNKNOWN


def test_an_order_counted_as_never_arrived_is_found_by_a_later_inquiry(table: Table) -> None:
    send = sent(table)
    ordered = table.now
    table.lose(send.intent)
    for _ in range(2):
        table.later(2)
        table.inquire()
    assert the_order(table).state is OrderState.NEVER_ARRIVED
    table.inquire(table.row(9, "005930", send.quantity, 30, ordered=ordered))
    assert (the_order(table).order_no, the_order(table).filled) == (9, 30)
    assert "late_arrival" in table.incidents()


def looked_for(table: Table, *rows: ev.Execution) -> OrderState:
    for _ in range(3):
        table.later()
        table.inquire(*rows)
    return next(reversed(table.desk.state.blotter.orders.values())).state


@pytest.mark.parametrize(("seconds", "found"), [(-20, True), (-59, True), (-70, False)])
def test_an_order_is_not_given_up_beside_its_like_whose_time_nothing_vouches_for(
    table: Table, seconds: int, *, found: bool
) -> None:
    send = sent(table)
    ordered = table.now + timedelta(seconds=seconds)
    table.lose(send.intent)
    state = looked_for(table, table.row(9, "005930", send.quantity, 0, ordered=ordered))
    assert state is (OrderState.WORKING if found else OrderState.NEVER_ARRIVED)


@pytest.mark.parametrize("skewed", [True, False])
def test_our_other_orders_show_whether_the_list_states_our_times(
    table: Table, *, skewed: bool
) -> None:
    first = sent(table)
    table.accept(first.intent, 5)
    shift = timedelta(seconds=-20 if skewed else 0)
    known = table.row(5, "005930", first.quantity, 0, ordered=table.now + shift)
    table.later()
    table.offer("000660")
    table.power("000660")
    send = table.sends()[-1]
    assert send.code == "000660"
    like = table.row(9, "000660", send.quantity, 0, ordered=table.now - timedelta(seconds=20))
    table.lose(send.intent)
    state = looked_for(table, known, like)
    # One whose time can be believed is somebody else's.
    assert state is (OrderState.WORKING if skewed else OrderState.NEVER_ARRIVED)


def test_the_last_look_must_have_gone_out_three_seconds_after_the_loss(table: Table) -> None:
    send = sent(table)
    table.lose(send.intent)
    early = table.now
    for _ in range(4):
        table.later(5)
        version = table.desk.state.version
        table.say(ev.Executions(at=table.now, rows=(), asked=version, asked_at=early))
    assert the_order(table).state is OrderState.UNKNOWN


def test_shares_that_a_working_order_may_have_sold_are_not_given_up(table: Table) -> None:
    table.open()
    shares = table.bought()
    table.later()
    table.price("005930", 9_000)
    table.accept(table.sends()[-1].intent, 2)
    for _ in range(5):
        table.later()
        table.balance(9_900_000)
        table.inquire(table.row(2, "005930", shares, 0, side=Side.SELL))
    assert table.desk.state.portfolio.shares("005930") == shares
    assert table.desk.state.halt is rec.Halt.NONE


def test_more_than_a_working_order_can_have_sold_is_given_up(table: Table) -> None:
    table.open()
    table.bought()
    table.offer("000660")
    table.power("000660")
    table.accept(table.sends()[-1].intent, 2)
    for _ in range(5):
        table.later()
        table.balance(9_990_000, c005930=0)
        table.inquire(*table.known())
    assert table.desk.state.portfolio.shares("005930") == 0
    assert "position_lost" in table.incidents()


def test_a_sale_of_more_than_is_held_is_said_aloud(table: Table) -> None:
    table.open()
    shares = table.bought()
    table.later()
    table.price("005930", 9_000)
    table.accept(table.sends()[-1].intent, 2)
    table.desk.state.apply(
        rec.PositionLost(at=table.now, book="scalper", code="005930", quantity=shares - 30)
    )
    table.notice(2, "005930", 40, 9_000, side=Side.SELL)
    assert "sold_more_than_held" in table.incidents()
    assert not table.desk.state.portfolio.positions


def test_a_question_that_hangs_does_not_hold_up_the_next_about_an_unknown_order(
    table: Table,
) -> None:
    send = sent(table)
    table.lose(send.intent)
    commands = table.say(ev.Timer(at=table.now, name="resolve"))
    assert cmd.Wake("resolve", table.now + timedelta(seconds=2)) in commands


def test_a_repeat_that_looks_like_a_missed_fill_is_not_booked_beside_it(table: Table) -> None:
    send = sent(table)
    table.accept(send.intent, 7)
    first = table.later().replace(microsecond=0)
    table.notice(7, "005930", 1, 9_990, executed=first)
    second = table.later().replace(microsecond=0)
    table.notice(
        7, "005930", 1, 9_990, executed=first
    )  # Repeated; the second fill is not told yet.
    table.inquire(table.row(7, "005930", send.quantity, 2, amount=2 * 9_990))
    assert the_order(table).filled == 2
    table.notice(7, "005930", 1, 9_990, executed=second)
    table.inquire(table.row(7, "005930", send.quantity, 2, amount=2 * 9_990))
    assert (the_order(table).filled, the_order(table).amount) == (2, 2 * 9_990)


def test_an_exit_that_is_refused_is_recorded_once_until_the_reason_changes(table: Table) -> None:
    table.open()
    table.bought()
    table.say(ev.HaltOrdered(at=table.now, level=rec.Halt.ALL, reason="me"))
    for _ in range(3):
        table.price("005930", 9_000)
    refused = [r for r in table.records if isinstance(r, rec.Declined)]
    assert [(r.side, r.rule, r.detail) for r in refused] == [
        (Side.SELL, "kill_switch", "stop_loss: 100 x 9000")
    ]
    table.say(ev.HaltOrdered(at=table.now, level=rec.Halt.EXITS_ONLY, reason="me"))
    table.price("005930", 9_000)
    assert table.sends()[-1].side is Side.SELL
    table.price("005930", 9_000)  # It is on its way: that is no refusal.
    table.say(ev.HaltOrdered(at=table.now, level=rec.Halt.ALL, reason="me"))
    table.price("005930", 9_000)
    again = [r.rule for r in table.records if isinstance(r, rec.Declined)]
    assert again == ["kill_switch", "kill_switch"]
