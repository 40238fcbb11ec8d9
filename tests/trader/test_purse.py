"""What a book may spend by its next plan."""

from datetime import date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maemae.clock import KST
from maemae.desk.positions import Position
from maemae.desk.records import Listed
from maemae.desk.state import State
from maemae.desk.terms import Exits
from maemae.kis import Balance
from maemae.market.costs import CostRules
from maemae.trader.plans.purse import Purse, purse

CLOSES = {"000001": 12_000, "000002": 9_000}


def state() -> State:
    """Two positions of the book and one of another, 1,000,000 won each at the start."""
    found = State(CostRules.REAL)
    for book, code, quantity, price in (
        ("mom", "000001", 100, 10_000), ("mom", "000002", 100, 10_000),
        ("other", "000003", 200, 5_000),
    ):  # fmt: skip
        found.portfolio.positions[book, code] = Position(
            book=book, listed=Listed(code=code), quantity=quantity, paid=quantity * price,
            costs=0, exits=Exits(), since=datetime(2022, 6, 2, tzinfo=KST), high=price,
        )  # fmt: skip
    return found


def balance() -> Balance:
    won = 3_000_000
    return Balance(
        cash=won, cash_d1=won, cash_d2=won, day_buy=0, day_sell=0, day_costs=0, securities=0,
        net_assets=won, holdings=(),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("capital", "leaving", "wanted"),
    [
        (None, (), Purse(3_000_000 + 1_200_000 + 900_000, 3_000_000)),
        (None, ("000001",), Purse(4_200_000 + 900_000, 4_200_000)),
        (2_500_000, (), Purse(2_500_000, 500_000)),
        (2_500_000, ("000001",), Purse(2_500_000, 1_500_000)),
        (9_000_000, ("000001",), Purse(9_000_000, 4_200_000)),
        # Three tenths of cash and all our positions, those of other books at what was paid.
        (Decimal("0.3"), ("000001",), Purse(1_830_000, 830_000)),
        (1_000_000, (), Purse(1_000_000, -1_000_000)),
    ],
)
def test_the_money_of_a_book(
    capital: int | Decimal | None, leaving: tuple[str, ...], wanted: Purse
) -> None:
    found = purse(state(), balance(), "mom", leaving=leaving, closes=CLOSES, capital=capital)
    assert found == wanted


def test_the_last_line_leaves_room_for_the_upper_limit_price() -> None:
    money, listed, day = Purse(3_000_000, 1_000_000), Listed(code="000001"), date(2022, 6, 3)
    assert money.shares(500_000, listed, 10_000, day) == 50
    assert money.shares(1_000_000, listed, 10_000, day) == 76  # 1,000,000 / 13,000
    assert money.less(200_000) == Purse(3_000_000, 790_000)
    assert money.less(1_100_000).shares(1_000_000, listed, 10_000, day) == 0


@given(
    closes=st.lists(st.integers(1_000, 300_000), min_size=1, max_size=10),
    cash=st.integers(5_000_000, 100_000_000),
)
def test_equal_parts_of_a_plan_are_equal_to_a_share_of_the_dearest(
    closes: list[int], cash: int
) -> None:
    money, won = Purse(cash, cash), []
    part = money.part(len(closes))
    for close in closes:
        shares = money.shares(part, Listed(code="000001"), close, date(2022, 6, 2))
        won.append(shares * close)
        money = money.less(shares * close)
    assert max(won) - min(won) <= max(closes)
    assert money.cash >= 0
