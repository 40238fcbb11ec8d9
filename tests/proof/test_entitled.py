"""Whose new shares are that come later: the desk's books and the second count agree on it."""

from collections import Counter
from datetime import date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from maemae.clock import KST
from maemae.desk import records as rec
from maemae.desk.records import OWNER, Listed
from maemae.desk.state import State
from maemae.desk.terms import Exits
from maemae.exchange.accounts import Account, Holding
from maemae.exchange.actions import Action, ActionKind, pass_night
from maemae.market.costs import CostRules
from maemae.market.kinds import Side
from maemae.proof.truth import Truth

CODE = "005930"
AT = datetime(2026, 3, 4, 9, tzinfo=KST)
LATER = date(2026, 3, 5)
BONUS = Action(code=CODE, day=AT.date(), kind=ActionKind.BONUS, old=1, new=2, arrives=LATER)
BOOKS = ("keeper", "trailer")


class Both:
    """A desk and the truth, to which the same happens."""

    def __init__(self, held: dict[str, int], owners: int) -> None:
        self.state = State(CostRules.REAL)
        self.state.apply(rec.DayOpened(at=AT, day=AT.date(), cash=10**9, holdings={}))
        self.truth = Truth(Counter({CODE: owners}))
        self.account = Account("1", CostRules.REAL, AT.date(), settled=0)
        self.account.holdings[CODE] = Holding(CODE, owners)
        self._fills = 0
        for book, shares in held.items():
            self.trade(book, shares)
        self.state.portfolio.foreign = {CODE: owners} if owners else {}

    def trade(self, book: str, change: int) -> None:
        held = self.state.portfolio.positions.get((book, CODE))
        change = max(change, -(held.quantity if held else 0))
        if not change:
            return
        self._fills += 1
        intent, shares = f"20260304-{self._fills:05}", abs(change)
        side = Side.BUY if change > 0 else Side.SELL
        intended = rec.Intended(
            at=AT, intent=intent, book=book, side=side, listed=Listed(code=CODE),
            quantity=shares, reason="test", reserve=shares * 100, exits=Exits(),
        )  # fmt: skip
        for fact in (
            intended,
            rec.Accepted(at=AT, intent=intent, order_no=self._fills),
            rec.Filled(at=AT, intent=intent, quantity=shares, amount=shares * 100, executed=AT),
        ):
            self.state.apply(fact)
        self.truth.books[intent] = book
        self.truth._change_ours(intent, CODE, change)
        self.account.holdings[CODE].quantity += change

    def move(self, origin: str, book: str, shares: int) -> None:
        held = self.state.portfolio.positions.get((origin, CODE))
        shares = min(shares, held.quantity if held else 0)
        if shares:
            listed = Listed(code=CODE)
            self.state.apply(
                rec.PositionMoved(
                    at=AT, origin=origin, book=book, listed=listed, quantity=shares, exits=Exits(),
                    paid=0, ticket="t",
                )
            )  # fmt: skip
            self.truth.move(origin, book, CODE, shares)


STEP = st.one_of(
    st.tuples(st.sampled_from(BOOKS), st.integers(-60, 60)),
    st.tuples(st.sampled_from(BOOKS), st.sampled_from((*BOOKS, OWNER)), st.integers(1, 60)),
)


@given(
    st.fixed_dictionaries(dict.fromkeys(BOOKS, st.integers(1, 100))),
    st.integers(0, 50),
    st.lists(STEP, max_size=8),
)
def test_the_desk_and_the_truth_give_the_new_shares_to_the_same_books(
    held: dict[str, int], owners: int, steps: list[tuple[str, int] | tuple[str, str, int]]
) -> None:
    both = Both(held, owners)
    all_held = both.account.held(CODE)
    both.truth.entitled.detach(CODE, all_held, both.truth.ours)
    assert pass_night([BONUS], AT.date(), both.account, {}) == []
    both.state.apply(
        rec.UnitChanged(
            at=AT, code=CODE, before=all_held, after=all_held,
            shares=held | ({OWNER: owners} if owners else {}),
            price_was=100_000, price_is=50_000, base=50_000, reason="rights",
        )
    )  # fmt: skip
    for step in steps:
        if len(step) == 2:
            both.trade(*step)
        elif step[0] != step[1]:
            both.move(*step)
    before = {book: both.truth.ours[book, CODE] for book in BOOKS}
    (booked,) = pass_night([BONUS], LATER, both.account, {})
    assert booked.after[CODE] - booked.before == all_held
    both.truth.become(booked)
    said = both.state.portfolio.entitled(CODE)
    for book in BOOKS:
        new = both.truth.ours[book, CODE] - before[book]
        assert abs(new - said.get(book, 0)) <= 1 + len(steps)
        assert 0 <= new <= min(all_held, held[book] + sum(map(abs, moved_to(steps, book))))
    assert both.truth.held(CODE) + both.truth.owners[CODE] == both.account.held(CODE)


def moved_to(steps: list[tuple[str, int] | tuple[str, str, int]], book: str) -> list[int]:
    """Return the shares that steps moved to a book."""
    return [step[2] for step in steps if len(step) == 3 and step[1] == book]


def test_what_was_bought_after_the_rights_had_left_gets_none() -> None:
    both = Both({"keeper": 40}, 0)
    both.truth.entitled.detach(CODE, 40, both.truth.ours)
    pass_night([BONUS], AT.date(), both.account, {})
    both.trade("trailer", 40)
    both.trade("keeper", -30)
    (booked,) = pass_night([BONUS], AT.date() + timedelta(days=1), both.account, {})
    both.truth.become(booked)
    assert both.truth.ours == {("keeper", CODE): 20, ("trailer", CODE): 40}
    assert both.truth.owners[CODE] == 30
