"""The first run: nothing is bought on a ledger that has never traded until a person says so."""

from dataclasses import replace

import pytest
from tests.desk.table import Table, rules

from maemae.desk import events as ev
from maemae.desk.desk import Desk
from maemae.desk.records import ARMED, FIRST_RUN, Halt, Halted, Listed, Record
from maemae.market.kinds import Side


def table(records: list[Record] | None = None, *, confirm_first: bool = True) -> Table:
    return Table(Desk(replace(rules(), confirm_first=confirm_first), records or ()))


def halts(it: Table) -> list[tuple[Halt, str]]:
    return [(r.level, r.reason) for r in it.records if isinstance(r, Halted)]


def go_on(it: Table) -> None:
    it.say(ev.HaltOrdered(at=it.now, level=Halt.NONE, reason="confirmed"))


def test_nothing_is_bought_until_a_person_lets_it() -> None:
    it = table()
    it.open()
    it.offer("005930")
    assert halts(it) == [(Halt.ENTRIES, FIRST_RUN)]
    assert ev.Query.POWER not in it.asks()
    go_on(it)
    assert it.bought() > 0


def test_a_person_may_order_by_hand_before_that() -> None:
    it = table()
    it.open()
    it.say(
        ev.Price(at=it.now, code="005930", price=10_000, polled=True, listed=Listed(code="005930"))
    )
    it.say(
        ev.OrderOrdered(
            at=it.now, ticket="t", book="owner", side=Side.BUY, code="005930", quantity=1
        )
    )
    assert len(it.sends()) == 1


@pytest.mark.parametrize("confirmed", [False, True])
def test_a_restart_neither_asks_again_nor_forgets(confirmed: bool) -> None:
    it = table()
    it.open()
    if confirmed:
        go_on(it)
    again = table(it.records)
    again.open()
    assert halts(again) == []
    assert again.desk.state.unconfirmed is not confirmed


def test_a_word_given_before_the_first_start_counts() -> None:
    it = table()
    go_on_early = Halted(at=it.now, level=Halt.NONE, reason="confirmed")
    again = table([go_on_early])
    again.open()
    assert again.bought() > 0


def test_a_ledger_that_has_traded_is_not_asked() -> None:
    old = table(confirm_first=False)
    old.open()
    old.bought()
    assert halts(old) == []
    again = table(old.records)
    again.start()
    assert halts(again) == []


def test_settings_that_arm_the_start_lift_the_halt_of_the_first_run_only() -> None:
    it = table()
    it.open()
    armed = table(it.records, confirm_first=False)
    armed.start()
    assert halts(armed) == [(Halt.NONE, ARMED)]
    it.say(ev.HaltOrdered(at=it.now, level=Halt.NONE, reason=""))
    it.say(ev.HaltOrdered(at=it.now, level=Halt.ENTRIES, reason="lunch"))
    other = table(it.records, confirm_first=False)
    other.start()
    assert other.desk.state.halt is Halt.ENTRIES
