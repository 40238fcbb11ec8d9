"""One screen of a terminal, whole at 80 columns and 24 rows: figures are never cut or parted."""

from collections.abc import Iterable

from rich.cells import cell_len
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from maemae.cli import words
from maemae.desk import records as rec
from maemae.i18n import _
from maemae.service import glance
from maemae.service.status import Status

WIDE = 116
"""Columns from which on candidates stand beside the orders."""

NAME, WIDE_NAME = 14, 24
"""Cells of a name; a Korean letter takes two."""

GAP = 3
"""Cells between two figures of the first lines."""


def screen(
    now: Status, events: Iterable[Text], title: str, width: int, height: int
) -> RenderableType:
    """Draw the state.

    Args:
        now: the state.
        events: what happened, oldest first; of what does not fit the newest stay.
        title: of the screen.
        width: columns.
        height: rows.
    """
    head = [_title(now, title), *flow(_figures(now), width)]
    room = max(3, height - len(head) - 3)  # Three headings.
    positions = min(len(now.positions), max(1, room * 2 // 5))
    wanted = len(now.orders)
    if width >= WIDE:
        wanted = max(wanted, len(now.candidates))
    orders = min(wanted, max(1, room * 3 // 10))
    told = max(1, room - max(positions, 1) - max(orders, 1))
    wide = width >= WIDE
    below: RenderableType = _orders(now, orders, wide=wide)
    if wide:
        below = _side_by_side(below, _candidates(now, orders))
    lines = [*list(events)[-told:]] or [Text(_("Nothing has happened yet."), "dim")]
    for line in lines:
        line.no_wrap, line.overflow = True, "ellipsis"
    return Group(
        *head,
        _positions(now, positions, wide=wide),
        below,
        _before_events(width),
        *lines,
    )


def flow(figures: Iterable[Text], width: int) -> list[Text]:
    """Put figures into lines, as many into each as fit whole."""
    lines: list[Text] = []
    for figure in figures:
        if lines and cell_len(lines[-1].plain) + GAP + cell_len(figure.plain) <= width:
            lines[-1].append(" " * GAP).append_text(figure)
        else:
            lines.append(figure.copy())
    for line in lines:
        line.no_wrap, line.overflow = True, "ellipsis"
    return lines


def _title(now: Status, title: str) -> Text:
    trades = now.halt is rec.Halt.NONE
    state = f"{'▶' if trades else '■'} {words.halt(now.halt)}"
    style = "bold green" if trades else "bold yellow"
    line = Text.assemble(
        (title, "bold"), "  ", (state, style), "  ", (f"{now.at:%Y-%m-%d %H:%M:%S}", "")
    )
    line.no_wrap, line.overflow = True, "ellipsis"
    return line


def _before_events(width: int) -> Text:
    """Head the events, and say beside it how to stop."""
    line = Text(_("Last events"), "bold")
    stop = Text(_("To stop: maemae pause (entries), maemae halt (everything)"))
    gap = max(GAP, width - cell_len(line.plain) - cell_len(stop.plain))
    line.append(" " * gap).append_text(stop)
    line.no_wrap, line.overflow = True, "ellipsis"
    return line


def _figures(now: Status) -> list[Text]:
    said: list[tuple[str, str | Text]] = [
        (_("result of the day"), words.coloured(glance.result(now), now.day_result)),
        *(
            (name, words.signed_won(won))
            for name, won in zip(glance.part_names(), glance.parts(now), strict=True)
        ),
        (_("total assets"), words.won(now.assets)),
        (_("if every stop fires"), glance.at_stake(now)),
    ]
    said += [
        (_("day's loss limit"), glance.limit_used(now)),
        (_("free to spend"), words.won(now.free_cash)),
        (_("fees and taxes"), words.won(now.fees + now.taxes)),
        (_("won/lost"), f"{now.wins}/{now.losses}"),
    ]
    return [Text.assemble((name + " ", "dim"), value) for name, value in said]


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, expand=True, padding=(0, 1, 0, 0))
    for column in columns:
        table.add_column(
            Text(column.removeprefix("#"), "bold"),
            justify="right" if column.startswith("#") else "left",
            no_wrap=True,
        )
    return table


def _named(name: str, *, wide: bool) -> Text:
    text = Text(name)
    text.truncate(WIDE_NAME if wide else NAME, overflow="ellipsis")
    return text


def _positions(now: Status, rows: int, *, wide: bool) -> Table:
    more = ["#" + _("average")] if wide else []
    table = _table(
        _("Positions"), "#" + _("shares"), *more, "#" + _("last price"), "#" + _("profit"),
        "#" + _("rate"), "#" + _("to stop"), "#" + _("to take profit"),
    )  # fmt: skip
    cut = len(now.positions) > rows
    for line in now.positions[: rows - 1 if cut else rows]:
        table.add_row(
            _named(line.name or line.code, wide=wide),
            f"{line.quantity:,}",
            *([f"{line.average:,}"] if wide else []),
            f"{line.price:,}" if line.price is not None else "-",
            words.signed_won(line.profit) if line.profit is not None else "-",
            words.percent(line.rate) if line.rate is not None else "-",
            _distance(line.price, line.stop),
            _distance(line.price, line.take_profit),
        )
    if cut:
        table.add_row(Text(_("and {n} more").format(n=len(now.positions) - rows + 1), "dim"))
    if not now.positions:
        table.add_row(Text(_("No positions."), "dim"))
    return table


def _distance(price: int | None, bound: int | None) -> str:
    return f"{(bound - price) / price * 100:+.2f}%" if price and bound else "-"


def _orders(now: Status, rows: int, *, wide: bool) -> Table:
    table = _table(
        _("Orders"), "", "", "#" + _("filled"), "#" + _("fill price"), _("state"), _("reason")
    )
    for line in now.orders[-rows:][::-1] if rows else ():
        price = line.average if line.average is not None else line.price
        reason = Text(words.reason(line.reason))
        reason.truncate(10, overflow="ellipsis")
        table.add_row(
            f"{line.at:%H:%M:%S}",
            words.side(line.side),
            _named(line.name or line.code, wide=wide),
            f"{line.filled:,}/{line.quantity:,}",
            f"{price:,}" if price is not None else "-",
            words.order_state(line.state),
            reason,
        )
    if not now.orders:
        table.add_row(Text(_("No orders yet."), "dim"))
    return table


def _candidates(now: Status, rows: int) -> Table:
    table = _table(_("Candidates"), "#" + _("last price"), _("held"))
    for line in now.candidates[:rows]:
        table.add_row(
            _named(line.name or line.code, wide=True),
            f"{line.price:,}" if line.price else "-",
            "●" if line.held else "",
        )
    return table


def _side_by_side(left: RenderableType, right: RenderableType) -> Table:
    grid = Table.grid(expand=True, padding=(0, 2, 0, 0))
    grid.add_column(ratio=5)
    grid.add_column(ratio=3)
    grid.add_row(left, right)
    return grid
