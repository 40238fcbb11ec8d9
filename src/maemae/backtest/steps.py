"""Bars that cannot be one share's: steps no session allows, long gaps, codes used again."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from maemae.bars.panel import Panel
from maemae.errors import DataError
from maemae.market.calendar import krx
from maemae.market.kinds import Currency, Market
from maemae.market.limits import limit_percent

ROUNDING = 0.01
"""Adjusted prices are rounded, and a tick is a large share of a tiny price."""

LONG = 10
"""Sessions without a bar after which it may be another company, or a halt that changed much."""

Rows = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


def forbidden(panel: Panel) -> list[tuple[int, str]]:
    """Return bars that the day's price limits forbid after the bar before, by row.

    Each is said as `111110 2022-04-08 -80% (30%)`: code, day, move, and the limit of the session.
    """
    if not panel.daily or not len(panel.packed):
        return []
    packed, follows = panel.packed, _follows(panel)
    prices = [packed.field(name) for name in ("open", "high", "low", "close")]
    before = np.where(follows, np.roll(prices[-1], 1), np.nan)
    percent = _percent(panel)
    farthest = np.max([np.abs(one - before) for one in prices], axis=0)
    room = before * (percent / 100 + ROUNDING) + 1.0
    found = np.flatnonzero(farthest > room)  # Comparing with NaN is false: no bar before.
    rows, said = _rows(panel), []
    for at in found.tolist():
        bar, limit = [float(one[at]) for one in prices], int(percent[at])
        move = _farthest(bar, float(before[at]), limit)
        code = panel.codes[rows[at]]
        said.append((int(rows[at]), f"{code} {_day(panel, at)} {move:+.0%} ({limit}%)"))
    return said


def _farthest(prices: list[float], before: float, percent: int) -> float:
    """Return the close's move where it is forbidden itself, else the widest of the bar."""
    moves = [one / before - 1 for one in prices]
    return moves[-1] if abs(moves[-1]) * 100 > percent else max(moves, key=abs)


def gaps(panel: Panel) -> list[tuple[int, str]]:
    """Return bars before which an instrument had none for long, by row, with the sessions."""
    if not panel.daily or not len(panel.packed):
        return []
    sessions = _sessions(panel)
    missing = np.where(_follows(panel), sessions - np.roll(sessions, 1) - 1, 0)
    rows = _rows(panel)
    return [
        (int(rows[at]), f"{panel.codes[rows[at]]} {_day(panel, at)} ({missing[at]})")
        for at in np.flatnonzero(missing > LONG).tolist()
    ]


def reused(panel: Panel) -> list[tuple[int, str]]:
    """Return bars with which a code goes on under another name after sessions without any."""
    fact = panel.facts.get("name")
    if not panel.daily or fact is None or fact.codes.shape[1] == 1 or not len(panel.packed):
        return []
    columns, rows, sessions = panel.packed.columns, _rows(panel), _sessions(panel)
    names = fact.codes[rows, columns].astype(np.int64)
    apart = sessions - np.roll(sessions, 1) > 2  # noqa: PLR2004 - a session or two may be missing
    other = (names != np.roll(names, 1)) & (names >= 0) & (np.roll(names, 1) >= 0)
    return [
        (
            int(rows[at]),
            f"{panel.codes[rows[at]]} {_day(panel, at)} {_names(fact.labels, names, at)}",
        )
        for at in np.flatnonzero(_follows(panel) & apart & other).tolist()
    ]


def _names(labels: tuple[str, ...], names: Rows, at: int) -> str:
    return f"{labels[names[at - 1]]} > {labels[names[at]]}"


def _day(panel: Panel, at: int) -> str:
    return str(panel.times[panel.packed.columns[at]].astype("datetime64[D]"))


def _sessions(panel: Panel) -> Rows:
    """Return a number for the session of each packed bar: those of one instrument alone do."""
    days = panel.times.astype("datetime64[D]")
    try:
        known = krx().sessions(days[0].item(), days[-1].item())
        number = np.searchsorted(np.array(known, "datetime64[D]"), days)
    except DataError:  # Beyond our calendar, weekdays stand for sessions.
        number = np.busday_count(days[0], days)
    numbers: Rows = number.astype(np.int64)[panel.packed.columns]
    return numbers


def _rows(panel: Panel) -> Rows:
    return np.repeat(np.arange(len(panel.codes)), np.diff(panel.packed.offsets))


def _follows(panel: Panel) -> Flags:
    """Return for each packed bar whether the one before is of the same instrument."""
    follows = np.ones(len(panel.packed), np.bool_)
    starts = panel.packed.offsets[:-1]
    follows[starts[starts < len(follows)]] = False
    return follows


def _percent(panel: Panel) -> npt.NDArray[np.float64]:
    """Return the limit of the session of each packed bar, in percent; infinite where none holds."""
    columns, rows = panel.packed.columns.astype(np.int64), _rows(panel)
    fact = panel.facts.get("market")
    at = np.zeros(len(columns), np.int64)
    labels: tuple[str, ...] = (Market.KOSPI.value,)
    if fact is not None:
        labels = (*fact.labels, Market.KOSPI.value)
        steady = fact.codes.shape[1] == 1
        at = fact.codes[rows, 0 if steady else columns].astype(np.int64)
        at[at < 0] = len(labels) - 1
    days = panel.times.astype("datetime64[D]")
    changed = np.full((len(labels), len(days)), np.inf)
    for number, label in enumerate(labels):
        changed[number] = list(_limits(label, days))
    limits: npt.NDArray[np.float64] = changed[at, columns]
    return limits


def _limits(label: str, days: npt.NDArray[np.datetime64]) -> Iterator[float]:
    market = Market(label) if label in {one.value for one in Market} else Market.KOSPI
    for day in days.tolist():
        bound = market.currency is Currency.KRW
        yield float(limit_percent(day, market)) if bound else np.inf
