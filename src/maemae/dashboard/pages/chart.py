"""The chart of any instrument: candles, indicators, our trades, order book, latest trades."""

import asyncio
from decimal import Decimal

from nicegui import ui

from maemae.dashboard.board import WHO, Board
from maemae.dashboard.candles import averages, book_rows, candle_chart, trade_rows
from maemae.dashboard.frame import Frame, framed
from maemae.dashboard.indicators import Line, indicator_lines
from maemae.dashboard.pages.order_form import OrderForm
from maemae.dashboard.shape import Row
from maemae.errors import MaemaeError
from maemae.i18n import _
from maemae.service import operations as op
from maemae.service import words
from maemae.service.answers import Snapshot
from maemae.service.market_view import Chart, Scale
from maemae.service.ticket import change, known_price

RELOAD_SECONDS = 5.0
AVERAGES = "averages"


def register(board: Board) -> None:
    """Add the page."""

    @ui.page("/chart")
    def chart(code: str = "") -> None:
        with framed(board, "/chart") as frame:
            _Page(board, frame, code).build()


class _Page:
    """One open chart page."""

    def __init__(self, board: Board, frame: Frame, code: str) -> None:
        self._board = board
        self._frame = frame
        self._code = code or self._first()
        self._scale = Scale.MINUTE if self._traded_today() else Scale.DAY
        self._before: int | None = None
        """What it closed at on the day before."""

    def _first(self) -> str:
        """Return something to begin with: what is held, or what is offered."""
        now = self._board.source.snapshot
        if now is None:
            return ""
        held = [line.code for line in now.status.positions]
        return next(iter([*held, *now.status.names]), "")

    def _traded_today(self) -> bool:
        """Whether a book trades it within the day: then minutes tell more than days."""
        now = self._board.source.snapshot
        if now is None:
            return False
        status = now.status
        seen = {line.code for line in status.candidates} | {line.code for line in status.orders}
        return self._code in seen

    def build(self) -> None:
        with ui.row().classes("w-full items-end gap-3"):
            self._search = ui.input(_("code, name or initials (ㅅㅅㅈㅈ)")).classes("w-64")
            self._search.props("clearable")
            self._search.on("keydown.enter", self._find)
            ui.button(_("Search"), on_click=self._find).props("outline")
            scales = {Scale.DAY: _("days"), Scale.MINUTE: _("minutes")}
            toggle = ui.toggle(scales, value=self._scale, on_change=self._rescale)
            toggle.props(f'aria-label="{_("scale")}"')
            known = {name: name for name in self._board.strategies()}
            self._lines = ui.select(
                {AVERAGES: _("moving averages"), **known},
                value=AVERAGES,
                label=_("indicators of"),
                with_input=True,
                on_change=self._load,
            ).classes("w-64")
        self._found = ui.row().classes("w-full gap-1")
        with ui.row().classes("items-baseline gap-3"):
            self._title = ui.label(self._code).classes("text-lg font-bold")
            self._price = ui.label("").classes("text-lg number").props('role="status"')
        if self._code:
            with ui.expansion(_("Order by hand"), icon="edit").classes("w-full"):
                OrderForm(self._board, self._frame, self._code).build()
        with ui.row().classes("w-full gap-3 items-stretch"):
            self._chart = (
                ui.echart({"series": []}, renderer="svg")
                .classes("chart grow")
                .style("height: 30rem; flex: 3 1 20rem")
            )
            with ui.card().props("flat bordered").style("flex: 1 1 13rem"):
                ui.label(_("Order book")).classes("font-bold")
                self._book = ui.column().classes("w-full gap-0 events")
            with ui.card().props("flat bordered").style("flex: 1 1 13rem"):
                ui.label(_("Latest trades")).classes("font-bold")
                self._trades = ui.column().classes("w-full gap-0 events")
        self._frame.live(self._follow)
        ui.timer(RELOAD_SECONDS, self._load, immediate=True)

    async def _rescale(self, event: object) -> None:
        self._scale = Scale(getattr(event, "value", Scale.DAY))
        await self._load()

    async def _find(self) -> None:
        text = (self._search.value or "").strip()
        if not text:
            return
        try:
            service = self._board.source.service(WHO)
            fits = await service.ask(op.Find(text=text))
            found = fits or await service.ask(op.Find(text=text, near=True))
        except MaemaeError as error:
            ui.notify(str(error), type="warning")
            return
        self._found.clear()
        with self._found:
            if not fits:
                ui.label(_("Nothing matches.") + (" " + _("Near it:") if found else ""))
            for named in found:
                ui.link(f"{named.name or named.code} {named.code}", f"/chart?code={named.code}")

    async def _load(self) -> None:
        if not self._code:
            self._title.text = _("Search for an instrument.")
            return
        try:
            chart = await self._board.source.service(WHO).ask(
                op.GetChart(code=self._code, scale=self._scale)
            )
            now = self._board.source.snapshot
            fills = []
            if now is not None:
                fills = await self._board.source.ask(op.GetFills(day=now.health.day))
        except MaemaeError as error:
            self._title.text = f"{self._code}: {error}"
            return
        self._title.text = f"{self._name()} {self._code}"
        await self._learn_before(chart)
        self._chart.options.clear()
        mine = [fill for fill in fills if fill.code == self._code]
        held = [line for line in now.status.positions if line.code == self._code] if now else []
        lines = await self._indicators(chart)
        self._chart.options.update(candle_chart(chart, mine, lines, held))
        self._chart.update()
        self._show_price(chart.trades[0].price if chart.trades else None)
        self._draw_book(chart)
        self._draw_trades(chart)

    async def _learn_before(self, chart: Chart) -> None:
        """Ask once for the close of the day before, against which the day's change counts."""
        if self._before is not None:
            return
        days, service = chart, self._board.source.service(WHO)
        if chart.scale is not Scale.DAY:
            try:
                days = await service.ask(op.GetChart(code=self._code, scale=Scale.DAY))
            except MaemaeError:
                return
        now = self._board.source.snapshot
        today = now.health.day if now is not None else None
        earlier = [candle for candle in days.candles if candle.at.date() != today]
        self._before = earlier[-1].close if earlier else None

    async def _indicators(self, chart: Chart) -> list[Line]:
        strategy = self._board.strategies().get(str(self._lines.value))
        if strategy is None:
            return averages(chart)
        return await asyncio.to_thread(indicator_lines, strategy, chart)

    def _follow(self, snapshot: Snapshot) -> None:
        """Show the price of a held or offered name as it moves."""
        price = known_price(snapshot.status, self._code)
        if price is not None:
            self._show_price(price)

    def _show_price(self, price: int | None) -> None:
        if price is None:
            return
        moved = change(price, self._before)
        colour = "up" if (moved or 0) > 0 else "down" if (moved or 0) < 0 else ""
        self._price.classes(replace=f"text-lg number font-bold {colour}")
        self._price.text = words.won(price)
        if moved is not None:
            self._price.text += f" ({words.marked_percent(Decimal(moved))})"

    def _name(self) -> str:
        now = self._board.source.snapshot
        return now.status.names.get(self._code, "") if now is not None else ""

    def _draw_book(self, chart: Chart) -> None:
        """Draw the ladder: asks left of the prices, bids right; a bar never lies under a price."""
        self._book.clear()
        with self._book:
            for row in book_rows(chart):
                asks = row["way"] == "ask"
                with ui.element("div").classes("ladder"):
                    _level(row if asks else None, "left")
                    ui.label(f"{row['price']:,}").classes("down" if asks else "up")
                    _level(None if asks else row, "right")
            if not chart.asks and not chart.bids:
                ui.label(_("No orders in the book.")).classes("soft")

    def _draw_trades(self, chart: Chart) -> None:
        self._trades.clear()
        with self._trades:
            for row in trade_rows(chart):
                with ui.element("div").classes("tape"):
                    ui.label(row["at"]).classes("soft")
                    ui.label(f"{row['price']:,}").classes(row["way"])
                    ui.label(f"{row['quantity']:,}")
            if not chart.trades:
                ui.label(_("No trades today.")).classes("soft")


def _level(row: Row | None, to: str) -> None:
    """Draw the shares of a level with their bar, which grows away from the price."""
    label = ui.label("" if row is None else f"{row['quantity']:,}")
    if row is not None:
        way = "to left" if to == "left" else "to right"
        bar = f"linear-gradient({way}, var(--bar) {row['part']}%, transparent 0)"
        label.style(f"background: {bar}")
