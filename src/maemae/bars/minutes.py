"""Minute bars from live ticks."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import polars as pl

from maemae.bars.schema import MINUTE
from maemae.market.kinds import Market


@dataclass(slots=True)
class MinuteBar:
    """One minute of one code; `at` is the start of the minute, prices in won."""

    code: str
    at: datetime
    open: int
    high: int
    low: int
    close: int
    volume: int


class MinuteBuilder:
    """Collects ticks into minute bars.

    A bar is done when a tick of a later minute of the same code arrives, or on `flush`. Minutes
    without trades have no bar. A tick older than its code's open bar (a late message) is counted
    in `late` and left out, because its bar may already be stored.
    """

    def __init__(self) -> None:
        self._open: dict[str, MinuteBar] = {}
        self.late = 0

    def add(self, code: str, at: datetime, price: int, quantity: int) -> MinuteBar | None:
        """Take one trade and return the bar it completed, if any."""
        minute = at.replace(second=0, microsecond=0)
        bar = self._open.get(code)
        if bar is not None and minute < bar.at:
            self.late += 1
            return None
        if bar is not None and minute == bar.at:
            bar.high, bar.low = max(bar.high, price), min(bar.low, price)
            bar.close = price
            bar.volume += quantity
            return None
        self._open[code] = MinuteBar(code, minute, price, price, price, price, quantity)
        return bar

    def flush(self, before: datetime | None = None) -> Iterator[MinuteBar]:
        """Give out and forget the open bars (those of minutes over by `before`, when given)."""
        for code, bar in list(self._open.items()):
            if before is None or bar.at < before.replace(second=0, microsecond=0):
                yield self._open.pop(code)


def minute_frame(
    bars: list[MinuteBar], market: Market, *, source: str, fetched: datetime
) -> pl.DataFrame:
    """Return minute bars of one market with the columns of the store."""
    rows = [
        {
            "at": bar.at, "code": bar.code, "open": bar.open, "high": bar.high, "low": bar.low,
            "close": bar.close, "volume": bar.volume, "market": market.value, "source": source,
            "fetched": fetched.astimezone(UTC),
        }
        for bar in bars
    ]  # fmt: skip
    return pl.DataFrame(rows, schema=MINUTE)
