"""The shown exit prices are exactly those at which the desk sells."""

from datetime import timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st
from tests.desk.table import DAY, OPENS

from maemae.desk.exits import exit_reason
from maemae.desk.positions import Position
from maemae.desk.records import Listed
from maemae.desk.terms import Exits
from maemae.market.costs import CostRules
from maemae.service.exits import exit_prices

RATES = st.decimals("0.001", "0.3", places=3)


@given(st.integers(100, 500_000), st.integers(1, 500), RATES, RATES)
def test_one_won_less_would_not_sell(price: int, shares: int, take: Decimal, stop: Decimal) -> None:
    held = Position(
        "scalper", Listed(code="005930"), shares, price * shares, price * shares // 7000,
        Exits(take_profit=take, stop_loss=stop), OPENS + timedelta(hours=1), price,
    )  # fmt: skip
    day = DAY.date()
    found = exit_prices(held, CostRules.VIRTUAL, day)
    assert found.take_profit is not None
    assert found.stop is not None
    assert exit_reason(held, found.take_profit, CostRules.VIRTUAL, DAY) == "take_profit"
    assert exit_reason(held, found.take_profit - 1, CostRules.VIRTUAL, DAY) != "take_profit"
    assert exit_reason(held, found.stop, CostRules.VIRTUAL, DAY) == "stop_loss"
    assert exit_reason(held, found.stop + 1, CostRules.VIRTUAL, DAY) != "stop_loss"


def test_the_nearer_stop_counts() -> None:
    exits = Exits(stop_loss=Decimal("0.05"), trailing=Decimal("0.02"))
    held = Position("b", Listed(code="005930"), 10, 100_000, 10, exits, OPENS, 11_000)
    assert exit_prices(held, CostRules.VIRTUAL, DAY.date()).stop == 10_780
