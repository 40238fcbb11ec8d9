"""Profit: the curve, the calendar, and who contributed."""

from datetime import date, timedelta

from nicegui import ui

from maemae.dashboard import grid
from maemae.dashboard.board import WHO, Board
from maemae.dashboard.frame import framed
from maemae.dashboard.shape import Row, calendar_chart, equity_chart, share_rows
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
        ui.label(_("Nothing was traded in these days.")).classes("opacity-70")
        return
    levels = await _index(board, Index.KOSPI, pnl)
    ui.echart(equity_chart(pnl.days, levels, Index.KOSPI.name)).classes("w-full").style(
        "height: 20rem"
    )
    ui.echart(calendar_chart(pnl.days, first, last)).classes("w-full").style("height: 11rem")
    with ui.row().classes("w-full gap-3"):
        _table(_("By book"), pnl.by_book)
        _table(_("By exit reason"), pnl.by_reason, reasons=True)
    _table(_("By instrument"), pnl.by_code)


async def _index(board: Board, index: Index, pnl: Pnl) -> dict[date, float]:
    """Return where the index closed on each day, nothing where nobody can tell now."""
    try:
        days = await board.source.service(WHO).ask(
            op.GetIndex(index=index, first=pnl.days[0].day, last=pnl.days[-1].day)
        )
    except MaemaeError:
        return {}
    return {day.day: day.close for day in days}


def _totals(pnl: Pnl) -> None:
    with ui.row().classes("w-full gap-2"):
        for name, text, sign in (
            (_("realised"), words.marked_won(pnl.realised), pnl.realised),
            (_("fees"), words.won(pnl.fees), 0),
            (_("taxes"), words.won(pnl.taxes), 0),
            (_("won/lost"), f"{pnl.wins} / {pnl.losses}", 0),
        ):
            with ui.card().classes("tile").props("flat bordered"):
                ui.label(name).classes("k")
                colour = "up" if sign > 0 else "down" if sign < 0 else ""
                ui.label(text).classes(f"v {colour}")


def _table(title: str, shares: list[Share], *, reasons: bool = False) -> None:
    with ui.column().classes("gap-1").style("flex: 1 1 26rem"):
        ui.label(title).classes("font-bold")
        rows = share_rows(shares, reasons=reasons)
        grid.Grid(_columns(), rows=rows, label=title, empty=_("None."), height="14rem")


def _columns() -> list[Row]:
    return [
        grid.text("key", "", 110),
        grid.text("name", _("name"), 130),
        grid.marked("realised", _("realised")),
        grid.number("sales", _("sales"), 80),
        grid.rate("hit", _("hit rate")),
    ]
