"""A share that is another in the morning: what is converted, what is asked, what waits."""

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.desk import facts
from tests.desk.table import OPENS, Table, rules

from maemae.desk import events as ev
from maemae.desk import records as rec
from maemae.desk.desk import Desk
from maemae.desk.positions import Position
from maemae.desk.records import OWNER, Listed
from maemae.desk.state import State
from maemae.desk.terms import Exits
from maemae.desk.unitcheck import Told, Verdict, judge
from maemae.desk.units import LONGEST, share_out
from maemae.market.costs import CostRules
from maemae.market.kinds import Side
from maemae.market.limits import limit_percent
from maemae.market.ticks import ceil_to_tick, tick_size
from maemae.proof.oracle.facts import Facts
from maemae.proof.oracle.money import VIRTUAL

CODE = "123450"
NEW = "923450"
FRI = OPENS + timedelta(days=1)
EARLY = FRI - timedelta(minutes=5)
MON = FRI + timedelta(days=3)


def held(
    quantity: int = 30,
    price: int = 50_500,
    close: int = 50_000,
    owners: int = 0,
    beside: int = 0,
    **exits: Any,
) -> Table:
    """Return a desk on the morning after it bought, its last day closed at a price."""
    wanted = Exits(**exits) if exits else Exits(stop_loss=Decimal("0.05"))
    told = rules(exits=wanted)
    state = State(told.costs)
    facts = [
        rec.DayOpened(at=OPENS, day=OPENS.date(), cash=10_000_000,
            holdings={CODE: owners, "000660": beside}),
        rec.Intended(
            at=OPENS, intent="20220602-00001", book="scalper", side=Side.BUY,
            listed=Listed(code=CODE), quantity=quantity, reserve=quantity * price * 13 // 10,
            reason="candidate", exits=wanted,
        ),
        rec.Accepted(at=OPENS, intent="20220602-00001", order_no=1),
        rec.Filled(
            at=OPENS, intent="20220602-00001", quantity=quantity, amount=quantity * price,
            executed=OPENS,
        ),
        rec.DayClosed(at=OPENS.replace(hour=15, minute=31), day=OPENS.date(), closes={CODE: close}),
    ]  # fmt: skip
    for fact in facts:
        state.apply(fact)
    table = Table(Desk(told, facts), now=EARLY)
    table.records += facts
    table.say(
        ev.Started(
            at=EARLY, opens=FRI, auction=FRI.replace(hour=15, minute=20),
            closes=FRI.replace(hour=15, minute=30),
        )
    )  # fmt: skip
    return table


def morning(table: Table, base: int | None, times: int = 2, **shares: int) -> None:
    """Let the broker tell its shares, and the base price of the name, so many times."""
    cash = table.desk.state.cash
    for _ in range(times):
        table.balance(cash, **shares)
        if base is not None:
            based(table, CODE, base)
        table.later()


def based(table: Table, code: str, base: int) -> None:
    table.say(
        ev.Price(
            at=table.now, code=code, price=base, polled=True, base=base, listed=Listed(code=code)
        )
    )


def position(table: Table, code: str = CODE) -> Position:
    return table.desk.state.portfolio.positions["scalper", code]


def replayed(table: Table) -> bool:
    state = State(table.desk.rules.costs)
    for record in table.records:
        state.apply(record)
    return state.portfolio.positions == table.desk.state.portfolio.positions


def test_a_split_is_converted_and_nothing_is_sold() -> None:
    table = held(stop_loss=Decimal("0.05"), trailing=Decimal("0.1"))
    paid = position(table).paid
    morning(table, 10_000, c123450=150)
    table.now = FRI
    table.price(CODE, 10_010)
    assert table.sends() == []
    mine = position(table)
    assert (mine.quantity, mine.paid, mine.high) == (150, paid, 10_100)
    assert table.desk.state.portfolio.foreign == {}
    assert table.desk.loss() < paid * 2 // 100
    assert not table.desk.state.portfolio.withheld
    assert replayed(table)
    table.price(CODE, 9_400)
    assert [(send.side, send.quantity) for send in table.sends()] == [(Side.SELL, 150)]


@pytest.mark.parametrize(
    ("owners", "shares", "base", "mine", "theirs"),
    [
        (7, 185, 10_000, 150, 35),
        (0, 6, 250_000, 6, 0),
        (0, 33, 45_500, 33, 0),
        (3, 36, 45_500, 33, 3),
        (0, 60, 25_000, 60, 0),
    ],
)
def test_each_book_gets_its_part(
    owners: int, shares: int, base: int, mine: int, theirs: int
) -> None:
    table = held(owners=owners)
    morning(table, base, c123450=shares)
    assert position(table).quantity == mine
    assert table.desk.state.portfolio.foreign.get(CODE, 0) == theirs
    assert table.desk.state.portfolio.holdings() == {CODE: shares}


def test_rights_that_leave_fire_no_stop_and_the_stop_goes_on_below() -> None:
    table = held(stop_loss=Decimal("0.05"), trailing=Decimal("0.1"))
    morning(table, 45_000, c123450=30)
    table.now = FRI
    table.price(CODE, 45_000)
    assert table.sends() == []
    mine = position(table)
    assert (mine.quantity, mine.rights, mine.high) == (30, 150_000, 45_450)
    assert "rights_detached" in [one.partition(":")[0] for one in table.incidents()]
    table.price(CODE, 43_000)
    assert len(table.sends()) == 1
    assert replayed(table)


def test_new_shares_that_were_for_nothing_come_to_the_book_weeks_later() -> None:
    table = held()
    morning(table, 25_000, c123450=30)
    assert position(table).rights == 750_000
    table.now = FRI
    table.price(CODE, 25_100)
    morning(table, None, c123450=60)
    assert (position(table).quantity, position(table).rights) == (60, 0)
    assert table.desk.state.portfolio.foreign == {}
    assert table.sends() == []


@pytest.mark.parametrize("elsewhere", [0, 100_000])
@pytest.mark.parametrize("stated", [True, False])
@pytest.mark.parametrize("paid", [0, 24_000, 25_000])
def test_as_many_shares_that_somebody_has_bought_are_no_new_shares_of_rights(
    paid: int, elsewhere: int, *, stated: bool
) -> None:
    """Seed 71200110: he bought by phone as many as were to come, and a book sold them."""
    table = held()
    morning(table, 25_000, c123450=30)
    table.now = FRI
    table.price(CODE, 25_000)
    cash = table.desk.state.cash - 30 * paid - elsewhere
    bought = {"bought": 30 * paid + elsewhere, "sold": 0} if stated else {}
    for _ in range(4):
        table.later(2)
        table.inquire(*table.known())
        shown = (ev.Holding(code=CODE, quantity=60, price=25_000),)
        asked = table.desk.state.version
        table.say(ev.Balance(at=table.now, cash=cash, holdings=shown, asked=asked, **bought))
    assert position(table).quantity == (30 if paid else 60)
    assert table.desk.state.portfolio.foreign == ({CODE: 30} if paid else {})


def trade(table: Table, number: int, shares: int, book: str = "scalper") -> None:
    """Let a book have bought shares, or sold fewer than none."""
    intent, amount = f"20220603-{number:05}", abs(shares) * 25_000
    side = Side.BUY if shares > 0 else Side.SELL
    at = table.now
    for fact in (
        rec.Intended(at=at, intent=intent, book=book, side=side, listed=Listed(code=CODE),
            quantity=abs(shares), reserve=amount, reason="test", exits=Exits()),
        rec.Accepted(at=at, intent=intent, order_no=100 + number),
        rec.Filled(at=at, intent=intent, quantity=abs(shares), amount=amount, executed=at),
    ):  # fmt: skip
        table.desk.state.apply(fact)
        table.records.append(fact)


@pytest.mark.parametrize("opening", [True, False])
@pytest.mark.parametrize(
    ("owners", "trades", "mine", "theirs"),
    [
        (0, [], 60, 0),
        (10, [], 60, 20),
        (0, [-15], 30, 15),
        (10, [-15], 30, 35),
        (0, [-10, -10], 20, 20),
        (0, [30], 90, 0),
        (0, [30, -30], 45, 15),
        (0, [-30, 10], 10, 30),
    ],
)
def test_new_shares_belong_to_what_was_held_without_its_rights(
    owners: int, trades: list[int], mine: int, theirs: int, *, opening: bool
) -> None:
    """What was bought since gets none; those of what was sold since are the owner's."""
    table = held(owners=owners)
    morning(table, 25_000, c123450=30 + owners)
    table.now = FRI
    for number, shares in enumerate(trades):
        trade(table, number, shares)
    shown = table.desk.state.portfolio.shares(CODE)
    if opening:
        closes = rec.DayClosed(at=table.later(), day=FRI.date(), closes={CODE: 25_000})
        table = Table(
            Desk(table.desk.rules, [*table.records, closes]), now=MON - timedelta(minutes=5)
        )
        table.say(
            ev.Started(
                at=table.now, opens=MON, auction=MON.replace(hour=15, minute=20),
                closes=MON.replace(hour=15, minute=30),
            )
        )  # fmt: skip
    morning(table, 25_000, c123450=shown + 30 + owners)
    assert (position(table).quantity, position(table).rights) == (mine, 0)
    assert table.desk.state.portfolio.foreign == ({CODE: theirs} if theirs else {})
    assert CODE not in table.desk.state.portfolio.detached


@pytest.mark.parametrize("overnight", [-50_000, 0, 72_170])
@pytest.mark.parametrize("price", [1_032, 60_000, 900_000])
def test_won_for_parts_of_a_share_are_no_sale_that_the_day_has_to_explain(
    overnight: int, price: int
) -> None:
    """They come in over the night, and what the owner trades by phone is followed as ever."""
    table = held()
    cash, other = table.desk.state.cash + overnight, 0

    def shown() -> None:
        mine = ev.Holding(code=CODE, quantity=30, price=50_000)
        holdings = (mine, *[ev.Holding(code="000660", quantity=1, price=price)] * other)
        version = table.desk.state.version
        table.say(
            ev.Balance(
                at=table.later(2), cash=cash - other * price, holdings=holdings, asked=version,
                bought=other * price, sold=0,
            )
        )  # fmt: skip
        table.inquire(*table.known())

    shown()
    table.now = FRI
    based(table, CODE, 50_000)
    other = 1
    for _ in range(6):
        shown()
    assert table.desk.state.portfolio.foreign == {"000660": 1}
    assert table.desk.state.cash == cash - price
    assert table.desk.agreed


def test_shares_that_the_owner_bought_are_the_owners() -> None:
    table = held()
    morning(table, 50_000, c123450=40)
    assert not table.desk.state.portfolio.withheld
    assert position(table).quantity == 30
    assert table.desk.state.portfolio.foreign == {CODE: 10}


def test_one_witness_is_not_enough_and_the_owner_is_asked_once() -> None:
    table = held()
    morning(table, 250_000, c123450=30)  # Five became one, and the shares are not there yet.
    assert table.desk.state.portfolio.withheld == {CODE}
    table.now = FRI
    table.price(CODE, 250_000)
    table.now = FRI + LONGEST
    table.say(ev.Timer(at=table.now, name="units"))
    said = [r.detail for r in table.records if isinstance(r, rec.Incident)]
    assert said == ["123450: 30 > 30, 50000 > 250000 won"]
    for price in (250_000, 40_000):
        table.price(CODE, price)
    table.say(ev.FlattenOrdered(at=table.later(), reason="test"))
    morning(table, 250_000, c123450=6)
    assert table.sends() == []
    assert table.desk.state.portfolio.foreign == {}
    assert position(table).quantity == 30


def said(table: Table, shares: int, into: str = "") -> rec.Record:
    table.say(ev.UnitOrdered(at=table.later(), ticket="t", code=CODE, shares=shares, into=into))
    (answer,) = [r for r in table.records if getattr(r, "ticket", "") == "t"]
    return answer


def doubted() -> Table:
    table = held()
    morning(table, 250_000, c123450=30)
    table.now = FRI + LONGEST
    table.say(ev.Timer(at=table.now, name="units"))
    morning(table, 250_000, c123450=6)
    assert table.desk.state.portfolio.doubted
    return table


def test_a_persons_word_settles_it() -> None:
    table = doubted()
    answer = said(table, 6)
    assert isinstance(answer, rec.UnitChanged)
    assert answer.shares == {"scalper": 6}
    assert position(table).quantity == 6
    assert not table.desk.state.portfolio.withheld
    table.price(CODE, 200_000)
    assert len(table.sends()) == 1
    assert replayed(table)


@pytest.mark.parametrize(("shares", "rule"), [(7, "not_shown"), (40_000, "nonsense")])
def test_nonsense_is_refused(shares: int, rule: str) -> None:
    answer = said(doubted(), shares)
    assert isinstance(answer, rec.UnitRefused)
    assert answer.rule == rule


def test_a_word_after_a_restart_is_held_against_what_the_first_balance_showed() -> None:
    table = held()
    morning(table, None, c923450=20, c923460=9)
    table.now = FRI + LONGEST
    table.say(ev.Timer(at=table.now, name="units"))
    assert table.desk.state.portfolio.doubted
    again = Table(Desk(table.desk.rules, table.records), now=table.now, records=table.records)
    answer = said(again, 1)
    assert isinstance(answer, rec.UnitRefused)
    assert answer.rule == "not_shown"


def test_the_same_shares_under_a_new_code_are_found_by_their_worth() -> None:
    table = held()
    table.balance(table.desk.state.cash, c923450=30)
    based(table, NEW, 50_000)
    table.later()
    table.balance(table.desk.state.cash, c923450=30)
    based(table, NEW, 50_000)
    table.later()
    table.balance(table.desk.state.cash, c923450=30)
    mine = position(table, NEW)
    assert (mine.quantity, mine.listed.code, mine.rights) == (30, NEW, 0)
    assert ("scalper", CODE) not in table.desk.state.portfolio.positions
    assert table.desk.state.portfolio.holdings() == {NEW: 30}
    table.now = FRI
    table.price(NEW, 40_000)
    assert [(send.code, send.quantity) for send in table.sends()] == [(NEW, 30)]
    assert replayed(table)


@pytest.mark.parametrize(
    ("base", "shares", "into"),
    [
        (10_000, 150, CODE),
        (500_000, 3, CODE),
        (45_000, 30, CODE),
        (50_000, 30, NEW),
        (25_000, 60, NEW),
        (100_000, 15, NEW),
    ],
)
@pytest.mark.parametrize("owners", [0, 20])
def test_the_day_is_held_against_the_shares_that_there_are(
    owners: int, base: int, shares: int, into: str
) -> None:
    """A capital in percent goes by it; the second reading of the facts has the same."""
    table = held(owners=owners)
    cash = table.desk.state.cash
    shown = shares * (30 + owners) // 30
    for _ in range(3):
        holding = ev.Holding(code=into, quantity=shown, price=base, base=base)
        state = table.desk.state
        table.say(ev.Balance(at=table.now, cash=cash, holdings=(holding,), asked=state.version))
        based(table, into, base)
        table.later()
    state, facts = table.desk.state, Facts(VIRTUAL)
    assert position(table, into).quantity == shares
    for record in table.records:
        facts.apply(record)
    assert state.opening_worth == facts.opened_worth == cash + shares * base


def test_a_merger_is_asked_and_gives_nothing_to_the_owner() -> None:
    table = held()
    for _ in range(3):
        table.balance(table.desk.state.cash, c923450=21)
        based(table, NEW, 90_000)
        table.later()
    table.now = FRI + LONGEST
    table.say(ev.Timer(at=table.now, name="units"))
    table.balance(table.desk.state.cash, c923450=21)
    assert table.desk.state.portfolio.withheld == {CODE, NEW}
    assert table.desk.state.portfolio.foreign == {}
    assert not [r for r in table.records if isinstance(r, rec.PositionLost | rec.OwnerTraded)]
    assert isinstance(said(table, 21, NEW), rec.UnitChanged)
    assert table.desk.state.portfolio.holdings() == {NEW: 21}
    assert position(table, NEW).quantity == 21


def vanished() -> Table:
    """A name of which neither shares nor a price are there in the morning: a merger, a buy-out."""
    table = held(beside=1)
    for _ in range(8):
        table.balance(table.desk.state.cash, c000660=1)
        table.inquire(*table.known())
        table.later()
    table.now = FRI + LONGEST
    for _ in range(8):
        table.say(ev.Timer(at=table.now, name="units"))
        table.balance(table.desk.state.cash, c000660=1)
        table.inquire(*table.known())
        table.later()
    return table


def test_a_name_that_is_gone_altogether_is_asked_and_not_written_off() -> None:
    table = vanished()
    assert table.desk.state.portfolio.doubted.keys() == {CODE}
    assert position(table).quantity == 30
    assert table.incidents().count("unit_unclear") == 1
    assert "position_lost" not in table.incidents()
    table.price(CODE, 10_000)
    assert table.sends() == []


def test_nothing_that_is_left_of_it_is_a_persons_word() -> None:
    table = vanished()
    assert isinstance(said(table, 0), rec.UnitChanged)
    assert table.desk.state.portfolio.holdings() == {"000660": 1}
    assert table.desk.loss() == 0
    assert replayed(table)


def test_what_is_held_still_is_not_gone_by_a_persons_word() -> None:
    table = held()
    morning(table, 50_000, c123450=30)
    refused = said(table, 0)
    assert isinstance(refused, rec.UnitRefused)
    assert refused.rule == "nonsense"


def test_shares_that_are_there_again_have_their_exits_again() -> None:
    table = vanished()
    for _ in range(2):
        table.balance(table.desk.state.cash, c000660=1, c123450=30)
        based(table, CODE, 50_000)
        table.later()
    assert table.desk.state.portfolio.withheld == frozenset()
    assert "unit_there_again" in table.incidents()
    assert replayed(table)
    table.price(CODE, 46_000)
    assert [(send.code, send.quantity) for send in table.sends()] == [(CODE, 30)]


def test_what_a_name_became_may_come_days_later() -> None:
    table = vanished()
    day = table.now + timedelta(days=3)
    desk = Desk(table.desk.rules, table.records)
    table = Table(desk, now=day.replace(hour=8, minute=55))
    opens = day.replace(hour=9, minute=0, second=0)
    table.say(
        ev.Started(
            at=table.now, opens=opens, auction=opens.replace(hour=15, minute=20),
            closes=opens.replace(hour=15, minute=30),
        )
    )  # fmt: skip
    for _ in range(8):
        table.balance(desk.state.cash, c000660=1, c923450=21)
        table.inquire(*table.known())
        table.later()
    portfolio = desk.state.portfolio
    assert portfolio.foreign == {"000660": 1}
    assert "unit_unclear" in table.incidents()
    assert isinstance(said(table, 21, NEW), rec.UnitChanged)
    assert portfolio.positions["scalper", NEW].quantity == 21


def test_spun_off_shares_are_the_owners_once_a_person_has_said_what_ours_are() -> None:
    table = held(take_profit=Decimal(9))
    shares = {"c123450": 15, "c923450": 15}
    morning(table, 50_000, **shares)
    table.now = FRI + LONGEST
    table.say(ev.Timer(at=table.now, name="units"))
    assert isinstance(said(table, 15), rec.UnitChanged)
    for _ in range(3):
        table.later()
        table.balance(table.desk.state.cash, **shares)
        table.inquire(*table.known())
    assert table.desk.state.portfolio.foreign == {NEW: 15}
    assert position(table).quantity == 15


def test_spun_off_shares_on_a_page_that_is_missing_leave_the_name_unclear() -> None:
    """The first balance showed them; after a restart the next one had a page less."""
    table = held(take_profit=Decimal(9))
    morning(table, None, times=1, c123450=21, c923450=9)
    again = Table(Desk(table.desk.rules, table.records), now=FRI, records=table.records)
    again.say(
        ev.Started(
            at=again.now, opens=FRI, auction=FRI.replace(hour=15, minute=20),
            closes=FRI.replace(hour=15, minute=30),
        )
    )  # fmt: skip
    morning(again, 50_000, c123450=21)
    assert not [r for r in again.records if isinstance(r, rec.UnitsConfirmed)]
    again.later(LONGEST.total_seconds())
    again.say(ev.Timer(at=again.now, name="units"))
    assert again.desk.state.portfolio.doubted.keys() == {CODE}
    assert again.sends() == []


def test_a_silent_broker_leaves_the_stop_off_for_half_a_minute_at_most() -> None:
    table = held()
    morning(table, None, c123450=30)
    table.now = FRI
    table.price(CODE, 40_000)
    assert table.sends() == []
    table.now = FRI + LONGEST
    table.say(ev.Timer(at=table.now, name="units"))
    assert len(table.sends()) == 1


def test_a_page_that_is_missing_is_no_reverse_split() -> None:
    table = held()
    morning(table, 10_000, times=1)
    morning(table, 10_000, c123450=150)
    assert position(table).quantity == 150


def test_a_restart_in_the_day_goes_on_where_it_was() -> None:
    table = held()
    morning(table, 10_000, times=1, c123450=150)
    again = Table(Desk(table.desk.rules, table.records), now=table.now, records=table.records)
    again.say(
        ev.Started(
            at=again.now, opens=FRI, auction=FRI.replace(hour=15, minute=20),
            closes=FRI.replace(hour=15, minute=30),
        )
    )  # fmt: skip
    morning(again, 10_000, c123450=150)
    assert position(again).quantity == 150
    assert again.desk.state.portfolio.foreign == {}


def test_ledgers_of_before_give_the_rest_to_the_owner_as_they_did() -> None:
    state = State(CostRules.REAL)
    state.apply(rec.DayOpened(at=OPENS, day=OPENS.date(), cash=1, holdings={CODE: 5}))
    assert state.portfolio.foreign == {CODE: 5}
    assert not state.portfolio.withheld


# The judgement alone.

_DAY = date(2023, 3, 2)


def told(**more: Any) -> Told:
    facts: dict[str, Any] = {
        "listed": Listed(code=CODE),
        "before": 30,
        "now": 30,
        "last": 50_000,
        "base": 50_000,
    }
    return Told(**(facts | {"risen": {}, "bases": {}} | more))


ARRIVED: dict[str, Any] = {"rights": Fraction(2), "last": 25_000, "base": 25_000}
"""A day after the price has halved for rights that left."""


def verdict(one: Told) -> Verdict:
    tick = tick_size(one.base or one.last, _DAY, one.listed.market)
    return judge(one, tick, limit_percent(_DAY, one.listed.market))


@given(
    st.integers(1, 100_000),
    st.integers(1_000, 400_000),
    st.sampled_from(
        [(1, 2), (1, 5), (1, 10), (2, 1), (5, 1), (10, 1), (2, 3), (100, 103), (10, 13)]
    ),
)
def test_every_usual_ratio_is_seen_where_prices_and_shares_agree(
    shares: int, last: int, ratio: tuple[int, int]
) -> None:
    old, new = ratio
    now = shares * new // old
    base = ceil_to_tick(last * old // new, _DAY, Listed(code=CODE).market)
    one = told(before=shares, now=now, last=last, base=base)
    allowed = {Verdict.CHANGED}
    if now in (0, shares):
        allowed = {Verdict.UNCLEAR, Verdict.RIGHTS, Verdict.SAME}
    if abs(base - last) <= tick_size(base, _DAY, one.listed.market):
        allowed.add(Verdict.SAME)
    assert verdict(one) in allowed


@given(st.integers(1_000, 400_000), st.integers(0, 5), st.integers(70, 130))
def test_trading_alone_is_never_a_change_of_unit(last: int, missed: int, percent: int) -> None:
    base = last if not missed else last * percent // 100
    assert verdict(told(last=last, base=base, missed=missed)) is Verdict.SAME


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"base": 45_000}, Verdict.RIGHTS),
        ({"base": 45_000, "missed": 1}, Verdict.SAME),
        ({"base": 10_000, "missed": 1}, Verdict.UNCLEAR),
        ({"base": 10_000, "now": 150, "missed": 1}, Verdict.CHANGED),
        ({"base": 10_000, "now": 151}, Verdict.UNCLEAR),
        ({"now": 21, "risen": {NEW: 9}}, Verdict.UNCLEAR),
        ({"now": 0, "risen": {NEW: 30}, "bases": {NEW: 50_000}}, Verdict.MOVED),
        (
            {"now": 0, "risen": {NEW: 30}, "bases": {NEW: 50_000}, "gone": frozenset({"000660"})},
            Verdict.UNCLEAR,
        ),
        ({"now": 21}, Verdict.SAME),
        ({"now": 15, "last": 0, "base": 100_000}, Verdict.UNCLEAR),
        ({"last": 0}, Verdict.SAME),
        ({"now": 60, "fresh": frozenset({NEW})}, Verdict.UNCLEAR),
        ({"now": 60}, Verdict.SAME),
        ({"base": None, "now": 150}, Verdict.UNCLEAR),
        ({"base": None, "price": 10_000}, Verdict.UNCLEAR),
        ({"base": None, "price": 36_000}, Verdict.SAME),
        (ARRIVED | {"now": 60, "entitled": 30}, Verdict.ARRIVED),
        (ARRIVED | {"now": 33, "entitled": 30}, Verdict.SAME),
        (ARRIVED | {"now": 33, "entitled": 3}, Verdict.ARRIVED),
        (ARRIVED | {"now": 60, "entitled": 3}, Verdict.SAME),
        (ARRIVED | {"now": 60, "entitled": 0}, Verdict.SAME),
    ],
)
def test_what_is_made_of_what_is_told(more: dict[str, Any], expected: Verdict) -> None:
    assert verdict(told(**more)) is expected


@given(
    st.dictionaries(st.sampled_from(["a", "b", "c", OWNER]), st.integers(1, 10_000), min_size=1),
    st.integers(1, 100_000),
)
def test_nothing_is_lost_or_made_when_shares_are_given_out(
    held_before: dict[str, int], after: int
) -> None:
    given_out = share_out(held_before, after)
    assert sum(given_out.values()) == after
    for book, shares in held_before.items():
        exact = Fraction(shares * after, sum(held_before.values()))
        assert abs(given_out[book] - exact) < 1


def test_shares_that_were_written_off_are_converted_with_those_that_are_held() -> None:
    table = held(30)
    portfolio = table.desk.state.portfolio
    portfolio.lose("scalper", CODE, 10)
    change = rec.UnitChanged(
        at=FRI, code=CODE, before=20, after=100, shares={"scalper": 100}, price_was=5, price_is=1,
        listed=Listed(code=NEW),
    )  # fmt: skip
    portfolio.convert(change)
    (gone,) = portfolio.lost.values()
    assert (gone.quantity, gone.paid, gone.high) == (50, 505_000, 10_100)
    portfolio.restore("scalper", NEW, 50)
    back = portfolio.positions["scalper", NEW]
    assert (back.quantity, back.paid, back.listed.code) == (150, 1_515_000, NEW)
    assert portfolio.lost == {}


def restarted(table: Table) -> Table:
    """Kill the process and let it live again a minute after the open."""
    again = Table(Desk(table.desk.rules, list(table.records)), now=FRI + timedelta(minutes=1))
    again.records += table.records
    again.say(
        ev.Started(
            at=again.now, opens=FRI, auction=FRI.replace(hour=15, minute=20),
            closes=FRI.replace(hour=15, minute=30),
        )
    )  # fmt: skip
    return again


@pytest.mark.parametrize(
    ("shares", "base", "unclear"), [(30, 50_000, False), (150, 10_000, False), (30, 48_000, False)]
)
def test_exits_wait_no_longer_for_a_balance_that_does_not_come(
    shares: int, base: int, unclear: bool
) -> None:
    table = held()
    table.balance(table.desk.state.cash, c123450=shares)
    again = restarted(table)
    assert again.desk.state.portfolio.unchecked == {CODE}
    for _ in range(3):
        based(again, CODE, base)
        again.later(10)
    based(again, CODE, base)
    assert again.desk.state.portfolio.unchecked == set()
    assert bool(again.desk.state.portfolio.doubted) is unclear
    again.price(CODE, base * 9 // 10)
    assert [(send.side, send.quantity) for send in again.sends()] == [(Side.SELL, shares)]


OTHER = "123460"


def joined(shares: int = 65, close: int = 10_000, base: int = 10_000, **fresh: int) -> Table:
    """A merger: one name is gone, of another that we hold there are more; others may be there."""
    table = held(44, 5_000, 5_000) if close > base else held()
    facts = [
        rec.Intended(
            at=OPENS, intent="20220602-00002", book="scalper", side=Side.BUY,
            listed=Listed(code=OTHER), quantity=5, reserve=65_000, reason="candidate",
            exits=Exits(stop_loss=Decimal("0.05")),
        ),
        rec.Accepted(at=OPENS, intent="20220602-00002", order_no=2),
        rec.Filled(
            at=OPENS, intent="20220602-00002", quantity=5, amount=50_000, executed=OPENS
        ),
    ]  # fmt: skip
    last = {CODE: table.desk.state.portfolio.closes[CODE], OTHER: close}
    known = [one for one in table.records if not isinstance(one, rec.DayClosed)]
    closes = rec.DayClosed(at=OPENS.replace(hour=15, minute=31), day=OPENS.date(), closes=last)
    desk = Desk(table.desk.rules, [*known, *facts, closes])
    table = Table(desk, now=EARLY)
    table.say(
        ev.Started(
            at=EARLY, opens=FRI, auction=FRI.replace(hour=15, minute=20),
            closes=FRI.replace(hour=15, minute=30),
        )
    )  # fmt: skip
    cash = table.desk.state.cash
    for second in range(0, 360, 20):
        table.now = EARLY + timedelta(seconds=second)
        table.balance(cash, c123460=shares, **fresh)
        based(table, OTHER, base)
    return table


def test_shares_of_a_name_that_was_cut_and_joined_in_one_night_are_not_sold_as_what_they_were() -> (
    None
):
    """Two of our five are there still, 63 are another's, and three stand under a new name."""
    table = joined(c923460=3)
    portfolio = table.desk.state.portfolio
    assert portfolio.doubted.keys() == {CODE, OTHER}
    table.price(OTHER, 9_400)
    assert table.sends() == []
    assert portfolio.foreign == {}
    # What came is told apart from what was there only once it is said what became of that.
    refused = said(table, 63, OTHER)
    assert isinstance(refused, rec.UnitRefused)
    assert (refused.rule, refused.detail) == ("into_unclear", OTHER)
    words = ((OTHER, 2, ""), (CODE, 63, OTHER))
    for code, shares, into in words:
        order = ev.UnitOrdered(at=table.now, ticket=code, code=code, shares=shares, into=into)
        table.say(order)
    assert portfolio.holdings() == {OTHER: 65}


def test_shares_that_became_more_of_a_name_we_hold_are_not_the_owners() -> None:
    table = joined()
    portfolio = table.desk.state.portfolio
    assert portfolio.foreign == {}
    assert portfolio.doubted.keys() == {CODE}
    assert portfolio.doubted[CODE].others == (OTHER,)
    table.price(OTHER, 9_400)
    assert [(send.code, send.quantity) for send in table.sends()] == [(OTHER, 5)]
    table.price(CODE, 10_000)
    assert len(table.sends()) == 1


def test_the_new_shares_of_a_split_are_not_what_another_name_became() -> None:
    """Two of a dear name fitted 44 of a cheap one that its owner had taken out of the account."""
    table = joined(7, close=145_200, base=96_800)
    portfolio = table.desk.state.portfolio
    assert portfolio.doubted.keys() == {CODE}
    assert portfolio.doubted[CODE].others == ()
    assert portfolio.positions["scalper", OTHER].quantity == 7
    assert portfolio.positions["scalper", CODE].quantity == 44


def test_more_shares_are_the_owners_once_it_is_said_that_they_were_no_others_of_ours() -> None:
    """They were what shares of the owner's had become; the books differed all day."""
    table = joined()
    table.say(ev.UnitOrdered(at=table.later(), ticket="t", code=CODE, shares=0))
    for _ in range(4):
        table.inquire(*table.known())
        version, state = table.desk.state.version, table.desk.state
        line = ev.Holding(code=OTHER, quantity=65, price=10_000)
        table.say(
            ev.Balance(
                at=table.later(), cash=state.cash, holdings=(line,), asked=version, bought=0, sold=0
            )
        )
    assert table.desk.state.portfolio.foreign == {OTHER: 60}
    assert position(table, OTHER).quantity == 5


@pytest.mark.parametrize(("shown", "kept"), [({"c123450": 29}, 29), ({"c000660": 0}, 0), ({}, 30)])
def test_shares_that_a_night_paid_out_are_written_off_and_said(
    shown: dict[str, int], kept: int
) -> None:
    """Where the balance shows nothing at all, that is no witness."""
    table = held()
    based(table, CODE, 50_000)
    for _ in range(40):
        table.balance(table.desk.state.cash, **shown)
        table.inquire(*table.known())
        table.later(10)
    assert table.desk.state.portfolio.shares(CODE) == kept
    assert ("position_lost" in table.incidents()) is (kept < 30)


def test_what_the_owner_sold_overnight_was_not_sold_again_today() -> None:
    """Of his seven shares the owner sold five overnight; today the other two, and he bought."""
    table = held(owners=7)
    cash = table.desk.state.cash

    def look(shares: int, sold: int, bought: int = 0) -> None:
        mine = ev.Holding(code=CODE, quantity=shares, price=50_000)
        other = ev.Holding(code=OTHER, quantity=bought // 10_000, price=10_000)
        version = table.desk.state.version
        table.inquire(*table.known())
        table.say(
            ev.Balance(
                at=table.now, cash=cash + sold - bought, holdings=(mine, other), asked=version,
                bought=bought, sold=sold,
            )
        )  # fmt: skip
        based(table, CODE, 50_000)
        table.later(5)

    for shares in (32, 32, 32, 32):
        look(shares, 0)
    assert table.desk.state.portfolio.foreign == {CODE: 2}
    for _ in range(4):
        look(30, 100_000, 90_000)
    assert table.desk.state.portfolio.foreign == {OTHER: 9}
    assert table.desk.state.cash == cash + 10_000


def test_what_the_first_balance_lacked_did_not_go_overnight() -> None:
    """A page was missing in the morning; in the day the owner sells and buys."""
    table = held(owners=7)
    cash = table.desk.state.cash

    def look(cash: int, bought: int, sold: int, **shares: int) -> None:
        holdings = tuple(
            ev.Holding(code=c.removeprefix("c"), quantity=n, price=50_000)
            for c, n in shares.items()
        )
        version = table.desk.state.version
        table.inquire(*table.known())
        table.say(
            ev.Balance(
                at=table.now, cash=cash, holdings=holdings, asked=version, bought=bought, sold=sold
            )
        )
        based(table, CODE, 50_000)
        table.later(5)

    look(cash, 0, 0, c000660=0)
    for _ in range(3):
        look(cash, 0, 0, c123450=37)
    for _ in range(6):
        look(cash + 10_000, 340_000, 350_000, c123450=30, c000660=7)
    assert table.desk.state.portfolio.foreign == {"000660": 7}
    assert table.desk.state.cash == cash + 10_000


def test_shares_written_off_of_a_name_that_became_another_join_those_of_that() -> None:
    """They replaced them: what had been lost of the other name could not come back any more."""
    state = facts.opened()
    lost = {"101410": (60, 160, 4_600), "101490": (33, 331, 6_000)}
    for code, (kept, gone, price) in lost.items():
        facts.held(state, code, quantity=kept + gone, price=price)
        state.apply(rec.PositionLost(at=facts.NOW, book="book", code=code, quantity=gone))
    state.apply(
        rec.UnitChanged(
            at=facts.NOW, code="101410", before=60, after=42, shares={"book": 42}, price_was=42,
            price_is=60, base=0, listed=rec.Listed(code="101490"), reason="person", ticket="",
        )
    )  # fmt: skip
    (one,) = state.portfolio.lost.values()
    assert (one.listed.code, one.quantity) == ("101490", 331 + 160 * 42 // 60)
    assert one.paid == 331 * 6_000 + 160 * 4_600
