"""The format's 80 indicators, each as an expression of our language.

Ids, parameters, defaults and outputs are those of the registry both official tools share
(`open-trading-api`, commit 885dd4e). Two meanings are deliberately ours: `maximum` and `minimum`
end yesterday (with today's bar in them the presets' breakouts could never happen), and `returns` is
a fraction (one of the tools says percent).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from maemae.i18n import _
from maemae.strategy import indicators as own
from maemae.strategy.language import (
    Outputs,
    bollinger,
    call,
    close,
    high,
    highest,
    log,
    low,
    lowest,
    one_of,
    sma,
    stdev,
    streak,
    ta,
)
from maemae.strategy.tree import RuleError, Series

Build = Callable[..., dict[str, Series]]
DIRECTIONS = ("up", "down")


@dataclass(frozen=True)
class Indicator:
    """One indicator of the format: parameters with defaults, outputs (the default one first)."""

    id: str
    params: tuple[tuple[str, float | str], ...]
    outputs: tuple[str, ...]
    build: Build


INDICATORS: dict[str, Indicator] = {}
SYNONYMS = {"max": "maximum", "min": "minimum"}
"""Ids that the official templates use although their registry lacks them."""


def _add(name: str, params: dict[str, float | str], outputs: str, build: Build) -> None:
    INDICATORS[name] = Indicator(name, tuple(params.items()), tuple(outputs.split()), build)


def _one(name: str, params: dict[str, float | str], build: Callable[..., Any]) -> None:
    _add(name, params, "value", lambda *values: {"value": build(*values)})


def _many(
    name: str, params: dict[str, float | str], outputs: str, build: Callable[..., Outputs]
) -> None:
    """Register an indicator with several results; `a=b` takes our result b as output a."""
    pairs = [(word.split("=")[0], word.split("=")[-1]) for word in outputs.split()]

    def built(*values: Any) -> dict[str, Series]:
        results = build(*values)
        return {output: getattr(results, result) for output, result in pairs}

    _add(name, params, " ".join(output for output, _ in pairs), built)


def _library(name: str, length: float, function: str = "", *series: Series) -> None:
    """Register a TA-Lib function of one length."""
    build = one_of(function or name)
    _one(name, {"period": length}, lambda period: build(*series, period))


def _outputs(name: str, *operands: object) -> Outputs:
    return Outputs(call(name, *operands))


def _consecutive(direction: object) -> Series:
    if direction not in DIRECTIONS:
        raise RuleError(_("direction is up or down, not {direction!r}").format(direction=direction))
    return streak(close > close[1] if direction == "up" else close < close[1])


def _adx(period: int) -> Outputs:
    parts = {"value": ta.ADX(period), "plus_di": ta.PLUS_DI(period)}
    return Outputs(parts | {"minus_di": ta.MINUS_DI(period)})


def _aroon(up: int, down: int) -> Outputs:
    rising, falling = call("aroon", up)["up"], call("aroon", down)["down"]
    return Outputs({"value": rising - falling, "aroon_up": rising, "aroon_down": falling})


def _regression(period: int) -> Outputs:
    return Outputs(
        {
            "value": ta.LINEARREG(close, period),
            "slope": ta.LINEARREG_SLOPE(close, period),
            "intercept": ta.LINEARREG_INTERCEPT(close, period),
        }
    )


def _sar(*pace: float) -> Series:
    stop: Series = ta.SAREXT(0, 0, *pace, *pace)
    return abs(stop)  # negative while it falls


# Moving averages
for _name, _length, _function in (
    ("sma", 20, ""), ("ema", 20, ""), ("dema", 20, ""), ("tema", 20, ""), ("hma", 20, ""),
    ("kama", 10, ""), ("lwma", 20, "wma"), ("trima", 20, ""), ("zlema", 20, ""), ("wma", 14, "rma"),
):  # fmt: skip
    _library(_name, _length, _function, close)
_one("alma", {"period": 9, "sigma": 6, "offset": 0.85}, lambda n, s, o: own.alma(close, n, s, o))
_one("t3", {"period": 10, "volume_factor": 0.7}, lambda n, v: ta.T3(close, n, v))
_one("frama", {"period": 16}, own.frama)
_one("vidya", {"period": 14}, lambda n: own.vidya(close, n))

# Oscillators
for _name, _length, _function in (
    ("rsi", 14, ""), ("momentum", 10, "mom"), ("roc", 10, ""), ("cmo", 14, ""), ("trix", 15, ""),
    ("dpo", 20, ""),
):  # fmt: skip
    _library(_name, _length, _function, close)
_library("cci", 20)
_library("williams_r", 14, "willr")
_many(
    "stochastic", {"k_period": 14, "d_period": 3}, "k d", lambda k, d: _outputs("stochf", k, d, 0)
)
_many("stochrsi", {"rsi_period": 14, "stoch_period": 14, "k_period": 3, "d_period": 3}, "k d",
      own.stochastic_rsi)  # fmt: skip
_many("macd", {"fast": 12, "slow": 26, "signal": 9}, "value=macd signal histogram",
      lambda f, s, n: _outputs("macd", close, f, s, n))  # fmt: skip
_one("apo", {"fast": 12, "slow": 26}, lambda f, s: ta.APO(close, f, s, 1))
_many("ppo", {"fast": 12, "slow": 26}, "value signal histogram", own.ppo)
_many("aroon", {"up_period": 25, "down_period": 25}, "value aroon_up aroon_down", _aroon)
_one("ao", {"fast": 5, "slow": 34}, ta.AO)
_one("cho", {"fast": 3, "slow": 10}, ta.ADOSC)
_one("ultosc", {"period1": 7, "period2": 14, "period3": 28}, ta.ULTOSC)
_many("tsi", {"long_period": 25, "short_period": 13, "signal_period": 7}, "value signal", own.tsi)
_one("rvi", {"period": 10}, own.vigor)
_many("kvo", {"fast": 34, "slow": 55, "signal": 13}, "value signal", own.klinger)

# Trend
_many("adx", {"period": 14}, "value plus_di minus_di", _adx)
_library("adxr", 14)
_many("ichimoku", {"tenkan": 9, "kijun": 26, "senkou_b": 52},
      "tenkan kijun senkou_a senkou_b chikou", own.ichimoku)  # fmt: skip
_one("sar", {"af_start": 0.02, "af_step": 0.02, "af_max": 0.2}, _sar)
_many("vortex", {"period": 14}, "plus_vi=plus minus_vi=minus", lambda n: _outputs("vortex", n))
_one("chop", {"period": 14}, own.choppiness)
_many("kst", {"roc1": 10, "roc2": 15, "roc3": 20, "roc4": 30}, "value signal", own.kst)
_one("coppock", {"short_roc": 11, "long_roc": 14, "wma": 10},
     lambda short, long, wma: ta.COPPOCK(close, wma, short, long))  # fmt: skip
_many("supertrend", {"period": 10, "multiplier": 3}, "value=supertrend",
      lambda n, width: _outputs("supertrend", n, width))  # fmt: skip
_one("mass_index", {"ema_period": 9, "sum_period": 25}, ta.MASSI)
_one("schaff", {"cycle": 10, "fast": 23, "slow": 50}, own.schaff)
_one("fisher", {"period": 10}, own.fisher)

# Volume
_one("obv", {}, lambda: ta.OBV(close))
_one("ad", {}, ta.AD)
_one("adl", {}, ta.AD)
_library("cmf", 20)
_library("mfi", 14)
_library("force", 13, "efi")
_one("vwap", {"period": 14}, own.vwap)
_library("vwma", 20, "", close)
_one("eom", {"period": 14, "scale": 10000}, own.ease_of_movement)

# Volatility
_library("atr", 14)
_library("natr", 14)
_many("bollinger", {"period": 20, "std": 2}, "middle upper lower",
      lambda n, width: bollinger(close, n, width))  # fmt: skip
_many("keltner", {"period": 20, "multiplier": 2}, "middle upper lower", own.keltner)
_many("donchian", {"period": 20}, "upper lower", lambda n: _outputs("donchian", n))
_one("std", {"period": 20}, lambda n: stdev(close, n))
_one("variance", {"period": 20}, lambda n: ta.VAR(close, n, 1.0))
_many("accbands", {"period": 20, "width": 4}, "middle upper lower", own.acceleration)
_many("beta", {"period": 252}, "value=beta", own.market_line)
_many("alpha", {"period": 252}, "value=alpha", own.market_line)
_one("volatility_ind", {"period": 10}, lambda n: stdev(close / close[1] - 1, n))

# Others
_one("maximum", {"period": 20}, lambda n: highest(high, n)[1])
_one("minimum", {"period": 20}, lambda n: lowest(low, n)[1])
_library("midpoint", 14, "", close)
_library("midprice", 14)
_one("logr", {"period": 1}, lambda n: log(close / close[n]))
_one("ibs", {}, own.close_place)
_one("bop", {}, ta.BOP)
_many("regression", {"period": 14}, "value slope intercept", _regression)
_many("pivot", {"left_bars": 5, "right_bars": 5}, "high low", own.pivots)
_one("augen", {"period": 3}, own.price_spike)
_one("consecutive", {"direction": "up"}, _consecutive)
_one("disparity", {"period": 20}, lambda n: close / sma(close, n) * 100)
_one("change", {}, lambda: (close / close[1] - 1) * 100)
_one("returns", {"period": 60}, lambda n: close / close[n] - 1)
