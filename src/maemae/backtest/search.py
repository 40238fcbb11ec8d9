"""Many runs of one strategy over a grid of its parameters, and what the best of them is worth."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from itertools import product
from math import e, sqrt
from statistics import NormalDist
from typing import Any

import numpy as np

from maemae.backtest.inputs import Inputs, inputs
from maemae.backtest.notes import Note
from maemae.backtest.result import Result
from maemae.backtest.run import span, traded
from maemae.backtest.statistics import Floats
from maemae.backtest.terms import Terms
from maemae.bars.panel import Panel
from maemae.errors import DataError
from maemae.i18n import _
from maemae.strategy.declare import Strategy
from maemae.strategy.evaluate import Cache
from maemae.strategy.tree import parameters

KEPT = 2_000_000_000
"""Bytes of indicators kept from trial to trial."""
FEWEST = 4
"""Where not even so many of them fit, none is kept: a trial would hold all of its own at once."""

_EULER = 0.5772156649015329


def search(
    strategy: Strategy,
    bars: Panel,
    grid: Mapping[str, Sequence[float]],
    *,
    first: date | None = None,
    last: date | None = None,
    terms: Terms | None = None,
    threads: int | None = None,
    told: Callable[[int, int], None] = lambda _done, _of: None,
    **options: Any,
) -> list[Result]:
    """Run a strategy with every combination of some values of its parameters.

    Each indicator is computed once, as far as there is room (`KEPT`), and trials that differ in
    their exit limits alone share what the rules decided.

    Args:
        strategy: its parameters not in the grid stay as they are.
        bars: of all trials.
        grid: values by parameter.
        first: as for `backtest`.
        last: the same.
        terms: the same.
        threads: the same.
        told: called after each trial with the number done and of all.
        options: benchmark and executor, as for `backtest`.

    Returns:
        The results, the best Sharpe ratio first. With more than one, each has a deflated Sharpe
        ratio, a note that says so, and a note where a value is the first or last of its kind.

    Raises:
        DataError: a parameter without values; otherwise as `backtest`.
        RuleError: no such parameter, or a value out of its range.
    """
    empty = [name for name, values in grid.items() if not values]
    if empty:
        raise DataError(_("a search needs at least one value of {empty}").format(empty=empty[0]))
    deciding = parameters(*strategy.trees)
    names = sorted(grid, key=lambda name: name not in deciding)
    trials = [strategy.with_parameters(dict(zip(names, values, strict=True)))
              for values in product(*(grid[name] for name in names))]  # fmt: skip
    panel, start = span(bars, first, last)
    cache: Cache | None = {} if FEWEST * 8 * len(panel.packed) <= KEPT else None
    given = inputs(trials[0], panel, terms or Terms(), start=start, cache=cache, threads=threads)
    found = []
    for number, trial in enumerate(trials):
        given = given.under(trial, cache=cache, threads=threads)
        found.append(traded(given, **options))
        if cache is not None:
            _trim(cache)
        told(number + 1, len(trials))
    if len(found) == 1:
        return [_beside_unranked(found[0], given, cache=cache, threads=threads)]
    sharpes = np.array([_sharpe(_returns(result)) for result in found])
    judged = [_judged(result, sharpes, grid) for result in found]
    return sorted(judged, key=lambda result: -np.nan_to_num(result.statistics.sharpe, nan=-np.inf))


def _beside_unranked(
    result: Result, given: Inputs, *, cache: Cache | None, threads: int | None
) -> Result:
    """Say what the choice among competing names has done: the same rules without their score.

    The desk would take as long again, and is left alone.
    """
    if given.strategy.score is None or result.executor != "kernel":
        return result
    plain = given.under(replace(given.strategy, score=None), cache=cache, threads=threads)
    if plain.unsupported:
        return result
    other = traded(plain).statistics.total_return
    return replace(result, statistics=replace(result.statistics, unranked_return=other))


def deflated_sharpe(returns: Floats, sharpes: Floats) -> float:
    """Return the chance that a Sharpe ratio is more than the best of so many trials by luck.

    Args:
        returns: of the trial judged, by session.
        sharpes: ratios of all trials by session (not by year), its own among them.

    Returns:
        A probability; NaN where returns or trials do not differ.
    """
    spread = float(np.nanstd(sharpes, ddof=1))
    own = _sharpe(returns)
    if not spread > 0 or np.isnan(own):
        return float("nan")
    away = (returns - returns.mean()) / returns.std()
    moments = float((away**3).mean()), float((away**4).mean())
    return beyond_luck(own, len(returns), moments, spread, len(sharpes))


def beyond_luck(
    sharpe: float, sessions: int, moments: tuple[float, float], spread: float, trials: int
) -> float:
    """Return the deflated Sharpe ratio, a probability.

    Bailey and López de Prado, "The Deflated Sharpe Ratio" (Journal of Portfolio Management 40/5,
    2014): the ratio is held against the largest that trials without skill would be expected to
    show, given their number and spread, with the returns' skewness and kurtosis counted.

    Args:
        sharpe: by session.
        sessions: how many returns it is of.
        moments: skewness and kurtosis of them (3 for normal ones).
        spread: standard deviation of the trials' ratios by session.
        trials: how many there were, two or more.
    """
    normal, (skewness, kurtosis) = NormalDist(), moments
    lucky = spread * (
        (1 - _EULER) * normal.inv_cdf(1 - 1 / trials)
        + _EULER * normal.inv_cdf(1 - 1 / (trials * e))
    )
    width = sqrt(1 - skewness * sharpe + (kurtosis - 1) / 4 * sharpe**2)
    return normal.cdf((sharpe - lucky) * sqrt(sessions - 1) / width)


def _judged(result: Result, sharpes: Floats, grid: Mapping[str, Sequence[float]]) -> Result:
    chance = deflated_sharpe(_returns(result), sharpes)
    own = result.settings["parameters"]
    edges = [name for name, values in grid.items()
             if len(values) > 1 and own[name] in (min(values), max(values))]  # fmt: skip
    known = [name for note in result.notes if note.kind == "edge" for name in note.names]
    names = tuple(dict.fromkeys([*known, *edges]))
    notes = [note for note in result.notes if note.kind != "edge"]
    if names:
        notes.append(Note("edge", len(names), len(own), names))
    if not np.isnan(chance):
        notes.append(Note("search", len(sharpes), round(100 * chance)))
    statistics = replace(result.statistics, deflated_sharpe=chance)
    return replace(result, statistics=statistics, notes=tuple(notes))


def _returns(result: Result) -> Floats:
    equity = np.concatenate(([result.terms.cash], result.daily["equity"].to_numpy()))
    return np.diff(equity) / equity[:-1]


def _sharpe(returns: Floats) -> float:
    deviation = float(returns.std(ddof=1)) if len(returns) > 1 else 0.0
    return float(returns.mean()) / deviation if deviation else float("nan")


def _trim(cache: Cache) -> None:
    """Forget the oldest indicators beyond the room for them."""
    size = sum(array.nbytes for array in cache.values())
    for node in list(cache):
        if size <= KEPT:
            return
        size -= cache.pop(node).nbytes
