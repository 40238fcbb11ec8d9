"""The simulation's own daily bars, the same for as long as seeds are named (see `walk`).

A few hundred companies with sectors, clustered volatility, gaps, limits and halts. Days follow
one another: each base price is the close before. It claims no statistics of a real market, as
`maemae.exchange.synthetic` does.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt

from maemae.exchange.extremes import Spans, extremes_of
from maemae.exchange.grid import Prices, grid
from maemae.exchange.listing import DayBar, Listing
from maemae.exchange.noise import uniform, words
from maemae.market.calendar import Calendar
from maemae.market.kinds import Kind, Market

Floats = npt.NDArray[np.float64]

COMPANIES = 300
_KOSPI = 180
_SECTORS = (
    "전자", "화학", "제약", "바이오", "건설", "조선",
    "식품", "게임", "소재", "기계", "유통", "금융",
)  # fmt: skip
_KRX_SECTORS = {
    "전자": "반도체", "화학": "에너지화학", "제약": "바이오", "바이오": "바이오", "건설": "건설",
    "조선": "선박", "소재": "철강", "금융": "은행",
}  # fmt: skip
"""Which of the KRX sector indices a made-up sector is in; the others are in none."""
_FIRST = (
    "가람",
    "나래",
    "다온",
    "라온",
    "마루",
    "바다",
    "새한",
    "아라",
    "자람",
    "한빛",
    "태평",
    "푸른",
)
_SECOND = ("", "하이", "에스", "케이", "원", "누리")
_DRAWS = 24
_HALF_YEAR = 6
_LIMIT_UP = 0.004
_LIMIT_DOWN = 0.001
_HALTED = 0.001


@dataclass(frozen=True, slots=True)
class _Company:
    code: str
    name: str
    market: Market
    sector: int
    shares: int
    first_price: int
    calm: float


@dataclass(frozen=True, slots=True)
class _Day:
    """A day of the walk: a number for each company, and how lively each is after it."""

    base: Prices
    lower: Prices
    upper: Prices
    open: Prices
    high: Prices
    low: Prices
    close: Prices
    volume: Prices
    halted: npt.NDArray[np.bool_]
    lively: Floats


class SimulatedHistory:
    """Daily bars of the made-up market, from six to twelve months before the first day on.

    Args:
        seed: chooses the market.
        calendar: the trading days.
        first: the first day that is going to be asked for.
    """

    def __init__(self, seed: int, calendar: Calendar, first: date) -> None:
        self._seed = seed
        self._calendar = calendar
        early = first.month <= _HALF_YEAR
        began = date(first.year - 1, _HALF_YEAR + 1, 1) if early else date(first.year, 1, 1)
        start = max(calendar.first, began)
        self._day = calendar.offset(start, 1) if not calendar.is_session(start) else start
        self._companies = [_company(seed, number) for number in range(COMPANIES)]
        self._numbers = {one.code: number for number, one in enumerate(self._companies)}
        self._calm = np.array([one.calm for one in self._companies])
        self._shares = np.array([one.shares for one in self._companies], dtype=np.int64)
        self._sectors = np.array([one.sector for one in self._companies])
        first_prices = np.array([one.first_price for one in self._companies], dtype=np.int64)
        nothing = np.zeros_like(first_prices)
        prices = dict.fromkeys(("base", "lower", "upper", "open", "high", "low"), first_prices)
        self._last = _Day(
            **prices, close=first_prices, volume=nothing, halted=nothing > 0,
            lively=np.ones(COMPANIES),
        )  # fmt: skip
        self._days: dict[date, _Day] = {}
        self._listings: dict[date, list[Listing]] = {}

    def bars(self, day: date) -> list[Listing]:
        """Return the instruments of a trading day, in order of their codes."""
        while self._day <= day:
            self._last = self._days[self._day] = self._next(self._day)
            self._day = self._calendar.next_session(self._day)
        if day not in self._listings:
            before = self._days.get(self._calendar.previous_session(day))
            numbers = range(len(self._companies))
            self._listings[day] = [self._listing(one, self._days[day], before) for one in numbers]
        return self._listings[day]

    def history(self, code: str, before: date) -> list[DayBar]:
        """Return an instrument's bars before a day, the oldest first."""
        number = self._numbers.get(code)
        if number is None:
            return []
        found = []
        for day, one in self._days.items():
            if day < before and one.volume[number]:
                bar = (one.open, one.high, one.low, one.close, one.volume)
                opened, high, low, close, volume = (int(each[number]) for each in bar)
                found.append(DayBar(day, opened, high, low, close, volume, close * volume))
        return found

    def extremes(self, starts: Sequence[date], before: date) -> Mapping[str, Spans]:
        """Return the extremes of all instruments in stretches of days that end before a day."""
        return {
            one.code: [extremes_of(bars, first, before) for first in starts]
            for one in self._companies
            for bars in [self.history(one.code, before)]
        }

    def _next(self, day: date) -> _Day:
        raw = words(_DRAWS * (COMPANIES + len(_SECTORS) + 1), self._seed, day.toordinal())
        draws = uniform(raw).reshape(-1, _DRAWS)
        # Twelve uniform draws less six are about normal with variance one.
        shocks = draws[:, :12].sum(axis=1) - 6.0
        market, sectors = shocks[-1], shocks[COMPANIES:-1]
        own = shocks[:COMPANIES] * self._calm * self._last.lively
        change = 0.0003 + 0.007 * market + 0.006 * sectors[self._sectors] + own
        lively = 0.9 * self._last.lively + 0.1 * (0.4 + 0.8 * np.abs(shocks[:COMPANIES]))
        return self._walk(day, change, draws[:COMPANIES].T, lively)

    def _walk(self, day: date, change: Floats, draw: Floats, lively: Floats) -> _Day:
        base = self._last.close
        parts = ((slice(0, _KOSPI), Market.KOSPI), (slice(_KOSPI, COMPANIES), Market.KOSDAQ))
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
        width = self._calm * self._last.lively
        opened = change * draw[13] * 0.6 + (draw[14] - 0.5) * width * 0.8
        high = np.maximum(opened, change) + draw[15] * width
        low = np.minimum(opened, change) - draw[16] * width
        busy = 0.3 + draw[17] + 25.0 * np.abs(change) + 10.0 * (high - low)
        volume = np.maximum((self._shares * 0.004 * busy).astype(np.int64), 10)
        halted = draw[18] < _HALTED
        close = np.where(halted, base, price(change))
        return _Day(
            base=base,
            lower=lower,
            upper=upper,
            open=np.where(halted, close, price(opened)),
            high=np.where(halted, close, np.maximum(price(high), close)),
            low=np.where(halted, close, np.minimum(price(low), close)),
            close=close,
            volume=np.where(halted, 0, volume),
            halted=halted,
            lively=lively,
        )

    def _listing(self, number: int, day: _Day, before: _Day | None) -> Listing:
        company = self._companies[number]
        return Listing(
            code=company.code,
            name=company.name,
            market=company.market,
            kind=Kind.STOCK,
            base=int(day.base[number]),
            lower=int(day.lower[number]),
            upper=int(day.upper[number]),
            open=int(day.open[number]),
            high=int(day.high[number]),
            low=int(day.low[number]),
            close=int(day.close[number]),
            volume=int(day.volume[number]),
            previous_volume=int(before.volume[number]) if before else 0,
            shares=company.shares,
            halted=bool(day.halted[number]),
            sectors=_krx_sectors(company.sector),
            industries=(f"{company.market is Market.KOSDAQ:d}{company.sector + 1:03d}",),
        )


def _krx_sectors(sector: int) -> tuple[str, ...]:
    name = _SECTORS[sector]
    return (_KRX_SECTORS[name],) if name in _KRX_SECTORS else ()


def _company(seed: int, number: int) -> _Company:
    draw = uniform(words(8, seed, number, "company"))
    sector = number % len(_SECTORS)
    pair = number // len(_SECTORS)
    name = _FIRST[pair % len(_FIRST)] + _SECOND[pair // len(_FIRST)] + _SECTORS[sector]
    # Every tenth company has a code of the new kind, with a letter in the fifth place.
    code = f"{100_000 + 10 * number}" if number % 10 else f"{number + 1:04d}K0"
    square = float(draw[0]) * float(draw[0])
    price = int(1_500 + 150_000 * square * float(draw[1]))
    worth = 60_000_000_000 + int(6_000_000_000_000 * square * float(draw[2]) * float(draw[3]))
    return _Company(
        code=code,
        name=name,
        market=Market.KOSPI if number < _KOSPI else Market.KOSDAQ,
        sector=sector,
        shares=max(1_000_000, worth // price),
        first_price=price,
        calm=0.010 + 0.015 * float(draw[4]),
    )


class SimulatedSource:
    """Days of the simulation's bars.

    Args:
        calendar: the trading days.
        first: the first day that is going to be asked for.
    """

    def __init__(self, calendar: Calendar, first: date) -> None:
        self._history = SimulatedHistory(1, calendar, first)

    def listings(self, day: date) -> list[Listing]:
        """Return the instruments of a day."""
        return self._history.bars(day)

    def history(self, code: str, before: date) -> list[DayBar]:
        """Return the days before a day."""
        return self._history.history(code, before)

    def extremes(self, starts: Sequence[date], before: date) -> Mapping[str, Spans]:
        """Return the extremes of the days before a day."""
        return self._history.extremes(starts, before)
