"""Classics of technical and quantitative trading."""

from datetime import time

from maemae.strategy.declare import Strategy
from maemae.strategy.language import (
    bollinger,
    close,
    crosses_above,
    crosses_below,
    ema,
    high,
    highest,
    low,
    lowest,
    macd,
    of,
    param,
    place,
    rank,
    roc,
    rsi,
    sma,
    stdev,
    volume,
)
from maemae.strategy.parts import EntryOrder, Schedule, Universe

TRADED = close * volume
LIQUID = Universe(by=sma(TRADED, 20), top=200)
"""The 200 most traded instruments of the last 20 sessions."""

_macd = macd(close, param("fast", 12, 5, 20), param("slow", 26, 20, 60), param("signal", 9, 5, 15))
macd_cross = Strategy(
    name="macd_cross",
    title="MACD cross",
    about="Buys when MACD crosses above its signal line while both are below zero (a turn, not a "
    "late trend), sells at the cross back.",
    entry=crosses_above(_macd.macd, _macd.signal) & (_macd.macd < 0),
    exit=crosses_below(_macd.macd, _macd.signal),
    score=TRADED,
    candidates=LIQUID,
    stop_loss=0.07,
)

_period = param("period", 20, 5, 120, 5)
moving_average = Strategy(
    name="moving_average",
    title="Moving average",
    about="Holds a share while it closes above its moving average: buys at the cross above and "
    "sells at the cross below. The plainest trend rule there is.",
    entry=crosses_above(close, ema(close, _period)),
    exit=crosses_below(close, ema(close, _period)),
    score=TRADED,
    candidates=LIQUID,
)

_rsi = rsi(close, param("period", 14, 5, 30))
rsi_reversal = Strategy(
    name="rsi_reversal",
    title="RSI reversal",
    about="Buys when RSI climbs back above 30 after a sell-off and sells when it falls back below "
    "70 after a rally.",
    entry=crosses_above(_rsi, param("oversold", 30, 10, 40, 5)),
    exit=crosses_below(_rsi, param("overbought", 70, 60, 90, 5)),
    score=-_rsi,
    candidates=LIQUID,
    stop_loss=0.07,
    max_holding=20,
)

_bands = bollinger(close, param("period", 20, 10, 60, 5), param("width", 2.0, 1.0, 3.0, 0.5))
bollinger_reversal = Strategy(
    name="bollinger_reversal",
    title="Bollinger reversal",
    about="Buys when the close comes back inside the bands from below, and sells at the middle "
    "band: a return to the average after an exaggeration.",
    entry=crosses_above(close, _bands.lower),
    exit=close >= _bands.middle,
    score=TRADED,
    candidates=LIQUID,
    stop_loss=0.05,
    max_holding=20,
)

volatility_breakout = Strategy(
    name="volatility_breakout",
    title="Volatility breakout (Larry Williams)",
    about="Buys during the session as soon as the price has risen above the open by half of "
    "yesterday's range, and sells before the close of the same day. Only shares above their "
    "five-day average take part.",
    entry=close > sma(close, 5),
    order=EntryOrder(at="breakout", above_open=param("k", 0.5, 0.3, 0.9, 0.1) * (high - low)),
    score=TRADED,
    candidates=LIQUID,
    schedule=Schedule(flat_by=time(15, 20)),
    max_positions=10,
)

_entry_days = param("entry_days", 20, 10, 60, 5)
_exit_days = param("exit_days", 10, 5, 30, 5)
donchian_turtle = Strategy(
    name="donchian_turtle",
    title="Donchian turtle",
    about="The turtle traders' rule: buys a close above the highest price of the 20 sessions "
    "before, sells a close below the lowest of the 10 before.",
    entry=close > highest(high, _entry_days)[1],
    exit=close < lowest(low, _exit_days)[1],
    score=roc(close, 20),
    candidates=LIQUID,
    stop_loss=0.10,
)

_year = roc(close, param("lookback", 120, 60, 240, 20))
dual_momentum = Strategy(
    name="dual_momentum",
    title="Dual momentum",
    about="Relative and absolute momentum at once: of the liquid shares the ten that rose most "
    "over half a year, but only those that rose at all and only while KOSPI stands above its own "
    "120-day average.",
    entry=(place(_year) <= 10) & (_year > 0) & of(close > sma(close, 120), "KOSPI"),
    exit=(place(_year) > 20) | (_year <= 0) | of(close < sma(close, 120), "KOSPI"),
    score=_year,
    candidates=LIQUID,
    max_positions=10,
)

_calm = rank(stdev(close / close[1] - 1, param("lookback", 60, 20, 120, 20)))
low_volatility = Strategy(
    name="low_volatility",
    title="Low volatility",
    about="Holds the calmest tenth of the liquid shares, measured by the volatility of sixty "
    "sessions, as long as they stay in the calmer fifth. Calm shares have fallen less than "
    "theory says and returned about as much.",
    entry=_calm <= 0.1,
    exit=_calm > 0.2,
    score=-_calm,
    candidates=LIQUID,
)

STRATEGIES = (macd_cross, moving_average, rsi_reversal, bollinger_reversal, volatility_breakout,
              donchian_turtle, dual_momentum, low_volatility)  # fmt: skip
