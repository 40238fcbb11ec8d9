"""The instruments of a simulated day: what is known of each before it trades."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import polars as pl

from maemae.bars.aside import Aside
from maemae.bars.daily import day_bars, read_daily
from maemae.bars.schema import PRICES
from maemae.errors import DataError
from maemae.i18n import _
from maemae.market.kinds import Kind, Market
from maemae.market.limits import price_limits

WALK_PARTS = 32
"""Into so many parts of equal variance a walk is told."""


@dataclass(frozen=True, slots=True)
class Walk:
    """The walk that made a day: what names have in common within it, their bars do not tell.

    `places`: where it was at the end of each part but the last, as parts of the open: 0.01 is one
    percent above it; fewer where it ended at a price limit before. `high`, `low`: in which parts
    its extremes were, from 0.
    """

    places: tuple[float, ...]
    high: int
    low: int


@dataclass(frozen=True, slots=True)
class Listing:
    """One instrument on one day.

    Prices are won, `volume` shares. `base` is the day's base price (기준가), `lower` and `upper`
    its price limits; the bar lies within them.
    """

    code: str
    name: str
    market: Market
    kind: Kind
    base: int
    lower: int
    upper: int
    open: int
    high: int
    low: int
    close: int
    volume: int
    previous_volume: int = 0
    shares: int = 0
    halted: bool = False
    sectors: tuple[str, ...] = ()
    industries: tuple[str, ...] = ()
    ex: str = "00"
    """락구분 (`flng_cls_code`) of the day; 00: none."""
    volatility: float = 0.0
    """Standard deviation of the change from open to close that the day was made with, a part of
    the open; 0: not known."""
    walk: Walk | None = None
    """None: only the bar is known."""


@dataclass(frozen=True, slots=True)
class DayBar:
    """One instrument's bar of a day gone by. Won and shares; `value` in won."""

    day: date
    open: int
    high: int
    low: int
    close: int
    volume: int
    value: int
    ex: str = "00"
    """락구분 (`flng_cls_code`) of the day; 00: none."""
    base: int = 0
    """The day's base price in won, where it is not the last close before it; 0: it is."""


def history_from_bars(
    path: Path, code: str, before: date, aside: Aside | None = None
) -> list[DayBar]:
    """Read an instrument's bars before a day, the oldest first; days without trades are left out.

    Only prices as traded. Where the file has no traded value, close times volume stands for it.
    `aside` is as in `read_daily`.
    """
    # Files write an ETN's code with a Q before it, or without.
    wanted = pl.col("code").is_in([code, f"Q{code}"]) & (pl.col("date") < before)
    bars = read_daily(path, aside, wanted).filter("raw_ok", pl.col("open") > 0, code=code)
    value = pl.coalesce("value", pl.col("close") * pl.col("volume"))
    return [DayBar(*row) for row in bars.select("date", *PRICES, "volume", value).iter_rows()]


def listings_from_bars(path: Path, day: date, aside: Aside | None = None) -> list[Listing]:
    """Read the instruments of a day from a bar file or folder, in order of their codes.

    Only rows marked as unadjusted and not halted are used. The price limits follow the rules of
    the day; where the recorded bar left them (a first day after a reorganisation, for example)
    they are widened to hold it. `aside` is as in `read_daily`.

    Raises:
        DataError: the file cannot be used, or has no instrument that traded on that day.
    """
    return [_listing(row, day) for row in day_bars(path, day, aside).sort("code").to_dicts()]


def _listing(row: dict[str, object], day: date) -> Listing:
    market = Market(str(row["market"] or Market.KOSPI))
    kind = Kind(str(row["kind"]))
    first, high, low, last = (_won(row, key) for key in ("open", "high", "low", "close"))
    base = first if row["base"] is None else _won(row, "base")
    limits = price_limits(base, day, market, kind)
    return Listing(
        code=str(row["code"]),
        name=str(row["name"]),
        market=market,
        kind=kind,
        base=base,
        lower=min(limits.lower, low),
        upper=max(limits.upper, high),
        open=first,
        high=high,
        low=low,
        close=last,
        volume=_won(row, "volume"),
        shares=0 if row["shares"] is None else _won(row, "shares"),
    )


def _won(row: dict[str, object], key: str) -> int:
    value = row[key]
    if not isinstance(value, int):
        raise DataError(
            _("{what}: {key} is {value!r}, a whole number was expected").format(
                what=row["code"], key=key, value=value
            )
        )
    return value
