"""Positions per book with their exits, the owner's holdings apart, and what can be done."""

from nicegui import ui

from maemae.dashboard import grid
from maemae.dashboard.board import Board
from maemae.dashboard.dialogs import confirm
from maemae.dashboard.frame import Frame
from maemae.dashboard.shape import Row, owner_rows, position_rows
from maemae.i18n import _
from maemae.market.kinds import Side
from maemae.service import operations as op
from maemae.service.answers import Snapshot


def positions_table(board: Board, frame: Frame) -> None:
    """Build both tables."""

    def act(row: Row) -> None:
        _sell(board, frame, row)

    with ui.row().classes("w-full items-baseline"):
        ui.label(_("Positions")).classes("text-lg font-bold")
        ui.label(_("A click on a row, or Enter, sells or opens the chart.")).classes(
            "text-sm opacity-70"
        )
    known = board.source.snapshot
    table = grid.Grid(
        _columns(),
        rows=position_rows(known) if known else (),
        label=_("Positions"),
        empty=_("No positions."),
        height="19rem",
        on_row=act,
    )
    with ui.expansion(_("Your own holdings (no strategy touches them)")).classes("w-full"):
        owner = grid.Grid(
            [
                grid.text("code", _("code")),
                grid.number("quantity", _("shares")),
                grid.number("price", _("price")),
            ],
            rows=owner_rows(known.status) if known else (),
            label=_("Your own holdings"),
            empty=_("None."),
            height="12rem",
        )

    def draw(snapshot: Snapshot) -> None:
        table.show(position_rows(snapshot))
        owner.show(owner_rows(snapshot.status))

    frame.live(draw)


def _columns() -> list[Row]:
    return [
        grid.text("name", _("name"), 150, pinned="left"),
        grid.text("code", _("code"), 90),
        grid.text("spark", _("trend"), 105, sortable=False, filter=False),
        grid.number("price", _("price"), 100),
        grid.marked("profit", _("profit")),
        grid.marked_rate("rate", _("rate")),
        grid.number("quantity", _("shares"), 90),
        grid.number("average", _("average"), 100),
        grid.number("take_profit", _("take profit"), 110),
        grid.rate("to_take_profit", _("distance")),
        grid.number("stop", _("stop"), 110),
        grid.rate("to_stop", _("distance")),
        grid.text("book", _("book"), 100),
    ]


def _sell(board: Board, frame: Frame, row: Row) -> None:
    book, code, shares = row["book"], row["code"], row["quantity"]
    with ui.dialog() as dialog, ui.card().classes("w-80 max-w-full"):
        ui.label(f"{row['name']} ({code})").classes("text-lg font-bold")
        ui.label(f"{book} · {shares:,}")
        quantity = ui.number(_("shares"), value=shares, min=1, max=shares, precision=0)
        price = ui.number(_("limit price, blank for market"), min=1, precision=0)

        async def sell(_reason: str) -> bool:
            limit = int(price.value) if price.value else None
            count = int(quantity.value or 0)
            wanted = op.PlaceOrder(
                book=book, side=Side.SELL, code=code, quantity=count, price=limit
            )
            return await board.command(frame.session, wanted)

        def ask() -> None:
            dialog.close()
            text = f"{row['name']} {int(quantity.value or 0):,}"
            confirm(_("Sell"), text, sell, danger=True)

        with ui.row().classes("w-full justify-end"):
            ui.button(_("Chart"), on_click=lambda: ui.navigate.to(f"/chart?code={code}")).props(
                "flat"
            )
            ui.button(_("Back"), on_click=dialog.close).props("flat")
            ui.button(_("Sell"), on_click=ask).props("color=negative")
    dialog.on("hide", dialog.delete)
    dialog.open()
