"""Profit: the curve, the calendar, and who contributed."""

from datetime import date, timedelta

from nicegui import ui

from maemae.dashboard import grid
from maemae.dashboard.board import WHO, Board
from maemae.dashboard.frame import framed
from maemae.dashboard.shape import Row, calendar_chart, equity_chart, share_rows
from maemae.dashboard.tables import Table
from maemae.errors import MaemaeError
from maemae.i18n import _
from maemae.service import operations as op
from maemae.service import words
from maemae.service.answers import Pnl, Share
from maemae.service.market_view import Index


def register(board: Board) -> None:
    """Add the page."""

    @ui.page("/profit")
    async def profit() -> None:
        with framed(board, "/profit"):
            choices = {31: _("a month"), 92: _("three months"), 366: _("a year")}
            span = ui.toggle(choices, value=92, on_change=lambda: body.refresh())  # noqa: PLW0108 - body comes below

            @ui.refreshable
            async def body() -> None:
                known = board.source.snapshot
                last = known.health.day if known is not None else None
                await _body(board, last, int(span.value or 92))

            await body()


async def _body(board: Board, last: date | None, days: int) -> None:
    if last is None:
        ui.label(_("Waiting for the trader to tell the day."))
        return
    first = last - timedelta(days=days)
    try:
        pnl = await board.source.ask(op.GetPnl(first=first, last=last))
    except MaemaeError as error:
        ui.label(str(error))
        return
    _totals(pnl)
    if not pnl.days:
        ui.label(_("Nothing was traded in these days.")).classes("soft")
        return
    levels = await _index(board, Index.KOSPI, pnl)
    _chart(equity_chart(pnl.days, levels, Index.KOSPI.name), "20rem")
    _chart(calendar_chart(pnl.days, first, last), "11rem")
    with ui.row().classes("w-full gap-3"):
        _table(_("By book"), _("book"), pnl.by_book)
        _table(_("By exit reason"), _("reason"), pnl.by_reason, reasons=True)
    _table(_("By instrument"), _("code"), pnl.by_code, named=True)


async def _index(board: Board, index: Index, pnl: Pnl) -> dict[date, float]:
    """Return where the index closed on each day, nothing where nobody can tell now."""
    try:
        days = await board.source.service(WHO).ask(
            op.GetIndex(index=index, first=pnl.days[0].day, last=pnl.days[-1].day)
        )
    except MaemaeError:
        return {}
    return {day.day: day.close for day in days}


def _chart(options: Row, height: str) -> None:
    chart = ui.echart(options, renderer="svg")
    chart.classes("chart w-full").style(f"height: {height}")


def _totals(pnl: Pnl) -> None:
    with ui.element("div").classes("figures"):
        for name, text, sign, kind in (
            (_("realised"), words.marked_won(pnl.realised), pnl.realised, "today"),
            (_("fees"), words.won(pnl.fees), 0, ""),
            (_("taxes"), words.won(pnl.taxes), 0, ""),
            (_("won/lost"), f"{pnl.wins} / {pnl.losses}", 0, ""),
        ):
            with ui.column().classes(f"figure gap-0 {kind}"):
                ui.label(name).classes("k")
                colour = "up" if sign > 0 else "down" if sign < 0 else ""
                ui.label(text).classes(f"v {colour}")


def _table(
    title: str, key: str, shares: list[Share], *, reasons: bool = False, named: bool = False
) -> None:
    with ui.column().classes("gap-1 w-full").style("flex: 1 1 20rem"):
        ui.label(title).classes("font-bold")
        rows = share_rows(shares, reasons=reasons)
        columns = _columns(key, named=named)
        Table(
            columns, title="name" if named else "key", rows=rows, label=title, empty=_("None."),
            height="14rem",
        )  # fmt: skip


def _columns(key: str, *, named: bool) -> list[Row]:
    what = grid.text("key", key, 90)
    figures = [
        grid.marked("realised", _("realised"), 105),
        grid.number("sales", _("sales"), 70),
        grid.number("wins", _("profitable sales"), 70),
        grid.rate("hit", _("hit rate"), 75),
    ]
    if named:
        return [grid.text("name", _("name"), 105), *figures, what]
    return [what, *figures]
