"""Daily bars up to now: earlier sessions from the store or the broker, today's as it forms."""

import asyncio
from collections.abc import Iterable, Mapping
from typing import Any

import polars as pl

from maemae.bars.adjust import adjusted
from maemae.bars.panel import Panel
from maemae.bars.schema import OPTIONAL, REQUIRED
from maemae.bars.sectors import sectors_of, with_sectors
from maemae.desk.records import Listed
from maemae.errors import WireError
from maemae.kis import Priority, Quote
from maemae.trader.history import daily_fetch
from maemae.trader.sources.source import Means

_SCHEMA = REQUIRED | OPTIONAL
_MARGIN = 20
"""Sessions beyond the warm-up, for names that did not trade on some days."""


class DailyBars:
    """Daily bars of the names that are asked for, kept for the session.

    Args:
        count: earlier sessions that rules need.
        means: store and broker.
    """

    def __init__(self, count: int, means: Means) -> None:
        self._count = count
        self._means = means
        self._frames: dict[str, pl.DataFrame] = {}

    async def load(self, listed: Mapping[str, Listed]) -> None:
        """Have the earlier sessions of some names; those that cannot be had are left out.

        Raises:
            DataError: a file of the store is damaged.
        """
        wanted = [code for code in listed if code not in self._frames]
        today = self._means.session.day
        calendar = self._means.state.calendar
        first = calendar.offset(today, -self._count - _MARGIN)
        last = calendar.previous_session(today)
        store = self._means.store
        if wanted and store is not None and (store.root / "daily").is_dir():
            kept = await asyncio.to_thread(store.daily, first, last, codes=wanted)
            for (code,), bars in kept.partition_by("code", as_dict=True).items():
                if bars["date"].max() == last:
                    self._frames[str(code)] = bars.select(list(_SCHEMA))
        fetch = daily_fetch(self._means.data.history)
        for code in wanted:
            if code not in self._frames:
                try:
                    bars = await fetch(code, first, last)
                except WireError:
                    continue
                self._frames[code] = _completed(bars, listed[code])

    def missing(self, listed: Mapping[str, Listed]) -> tuple[str, ...]:
        """Return the names of which there is no earlier session: rules cannot look at them."""
        return tuple(
            code for code in listed if code not in self._frames or not self._frames[code].height
        )

    def sessions_of(self, code: str) -> pl.DataFrame | None:
        """Return the earlier sessions of a name as traded; None while they cannot be had."""
        return self._frames.get(code)

    def finished(self, listed: Mapping[str, Listed]) -> Panel | None:
        """Return the earlier sessions alone; None when there are none at all."""
        frames = [self._frames[code] for code in listed if code in self._frames]
        return self._panel(frames)

    async def so_far(self, listed: Mapping[str, Listed]) -> Panel | None:
        """Return the earlier sessions, and today's as it stands; None when nothing is known.

        Names that did not trade today, or whose earlier bars are not known, are left out.

        Raises:
            WireError: the broker could not be asked for prices.
        """
        codes = [code for code in listed if code in self._frames]
        quotes = await self._means.data.prices(codes, priority=Priority.QUOTE)
        today = [
            _today(quote, self._means.session.day)
            for quote in quotes
            if quote.volume and quote.price
        ]
        known = {str(row["code"]) for row in today}
        frames = [self._frames[code] for code in codes if code in known]
        forming = [_completed(pl.DataFrame([row]), listed[str(row["code"])]) for row in today]
        return self._panel([*frames, *forming])

    def _panel(self, frames: Iterable[pl.DataFrame]) -> Panel | None:
        some = [frame for frame in frames if frame.height]
        if not some:
            return None
        bars = adjusted(pl.concat(some).sort("code", "date"), self._means.state.calendar)
        return with_sectors(Panel.from_frame(bars), sectors_of(self._means.instruments))


def _today(quote: Quote, day: Any) -> dict[str, Any]:
    return {
        "date": day,
        "code": quote.code,
        "open": quote.open or quote.price,
        "high": quote.high or quote.price,
        "low": quote.low or quote.price,
        "close": quote.price,
        "volume": quote.volume,
        "value": quote.value,
        "base": quote.base,
    }


def _completed(bars: pl.DataFrame, listed: Listed) -> pl.DataFrame:
    """Return bars as traded with all columns of the store that rules and adjustment look at."""
    facts: dict[str, Any] = {
        "code": listed.code,
        "name": listed.name,
        "market": listed.market.value,
        "kind": listed.kind.value,
        "raw_ok": True,
    }
    return bars.select(
        (pl.lit(facts[name]) if name in facts else _or_null(bars, name)).cast(dtype).alias(name)
        for name, dtype in _SCHEMA.items()
    )


def _or_null(bars: pl.DataFrame, name: str) -> pl.Expr:
    return pl.col(name) if name in bars.columns else pl.lit(None)
