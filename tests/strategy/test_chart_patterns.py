"""Chart patterns: found where they are drawn, and never changed by bars that come later."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from maemae.strategy import chart_patterns
from maemae.strategy.chart_patterns import SPAN, Shape, patterns, turns_of


def drawn(*points: float, bars: int = 8) -> np.ndarray:
    """Return closes that run straight from point to point."""
    legs = [np.linspace(a, b, bars, endpoint=False) for a, b in pairwise(points)]
    return np.concatenate([*legs, [points[-1]]]) * 100


@pytest.mark.parametrize(
    ("points", "shape", "up"),
    [
        ((90, 110, 100, 110.5, 92), Shape.DOUBLE_TOP, False),
        ((110, 90, 100, 90.5, 108), Shape.DOUBLE_BOTTOM, True),
        ((90, 105, 98, 115, 98.5, 105, 88), Shape.HEAD_AND_SHOULDERS, False),
        ((110, 95, 102, 85, 101.5, 95, 112), Shape.INVERSE_HEAD_AND_SHOULDERS, True),
        ((95, 110, 90, 110, 100, 118), Shape.ASCENDING_TRIANGLE, True),
        ((105, 90, 110, 90, 100, 82), Shape.DESCENDING_TRIANGLE, False),
        ((90, 115, 92, 108, 98, 115), Shape.SYMMETRICAL_TRIANGLE, True),
    ],
)
def test_a_pattern_is_found_on_the_bar_that_breaks_its_line(
    points: tuple[float, ...], shape: Shape, up: bool
) -> None:
    close = drawn(*points)
    found = [one for one in patterns(close * 1.002, close * 0.998, close) if one.shape is shape]
    assert [(one.shape, one.up) for one in found] == [(shape, up)]
    (one,) = found
    assert bool(close[one.at] > one.line) is up
    assert all(turn.known <= one.at for turn in one.turns)


@pytest.mark.parametrize("points", [(90, 120), (90, 110, 100, 120, 112, 135), (100, 101, 100, 101)])
def test_a_trend_and_a_quiet_time_are_no_pattern(points: tuple[float, ...]) -> None:
    close = drawn(*points)
    assert patterns(close * 1.001, close * 0.999, close) == []


@given(
    st.lists(st.floats(-0.06, 0.06), min_size=20, max_size=160),
    st.floats(0, 0.02),
    st.integers(1, 160),
)
def test_later_bars_change_nothing_that_was_found(
    moves: list[float], range_: float, cut: int
) -> None:
    close = 10_000 * np.exp(np.cumsum(moves))
    high, low = close * (1 + range_), close * (1 - range_)
    whole, at = patterns(high, low, close), min(cut, len(close))
    before = patterns(high[:at], low[:at], close[:at])
    assert before == [one for one in whole if one.at < at]
    for one in whole:
        assert all(turn.known <= one.at for turn in one.turns)
    for turn in turns_of(high, low):
        assert turn.known == turn.at + SPAN


def test_a_finder_that_looked_ahead_would_be_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Turns known at once, before the bars are there that make them turns."""
    honest = chart_patterns.turns_of
    monkeypatch.setattr(
        chart_patterns,
        "turns_of",
        lambda high, low: [replace(turn, known=turn.at) for turn in honest(high, low)],
    )
    random, differing = np.random.default_rng(1), 0
    for _ in range(40):
        close = 10_000 * np.exp(np.cumsum(random.normal(0, 0.03, 80)))
        whole = patterns(close, close, close)
        for cut in range(40, 80):
            before = patterns(close[:cut], close[:cut], close[:cut])
            differing += before != [one for one in whole if one.at < cut]
    assert differing > 0
