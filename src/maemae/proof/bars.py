"""The simulation's own daily bars, the same for as long as seeds are named (see `walk`).

Sectors, clustered volatility, gaps, limits and halts. They claim no statistics of a real market,
as those of `maemae.exchange.synthetic` do: here a gap foretells the close.
"""

from datetime import date

import numpy as np
import numpy.typing as npt

from maemae.exchange.companies import COMPANIES, KOSPI, SECTORS, Company, code_of, name_of
from maemae.exchange.grid import Prices, grid
from maemae.exchange.noise import uniform, words
from maemae.exchange.sources import SyntheticSource
from maemae.exchange.synthetic import Day, SyntheticHistory
from maemae.market.calendar import Calendar
from maemae.market.kinds import Market

Floats = npt.NDArray[np.float64]

_SEED = 1
_DRAWS = 24
_LIMIT_UP = 0.004
_LIMIT_DOWN = 0.001
_HALTED = 0.001
_TURNOVER = 0.004


class SimulatedHistory(SyntheticHistory):
    """Daily bars, from six to twelve months before the first day on.

    Args:
        calendar: the trading days.
        first: the first day that is going to be asked for.
    """

    def __init__(self, calendar: Calendar, first: date) -> None:
        super().__init__(_SEED, calendar, first, [_company(one) for one in range(COMPANIES)])
        prices = np.array([one.first_price for one in self._companies], dtype=np.int64)
        nothing, calm = np.zeros_like(prices), np.zeros(COMPANIES)
        same = dict.fromkeys(("base", "lower", "upper", "open", "high", "low", "close"), prices)
        self._last = Day(
            **same, volume=nothing, halted=nothing > 0,
            volatility=calm, mood=np.ones(COMPANIES), temper=0.0, walks=None,
        )  # fmt: skip

    def _next(self, day: date) -> Day:
        raw = words(_DRAWS * (COMPANIES + len(SECTORS) + 1), self._seed, day.toordinal())
        draws = uniform(raw).reshape(-1, _DRAWS)
        # Twelve uniform draws less six are about normal with variance one.
        shocks = draws[:, :12].sum(axis=1) - 6.0
        market, sectors = shocks[-1], shocks[COMPANIES:-1]
        own = shocks[:COMPANIES] * self._calm * self._last.mood
        change = 0.0003 + 0.007 * market + 0.006 * sectors[self._sectors] + own
        lively = 0.9 * self._last.mood + 0.1 * (0.4 + 0.8 * np.abs(shocks[:COMPANIES]))
        return self._bar(day, change, draws[:COMPANIES].T, lively)

    def _bar(self, day: date, change: Floats, draw: Floats, lively: Floats) -> Day:
        base = self._last.close
        parts = ((slice(0, KOSPI), Market.KOSPI), (slice(KOSPI, COMPANIES), Market.KOSDAQ))
        grids = [(part, grid(day, market)) for part, market in parts]
        limits = [steps.limits(base[part]) for part, steps in grids]
        lower, upper = (np.concatenate(side) for side in zip(*limits, strict=True))

        def price(rate: Floats) -> Prices:
            wanted = np.maximum(1, (base * (1.0 + rate)).astype(np.int64))
            below = np.concatenate([steps.below(wanted[part]) for part, steps in grids])
            bounded: Prices = np.minimum(np.maximum(below, lower), upper)
            return bounded

        change = np.where(draw[12] > 1.0 - _LIMIT_DOWN, -0.31, change)
        change = np.where(draw[12] < _LIMIT_UP, 0.31, change)
        width = self._calm * self._last.mood
        opened = change * draw[13] * 0.6 + (draw[14] - 0.5) * width * 0.8
        high = np.maximum(opened, change) + draw[15] * width
        low = np.minimum(opened, change) - draw[16] * width
        busy = 0.3 + draw[17] + 25.0 * np.abs(change) + 10.0 * (high - low)
        volume = np.maximum((self._shares * self._turnover * busy).astype(np.int64), 10)
        halted = draw[18] < _HALTED
        close = np.where(halted, base, price(change))
        return Day(
            base=base,
            lower=lower,
            upper=upper,
            open=np.where(halted, close, price(opened)),
            high=np.where(halted, close, np.maximum(price(high), close)),
            low=np.where(halted, close, np.minimum(price(low), close)),
            close=close,
            volume=np.where(halted, 0, volume),
            halted=halted,
            volatility=np.zeros(COMPANIES),
            mood=lively,
            temper=0.0,
        )


def _company(number: int) -> Company:
    draw = uniform(words(8, _SEED, number, "company"))
    square = float(draw[0]) * float(draw[0])
    price = int(1_500 + 150_000 * square * float(draw[1]))
    worth = 60_000_000_000 + int(6_000_000_000_000 * square * float(draw[2]) * float(draw[3]))
    return Company(
        code=code_of(number),
        name=name_of(number),
        market=Market.KOSPI if number < KOSPI else Market.KOSDAQ,
        sector=number % len(SECTORS),
        shares=max(1_000_000, worth // price),
        first_price=price,
        turnover=_TURNOVER,
        volatility=0.010 + 0.015 * float(draw[4]),
    )


class SimulatedSource(SyntheticSource):
    """Days of the simulation's bars.

    Args:
        calendar: the trading days.
        first: the first day that is going to be asked for.
    """

    def __init__(self, calendar: Calendar, first: date) -> None:
        self._history = SimulatedHistory(calendar, first)
