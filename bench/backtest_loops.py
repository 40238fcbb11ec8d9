"""Golden cross on single instruments in two event loops; run by `backtest.py --peers`."""

import json
import sys
import time
from collections.abc import Callable

import backtesting
import backtrader as bt
import numpy as np
import pandas as pd

CASH = 100_000_000
arrays = np.load(sys.argv[1])
names = ["open", "high", "low", "close", "volume"]
rows, columns = arrays["close"].shape
rows = min(rows, int(sys.argv[2]))
days = pd.bdate_range("2015-01-01", periods=columns)
frames = [
    pd.DataFrame({name.capitalize(): arrays[name][row] for name in names}, index=days)
    for row in range(rows)
]


class Cross(backtesting.Strategy):
    def init(self) -> None:
        close = pd.Series(self.data.Close)
        self.fast = self.I(lambda: close.rolling(5).mean())
        self.slow = self.I(lambda: close.rolling(20).mean())

    def next(self) -> None:
        now, before = self.fast[-1] - self.slow[-1], self.fast[-2] - self.slow[-2]
        if self.position and now < 0 <= before:
            self.position.close()
        elif not self.position and now > 0 >= before:
            self.buy(size=0.95)


class Traded(bt.Strategy):
    def __init__(self) -> None:
        averages = [bt.ind.SMA(self.data.close, period=length) for length in (5, 20)]
        self.cross = bt.ind.CrossOver(*averages)

    def next(self) -> None:
        if self.position and self.cross[0] < 0:
            self.close()
        elif not self.position and self.cross[0] > 0:
            self.buy(size=int(0.95 * self.broker.getcash() / self.data.close[0]))


def by_backtesting(frame: pd.DataFrame) -> None:
    backtesting.Backtest(frame, Cross, cash=CASH, commission=0.0007).run()


def by_backtrader(frame: pd.DataFrame) -> None:
    cerebro = bt.Cerebro(stdstats=False)
    cerebro.adddata(bt.feeds.PandasData(dataname=frame))
    cerebro.addstrategy(Traded)
    cerebro.broker.setcash(CASH)
    cerebro.broker.setcommission(0.0007)
    cerebro.run()


def show(name: str, run: Callable[[pd.DataFrame], None]) -> None:
    start = time.process_time()
    for frame in frames:
        run(frame)
    spent = time.process_time() - start
    print(json.dumps({"name": name, "seconds": spent, "bars": rows * columns}))


show(f"backtesting.py {backtesting.__version__}", by_backtesting)
show(f"backtrader {bt.__version__}", by_backtrader)
