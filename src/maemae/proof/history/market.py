"""The days of a window as a market of the simulated exchange, of some names."""

from collections.abc import Mapping, Sequence
from datetime import date

from maemae.exchange.extremes import Spans
from maemae.exchange.listing import DayBar, Listing
from maemae.market.kinds import Kind
from maemae.market.limits import price_limits
from maemae.proof.history.lists import DayRow, Window


class WindowSource:
    """The days of a window as a market.

    Args:
        window: the days.
        codes: the names that are traded.
    """

    def __init__(self, window: Window, codes: Sequence[str]) -> None:
        self._window = window
        self._codes = tuple(sorted(codes))

    def listings(self, day: date) -> list[Listing]:
        """Return the names that are listed on a day, halted where nothing was traded."""
        rows = self._window.rows[day]
        return [_listing(rows[code], day) for code in self._codes if code in rows]

    def history(self, code: str, before: date) -> list[DayBar]:
        """Return a name's days before a day, its halted days among them."""
        found = []
        for day in self._window.days:
            row = self._window.rows[day].get(code)
            if day < before and row is not None:
                bar = row.open, row.high, row.low, row.close, row.volume
                found.append(DayBar(day, *bar, row.close * row.volume))
        return found

    def extremes(self, starts: Sequence[date], before: date) -> Mapping[str, Spans]:
        """Return nothing: a window is shorter than the stretches that are asked for."""
        del starts, before
        return {}


def _listing(row: DayRow, day: date) -> Listing:
    """Return a name on a day; where no limits held (정리매매) they hold what was traded."""
    limits = price_limits(row.base, day, row.market)
    return Listing(
        code=row.code,
        name=row.name,
        market=row.market,
        kind=Kind.STOCK,
        base=row.base,
        lower=min(limits.lower, row.low) if row.traded else limits.lower,
        upper=max(limits.upper, row.high) if row.traded else limits.upper,
        open=row.open,
        high=row.high,
        low=row.low,
        close=row.close,
        volume=row.volume,
        shares=row.shares,
        halted=not row.traded,
    )
