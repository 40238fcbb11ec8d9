"""Filling the store from a broker's charts, resumable and code by code.

Whoever calls brings the function that asks the broker, so this room knows no wire. Each answer is
staged at once and merged into the store in batches and at the end; a run that was cut off is
picked up by the next one.
"""

import json
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

import polars as pl

from maemae.bars.ingest import Cleaned, Report, clean
from maemae.bars.minute_files import clean_minutes
from maemae.bars.schema import OPTIONAL, REQUIRED
from maemae.bars.staging import Period, merge_staged, sole_merger, stage
from maemae.bars.store import BarStore
from maemae.errors import KisAuth, KisRefused, KisThrottled, WireError
from maemae.i18n import _
from maemae.market.calendar import Calendar, krx
from maemae.market.instruments import Instrument

Fetch = Callable[[str, date, date], Awaitable[pl.DataFrame]]
"""Ask for the bars of a code from the first to the last day, both included.

Returns daily bars (the columns of `schema.REQUIRED` without the code, and any of `OPTIONAL`) or
minute bars (`at`, prices, volume); raises a `WireError` when the broker could not be asked. An
empty frame means the broker says there is nothing.
"""

Progress = Callable[[Instrument, int, int], None]
"""Told the instrument done, how many questions are done and how many there are."""

_BATCH = 200
_PATIENCE = 5
"""Failures in a row, of whatever instruments, after which the broker is taken to be away."""
_DAY = timedelta(days=1)


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
    again: bool = False,
    calendar: Calendar | None = None,
) -> Outcome:
    """Fetch what the store lacks of each instrument from `first` to `last` and write it.

    Asked for are the days after the last stored one, and those before the first stored one unless
    they have been asked for before; with `again` the whole range, replacing what is stored. An
    instrument that is refused is named in the outcome and the rest goes on.

    Raises:
        KisAuth: the keys are not accepted.
        WireError: the broker could not be reached several times in a row. What came is kept.
        DataError: another download into this store is under way.
    """
    with sole_merger(store):
        merge_staged(store)
        trading = calendar or krx()
        run = _Run(fetch, store, now, source, trading)
        stored, asked = store.spans(), _Asked(store)
        wanted = list(instruments)
        try:
            for number, instrument in enumerate(wanted, start=1):
                span = None if again else stored.get(instrument.code)
                missing = _missing(span, asked.since(instrument.code), first, last, trading)
                if not missing:
                    run.outcome.up_to_date += 1
                answers = [await run.daily(instrument, *days) for days in missing]
                if missing and all(answers):
                    asked.note(instrument.code, first)
                progress(instrument, number, len(wanted))
        finally:
            asked.write()
        merge_staged(store)
    return run.outcome


async def download_minutes(
    fetch: Fetch,
    instruments: Iterable[Instrument],
    store: BarStore,
    first: date,
    last: date,
    *,
    now: Callable[[], datetime],
    progress: Progress,
    source: str = "KIS",
    again: bool = False,
    calendar: Calendar | None = None,
) -> Outcome:
    """Fetch the minute bars of each session from `first` to `last` that the store lacks.

    A session of an instrument is one question. Errors as in `download_daily`.
    """
    with sole_merger(store):
        merge_staged(store)
        trading = calendar or krx()
        run = _Run(fetch, store, now, source, trading)
        there = set() if again else store.minute_days(first, last)
        sessions = trading.sessions(first, last)
        wanted = [(day, instrument) for instrument in instruments for day in sessions]
        wanted.sort(key=lambda question: question[0])
        for number, (day, instrument) in enumerate(wanted, start=1):
            if (instrument.code, day) in there:
                run.outcome.up_to_date += 1
            else:
                await run.minutes(instrument, day)
            progress(instrument, number, len(wanted))
        merge_staged(store)
    return run.outcome


def _missing(
    stored: tuple[date, date] | None,
    asked: date | None,
    first: date,
    last: date,
    calendar: Calendar,
) -> list[tuple[date, date]]:
    """Return the ranges to ask for, each from a session to a session."""
    if stored is None:
        return _sessions(calendar, first, last)
    oldest, newest = stored
    before = first if asked is None or first < asked else oldest
    later = _sessions(calendar, max(first, newest + _DAY), last)
    return later + _sessions(calendar, before, min(last, oldest - _DAY))


def _sessions(calendar: Calendar, first: date, last: date) -> list[tuple[date, date]]:
    days = calendar.sessions(first, last) if first <= last else ()
    return [(days[0], days[-1])] if days else []


class _Asked:
    """How far back each code has been asked for: there may be nothing before its first bar."""

    def __init__(self, store: BarStore) -> None:
        self._file = store.root / "asked.json"
        text = self._file.read_text(encoding="utf-8") if self._file.is_file() else "{}"
        self._since: dict[str, str] = json.loads(text)

    def since(self, code: str) -> date | None:
        """Return the day from which on a code has been asked for."""
        day = self._since.get(code)
        return None if day is None else date.fromisoformat(day)

    def note(self, code: str, first: date) -> None:
        """Remember that a code was asked for from a day on."""
        self._since[code] = min(self._since.get(code, f"{first}"), f"{first}")

    def write(self) -> None:
        """Keep it."""
        fresh = self._file.with_suffix(".new")
        fresh.write_text(json.dumps(self._since), encoding="utf-8")
        fresh.replace(self._file)


@dataclass
class _Run:
    """One download under way."""

    fetch: Fetch
    store: BarStore
    now: Callable[[], datetime]
    source: str
    calendar: Calendar
    outcome: Outcome = field(default_factory=Outcome)
    in_a_row: int = 0

    async def daily(self, instrument: Instrument, first: date, last: date) -> bool:
        """Fetch daily bars and stage what came; whether the broker answered."""
        bars = await self._ask(instrument, first, last)
        if bars is None:
            return False
        if bars.height:
            cleaned = clean(
                _completed(bars, instrument),
                file=f"{self.source} {instrument.code}",
                source=self.source,
                fetched=self.now(),
                report=self.outcome.report,
                calendar=self.calendar,
            )
            self._keep("daily", f"{instrument.code}-{first}", cleaned)
        return True

    async def minutes(self, instrument: Instrument, day: date) -> None:
        """Fetch a day's minute bars and stage what came."""
        bars = await self._ask(instrument, day, day)
        if bars is not None and bars.height:
            table = bars.with_columns(pl.lit(instrument.code).alias("code"))
            cleaned = clean_minutes(
                table.with_row_index("row", offset=1),
                f"{self.source} {instrument.code}",
                instrument.market,
                source=self.source,
                fetched=self.now(),
                report=self.outcome.report,
                calendar=self.calendar,
            )
            self._keep("minute", f"{instrument.code}-{day}", cleaned)

    async def _ask(self, instrument: Instrument, first: date, last: date) -> pl.DataFrame | None:
        try:
            bars = await self.fetch(instrument.code, first, last)
        except KisAuth:
            raise
        except WireError as error:
            self.outcome.failed[instrument.code] = str(error)
            definite = isinstance(error, KisRefused) and not isinstance(error, KisThrottled)
            self.in_a_row = 0 if definite else self.in_a_row + 1
            if self.in_a_row == _PATIENCE:
                raise WireError(
                    _(
                        "{patience} questions in a row failed, so the download stopped; what "
                        "came is kept, run it again to go on (last: {error})"
                    ).format(patience=_PATIENCE, error=error)
                ) from error
            return None
        self.in_a_row = 0
        self.outcome.done += 1
        return bars

    def _keep(self, period: Period, name: str, cleaned: Cleaned) -> None:
        if cleaned.bad.height:
            self.store.quarantine(cleaned.bad, f"download-{name}")
        stage(self.store, period, name, cleaned.good)
        if self.outcome.done % _BATCH == 0:
            merge_staged(self.store)


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
