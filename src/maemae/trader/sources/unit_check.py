"""Whether a share is still what it was on a day: for prices that a person wrote down then."""

from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path

import polars as pl

from maemae.bars.adjust import steps
from maemae.clock import KST
from maemae.desk.prices import follows
from maemae.desk.records import Listed
from maemae.trader.sources.daily_bars import DailyBars
from maemae.trader.sources.source import Means

_MOST = 250
"""Sessions that are looked back at most; a list that is older was looked at before."""


class UnitCheck:
    """Names whose base price took a step since a file was saved: split, merged, without rights.

    Args:
        since: the day on which the prices were written down.
        means: what it works with.
    """

    def __init__(self, since: date, means: Means) -> None:
        self._since = since
        self._means = means
        calendar, today = means.state.calendar, means.session.day
        self._sessions = calendar.age(since, today) if since < today else 0
        self._bars = DailyBars(min(max(self._sessions, 1), _MOST), means)
        self._stepped: dict[str, str] = {}
        self._closes: dict[str, int] = {}

    async def load(self, listed: Mapping[str, Listed]) -> None:
        """Have the sessions since then, of names that are new or could not be had before.

        Raises:
            DataError: a file of the store is damaged.
        """
        if self._since >= self._means.session.day:
            return
        await self._bars.load(listed)
        for code in listed.keys() - self._closes.keys():
            rows = self._bars.sessions_of(code)
            if rows is None:
                continue
            self._closes[code] = rows["close"][-1] if rows.height else 0
            found = steps(rows, self._means.state.calendar).filter(pl.col("date") > self._since)
            for row in found.tail(1).iter_rows(named=True):
                self._stepped[code] = f"{row['date']} x {row['step']:.4g}"

    def known(self, code: str) -> bool:
        """Whether anything can be said of a name yet."""
        return self._since >= self._means.session.day or code in self._closes

    def changed(self, listed: Listed, base: int | None) -> str:
        """Return what happened to a share since then, blank where nothing did.

        Args:
            listed: the name.
            base: the day's base price in won.
        """
        day, close = self._means.session.day, self._closes.get(listed.code, 0)
        if close and base and not follows(base, close, listed, day):
            return f"{close:,} > {base:,}원"
        return self._stepped.get(listed.code, "")


def saved_on(file: Path) -> date:
    """Return the day on which a file was last saved."""
    return datetime.fromtimestamp(file.stat().st_mtime, KST).date()
