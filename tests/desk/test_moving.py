"""Putting shares from one book into another: what is kept, and each refusal."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from tests.desk.table import Table, rules

from maemae.desk import commands as cmd
from maemae.desk import events as ev
from maemae.desk.desk import Desk
from maemae.desk.guard import BookLimits
from maemae.desk.records import OWNER, Halt, Halted, Listed, MoveRefused, PositionMoved
from maemae.desk.state import State
from maemae.desk.terms import Exits
from maemae.market.kinds import Side
from maemae.proof.shadow import Shadow

CODE = "005930"
OTHER = Exits(days=3)


def table(capital: int | None = None) -> Table:
    told = rules()
    book = told.books["scalper"]
    other = replace(
        book, entry=replace(book.entry, exits=OTHER), limits=BookLimits(capital=capital)
    )
    return Table(Desk(replace(told, books={"scalper": book, "other": other})))


def pause(it: Table, *books: str, level: Halt = Halt.ENTRIES) -> None:
    for book in books:
        it.say(ev.HaltOrdered(at=it.now, level=level, reason="", book=book))


def move(it: Table, origin: str, book: str, code: str = CODE, **more: Any) -> list[cmd.Command]:
    order = ev.MoveOrdered(at=it.now, ticket="t", origin=origin, book=book, code=code, **more)
    return it.say(order)


def refused(it: Table) -> list[str]:
    return [r.rule for r in it.records if isinstance(r, MoveRefused)]


def moved(it: Table) -> PositionMoved:
    (found,) = [r for r in it.records if isinstance(r, PositionMoved)]
    return found


def held(capital: int | None = None) -> Table:
    """A name in the book `scalper`; both books paused."""
    it = table(capital)
    it.open()
    it.bought(CODE)
    pause(it, "scalper", "other")
    return it


def check_facts(it: Table) -> None:
    """The facts add up to the same shares a second time, and replay to the same state."""
    shadow, again = Shadow(), State(it.desk.state.rules)
    for record in it.records:
        again.apply(record)
        shadow.apply(record, again.blotter.order)
    shadow.check(again)
    assert again.portfolio.positions == it.desk.state.portfolio.positions
    assert again.portfolio.foreign == it.desk.state.portfolio.foreign


def test_cost_and_age_go_along_and_the_exits_are_those_of_the_new_book() -> None:
    it = held()
    before = replace(it.desk.state.portfolio.positions["scalper", CODE])
    it.later(60)
    move(it, "scalper", "other")
    after = it.desk.state.portfolio.positions["other", CODE]
    assert ("scalper", CODE) not in it.desk.state.portfolio.positions
    assert replace(before, book="other", exits=OTHER) == after
    assert it.desk.state.committed("other") == after.paid
    check_facts(it)


def test_a_part_takes_its_part_of_the_cost_and_joins_what_is_there() -> None:
    it = held()
    move(it, "scalper", "other", quantity=30)
    move(it, "scalper", "other", quantity=20)
    here, there = (it.desk.state.portfolio.positions[book, CODE] for book in ("scalper", "other"))
    assert (here.quantity, there.quantity) == (50, 50)
    assert here.paid + there.paid == 1_000_000
    check_facts(it)


def test_the_owners_shares_are_adopted_at_a_price_and_given_back() -> None:
    it = table()
    it.open(c000660=7)
    it.desk.listed["000660"] = Listed(code="000660")
    pause(it, "scalper")
    it.price("000660", 10_000)
    move(it, OWNER, "scalper", "000660", price=10_000)
    position = it.desk.state.portfolio.positions["scalper", "000660"]
    assert (position.quantity, position.paid, position.since) == (7, 70_000, it.now)
    assert it.desk.state.portfolio.foreign == {}
    move(it, "scalper", OWNER, "000660", quantity=3)
    assert it.desk.state.portfolio.foreign == {"000660": 3}
    check_facts(it)


def test_a_name_of_which_nothing_is_known_waits_for_its_price() -> None:
    it = table()
    it.open(c000660=7)
    pause(it, "scalper")
    assert move(it, OWNER, "scalper", "000660") == [cmd.Ask(ev.Query.PRICE, "000660")]
    listed = Listed(code="000660", name="하이닉스")
    it.say(ev.Price(at=it.now, code="000660", price=8_000, polled=True, listed=listed))
    assert (moved(it).paid, moved(it).listed) == (56_000, listed)


def test_a_price_that_cannot_be_had_is_said() -> None:
    it = table()
    it.open(c000660=7)
    pause(it, "scalper")
    move(it, OWNER, "scalper", "000660")
    it.say(ev.Unavailable(at=it.now, query=ev.Query.PRICE, key="000660", reason="no line"))
    assert refused(it) == ["no_price"]


@pytest.mark.parametrize(
    ("origin", "book", "more", "rule"),
    [
        ("scalper", "scalper", {}, "same_book"),
        ("scalper", "nobody", {}, "no_such_book"),
        ("other", "scalper", {}, "not_held"),
        ("scalper", "other", {"quantity": 101}, "not_held"),
        (OWNER, "other", {}, "not_held"),
    ],
)
def test_what_makes_no_sense_is_refused(
    origin: str, book: str, more: dict[str, Any], rule: str
) -> None:
    it = held()
    move(it, origin, book, **more)
    assert refused(it) == [rule]


def test_a_book_that_trades_is_left_alone() -> None:
    it = held()
    pause(it, "other", level=Halt.NONE)
    move(it, "scalper", "other")
    it.say(ev.HaltOrdered(at=it.now, level=Halt.ENTRIES, reason=""))
    move(it, "scalper", "other")
    assert refused(it) == ["trading"]
    assert moved(it).quantity == 100


def test_after_the_close_nothing_has_to_be_paused() -> None:
    it = held()
    pause(it, "scalper", "other", level=Halt.NONE)
    it.later(timedelta(hours=7).total_seconds())
    move(it, "scalper", "other")
    assert moved(it).quantity == 100


def test_live_orders_of_either_book_stand_in_the_way() -> None:
    it = held()
    it.say(
        ev.Price(at=it.now, code="000001", price=10_000, polled=True, listed=Listed(code="000001"))
    )
    order = ev.OrderOrdered(
        at=it.now,
        ticket="o",
        book="other",
        side=Side.BUY,
        code="000001",
        quantity=1,
        price=9_900,
    )
    it.say(order)
    it.accept(it.sends()[-1].intent, 9)
    move(it, "scalper", "other")
    assert refused(it) == ["live_orders"]


def test_a_move_never_lifts_a_book_above_its_capital() -> None:
    it = held(capital=900_000)
    move(it, "scalper", "other")
    move(it, "scalper", "other", quantity=90)
    assert refused(it) == ["capital"]
    assert it.desk.state.committed("other") == 900_000


def test_the_pause_of_a_book_stops_its_entries_alone_and_not_its_exits() -> None:
    it = table()
    it.open()
    it.bought(CODE)
    pause(it, "scalper")
    it.offer("000001")
    assert len(it.sends()) == 1
    offers = (ev.Candidate(Listed(code="000002"), 10_000),)
    it.say(ev.Candidates(at=it.now, book="other", offers=offers))
    it.power("000002")
    assert it.desk.state.blotter.order(it.sends()[-1].intent).book == "other"
    it.price(CODE, 9_000)
    assert it.desk.state.blotter.order(it.sends()[-1].intent).reason == "stop_loss"


def test_names_that_wait_are_dropped_when_their_book_is_paused() -> None:
    it = table()
    it.open()
    it.offer("000001")
    pause(it, "scalper")
    it.power("000001")
    assert it.sends() == []


@pytest.mark.parametrize("halted", [False, True])
def test_letting_everything_go_on_lets_single_books_go_on(halted: bool) -> None:
    it = table()
    it.open()
    pause(it, "scalper")
    it.say(ev.FlattenOrdered(at=it.now, book="other", reason=""))
    if halted:
        it.say(ev.HaltOrdered(at=it.now, level=Halt.ENTRIES, reason=""))
    it.say(ev.HaltOrdered(at=it.now, level=Halt.NONE, reason=""))
    assert (it.desk.state.paused, it.desk.state.flattening) == ({}, set())
    told = [r for r in it.records if isinstance(r, Halted) and not r.book]
    it.say(ev.HaltOrdered(at=it.now, level=Halt.NONE, reason=""))
    assert [r for r in it.records if isinstance(r, Halted) and not r.book] == told
