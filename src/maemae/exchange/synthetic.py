"""A made-up market: a few hundred companies with sectors, clustered volatility, gaps and limits.

Its days follow one another: each base price is the close before. Everything follows from the seed
and the half-year the history starts in, and only + - * / is done with it, so that another machine
has the same prices.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt

from maemae.exchange.extremes import Spans, extremes_of
from maemae.exchange.grid import grid
from maemae.exchange.listing import DayBar, Listing
from maemae.exchange.noise import uniform, words
from maemae.market.calendar import Calendar
from maemae.market.kinds import Kind, Market
from maemae.market.limits import price_limits

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


@dataclass(slots=True)
class _Run:
    """The state of the walk after a day: prices, and how lively each company is."""

    close: list[int]
    volume: list[int]
    lively: Floats


class SyntheticHistory:
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
        self._run = _Run(
            [one.first_price for one in self._companies],
            [0] * COMPANIES,
            np.ones(COMPANIES),
        )
        self._bars: dict[date, list[Listing]] = {}

    def bars(self, day: date) -> list[Listing]:
        """Return the instruments of a trading day, in order of their codes."""
        while self._day <= day:
            self._bars[self._day] = self._next(self._day)
            self._day = self._calendar.next_session(self._day)
        return self._bars[day]

    def history(self, code: str, before: date) -> list[DayBar]:
        """Return an instrument's bars before a day, the oldest first."""
        number = self._numbers.get(code)
        if number is None:
            return []
        found = ((day, listings[number]) for day, listings in self._bars.items() if day < before)
        return [
            DayBar(d, one.open, one.high, one.low, one.close, one.volume, one.close * one.volume)
            for d, one in found
            if one.volume
        ]

    def extremes(self, starts: Sequence[date], before: date) -> Mapping[str, Spans]:
        """Return the extremes of all instruments in stretches of days that end before a day."""
        return {
            one.code: [extremes_of(bars, first, before) for first in starts]
            for one in self._companies
            for bars in [self.history(one.code, before)]
        }

    def _next(self, day: date) -> list[Listing]:
        raw = words(_DRAWS * (COMPANIES + len(_SECTORS) + 1), self._seed, day.toordinal())
        draws = uniform(raw).reshape(-1, _DRAWS)
        # Twelve uniform draws less six are about normal with variance one.
        shocks = draws[:, :12].sum(axis=1) - 6.0
        market, sectors = shocks[-1], shocks[COMPANIES:-1]
        calm = np.array([one.calm for one in self._companies])
        own = shocks[:COMPANIES] * calm * self._run.lively
        tide = np.array([sectors[one.sector] for one in self._companies])
        change = 0.0003 + 0.007 * market + 0.006 * tide + own
        listings = [
            self._bar(number, day, float(change[number]), draws[number])
            for number in range(COMPANIES)
        ]
        lively = 0.9 * self._run.lively + 0.1 * (0.4 + 0.8 * np.abs(shocks[:COMPANIES]))
        self._run = _Run([one.close for one in listings], [one.volume for one in listings], lively)
        return listings

    def _bar(self, number: int, day: date, change: float, draw: Floats) -> Listing:
        company = self._companies[number]
        base = self._run.close[number]
        limits = price_limits(base, day, company.market)
        steps = grid(day, company.market)
        if draw[12] < _LIMIT_UP:
            change = 0.31
        elif draw[12] > 1.0 - _LIMIT_DOWN:
            change = -0.31
        width = company.calm * float(self._run.lively[number])
        opened = change * float(draw[13]) * 0.6 + (float(draw[14]) - 0.5) * width * 0.8
        high = max(opened, change) + float(draw[15]) * width
        low = min(opened, change) - float(draw[16]) * width

        def price(rate: float) -> int:
            wanted = max(1, int(base * (1.0 + rate)))
            return min(max(steps.price(steps.floor(wanted)), limits.lower), limits.upper)

        busy = 0.3 + float(draw[17]) + 25.0 * abs(change) + 10.0 * (high - low)
        volume = int(company.shares * 0.004 * busy)
        halted = bool(draw[18] < _HALTED)
        close = base if halted else price(change)
        return Listing(
            code=company.code,
            name=company.name,
            market=company.market,
            kind=Kind.STOCK,
            base=base,
            lower=limits.lower,
            upper=limits.upper,
            open=close if halted else price(opened),
            high=close if halted else max(price(high), close),
            low=close if halted else min(price(low), close),
            close=close,
            volume=0 if halted else max(volume, 10),
            previous_volume=self._run.volume[number],
            shares=company.shares,
            halted=halted,
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
