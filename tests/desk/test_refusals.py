"""Refusals by kind: when the same order goes again, what is said, and what is not counted."""

from datetime import timedelta

import pytest
from tests.desk.table import OPENS, Table, rules

from maemae.desk import commands as cmd
from maemae.desk import events as ev
from maemae.desk import records as rec
from maemae.desk.desk import Desk
from maemae.market.kinds import Side
from maemae.market.refusals import PASSING, RefusalKind

K = RefusalKind


@pytest.fixture
def table() -> Table:
    table = Table(Desk(rules()))
    table.open()
    return table


def refuse(table: Table, kind: RefusalKind, code: str = "EGW") -> None:
    """Refuse the last order, and show that nothing of it is there."""
    intent = table.sends()[-1].intent
    table.say(ev.OrderRefused(at=table.now, intent=intent, code=code, message="", kind=kind))
    table.inquire(*table.known())


def sales(table: Table) -> int:
    return sum(send.side is Side.SELL for send in table.sends())


def ripe(table: Table) -> None:
    """Hold a name whose stop loss has been reached and whose first sale is on its way."""
    table.bought()
    table.price("005930", 9_000)
    assert sales(table) == 1


def run(table: Table, seconds: float, tries: RefusalKind | None, trades: bool = False) -> None:
    """Let time pass in steps of half a second, with the timers that the desk asked for."""
    end = table.now + timedelta(seconds=seconds)
    while table.now < end:
        table.later(0.5)
        wishes = {c.name: c.at for c in table.commands if isinstance(c, cmd.Wake)}
        table.commands = [c for c in table.commands if not isinstance(c, cmd.Wake)]
        for name, at in wishes.items():
            if at <= table.now and name.partition(":")[0] in ("exit", "enter", "search"):
                table.say(ev.Timer(at=table.now, name=name))
            else:
                table.commands.append(cmd.Wake(name, at))
        if trades:
            table.price("005930", 9_000)
        order = table.desk.state.blotter.orders.get(table.sends()[-1].intent)
        if tries is not None and order is not None and order.state.value == "intended":
            refuse(table, tries)


@pytest.mark.parametrize(
    ("kind", "tries"),
    [
        (K.THROTTLED, 30),  # after 0.5, 1 and then every 2 s
        (K.TOKEN, 9),  # after 0.5, 1, 2, 4, 8 and then every 10 s
        (K.UNSENT, 9),
        (K.HALTED, 3),  # after 5, 10, 20 s
        (K.SESSION, 3),
        (K.SHARES, 3),  # after 5, 10, 20 s
        (K.OTHER, 3),
    ],
)
def test_a_refused_sale_goes_again_as_soon_as_its_kind_says(
    table: Table, kind: RefusalKind, tries: int
) -> None:
    ripe(table)
    refuse(table, kind)
    run(table, 60, kind)
    assert sales(table) - 1 in (tries, tries + 1)


@pytest.mark.parametrize("kind", sorted(PASSING))
def test_a_passing_refusal_is_no_alarm_and_not_the_brokers_no(
    table: Table, kind: RefusalKind
) -> None:
    ripe(table)
    refuse(table, kind)
    run(table, 20, kind)
    assert table.desk.state.refusals == 0
    assert table.incidents() == []


def test_an_exit_that_does_not_get_through_is_said_once(table: Table) -> None:
    ripe(table)
    refuse(table, K.THROTTLED)
    run(table, 120, K.THROTTLED)
    assert table.incidents() == ["exit_delayed"]


def test_a_throttled_exit_goes_the_moment_the_throttling_is_over(table: Table) -> None:
    ripe(table)
    refuse(table, K.THROTTLED)
    run(table, 120, K.THROTTLED)
    before = sales(table)
    run(table, 2, None)
    assert sales(table) == before + 1


@pytest.mark.parametrize("kind", [K.HALTED, K.SESSION, K.OTHER])
def test_a_trade_after_a_halt_sets_the_refused_sale_off_at_once(
    table: Table, kind: RefusalKind
) -> None:
    ripe(table)
    refuse(table, kind)
    run(table, 600, kind)
    refusals = sales(table)
    table.later(12)
    table.price("005930", 9_000)
    assert sales(table) == refusals + 1


def test_trades_during_a_no_that_lasts_do_not_make_a_loop(table: Table) -> None:
    ripe(table)
    refuse(table, K.HALTED)
    run(table, 120, K.HALTED, trades=True)
    assert sales(table) < 20
    assert table.incidents() == ["exit_refused"]


def test_after_a_sale_refused_for_shares_the_balance_is_asked(table: Table) -> None:
    ripe(table)
    table.commands.clear()
    table.say(
        ev.OrderRefused(
            at=table.now, intent="20220602-00002", code="40240000", message="", kind=K.CASH
        )
    )
    refused = [r for r in table.records if isinstance(r, rec.Refused)]
    assert refused[-1].kind is K.SHARES  # Of a sale money cannot fall short.
    assert ev.Query.BALANCE in table.asks()
    assert ("scalper", "005930") in table.desk.state.portfolio.positions


def test_a_persons_refused_sale_keeps_no_exit_waiting(table: Table) -> None:
    table.bought()
    table.say(
        ev.OrderOrdered(
            at=table.now, ticket="t", book="scalper", side=Side.SELL, code="005930", quantity=1
        )
    )
    table.say(
        ev.Price(
            at=table.now, code="005930", price=10_000, polled=True, listed=rec.Listed(code="005930")
        )
    )
    assert sales(table) == 1
    refuse(table, K.OTHER)
    table.price("005930", 9_000)
    assert sales(table) == 2


# Entries.


def entry(table: Table, quantity: int = 500, amount: int = 6_500_000) -> cmd.Send:
    table.offer("005930")
    table.power("005930", quantity, amount)
    return table.sends()[-1]


@pytest.mark.parametrize("kind", sorted(PASSING))
def test_a_passing_refusal_of_an_entry_lets_the_name_go_again_while_it_is_on_offer(
    table: Table, kind: RefusalKind
) -> None:
    first = entry(table)
    refuse(table, kind)
    run(table, 1, None)
    assert table.asks()[-1] is ev.Query.POWER
    table.power("005930")
    assert table.sends()[-1].intent != first.intent
    assert table.sends()[-1].quantity == first.quantity
    assert table.desk.state.refusals == 0
    assert table.now - OPENS < timedelta(seconds=3)


@pytest.mark.parametrize("kind", [K.HALTED, K.PRICE, K.QUANTITY, K.OTHER, K.UNKNOWN_CODE])
def test_a_real_no_to_an_entry_waits_for_the_next_offer(table: Table, kind: RefusalKind) -> None:
    entry(table)
    refuse(table, kind)
    table.commands.clear()
    run_timers(table, 60)
    assert ev.Query.POWER not in table.asks()
    table.offer("005930")
    assert (ev.Query.POWER in table.asks()) is (kind is not K.UNKNOWN_CODE)


def run_timers(table: Table, seconds: int) -> None:
    for _ in range(seconds):
        table.later(1)
        table.say(ev.Timer(at=table.now, name="signal:scalper"))


@pytest.mark.parametrize(
    ("kind", "said"), [(K.PRICE, "price_refused"), (K.UNKNOWN_CODE, "code_unknown")]
)
def test_a_fault_in_what_was_ordered_is_said(table: Table, kind: RefusalKind, said: str) -> None:
    entry(table)
    refuse(table, kind)
    assert table.incidents() == [said]


def test_after_too_little_money_it_is_asked_again_and_bought_smaller_or_not_at_all(
    table: Table,
) -> None:
    first = entry(table)
    refuse(table, K.CASH)
    run(table, 1, None)
    assert table.asks().count(ev.Query.POWER) == 2
    table.power("005930")
    second = table.sends()[-1]
    assert second.quantity == first.quantity * 9 // 10
    refuse(table, K.CASH)
    table.commands.clear()
    run_timers(table, 60)
    assert ev.Query.POWER not in table.asks()


def test_a_closed_market_is_waited_for(table: Table) -> None:
    entry(table)
    refuse(table, K.SESSION)
    table.commands = [c for c in table.commands if not isinstance(c, cmd.Ask)]
    run_timers(table, 4)
    assert ev.Query.POWER not in table.asks()
    run_timers(table, 2)
    assert ev.Query.POWER in table.asks()


def test_throttled_tries_do_not_use_up_the_orders_of_a_minute() -> None:
    table = Table(Desk(rules(orders_per_minute=1)))
    table.open()
    entry(table)
    refuse(table, K.THROTTLED)
    run(table, 1, None)
    table.power("005930")
    assert len(table.sends()) == 2


def test_a_name_about_which_nothing_could_be_asked_is_asked_again_soon(table: Table) -> None:
    table.offer("005930")
    asked = table.asks().count(ev.Query.POWER)
    for _ in range(3):
        table.say(ev.Unavailable(at=table.now, query=ev.Query.POWER, key="005930", reason="500"))
        for _ in range(10):
            table.later(0.5)
            fire(table)
    assert table.asks().count(ev.Query.POWER) - asked == 3


@pytest.mark.parametrize(("query", "key"), [(ev.Query.SEARCH, "scalper"), (ev.Query.BALANCE, "")])
def test_a_question_that_failed_is_asked_again_in_seconds(
    table: Table, query: ev.Query, key: str
) -> None:
    name = f"search:{key}" if key else "balance"
    waits = []
    for _ in range(6):
        table.say(ev.Unavailable(at=table.now, query=query, key=key, reason="HTTP 500"))
        wake = [c for c in table.commands if isinstance(c, cmd.Wake) and c.name == name][-1]
        waits.append((wake.at - table.now).total_seconds())
        table.now = wake.at
        table.say(ev.Timer(at=table.now, name=name))
        assert table.asks()[-1] is query
    assert waits == [1, 2, 4, 8, 15, 15]


def fire(table: Table) -> None:
    """Send the timers that are due."""
    due = [c for c in table.commands if isinstance(c, cmd.Wake) and c.at <= table.now]
    table.commands = [c for c in table.commands if c not in due]
    for name in dict.fromkeys(wake.name for wake in due):
        table.say(ev.Timer(at=table.now, name=name))


def test_an_old_refusal_without_a_kind_is_any_other_no() -> None:
    assert rec.Refused(at=OPENS, intent="1", code="40", message="").kind is K.OTHER


def test_a_throttled_cancel_goes_again_and_a_lost_one_does_not(table: Table) -> None:
    send = entry(table)
    table.accept(send.intent, 1)
    table.say(ev.CancelOrdered(at=table.now, intent=send.intent))

    def cancels() -> int:
        return sum(isinstance(c, cmd.SendCancel) for c in table.commands)

    def answer(kind: RefusalKind | None) -> None:
        table.say(ev.CancelAnswered(at=table.now, intent=send.intent, failure="no", kind=kind))
        table.later(1)
        fire(table)

    assert cancels() == 1
    answer(K.THROTTLED)
    assert cancels() == 2
    answer(None)
    assert cancels() == 2


def test_a_sale_that_a_notice_shows_makes_the_next_refusal_a_first_one(table: Table) -> None:
    """Its reply was lost: the pauses of the refusals before it went on growing."""
    ripe(table)
    for _ in range(3):
        refuse(table, K.OTHER)
        run(table, 25, None)
    table.lose(table.sends()[-1].intent)
    told = {"side": Side.SELL, "executed": table.now}
    table.notice(9, "005930", 100, 0, kind=ev.NoticeKind.ACCEPTED, **told)
    table.notice(10, "005930", 100, 0, kind=ev.NoticeKind.CANCELLED, original_no=9, **told)
    table.price("005930", 8_990)
    before = sales(table)
    refuse(table, K.OTHER)
    run(table, 6, None)
    assert sales(table) == before + 1
