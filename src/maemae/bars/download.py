"""Filling the store from a broker's charts, resumable and code by code.

Whoever calls brings the function that asks the broker, so this room knows no wire. Each code's
answer is put into a staging file at once; the files are merged into the store in batches and at
the end, and a run that was cut off is picked up by the next one.
"""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

import polars as pl

from maemae.bars.ingest import Report, clean
from maemae.bars.schema import OPTIONAL, REQUIRED
from maemae.bars.store import BarStore
from maemae.errors import WireError
from maemae.market.calendar import krx
from maemae.market.instruments import Instrument

Fetch = Callable[[str, date, date], Awaitable[pl.DataFrame]]
"""Ask for the daily bars of a code from the first to the last day, both included.

Returns the columns of `schema.REQUIRED` and any of `OPTIONAL`; raises a `WireError` when the
broker could not be asked. An empty frame means the broker says there is nothing.
"""

Progress = Callable[[Instrument, int, int], None]
"""Told the instrument done, how many are done and how many there are."""

_BATCH = 200


@dataclass
class Outcome:
    """What a download did."""

    report: Report = field(default_factory=Report)
    done: int = 0
    up_to_date: int = 0
    failed: dict[str, str] = field(default_factory=dict)


async def download_daily(
    fetch: Fetch,
    instruments: Iterable[Instrument],
    store: BarStore,
    first: date,
    last: date,
    *,
    now: Callable[[], datetime],
    progress: Progress,
    source: str = "KIS",
) -> Outcome:
    """Fetch what the store lacks of each instrument up to `last` and write it.

    An instrument whose last stored day is `last`'s session is skipped; others are asked for the
    days after their last one (from `first` when there are none). One that fails is named in the
    outcome and the rest goes on.
    """
    merge_staged(store)
    run = _Run(fetch, store, now, source)
    known = store.last_days()
    wanted = list(instruments)
    end = last if krx().is_session(last) else krx().previous_session(last)
    for number, instrument in enumerate(wanted, start=1):
        stored = known.get(instrument.code)
        start = first if stored is None else krx().next_session(stored)
        if start > end:
            run.outcome.up_to_date += 1
        else:
            await run.one(instrument, start, end)
        progress(instrument, number, len(wanted))
    merge_staged(store)
    return run.outcome


def merge_staged(store: BarStore) -> None:
    """Merge what earlier runs fetched into the store; a file goes only after it is merged."""
    files = sorted(_staging(store).glob("*.parquet"))
    if files:
        store.write_daily(pl.concat(pl.read_parquet(file) for file in files))
        for file in files:
            file.unlink()


@dataclass
class _Run:
    """One download under way."""

    fetch: Fetch
    store: BarStore
    now: Callable[[], datetime]
    source: str
    outcome: Outcome = field(default_factory=Outcome)

    async def one(self, instrument: Instrument, first: date, last: date) -> None:
        """Fetch one instrument and stage what came."""
        try:
            bars = await self.fetch(instrument.code, first, last)
        except WireError as error:
            self.outcome.failed[instrument.code] = str(error)
            return
        self.outcome.done += 1
        if bars.height:
            self._keep(instrument, bars)
        if self.outcome.done % _BATCH == 0:
            merge_staged(self.store)

    def _keep(self, instrument: Instrument, bars: pl.DataFrame) -> None:
        cleaned = clean(
            _completed(bars, instrument),
            file=f"{self.source} {instrument.code}",
            source=self.source,
            fetched=self.now(),
            report=self.outcome.report,
        )
        if cleaned.bad.height:
            self.store.quarantine(cleaned.bad, f"download-{instrument.code}")
        _stage(_staging(self.store) / f"{instrument.code}.parquet", cleaned.good)


def _completed(bars: pl.DataFrame, instrument: Instrument) -> pl.DataFrame:
    """Add the columns the broker's answer lacks, from what is known of the instrument."""
    constants: dict[str, object] = {
        "code": instrument.code,
        "name": instrument.name,
        "market": instrument.market.value,
        "kind": instrument.kind.value,
        "raw_ok": True,
    }
    absent = [
        pl.lit(constants.get(name), dtype).alias(name)
        for name, dtype in (REQUIRED | OPTIONAL).items()
        if name not in bars.columns
    ]
    return bars.with_columns(*absent, pl.lit(None, pl.String).alias("problem")).with_row_index(
        "row", offset=1
    )


def _staging(store: BarStore) -> Path:
    return store.root / "staging"


def _stage(path: Path, bars: pl.DataFrame) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    bars.write_parquet(fresh)
    fresh.replace(path)
