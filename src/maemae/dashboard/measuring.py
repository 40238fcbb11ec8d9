"""Figures of the strategies measured from the page: one process at a time, its progress read along.

What is done is kept at once, so that nothing is lost when it is stopped midway.
"""

import asyncio
import os
import sys
from asyncio.subprocess import DEVNULL, PIPE
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import msgspec

from maemae.errors import ServiceError
from maemae.i18n import _, language


class Step(msgspec.Struct, frozen=True):
    """A line of progress: the strategy just done, and how many of all are."""

    name: str
    done: int
    all: int


@dataclass(frozen=True)
class Course:
    """How far a measuring is.

    Attributes:
        step: the last one done, None before the first.
        running: whether its end is still to come.
        said: what it said beside, such as why something was left out; blank lines are dropped.
        failed: whether it could not be done; then `said` says why.
    """

    step: Step | None = None
    running: bool = True
    said: tuple[str, ...] = ()
    failed: bool = False


class Measuring:
    """Runs `maemae strategy measure` in a process of its own.

    Args:
        bars: the store of bars, beside which the figures are kept.
        strategies: folder of one's own strategies.
    """

    def __init__(self, bars: Path, strategies: Path) -> None:
        self._bars = bars
        self._strategies = strategies
        self._task: asyncio.Task[None] | None = None
        self.course: Course | None = None
        """Of the measuring that runs or ran last; None where there was none."""

    def start(self, years: int, universe: str) -> None:
        """Begin.

        Raises:
            ServiceError: it runs already.
        """
        if self._task is not None:
            raise ServiceError(_("the strategies are being measured already"))
        self.course = Course()
        self._task = asyncio.create_task(self._run(years, universe))
        self._task.add_done_callback(self._over)

    async def stop(self) -> None:
        """End it, if it runs; what was measured stays."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    async def ended(self) -> None:
        """Wait for its end."""
        if self._task is not None:
            await asyncio.wait([self._task])

    def _over(self, _task: "asyncio.Task[None]") -> None:
        self._task = None
        if self.course is not None and self.course.running:  # It was stopped.
            self.course = Course(self.course.step, running=False)

    async def _run(self, years: int, universe: str) -> None:
        asked = [sys.executable, "-m", "maemae", "strategy", "measure", "--announce"]
        asked += ["--years", f"{years}", "--universe", universe]
        asked += ["--folder", f"{self._strategies}"]
        environment = {
            **os.environ,
            "MAEMAE_BARS__FOLDER": f"{self._bars}",
            "MAEMAE_LANGUAGE": language(),
        }
        process = await asyncio.create_subprocess_exec(
            *asked, stdin=DEVNULL, stdout=PIPE, stderr=PIPE, env=environment
        )
        steps = cast("asyncio.StreamReader", process.stdout)
        aside = asyncio.create_task(cast("asyncio.StreamReader", process.stderr).read())
        try:
            async for line in steps:
                self.course = Course(msgspec.json.decode(line, type=Step))
            await process.wait()
            told = (await aside).decode(errors="replace").splitlines()
            said = tuple(one.removeprefix("maemae: ") for one in told if one.strip())
            step = self.course.step if self.course is not None else None
            self.course = Course(step, running=False, said=said, failed=process.returncode != 0)
        finally:
            aside.cancel()
            if process.returncode is None:
                process.terminate()
                await process.wait()
