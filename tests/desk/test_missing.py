"""Shares that others sold out of a book stop that book alone, and it is said again each day."""

from dataclasses import replace
from datetime import timedelta

import pytest
from msgspec import structs
from tests.desk.facts import NOW, held, opened
from tests.desk.table import Table, rules

from maemae.desk import events as ev
from maemae.desk import records as rec
from maemae.desk.desk import Desk

CODE = "005930"
LOST = "scalper 005930: 60"


@pytest.fixture
def table() -> Table:
    """Two books that may buy; the owner has sold 60 of the 100 shares that one of them held."""
    plain = rules()
    both = {"scalper": plain.books["scalper"], "other": plain.books["scalper"]}
    table = Table(Desk(replace(plain, books=both)))
    table.open()
    table.bought()
    cash = table.desk.state.cash + 594_000
    for _ in range(5):
        table.later()
        table.balance(cash, c005930=40)
        table.inquire(*table.known())
    table.balance(cash, c005930=40)
    return table


def again(table: Table, days: int = 0) -> Table:
    """Start anew from the ledger, on the same day or later."""
    records = [*table.records]
    new = Table(Desk(table.desk.rules, records), now=table.now + timedelta(days=days))
    opens = new.now.replace(hour=9, minute=0, second=0)
    new.say(
        ev.Started(
            at=new.now,
            opens=opens,
            auction=opens.replace(hour=15, minute=20),
            closes=opens.replace(hour=15, minute=30),
        )
    )
    new.records = [*records, *new.records]
    return new


def said(table: Table) -> list[str]:
    return [
        one.detail
        for one in table.records
        if isinstance(one, rec.Incident) and one.kind == "shares_missing"
    ]


def enters(table: Table, book: str, code: str) -> bool:
    before = len(table.sends())
    offer = ev.Candidate(rec.Listed(code=code), 10_000)
    table.say(ev.Candidates(at=table.now, book=book, offers=(offer,)))
    table.power(code)
    return len(table.sends()) > before


def test_the_book_stands_and_the_others_trade_on(table: Table) -> None:
    assert not enters(table, "scalper", "000660")
    assert enters(table, "other", "000660")


def test_it_is_said_at_each_start_with_the_names_and_while_it_lasts(table: Table) -> None:
    assert said(table) == []
    table = again(table)
    assert said(table) == [LOST]
    for day in range(1, 4):
        table = again(table, days=1)
        assert said(table) == [LOST] * (day + 1)
    assert table.desk.state.paused == {"scalper": "position_lost"}


@pytest.mark.parametrize("book", ["scalper", ""])
def test_it_is_over_when_the_owner_lets_the_book_go_on(table: Table, book: str) -> None:
    table.say(ev.HaltOrdered(at=table.now, level=rec.Halt.NONE, reason="", book=book))
    assert enters(table, "scalper", "000660")
    assert said(again(table, days=1)) == []


def test_it_is_over_when_the_shares_are_back(table: Table) -> None:
    cash, holdings = table.desk.state.cash, (ev.Holding(code=CODE, quantity=100, price=0),)
    for _ in range(6):
        table.later()
        version = table.desk.state.version
        table.say(ev.Balance(at=table.now, cash=cash, holdings=holdings, asked=version))
        table.inquire(*table.known())
    assert table.desk.state.portfolio.positions["scalper", CODE].quantity == 100
    assert (table.desk.state.paused, table.desk.state.missing) == ({}, {})
    assert said(again(table, days=1)) == []


def test_a_book_that_a_person_stopped_stays_stopped_when_shares_are_back(table: Table) -> None:
    state = table.desk.state
    for level, reason in ((rec.Halt.NONE, ""), (rec.Halt.ENTRIES, "holidays")):
        table.say(ev.HaltOrdered(at=table.now, level=level, reason=reason, book="scalper"))
    state.apply(rec.PositionReturned(at=table.now, book="scalper", code=CODE, quantity=60))
    assert (state.paused, state.missing) == ({"scalper": "holidays"}, {})


def test_an_old_ledgers_halt_of_everything_is_said_again_too(table: Table) -> None:
    old = [
        rec.Halted(at=one.at, level=one.level, reason=one.reason)
        if isinstance(one, rec.Halted)
        else one
        for one in table.records
    ]
    table.records = old
    new = again(table, days=1)
    assert new.desk.state.halt is rec.Halt.ENTRIES
    assert said(new) == [LOST]


@pytest.mark.parametrize("parts", [(10,), (4, 6)])
@pytest.mark.parametrize("detached", ["before", "meanwhile"])
def test_shares_that_come_back_are_still_without_the_rights_that_left(
    parts: tuple[int, ...], detached: str
) -> None:
    """Seed 5227: they came back as if they had lost what the rights were worth, and were sold."""
    state = opened()
    held(state, quantity=10, price=50_000)
    change = rec.UnitChanged(
        at=NOW, code="005930", before=10, after=10, shares={"book": 10},
        price_was=50_000, price_is=45_000, base=45_000, reason="rights",
    )  # fmt: skip
    if detached == "before":
        state.apply(change)
    for part in parts:
        state.apply(rec.PositionLost(at=NOW, book="book", code="005930", quantity=part))
    if detached == "meanwhile":
        state.apply(structs.replace(change, shares={}))
    for part in parts:
        state.apply(rec.PositionReturned(at=NOW, book="book", code="005930", quantity=part))
    back = state.portfolio.positions["book", "005930"]
    assert (back.quantity, back.paid, back.rights) == (10, 500_000, 50_000)
    assert not state.portfolio.lost
