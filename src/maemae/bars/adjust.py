"""Adjusted views (수정주가), computed on reading: what is stored stays as it was traded.

A corporate action shows in the base price (기준가): where it differs from the previous close, all
earlier prices are multiplied with base / close and all earlier volumes divided by it. Adjusted
prices are floats: they feed indicators and never an order.
"""

from datetime import date, timedelta

import polars as pl

from maemae.bars.schema import PRICES
from maemae.market.calendar import Calendar, krx
from maemae.market.kinds import Kind, Market
from maemae.market.limits import base_price

_BEYOND_TRADING = 1.45
"""A ratio of base to close (either way) that one day inside the ±30 % limits cannot make."""

_LONGEST_HALT = timedelta(days=40)
"""Across a longer hole in the data nothing is concluded."""


def steps(bars: pl.DataFrame, calendar: Calendar | None = None) -> pl.DataFrame:
    """Return the rows on which prices took a step, with the columns code, date and step.

    A source's own `factor` counts first. Otherwise a step is the base price over the previous
    close, where both rows are as traded. If sessions lie between the two rows, they may have been
    a halt or may be missing from the data; then only a step no day's trading could make counts.
    Rounding the base price to the day's grid is no step.

    Args:
        bars: rows with the columns of `schema.STORED`, sorted by code and date.
        calendar: says which sessions lie between two rows; ours where it is left out.
    """
    rows = (
        bars.select("code", "date", "market", "kind", "close", "base", "factor", "raw_ok")
        .with_columns(pl.col("close", "raw_ok", "code", "date").shift(1).name.prefix("last_"))
        .filter(pl.col("code") == pl.col("last_code"))
    )
    stated = rows.filter(pl.col("factor").is_not_null() & (pl.col("factor") != 1))
    moved = rows.filter(
        pl.col("factor").is_null()
        & pl.col("raw_ok")
        & pl.col("last_raw_ok")
        & (pl.col("base") > 0)
        & (pl.col("last_close") > 0)
        & (pl.col("base") != pl.col("last_close"))
    )
    asked = moved.select("last_date", "date", "last_close", "base", "market", "kind")
    known = calendar or krx()
    taken = pl.Series([_is_action(row, known) for row in asked.iter_rows()], dtype=pl.Boolean)
    ratio = pl.col("base") / pl.col("last_close")
    return pl.concat(
        [
            stated.select("code", "date", pl.col("factor").alias("step")),
            moved.filter(taken).select("code", "date", ratio.alias("step")),
        ]
    ).sort("code", "date")


def adjusted(bars: pl.DataFrame, calendar: Calendar | None = None) -> pl.DataFrame:
    """Return the bars with `adjustment` and prices and volume as seen from each code's last row.

    Args:
        bars: rows with the columns of `schema.STORED`, sorted by code and date.
        calendar: as in `steps`.

    Returns:
        The same rows; open, high, low, close, base and volume are floats, and `adjustment` is
        what the traded prices were multiplied with.
    """
    found = steps(bars, calendar)
    stepped = bars.join(found, on=["code", "date"], how="left", maintain_order="left")
    step = pl.col("step").fill_null(1.0)
    later = (step.cum_prod(reverse=True).over("code") / step).alias("adjustment")
    return (
        stepped.with_columns(later)
        .with_columns(
            *(pl.col(name) * pl.col("adjustment") for name in (*PRICES, "base")),
            pl.col("volume") / pl.col("adjustment"),
        )
        .drop("step")
    )


def _is_action(row: tuple[date, date, int, int, str, str | None], calendar: Calendar) -> bool:
    last_day, day, close, base, market, kind = row
    if base == base_price(close, day, Market(market), Kind(kind or Kind.STOCK)):
        return False
    if calendar.first < day <= calendar.last and last_day == calendar.previous_session(day):
        return True
    beyond = not 1 / _BEYOND_TRADING <= base / close <= _BEYOND_TRADING
    return beyond and day - last_day <= _LONGEST_HALT
