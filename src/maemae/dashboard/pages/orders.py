"""Orders and executions of a day, and orders by hand."""

from datetime import date
from typing import Any

from nicegui import ui

from maemae.dashboard import grid
from maemae.dashboard.board import Board
from maemae.dashboard.dialogs import confirm
from maemae.dashboard.frame import Frame, framed
from maemae.dashboard.shape import Row, fill_rows, order_rows, past_order_rows
from maemae.desk.records import OWNER
from maemae.errors import MaemaeError
from maemae.i18n import _
from maemae.market.kinds import Side
from maemae.service import operations as op
from maemae.service.answers import Snapshot

RELOAD_SECONDS = 3.0


def register(board: Board) -> None:
    """Add the page."""

    @ui.page("/orders")
    def orders() -> None:
        with framed(board, "/orders") as frame:
            _by_hand(board, frame)
            _live_orders(board, frame)
            _of_day(board)


def _columns() -> list[Row]:
    return [
        grid.text("time", _("time"), 95),
        grid.side(_("side")),
        grid.text("name", _("name"), 150),
        grid.text("code", _("code"), 90),
        grid.number("filled", _("filled"), 85),
        grid.number("quantity", _("shares"), 85),
        grid.number("limit", _("limit"), 95),
        grid.number("average", _("average"), 100),
        grid.text("state", _("state"), 105),
        grid.text("reason", _("reason"), 110),
        grid.text("book", _("book"), 100),
        grid.text("id", _("intent"), 145),
    ]


def _live_orders(board: Board, frame: Frame) -> None:
    ui.label(_("Live and recent orders")).classes("text-lg font-bold")
    ui.label(_("A click on a live order, or Enter, changes or cancels it.")).classes(
        "text-sm opacity-70"
    )
    known = board.source.snapshot
    table = grid.Grid(
        _columns(),
        rows=order_rows(known.status.orders) if known else (),
        label=_("Live and recent orders"),
        empty=_("No orders yet."),
        height="17rem",
        on_row=lambda row: _change(board, frame, row) if row["live"] else None,
    )

    def draw(snapshot: Snapshot) -> None:
        table.show(order_rows(snapshot.status.orders))

    frame.live(draw)


def _change(board: Board, frame: Frame, row: Row) -> None:
    intent = row["id"]
    with ui.dialog() as dialog, ui.card().classes("w-80 max-w-full"):
        ui.label(f"{row['side']} {row['name']} {row['quantity']:,}").classes("text-lg font-bold")
        ui.label(intent)
        price = ui.number(_("new limit price"), value=row["limit"], min=1, precision=0)

        async def cancel(_reason: str) -> bool:
            return await board.command(frame.session, op.CancelOrder(intent=intent))

        async def amend(_reason: str) -> bool:
            return await board.command(
                frame.session, op.AmendOrder(intent=intent, price=int(price.value or 0))
            )

        def ask(title: str, act: Any) -> None:
            dialog.close()
            confirm(title, f"{row['name']} {intent}", act)

        with ui.row().classes("w-full justify-end"):
            ui.button(_("Back"), on_click=dialog.close).props("flat")
            ui.button(_("Amend"), on_click=lambda: ask(_("Amend"), amend))
            ui.button(_("Cancel order"), on_click=lambda: ask(_("Cancel order"), cancel)).props(
                "color=negative"
            )
    dialog.on("hide", dialog.delete)
    dialog.open()


def _by_hand(board: Board, frame: Frame) -> None:
    box = ui.expansion(_("Order by hand"), icon="edit").classes("w-full")
    with box, ui.row().classes("items-end gap-3"):
        side = ui.toggle({"buy": _("buy"), "sell": _("sell")}, value="buy")
        code = ui.input(_("code")).props('maxlength="12"').classes("w-32")
        quantity = ui.number(_("shares"), min=1, precision=0).classes("w-32")
        price = ui.number(_("limit price, blank for market"), min=1, precision=0)
        book = ui.input(_("book"), value=OWNER).classes("w-32")

        async def send(_reason: str) -> bool:
            wanted = op.PlaceOrder(
                book=book.value or OWNER,
                side=Side(side.value),
                code=(code.value or "").strip().upper(),
                quantity=int(quantity.value or 0),
                price=int(price.value) if price.value else None,
            )
            return await board.command(frame.session, wanted)

        def ask() -> None:
            if not code.value or not quantity.value:
                ui.notify(_("Give a code and a number of shares."), type="warning")
                return
            way = _("buy") if side.value == "buy" else _("sell")
            at = f"{int(price.value):,}" if price.value else _("market")
            text = f"{way} {code.value} {int(quantity.value):,} @ {at}"
            confirm(_("Send order"), text, send)

        ui.button(_("Send order"), on_click=ask)


def _of_day(board: Board) -> None:
    known = board.source.snapshot
    today = known.health.day if known is not None else None
    with ui.row().classes("items-center w-full gap-3"):
        ui.label(_("The whole day")).classes("text-lg font-bold")
        day = ui.input(_("day"), value=f"{today}" if today else "").props("type=date dense")
        count = ui.label("").classes("text-sm opacity-70")
    with ui.tabs().props("dense align=left") as tabs:
        first = ui.tab("orders", _("Orders"))
        ui.tab("fills", _("Executions"))
    with ui.tab_panels(tabs, value=first).classes("w-full"):
        with ui.tab_panel("orders").classes("q-pa-none"):
            orders = grid.Grid(_columns(), label=_("Orders"), empty=_("No orders."), height="26rem")
        with ui.tab_panel("fills").classes("q-pa-none"):
            fills = grid.Grid(
                _fill_columns(), label=_("Executions"), empty=_("None."), height="26rem"
            )
    seen: list[tuple[str, int]] = []

    async def load() -> None:
        now = board.source.snapshot
        state = (day.value or "", now.status.order_count if now is not None else -1)
        moved = now is not None and any(order.state == "working" for order in now.status.orders)
        if not day.value or (seen == [state] and not moved):
            return
        seen[:] = [state]
        try:
            chosen = date.fromisoformat(day.value)
            rows = past_order_rows(await board.source.ask(op.GetOrders(day=chosen)))
            names = {row["code"]: row["name"] for row in rows}
            executed = fill_rows(await board.source.ask(op.GetFills(day=chosen)), names)
        except (ValueError, MaemaeError) as error:
            ui.notify(str(error), type="warning")
            return
        orders.show(rows)
        fills.show(executed)
        count.text = _("{orders:,} orders, {fills:,} executions").format(
            orders=len(rows), fills=len(executed)
        )

    day.on_value_change(load)
    ui.timer(RELOAD_SECONDS, load, immediate=True)


def _fill_columns() -> list[Row]:
    return [
        grid.text("time", _("time"), 95),
        grid.side(_("side")),
        grid.text("name", _("name"), 150),
        grid.text("code", _("code"), 90),
        grid.number("quantity", _("shares"), 95),
        grid.number("price", _("price"), 100),
        grid.number("amount", _("amount"), 130),
        grid.text("book", _("book"), 100),
        grid.text("source", _("source"), 110),
    ]
