"""Filling the store from a broker's charts, resumable and code by code.

Whoever calls brings the function that asks the broker, so this room knows no wire. Several
questions are under way at once, for an answer takes its time and the broker counts questions. Each
answer is staged at once and merged into the store in batches and at the end; a run that was cut off
is picked up by the next one.
"""

import asyncio
import json
import re
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import TypeVar

import polars as pl

from maemae import durable
from maemae.bars.ingest import Cleaned, Report, clean
from maemae.bars.minute_files import clean_minutes
from maemae.bars.schema import OPTIONAL, REQUIRED
from maemae.bars.staging import Period, merge_staged, sole_merger, stage
from maemae.bars.store import BarStore
from maemae.errors import KisAuth, KisRefused, KisThrottled, WireError
from maemae.i18n import _
from maemae.market.calendar import Calendar, krx
from maemae.market.instruments import Instrument

Q = TypeVar("Q")

Fetch = Callable[[str, date, date], Awaitable[pl.DataFrame]]
"""Ask for the bars of a code from the first to the last day, both included.

Returns daily bars (the columns of `schema.REQUIRED` without the code, and any of `OPTIONAL`) or
minute bars (`at`, prices, volume); raises a `WireError` when the broker could not be asked. An
empty frame means the broker says there is nothing.
"""

Progress = Callable[[Instrument, int, int], None]
"""Told the instrument done, how many questions are done and how many there are."""

SIDE_BY_SIDE = 8
"""Questions under way at once: enough for 18 calls a second where an answer takes 0.4 seconds."""
_BATCH = 200
_PATIENCE = 5
"""Failures in a row, of whatever instruments, after which the broker is taken to be away."""
_DAY = timedelta(days=1)
_CODE_AND_DAY = re.compile(r"^(\S{6}) (\d{4}-\d\d-\d\d)$", re.MULTILINE)


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
        wanted, done = list(instruments), 0

        async def ask(instrument: Instrument) -> None:
            nonlocal done
            span = None if again else stored.get(instrument.code)
            missing = _missing(span, asked.since(instrument.code), first, last, trading)
            if not missing:
                run.outcome.up_to_date += 1
            answers = [await run.daily(instrument, *days) for days in missing]
            if missing and all(answers):
                asked.note(instrument.code, first)
            done += 1
            progress(instrument, done, len(wanted))

        try:
            await _side_by_side(ask, wanted)
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

    A session of an instrument is one question. Where the broker says that there is nothing of it,
    and has minutes of others on that day, it is not asked again; with `again` it is. Errors as in
    `download_daily`.
    """
    with sole_merger(store):
        merge_staged(store)
        trading = calendar or krx()
        run = _Run(fetch, store, now, source, trading)
        empty = _Empty(store)
        known = store.minute_days(first, last)
        empty.traded({day for _code, day in known})
        there = set() if again else known | empty.known
        sessions = trading.sessions(first, last)
        wanted = [(day, instrument) for instrument in instruments for day in sessions]
        wanted.sort(key=lambda question: question[0])
        done = 0

        async def ask(question: tuple[date, Instrument]) -> None:
            nonlocal done
            day, instrument = question
            if (instrument.code, day) in there:
                run.outcome.up_to_date += 1
            else:
                rows = await run.minutes(instrument, day)
                if rows:
                    empty.traded({day})
                elif rows == 0:
                    empty.note(instrument.code, day)
            done += 1
            progress(instrument, done, len(wanted))

        await _side_by_side(ask, wanted)
        merge_staged(store)
    return run.outcome


async def _side_by_side(ask: Callable[[Q], Awaitable[None]], questions: Iterable[Q]) -> None:
    """Ask questions in their order, several at once; the first that fails ends all."""
    waiting = iter(questions)
    failed = False

    async def one_by_one() -> None:
        nonlocal failed
        while not failed and (question := next(waiting, None)) is not None:
            try:
                await ask(question)
            except BaseException:
                failed = True
                raise

    try:
        async with asyncio.TaskGroup() as group:
            for _number in range(SIDE_BY_SIDE):
                group.create_task(one_by_one())
    except BaseExceptionGroup as several:
        raise several.exceptions[0] from None


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


class _Empty:
    """Days of codes of which the broker has no minutes, a line each.

    An answer counts once there are minutes of another code on that day: else it may be that the
    broker has none of that day yet.
    """

    def __init__(self, store: BarStore) -> None:
        self._file = store.root / "no_minutes.txt"
        text = self._file.read_text(encoding="utf-8") if self._file.is_file() else ""
        self.known = {(code, date.fromisoformat(day)) for code, day in _CODE_AND_DAY.findall(text)}
        self._traded: set[date] = set()
        self._waiting: dict[date, list[str]] = {}

    def traded(self, days: set[date]) -> None:
        """Take note of days on which there are minutes."""
        self._traded |= days
        for day in days & self._waiting.keys():
            self._write(self._waiting.pop(day), day)

    def note(self, code: str, day: date) -> None:
        """Remember that there is nothing of a code on a day."""
        if (code, day) in self.known:
            return
        if day in self._traded:
            self._write([code], day)
        else:
            self._waiting.setdefault(day, []).append(code)

    def _write(self, codes: list[str], day: date) -> None:
        self.known |= {(code, day) for code in codes}
        with self._file.open("a", encoding="utf-8", newline="\n") as file:
            # The line break goes before, for what is cut off must not spoil what comes after it.
            file.writelines(f"\n{code} {day}" for code in codes)


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
        durable.replace(fresh, self._file)


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
    staged: int = 0

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

    async def minutes(self, instrument: Instrument, day: date) -> int | None:
        """Fetch a day's minute bars and stage what came; how many, None where not answered."""
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
        return None if bars is None else bars.height

    async def _ask(self, instrument: Instrument, first: date, last: date) -> pl.DataFrame | None:
        try:
            bars = await self.fetch(instrument.code, first, last)
        except KisAuth:
            raise
        except WireError as error:
            self.outcome.failed[instrument.code] = str(error)
            definite = isinstance(error, KisRefused) and not isinstance(error, KisThrottled)
            self.in_a_row = 0 if definite else self.in_a_row + 1
            if self.in_a_row >= _PATIENCE:
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
        self.staged += 1
        if self.staged % _BATCH == 0:
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
