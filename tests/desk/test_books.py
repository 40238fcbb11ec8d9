"""Several books on one account: capital, limits and hours of each, and the worth they share."""

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pytest
from tests.desk.table import OPENS, Table, rules

from maemae.clock import KST
from maemae.desk import events as ev
from maemae.desk.desk import Desk
from maemae.desk.exits import exit_reason
from maemae.desk.guard import BookLimits
from maemae.desk.positions import Position
from maemae.desk.records import DayOpened, Declined, Listed
from maemae.desk.rules import Purse
from maemae.desk.terms import Exits
from maemae.market.costs import CostRules
from maemae.market.kinds import Side


def table(
    scalper: BookLimits | None = None, other: BookLimits | None = None, **entry: Any
) -> Table:
    """A desk with the books `scalper` and `other`."""
    told = rules()
    book = told.books["scalper"]
    book = replace(book, entry=replace(book.entry, names=5, **entry))
    books = {
        "scalper": replace(book, limits=scalper or BookLimits()),
        "other": replace(book, limits=other or BookLimits()),
    }
    return Table(Desk(replace(told, books=books)))


def offer(it: Table, book: str, *codes: str, price: int = 10_000) -> None:
    offers = tuple(ev.Candidate(Listed(code=code), price) for code in codes)
    it.say(ev.Candidates(at=it.now, book=book, offers=offers))


def declined(it: Table) -> list[tuple[str, str]]:
    return [(r.book, r.rule) for r in it.records if isinstance(r, Declined)]


def buy(it: Table, book: str, code: str, number: int) -> int:
    """Offer a name and let the order fill; return its shares."""
    sent = len(it.sends())
    offer(it, book, code)
    it.power(code)
    (send,) = it.sends()[sent:]
    it.accept(send.intent, number)
    it.notice(number, code, send.quantity, 10_000)
    return send.quantity


def test_a_book_never_commits_more_than_its_capital() -> None:
    it = table(BookLimits(capital=2_600_000))
    it.open()
    assert buy(it, "scalper", "000001", 1) == 100
    assert buy(it, "scalper", "000002", 2) == 100
    # 600,000 are left, and a market order sets aside 13,000 a share.
    assert buy(it, "scalper", "000003", 3) == 600_000 // 13_000
    assert it.desk.state.committed("scalper") <= 2_600_000
    assert buy(it, "other", "000004", 4) == 100


def test_capital_that_is_used_up_asks_nothing_of_the_broker() -> None:
    it = table(BookLimits(capital=1_000_000))
    it.open()
    buy(it, "scalper", "000001", 1)
    asked = len(it.asks())
    left = 1_000_000 - 1_000_000 // 13_000 * 10_000
    offer(it, "scalper", "000002", price=left + 1)
    assert len(it.asks()) == asked
    assert not declined(it)


def test_the_reserve_of_a_live_order_counts_against_the_capital() -> None:
    it = table(BookLimits(capital=1_300_000))
    it.open()
    offer(it, "scalper", "000001", "000002")
    it.power("000001")
    assert it.desk.state.committed("scalper") == 1_300_000
    it.accept(it.sends()[0].intent, 1)
    it.power("000002")
    assert len(it.sends()) == 1
    assert declined(it) == [("scalper", "no_quantity")]


def test_capital_in_percent_is_of_the_worth_at_the_opening() -> None:
    it = table(BookLimits(capital=Decimal("0.1")))
    it.open()
    buy(it, "other", "000001", 1)
    tomorrow = it.desk.state.cash
    again = Table(Desk(it.desk.rules, it.records), now=OPENS + timedelta(days=1))
    opens = again.now
    hours = {
        "opens": opens,
        "auction": opens + timedelta(hours=6),
        "closes": opens.replace(hour=16),
    }
    again.say(ev.Started(at=opens, **hours))
    holdings = (ev.Holding(code="000001", quantity=100, price=20_000),
                ev.Holding(code="777777", quantity=1_000, price=50_000))  # fmt: skip
    again.say(ev.Balance(at=again.now, cash=tomorrow, holdings=holdings, asked=0))
    (opened,) = [r for r in again.records if isinstance(r, DayOpened)]
    assert opened.worth == tomorrow + 2_000_000, "the owner's shares are not the books' to use"
    left = again.desk.rules.bounds.left(again.desk.state, "scalper")
    assert left == opened.worth // 10
    offer(again, "scalper", "000002")
    again.power("000002")
    assert again.sends()[-1].quantity == left // 13_000


@pytest.mark.parametrize(
    ("limits", "rule"),
    [
        (BookLimits(order_value=999_999), "book_order_value"),
        (BookLimits(name_exposure=999_999), "book_name_exposure"),
        (BookLimits(loss=0), "book_loss"),
    ],
)
def test_limits_of_a_book_bind_that_book_alone(limits: BookLimits, rule: str) -> None:
    it = table(limits)
    it.open()
    offer(it, "scalper", "000001")
    it.power("000001")
    assert declined(it) == [("scalper", rule)]
    assert buy(it, "other", "000002", 1) == 100


def test_an_order_by_hand_into_a_book_is_bound_by_its_capital() -> None:
    it = table(BookLimits(capital=1_000_000))
    it.open()
    it.desk.listed["000001"] = Listed(code="000001")
    it.price("000001", 10_000)
    values: dict[str, Any] = {
        "book": "scalper",
        "code": "000001",
        "side": Side.BUY,
        "price": 10_000,
    }
    for ticket, quantity in (("a", 101), ("b", 100)):
        order = ev.OrderOrdered(at=it.now, ticket=ticket, quantity=quantity, **values)
        it.say(order)
    assert declined(it) == [("scalper", "capital")]
    assert [send.quantity for send in it.sends()] == [100]


def test_a_rule_of_sizing_sees_what_is_left_and_how_many_names_are_wanted() -> None:
    seen: list[Purse] = []

    def part(purse: Purse) -> int:
        seen.append(purse)
        return purse.cash // purse.wanted

    it = table(BookLimits(capital=4_000_000), amount=part)
    it.open()
    for number, code in enumerate(("000001", "000002"), start=1):
        offer(it, "scalper", "000001", "000002", "000003", "000004")
        it.power(code)
        send = it.sends()[-1]
        it.accept(send.intent, number)
        it.notice(number, code, send.quantity, 10_000)
    first, second = seen[:2]
    assert (first.cash, first.wanted, first.held) == (4_000_000, 4, 0)
    assert (second.cash, second.wanted, second.held) == (3_000_000, 3, 1)
    assert [send.quantity for send in it.sends()] == [100, 100]


CSAT = date(2023, 11, 16)


@pytest.mark.parametrize(
    ("day", "sold"), [(date(2023, 11, 15), time(15, 25)), (CSAT, time(16, 25))]
)
def test_minutes_before_the_close_move_with_the_close(day: date, sold: time) -> None:
    since = datetime(2023, 11, 8, 10, tzinfo=KST)
    position = Position(
        "b", Listed(code="000001"), 1, 10_000, 0, Exits(days=5, before_close=5), since, 10_000
    )
    at = datetime.combine(day, sold, KST)
    before = exit_reason(position, 10_000, CostRules.REAL, at - timedelta(seconds=1))
    assert (before, exit_reason(position, 10_000, CostRules.REAL, at)) == (None, "max_holding")
    younger = replace(position, since=since + timedelta(days=2))
    assert exit_reason(younger, 10_000, CostRules.REAL, at) is None
