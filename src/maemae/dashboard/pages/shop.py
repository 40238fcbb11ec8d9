"""The shop window of the backtest page: strategies with what they did over one's own bars."""

import asyncio
from collections.abc import Callable, Mapping

from nicegui import ui

from maemae.dashboard import grid
from maemae.dashboard.backtests import Backtests
from maemae.dashboard.measuring import Course
from maemae.dashboard.shape import Row
from maemae.dashboard.tables import Table
from maemae.errors import MaemaeError
from maemae.i18n import _
from maemae.strategy.declare import Strategy
from maemae.strategy.measured import Measured, measured, still
from maemae.strategy.ranking import by_traded_value, ranked_by, warning
from maemae.strategy.universes import UNIVERSES, named

COMMAND = "maemae strategy measure"
LOOK_SECONDS = 1.0
YEARS = (1, 3, 5)
"""Periods that are offered, in years."""


class Shop:
    """A table of strategies, the doubts above it, and what measures them; a click chooses one.

    Args:
        strategies: by name.
        runs: where the store of bars is, beside which the figures are kept, and what measures.
        choose: called with the name of a strategy.
    """

    def __init__(
        self, strategies: Mapping[str, Strategy], runs: Backtests, choose: Callable[[str], None]
    ) -> None:
        self._strategies = strategies
        self._root = runs.bars
        self._measuring = runs.measuring
        self._course: Course | None = self._measuring.course
        ui.label(_("What the strategies did")).classes("text-lg font-bold")
        self._said = ui.column().classes("events gap-1 w-full")
        self._table = Table(
            _columns(),
            title="strategy",
            label=_("What the strategies did"),
            empty=_("There are no strategies."),
            rows=[_row(name, one, None, []) for name, one in strategies.items()],
            height="20rem",
            on_row=lambda row: choose(str(row["id"])),
        )
        self._controls()
        ui.timer(0, self._fill, once=True)
        ui.timer(LOOK_SECONDS, self._look, immediate=True)

    def _controls(self) -> None:
        with ui.row().classes("w-full items-end gap-3"):
            spans = {n: years(n) for n in YEARS}
            self._years = ui.select(spans, value=YEARS[1], label=_("measured period")).classes(
                "w-40"
            )
            self._universe = ui.select(
                {word: named(word) for word in UNIVERSES},
                value=UNIVERSES[0],
                label=_("measured names"),
            ).classes("w-40")
            self._start = ui.button(
                _("Measure over my bars"), icon="straighten", on_click=self._begin
            )
            self._stop = ui.button(_("Stop measuring"), on_click=self._measuring.stop)
            self._stop.props("outline")
        self._bar = ui.linear_progress(0, show_value=False)
        self._bar.props(f'aria-label="{_("Measuring ...")}"')
        self._told = ui.label().classes("soft events").props("aria-live=polite")
        self._draw()

    def _begin(self) -> None:
        try:
            self._measuring.start(int(self._years.value), str(self._universe.value))
        except MaemaeError as error:
            ui.notify(str(error), type="negative", position="top")
        self._draw()

    async def _look(self) -> None:
        """Show how far it is; the figures anew with each strategy that is done."""
        course, before = self._measuring.course, self._course
        if course is before:
            return
        self._course = course
        self._draw()
        if course is not None and course.step is not None:
            await self._fill()

    def _draw(self) -> None:
        course = self._measuring.course
        runs = course is not None and course.running
        self._start.set_visibility(not runs)
        self._stop.set_visibility(runs)
        self._bar.set_visibility(runs)
        step = course.step if course is not None else None
        self._bar.set_value(step.done / step.all if step is not None else 0)
        self._told.text = "" if course is None else self._words(course)

    def _words(self, course: Course) -> str:
        step = course.step
        if course.failed:
            return "△ " + " ".join(course.said)
        if not course.running:
            done = step.done if step is not None else 0
            parts = [_("{n} strategies looked at").format(n=done), *course.said]
            return " · ".join(parts)
        if step is None:
            return _("reading the bars ...")
        one = self._strategies.get(step.name)
        title = _(one.title) if one is not None and one.title else step.name
        said = _("{done} of {all} done, the last: {name}")
        return said.format(done=step.done, all=step.all, name=title)

    async def _fill(self) -> None:
        try:
            known = measured(self._root)
        except MaemaeError as error:
            self._say([f"△ {error}"])
            return
        lines = {name: still(known, one) for name, one in self._strategies.items()}
        there = [one for one in lines.values() if one is not None]
        said = await asyncio.to_thread(_head, there) if there else []
        if any(by_traded_value(one) for one in self._strategies.values()):
            said.append(f"△ {warning()}")
        missing = len(lines) - len(there)
        if missing:
            text = _("{n} strategies are not measured yet: {command}")
            said.append(text.format(n=missing, command=COMMAND))
        self._say(said)
        self._table.show(
            [_row(name, one, lines[name], there) for name, one in self._strategies.items()]
        )

    def _say(self, lines: list[str]) -> None:
        self._said.clear()
        with self._said:
            for line in lines:
                ui.label(line).classes("doubt" if line.startswith("△") else "soft")


def years(count: int) -> str:
    """Name a period."""
    return _("1 year") if count == 1 else _("{n} years").format(n=count)


def _head(there: list[Measured]) -> list[str]:
    from maemae.backtest.shown import head  # noqa: PLC0415 - numba

    *doubted, last = head(there)
    return [*(f"△ {text}" for text in doubted), last]


def _of_its_own(line: Measured | None, there: list[Measured]) -> tuple[str, str]:
    """Return what is to be doubted of a strategy's figures alone, and what they are of."""
    if line is None:
        return "", _("not measured yet")
    from maemae.backtest.shown import own_doubts, span  # noqa: PLC0415 - numba

    return own_doubts(line, there), span(line)


def _row(name: str, strategy: Strategy, line: Measured | None, there: list[Measured]) -> Row:
    known = {} if line is None else line.statistics
    doubted, period = _of_its_own(line, there)
    fall = known.get("drawdown")
    return {
        "id": name,
        "strategy": _(strategy.title) if strategy.title else name,
        "ranked": ranked_by(strategy),
        "doubts": doubted,
        "annual": known.get("annual_return"),
        "index": known.get("benchmark_return"),
        "drawdown": None if fall is None else -fall,
        "won": known.get("win_rate"),
        "trades": None if line is None else int(known.get("trades") or 0),
        "return": known.get("total_return"),
        "unranked": known.get("unranked_return"),
        "period": period,
    }


def _columns() -> list[Row]:
    return [
        grid.text("strategy", _("strategy"), 190, pinned="left"),
        grid.text("ranked", _("Ranked by"), 100),
        grid.text("doubts", _("Doubts"), 190),
        grid.marked_rate("annual", _("return a year")),
        grid.marked_rate("index", _("return of the index")),
        grid.rate("drawdown", _("drawdown")),
        grid.rate("won", _("hit rate"), 80),
        grid.number("trades", _("trades"), 80),
        grid.marked_rate("return", _("return")),
        grid.marked_rate("unranked", _("return without ranking")),
        grid.text("period", _("period"), 210),
    ]
