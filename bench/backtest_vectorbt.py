"""Golden cross as a portfolio in vectorbt; run by `backtest.py --peers` in its own environment.

The same rule, next-open fills, shared cash, whole shares and a twentieth of the starting cash for
an entry. What it cannot be told: 20 positions at most, the best score first, fees in whole won.
"""

import json
import sys
import time

import numpy as np
import pandas as pd
import vectorbt as vbt

CASH, SLOTS = 100_000_000, 20
arrays = np.load(sys.argv[1])
close, opened = (pd.DataFrame(np.ascontiguousarray(arrays[name].T)) for name in ("close", "open"))


def run() -> tuple[float, int]:
    fast, slow = vbt.MA.run(close, 5), vbt.MA.run(close, 20)
    entries, exits = fast.ma_crossed_above(slow).to_numpy(), fast.ma_crossed_below(slow).to_numpy()
    later = [
        np.vstack([np.zeros((1, each.shape[1]), bool), each[:-1]]) for each in (entries, exits)
    ]
    portfolio = vbt.Portfolio.from_signals(
        close, *later, price=opened, size=CASH / SLOTS, size_type="value", size_granularity=1,
        fees=0.0007, init_cash=CASH, cash_sharing=True, group_by=True, freq="1D",
    )  # fmt: skip
    return float(portfolio.final_value()), int(portfolio.orders.count())


cold = time.perf_counter()
run()
cold = time.perf_counter() - cold
spent = []
for _ in range(3):
    start = time.process_time()
    value, orders = run()
    spent.append(time.process_time() - start)
name = f"vectorbt {vbt.__version__}"
print(json.dumps({"name": name, "cold": cold, "warm": min(spent), "orders": orders}))
