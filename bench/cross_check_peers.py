"""Plain rules traded by backtesting.py and backtrader; run by `cross_check.py` in an environment
of its own. Reads bars by name from a .npz, prints trades as JSON."""

import json
import sys
import warnings
from math import floor
from typing import Any

import backtesting
import backtrader as bt
import numpy as np
import pandas as pd

FAST, SLOW, HIGHS, LOWS = 5, 20, 20, 10
FIRST = int(sys.argv[4])
"""First bar decided on."""


def affordable(cash: float, price: float, rate: float) -> int:
    """Return the shares that the cash pays, with a fee cut to whole won."""
    shares = int(cash // price)
    while shares and shares * price + floor(round(shares * price * rate, 6)) > cash:
        shares -= 1
    return shares


def fee(size: float, price: float, rate: float) -> int:
    return floor(round(abs(size) * price * rate, 6))


class Rules(backtesting.Strategy):
    """A rule in backtesting.py; it sizes by the next open, as all three do."""

    rule, rate = "averages", 0.0

    def init(self) -> None:
        close = pd.Series(self.data.Close)
        self.fast = self.I(lambda: close.rolling(FAST).mean())
        self.slow = self.I(lambda: close.rolling(SLOW).mean())
        self.top = self.I(lambda: pd.Series(self.data.High).rolling(HIGHS).max().shift(1))
        self.bottom = self.I(lambda: pd.Series(self.data.Low).rolling(LOWS).min().shift(1))

    def next(self) -> None:
        if len(self.data) - 1 < FIRST:
            return
        if self.rule == "averages":
            now, before = self.fast[-1] - self.slow[-1], self.fast[-2] - self.slow[-2]
            enters, leaves = now > 0 >= before, now < 0 <= before
        else:
            enters = self.data.Close[-1] > self.top[-1]
            leaves = self.data.Close[-1] < self.bottom[-1]
        if self.position and leaves:
            self.position.close()
        elif not self.position and enters and self.data.Next[-1] > 0:
            size = affordable(round(self.equity, 6), self.data.Next[-1], self.rate)
            if size:
                self.buy(size=size)


def by_backtesting(bars: pd.DataFrame, rule: str, cash: int, rate: float) -> list[list[Any]]:
    frame = bars.assign(Next=bars["Open"].shift(-1).fillna(0))
    test = backtesting.Backtest(
        frame, Rules, cash=cash, commission=lambda size, price: fee(size, price, rate)
    )
    trades = test.run(rule=rule, rate=rate)["_trades"]
    return [
        [int(t.EntryBar), int(t.Size), t.EntryPrice, int(t.ExitBar), t.ExitPrice]
        for t in trades.itertuples()
    ]


class Fee(bt.CommInfoBase):
    params = (("rate", 0.0), ("stocklike", True), ("commtype", bt.CommInfoBase.COMM_FIXED))

    def _getcommission(self, size: float, price: float, pseudoexec: bool) -> float:  # noqa: ARG002
        return fee(size, price, self.p.rate)


class Traded(bt.Strategy):
    """The same rules in backtrader, decided at the close and sent before the next open."""

    params = (("rule", "averages"), ("rate", 0.0))

    def __init__(self) -> None:
        self.fast = bt.ind.SMA(self.data.close, period=FAST)
        self.slow = bt.ind.SMA(self.data.close, period=SLOW)
        self.top = bt.ind.Highest(self.data.high(-1), period=HIGHS)
        self.bottom = bt.ind.Lowest(self.data.low(-1), period=LOWS)
        self.wish = 0
        self.done: list[list[Any]] = []
        self.bought: list[Any] = []

    def next(self) -> None:
        if len(self) - 1 < FIRST:
            return
        if self.p.rule == "averages":
            now, before = self.fast[0] - self.slow[0], self.fast[-1] - self.slow[-1]
            enters, leaves = now > 0 >= before, now < 0 <= before
        else:
            enters = self.data.close[0] > self.top[0]
            leaves = self.data.close[0] < self.bottom[0]
        self.wish = -1 if self.position and leaves else int(not self.position and enters)

    def next_open(self) -> None:
        if self.wish < 0:
            self.close()
        elif self.wish > 0:
            size = affordable(self.broker.getcash(), self.data.open[0], self.p.rate)
            if size:
                self.buy(size=size)
        self.wish = 0

    def notify_order(self, order: Any) -> None:
        if order.status != order.Completed:
            return
        at, price, size = len(self) - 1, order.executed.price, order.executed.size
        if size > 0:
            self.bought = [at, int(size), price]
        else:
            self.done.append([*self.bought, at, price])


def by_backtrader(bars: pd.DataFrame, rule: str, cash: int, rate: float) -> list[list[Any]]:
    cerebro = bt.Cerebro(cheat_on_open=True, stdstats=False)
    cerebro.adddata(bt.feeds.PandasData(dataname=bars))
    cerebro.addstrategy(Traded, rule=rule, rate=rate)
    cerebro.broker.setcash(cash)
    cerebro.broker.addcommissioninfo(Fee(rate=rate))
    (done,) = cerebro.run(runonce=True)
    found: list[list[Any]] = done.done
    return found


def main() -> None:
    warnings.simplefilter("ignore")
    cash = int(sys.argv[2])
    names = ["Open", "High", "Low", "Close", "Volume"]
    for code, array in np.load(sys.argv[1]).items():
        days = pd.to_datetime(array[0].astype("int64"), unit="D")
        bars = pd.DataFrame(dict(zip(names, array[1:], strict=True)), index=days)
        for rule in ("averages", "channel"):
            for rate in (0.0, float(sys.argv[3])):
                for peer, run in (
                    ("backtesting.py", by_backtesting),
                    ("backtrader", by_backtrader),
                ):
                    print(json.dumps([peer, code, rule, rate > 0, run(bars, rule, cash, rate)]))


if __name__ == "__main__":
    main()
