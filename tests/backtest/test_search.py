"""A search over parameters: the same trials as one by one, and how much of the best is luck."""

import math
from datetime import date
from importlib import import_module

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.backtest.conftest import market

from maemae.backtest import Terms, backtest, deflated_sharpe, search
from maemae.backtest.search import beyond_luck
from maemae.bars.panel import Panel
from maemae.errors import DataError
from maemae.strategy import Strategy, close, crosses_above, crosses_below, sma
from maemae.strategy.tree import Param, RuleError

FAST, SLOW = Param("fast", 3, 2, 9, 1), Param("slow", 8, 5, 30, 1)
STRATEGY = Strategy(
    name="averages",
    entry=crosses_above(sma(close, FAST), sma(close, SLOW)),
    exit=crosses_below(sma(close, FAST), sma(close, SLOW)),
    max_positions=4,
)
TERMS = Terms(cash=5_000_000)


def test_a_search_gives_the_trials_that_single_runs_give() -> None:
    told: list[tuple[int, int]] = []
    found = search(
        STRATEGY, market(), {"fast": [3, 4, 5], "slow": [10, 12]}, terms=TERMS,
        told=lambda done, of: told.append((done, of)),
    )  # fmt: skip
    assert told == [(n, 6) for n in range(1, 7)]
    ratios = [result.statistics.sharpe for result in found]
    assert ratios == sorted(ratios, reverse=True)
    for result in found:
        alone = backtest(result.strategy, market(), terms=TERMS)
        assert alone.fills.equals(result.fills)
        assert alone.fingerprint == result.fingerprint
    assert len({result.fingerprint for result in found}) == 6


@pytest.mark.parametrize("kept", [0, 40_000])
def test_a_search_without_room_for_indicators_gives_the_same(
    monkeypatch: pytest.MonkeyPatch, kept: int
) -> None:
    """40,000 bytes are room for a few of them, that come and go."""
    grid = {"fast": [3.0, 4.0, 5.0], "slow": [10.0, 12.0]}
    roomy = search(STRATEGY, market(), grid, terms=TERMS)
    monkeypatch.setattr(import_module("maemae.backtest.search"), "KEPT", kept)
    assert [one.fingerprint for one in roomy] == [
        one.fingerprint for one in search(STRATEGY, market(), grid, terms=TERMS)
    ]


class Rising:
    """A rule in Python that counts how often it is asked."""

    warmup = 1

    def __init__(self) -> None:
        self.asked = 0

    def __call__(self, panel: Panel) -> NDArray[np.bool_]:
        self.asked += 1
        return panel.fields["close"] > panel.fields["open"]


def test_trials_that_differ_in_their_limits_share_what_the_rules_decide() -> None:
    rising = Rising()
    strategy = Strategy(
        name="rising", entry=rising, score=close / FAST, max_positions=4,
        stop_loss=Param("stop", 0.05, 0.01, 0.2, 0.01), max_holding=Param("days", 5, 1, 9, 1),
    )  # fmt: skip
    grid: dict[str, list[float]] = {"stop": [0.02, 0.1], "fast": [3, 4], "days": [2, 9]}
    found = search(strategy, market(), grid, first=date(2022, 11, 1), terms=TERMS)
    assert (len(found), rising.asked) == (8, 2)  # once for each value of `fast`
    for result in found:
        alone = backtest(result.strategy, market(), first=date(2022, 11, 1), terms=TERMS)
        assert alone.fills.equals(result.fills)
        assert alone.statistics.free_return == result.statistics.free_return
        assert alone.fingerprint == result.fingerprint
    assert len({result.fingerprint for result in found}) == 8


def test_a_search_says_what_to_doubt() -> None:
    found = search(STRATEGY, market(), {"fast": [3, 4, 5], "slow": [10]}, terms=TERMS)
    for result in found:
        notes = {note.kind: note for note in result.notes}
        assert notes["search"].count == 3
        assert notes["search"].total == round(100 * result.statistics.deflated_sharpe)
        at_edge = result.settings["parameters"]["fast"] in {3, 5}
        assert ("edge" in notes) == at_edge
        assert not at_edge or notes["edge"].names == ("fast",)


def test_one_trial_is_no_search() -> None:
    (found,) = search(STRATEGY, market(), {"fast": [4]}, terms=TERMS)
    assert math.isnan(found.statistics.deflated_sharpe)
    assert "search" not in {note.kind for note in found.notes}


def test_senseless_searches_are_refused() -> None:
    with pytest.raises(DataError, match="at least one value of fast"):
        search(STRATEGY, market(), {"fast": []})
    with pytest.raises(RuleError, match="no parameter fats"):
        search(STRATEGY, market(), {"fats": [1, 2]})


def test_the_example_of_the_authors() -> None:
    """Bailey and López de Prado: 2.5 a year over 1,250 days, best of 100 with variance 1/2."""
    found = beyond_luck(2.5 / math.sqrt(250), 1250, (-3, 10), math.sqrt(0.5 / 250), 100)
    assert found == pytest.approx(0.9004, abs=5e-5)


def test_more_trials_leave_less() -> None:
    chances = [beyond_luck(0.15, 500, (0, 3), 0.05, trials) for trials in (2, 10, 100, 1000)]
    assert chances == sorted(chances, reverse=True)
    assert chances[0] > 0.99
    assert chances[-1] < 0.5


def test_trials_that_do_not_differ_say_nothing() -> None:
    returns = np.random.default_rng(3).normal(0.001, 0.01, 500)
    own = returns.mean() / returns.std(ddof=1)
    assert math.isnan(deflated_sharpe(returns, np.array([own, own])))
    assert 0 < deflated_sharpe(returns, np.array([own, 0, -0.05])) < 1
