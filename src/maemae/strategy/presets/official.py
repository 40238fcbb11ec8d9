"""The ten presets of the broker's strategy builder (`open-trading-api`, commit 885dd4e).

Where its two halves differ, the meaning its own descriptions give is taken: "the high of the last
N days" ends yesterday (with today's bar in it a close could never exceed it), and thresholds are
percent throughout.
"""

from maemae.strategy.declare import Strategy
from maemae.strategy.indicators import close_place
from maemae.strategy.language import (
    close,
    crosses_above,
    crosses_below,
    high,
    highest,
    lowest,
    param,
    roc,
    sma,
    stdev,
    streak,
    volume,
)

TRADED = close * volume
"""Money traded, roughly: where several entries compete, the most traded come first."""

_fast = param("fast", 5, 3, 50)
_slow = param("slow", 20, 10, 200, 5)
golden_cross = Strategy(
    name="golden_cross",
    title="Golden cross",
    about="Buys when the short moving average crosses above the long one and sells when it crosses "
    "back below. It follows trends: many small losses in sideways markets pay for a few long "
    "rides.",
    entry=crosses_above(sma(close, _fast), sma(close, _slow)),
    exit=crosses_below(sma(close, _fast), sma(close, _slow)),
    score=TRADED,
    stop_loss=param("stop_loss", 0.05, 0.01, 0.2, 0.01),
)

_return = roc(close, param("lookback", 60, 20, 120, 10))
momentum = Strategy(
    name="momentum",
    title="Momentum",
    about="Buys what has risen by at least 30 % over the last 60 sessions and sells once the same "
    "return has fallen to −20 %. It trusts that strong shares stay strong for a while.",
    entry=_return >= param("buy", 30, 10, 50, 5),
    exit=_return <= param("sell", -20, -50, -5, 5),
    score=_return,
    stop_loss=0.05,
)

_year_high = highest(high, param("lookback", 252, 60, 500, 4))[1]
week52_high = Strategy(
    name="week52_high",
    title="52-week high",
    about="Buys when the close passes the highest price of the 252 sessions before. Whoever holds "
    "the share is then in profit, so little supply stands in the way. Sold by stop loss or take "
    "profit alone.",
    entry=close > _year_high * (1 + param("margin", 0, 0, 5, 0.5) / 100),
    score=TRADED,
    stop_loss=0.05,
    take_profit=0.15,
)

_days = param("days", 5, 3, 10)
consecutive = Strategy(
    name="consecutive",
    title="Consecutive rises and falls",
    about="Buys after five rising closes in a row and sells after five falling ones. An unchanged "
    "close ends a run.",
    entry=streak(close > close[1]) >= _days,
    exit=streak(close < close[1]) >= _days,
    score=TRADED,
    stop_loss=0.05,
)

_disparity = close / sma(close, param("period", 20, 5, 40, 5)) * 100
disparity = Strategy(
    name="disparity",
    title="Disparity",
    about="Buys when the close has fallen below 90 % of its 20-day average and sells above 110 %: "
    "a bet that exaggerations come back to the average.",
    entry=_disparity < param("buy", 90, 80, 95),
    exit=_disparity > param("sell", 110, 105, 120),
    score=-_disparity,
    stop_loss=0.05,
    take_profit=0.10,
)

_lookback = param("lookback", 20, 10, 40, 5)
_before = highest(high, _lookback)[3]
breakout_fail = Strategy(
    name="breakout_fail",
    title="Failed breakout",
    about="Buys the breakout above the high of the 20 sessions before, and gives up as soon as it "
    "fails: within three sessions of passing that high the close lies 3 % or more below it.",
    entry=crosses_above(close, highest(high, _lookback)[1]),
    exit=(highest(high, 3) > _before) & (close <= _before * (1 + param("drop", -3, -10, -1) / 100)),
    score=TRADED,
    stop_loss=0.03,
)

strong_close = Strategy(
    name="strong_close",
    title="Strong close",
    about="Buys when the share closes in the top fifth of the day's range, a sign that buyers were "
    "still at it at the bell; sells when it closes in the bottom fifth.",
    entry=close_place() >= param("strong", 0.8, 0.5, 0.95, 0.05),
    exit=close_place() < param("weak", 0.2, 0.05, 0.5, 0.05),
    score=TRADED,
    stop_loss=0.03,
    take_profit=0.05,
)

_window = param("lookback", 10, 5, 30, 5)
_unrest = stdev(close / close[1] - 1, _window)
_change = (close / close[1] - 1) * 100
_jump = param("breakout", 3, 1, 10)
volatility = Strategy(
    name="volatility",
    title="Volatility expansion",
    about="Waits until the share has become quiet (volatility near the lowest of the last ten "
    "sessions) and buys when it then rises by 3 % or more in one day; sells after a fall of 3 %. "
    "The quiet is measured up to the day before, for the jump itself would end it.",
    entry=(_unrest[1] <= 1.1 * lowest(_unrest, _window)[1]) & (_change >= _jump),
    exit=_change <= -_jump,
    score=_change,
    stop_loss=0.03,
)

_deviation = close / sma(close, param("period", 5, 3, 20)) * 100
mean_reversion = Strategy(
    name="mean_reversion",
    title="Mean reversion",
    about="Buys 3 % or more below the five-day average and sells 3 % or more above it: short-term "
    "exaggerations are taken back.",
    entry=_deviation <= param("buy", 97, 90, 99),
    exit=_deviation >= param("sell", 103, 101, 110),
    score=-_deviation,
    stop_loss=0.03,
    take_profit=0.03,
)

_trend = sma(close, param("period", 60, 20, 120, 10))
trend_filter = Strategy(
    name="trend_filter",
    title="Trend filter",
    about="Buys shares above their 60-day average that also rose today, and sells those below it "
    "that fell: the average decides the side, the day decides the moment.",
    entry=(close > _trend) & (_change > 0),
    exit=(close < _trend) & (_change < 0),
    score=TRADED,
    stop_loss=0.05,
)

STRATEGIES = (golden_cross, momentum, week52_high, consecutive, disparity, breakout_fail,
              strong_close, volatility, mean_reversion, trend_filter)  # fmt: skip
