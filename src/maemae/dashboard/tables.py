"""A table for a desk and its rows as cards for a phone, from the same columns."""

from collections.abc import Callable, Sequence

from nicegui import ui

from maemae.dashboard.cards import Cards, Update
from maemae.dashboard.grid import Grid, is_marked, put
from maemae.dashboard.shape import Row
from maemae.dashboard.style import WIDE

Act = Callable[[Row], None]


class Table:
    """Rows with an `id` each; `show` changes what is different, on a desk and on a phone.

    Args:
        columns: as `maemae.dashboard.grid` makes them.
        title: the column that names a row; it stands above a card.
        label: what the table is called for those who cannot see it.
        empty: what is said where there are no rows.
        rows: the first rows, which come with the page.
        height: CSS height of the table.
        on_row: called with a row when it or its card is clicked, or Enter is pressed on it.
    """

    def __init__(
        self,
        columns: Sequence[Row],
        *,
        title: str,
        label: str,
        empty: str,
        rows: Sequence[Row] = (),
        height: str = "20rem",
        on_row: Act | None = None,
    ) -> None:
        self._grid = Grid(
            columns, label=label, empty=empty, rows=rows, height=height, on_row=on_row
        ).classes(WIDE)
        self._cards = Cards(
            lambda row: _card(columns, title, row, on_row), label=label, empty=empty, rows=rows
        )

    def show(self, rows: Sequence[Row]) -> None:
        """Bring the page up to date with these rows."""
        self._grid.show(rows)
        self._cards.show(rows)


def _card(columns: Sequence[Row], title: str, row: Row, on_row: Act | None) -> Update:
    """Build a card: what a row is called, what it has earned, and everything else of it."""
    shown = row
    rest = [column for column in columns if column["field"] != title]
    earned = next((column for column in rest if is_marked(column)), None)
    rest = [column for column in rest if column is not earned]
    with ui.row().classes("w-full justify-between items-baseline no-wrap") as top:
        name = ui.label("").classes("font-bold")
        marked = ui.label("").classes("number font-bold")
    with ui.row().classes("events w-full gap-x-4 gap-y-0"):
        cells = [(column, *_pair(column)) for column in rest]
    if on_row is not None:
        act = on_row
        top.classes("cursor-pointer").props('role="button" tabindex="0"')
        top.on("click", lambda: act(shown)).on("keydown.enter", lambda: act(shown))

    def update(fresh: Row) -> None:
        nonlocal shown
        shown = fresh
        name.text = str(fresh[title])
        if earned is not None:
            value = fresh[earned["field"]] or 0
            marked.text = put(earned, fresh)
            colour = "up" if value > 0 else "down" if value < 0 else ""
            marked.classes(replace=f"number font-bold {colour}")
        for column, holder, said in cells:
            said.text = put(column, fresh)
            holder.set_visibility(bool(said.text))

    update(row)
    return update


def _pair(column: Row) -> tuple[ui.row, ui.label]:
    with ui.row().classes("gap-1 items-baseline") as holder:
        ui.label(column["headerName"]).classes("soft")
        said = ui.label("")
        if column.get("type") == "rightAligned":
            said.classes("number")
    return holder, said
