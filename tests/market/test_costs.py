import json
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maemae.market.calendar import krx
from maemae.market.costs import CostRules, Costs, Turnover, tax_changes, tax_rates
from maemae.market.kinds import Kind, Market, Side

DAY = date(2026, 6, 11)
BILLION = 10**9
fills = st.lists(
    st.tuples(
        st.sampled_from(Side),
        st.integers(1, 50_000_000),
        st.sampled_from(Market),
        st.sampled_from([Kind.STOCK, Kind.ETF]),
    ),
    max_size=12,
)


def turned(*rows: tuple[Side, int, Market, Kind]) -> Turnover:
    turnover = Turnover()
    for side, amount, market, kind in rows:
        turnover = turnover.add(side, amount, market, kind)
    return turnover


@pytest.mark.parametrize(
    ("buys", "sells", "total"),
    [(294_500, 0, 40), (294_500, 294_500, 668), (586_500, 591_500, 1_342)],
)
def test_the_virtual_server_to_the_won(buys: int, sells: int, total: int) -> None:
    """Recorded balances of the virtual server, 2026-06-11, a KOSPI share."""
    turnover = Turnover().add(Side.BUY, buys, Market.KOSPI).add(Side.SELL, sells, Market.KOSPI)
    assert CostRules.VIRTUAL.costs(turnover, DAY).total == total


def test_tax_components_are_cut_one_by_one() -> None:
    """1,999 won of KOSPI sales: 0.05 % is 0.9995 and 0.15 % is 2.9985; together 3.998."""
    kospi = Turnover().add(Side.SELL, 1_999, Market.KOSPI)
    kosdaq = Turnover().add(Side.SELL, 1_999, Market.KOSDAQ)
    assert CostRules.REAL.costs(kospi, DAY).tax == 2
    assert CostRules.REAL.costs(kosdaq, DAY).tax == 3


@pytest.mark.parametrize("kind", [Kind.ETF, Kind.ETN, Kind.ELW])
def test_funds_pay_no_tax_and_their_own_fee(kind: Kind) -> None:
    turnover = Turnover().add(Side.SELL, 10_000_000, Market.KOSPI, kind)
    assert CostRules.REAL.costs(turnover, DAY) == Costs(fee=1_465, tax=0)


@pytest.mark.parametrize(
    ("day", "kospi", "kosdaq", "konex"),
    [
        (date(2018, 5, 2), 300, 300, 300),
        (date(2019, 5, 29), 300, 300, 300),
        (date(2019, 5, 30), 250, 250, 100),
        (date(2020, 12, 28), 250, 250, 100),
        (date(2020, 12, 29), 230, 230, 100),
        (date(2022, 12, 27), 230, 230, 100),
        (date(2022, 12, 28), 200, 200, 100),
        (date(2023, 12, 26), 200, 200, 100),
        (date(2023, 12, 27), 180, 180, 100),
        (date(2024, 12, 26), 180, 180, 100),
        (date(2024, 12, 27), 150, 150, 100),
        (date(2025, 12, 26), 150, 150, 100),
        (date(2025, 12, 29), 200, 200, 100),
    ],
)
def test_the_tax_by_trade_date_on_100_000_won(
    day: date, kospi: int, kosdaq: int, konex: int
) -> None:
    found = [
        CostRules.REAL.costs(Turnover().add(Side.SELL, 100_000, market), day).tax
        for market in (Market.KOSPI, Market.KOSDAQ, Market.KONEX)
    ]
    assert found == [kospi, kosdaq, konex]


def test_the_tax_table_is_the_rule_books(shared: Path) -> None:
    rules = json.loads((shared / "market/krx_rules.json").read_text())
    for row in rules["securities_transaction_tax"]["by_date"]:
        rates = tax_rates(date.fromisoformat(row["effective_trade_date"]))
        assert rates.kospi[0] == round(row["KOSPI"]["transaction_tax"] * BILLION)
        assert rates.kospi[1] == round(row["KOSPI"]["rural_special_tax"] * BILLION)
        assert sum(rates.kosdaq) == round(row["KOSDAQ"]["total"] * BILLION)
        assert sum(rates.konex) == round(row["KONEX"]["total"] * BILLION)


def test_rates_change_on_the_first_trade_date_that_settles_under_the_new_law() -> None:
    laws = [date(2019, 6, 3), *(date(year, 1, 1) for year in (2021, 2023, 2024, 2025, 2026))]
    calendar = krx()
    for law, first in zip(laws, tax_changes(), strict=True):
        assert calendar.settlement(first) >= law > calendar.settlement(calendar.offset(first, -1))


@given(fills)
def test_the_costs_of_fills_add_up_to_the_costs_of_the_day(
    rows: list[tuple[Side, int, Market, Kind]],
) -> None:
    turnover, paid = Turnover(), Costs()
    for side, amount, market, kind in rows:
        after = turnover.add(side, amount, market, kind)
        paid += CostRules.VIRTUAL.costs(after, DAY) - CostRules.VIRTUAL.costs(turnover, DAY)
        assert paid.fee >= 0
        turnover = after
    assert paid == CostRules.VIRTUAL.costs(turned(*rows), DAY)
    assert turnover.buy + turnover.sell == sum(amount for _, amount, _, _ in rows)


def test_without_costs_there_are_none() -> None:
    turnover = Turnover().add(Side.SELL, 10**9, Market.KOSPI)
    assert CostRules.FREE.costs(turnover, DAY) == Costs()


@pytest.mark.parametrize(
    "make",
    [
        lambda: CostRules(Decimal("0.2")),
        lambda: CostRules(Decimal("-0.1")),
        lambda: CostRules(Decimal("0.00000000001")),
        lambda: CostRules(Decimal(0), fee_rounding=0),
        lambda: Turnover().add(Side.BUY, -1, Market.KOSPI),
    ],
)
def test_terms_that_make_no_sense_are_refused(make: object) -> None:
    assert callable(make)
    with pytest.raises(ValueError, match=r"rate|rounding|negative"):
        make()
