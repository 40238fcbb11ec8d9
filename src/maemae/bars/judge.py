"""The one judge of rows of daily bars: what cannot be true, and the one repair there is.

Whoever reads daily bars, an import, a download, a backtest or the simulated exchange, asks here.
"""

import polars as pl

from maemae.bars.schema import PRICES, REQUIRED
from maemae.i18n import _
from maemae.market.calendar import Calendar, krx
from maemae.market.kinds import Kind, Market

_FUNDS = (Kind.ETF.name, Kind.ETN.name)
ROUNDING, ROUNDING_WON = 0.02, 5
"""Back-adjusted prices may break the order of open, high, low and close by the larger of these."""


def judged(
    table: pl.DataFrame, *, calendar: Calendar | None = None, unlisted: bool = False
) -> pl.DataFrame:
    """Return the rows that `sources` read, tidied, with what is wrong with each in `problem`.

    `broken` says that the order of back-adjusted prices is broken, which `mended` repairs.

    Args:
        table: as `sources.read_source` returns it.
        calendar: says on which days there can be rows; ours where it is left out.
        unlisted: whether a row need not say its market.
    """
    broken = _order_broken() & (pl.col("raw_ok") == False)  # noqa: E712 - null is not False
    reasons = _reasons(calendar or krx(), unlisted=unlisted)
    return _tidied(table).with_columns(
        pl.coalesce(reasons).alias("problem"), broken.alias("broken")
    )


def mended(good: pl.DataFrame) -> pl.DataFrame:
    """Widen high and low where rounding has put back-adjusted prices out of order."""
    highest, lowest = pl.max_horizontal(PRICES), pl.min_horizontal(PRICES)
    return good.with_columns(
        pl.when("broken").then(highest).otherwise("high").alias("high"),
        pl.when("broken").then(lowest).otherwise("low").alias("low"),
    )


def _tidied(table: pl.DataFrame) -> pl.DataFrame:
    market = pl.col("market").str.to_uppercase()
    fund = market.is_in(_FUNDS)
    code = pl.col("code").str.to_uppercase().str.strip_chars()
    return table.with_columns(
        # KIS puts a Q before an ETN's six characters; some sources give the kind as the market.
        pl.when(code.str.contains("^Q.{6}$")).then(code.str.slice(1)).otherwise(code).alias("code"),
        pl.when(fund).then(market.str.to_lowercase()).otherwise("kind").alias("kind"),
        pl.when(fund)
        .then(pl.lit(Market.KOSPI.value))
        .when(market == "KOSDAQ GLOBAL")
        .then(pl.lit(Market.KOSDAQ.value))
        .otherwise(market)
        .alias("market"),
        pl.col("raw_ok").fill_null(value=False),
    )


def _order_broken() -> pl.Expr:
    highest, lowest = pl.max_horizontal(PRICES), pl.min_horizontal(PRICES)
    return (pl.col("open") > 0) & ((pl.col("high") < highest) | (pl.col("low") > lowest))


def _reasons(calendar: Calendar, *, unlisted: bool) -> list[pl.Expr]:
    """Return what can be wrong with a row, the first that holds first; null where nothing is."""
    known = pl.col("date").is_between(calendar.first, calendar.last)
    sessions = pl.Series(calendar.sessions(calendar.first, calendar.last), dtype=pl.Date)
    slack = pl.max_horizontal(pl.col("close") * ROUNDING, pl.lit(ROUNDING_WON))
    far = (pl.max_horizontal(PRICES) > pl.col("high") + slack) | (
        pl.min_horizontal(PRICES) < pl.col("low") - slack
    )
    zeros = pl.sum_horizontal((pl.col(name) == 0).cast(pl.Int8) for name in PRICES[:3])
    kinds = [kind.value for kind in Kind]
    rules = {
        "the code is not six capital letters and digits": ~pl.col("code").str.contains(
            "^[0-9A-Z]{6}$"
        ),
        _("the market is not one of {known}").format(known=", ".join(Market)): ~pl.col(
            "market"
        ).is_in(list(Market)),
        _("the kind is not one of {known}").format(known=", ".join(kinds)): ~pl.col("kind").is_in(
            kinds
        ),
        "a price or volume is below zero": pl.min_horizontal(*PRICES, "volume") < 0,
        "the close is 0": pl.col("close") == 0,
        "the exchange was closed on that day": known & ~pl.col("date").is_in(sessions.implode()),
        "open, high and low are not all 0 on a day without trades": zeros.is_between(1, 2),
        "open, high, low and close are out of order": _order_broken() & (pl.col("raw_ok") | far),
        "the code stands twice on that day": ~pl.struct("code", "date").is_first_distinct(),
    }
    needed = REQUIRED if unlisted else (*REQUIRED, "market")
    missing = {_("{name} is missing").format(name=name): pl.col(name).is_null() for name in needed}
    reasons = [pl.when(holds).then(pl.lit(text)) for text, holds in (missing | rules).items()]
    return [pl.col("problem"), *reasons]
