"""The fill model beside a market whose whole book is known: its promises hold, and can break."""

from datetime import date

import pytest

from maemae.exchange.fed.care import CareName
from maemae.proof.fills import Comparison, Sum, Way, broken, compare

DAY = date(2026, 11, 30)
ORDERS = 100


@pytest.mark.parametrize("way", Way)
def test_usual_fills_are_those_of_the_market_and_careful_ones_never_more(way: Way) -> None:
    found = compare(way, ORDERS, 5, DAY)
    assert found.truth.orders >= ORDERS
    assert found.truth.rate > 20
    assert broken(way, found) == []
    assert found.models["easy"].rate >= found.models["usual"].rate >= found.models["careful"].rate


def test_each_way_is_told_from_the_others() -> None:
    """A limit is filled at its price or better, a market order pays, a deaf model fills less."""
    limits, markets, gap = (
        compare(way, 40, 5, DAY) for way in (Way.LIMIT_BUY, Way.MARKET_BUY, Way.GAP)
    )
    assert limits.truth.slippage < 0 < markets.truth.slippage
    assert limits.missed == markets.missed == 0
    assert gap.models["usual"].rate < gap.truth.rate
    assert gap.missed > 0


def filled(rate: float, slippage: float = 0.0) -> Sum:
    return Sum(10, round(rate * 100), round(slippage * 1_000), 10)


@pytest.mark.parametrize(
    ("way", "usual", "careful", "seen", "broken_by"),
    [
        (Way.LIMIT_BUY, filled(54.9, 0.9), filled(50.9), (0, 0.9), 0),
        (Way.LIMIT_BUY, filled(55.2), filled(50), (0, 0), 1),
        (Way.LIMIT_BUY, filled(44.8), filled(44), (0, 0), 1),
        (Way.LIMIT_BUY, filled(50, 1.2), filled(50), (0, 0), 1),
        (Way.LIMIT_BUY, filled(50, -1.2), filled(51.2), (0, 0), 2),
        (Way.LIMIT_BUY, filled(50), filled(50), (0, -1.2), 1),
        (Way.OPENING, filled(50, 9), filled(50), (0, 0.9), 0),
        (Way.OPENING, filled(50), filled(50), (0, 1.1), 1),
        (Way.GAP, filled(10), filled(10), (1, 0), 0),
        (Way.GAP, filled(51.2), filled(10), (1, 0), 1),
        (Way.GAP, filled(10), filled(10), (0, 0), 1),
    ],
)
def test_a_promise_that_is_not_kept_is_named(
    way: Way, usual: Sum, careful: Sum, seen: tuple[int, float], broken_by: int
) -> None:
    models: dict[CareName, Sum] = {"easy": filled(60), "usual": usual, "careful": careful}
    assert len(broken(way, Comparison(filled(50), models, *seen))) == broken_by
