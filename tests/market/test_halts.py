import pytest

from maemae.market.halts import BREAKER, DynamicVi, dynamic_vi, vi_exempt
from maemae.market.kinds import Kind, Market


@pytest.mark.parametrize(
    ("market", "kind", "kospi200", "broad", "expected"),
    [
        (Market.KOSPI, Kind.STOCK, True, False, DynamicVi(3, 2)),
        (Market.KOSPI, Kind.STOCK, False, False, DynamicVi(6, 4)),
        (Market.KOSDAQ, Kind.STOCK, False, False, DynamicVi(6, 4)),
        (Market.KOSPI, Kind.ETF, False, True, DynamicVi(3, 2)),
        (Market.KOSPI, Kind.ETF, False, False, DynamicVi(6, 4)),
    ],
)
def test_dynamic_vi(
    market: Market, kind: Kind, kospi200: bool, broad: bool, expected: DynamicVi
) -> None:
    assert dynamic_vi(market, kind, kospi200=kospi200, broad_index=broad) == expected


def test_cheap_shares_are_exempt_for_some_ticks() -> None:
    assert vi_exempt(Market.KOSPI, 90, 3)
    assert not vi_exempt(Market.KOSPI, 90, 4)
    assert vi_exempt(Market.KOSDAQ, 90, 5)
    assert not vi_exempt(Market.KOSDAQ, 1_000, 1)


def test_the_breaker_ends_the_day_at_twenty_percent() -> None:
    assert [stage.fall_percent for stage in BREAKER] == [8, 15, 20]
    assert [stage.halt is None for stage in BREAKER] == [False, False, True]
