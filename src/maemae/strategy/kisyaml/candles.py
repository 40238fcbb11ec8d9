"""The format's 66 candlestick patterns: −1, 0 or +1."""

from maemae.strategy.language import (
    close,
    equal,
    flag,
    high,
    larger,
    low,
    one_of,
    open_,
    sign,
    smaller,
)
from maemae.strategy.tree import Series

LIBRARY = {
    "doji": "doji", "dragonfly_doji": "dragonflydoji", "gravestone_doji": "gravestonedoji",
    "long_legged_doji": "longleggeddoji", "hammer": "hammer", "hanging_man": "hangingman",
    "inverted_hammer": "invertedhammer", "shooting_star": "shootingstar", "marubozu": "marubozu",
    "closing_marubozu": "closingmarubozu", "spinning_top": "spinningtop", "belt_hold": "belthold",
    "high_wave": "highwave", "rickshaw_man": "rickshawman", "engulfing": "engulfing",
    "harami": "harami", "harami_cross": "haramicross", "piercing": "piercing",
    "dark_cloud_cover": "darkcloudcover", "counterattack": "counterattack", "on_neck": "onneck",
    "in_neck": "inneck", "thrusting": "thrusting", "separating_lines": "separatinglines",
    "meeting_lines": "counterattack", "kicking": "kicking", "kicking_by_length": "kickingbylength",
    "matching_low": "matchinglow", "gap_side_by_side_white": "gapsidesidewhite",
    "side_by_side_white_lines": "gapsidesidewhite", "homing_pigeon": "homingpigeon",
    "dojistar": "dojistar", "morning_star": "morningstar", "morning_doji_star": "morningdojistar",
    "evening_star": "eveningstar", "evening_doji_star": "eveningdojistar",
    "three_white_soldiers": "3whitesoldiers", "three_black_crows": "3blackcrows",
    "three_inside": "3inside", "three_outside": "3outside", "abandoned_baby": "abandonedbaby",
    "three_stars_in_south": "3starsinsouth", "advance_block": "advanceblock",
    "stalled_pattern": "stalledpattern", "deliberation": "stalledpattern",
    "tasuki_gap": "tasukigap", "upside_gap_two_crows": "upsidegap2crows",
    "stick_sandwich": "sticksandwich", "three_line_strike": "3linestrike",
    "two_crows": "2crows", "unique_three_river": "unique3river",
    "concealing_baby_swallow": "concealbabyswall", "breakaway": "breakaway", "mat_hold": "mathold",
    "rising_three_methods": "risefall3methods", "falling_three_methods": "risefall3methods",
    "ladder_bottom": "ladderbottom", "tristar": "tristar",
    "identical_three_crows": "identical3crows", "up_down_gap_three_methods": "xsidegap3methods",
    "upside_tasuki_gap": "tasukigap", "downside_tasuki_gap": "tasukigap",
}  # fmt: skip
"""Pattern → TA-Lib's function without its `cdl`."""

UPWARD = {"rising_three_methods", "upside_tasuki_gap"}
DOWNWARD = {"falling_three_methods", "downside_tasuki_gap"}
"""Patterns that are one side of a two-sided function."""

_rose, _fell = close > open_, close < open_
OURS: dict[str, Series] = {
    "tweezer_top": -flag(equal(high, high[1]) & (close[1] > open_[1]) & _fell),
    "tweezer_bottom": flag(equal(low, low[1]) & (close[1] < open_[1]) & _rose),
    "matching_high": -flag(equal(close, close[1]) & (close[1] > open_[1]) & _rose),
    "opening_marubozu": flag(_rose & equal(open_, low) & (close < high))
    - flag(_fell & equal(open_, high) & (close > low)),
}
"""Patterns TA-Lib lacks: equal extremes, equal closes, a body that starts at the extreme."""

CANDLES = frozenset(LIBRARY) | frozenset(OURS)


def candle(pattern: str) -> Series:
    """Return a pattern as −1 (bearish), 0 or +1 (bullish)."""
    if pattern in OURS:
        return OURS[pattern]
    found = sign(one_of(f"cdl{LIBRARY[pattern]}")())
    if pattern in UPWARD:
        return larger(found, 0)
    if pattern in DOWNWARD:
        return smaller(found, 0)
    return found
