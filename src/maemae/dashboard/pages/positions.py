"""Positions per book with their exits, the owner's holdings apart, and what can be done."""

from collections.abc import Callable

from nicegui import ui

from maemae.dashboard import grid
from maemae.dashboard.board import Board
from maemae.dashboard.cards import Cards, Update
from maemae.dashboard.dialogs import Question, confirm
from maemae.dashboard.frame import Frame
from maemae.dashboard.shape import Row, owner_rows, position_rows
from maemae.dashboard.style import WIDE
from maemae.dashboard.tables import Table
from maemae.i18n import _
from maemae.market.kinds import Side
from maemae.service import glance, words
from maemae.service import operations as op
from maemae.service.answers import Snapshot
from maemae.service.status import Status


def positions_list(board: Board, frame: Frame) -> None:
    """Build the table of a desk, the cards of a phone, and the owner's holdings."""

    def act(row: Row) -> None:
        _sell(board, frame, row)

    with ui.row().classes("w-full items-baseline"):
        ui.label(_("Positions")).classes("text-lg font-bold")
        total = ui.label("").classes("number")
        ui.label(_("A click on a row, or Enter, sells or opens the chart.")).classes(
            f"text-sm soft {WIDE}"
        )
    beyond = ui.label("").classes("text-sm soft")
    known = board.source.snapshot
    rows = position_rows(known) if known else []
    label, empty = _("Positions"), _("No positions.")
    table = grid.Grid(
        _columns(), rows=rows, label=label, empty=empty, height="17rem", on_row=act
    ).classes(WIDE)
    cards = Cards(lambda row: _card(row, act), rows=rows, label=label, empty=empty)
    with ui.expansion(_("Your own holdings (no strategy touches them)")).classes("w-full"):
        owner = Table(
            [
                grid.text("name", _("name"), 150),
                grid.text("code", _("code")),
                grid.number("quantity", _("shares")),
                grid.number("price", _("last price")),
            ],
            title="name",
            rows=owner_rows(known.status) if known else (),
            label=_("Your own holdings"),
            empty=_("None."),
            height="12rem",
        )

    def draw(snapshot: Snapshot) -> None:
        fresh = position_rows(snapshot)
        total.text = unrealised(snapshot.status)
        beyond.text = glance.beyond(snapshot.status)
        beyond.set_visibility(bool(beyond.text))
        table.show(fresh)
        cards.show(fresh)
        owner.show(owner_rows(snapshot.status))

    frame.live(draw)


def unrealised(now: Status) -> str:
    """Say what selling all of it now would earn: the sum of the rows, costs of the sales off."""
    if not now.positions:
        return ""
    said = _("{won} if sold now, after costs").format(won=words.marked_won(now.unrealised))
    return f"{_('unrealised')} {said}"


def _columns() -> list[Row]:
    return [
        grid.text("name", _("name"), 130, pinned="left"),
        grid.marked("profit", _("profit"), 110),
        grid.marked_rate("rate", _("rate"), 95),
        grid.number("price", _("last price"), 90),
        grid.number("average", _("average"), 90),
        grid.number("quantity", _("shares"), 85),
        grid.number("take_profit", _("take profit"), 90),
        grid.rate("to_take_profit", _("to take profit"), 85),
        grid.number("stop", _("stop"), 90),
        grid.rate("to_stop", _("to stop"), 85),
        grid.text("spark", _("trend"), 100, sortable=False),
        grid.text("code", _("code"), 85),
        grid.text("book", _("book"), 95),
    ]


def _card(row: Row, act: Callable[[Row], None]) -> Update:
    """Build the card of a position: profit and rate, distance to both exits, what can be done."""
    shown = row
    with ui.row().classes("w-full justify-between items-baseline no-wrap"):
        name = ui.label("").classes("font-bold")
        profit = ui.label("").classes("number text-lg font-bold")
    with ui.row().classes("events w-full justify-between soft no-wrap"):
        held = ui.label("")
        price = ui.label("").classes("number")
    with ui.row().classes("events w-full justify-between no-wrap"):
        stop = ui.label("").classes("number")
        take = ui.label("").classes("number")
    way = ui.element("div").classes("way").props('aria-hidden="true"')
    with way:
        mark = ui.element("i")
    with ui.row().classes("w-full justify-end gap-2"):
        ui.button(
            _("Chart"), on_click=lambda: ui.navigate.to(f"/chart?code={shown['code']}")
        ).props("flat dense")
        ui.button(_("Sell"), on_click=lambda: act(shown)).props("dense").classes("sells q-px-md")

    def update(fresh: Row) -> None:
        nonlocal shown
        shown = fresh
        name.text = f"{fresh['name']}"
        earned, rate = fresh["profit"], fresh["rate"]
        colour = "up" if (earned or 0) > 0 else "down" if (earned or 0) < 0 else ""
        profit.classes(replace=f"number text-lg font-bold {colour}")
        profit.text = "–" if earned is None else words.marked_won(earned).replace(" ", "\xa0")
        if rate is not None:
            profit.text += f" ({rate * 100:+.2f}%)"
        held.text = f"{fresh['quantity']:,} × {fresh['average']:,}"
        price.text = "–" if fresh["price"] is None else f"{_('last price')} {fresh['price']:,}"
        stop.text = _exit(_("to stop"), fresh["stop"], fresh["to_stop"])
        take.text = _exit(_("to take profit"), fresh["take_profit"], fresh["to_take_profit"])
        place = between(fresh["stop"], fresh["price"], fresh["take_profit"])
        way.set_visibility(place is not None)
        mark.style(f"left: calc({(place or 0) * 100:.0f}% - 2px)")

    update(row)
    return update


def _exit(name: str, bound: int | None, distance: float | None) -> str:
    if bound is None or distance is None:
        return f"{name} –"
    return f"{name} {distance * 100:+.2f}%"


def between(low: int | None, price: int | None, high: int | None) -> float | None:
    """Return where a price is between its stop (0) and its take profit (1); None without both."""
    if low is None or price is None or high is None or high <= low:
        return None
    return min(1.0, max(0.0, (price - low) / (high - low)))


def _sell(board: Board, frame: Frame, row: Row) -> None:
    book, code, shares = row["book"], row["code"], row["quantity"]
    with Question() as question, ui.card().classes("w-80 max-w-full"):
        ui.label(f"{row['name']} ({code})").classes("text-lg font-bold")
        ui.label(f"{book} · {shares:,}")
        quantity = ui.number(_("shares"), value=shares, min=1, max=shares, precision=0)
        price = ui.number(_("limit price, blank for market"), min=1, precision=0)

        def ask() -> None:
            count, limit = int(quantity.value or 0), int(price.value) if price.value else None
            wanted = op.PlaceOrder(
                book=book, side=Side.SELL, code=code, quantity=count, price=limit
            )

            async def sell(_reason: str) -> bool:
                return await board.command(frame.session, wanted)

            at = f"{limit:,}" if limit is not None else _("market")
            confirm(_("Sell"), f"{row['name']} {count:,} @ {at}", sell, side=Side.SELL)

        with ui.row().classes("w-full justify-end"):
            ui.button(_("Chart"), on_click=lambda: ui.navigate.to(f"/chart?code={code}")).props(
                "flat"
            )
            ui.button(_("Back"), on_click=question.delete).props("flat")
            ui.button(_("Sell"), on_click=ask).classes("sells")
