"""Ways of trading that live on a list, a plan or a saved search."""

from pathlib import Path

from maemae.strategy.customary import (
    SCALPER_NAMES,
    SCALPER_STOP_LOSS,
    SCALPER_TAKE_PROFIT,
    TARGET_BAND,
    TARGET_DAYS,
    TARGET_STOP_LOSS,
    TARGET_TAKE_PROFIT,
)
from maemae.strategy.declare import Strategy
from maemae.strategy.language import close, of, param, roc, sma, volume
from maemae.strategy.parts import ConditionSearch, EntryOrder, EqualCash, ListFile, Universe

TRADED = close * volume
ALWAYS = close > 0
"""Holds wherever there is a price: the candidates alone decide."""

target_band = Strategy(
    name="target_band",
    title="Target list",
    about="Buys the names of a list while the price lies between the list's reference price and "
    "5 % above it, the cash split equally; sells at +5 %, at −3 %, or after five sessions.",
    entry=ALWAYS,
    candidates=ListFile(Path("targets.csv")),
    sizing=EqualCash(),
    order=EntryOrder(at="now", band=(0.0, float(TARGET_BAND))),
    take_profit=param("take_profit", float(TARGET_TAKE_PROFIT), 0.01, 0.2, 0.01),
    stop_loss=param("stop_loss", float(TARGET_STOP_LOSS), 0.01, 0.2, 0.01),
    max_holding=TARGET_DAYS,
)

_strength = roc(close, param("lookback", 20, 5, 60, 5))
_fair_weather = of(close > sma(close, 60), "KOSPI")
next_open_momentum = Strategy(
    name="next_open_momentum",
    title="Next-open momentum with regime filter",
    about="After the close, while KOSPI stands above its 60-day average, picks the liquid shares "
    "that rose most over 20 sessions and closed above their 5-day average on more than usual "
    "volume; they are bought at the next open. Sold when they fall below their 20-day average or "
    "the weather turns.",
    entry=_fair_weather
    & (_strength > 5)
    & (close > sma(close, 5))
    & (volume > 1.5 * sma(volume, 20)),
    exit=(close < sma(close, 20)) | ~_fair_weather,
    score=_strength,
    candidates=Universe(by=sma(TRADED, 20), top=300),
    max_positions=10,
    stop_loss=param("stop_loss", 0.05, 0.01, 0.2, 0.01),
    take_profit=param("take_profit", 0.15, 0.05, 0.5, 0.05),
    max_holding=20,
)

condition_scalper = Strategy(
    name="condition_scalper",
    title="Condition scalper",
    about="Buys what a condition search saved at the broker finds, as it finds it, and sells at a "
    "small profit or loss.",
    entry=ALWAYS,
    candidates=ConditionSearch("maemae"),
    sizing=EqualCash(),
    order=EntryOrder(at="now"),
    max_positions=SCALPER_NAMES,
    take_profit=param("take_profit", float(SCALPER_TAKE_PROFIT), 0.005, 0.1, 0.005),
    stop_loss=param("stop_loss", float(SCALPER_STOP_LOSS), 0.005, 0.1, 0.005),
)

STRATEGIES = (target_band, next_open_momentum, condition_scalper)
