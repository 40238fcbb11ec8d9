"""An empty ledger on an account that has traded: nothing is bought before its owner says so."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from tests.desk.table import Table, rules

from maemae.desk import events as ev
from maemae.desk.desk import Desk
from maemae.desk.records import EMPTY_LEDGER, LEDGER_BEHIND, Halt, Halted, Listed, Record
from maemae.market.kinds import Side

CASH = 10_000_000


def table(records: list[Record] | None = None, *, armed: bool = True) -> Table:
    return Table(Desk(replace(rules(), confirm_first=not armed), records or ()))


def halts(it: Table) -> list[tuple[Halt, str]]:
    return [(r.level, r.reason) for r in it.records if isinstance(r, Halted)]


def stated(it: Table, traded: int | None) -> None:
    version = it.desk.state.version
    it.say(ev.Balance(at=it.now, cash=CASH, holdings=(), asked=version, bought=traded, sold=0))


def by_balance(it: Table) -> None:
    it.start()
    stated(it, 1_234_000)


def by_orders(it: Table) -> None:
    """Resting ones: no share has moved yet."""
    it.start()
    it.inquire(it.row(7, "005930", 10, 0))
    stated(it, 0)


def by_orders_after_the_balance(it: Table) -> None:
    it.start()
    stated(it, 0)
    it.inquire(it.row(7, "005930", 10, 10, ended=True))


def by_the_trader_before(it: Table) -> None:
    it.say(ev.LedgerMissed(at=it.now, detail="/old/ledger.sqlite 2022-06-01T15:31:00+09:00"))
    it.start()
    stated(it, 0)


WAYS = [by_balance, by_orders, by_orders_after_the_balance, by_the_trader_before]


@pytest.mark.parametrize("armed", [True, False])
@pytest.mark.parametrize("way", WAYS)
def test_nothing_is_bought_until_a_person_lets_it(
    way: Callable[[Table], None], armed: bool
) -> None:
    it = table(armed=armed)
    way(it)
    it.offer("005930")
    assert ev.Query.POWER not in it.asks()
    assert halts(it)[-1] == (Halt.ENTRIES, EMPTY_LEDGER)
    assert it.incidents() == [EMPTY_LEDGER]
    it.say(ev.HaltOrdered(at=it.now, level=Halt.NONE, reason="confirmed"))
    assert it.bought() > 0


@pytest.mark.parametrize("way", WAYS)
def test_a_book_that_failed_before_the_start_makes_no_ledger_known(
    way: Callable[[Table], None],
) -> None:
    it = table()
    halted = ev.HaltOrdered(at=it.now, level=Halt.ENTRIES, reason="book_failed", book="scalper")
    it.say(halted)
    way(it)
    assert it.incidents() == [EMPTY_LEDGER]
    assert it.desk.state.unconfirmed


@pytest.mark.parametrize("way", WAYS)
def test_a_restart_neither_asks_again_nor_lets_go(way: Callable[[Table], None]) -> None:
    it = table()
    way(it)
    again = table(it.records)
    by_balance(again)
    assert halts(again) == []
    assert again.desk.state.unconfirmed


def test_a_restart_before_anything_was_judged_judges() -> None:
    it = table()
    it.open()
    again = table(it.records)
    by_orders(again)
    assert again.desk.state.unconfirmed


def test_what_comes_later_is_the_owners_and_halts_nothing() -> None:
    it = table()
    it.start()
    it.inquire()
    stated(it, 0)
    it.inquire(it.row(7, "005930", 10, 10, ended=True))
    stated(it, 500_000)
    assert halts(it) == []
    assert it.bought() > 0


def test_orders_of_our_own_are_no_surprise() -> None:
    it = table()
    it.open()
    it.bought()
    again = table(it.records)
    again.start()
    again.inquire(*it.known())
    stated(again, 1_000_000)
    assert halts(again) == []


def test_a_stronger_halt_of_a_person_stays() -> None:
    it = table([Halted(at=table().now, level=Halt.ALL, reason="me")])
    it.say(ev.LedgerMissed(at=it.now, detail="x"))
    assert it.desk.state.halt is Halt.ALL


def test_a_person_may_order_by_hand_before_that() -> None:
    it = table()
    by_balance(it)
    it.say(ev.Price(at=it.now, code="005930", price=10_000, listed=Listed(code="005930")))
    it.say(
        ev.OrderOrdered(
            at=it.now, ticket="t", book="owner", side=Side.BUY, code="005930", quantity=1
        )
    )
    assert len(it.sends()) == 1


def test_a_first_list_that_was_old_hides_no_order_of_before() -> None:
    it = table()
    it.start()
    before = it.now
    it.later(5)
    it.inquire()
    stated(it, 0)
    it.inquire(it.row(7, "005930", 10, 0, ordered=before - timedelta(minutes=5)))
    assert it.incidents() == [EMPTY_LEDGER]
    it.say(ev.HaltOrdered(at=it.now, level=Halt.NONE, reason="confirmed"))
    it.inquire(it.row(7, "005930", 10, 0, ordered=before - timedelta(minutes=5)))
    assert it.incidents() == [EMPTY_LEDGER]
    assert it.bought() > 0


def behind(it: Table, lacks: str = "/old/ledger.sqlite 2022-06-01T15:31:00+09:00 #532") -> None:
    it.say(ev.LedgerMissed(at=it.now, detail=lacks))


def traded_before() -> list[Record]:
    it = table()
    it.open()
    it.bought()
    return it.records


def test_an_older_copy_buys_nothing_until_a_person_lets_it() -> None:
    it = table(traded_before())
    behind(it)
    it.start()
    it.inquire(*it.known())
    stated(it, 1_000_000)
    it.offer("000660")
    assert ev.Query.POWER not in it.asks()
    assert halts(it) == [(Halt.ENTRIES, LEDGER_BEHIND)]
    assert it.incidents() == [LEDGER_BEHIND]
    assert it.desk.state.unconfirmed


def test_an_older_copy_that_was_let_trade_is_not_asked_of_again() -> None:
    before = traded_before()
    it = table(before)
    behind(it)
    it.say(ev.HaltOrdered(at=it.now, level=Halt.NONE, reason="confirmed"))
    again = table([*before, *it.records])
    behind(again)
    assert again.incidents() == []
    behind(again, "/old/ledger.sqlite 2022-06-02T15:31:00+09:00 #914")
    assert again.incidents() == [LEDGER_BEHIND]


def test_what_an_older_copy_lacks_is_said_though_another_question_is_open() -> None:
    """The copy was made while its owner had not answered yet whether an empty ledger may buy."""
    it = table()
    by_balance(it)
    again = table(it.records)
    behind(again)
    again.start()
    behind(again)
    assert again.incidents() == [LEDGER_BEHIND]
