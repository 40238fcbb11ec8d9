"""A made-up market: a few hundred companies with sectors, clustered volatility, gaps and limits.

Its days follow one another: each base price is the close before. Overnight there is a gap, and
from the open on a walk without drift, of a volatility that the day is made with. `paths` is told
both: the gap foretells nothing, and no rule earns anything within a day, whether it looks at one
name or at all. (Real gaps are followed by a little of the contrary; who had that in here would
have a rule that wins.) Everything follows from the seed and the half-year the history starts in,
see `noise`.

The figures below were chosen so that those of `survey.bars`, over 225 days of three seeds, come
near the ones of KRX bars of 2019 to 2022, see `survey.facts`; `tests/exchange/test_synthetic.py`
holds them to it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt

from maemae.exchange.companies import COMPANIES, KOSPI, SECTORS, Company, companies
from maemae.exchange.extremes import Spans, extremes_of
from maemae.exchange.grid import Grid, Prices, grid
from maemae.exchange.listing import WALK_PARTS, DayBar, Listing, Walk
from maemae.exchange.noise import lanes, normal, uniform, words
from maemae.market.calendar import Calendar
from maemae.market.kinds import Kind, Market

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

_HALF_YEAR = 6
_STEPS = WALK_PARTS
"""Steps of the walk within a day; its extremes between two steps are drawn for themselves."""
_OWN = 8
"""Normal draws of a company a day beside its walk's, uniform ones as many."""
_HALTED = 0.001

_MARKET, _SECTOR = 0.50, 0.26
"""Parts that the walks of market and sector have in a company's, in volatilities."""
_GAP_MARKET, _GAP_SECTOR, _GAP_OWN = 0.26, 0.12, 0.32
"""The same of the gap; it is in volatilities of the day, too."""
_MEMORY, _MOOD = 0.95, 0.38
"""How much of a company's liveliness is left a day later, and the deviation of its logarithm."""
_CALM, _TEMPER = 0.96, 0.17
"""The same of the market's."""
_DAILY = 0.08
"""Deviation of the logarithm of a day's volatility beside."""
_NEWS, _GOOD, _NEWS_GAP, _NEWS_SIZE, _NEWS_STAYS = 0.007, 0.78, 0.085, 1.4, 0.5
"""News: how often, how often good, how large the gap is on average (a part of the price), and what
the logarithm of the volatility gains on the day, and from then on."""
_FOLLOWED = 0.07
"""Mean of the gap on the day after one that ended at the upper limit, a part of the price."""
_MOST = 0.20
_BUSY, _BUSY_DAILY = 1.3, 0.5
"""How volume goes with volatility, and the deviation of its logarithm beside."""
_LEAST_SHARES = 10
_KEPT = 3
"""Days of which the instruments are kept as they were made; they can be made again."""


@dataclass(frozen=True, slots=True)
class Day:
    """A day: a number for each company. `mood`, `temper`: what is left of liveliness after it.

    `volatility`: of the walk from open to close; 0 where it is not told.
    """

    base: Prices
    lower: Prices
    upper: Prices
    open: Prices
    high: Prices
    low: Prices
    close: Prices
    volume: Prices
    halted: Bools
    volatility: Floats
    mood: Floats
    temper: float
    walks: "_Walks | None" = None


class SyntheticHistory:
    """Daily bars of the made-up market, from six to twelve months before the first day on.

    Args:
        seed: chooses the market.
        calendar: the trading days.
        first: the first day that is going to be asked for.
        made: its companies; without them those of the seed.
    """

    def __init__(
        self, seed: int, calendar: Calendar, first: date, made: Sequence[Company] = ()
    ) -> None:
        self._seed = seed
        self._calendar = calendar
        early = first.month <= _HALF_YEAR
        began = date(first.year - 1, _HALF_YEAR + 1, 1) if early else date(first.year, 1, 1)
        start = max(calendar.first, began)
        self._day = calendar.offset(start, 1) if not calendar.is_session(start) else start
        self._companies = made or companies(seed)
        self._numbers = {one.code: number for number, one in enumerate(self._companies)}
        self._calm = np.array([one.volatility for one in self._companies])
        self._shares = np.array([one.shares for one in self._companies], dtype=np.int64)
        self._turnover = np.array([one.turnover for one in self._companies])
        self._sectors = np.array([one.sector for one in self._companies])
        on = grid(self._day, Market.KOSPI), grid(self._day, Market.KOSDAQ)
        prices = np.array([one.first_price for one in self._companies], dtype=np.int64)
        first_prices = np.concatenate([on[0].below(prices[:KOSPI]), on[1].below(prices[KOSPI:])])
        nothing = np.zeros_like(first_prices)
        same = dict.fromkeys(("base", "lower", "upper", "open", "high", "low"), first_prices)
        self._last = Day(
            **same, close=first_prices, volume=nothing, halted=nothing > 0,
            volatility=self._calm, mood=np.zeros(COMPANIES), temper=0.0, walks=None,
        )  # fmt: skip
        self._days: dict[date, Day] = {}
        self._listings: dict[date, list[Listing]] = {}

    def bars(self, day: date) -> list[Listing]:
        """Return the instruments of a trading day, in order of their codes."""
        while self._day <= day:
            self._last = self._days[self._day] = self._next(self._day)
            self._day = self._calendar.next_session(self._day)
        if day not in self._listings:
            before = self._days.get(self._calendar.previous_session(day))
            numbers = range(len(self._companies))
            made = [self._listing(one, self._days[day], before) for one in numbers]
            while len(self._listings) >= _KEPT:
                del self._listings[next(iter(self._listings))]
            self._listings[day] = made
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

    def _next(self, day: date) -> Day:
        rows = COMPANIES + len(SECTORS) + 1
        per = (_STEPS + _OWN) // 4, _OWN, 2 * _STEPS // 4
        raw = words(rows * sum(per), self._seed, day.toordinal()).reshape(rows, -1)
        noise = normal(lanes(raw[:, : per[0]])).astype(np.float64)
        chance = uniform(raw[:, per[0] : per[0] + per[1]])
        between = (lanes(raw[:COMPANIES, -per[2] :]) + 0.5) / 65_536
        own, last = noise[:COMPANIES], self._last
        news = chance[:COMPANIES, 0] < _NEWS
        temper = _CALM * last.temper + _TEMPER * np.sqrt(1 - _CALM**2) * noise[-1, _STEPS + 1]
        mood = _MEMORY * last.mood + _MOOD * np.sqrt(1 - _MEMORY**2) * own[:, _STEPS + 1]
        lively = mood + temper + _DAILY * own[:, _STEPS + 2] + _NEWS_SIZE * news
        volatility = np.minimum(self._calm * np.exp(lively), _MOST)
        part = np.sqrt(1 - _MARKET**2 - _SECTOR**2)
        walks = _MARKET * noise[-1, :_STEPS] + _SECTOR * noise[COMPANIES + self._sectors, :_STEPS]
        walks += part * own[:, :_STEPS]
        gap = _GAP_MARKET * noise[-1, _STEPS] + _GAP_OWN * own[:, _STEPS]
        gap += _GAP_SECTOR * noise[COMPANIES + self._sectors, _STEPS]
        far = -np.log(1.0 - chance[:COMPANIES, 1])
        jump = np.where(chance[:COMPANIES, 2] < _GOOD, 1.0, -0.5) * _NEWS_GAP * far
        gap = np.where(news, jump, gap * volatility)
        followed = (last.close == last.upper) & (last.volume > 0)
        gap = np.where(followed, _FOLLOWED * far, gap)
        mood = mood + _NEWS_STAYS * (news | followed)
        opened = self._last.close * (1.0 + gap)
        made = self._walk(day, opened, volatility, _Draws(walks, between, chance[:, 4:6]))
        halted = chance[:COMPANIES, 3] < _HALTED
        first, high, low, close = (np.where(halted, last.close, one) for one in made.prices)
        busy = _BUSY * np.log(volatility / self._calm) + _BUSY_DAILY * own[:, _STEPS + 3]
        shares = self._shares * self._turnover * np.exp(busy) * np.where(high == low, 0.2, 1.0)
        volume = np.clip(shares.astype(np.int64), _LEAST_SHARES, self._shares)
        return Day(
            base=last.close, lower=made.lower, upper=made.upper, open=first, high=high, low=low,
            close=close, volume=np.where(halted, 0, volume), halted=halted,
            volatility=volatility, mood=mood, temper=float(temper), walks=made.walks,
        )  # fmt: skip

    def _walk(self, day: date, wanted: Floats, volatility: Floats, draws: "_Draws") -> "_Made":
        """Walk from the open to the close; who comes to a price limit stays there."""
        base = self._last.close
        parts = (
            (slice(0, KOSPI), grid(day, Market.KOSPI)),
            (slice(KOSPI, COMPANIES), grid(day, Market.KOSDAQ)),
        )
        limits = [steps.limits(base[part]) for part, steps in parts]
        lower, upper = (np.concatenate(side) for side in zip(*limits, strict=True))
        opened = np.clip(_nearly(parts, wanted, draws.rounding[:COMPANIES, 0]), lower, upper)
        size = (opened * volatility / np.sqrt(_STEPS))[:, None]
        path = opened[:, None] + np.cumsum(draws.steps * size, axis=1)
        before = np.concatenate([opened[:, None], path[:, :-1]], axis=1)
        # The extremes of a Brownian bridge between two steps.
        up, down = np.split(-2.0 * np.log(draws.between), 2, axis=1)
        tops = (before + path + np.sqrt((path - before) ** 2 + up * size**2)) / 2.0
        bottoms = (before + path - np.sqrt((path - before) ** 2 + down * size**2)) / 2.0
        out = (tops >= upper[:, None]) | (bottoms <= lower[:, None])
        ended = np.where(out.any(axis=1), np.argmax(out, axis=1), _STEPS)
        here, inside = np.arange(COMPANIES), np.arange(_STEPS)[None, :] <= ended[:, None]
        tops, bottoms = np.where(inside, tops, 0.0), np.where(inside, bottoms, np.inf)
        top, bottom = tops.max(axis=1), bottoms.min(axis=1)
        walks = _Walks(
            (path / opened[:, None] - 1.0).astype(np.float32),
            np.minimum(ended, _STEPS - 1), tops.argmax(axis=1), bottoms.argmin(axis=1),
        )  # fmt: skip
        rises = tops[here, walks.told] >= upper
        locked = ended < _STEPS
        high = np.minimum(_on(parts, top, "below"), upper)
        low = np.maximum(_on(parts, bottom, "above"), lower)
        close = np.clip(_nearly(parts, path[:, -1], draws.rounding[:COMPANIES, 1]), low, high)
        close = np.where(locked, np.where(rises, upper, lower), close)
        stuck = (opened == upper) | (opened == lower)
        flat = [np.where(stuck, opened, one) for one in (high, low, close)]
        return _Made(lower, upper, (opened, *flat), walks)

    def _listing(self, number: int, day: Day, before: Day | None) -> Listing:
        company = self._companies[number]
        moves = day.low[number] < day.high[number]
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
            sectors=company.krx_sectors,
            industries=company.industries,
            volatility=float(day.volatility[number]),
            walk=day.walks.of(number) if day.walks and moves else None,
        )


@dataclass(frozen=True, slots=True)
class _Draws:
    """Draws for a day's walks: normal steps, uniform ones for their extremes and for ticks."""

    steps: Floats
    between: Floats
    rounding: Floats


@dataclass(frozen=True, slots=True)
class _Made:
    """Limits, and open, high, low, close of all companies."""

    lower: Prices
    upper: Prices
    prices: tuple[Prices, ...]
    walks: "_Walks"


@dataclass(frozen=True, slots=True)
class _Walks:
    """The walks of all companies, as `Walk` has each; `told`: how many places are known."""

    places: npt.NDArray[np.float32]
    told: Prices
    high: Prices
    low: Prices

    def of(self, number: int) -> Walk:
        """Return a company's."""
        places = self.places[number, : self.told[number]].tolist()
        return Walk(tuple(places), int(self.high[number]), int(self.low[number]))


_Parts = tuple[tuple[slice, Grid], ...]


def _on(parts: _Parts, won: Floats, side: str) -> Prices:
    """Return the valid prices below or above some."""
    found = []
    for part, steps in parts:
        some = np.maximum(won[part], 1.0)
        below = side == "below"
        whole = (np.floor(some) if below else np.ceil(some)).astype(np.int64)
        found.append(steps.below(whole) if below else steps.above(whole))
    return np.concatenate(found)


def _nearly(parts: _Parts, won: Floats, draw: Floats) -> Prices:
    """Return one of the two valid prices around some, the nearer the likelier."""
    below, above = _on(parts, won, "below"), _on(parts, won, "above")
    share = (won - below) / np.maximum(above - below, 1)
    found: Prices = np.where(draw < share, above, below)
    return found
