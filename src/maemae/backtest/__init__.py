"""Backtests: a strategy's declared rules over history, by a compiled loop and by the live desk.

from maemae.backtest import Terms, backtest

result = backtest(strategy, panel, terms=Terms(cash=50_000_000))
"""

from maemae.backtest.notes import Note
from maemae.backtest.result import Result
from maemae.backtest.run import backtest
from maemae.backtest.search import deflated_sharpe, search
from maemae.backtest.statistics import Statistics
from maemae.backtest.terms import Terms

__all__ = ["Note", "Result", "Statistics", "Terms", "backtest", "deflated_sharpe", "search"]
