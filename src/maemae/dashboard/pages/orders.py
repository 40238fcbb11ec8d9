"""Orders and executions of a day, and orders by hand."""

from collections.abc import Callable
from datetime import date

from nicegui import ui

from maemae.dashboard import grid
from maemae.dashboard.board import Board
from maemae.dashboard.cards import Cards, Update
from maemae.dashboard.dialogs import Question, confirm
from maemae.dashboard.frame import Frame, framed
from maemae.dashboard.pages.order_form import OrderForm
from maemae.dashboard.shape import Row, fill_rows, order_rows, past_order_rows
from maemae.dashboard.style import WIDE
from maemae.errors import MaemaeError
from maemae.i18n import _
from maemae.service import operations as op
from maemae.service import words
from maemae.service.answers import Snapshot

RELOAD_SECONDS = 3.0
RECENT = 10
"""Orders that are no longer live, on a phone's first list; the day's are below."""


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
        grid.text("time", _("time"), 85),
        grid.side(_("side")),
        grid.text("name", _("name"), 150, filter=True),
        grid.number("quantity", _("shares"), 85),
        grid.number("filled", _("filled"), 75),
        grid.number("limit", _("limit"), 90),
        grid.number("average", _("fill price"), 90),
        grid.text("state", _("state"), 95),
        grid.text("reason", _("reason"), 100),
        grid.text("code", _("code"), 85),
        grid.text("book", _("book"), 95),
        grid.text("id", _("order no."), 135),
    ]


def _card(row: Row, act: Callable[[Row], None] | None) -> Update:
    """Build the card of an order: side and name, state, shares and prices, what can be done."""
    shown = row
    with ui.row().classes("w-full justify-between items-baseline no-wrap"):
        with ui.row().classes("gap-2 items-baseline"):
            side = ui.label("").classes("font-bold")
            name = ui.label("").classes("font-bold")
        state = ui.label("").classes("events")
    with ui.row().classes("events w-full justify-between items-center no-wrap"):
        figures = ui.label("").classes("number")
        when = ui.label("").classes("number soft")
    button = ui.button(
        _("Amend or cancel"), on_click=lambda: act(shown) if act is not None else None
    )
    button.props("outline dense").classes("w-full")

    def update(fresh: Row) -> None:
        nonlocal shown
        shown = fresh
        side.text, name.text, state.text = fresh["side"], fresh["name"], fresh["state"]
        side.classes(replace=f"font-bold {'up' if fresh['way'] == 'buy' else 'down'}")
        at = fresh["average"] or fresh["limit"]
        price = f"{at:,}" if at else _("market")
        figures.text = f"{fresh['filled']:,}/{fresh['quantity']:,} × {price}"
        when.text = f"{fresh['reason']} {fresh['time']}"
        button.set_visibility(act is not None and fresh["live"])

    update(row)
    return update


def _fill_card(row: Row) -> Update:
    """Build the card of an execution, which never changes."""
    with ui.row().classes("w-full justify-between items-baseline no-wrap"):
        with ui.row().classes("gap-2 items-baseline"):
            colour = "up" if row["way"] == "buy" else "down"
            ui.label(row["side"]).classes(f"font-bold {colour}")
            ui.label(row["name"]).classes("font-bold")
        ui.label(f"{row['amount']:,}").classes("number")
    with ui.row().classes("events w-full justify-between no-wrap"):
        ui.label(f"{row['quantity']:,} × {row['price']:,}").classes("number")
        ui.label(row["time"]).classes("number soft")
    return lambda _fresh: None


def _live_orders(board: Board, frame: Frame) -> None:
    ui.label(_("Live and recent orders")).classes("text-lg font-bold")
    ui.label(_("A click on a live order, or Enter, changes or cancels it.")).classes(
        f"text-sm soft {WIDE}"
    )

    def act(row: Row) -> None:
        if row["live"]:
            _change(board, frame, row)

    known = board.source.snapshot
    rows = order_rows(known.status.orders) if known else []
    label, empty = _("Live and recent orders"), _("No orders yet.")
    table = grid.Grid(
        _columns(), rows=rows, label=label, empty=empty, height="17rem", on_row=act
    ).classes(WIDE)
    cards = Cards(lambda row: _card(row, act), rows=rows[:RECENT], label=label, empty=empty)

    def draw(snapshot: Snapshot) -> None:
        fresh = order_rows(snapshot.status.orders)
        table.show(fresh)
        live = [row for row in fresh if row["live"]]
        cards.show(live + [row for row in fresh if not row["live"]][:RECENT])

    frame.live(draw)


def _change(board: Board, frame: Frame, row: Row) -> None:
    intent = row["id"]
    called = words.order_title(row["way"], row["name"], row["quantity"])
    with Question() as question, ui.card().classes("w-80 max-w-full"):
        ui.label(called).classes("text-lg font-bold")
        limit = words.won(row["limit"]) if row["limit"] else _("market")
        ui.label(f"{row['time']} · {limit} · {row['state']}").classes("soft")
        price = ui.number(_("new limit price"), value=row["limit"], min=1, precision=0)

        def ask(title: str, wanted: op.Command) -> None:
            async def act(_reason: str) -> bool:
                return await board.command(frame.session, wanted)

            confirm(title, called, act)

        def amend() -> None:
            ask(_("Amend"), op.AmendOrder(intent=intent, price=int(price.value or 0)))

        with ui.row().classes("w-full justify-end"):
            ui.button(_("Back"), on_click=question.delete).props("flat")
            ui.button(_("Amend"), on_click=amend)
            ui.button(
                _("Cancel order"),
                on_click=lambda: ask(_("Cancel order"), op.CancelOrder(intent=intent)),
            ).classes("solid-danger")


def _by_hand(board: Board, frame: Frame) -> None:
    with ui.expansion(_("Order by hand"), icon="edit").classes("w-full"):
        OrderForm(board, frame).build()


def _of_day(board: Board) -> None:
    known = board.source.snapshot
    today = known.health.day if known is not None else None
    with ui.row().classes("items-center w-full gap-3"):
        ui.label(_("The whole day")).classes("text-lg font-bold")
        day = ui.input(_("day"), value=f"{today}" if today else "").props("type=date dense")
        count = ui.label("").classes("text-sm soft")
    with ui.tabs().props("dense align=left") as tabs:
        first = ui.tab("orders", _("Orders"))
        ui.tab("fills", _("Executions"))
    with ui.tab_panels(tabs, value=first).classes("w-full"):
        with ui.tab_panel("orders").classes("q-pa-none"):
            orders = grid.Grid(
                _columns(), label=_("Orders"), empty=_("No orders."), height="26rem"
            ).classes(WIDE)
            order_cards = Cards(
                lambda row: _card(row, None), label=_("Orders"), empty=_("No orders.")
            )
        with ui.tab_panel("fills").classes("q-pa-none"):
            fills = grid.Grid(
                _fill_columns(), label=_("Executions"), empty=_("None."), height="26rem"
            ).classes(WIDE)
            fill_cards = Cards(_fill_card, label=_("Executions"), empty=_("None."))
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
        order_cards.show(rows)
        fills.show(executed)
        fill_cards.show(executed)
        count.text = _("{orders:,} orders, {fills:,} executions").format(
            orders=len(rows), fills=len(executed)
        )

    day.on_value_change(load)
    ui.timer(RELOAD_SECONDS, load, immediate=True)


def _fill_columns() -> list[Row]:
    return [
        grid.text("time", _("time"), 95),
        grid.side(_("side")),
        grid.text("name", _("name"), 150, filter=True),
        grid.number("quantity", _("shares"), 95),
        grid.number("price", _("price"), 100),
        grid.number("amount", _("amount"), 130),
        grid.text("code", _("code"), 90),
        grid.text("book", _("book"), 100),
        grid.text("source", _("source"), 110),
    ]
