"""Point-in-time universes: which instruments a rule may look at on a day.

Only what was known at the close of that day is used, so a backtest cannot see who survives.
"""

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Literal

import polars as pl

from maemae.errors import DataError
from maemae.i18n import _
from maemae.market.kinds import Kind, Market
from maemae.reading import LISTS, brief, csv_rows, read_text

Rank = Literal["value", "market_cap"]


@dataclass(frozen=True, slots=True)
class Universe:
    """A choice of instruments.

    Args:
        markets: where they are listed.
        kinds: what they are; rows that do not say count as stocks.
        top: how many to keep, best first; all when left out.
        rank: by traded value or by market capitalisation.
        min_value: least average traded won a day.
        window: sessions over which the traded value is averaged.
    """

    markets: tuple[Market, ...] = (Market.KOSPI, Market.KOSDAQ)
    kinds: tuple[Kind, ...] = (Kind.STOCK,)
    top: int | None = None
    rank: Rank = "value"
    min_value: int = 0
    window: int = 20

    def on(self, bars: pl.DataFrame, day: date) -> list[str]:
        """Return the codes of that day, best first.

        An instrument belongs if it has a row on that day, traded or not. Where the traded won are
        not known, close times volume stands in.

        Args:
            bars: rows with the columns of `schema.STORED`; more days than needed do no harm.
            day: a session in the data.

        Raises:
            DataError: the data has no row on that day, or no market cap to rank by.
        """
        past = bars.filter(pl.col("date") <= day)
        today = past.filter(
            pl.col("date") == day,
            pl.col("market").is_in(list(self.markets)),
            pl.col("kind").fill_null(Kind.STOCK.value).is_in(list(self.kinds)),
        )
        if today.is_empty():
            raise DataError(
                _("no bars for {day} in the markets asked for; import that day first").format(
                    day=day
                )
            )
        days = past["date"].unique().sort().tail(self.window)
        value = pl.coalesce("value", pl.col("close") * pl.col("volume"))
        liquid = (
            past.filter(pl.col("date").is_in(days.implode()))
            .group_by("code")
            .agg((value.sum() / days.len()).alias("average"))
        )
        chosen = today.join(liquid, on="code").filter(pl.col("average") >= self.min_value)
        by = "average" if self.rank == "value" else "market_cap"
        if chosen.height and chosen[by].null_count() == chosen.height:
            raise DataError(
                _("no market capitalisation is known on {day}; rank by value instead").format(
                    day=day
                )
            )
        ranked = chosen.sort(by, "code", descending=[True, False], nulls_last=True)
        codes = ranked["code"].to_list()
        return codes if self.top is None else codes[: self.top]


def read_codes(path: Path) -> list[str]:
    """Read a saved list: a CSV whose column `code` (or first column) holds the codes.

    Raises:
        DataError: the file is not there, is empty, or a code is not six characters.
    """
    rows = csv_rows(read_text(path, LISTS), str(path))
    if not rows:
        raise DataError(_("{path}: the list is empty").format(path=path))
    heading = [cell.strip().lower() for cell in rows[0]]
    column = heading.index("code") if "code" in heading else 0
    body = rows[1:] if "code" in heading else rows
    codes = []
    for number, row in enumerate(body, start=len(rows) - len(body) + 1):
        code = row[column].strip().upper() if len(row) > column else ""
        if len(code) != 6 or not code.isascii() or not code.isalnum():  # noqa: PLR2004
            raise DataError(
                _(
                    "{path} row {number}: {code} is no code of six characters; a spreadsheet "
                    "may have cut leading zeros"
                ).format(path=path, number=number, code=brief(code))
            )
        codes.append(code)
    return codes


def write_codes(path: Path, codes: list[str]) -> None:
    """Save a list as a CSV with the heading `code`."""
    path.write_text("\n".join(["code", *codes]) + "\n", encoding="utf-8")
