"""A table that stays quick with ten thousand rows: only what changed travels to the browser."""

from collections.abc import Callable, Sequence
from typing import Any

from nicegui import events, ui

from maemae.dashboard.shape import Row
from maemae.i18n import _

_NUMBER = "p => p.value == null ? '' : p.value.toLocaleString()"
_MARKED = "p => p.value == null ? '' : (p.value > 0 ? '▲ ' : p.value < 0 ? '▼ ' : '') + {}"
_MARKED_WON = _MARKED.format("Math.abs(p.value).toLocaleString()")
_MARKED_RATE = _MARKED.format("(Math.abs(p.value) * 100).toFixed(2) + '%'")
_RATE = "p => p.value == null ? '' : (p.value * 100).toFixed(2) + '%'"
_COLOUR = {":up": "p => p.value > 0", ":down": "p => p.value < 0"}
_SIDE = {":buy": "p => p.data.way === 'buy'", ":sell": "p => p.data.way === 'sell'"}


def text(field: str, title: str, width: int = 110, **more: Any) -> Row:
    """Return a column of words, this wide at least; columns share the width that is left.

    `filter=True` adds a button to the heading, which takes its room.
    """
    return {"field": field, "headerName": title, "minWidth": width, "flex": width, **more}


def number(field: str, title: str, width: int = 110, **more: Any) -> Row:
    """Return a column of whole numbers."""
    return _numeric(field, title, width, **{":valueFormatter": _NUMBER}, **more)


def _numeric(field: str, title: str, width: int, **more: Any) -> Row:
    return text(field, title, width, type="rightAligned", **more)


def rate(field: str, title: str, width: int = 95) -> Row:
    """Return a column of fractions, shown in per cent."""
    return _numeric(field, title, width, **{":valueFormatter": _RATE})


def marked(field: str, title: str, width: int = 120) -> Row:
    """Return a column of gains and losses in won."""
    formats = {":valueFormatter": _MARKED_WON, "cellClassRules": _COLOUR}
    return _numeric(field, title, width, **formats)


def marked_rate(field: str, title: str, width: int = 105) -> Row:
    """Return a column of gains and losses as fractions."""
    formats = {":valueFormatter": _MARKED_RATE, "cellClassRules": _COLOUR}
    return _numeric(field, title, width, **formats)


def side(title: str) -> Row:
    """Return the column that says buy or sell."""
    return text("side", title, 70, cellClassRules=_SIDE)


def is_marked(column: Row) -> bool:
    """Whether a column holds gains and losses."""
    return column.get(":valueFormatter") in (_MARKED_WON, _MARKED_RATE)


def put(column: Row, row: Row) -> str:
    """Put the value of a row in a column as the table does, for where there is no table."""
    value = row[column["field"]]
    if value is None or value == "":
        return ""
    say = _PUT.get(column.get(":valueFormatter", ""))
    return str(value) if say is None else say(value)


def _mark(value: float) -> str:
    return "▲ " if value > 0 else "▼ " if value < 0 else ""


_PUT: dict[str, Callable[[Any], str]] = {
    _NUMBER: "{:,}".format,
    _RATE: "{:.2%}".format,
    _MARKED_WON: lambda value: f"{_mark(value)}{abs(value):,}",
    _MARKED_RATE: lambda value: f"{_mark(value)}{abs(value):.2%}",
}
"""The browser's ways of putting numbers, in Python."""


class Grid:
    """Rows with an `id` each; `show` sends the differences to what is on the page.

    Args:
        columns: as the functions above make them.
        label: what the table is called for those who cannot see it.
        empty: what is said where there are no rows.
        rows: the first rows, which come with the page.
        height: CSS height.
        on_row: called with a row when it is clicked, or when Enter is pressed on it.
    """

    def __init__(
        self,
        columns: Sequence[Row],
        *,
        label: str,
        empty: str,
        rows: Sequence[Row] = (),
        height: str = "20rem",
        on_row: Callable[[Row], None] | None = None,
    ) -> None:
        self._rows: dict[str, Row] = {row["id"]: row for row in rows}
        self._order = list(self._rows)
        html_columns = [n for n, column in enumerate(columns) if column["field"] == "spark"]
        self._grid = (
            ui.aggrid(
                {
                    "columnDefs": list(columns),
                    "defaultColDef": {
                        "sortable": True,
                        "resizable": True,
                        "wrapHeaderText": True,
                        "autoHeaderHeight": True,
                    },
                    "rowData": list(rows),
                    ":getRowId": "params => params.data.id",
                    "overlayNoRowsTemplate": f"<span>{empty}</span>",
                    "localeText": {"loadingOoo": _("loading …")},
                    "suppressCellFocus": False,
                    "animateRows": False,
                    "rowHeight": 34,
                    "headerHeight": 34,
                },
                html_columns=html_columns,
                auto_size_columns=False,
            )
            .classes("w-full")
            .style(f"height: {height}")
        )
        self._grid.props(f'aria-label="{label}" role="region"')
        if on_row is not None:
            self._listen(on_row)

    def classes(self, names: str) -> "Grid":
        """Give the table more classes."""
        self._grid.classes(names)
        return self

    def show(self, rows: Sequence[Row]) -> None:
        """Bring the page up to date with these rows."""
        fresh = {row["id"]: row for row in rows}
        if list(fresh) != self._order:
            self._grid.run_grid_method("setGridOption", "rowData", list(rows))
        else:
            changed = [row for key, row in fresh.items() if self._rows[key] != row]
            if changed:
                self._grid.run_grid_method("applyTransactionAsync", {"update": changed})
        self._rows, self._order = fresh, list(fresh)

    def _listen(self, on_row: Callable[[Row], None]) -> None:
        def act(event: events.GenericEventArguments) -> None:
            row = self._rows.get(str(event.args.get("rowId")))
            if row is not None:
                on_row(row)

        enter = "e => e.event && e.event.key === 'Enter' && emit({rowId: e.node.id})"
        self._grid.on("cellClicked", act, args=["rowId"])
        self._grid.on("cellKeyDown", act, js_handler=enter)
