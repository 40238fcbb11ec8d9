"""Checking stored daily bars against the rules of the place.

Every finding is a row with code, date, what is wrong and whether the row should be set aside
(`severe`) or looked at. Nothing is changed here; `maemae bars check --quarantine` sets severe
rows aside
and `--repair` repairs what has one right answer (`bars.repair`).
"""

from collections.abc import Iterator
from datetime import date

import polars as pl

from maemae.bars.adjust import steps
from maemae.bars.schema import PRICES
from maemae.i18n import _
from maemae.market.calendar import Calendar, krx
from maemae.market.kinds import Kind, Market
from maemae.market.limits import price_limits
from maemae.market.ticks import CHANGES, FIRST_DAY, is_printable

FINDING: dict[str, pl.DataType] = {
    "code": pl.String(),
    "date": pl.Date(),
    "problem": pl.String(),
    "detail": pl.String(),
    "severe": pl.Boolean(),
}
_JUMP = 0.31
"""No price moves further than this in a day under the ±30 % limits."""
_LIMITED_FROM = date(2015, 6, 15)
_LONGEST_GAP = 3
"""Sessions a code may be absent before it is reported."""


def check(bars: pl.DataFrame, calendar: Calendar | None = None) -> pl.DataFrame:
    """Return what looks wrong in daily bars (columns of `schema.STORED`, by code and date).

    The calendar (ours where it is left out) says which sessions a code was absent from. Tick and
    limit rules are applied to prices as traded only. The rows found are sorted by code and date;
    the columns are those of `FINDING`.
    """
    known = calendar or krx()
    parts = [
        _order(bars),
        _twice(bars),
        _untraded(bars),
        _grid(bars),
        _limits(bars),
        _gaps(bars, known),
        _jumps(bars, known),
    ]
    return pl.concat(parts).sort("code", "date", "problem")


def _finding(rows: pl.DataFrame, problem: str, detail: pl.Expr, *, severe: bool) -> pl.DataFrame:
    return rows.select(
        "code",
        "date",
        pl.lit(problem).alias("problem"),
        detail.cast(pl.String).alias("detail"),
        pl.lit(severe).alias("severe"),
    )


def _order(bars: pl.DataFrame) -> pl.DataFrame:
    wrong = (pl.col("open") > 0) & (
        (pl.col("high") < pl.max_horizontal(PRICES)) | (pl.col("low") > pl.min_horizontal(PRICES))
    )
    detail = pl.format(_("open {} high {} low {} close {}"), *PRICES)
    return _finding(bars.filter(wrong), "order of prices", detail, severe=True)


def priced_without_trades() -> pl.Expr:
    """Return whether a day without trades carries the last price in every field.

    Of prices as traded only: the volume of adjusted ones may be 0 by rounding.
    """
    flat = pl.max_horizontal(PRICES) == pl.min_horizontal(PRICES)
    nothing = (pl.col("volume") == 0) & (pl.col("value").fill_null(0) == 0)
    return pl.col("raw_ok") & (pl.col("open") > 0) & flat & nothing


def _twice(bars: pl.DataFrame) -> pl.DataFrame:
    """Find codes that stand in two markets on a day."""
    rows = bars.filter(pl.struct("code", "date").is_duplicated()).group_by("code", "date")
    markets = rows.agg(pl.col("market").sort().str.join(" and ").alias("markets"))
    return _finding(markets, "the code stands twice on that day", pl.col("markets"), severe=False)


def _untraded(bars: pl.DataFrame) -> pl.DataFrame:
    rows = bars.filter(priced_without_trades())
    detail = pl.format(_("open {} high {} low {} close {}"), *PRICES)
    return _finding(rows, "prices on a day without trades", detail, severe=False)


def _traded(bars: pl.DataFrame) -> pl.DataFrame:
    return bars.filter(pl.col("raw_ok") & (pl.col("open") > 0) & (pl.col("date") >= FIRST_DAY))


def _grid(bars: pl.DataFrame) -> pl.DataFrame:
    keys = ["period", "market", "kind", "price"]
    # One question per price and tick table instead of one per row.
    period = pl.lit(CHANGES[0])
    for change in CHANGES[1:]:
        period = pl.when(pl.col("date") >= change).then(pl.lit(change)).otherwise(period)
    rows = _traded(bars).with_columns(period.alias("period"))
    prices = rows.unpivot(PRICES, index=["code", "date", *keys[:3]], value_name="price")
    seen = prices.select(keys).unique()
    on_grid = [
        is_printable(price, day, Market(market), Kind(kind or Kind.STOCK))
        for day, market, kind, price in seen.iter_rows()
    ]
    off = seen.filter(~pl.Series(on_grid, dtype=pl.Boolean))
    rows = prices.join(off, on=keys, nulls_equal=True).unique(["code", "date", "price"])
    detail = pl.format(_("{} won"), pl.col("price"))
    return _finding(rows, "off the tick grid", detail, severe=False)


def _limits(bars: pl.DataFrame) -> pl.DataFrame:
    rows = _traded(bars).filter((pl.col("base") > 0) & (pl.col("market") != Market.KONEX.value))
    # Python looks at the rows near or past the limits only.
    wide = (pl.col("high") * 100 > pl.col("base") * 114) | (
        pl.col("low") * 100 < pl.col("base") * 86
    )
    near = rows.filter(wide)
    inside = []
    for row in near.select("date", "market", "kind", "base", "high", "low").iter_rows():
        day, market, kind, base, high, low = row
        known = Kind(kind or Kind.STOCK)
        limits = price_limits(base, day, Market(market), known, leverage=3 if known.is_etp else 1)
        inside.append(limits.contains(high) and limits.contains(low))
    outside = near.filter(~pl.Series(inside, dtype=pl.Boolean))
    detail = pl.format(_("base {} high {} low {}"), "base", "high", "low")
    return _finding(outside, "outside the price limits", detail, severe=False)


def _gaps(bars: pl.DataFrame, calendar: Calendar) -> pl.DataFrame:
    sessions = calendar.sessions(calendar.first, calendar.last)
    number = pl.DataFrame(
        {"date": sessions, "n": range(len(sessions))}, schema={"date": pl.Date, "n": pl.Int64}
    )
    rows = bars.select("code", "date").join(number, on="date", how="left", maintain_order="left")
    missing = (pl.col("n") - pl.col("n").shift(1).over("code") - 1).alias("missing")
    rows = rows.with_columns(missing).filter(pl.col("missing") > _LONGEST_GAP)
    return _finding(
        rows, "gap", pl.format(_("{} sessions without a row before it"), "missing"), severe=False
    )


def _jumps(bars: pl.DataFrame, calendar: Calendar) -> pl.DataFrame:
    """Find moves that the limits forbid and no known corporate action explains."""
    rows = (
        bars.join(steps(bars, calendar), on=["code", "date"], how="left", maintain_order="left")
        .with_columns(pl.col("close").shift(1).over("code").alias("last"))
        .filter((pl.col("date") >= _LIMITED_FROM) & (pl.col("last") > 0) & (pl.col("close") > 0))
        .with_columns((pl.col("last") * pl.col("step").fill_null(1.0)).alias("last"))
        .with_columns((pl.col("close") / pl.col("last") - 1).alias("move"))
        # A won is a large share of a tiny price.
        .filter((pl.col("move").abs() > _JUMP) & ((pl.col("close") - pl.col("last")).abs() > 1))
    )
    detail = pl.format("{} to {} won", pl.col("last").round(0).cast(pl.Int64), "close")
    return _finding(rows, "jump (a missed split?)", detail, severe=False)


def summary(findings: pl.DataFrame) -> Iterator[tuple[str, int, int, bool]]:
    """Give the problem, the rows, the codes concerned and whether it is severe, most rows first."""
    counted = findings.group_by("problem", "severe").agg(
        pl.len().alias("rows"), pl.col("code").n_unique().alias("codes")
    )
    for row in counted.sort("rows", descending=True).iter_rows(named=True):
        yield row["problem"], row["rows"], row["codes"], row["severe"]
