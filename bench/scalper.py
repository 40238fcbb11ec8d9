"""What the demo's scalper earns on the made-up market, beside driftless walks.

    python bench/scalper.py --seeds 5 --days 60

Trades a whole day of `maemae demo` for each seed, with the scalper alone, in stepped time; then
plays its rule without the trader on days of the made-up market, and on days whose paths are walks
without drift of the same names, with the same ticks, volatilities and books
(`maemae.exchange.survey.scalping`). All sell at 15:15, so that nothing is open at the close. A
gain is a part of the price paid, before costs; *moved* is the gain had nothing stood between bid
and ask: zero in a fair game. Errors are standard errors, with each day counted as one: the names
of a day have the market in common.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from maemae.exchange.hours import Hours
from maemae.exchange.paths import PathMaker, make_paths
from maemae.exchange.replay import DayMarket
from maemae.exchange.survey.scalping import Scalper, driftless
from maemae.exchange.synthetic import SyntheticHistory
from maemae.market.calendar import krx
from maemae.strategy.customary import SCALPER_NAMES

DAY = date(2026, 7, 1)
DAYS_OF_A_SEED = 3
SETTINGS = """[[book]]
way = "condition"
name = "scalper"
sell_at = "15:15"
"""


def traded(seed: int) -> list[float]:
    """Return the gain of each position that a demo's day opened and closed."""
    with tempfile.TemporaryDirectory() as folder:
        report, config = Path(folder) / "report.json", Path(folder) / "scalper.toml"
        config.write_text(SETTINGS, encoding="utf-8")
        command = [sys.executable, "-m", "maemae", "demo", "--no-live", "--speed", "step"]
        command += ["--seed", str(seed), "--date", DAY.isoformat(), "--report", str(report)]
        command += ["--config", str(config)]
        subprocess.run(command, check=True, capture_output=True, cwd=folder)
        return gains(json.loads(report.read_text(encoding="utf-8"))["venue"]["fills"])


def gains(fills: list[dict[str, Any]]) -> list[float]:
    """Return the gains of a day's fills: from no shares of a name to none again is a position."""
    held: dict[str, int] = defaultdict(int)
    paid: dict[str, int] = defaultdict(int)
    got: dict[str, int] = defaultdict(int)
    found = []
    for fill in fills:
        code, shares = fill["code"], fill["quantity"]
        bought = fill["side"] == "buy"
        (paid if bought else got)[code] += shares * fill["price"]
        held[code] += shares if bought else -shares
        if held[code] == 0:
            found.append(got.pop(code) / paid.pop(code) - 1)
    return found


def played(days: int, make: PathMaker) -> tuple[list[list[float]], list[list[float]]]:
    """Return the gains of the rule on each of some days, and what the prices moved by."""
    gained, moved = [], []
    seeds = range(1, days // DAYS_OF_A_SEED + 2)
    every = ((seed, n) for seed in seeds for n in range(DAYS_OF_A_SEED))
    for seed, n in islice(every, days):
        day = DAY if n == 0 else krx().offset(DAY, n)
        listings = SyntheticHistory(seed, krx(), DAY).bars(day)
        market = DayMarket(listings, Hours.of(krx().session(day)), seed, make=make)
        positions = Scalper(market, SCALPER_NAMES).play()
        gained.append([one.gain for one in positions])
        moved.append([one.moved for one in positions])
    return gained, moved


def mean(days: Sequence[Sequence[float]]) -> tuple[float, float]:
    """Return the mean of all, and its standard error with each day counted as one."""
    sums, counts = (np.array([f(one) for one in days], float) for f in (sum, len))
    middle = sums.sum() / max(1.0, counts.sum())
    error = np.sqrt(((sums - middle * counts) ** 2).sum()) / max(1.0, counts.sum())
    return float(middle), float(error)


def line(
    name: str, gained: Sequence[Sequence[float]], moved: Sequence[Sequence[float]] = ()
) -> str:
    """Return a line of the table."""
    wins, off = mean([[float(one > 0) for one in day] for day in gained])
    earned, error = mean(gained)
    text = f"{name:<34} {len(gained):4d} {sum(map(len, gained)):6d} {wins:6.1%} ±{off:4.1%}"
    text += f" {earned:+8.3%} ±{error:.3%}"
    if moved:
        middle, error = mean(moved)
        text += f" {middle:+8.3%} ±{error:.3%}"
    return text


def main() -> None:
    """Trade the days and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--days", type=int, default=60)
    given = parser.parse_args()
    print(f"{'':<34} days trades    wins        a trade          moved")
    days = []
    for seed in range(1, given.seeds + 1):
        days.append(traded(seed))
        print(line(f"demo, seed {seed}", days[-1:]), flush=True)
    print(line("demo", days), flush=True)
    print(line("the rule on the made-up market", *played(given.days, make_paths)), flush=True)
    print(line("the rule on driftless walks", *played(given.days, driftless)))


if __name__ == "__main__":
    main()
