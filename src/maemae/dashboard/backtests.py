"""Backtests run from the page: each in a process of its own, each with a folder of its own."""

import asyncio
import json
import re
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import msgspec
import polars as pl

from maemae.bars.store import default_root
from maemae.dashboard.measuring import Measuring
from maemae.errors import ServiceError
from maemae.i18n import _
from maemae.zones import KST

ASKED, FIGURES, REPORT, FAILURE, DAYS = (
    "asked.json", "figures.json", "report.html", "failure.txt", "days.parquet",
)  # fmt: skip
AT_ONCE = 2
"""Processes at a time: a trader on this machine needs the other cores."""

_RUN = re.compile(r"\d{8}-\d{6}-[0-9a-z_]{1,80}(-\d+)?", re.IGNORECASE)


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be run. `cash` in won; without years or days, over all bars.

    Without `bars` those of the store; `universe` is a word of `maemae.strategy.universes`.
    """

    strategy: str
    bars: str = ""
    cash: int
    universe: str = "all"
    years: int | None = None
    parameters: dict[str, float] = {}
    first: date | None = None
    last: date | None = None


@dataclass(frozen=True)
class Past:
    """A run: what was asked, and what came of it.

    Attributes:
        name: of its folder.
        wish: what was asked.
        figures: its statistics, None until it has ended well.
        failure: why it failed, blank if it has not.
        report: whether there is a page to open.
        notes: what is to be doubted, as `maemae.backtest.notes` has it.
    """

    name: str
    wish: Wish
    figures: Mapping[str, Any] | None
    failure: str
    report: bool
    notes: tuple[Mapping[str, Any], ...] = ()

    @property
    def running(self) -> bool:
        """Whether its end is still to come."""
        return self.figures is None and not self.failure


class Backtests:
    """The runs in a folder.

    Args:
        folder: where each run gets a folder; made at the first one.
        strategies: folder of one's own strategies.
        bars: the store of bars, beside which figures of strategies are kept.
    """

    def __init__(self, folder: Path, strategies: Path, bars: Path | None = None) -> None:
        self.bars = bars or default_root()
        self._folder = folder
        self._strategies = strategies
        self.measuring = Measuring(self.bars, strategies)
        self._running: dict[str, asyncio.Task[None]] = {}

    def start(self, wish: Wish) -> str:
        """Begin a run; return its name.

        Raises:
            ServiceError: enough are running, or nothing can be written there.
        """
        if len(self._running) >= AT_ONCE:
            raise ServiceError(
                _("{at_once} backtests are running; wait for one to end").format(at_once=AT_ONCE)
            )
        stem = f"{datetime.now(KST):%Y%m%d-%H%M%S}-{wish.strategy}"
        name, again = stem, 1
        while (self._folder / name).exists():
            again += 1
            name = f"{stem}-{again}"
        if not _RUN.fullmatch(name):
            raise ServiceError(_("{strategy!r} cannot name a run").format(strategy=wish.strategy))
        try:
            (self._folder / name).mkdir(parents=True)
            (self._folder / name / ASKED).write_bytes(msgspec.json.encode(wish))
        except OSError as error:
            raise ServiceError(
                _("{folder} cannot be written: {why}").format(
                    folder=self._folder, why=error.strerror
                )
            ) from error
        task = self._running[name] = asyncio.create_task(self._run(name, wish))
        task.add_done_callback(lambda _: self._running.pop(name))
        return name

    def past(self) -> list[Past]:
        """Return all runs, the newest first; a folder that is none is passed over."""
        names = sorted(
            (path.name for path in self._folder.glob("*/") if _RUN.fullmatch(path.name)),
            reverse=True,
        )
        return [one for one in map(self._read, names) if one is not None]

    def equity(self, name: str) -> pl.DataFrame:
        """Return date, equity and benchmark of a run's days.

        Raises:
            ServiceError: the run has none.
        """
        file = self._of(name) / DAYS
        try:
            return pl.read_parquet(file, columns=["date", "equity", "benchmark"])
        except (OSError, pl.exceptions.PolarsError) as error:
            raise ServiceError(
                _("{file} cannot be read: {error}").format(file=file, error=error)
            ) from error

    def report(self, name: str) -> Path:
        """Return the page of a run.

        Raises:
            ServiceError: there is no such run, or it has no page.
        """
        file = self._of(name) / REPORT
        if not file.is_file():
            raise ServiceError(_("{name} has no report").format(name=name))
        return file

    async def ended(self) -> None:
        """Wait for what is running now."""
        await asyncio.gather(*self._running.values(), return_exceptions=True)

    async def stop(self) -> None:
        """End what is running."""
        await self.measuring.stop()
        running = dict(self._running)
        for task in running.values():
            task.cancel()
        await asyncio.gather(*running.values(), return_exceptions=True)
        for name, task in running.items():
            if task.cancelled():
                self._fail(name, _("stopped with the dashboard"))

    def _of(self, name: str) -> Path:
        if not _RUN.fullmatch(name):
            raise ServiceError(_("{name!r} is no run").format(name=name))
        return self._folder / name

    async def _run(self, name: str, wish: Wish) -> None:
        folder = self._folder / name
        process = await asyncio.create_subprocess_exec(
            *self._command(wish, folder), stdin=DEVNULL, stdout=DEVNULL, stderr=PIPE
        )
        try:
            _, said = await process.communicate()
            if process.returncode:
                self._fail(name, said.decode(errors="replace"))
        finally:
            await _end(process)

    def _fail(self, name: str, said: str) -> None:
        lines = said.strip().removeprefix("maemae: ").splitlines()
        (self._folder / name / FAILURE).write_text(lines[-1] if lines else _("no reason given"))

    def _command(self, wish: Wish, folder: Path) -> list[str]:
        asked = [sys.executable, "-m", "maemae", "backtest", wish.strategy]
        asked += ["--bars", wish.bars] if wish.bars else []
        asked += ["--universe", wish.universe]
        asked += ["--years", f"{wish.years}"] if wish.years is not None else []
        asked += ["--cash", str(wish.cash), "--folder", str(self._strategies)]
        asked += ["--figures", str(folder / FIGURES), "--parquet", str(folder)]
        asked += ["--report", str(folder / REPORT)]
        for option, day in (("--from", wish.first), ("--to", wish.last)):
            asked += [option, f"{day}"] if day is not None else []
        for name, value in wish.parameters.items():
            asked += ["--set", f"{name}={value:g}"]
        return asked

    def _read(self, name: str) -> Past | None:
        folder = self._folder / name
        try:
            wish = msgspec.json.decode((folder / ASKED).read_bytes(), type=Wish)
            failure = folder / FAILURE
            why = failure.read_text() if failure.exists() else ""
            figures = folder / FIGURES
            ended = name not in self._running
            known = json.loads(figures.read_text()) if ended and figures.exists() else None
        except (OSError, ValueError):
            return None
        if ended and known is None and not why:
            why = _("the dashboard was ended before it")
        statistics = known["statistics"] if known is not None else None
        notes = tuple(known.get("notes", ())) if known is not None else ()
        return Past(name, wish, statistics, why, (folder / REPORT).exists(), notes)


async def _end(process: Process) -> None:
    if process.returncode is None:
        process.terminate()
        await process.wait()
