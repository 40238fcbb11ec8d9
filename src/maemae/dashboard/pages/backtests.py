"""Backtests: choose a strategy, names and a period, run, and see runs side by side."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import polars as pl
from fastapi import FastAPI, HTTPException
from fastapi.responses import FileResponse
from nicegui import ui

from maemae.dashboard import grid
from maemae.dashboard.backtests import Backtests, Past, Wish
from maemae.dashboard.board import Board
from maemae.dashboard.frame import framed
from maemae.dashboard.pages.shop import LOOK_SECONDS, YEARS, Shop, years
from maemae.dashboard.shape import Row, described
from maemae.dashboard.tables import Table
from maemae.errors import MaemaeError
from maemae.i18n import _
from maemae.strategy.declare import Strategy
from maemae.strategy.universes import UNIVERSES, named

CASH = 10_000_000
COMPARED = 6
WHOLE, OWN = "whole", "own"
STORE, FILE = "store", "file"
AXIS = {"year": "{yyyy}", "month": "{yyyy}-{MM}", "day": "{MM}-{dd}"}
SAID_BESIDE = ("return", "annual", "index", "unranked", "drawdown", "sharpe", "won", "trades")
"""What is said of runs that stand side by side."""


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
    """One open page: a form, runs side by side with their curves and doubts, and all runs."""

    def __init__(self, board: Board) -> None:
        self._board = board
        self._runs: Backtests = board.backtests
        self._values: dict[str, ui.number] = {}
        self._shown: list[Past] = []

    def build(self) -> None:
        with ui.card().classes("w-full").props("flat bordered"):
            self._form()
        Shop(self._board.strategies(), self._runs, self._choose)
        self._busy = ui.linear_progress(show_value=False).props("indeterminate")
        self._busy.props(f'aria-label="{_("running")}"')
        self._compared = ui.select(
            {}, multiple=True, label=_("side by side"), on_change=self._compare
        ).classes("w-full")
        self._compared.props("use-chips")
        self._chart = (
            ui.echart({"series": []}, renderer="svg").classes("chart w-full").style("height: 24rem")
        )
        self._beside = ui.row().classes("w-full gap-3 items-stretch")
        self._beside.props(f'role="list" aria-label="{_("side by side")}"')
        ui.label(_("All runs")).classes("text-lg font-bold")
        self._table = Table(
            _columns(),
            title="strategy",
            label=_("All runs"),
            empty=_("Nothing has been run yet."),
            height="18rem",
            on_row=self._take,
        )
        self._ask_parameters()
        ui.timer(LOOK_SECONDS, self._look, immediate=True)

    def _form(self) -> None:
        strategies = self._board.strategies()
        titles = {name: _titled(strategy) for name, strategy in strategies.items()}
        with ui.row().classes("w-full items-end gap-3"):
            self._strategy = ui.select(
                titles, value=next(iter(titles)), label=_("strategy"), with_input=True,
                on_change=self._ask_parameters,
            ).classes("w-80 max-w-full")  # fmt: skip
            self._universe = ui.select(
                {word: named(word) for word in UNIVERSES}, value=UNIVERSES[0], label=_("names")
            ).classes("w-40")
            self._cash = ui.number(
                _("cash (won)"), value=CASH, min=1, step=1_000_000, format="%.0f"
            )
        with ui.row().classes("w-full items-end gap-3"):
            spans = {f"{n}": years(n) for n in YEARS}
            spans |= {WHOLE: _("all of it"), OWN: _("days …")}
            self._span = ui.toggle(spans, value=f"{YEARS[1]}", on_change=self._ask_days)
            self._span.props(f'aria-label="{_("period")}"')
            self._first = ui.input(_("first day")).props("type=date stack-label").classes("w-40")
            self._last = ui.input(_("last day")).props("type=date stack-label").classes("w-40")
        self._parameters = ui.row().classes("w-full gap-3")
        with ui.row().classes("w-full items-end gap-3"):
            ui.button(_("Run"), icon="play_arrow", on_click=self._start)
            self._source = ui.select(
                {STORE: _("my store of bars"), FILE: _("another file …")}, value=STORE,
                label=_("bars"), on_change=self._ask_days,
            ).classes("w-48")  # fmt: skip
            self._bars = ui.input(_("bars (Parquet)"), value=f"{self._runs.bars}")
            self._bars.classes("w-80 max-w-full")
        self._ask_days()

    def _choose(self, name: str) -> None:
        self._strategy.set_value(name)

    def _ask_days(self) -> None:
        """Ask for days and for a file only where they are wanted."""
        for box in (self._first, self._last):
            box.set_visibility(self._span.value == OWN)
        self._bars.set_visibility(self._source.value == FILE)

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
        own = self._span.value == OWN
        return Wish(
            strategy=name,
            bars=str(self._bars.value).strip() if self._source.value == FILE else "",
            cash=int(self._cash.value or CASH),
            universe=str(self._universe.value),
            parameters=moved,
            years=None if own or self._span.value == WHOLE else int(str(self._span.value)),
            first=_day(self._first.value) if own else None,
            last=_day(self._last.value) if own else None,
        )

    def _look(self) -> None:
        past = self._runs.past()
        self._busy.set_visibility(any(one.running for one in past))
        if past == self._shown:
            return
        known = {one.name for one in self._shown if one.figures is not None}
        fresh = [one.name for one in past if one.figures is not None and one.name not in known]
        self._shown = past
        titles = self._titles()
        self._table.show([_row(one, titles) for one in past])
        options = {one.name: _title(one, titles) for one in past if one.figures is not None}
        chosen = fresh[:1] if not known else fresh
        chosen += [one for one in self._compared.value or [] if one in options]
        self._compared.set_options(options, value=list(dict.fromkeys(chosen))[:COMPARED])

    def _titles(self) -> dict[str, str]:
        return {name: _titled(one) for name, one in self._board.strategies().items()}

    def _take(self, row: Row) -> None:
        """Put a run beside the others, or take it away; say why one failed."""
        name, chosen = str(row["id"]), list(self._compared.value or [])
        if name in chosen:
            self._compared.set_value([one for one in chosen if one != name])
        elif name in self._compared.options:
            self._compared.set_value([name, *chosen][:COMPARED])
        elif row["state"]:
            ui.notify(row["state"], type="warning", timeout=10_000)

    async def _compare(self) -> None:
        titles = self._titles()
        chosen = {one.name: one for one in self._shown}
        curves: list[tuple[str, pl.DataFrame]] = []
        beside: list[tuple[Past, list[str]]] = []
        for name in self._compared.value or []:
            try:
                frame = await asyncio.to_thread(self._runs.equity, name)
            except MaemaeError as error:
                ui.notify(str(error), type="warning")
                continue
            curves.append((_title(chosen[name], titles), frame))
            beside.append((chosen[name], await asyncio.to_thread(doubts, chosen[name])))
        self._chart.set_visibility(bool(curves))
        self._chart.options.clear()
        self._chart.options.update(curves_chart(curves))
        self._chart.update()
        self._beside.clear()
        with self._beside:
            for past, doubted in beside:
                _beside(past, _title(past, titles), doubted)


def _beside(past: Past, title: str, doubted: Sequence[str]) -> None:
    """Show a run: what is to be doubted, its figures, and its report."""
    row = _row(past, {})
    with ui.column().classes("card").style("flex: 1 1 16rem").props('role="listitem"'):
        ui.label(title).classes("font-bold")
        for doubt in doubted:
            ui.label(f"△ {doubt}").classes("events doubt")
        for column in _columns():
            if column["field"] in SAID_BESIDE:
                with ui.row().classes("events w-full justify-between no-wrap"):
                    ui.label(column["headerName"]).classes("soft")
                    value = row[column["field"]] or 0
                    signed = grid.is_marked(column) and value
                    colour = ("up" if value > 0 else "down") if signed else ""
                    ui.label(grid.put(column, row) or "–").classes(f"number {colour}")
        if past.report:
            ui.link(_("Report"), f"/backtests/{past.name}", new_tab=True)


def doubts(past: Past) -> list[str]:
    """Say what is to be doubted of a run, in the language of who reads it."""
    from maemae.backtest.notes import Note  # noqa: PLC0415 - numba
    from maemae.backtest.words import words  # noqa: PLC0415 - numba

    return [words(Note(**{**one, "names": tuple(one["names"])})) for one in past.notes]


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
        "xAxis": {"type": "time", "axisLabel": {"formatter": AXIS}},
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


def _titled(strategy: Strategy) -> str:
    return _(strategy.title) if strategy.title else strategy.name


def _span_of(wish: Wish) -> str:
    if wish.years is not None:
        return years(wish.years)
    if wish.first is None and wish.last is None:
        return _("all of it")
    return f"{wish.first or ''} – {wish.last or ''}".strip()


def _title(past: Past, titles: Mapping[str, str]) -> str:
    """Name a run by what it was asked: strategy, parameters, names, period."""
    wish = past.wish
    moved = ", ".join(f"{key}={value:g}" for key, value in wish.parameters.items())
    where = named(wish.universe) if wish.universe in UNIVERSES else wish.universe
    parts = (titles.get(wish.strategy, wish.strategy), moved, where, _span_of(wish))
    return " · ".join(part for part in parts if part)


def _row(past: Past, titles: Mapping[str, str]) -> Row:
    known, wish = past.figures or {}, past.wish
    return {
        "id": past.name,
        "time": f"{past.name[4:6]}-{past.name[6:8]} {past.name[9:11]}:{past.name[11:13]}",
        "strategy": titles.get(wish.strategy, wish.strategy),
        "parameters": ", ".join(f"{k}={v:g}" for k, v in wish.parameters.items()),
        "names": named(wish.universe) if wish.universe in UNIVERSES else wish.universe,
        "period": _span_of(wish),
        "return": known.get("total_return"),
        "annual": known.get("annual_return"),
        "index": known.get("benchmark_return"),
        "unranked": known.get("unranked_return"),
        "drawdown": None if known.get("drawdown") is None else -known["drawdown"],
        "sharpe": None if known.get("sharpe") is None else round(known["sharpe"], 2),
        "won": known.get("win_rate"),
        "trades": known.get("trades"),
        "state": past.failure or (_("running") if past.running else ""),
    }


def _columns() -> list[Row]:
    return [
        grid.text("time", _("time"), 105),
        grid.text("strategy", _("strategy"), 170),
        grid.text("parameters", _("parameters"), 110),
        grid.text("names", _("names"), 100),
        grid.text("period", _("period"), 80),
        grid.marked_rate("return", _("return")),
        grid.marked_rate("annual", _("return a year")),
        grid.marked_rate("index", _("return of the index")),
        grid.marked_rate("unranked", _("return without ranking")),
        grid.rate("drawdown", _("drawdown")),
        grid.number("sharpe", _("Sharpe ratio"), 80),
        grid.rate("won", _("hit rate"), 80),
        grid.number("trades", _("trades"), 80),
        grid.text("state", _("state"), 140),
    ]
