"""Indicators TA-Lib lacks, or defines otherwise, built from the language itself.

They are abbreviations: what they build prints as the expression it is.
"""

import math
from collections.abc import Callable
from typing import Any

from maemae.strategy.language import (
    Length,
    Numeric,
    Outputs,
    call,
    close,
    exp,
    high,
    highest,
    hold,
    larger,
    log,
    low,
    lowest,
    of,
    one_of,
    open_,
    sign,
    sma,
    smaller,
    smooth,
    sqrt,
    stdev,
    ta,
    total,
    volume,
    weighted,
    when,
    where,
)
from maemae.strategy.tree import Param, Series, series

TYPICAL = (high + low + close) / 3


def plain(length: Length) -> int:
    """Return a length as a number, where the construction itself depends on it."""
    return int(length.value if isinstance(length, Param) else length)


def ichimoku(conversion: Length = 9, base: Length = 26, span: Length = 52) -> Outputs:
    """Build the Ichimoku cloud: `.tenkan`, `.kijun`, `.senkou_a`, `.senkou_b`, `.chikou`.

    The spans are those drawn at today's bar, computed `base` bars ago; the lagging line is
    today's close, to be compared with `close[26]`.
    """
    tenkan, kijun = _middle(conversion), _middle(base)
    return Outputs(
        {
            "tenkan": tenkan,
            "kijun": kijun,
            "senkou_a": ((tenkan + kijun) / 2)[base],
            "senkou_b": _middle(span)[base],
            "chikou": close,
        }
    )


def _middle(length: Length) -> Series:
    return (highest(high, length) + lowest(low, length)) / 2


def vwap(length: Length = 14) -> Series:
    """Average the typical price, weighted by volume, over the last bars."""
    return total(TYPICAL * volume, length) / total(volume, length)


def keltner(length: Length = 20, width: float | Param = 2.0) -> Outputs:
    """Build bands of average true ranges around a simple average: `.upper .middle .lower`."""
    middle = sma(close, length)
    reach = width * sma(ta.TRANGE(), length)
    return Outputs({"upper": middle + reach, "middle": middle, "lower": middle - reach})


def acceleration(length: Length = 20, width: float | Param = 4.0) -> Outputs:
    """Build Headley's acceleration bands: `.upper .middle .lower`."""
    spread = width * (high - low) / (high + low)
    return Outputs(
        {
            "upper": sma(high * (1 + spread), length),
            "middle": sma(close, length),
            "lower": sma(low * (1 - spread), length),
        }
    )


def alma(
    x: Numeric, length: Length = 9, sigma: float | Param = 6, offset: float | Param = 0.85
) -> Series:
    """Average with Gaussian weights (Arnaud Legoux), the peak at `offset` of the window.

    The weights are worked out here, so a parameter counts with its value at this moment.
    """
    count, narrow, lean = (p.value if isinstance(p, Param) else p for p in (length, sigma, offset))
    peak, width = lean * (count - 1), count / narrow
    bell = [math.exp(-((k - peak) ** 2) / (2 * width**2)) for k in range(int(count))]
    return weighted(x, *(share / sum(bell) for share in reversed(bell)))


def frama(length: Length = 16) -> Series:
    """Average the middle of the bars at a pace set by their fractal dimension (Ehlers)."""
    half = max(2, plain(length) // 2)
    first = (highest(high, half) - lowest(low, half)) / half
    both = (highest(high, 2 * half) - lowest(low, 2 * half)) / (2 * half)
    dimension = (log(first + first[half]) - log(both)) / math.log(2)
    share = larger(0.01, smaller(1, exp(-4.6 * (dimension - 1))))
    return smooth((high + low) / 2, share)


def vidya(x: Numeric, length: Length = 14) -> Series:
    """Average at a pace that follows the momentum of the price (Chande)."""
    momentum = abs(one_of("cmou")(series(x), length)) / 100
    return smooth(x, momentum * (2 / (series(length) + 1)))


def vigor(length: Length = 10) -> Series:
    """Compare closes to opens with the ranges, both smoothed (relative vigor index)."""
    body, reach = (weighted(x, 1 / 6, 2 / 6, 2 / 6, 1 / 6) for x in (close - open_, high - low))
    return sma(body, length) / sma(reach, length)


def klinger(fast: Length = 34, slow: Length = 55, signal: Length = 13) -> Outputs:
    """Subtract averages of volume signed by the typical price's direction: `.value .signal`."""
    force = volume * sign(TYPICAL - TYPICAL[1])
    ema = one_of("ema")
    value = ema(force, fast) - ema(force, slow)
    return Outputs({"value": value, "signal": ema(value, signal)})


def choppiness(length: Length = 14) -> Series:
    """Compare the path with the way made: 100 sideways, 0 straight."""
    path = total(ta.TRANGE(), length) / (highest(high, length) - lowest(low, length))
    return 100 * log(path) / log(series(length))


def kst(first: Length = 10, second: Length = 15, third: Length = 20, last: Length = 30) -> Outputs:
    """Add up four smoothed rates of change (Pring's Know Sure Thing): `.value`, `.signal`."""
    windows = ((first, 10), (second, 10), (third, 10), (last, 15))
    terms = [sma(one_of("roc")(close, length), smoothing) for length, smoothing in windows]
    value = terms[0] + terms[1] * 2 + terms[2] * 3 + terms[3] * 4
    return Outputs({"value": value, "signal": sma(value, 9)})


def schaff(cycle: Length = 10, fast: Length = 23, slow: Length = 50) -> Series:
    """Take the stochastic of the stochastic of MACD, each smoothed by half (trend cycle)."""
    ema = one_of("ema")
    once = _smoothed_place(ema(close, fast) - ema(close, slow), cycle)
    return _smoothed_place(once, cycle)


def _smoothed_place(x: Series, length: Length) -> Series:
    bottom, top = lowest(x, length), highest(x, length)
    return smooth(hold((x - bottom) / (top - bottom) * 100), 0.5)


def fisher(length: Length = 10) -> Series:
    """Sharpen turns of the middle of the bars by the Fisher transform (Ehlers)."""
    middle = (high + low) / 2
    bottom, top = lowest(middle, length), highest(middle, length)
    place = where(top > bottom, 2 * ((middle - bottom) / (top - bottom) - 0.5), 0 * top)
    level = larger(-0.999, smaller(0.999, smooth(place, 0.33)))
    return smooth(log((1 + level) / (1 - level)), 0.5)


def ease_of_movement(length: Length = 14, scale: float | Param = 10_000) -> Series:
    """Average the distance moved per volume (Arms)."""
    moved = (high + low) / 2 - ((high + low) / 2)[1]
    return sma(moved * (high - low) * scale / volume, length)


def tsi(long: Length = 25, short: Length = 13, signal: Length = 7) -> Outputs:
    """Smooth momentum twice against its size (true strength index): `.value`, `.signal`."""
    value = ta.TSI(close, long, short)
    return Outputs({"value": value, "signal": one_of("ema")(value, signal)})


def ppo(fast: Length = 12, slow: Length = 26, signal: Length = 9) -> Outputs:
    """Build MACD in percent of the slow average: `.value`, `.signal`, `.histogram`."""
    value = ta.PPO(close, fast, slow, 1)
    smoothed = one_of("ema")(value, signal)
    return Outputs({"value": value, "signal": smoothed, "histogram": value - smoothed})


def stochastic_rsi(rsi: Length = 14, length: Length = 14, k: Length = 3, d: Length = 3) -> Outputs:
    """Place RSI within its own range: `.k`, `.d`, 0 to 100."""
    strength = ta.RSI(close, rsi)
    bottom, top = lowest(strength, length), highest(strength, length)
    smoothed = sma((strength - bottom) / (top - bottom) * 100, k)
    return Outputs({"k": smoothed, "d": sma(smoothed, d)})


def price_spike(length: Length = 3) -> Series:
    """Measure today's change in standard deviations of the bars before (Augen)."""
    unbiased = sqrt(series(length) / (series(length) - 1))
    spread = stdev(log(close / close[1]), length) * unbiased
    return (close - close[1]) / (spread[1] * close[1])


def pivots(left: Length = 5, right: Length = 5) -> Outputs:
    """Remember the last confirmed swing points: `.high`, `.low`; known `right` bars later."""
    found = call("fractal", left, right)
    return Outputs(
        {
            "high": hold(when(found["swinghigh"] > 0, high[right])),
            "low": hold(when(found["swinglow"] > 0, low[right])),
        }
    )


def market_line(length: Length = 252, index: str = "KOSPI") -> Outputs:
    """Regress returns on the index's over the window: `.beta`, and `.alpha` per bar."""
    own = close / close[1] - 1
    whole = of(close / close[1] - 1, index) + 0 * own
    mean, market = sma(own, length), sma(whole, length)
    beta = (sma(own * whole, length) - mean * market) / (sma(whole * whole, length) - market**2)
    return Outputs({"beta": beta, "alpha": mean - beta * market})


def close_place() -> Series:
    """Place the close in the bar's range (IBS), 0 to 1; one half where there is no range."""
    return where(high > low, (close - low) / (high - low), 0.5)


OWN: dict[str, Callable[..., Any]] = {
    function.__name__: function
    for function in (
        ichimoku, keltner, acceleration, alma, frama, vidya, vigor, klinger, choppiness, kst,
        schaff, fisher, ease_of_movement, price_spike, pivots, market_line, stochastic_rsi,
        close_place,
    )
}  # fmt: skip
"""Those the text of a rule may call by name; names TA-Lib has mean TA-Lib's in a text."""
