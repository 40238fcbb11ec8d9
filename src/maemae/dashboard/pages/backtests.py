"""Backtests: choose a strategy and its parameters, run, compare, open the report."""

import asyncio
from collections.abc import Sequence
from datetime import date
from typing import Any

import polars as pl
from fastapi import FastAPI, HTTPException
from fastapi.responses import FileResponse
from nicegui import ui

from maemae.bars.store import default_root
from maemae.dashboard import grid
from maemae.dashboard.backtests import Backtests, Past, Wish
from maemae.dashboard.board import Board
from maemae.dashboard.frame import framed
from maemae.dashboard.shape import Row, described
from maemae.errors import MaemaeError
from maemae.i18n import _

LOOK_SECONDS = 1.0
CASH = 10_000_000
COMPARED = 6


def register(board: Board, app: FastAPI) -> None:
    """Add the page, and the reports beside it."""

    @ui.page("/backtests")
    def backtests() -> None:
        with framed(board, "/backtests"):
            _Page(board).build()

    @app.get("/backtests/{name}")
    def report(name: str) -> FileResponse:
        try:
            return FileResponse(board.backtests.report(name), media_type="text/html")
        except MaemaeError as error:
            raise HTTPException(404) from error


class _Page:
    """One open page: a form, what is running, and what has been run."""

    def __init__(self, board: Board) -> None:
        self._board = board
        self._runs: Backtests = board.backtests
        self._values: dict[str, ui.number] = {}
        self._shown: list[Past] = []

    def build(self) -> None:
        names = list(self._board.strategies())
        with ui.card().classes("w-full").props("flat bordered"):
            with ui.row().classes("w-full items-end gap-3"):
                self._strategy = ui.select(
                    names, value=names[0], label=_("strategy"), with_input=True,
                    on_change=self._ask_parameters,
                ).classes("w-64")  # fmt: skip
                self._bars = ui.input(_("bars (Parquet)"), value=f"{default_root()}")
                self._bars.classes("w-80")
                self._cash = ui.number(_("cash (won)"), value=CASH, min=1, step=1_000_000)
                self._first = ui.input(_("from (YYYY-MM-DD)")).classes("w-40")
                self._last = ui.input(_("to (YYYY-MM-DD)")).classes("w-40")
                ui.button(_("Run"), icon="play_arrow", on_click=self._start)
            self._parameters = ui.row().classes("w-full gap-3")
        self._busy = ui.linear_progress(show_value=False).props("indeterminate")
        self._busy.props(f'aria-label="{_("running")}"')
        self._table = grid.Grid(
            _columns(),
            label=_("Backtests"),
            empty=_("Nothing has been run yet."),
            height="18rem",
            on_row=self._open,
        )
        with ui.row().classes("w-full items-end gap-3"):
            self._compared = ui.select(
                {}, multiple=True, label=_("compare"), on_change=self._compare
            ).classes("grow")
            self._compared.props("use-chips")
        self._chart = (
            ui.echart({"series": []}, renderer="svg").classes("chart w-full").style("height: 24rem")
        )
        self._ask_parameters()
        ui.timer(LOOK_SECONDS, self._look, immediate=True)

    def _ask_parameters(self) -> None:
        strategy = self._board.strategies()[str(self._strategy.value)]
        self._parameters.clear()
        self._values = {}
        with self._parameters:
            for name, param in strategy.parameters.items():
                self._values[name] = ui.number(
                    f"{name} ({param.low:g}-{param.high:g})", value=param.value,
                    min=param.low, max=param.high, step=param.step,
                ).classes("w-40")  # fmt: skip
            if not self._values:
                ui.label(_("This strategy has no parameters.")).classes("soft")

    def _start(self) -> None:
        try:
            self._runs.start(self._wish())
        except (MaemaeError, ValueError) as error:
            ui.notify(str(error), type="negative", position="top", timeout=10_000)
            return
        self._look()

    def _wish(self) -> Wish:
        name = str(self._strategy.value)
        given = {key: box.value for key, box in self._values.items() if box.value is not None}
        usual = self._board.strategies()[name].parameters
        moved = {key: float(x) for key, x in given.items() if x != usual[key].value}
        return Wish(
            strategy=name,
            bars=str(self._bars.value).strip(),
            cash=int(self._cash.value or CASH),
            parameters=moved,
            first=_day(self._first.value),
            last=_day(self._last.value),
        )

    def _look(self) -> None:
        past = self._runs.past()
        self._busy.set_visibility(any(one.running for one in past))
        if past == self._shown:
            return
        known = {one.name for one in self._shown if one.figures is not None}
        fresh = [one.name for one in past if one.figures is not None and one.name not in known]
        self._shown = past
        self._table.show([_row(one) for one in past])
        options = {one.name: _title(one) for one in past if one.figures is not None}
        chosen = [name for name in self._compared.value or [] if name in options]
        chosen += [name for name in fresh if name not in chosen]
        self._compared.set_options(options, value=chosen[:COMPARED])

    def _open(self, row: Row) -> None:
        if row["report"]:
            ui.navigate.to(f"/backtests/{row['id']}", new_tab=True)
        elif row["state"]:
            ui.notify(row["state"], type="warning", timeout=10_000)

    async def _compare(self) -> None:
        curves: list[tuple[str, pl.DataFrame]] = []
        for name in self._compared.value or []:
            try:
                frame = await asyncio.to_thread(self._runs.equity, name)
            except MaemaeError as error:
                ui.notify(str(error), type="warning")
                continue
            curves.append((_title(next(one for one in self._shown if one.name == name)), frame))
        self._chart.options.clear()
        self._chart.options.update(curves_chart(curves))
        self._chart.update()


def curves_chart(curves: Sequence[tuple[str, pl.DataFrame]]) -> Row:
    """Return ECharts options: each run's growth in percent, and the index of the longest."""
    series: list[dict[str, Any]] = []
    for title, frame in curves:
        days = [f"{day}" for day in frame["date"]]
        series.append(_curve(title, days, frame["equity"].to_list()))
    if curves:
        longest = max((frame for _title, frame in curves), key=len).drop_nulls("benchmark")
        if len(longest):
            days = [f"{day}" for day in longest["date"]]
            line = _curve(_("index"), days, longest["benchmark"].to_list())
            series.append(line | {"lineStyle": {"type": "dashed"}, "itemStyle": {"color": "#888"}})
    return {
        "animation": False,
        "aria": described(_("Curves of the runs, in percent")),
        "tooltip": {"trigger": "axis"},
        "legend": {"top": 0, "type": "scroll", "textStyle": {}},
        "grid": {"left": 8, "right": 8, "bottom": 8, "top": 40, "containLabel": True},
        "xAxis": {"type": "time"},
        "yAxis": {"type": "value", "name": "%", "scale": True,
                  "splitLine": {"lineStyle": {"color": "#8883"}}},
        "series": series,
    }  # fmt: skip


def _curve(title: str, days: list[str], levels: list[float]) -> dict[str, Any]:
    first = levels[0] or 1
    grown = [round(100 * (level / first - 1), 3) for level in levels]
    points = [list(point) for point in zip(days, grown, strict=True)]
    return {"name": title, "type": "line", "data": points, "showSymbol": False}


def _day(text: object) -> date | None:
    given = str(text or "").strip()
    return date.fromisoformat(given) if given else None


def _title(past: Past) -> str:
    moved = ", ".join(f"{key}={value:g}" for key, value in past.wish.parameters.items())
    return f"{past.wish.strategy} {moved}".strip() + f" · {past.name[:15]}"


def _row(past: Past) -> Row:
    known = past.figures or {}
    return {
        "id": past.name,
        "time": f"{past.name[4:6]}-{past.name[6:8]} {past.name[9:11]}:{past.name[11:13]}",
        "strategy": past.wish.strategy,
        "parameters": ", ".join(f"{k}={v:g}" for k, v in past.wish.parameters.items()),
        "return": known.get("total_return"),
        "annual": known.get("annual_return"),
        "index": known.get("benchmark_return"),
        "drawdown": known.get("drawdown"),
        "sharpe": None if known.get("sharpe") is None else round(known["sharpe"], 2),
        "trades": known.get("trades"),
        "report": past.report,
        "state": past.failure or (_("running") if past.running else ""),
    }


def _columns() -> list[Row]:
    return [
        grid.text("time", _("time"), 120),
        grid.text("strategy", _("strategy"), 170),
        grid.text("parameters", _("parameters"), 170),
        grid.marked_rate("return", _("return")),
        grid.marked_rate("annual", _("a year")),
        grid.marked_rate("index", _("index")),
        grid.rate("drawdown", _("drawdown")),
        grid.number("sharpe", _("Sharpe ratio"), 90),
        grid.number("trades", _("trades"), 90),
        grid.text("state", _("state"), 320),
    ]
