"""Hold single-instrument backtests against backtesting.py and backtrader, trade by trade.

    python bench/cross_check.py ENVIRONMENT ../shared/data/kr_daily [CODE ...]

Two plain rules (averages of 5 and 20 closes crossing; a close beyond the highest of 20 or the
lowest of 10 sessions before) trade at the next open with all the cash, without costs and with a fee
of 0.15 % cut to whole won, over the whole history of each instrument (by default forty spread over
the market). Day, shares and price of every purchase and sale must be equal. The peers are GPL and
AGPL: they are installed in the environment named, and are no dependency.
"""

import json
import subprocess
import sys
import tempfile
from decimal import Decimal
from pathlib import Path

import numpy as np

from maemae.backtest import Terms, backtest
from maemae.bars.kept import daily_panel
from maemae.bars.panel import Panel
from maemae.market.costs import CostRules
from maemae.strategy import Strategy, close, crosses_above, crosses_below, high, low, sma
from maemae.strategy.language import highest, lowest

PEERS = ("backtesting", "backtrader", "pandas<3", "numpy")
CASH, RATE, MANY = 10_000_000, "0.0015", 40
FIRST = 39
"""First bar decided on: backtesting.py starts a bar later than its indicators are known."""

RULES = {
    "averages": (crosses_above(sma(close, 5), sma(close, 20)),
                 crosses_below(sma(close, 5), sma(close, 20))),
    "channel": (close > highest(high, 20)[1], close < lowest(low, 10)[1]),
}  # fmt: skip
Trade = tuple[int, int, float, int, float]


def ours(panel: Panel, rule: str, charged: bool) -> list[Trade]:
    """Return closed trades: bar of the purchase, shares, price, bar of the sale, price."""
    entry, leave = RULES[rule]
    strategy = Strategy(name=rule, entry=entry, exit=leave, max_positions=1)
    rate = Decimal(RATE) if charged else Decimal(0)
    terms = Terms(cash=CASH, costs=CostRules(fee_rate=rate, taxed=False))
    first = panel.times[panel.packed.columns[FIRST + 1]].item()
    trades = backtest(strategy, panel, terms=terms, first=first).trades.drop_nulls("sold")
    days = {day: at for at, day in enumerate(panel.times[panel.packed.columns].tolist())}
    return [
        (days[t["bought"]], t["quantity"], t["buy_price"], days[t["sold"]], t["sell_price"])
        for t in trades.iter_rows(named=True)
    ]


def environment(folder: Path) -> Path:
    """Return the peers' Python, installed at the first call."""
    python = folder / "bin/python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
        subprocess.run([str(python), "-m", "pip", "install", "--quiet", *PEERS], check=True)
    return python


def main(folder: Path, bars: Path, codes: list[str]) -> None:
    """Compare, print a line for each peer, rule and cost, and every difference."""
    market = daily_panel(bars, Path(tempfile.gettempdir()) / "maemae-panels")
    long = [row for row, size in enumerate(np.diff(market.packed.offsets)) if size > 900]
    rows = [market.row_of[code] for code in codes] or long[:: max(1, len(long) // MANY)][:MANY]
    panels = {market.codes[row]: market.rows([row]) for row in rows}
    arrays = {
        code: np.stack([
            panel.times[panel.packed.columns].astype("datetime64[D]").astype(np.int64),
            *(panel.packed.field(name) for name in ("open", "high", "low", "close", "volume")),
        ])
        for code, panel in panels.items()
    }  # fmt: skip
    with tempfile.NamedTemporaryFile(suffix=".npz") as file:
        np.savez(file, allow_pickle=False, **arrays)
        file.flush()
        script = Path(__file__).with_name("cross_check_peers.py")
        command = [str(environment(folder)), str(script), file.name, f"{CASH}", RATE, f"{FIRST}"]
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    totals: dict[tuple[str, str, bool], list[int]] = {}
    for line in done.stdout.splitlines():
        peer, code, rule, charged, theirs = json.loads(line)
        own = ours(panels[code], rule, charged)
        found = [tuple(trade) for trade in theirs]
        found = [t for t in found if t[3] < len(arrays[code][0]) - 1 or t in own]
        total = totals.setdefault((peer, rule, charged), [0, 0, 0])
        total[0] += 1
        total[1] += len(own)
        if own != found:
            total[2] += 1
            first = next((at for at, pair in enumerate(zip(own, found, strict=False))
                          if pair[0] != pair[1]), min(len(own), len(found)))  # fmt: skip
            print(f"{peer} {code} {rule} costs={charged}: {len(own)} and {len(found)} trades, "
                  f"first different {own[first:first + 1]} {found[first:first + 1]}")  # fmt: skip
    for (peer, rule, charged), (count, trades, different) in totals.items():
        print(f"{peer:16}{rule:10}{'with' if charged else 'without':8} costs: {count} instruments, "
              f"{trades:,} trades, {different} instruments different")  # fmt: skip


if __name__ == "__main__":
    main(Path(sys.argv[1]).absolute(), Path(sys.argv[2]), sys.argv[3:])
