"""Compile every loop once, so that the first backtest on a machine does not wait for it."""

from types import ModuleType

from numba.core.dispatcher import Dispatcher

from maemae.backtest import book, entries, kernel, rules
from maemae.backtest.run import backtest
from maemae.backtest.terms import Terms
from maemae.bars.panel import Panel
from maemae.strategy import kernels
from maemae.strategy.parts import ConditionSearch, ListFile
from maemae.strategy.presets import PRESETS
from maemae.strategy.trial import random_walk

_LOOPS: tuple[ModuleType, ...] = (kernel, book, entries, rules, kernels)
_SIZE = 4, 300
"""Instruments and sessions of the made-up bars."""


def compile_all() -> int:
    """Run every preset on a few made-up bars, by both executors; return what was compiled anew.

    The results stay in numba's cache beside the package (or where NUMBA_CACHE_DIR says) until the
    package, numba or the processor changes.
    """
    before = _compiled()
    bars: Panel = random_walk(*_SIZE)
    for strategy in PRESETS.values():
        if isinstance(strategy.candidates, (ConditionSearch, ListFile)):
            continue
        backtest(strategy, bars)
        backtest(strategy, bars, terms=Terms(slippage=0.001, participation=0.1), executor="desk")
    return _compiled() - before


def _compiled() -> int:
    loops = {
        loop for module in _LOOPS for loop in vars(module).values() if isinstance(loop, Dispatcher)
    }
    return sum(sum(loop.stats.cache_misses.values()) for loop in loops)
