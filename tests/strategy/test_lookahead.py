import numpy as np
import pytest
from numpy.typing import NDArray

from maemae.bars.panel import Panel
from maemae.strategy import Strategy, Universe
from maemae.strategy.lookahead import check
from maemae.strategy.presets import PRESETS
from maemae.strategy.trial import random_walk

Flags = NDArray[np.bool_]


class Rising:
    def __init__(self, warmup: int = 2, ahead: int = 0, memory: int = 0) -> None:
        self.warmup = warmup
        self._ahead = ahead
        self._memory = memory

    def __call__(self, panel: Panel) -> Flags:
        close = panel.fields["close"]
        out = np.zeros(panel.shape, dtype=np.bool_)
        if self._ahead:
            out[:, : -self._ahead] = close[:, self._ahead :] > close[:, : -self._ahead]
        elif self._memory:
            mean = np.cumsum(close, axis=1) / np.arange(1, panel.shape[1] + 1)
            out[:] = close > mean
        else:
            out[:, 1:] = close[:, 1:] > close[:, :-1]
        return out


def findings(rule: Rising) -> list[tuple[str, str]]:
    strategy = Strategy(name="a", entry=rule, exit=Rising())
    return [(found.role, found.cause) for found in check(strategy, random_walk(6, 120))]


def test_an_honest_rule_passes() -> None:
    assert findings(Rising()) == []


def test_a_rule_that_looks_at_tomorrow_is_caught() -> None:
    assert ("entry", "future") in findings(Rising(ahead=1))


def test_a_rule_that_remembers_more_than_it_says_is_caught() -> None:
    assert findings(Rising(warmup=5, memory=1)) == [("entry", "history")]


@pytest.mark.parametrize("name", ["golden_cross", "dual_momentum", "low_volatility", "macd_cross"])
def test_expressions_pass(name: str) -> None:
    assert check(PRESETS[name], random_walk(12, 260), cuts=4) == []
    assert isinstance(PRESETS[name].candidates, Universe)
