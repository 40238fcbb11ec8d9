"""Declarations of strategies: candidates, entry, exits, sizing, schedule.

from maemae.strategy import close, crosses_above, sma, volume

entry = crosses_above(sma(close, 5), sma(close, 20)) & (volume > 2 * sma(volume, 20))
"""

from maemae.strategy.declare import Strategy
from maemae.strategy.language import (
    Outputs,
    atr,
    bollinger,
    close,
    count,
    crosses_above,
    crosses_below,
    daily,
    ema,
    equal,
    exp,
    flag,
    happened,
    high,
    highest,
    hold,
    kind,
    larger,
    log,
    low,
    lowest,
    macd,
    market,
    market_cap,
    minutes,
    monthly,
    of,
    open_,
    param,
    place,
    rank,
    roc,
    rsi,
    sector,
    shares,
    sign,
    since,
    sma,
    smaller,
    smooth,
    sqrt,
    stdev,
    streak,
    ta,
    total,
    value,
    volume,
    weekly,
    weighted,
    when,
    where,
    wma,
    zigzag,
    zscore,
)
from maemae.strategy.live import Live
from maemae.strategy.parts import (
    Account,
    ConditionSearch,
    EntryOrder,
    EqualCash,
    EqualShares,
    FixedAmount,
    FractionOfEquity,
    ListFile,
    Rule,
    Schedule,
    Sizing,
    Universe,
    Watch,
)
from maemae.strategy.signals import Events, Signals, signals
from maemae.strategy.text import parse, parse_condition
from maemae.strategy.tree import Condition, Expr, Param, RuleError, Series
from maemae.strategy.warmup import Warmup, warmup

__all__ = [
    "Account", "Condition", "ConditionSearch", "EntryOrder", "EqualCash", "EqualShares",
    "Events", "Expr", "FixedAmount", "FractionOfEquity", "ListFile", "Live", "Outputs", "Param",
    "Rule", "RuleError", "Schedule", "Series", "Signals", "Sizing", "Strategy", "Universe",
    "Warmup", "Watch", "atr", "bollinger", "close", "count", "crosses_above", "crosses_below",
    "daily", "ema", "equal", "exp", "flag", "happened", "high", "highest", "hold", "kind",
    "larger", "log", "low", "lowest", "macd", "market", "market_cap", "minutes", "monthly",
    "of", "open_", "param", "parse", "parse_condition", "place", "rank", "roc", "rsi", "sector",
    "shares", "sign", "signals", "since", "sma", "smaller", "smooth", "sqrt", "stdev", "streak",
    "ta", "total", "value", "volume", "warmup", "weekly", "weighted", "when", "where", "wma",
    "zigzag", "zscore",
]  # fmt: skip
