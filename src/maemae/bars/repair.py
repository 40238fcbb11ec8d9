"""Repairing stored daily bars where only one answer can be right; never silently.

Every row that is changed or removed goes to quarantine as it was, with the reason; a changed row
says so in its source. What has no certain repair (a jump, a gap, prices off the grid) is left: ask
for it again with `maemae bars download --again`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from maemae.bars.check import priced_without_trades
from maemae.bars.judge import ROUNDING, ROUNDING_WON
from maemae.bars.schema import PRICES, STORED
from maemae.bars.store import BarStore

KEY = ("code", "date", "market")
MARK = " (repaired)"
_LATE = 10**17
"""Microseconds later than any time of fetching."""


@dataclass(frozen=True)
class Repair:
    """What is to be done: `before` are the rows as stored with a `problem`, `after` their repair.

    A row of `before` without one of the same code, date and market in `after` is removed.
    """

    before: pl.DataFrame
    after: pl.DataFrame


def plan(bars: pl.DataFrame, now: datetime) -> Repair:
    """Return what can be repaired in daily bars (columns of `schema.STORED`).

    - A day as traded, without volume, that repeats one price had no trades: it becomes 0.
    - A code that stands in two markets on a day was moved: the row fetched later stays.
    - Back-adjusted prices out of order by rounding (5 won or 2 %): high and low are widened.
    """
    bars = bars.with_columns(pl.coalesce(_problems()).alias("problem"))
    wrong = bars.filter(pl.col("problem").is_not_null())
    removed = pl.col("problem") == "the code stands twice on that day"
    after = wrong.filter(~removed).with_columns(
        *_repaired(),
        (pl.col("source") + MARK).alias("source"),
        pl.lit(now).cast(STORED["fetched"]).alias("fetched"),
    )
    return Repair(wrong, after.select(*STORED))


def together(plans: Sequence[Repair]) -> Repair:
    """Return the plans for several blocks of codes, one at least, as one."""
    return Repair(pl.concat([one.before for one in plans]), pl.concat([one.after for one in plans]))


def carry_out(store: BarStore, repair: Repair) -> None:
    """Set the rows aside as they were, then replace or remove them in the store."""
    if repair.before.height:
        store.quarantine(repair.before, "repair")
        store.write_daily(repair.after)
        store.remove_daily(repair.before.join(repair.after, on=KEY, how="anti"), by=KEY)


def _problems() -> list[pl.Expr]:
    highest, lowest = pl.max_horizontal(PRICES), pl.min_horizontal(PRICES)
    slack = pl.max_horizontal(pl.col("close") * ROUNDING, pl.lit(ROUNDING_WON))
    broken = (pl.col("high") < highest) | (pl.col("low") > lowest)
    near = (highest <= pl.col("high") + slack) & (lowest >= pl.col("low") - slack)
    better = pl.col("raw_ok").cast(pl.Int64) * _LATE + pl.col("fetched").dt.epoch("us")
    rank = better.rank("ordinal", descending=True).over("code", "date")
    rules = {
        "the code stands twice on that day": rank > 1,
        "prices on a day without trades": priced_without_trades(),
        "prices out of order by rounding": (pl.col("open") > 0) & ~pl.col("raw_ok") & broken & near,
    }
    return [pl.when(holds).then(pl.lit(text)) for text, holds in rules.items()]


def _repaired() -> list[pl.Expr]:
    widest = {"high": pl.max_horizontal(PRICES), "low": pl.min_horizontal(PRICES)}
    return [
        pl.when(priced_without_trades())
        .then(0)
        .otherwise(widest.get(name, pl.col(name)))
        .alias(name)
        for name in ("open", "high", "low")
    ]
