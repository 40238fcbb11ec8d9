"""Comparing with the broker's books step by step: when a difference counts, and what follows."""

from copy import deepcopy
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from tests.desk.facts import CASH, NOW, held, opened, order

from maemae.desk import records as rec
from maemae.desk.commands import Ask, Command, Wake
from maemae.desk.difference import Difference, arriving, compare, explained, quiet
from maemae.desk.events import Balance, Execution, Holding, Query
from maemae.desk.orders import OrderState
from maemae.desk.reconciling import AGAIN, LOOKS, LOOKS_TO_LOSE, Reconciler
from maemae.desk.state import State
from maemae.desk.tracking import REVIVED
from maemae.desk.turn import Turn
from maemae.desk.turnover import (
    Listed,
    Unbooked,
    accounts_for,
    listed,
    may_be_back,
    newly_moved_in_doubt,
    proves,
    repeats_the_past,
)
from maemae.market.costs import CostRules
from maemae.market.kinds import Side

S = OrderState


def balance(state: State, cash: int | None = None, price: int = 0, **shares: int) -> Balance:
    """A balance asked at this moment; shares as `c005930=3`, ours where nothing is said."""
    theirs = {c.removeprefix("c"): n for c, n in shares.items()} or state.portfolio.holdings()
    return Balance(
        at=NOW,
        cash=state.cash if cash is None else cash,
        holdings=tuple(Holding(code=c, quantity=n, price=price) for c, n in theirs.items()),
        asked=state.version,
    )


class Bench:
    """A reconciler and a state, with what each look led to."""

    def __init__(self, state: State | None = None) -> None:
        self.state = state or opened()
        self.reconciler = Reconciler(agreed=True)
        self.at = NOW

    def look(self, *, inquired: bool = True, closed: bool = False, **given: Any) -> Turn:
        if inquired:
            self.reconciler.inquired()
        self.at += timedelta(seconds=1)
        turn = Turn(self.state, self.at)
        self.reconciler.check(turn, balance(self.state, **given), closed=closed)
        return turn

    def looks(self, count: int, **given: Any) -> list[Turn]:
        return [self.look(**given) for _ in range(count)]

    def asked_again(self, turn: Turn) -> list[Command]:
        """What a look does that decides nothing yet."""
        return [
            Ask(Query.EXECUTIONS, version=self.state.version),
            Wake("balance", self.at + AGAIN),
        ]


def kinds(turn: Turn) -> list[str]:
    return [type(record).__name__ for record in turn.records]


def test_how_often_is_looked() -> None:
    assert (LOOKS, LOOKS_TO_LOSE) == (2, 5)
    assert timedelta(seconds=1) == AGAIN


# Comparing.


def test_a_difference_is_the_brokers_minus_ours() -> None:
    state = opened(holdings={"000660": 5})
    held(state, quantity=10)
    found = compare(state, balance(state, cash=state.cash + 7, c005930=4, c035420=2))
    assert found == Difference(shares={"000660": -5, "005930": -6, "035420": 2}, cash=7)
    assert list(found.shares) == ["000660", "005930", "035420"]
    assert not compare(state, balance(state))


def test_a_line_without_shares_is_no_holding() -> None:
    state = opened()
    shown = Balance(at=NOW, cash=CASH, holdings=(Holding(code="005930", quantity=0, price=1),))
    assert not compare(state, shown)
    assert repeats_the_past(state, shown)


@pytest.mark.parametrize(
    ("shares", "cash", "differs"),
    [({}, 0, False), ({}, 1, True), ({}, -1, True), ({"005930": 1}, 0, True)],
)
def test_what_counts_as_a_difference(shares: dict[str, int], cash: int, differs: bool) -> None:
    assert bool(Difference(shares=shares, cash=cash)) is differs


@pytest.mark.parametrize(
    ("become", "calm"),
    [(S.INTENDED, False), (S.UNKNOWN, False), (S.WORKING, True), (S.NEVER_ARRIVED, True)],
)
def test_books_are_compared_when_nothing_is_on_its_way(become: S, calm: bool) -> None:
    state = opened()
    order(state, become=become)
    assert quiet(state, balance(state)) is calm


def test_a_balance_asked_before_the_last_fact_is_not_compared() -> None:
    state = opened()
    shown = balance(state)
    assert quiet(state, shown)
    state.apply(rec.Halted(at=NOW, level=rec.Halt.ENTRIES, reason="test"))
    held(state)
    assert not quiet(state, shown)


@pytest.mark.parametrize(
    ("side", "change", "is_explained"),
    [
        (Side.BUY, 6, True), (Side.BUY, 7, False), (Side.BUY, 1, True), (Side.BUY, -1, False),
        (Side.SELL, -6, True), (Side.SELL, -7, False), (Side.SELL, 1, False),
    ],
)  # fmt: skip
def test_a_working_order_explains_what_is_left_of_it(
    side: Side, change: int, is_explained: bool
) -> None:
    state = opened()
    held(state, quantity=100)
    order(state, side=side, quantity=10, filled=4)
    assert explained(state, Difference({"005930": change}, 0)) is is_explained
    assert not explained(state, Difference({"000660": change}, 0))
    assert not explained(state, Difference({}, 5))


def test_two_orders_explain_together() -> None:
    state = opened()
    order(state, quantity=3)
    order(state, quantity=4)
    assert explained(state, Difference({"005930": 7}, 0))
    assert not explained(state, Difference({"005930": 8}, 0))


# Looking again.


def test_agreement_is_a_fact_only_after_a_difference() -> None:
    bench = Bench()
    assert bench.look().records == []
    bench.reconciler.begin_again()
    turn = bench.look(inquired=False)
    assert turn.records == [rec.Reconciled(at=bench.at, cash=CASH)]
    assert turn.commands == []
    assert bench.look().records == []
    bench.reconciler.tell = True
    assert kinds(bench.look()) == ["Reconciled"]
    assert bench.look().records == []


def test_it_is_settled_when_balance_and_orders_were_both_looked_at() -> None:
    reconciler = Reconciler()
    assert (reconciler.agreed, reconciler.settled) == (False, False)
    reconciler.inquired()
    assert not reconciler.settled
    reconciler.agreed = True
    assert reconciler.settled
    reconciler.begin_again()
    assert (reconciler.agreed, reconciler.settled) == (False, False)
    reconciler.agreed = True
    assert not reconciler.settled


def test_a_balance_that_is_not_quiet_changes_nothing() -> None:
    bench = Bench()
    order(bench.state, become=S.UNKNOWN)
    turn = bench.look(cash=1)
    assert (turn.records, turn.commands) == ([], [])
    assert bench.reconciler.agreed


def test_cash_follows_the_broker_at_the_second_look() -> None:
    bench = Bench()
    first = bench.look(cash=CASH + 5)
    assert (first.records, first.commands) == ([], bench.asked_again(first))
    assert not bench.reconciler.agreed
    second = bench.look(cash=CASH + 5)
    assert second.records == [rec.CashStated(at=bench.at, difference=5, reason="costs")]
    assert second.commands == [Wake("balance", bench.at + AGAIN)]
    assert kinds(bench.look(cash=CASH + 5)) == ["Reconciled"]


def test_a_look_counts_only_with_the_orders_up_to_date() -> None:
    bench = Bench()
    bench.look(cash=CASH + 5)
    for _ in range(4):
        turn = bench.look(inquired=False, cash=CASH + 5)
        assert (turn.records, turn.commands) == ([], bench.asked_again(turn))
    assert kinds(bench.look(cash=CASH + 5)) == ["CashStated"]


def test_a_difference_that_changes_is_counted_anew() -> None:
    bench = Bench()
    for cash in (CASH + 5, CASH + 6, CASH + 5):
        assert bench.look(cash=cash).records == []
    assert kinds(bench.look(cash=CASH + 5)) == ["CashStated"]


def test_what_was_acted_on_has_to_be_seen_twice_again() -> None:
    bench = Bench()
    bench.looks(2, cash=CASH + 5)
    assert bench.look(cash=CASH + 9).records == []
    assert kinds(bench.look(cash=CASH + 9)) == ["CashStated"]


def test_the_same_difference_again_after_an_agreement_is_a_new_one() -> None:
    bench = Bench()
    bench.look(cash=CASH + 5)
    bench.look()
    assert bench.look(cash=CASH + 5).records == []


def test_what_a_working_order_may_explain_is_not_acted_on() -> None:
    bench = Bench()
    order(bench.state, quantity=10)
    for turn in bench.looks(8, c005930=10):
        assert turn.records == []
    assert not bench.reconciler.agreed


@pytest.mark.parametrize(
    ("listed", "follows"), [(3, ["OwnerTraded", "CashStated", "TurnoverStated"]), (2, [])]
)
def test_a_list_that_agrees_tells_the_owners_trades_from_those_of_a_working_order(
    listed: int, follows: list[str]
) -> None:
    """Else a limit order that rests all day hides all day what the owner does with its name."""
    bench = Bench()
    order(bench.state, quantity=10)
    bought = {"005930": listed}
    found = list[str]()
    for _ in range(LOOKS + 1):
        bench.at += timedelta(seconds=1)
        bench.reconciler.inquired(Listed(bought=30_000, sold=0, shares=bought))
        turn = Turn(bench.state, bench.at)
        bench.reconciler.check(
            turn,
            Balance(
                at=bench.at,
                cash=bench.state.cash - 30_000,
                holdings=(Holding(code="005930", quantity=3, price=10_000),),
                asked=bench.state.version,
                bought=30_000,
                sold=0,
            ),
        )
        found += kinds(turn)
    assert found == follows


# Acting on it.


def test_new_shares_are_the_owners() -> None:
    bench = Bench()
    turn = bench.looks(2, cash=CASH - 30_000, c005930=3)[-1]
    assert turn.records == [
        rec.OwnerTraded(at=bench.at, code="005930", change=3),
        rec.CashStated(at=bench.at, difference=-30_000, reason="owner_traded"),
    ]
    assert bench.state.portfolio.foreign == {"005930": 3}
    assert bench.state.halt is rec.Halt.NONE


def test_shares_that_the_owner_sold_are_taken_from_the_owners_first() -> None:
    bench = Bench(opened(holdings={"005930": 4}))
    held(bench.state, quantity=10)
    turn = bench.looks(2, cash=bench.state.cash + 40_000, c005930=10)[-1]
    assert turn.records == [
        rec.OwnerTraded(at=bench.at, code="005930", change=-4),
        rec.CashStated(at=bench.at, difference=40_000, reason="owner_traded"),
    ]
    assert bench.state.portfolio.holdings() == {"005930": 10}


def test_shares_of_ours_are_given_up_at_the_fifth_look_and_its_book_stands() -> None:
    bench = Bench(opened(holdings={"005930": 4}))
    held(bench.state, quantity=10)
    cash = bench.state.cash + 70_000
    for turn in bench.looks(4, cash=cash, c005930=7):
        assert turn.records == []
    turn = bench.look(cash=cash, c005930=7)
    assert turn.records == [
        rec.OwnerTraded(at=bench.at, code="005930", change=-4),
        rec.Incident(
            at=bench.at,
            kind="position_lost",
            detail="book 005930: 3",
        ),
        rec.PositionLost(at=bench.at, book="book", code="005930", quantity=3),
        rec.Halted(at=bench.at, level=rec.Halt.ENTRIES, reason="position_lost", book="book"),
        rec.CashStated(at=bench.at, difference=70_000, reason="owner_traded"),
    ]
    assert turn.commands == [Wake("balance", bench.at + AGAIN)]
    assert bench.state.portfolio.holdings() == {"005930": 7}


def test_several_books_lose_in_turn_and_no_more_than_is_missing() -> None:
    bench = Bench()
    held(bench.state, quantity=10, book="one")
    held(bench.state, quantity=10, book="two")
    held(bench.state, "000660", quantity=10, book="two")
    held(bench.state, quantity=10, book="three")
    turn = bench.looks(5, cash=bench.state.cash + 130_000, c005930=17, c000660=10)[-1]
    lost = [(r.book, r.code, r.quantity) for r in turn.records if isinstance(r, rec.PositionLost)]
    assert lost == [("one", "005930", 10), ("two", "005930", 3)]
    assert bench.state.portfolio.holdings() == {"005930": 17, "000660": 10}


def test_a_single_missing_share_is_lost_too() -> None:
    bench = Bench()
    held(bench.state, quantity=10)
    turn = bench.looks(5, cash=bench.state.cash + 10_000, c005930=9)[-1]
    assert [r.quantity for r in turn.records if isinstance(r, rec.PositionLost)] == [1]


def test_a_stricter_halt_stays_when_a_position_is_lost() -> None:
    bench = Bench()
    held(bench.state)
    bench.state.apply(rec.Halted(at=NOW, level=rec.Halt.ALL, reason="me"))
    turn = bench.looks(5, cash=bench.state.cash + 90_000, c005930=0)[-1]
    assert kinds(turn) == ["Incident", "PositionLost", "Halted", "CashStated"]
    assert bench.state.halt is rec.Halt.ALL


# Old balances.


def test_a_balance_of_earlier_is_old_however_long_it_is_shown() -> None:
    bench = Bench()
    before = bench.state.cash
    held(bench.state)
    looks = bench.looks(3_600, cash=before, c000660=0)
    asked = looks[0].commands[0]
    assert isinstance(asked, Ask)
    assert asked.query is Query.EXECUTIONS
    told = [record for turn in looks for record in turn.records]
    assert [(type(r).__name__, r.kind) for r in told if isinstance(r, rec.Incident)] == [
        ("Incident", "balance_stale")
    ]
    assert bench.state.portfolio.holdings() == {"005930": 10}
    again = bench.look()
    assert [r.kind for r in again.records if isinstance(r, rec.Incident)] == ["books_agree"]


# The first balance of a day.


def test_a_day_opens_with_the_brokers_books() -> None:
    state = opened()
    held(state, quantity=10, price=10_000)
    held(state, "000660", quantity=2, price=50_000)
    reconciler = Reconciler()
    turn = Turn(state, NOW + timedelta(days=3))
    shown = Balance(
        at=NOW + timedelta(days=3),
        cash=5_000_000,
        holdings=(
            Holding(code="005930", quantity=12, price=11_000),
            Holding(code="000660", quantity=2, price=0),
            Holding(code="035420", quantity=0, price=9_000),
        ),
        asked=state.version,
    )
    reconciler.open_day(turn, shown)
    assert turn.records == [
        rec.DayOpened(
            at=turn.at,
            day=turn.at.date(),
            cash=5_000_000,
            holdings={"005930": 12, "000660": 2},
            worth=5_000_000 + 10 * 11_000 + 2 * 50_000,
            owners={},
        )
    ]
    assert turn.commands == [Wake("balance", turn.at + AGAIN)]
    assert not reconciler.agreed, "two more shares of ours: the owner's, or another unit?"
    assert state.portfolio.unchecked == {"005930", "000660"}


def test_a_day_that_opens_with_shares_missing_is_looked_at_again() -> None:
    state = opened()
    held(state, quantity=10)
    reconciler = Reconciler(agreed=True)
    turn = Turn(state, NOW + timedelta(days=3))
    shown = Balance(at=turn.at, cash=CASH, holdings=(), asked=state.version)
    reconciler.open_day(turn, shown)
    assert kinds(turn) == ["DayOpened"]
    assert not reconciler.agreed
    assert turn.commands == [Wake("balance", turn.at + AGAIN)]
    assert state.portfolio.holdings() == {"005930": 10}


@pytest.mark.parametrize(("guessed", "closed", "accounted"), [
    (0, True, False), (3_000_000, False, False), (3_000_000, True, True),
])  # fmt: skip
def test_at_the_close_a_likely_price_may_have_been_wrong(
    guessed: int, closed: bool, accounted: bool
) -> None:
    """A sale booked 10,400 won too dear hid what the owner had sold, and the day's end differed."""
    state = State(CostRules.VIRTUAL)
    state.guessed[Side.SELL] = guessed
    more = Unbooked(bought=0, sold=4_000)
    assert accounts_for(state, more, {"005930": -3}, {"005930": 4_500}, closed=closed) is accounted


@pytest.mark.parametrize(("closed", "booked"), [(False, False), (True, True)])
def test_after_the_close_nothing_arrives_any_more(*, closed: bool, booked: bool) -> None:
    """An order given up in the last minutes kept its name apart until the day was given up, too."""
    bench = Bench()
    order(bench.state, at=NOW, become=S.NEVER_ARRIVED)
    cash = CASH - 100_000
    bench.looks(LOOKS_TO_LOSE - 1, closed=closed, cash=cash, price=10_000, c005930=10)
    assert not bench.state.portfolio.foreign  # The list may be late; it is looked at once more.
    bench.look(closed=closed, cash=cash, price=10_000, c005930=10)
    assert bench.state.portfolio.foreign == ({"005930": 10} if booked else {})


def gone_overnight() -> State:
    """A share that a night has paid out; its exit was sent, and not seen to arrive."""
    state = opened()
    held(state, quantity=1)
    state.apply(rec.DayClosed(at=NOW, day=NOW.date()))
    cash = state.cash + 10_000
    state.apply(rec.DayOpened(at=NOW, day=NOW.date(), cash=cash, holdings={"000660": 5}))
    order(state, side=Side.SELL, quantity=1, at=NOW, become=S.NEVER_ARRIVED)
    return state


def test_an_exit_that_did_not_arrive_has_sold_no_shares_that_went_overnight() -> None:
    """It went again and again, was refused for want of shares, and each time they stayed held."""
    bench = Bench(gone_overnight())
    bench.looks(LOOKS_TO_LOSE, c000660=5)
    assert not bench.state.portfolio.positions


def test_won_of_what_went_overnight_do_not_hide_what_the_owner_sells() -> None:
    bench = Bench(gone_overnight())
    lines = (Holding(code="000660", quantity=2, price=10_000),)
    for _ in range(LOOKS_TO_LOSE):
        bench.at += timedelta(seconds=1)
        bench.reconciler.inquired()
        cash, version = bench.state.cash, bench.state.version
        seen = Balance(at=bench.at, cash=cash, holdings=lines, bought=0, sold=30_000)
        bench.reconciler.check(Turn(bench.state, bench.at), replace(seen, asked=version))
    assert bench.state.portfolio.holdings() == {"000660": 2}


def test_shares_of_what_was_amended_may_arrive_under_a_number_that_is_listed_late() -> None:
    """The old one was listed as cancelled, and the owner was given the shares of a book."""
    state = opened()
    intent = order(state, quantity=10)
    state.apply(rec.AmendIntended(at=NOW, intent=intent, price=0, reserve=1))
    state.apply(rec.AmendFailed(at=NOW, intent=intent, reason="timeout"))
    state.apply(rec.Ended(at=NOW, intent=intent, cancelled=True))
    came = Difference(shares={"005930": 10}, cash=0)
    assert arriving(state, came, NOW + REVIVED)
    assert not arriving(state, came, NOW + REVIVED + timedelta(seconds=1))
    assert not arriving(state, Difference(shares={"005930": 11}, cash=0), NOW)


def test_what_a_list_that_has_all_tells_of_another_order_arrives_no_more() -> None:
    """The owner's three shares waited five minutes for an amendment of ten that was not it."""
    state = opened()
    intent = order(state, quantity=10)
    state.apply(rec.AmendIntended(at=NOW, intent=intent, price=0, reserve=1))
    state.apply(rec.AmendFailed(at=NOW, intent=intent, reason="timeout"))
    state.apply(rec.Ended(at=NOW, intent=intent, cancelled=True))
    for quantity, followed in ((3, True), (10, False)):
        row = Execution(
            order_no=99, side=Side.BUY, code="005930", quantity=quantity, filled=3, amount=30_000,
            price=10_000, ordered=NOW, ended=quantity == 3, cancelled=False,
            remaining=quantity - 3,
        )  # fmt: skip
        bench = Bench(deepcopy(state))
        shows(
            bench, state.cash - 30_000, ("005930", 3, 10_000), told=listed([row], state),
            bought=30_000,
        )  # fmt: skip
        assert bench.state.portfolio.foreign == ({"005930": 3} if followed else {})


# What the list of orders proves.


def doubted_bench() -> Bench:
    """A name of which nothing is known, sold by its owner, beside ten shares that are clear."""
    state = opened()
    held(state)
    held(state, "000660", quantity=30)
    held(state, "000660", quantity=30, book="other")
    state.apply(rec.DayOpened(at=NOW, day=NOW.date(), cash=state.cash, holdings={"005930": 10}))
    state.apply(rec.UnitDoubted(at=NOW, code="000660", before=60, after=30))
    return Bench(state)


def shown(bench: Bench, told: Listed | None) -> list[str]:
    """Let balances show that four of ten shares and thirty others were sold."""
    state, found = bench.state, list[str]()
    for _ in range(LOOKS_TO_LOSE + 1):
        bench.at += timedelta(seconds=1)
        bench.reconciler.inquired(told)
        turn = Turn(state, bench.at)
        bench.reconciler.check(
            turn,
            Balance(
                at=bench.at,
                cash=state.cash + 3_000_000,
                holdings=(Holding(code="005930", quantity=6, price=10_000),),
                asked=state.version,
                bought=0,
                sold=3_040_000,
            ),
        )
        found += kinds(turn)
    return found


SOLD = {"005930": -4, "000660": -30}


@pytest.mark.parametrize(
    ("told", "follows"),
    [
        (Listed(bought=0, sold=3_040_000, shares=SOLD), True),
        (Listed(bought=0, sold=3_039_999, shares=SOLD), False),
        (Listed(bought=0, sold=3_040_000, shares=SOLD | {"005930": -3}), False),
        (None, False),
    ],
)
def test_a_list_that_agrees_share_by_share_needs_no_likely_price(
    told: Listed | None, follows: bool
) -> None:
    """The sale of the name that is in doubt hid the other one: nothing was followed all day."""
    bench = doubted_bench()
    found = shown(bench, told)
    assert ("PositionLost" in found) is follows
    assert bench.state.portfolio.shares("005930") == (6 if follows else 10)


def test_what_others_sold_of_a_name_in_doubt_explains_the_won_where_nothing_is_listed() -> None:
    """Balances alone tell it: nothing was followed all day, and the day was not closed."""
    state = doubted_bench().state
    morning = {"005930": 10, "000660": 60}
    state.apply(rec.DayOpened(at=NOW, day=NOW.date(), cash=state.cash, holdings=morning))
    bench = Bench(state)

    def looks(cash: int) -> None:
        left = (("005930", 6, 10_000), ("000660", 30, 100_000))
        lines = tuple(Holding(code=c, quantity=n, price=price) for c, n, price in left)
        for _ in range(LOOKS_TO_LOSE + 1):
            bench.at += timedelta(seconds=1)
            bench.reconciler.inquired()
            seen = Balance(at=bench.at, cash=cash, holdings=lines, bought=0, sold=3_040_000)
            seen = replace(seen, asked=state.version)
            bench.reconciler.check(Turn(state, bench.at), seen)

    cash = state.cash + 3_040_000
    looks(cash)
    assert (state.cash, state.portfolio.shares("005930")) == (cash, 6)
    assert state.portfolio.shares("000660") == 60
    # Once it is known what they are, the thirty are gone: their won are put down already. A trader
    # that was started again in between knows it from its ledger.
    bench.reconciler = Reconciler()
    state.apply(rec.UnitsConfirmed(at=NOW, codes=("000660",)))
    looks(cash)
    assert state.portfolio.shares("000660") == 30
    assert bench.reconciler.agreed


def shows(
    bench: Bench,
    cash: int,
    *lines: tuple[str, int, int],
    told: Listed | None = None,
    bought: int = 0,
    sold: int = 0,
) -> None:
    """Let balances show lines of code, shares and price, often enough to be acted on."""
    for _ in range(LOOKS_TO_LOSE):
        bench.at += timedelta(seconds=1)
        bench.reconciler.inquired(told)
        holdings = tuple(Holding(code=c, quantity=n, price=price) for c, n, price in lines)
        seen = Balance(
            at=bench.at, cash=cash, holdings=holdings, asked=bench.state.version,
            bought=bought, sold=sold,
        )  # fmt: skip
        bench.reconciler.check(Turn(bench.state, bench.at), seen)


@pytest.mark.parametrize("owners", [0, 10])
def test_what_a_book_sold_beyond_its_own_was_somebodys(owners: int) -> None:
    """A sale that was given up turned up, and its book was empty: the won were booked.

    The shares were not, of another book or the owner's, and for want of won all day.
    """
    state = opened()
    intent = order(state, side=Side.SELL, quantity=10)
    if owners:
        state.portfolio.change_foreign("005930", owners)
    else:
        held(state, book="other")
    fill = rec.Filled(at=NOW, intent=intent, quantity=10, amount=100_000, executed=NOW)
    state.apply(fill)
    assert state.untold == {"005930": 10}
    bench = Bench(state)
    cash = state.cash + 1_000
    shows(
        bench, cash, ("005930", 0, 10_000), ("000660", 0, 1_000),
        bought=state.turnover.buy, sold=100_000,
    )  # fmt: skip
    assert state.portfolio.holdings() == {}
    assert state.cash == cash


def test_a_name_that_went_overnight_and_was_bought_again_hides_nothing() -> None:
    """The list has all won; that shares went in the night as well needs none."""
    state = opened()
    held(state, quantity=60)
    state.apply(rec.DayClosed(at=NOW, day=NOW.date()))
    cash = state.cash
    state.apply(rec.DayOpened(at=NOW, day=NOW.date(), cash=cash, holdings={"000660": 5}))
    told = Listed(bought=30_000, sold=2_000, shares={"005930": 3, "000660": -2})
    bench = Bench(state)
    lines = (("005930", 3, 10_000), ("000660", 3, 1_000))
    shows(bench, cash - 28_000, *lines, told=told, bought=30_000, sold=2_000)
    assert state.portfolio.holdings() == {"005930": 3, "000660": 3}
    assert state.cash == cash - 28_000


def test_what_came_in_untraded_waits_for_no_won() -> None:
    """Shares of the owner's came in and were followed; what he sold next was not for it."""
    state = opened()
    held(state, "000660", quantity=5)
    bought = state.turnover.buy
    bench = Bench(state)
    state.apply(rec.OwnerTraded(at=NOW, code="035420", change=200))
    came = ("035420", 200, 18_000)
    cash = state.cash
    shows(bench, cash + 2_000, came, ("000660", 3, 1_000), bought=bought, sold=2_000)
    assert state.portfolio.holdings() == {"035420": 200, "000660": 3}
    assert state.cash == cash + 2_000


def came_in(bench: Bench, told: Listed | None, bought: int) -> Bench:
    """Let balances show a share of a name of which nothing was known."""
    for _ in range(LOOKS + 1):
        bench.at += timedelta(seconds=1)
        bench.reconciler.inquired(told)
        turn = Turn(bench.state, bench.at)
        bench.reconciler.check(
            turn,
            Balance(
                at=bench.at,
                cash=bench.state.cash,
                holdings=(Holding(code="035420", quantity=1, price=50_000),),
                asked=bench.state.version,
                bought=bought,
                sold=0,
            ),
        )
    return bench


@pytest.mark.parametrize(
    ("told", "bought", "follows"),
    [
        (None, 0, True),
        (Listed(bought=0, sold=0, shares={}), 0, True),
        (Listed(bought=9_000, sold=0, shares={"035420": 2}), 9_000, False),
        (Listed(bought=0, sold=0, shares={"035420": 1}, priced=False), 9_000, False),
        (Listed(bought=9_000, sold=0, shares={"000660": 1}), 9_000, True),
        (None, 9_000, False),
    ],
)
def test_shares_that_came_in_untraded_are_the_owners(
    told: Listed | None, bought: int, follows: bool
) -> None:
    """A first balance with a page less kept all entries halted for the day."""
    bench = came_in(Bench(), told, bought)
    assert bench.state.portfolio.foreign == ({"035420": 1} if follows else {})


@pytest.mark.parametrize("shown", [2, 0])
def test_won_paid_for_shares_of_which_no_line_tells_are_no_costs(shown: int) -> None:
    """The list has the owner's purchase, and a page of the balance, or all of it, is missing."""
    bench = Bench()
    bought = Listed(bought=11_880, sold=0, shares={"035420": 2})
    lines = (Holding(code="035420", quantity=2, price=5_940),) if shown else ()
    seen = Balance(at=NOW, cash=CASH - 11_880, holdings=lines, bought=11_880, sold=0)
    for _ in range(LOOKS_TO_LOSE + 1):
        bench.at += timedelta(seconds=1)
        bench.reconciler.inquired(bought)
        version = bench.state.version
        bench.reconciler.check(Turn(bench.state, bench.at), replace(seen, asked=version))
    assert bench.state.cash == CASH - (11_880 if shown else 0)
    assert bench.state.portfolio.foreign == ({"035420": 2} if shown else {})


def test_shares_that_a_book_has_lost_are_not_the_owners_for_that() -> None:
    state = opened()
    held(state, "035420", quantity=1)
    state.apply(rec.PositionLost(at=NOW, book="book", code="035420", quantity=1))
    bench = came_in(Bench(state), None, state.turnover.buy)
    assert not bench.state.portfolio.foreign


@pytest.mark.parametrize("gone", [True, False])
def test_what_shares_of_ours_may_have_become_is_not_the_owners_for_coming_in(gone: bool) -> None:
    """Seed 66000220: the first balance lacked the page with what a merger had made of ours."""
    state = opened()
    held(state, "000660", quantity=5)
    state.apply(rec.UnitDoubted(at=NOW, code="000660", before=5, after=0 if gone else 4))
    bench = came_in(Bench(state), None, state.turnover.buy)
    assert bench.state.portfolio.foreign == ({} if gone else {"035420": 1})


def test_what_the_owner_did_in_the_evening_is_in_the_first_balance() -> None:
    """Two shares in the evening, four in the morning: one sold since leaves three."""
    state = opened(holdings={"035420": 2}, owners={"035420": 2})
    more = {"035420": 4}
    state.apply(rec.DayOpened(at=NOW, day=NOW.date(), cash=CASH, holdings=more, owners=more))
    left = Balance(
        at=NOW, cash=CASH, holdings=(Holding(code="035420", quantity=3, price=1),), bought=0, sold=9
    )
    sold = Listed(bought=0, sold=9, shares={"035420": -1})
    assert proves(state, sold, left, ["035420"])
    assert not proves(state, replace(sold, priced=False), left, ["035420"])
    assert not proves(state, replace(sold, shares={"035420": -2}), left, ["035420"])


@pytest.mark.parametrize(
    ("told", "left", "proved"), [(7, 12, True), (2, 12, True), (2, 7, True), (7, 7, False)]
)
def test_shares_that_went_overnight_and_were_written_off_count_for_nothing_in_the_morning(
    told: int, left: int, proved: bool
) -> None:
    """Of ten shares five are written off, moved to another house or sold; seven were bought."""
    state = opened()
    held(state)
    state.apply(rec.DayOpened(at=NOW, day=NOW.date(), cash=state.cash, holdings={}))
    state.apply(rec.PositionLost(at=NOW, book="book", code="005930", quantity=5))
    order(state, quantity=7, become=S.FILLED)
    listed = Listed(bought=9, sold=0, shares={"005930": told})
    holdings = (Holding(code="005930", quantity=left, price=1),)
    seen = Balance(at=NOW, cash=CASH, holdings=holdings, bought=9, sold=0)
    assert proves(state, listed, seen, ["005930"]) is proved


@pytest.mark.parametrize(
    ("bought", "priced", "back"),
    [
        (0, True, 3),  # They were there all the time.
        (3, True, 0),
        (3, False, 3),
        (1, True, 2),
    ],
)
def test_shares_that_the_owner_bought_are_none_that_came_back(
    bought: int, priced: bool, back: int
) -> None:
    """The book had lost ten on the day before, and sold what its owner bought by phone."""
    state = opened()
    held(state)
    state.apply(rec.PositionLost(at=NOW, book="book", code="005930", quantity=10))
    state.apply(rec.DayClosed(at=NOW, day=NOW.date()))
    state.apply(rec.DayOpened(at=NOW, day=NOW.date(), cash=CASH, holdings={}))
    told = Listed(bought=bought * 9, sold=0, shares={"005930": bought}, priced=priced)
    lines = (Holding(code="005930", quantity=3, price=9),)
    seen = Balance(at=NOW, cash=CASH, holdings=lines, bought=bought * 9, sold=0)
    assert may_be_back(state, told, seen, "005930", 3) == back


@pytest.mark.parametrize(("told", "back"), [(0, 10), (-10, 0)])
def test_shares_that_were_written_off_for_nothing_today_come_back(told: int, back: int) -> None:
    state = opened()
    held(state)
    state.apply(rec.DayClosed(at=NOW, day=NOW.date()))
    state.apply(rec.DayOpened(at=NOW, day=NOW.date(), cash=CASH, holdings={"005930": 10}))
    state.apply(rec.PositionLost(at=NOW, book="book", code="005930", quantity=10))
    listed = Listed(bought=0, sold=0, shares={"005930": told})
    lines = (Holding(code="005930", quantity=10 + told, price=9),)
    seen = Balance(at=NOW, cash=CASH, holdings=lines, bought=0, sold=0)
    assert may_be_back(state, listed, seen, "005930", 10 + told) == back


def test_a_list_proves_nothing_of_a_name_of_which_ours_are_not_booked_yet() -> None:
    """An odd amount waits to be believed: until then the shares are not the owner's."""
    bench = Bench()
    order(bench.state, quantity=10)
    row = Execution(
        order_no=1, side=Side.BUY, code="005930", quantity=10, filled=3, amount=30_000, price=0,
        ordered=NOW,
    )  # fmt: skip
    for told, follows in ((row, False), (replace(row, order_no=2), True)):
        found = list[str]()
        for _ in range(LOOKS + 1):
            bench.at += timedelta(seconds=1)
            bench.reconciler.inquired(listed([told], bench.state))
            turn = Turn(bench.state, bench.at)
            holdings = (Holding(code="005930", quantity=3, price=10_000),)
            bench.reconciler.check(
                turn,
                Balance(
                    at=bench.at, cash=CASH - 30_000, holdings=holdings,
                    asked=bench.state.version, bought=30_000, sold=0,
                ),
            )  # fmt: skip
            found += kinds(turn)
        assert ("OwnerTraded" in found) is follows


@pytest.mark.parametrize(("overnight", "proved"), [("owner", True), ("book", False)])
def test_what_the_owner_sold_in_the_evening_is_not_missing_of_what_a_book_bought_since(
    overnight: str, proved: bool
) -> None:
    """One share went in the evening; a book has bought the name since (seed 61000280)."""
    state = opened(holdings={"005930": 1}, owners={"005930": 1})
    if overnight == "book":
        state.portfolio.change_foreign("005930", -1)
        held(state, quantity=1)
    state.apply(rec.DayOpened(at=NOW, day=NOW.date(), cash=state.cash, holdings={}, owners={}))
    order(state, quantity=7, become=S.FILLED)
    listed = Listed(bought=9, sold=0, shares={"005930": 7})
    lines = (Holding(code="005930", quantity=7, price=1),)
    seen = Balance(at=NOW, cash=CASH, holdings=lines, bought=9, sold=0)
    assert proves(state, listed, seen, ["005930"]) is proved


@pytest.mark.parametrize(
    ("closed", "line", "followed"), [(True, True, True), (True, False, False), (False, True, False)]
)
def test_after_the_close_a_line_that_says_it_is_sold_needs_no_other_won(
    *, closed: bool, line: bool, followed: bool
) -> None:
    """Shares given back had been bought, of which no won was followed (seed 65000185)."""
    state = opened()
    held(state)
    bench, cash = Bench(state), state.cash + 100_000 - 900_000
    seen = Balance(
        at=NOW, cash=cash, holdings=(Holding(code="005930", quantity=0, price=10_000),) * line,
        bought=state.turnover.buy + 900_000, sold=100_000,
    )  # fmt: skip
    for _ in range(LOOKS_TO_LOSE):
        bench.at += timedelta(seconds=1)
        bench.reconciler.inquired()
        asked = replace(seen, asked=state.version)
        bench.reconciler.check(Turn(state, bench.at), asked, closed=closed)
    assert state.portfolio.holdings() == ({} if followed else {"005930": 10})
    assert (state.cash == cash) is followed


def settled(shown: int, word: int, moved: int, won: int) -> State:
    """A name that was unclear in the morning, of which a person has said what ours are by now.

    Args:
        shown: its shares in the first balance; 0: a page was missing.
        word: what 21 shares of ours are.
        moved: shares that there were more since.
        won: what of it others have paid; below zero, what it has brought.
    """
    state = opened()
    held(state, quantity=21)
    lines = {"005930": shown} if shown else {}
    opens = rec.DayOpened(at=NOW, day=NOW.date(), cash=state.cash, holdings=lines, owners={})
    state.apply(opens)
    bought, sold = max(0, won), max(0, -won)
    state.apply(rec.TurnoverStated(at=NOW, bought=bought, sold=sold, moved={"005930": moved}))
    state.apply(rec.CashStated(at=NOW, difference=-won, reason="owner_traded"))
    after = shown + moved
    state.apply(rec.UnitDoubted(at=NOW, code="005930", before=21, after=after))
    state.apply(
        rec.UnitChanged(
            at=NOW, code="005930", before=21, after=word, shares={"book": word},
            price_was=word or 1, price_is=21, base=10_000, reason="person",
        )
    )  # fmt: skip
    return state


def test_what_was_sold_of_a_name_in_doubt_is_not_asked_for_again_once_it_is_clear() -> None:
    """Ten of the morning, of which nine were sold and put down: one is left (seed 65000077)."""
    state = settled(shown=10, word=10, moved=-9, won=-90_000)
    bench, cash = Bench(state), state.cash - 30_000
    lines = (("005930", 1, 10_000), ("000660", 3, 10_000))
    shows(bench, cash, *lines, bought=30_000, sold=90_000)
    assert state.portfolio.holdings() == {"000660": 3, "005930": 1}
    assert state.cash == cash


def test_what_there_was_beside_ours_of_a_name_in_doubt_came_overnight() -> None:
    """The first balance lacked the name; the won of the day are another's (seed 64000170)."""
    state = settled(shown=0, word=21, moved=63, won=0)
    bench, cash = Bench(state), state.cash - 30_000
    lines = (("005930", 63, 10_000), ("000660", 3, 10_000))
    shows(bench, cash, *lines, bought=30_000)
    assert state.portfolio.foreign == {"000660": 3, "005930": 42}
    assert state.cash == cash


def test_what_was_bought_of_a_name_in_doubt_is_not_asked_for_again_once_it_is_clear() -> None:
    """Nothing is left of ours; three are there, bought and long paid for (seed 66000127)."""
    state = settled(shown=0, word=0, moved=3, won=30_000)
    bench, cash = Bench(state), state.cash - 10_000
    shows(bench, cash, ("005930", 3, 10_000), ("000660", 1, 10_000), bought=40_000)
    assert state.portfolio.foreign == {"000660": 1, "005930": 3}
    assert state.cash == cash


@pytest.mark.parametrize(("bought", "put_down"), [(0, {}), (1, {"005930": -60})])
def test_what_moved_while_nothing_was_bought_was_there_in_the_morning(
    bought: int, put_down: dict[str, int]
) -> None:
    """No sale of ours moved it, and no won will be told of it."""
    state = opened()
    held(state, quantity=21)
    state.apply(rec.DayOpened(at=NOW, day=NOW.date(), cash=CASH, holdings={}, owners={}))
    state.apply(rec.UnitDoubted(at=NOW, code="005930", before=21, after=60))
    told = rec.TurnoverStated(at=NOW, bought=bought, sold=0, moved={"005930": 60})
    state.apply(told)
    assert state.untold == put_down
    lines = (Holding(code="005930", quantity=63, price=10_000),)
    seen = Balance(at=NOW, cash=CASH, holdings=lines, bought=bought, sold=0)
    assert newly_moved_in_doubt(state, seen) == {"005930": 3}
