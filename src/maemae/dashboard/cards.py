"""The rows of a table as cards, for a phone: everything of a row without scrolling sideways."""

from collections.abc import Callable, Sequence

from nicegui import ui

from maemae.dashboard.shape import Row
from maemae.dashboard.style import NARROW
from maemae.i18n import _

Update = Callable[[Row], None]
MOST = 60
"""Cards on a page; a phone is no place for more, and each is a dozen elements."""


class Cards:
    """Rows with an `id` each, one card a row; `show` changes what is different.

    Args:
        build: builds a card inside the current element; returns what brings it up to date.
        label: what the list is called for those who cannot see it.
        empty: what is said where there are no rows.
        rows: the first rows, which come with the page.
        narrow: whether only a phone shows them.
    """

    def __init__(
        self,
        build: Callable[[Row], Update],
        *,
        label: str,
        empty: str,
        rows: Sequence[Row] = (),
        narrow: bool = True,
    ) -> None:
        self._build = build
        self._empty = empty
        self._rows: dict[str, Row] = {}
        self._updates: dict[str, Update] = {}
        self._column = ui.column().classes(f"w-full gap-2 {NARROW if narrow else ''}")
        self._column.props(f'role="list" aria-label="{label}"')
        self._rebuild(rows)

    def show(self, rows: Sequence[Row]) -> None:
        """Bring the page up to date with these rows."""
        shown = {row["id"]: row for row in list(rows)[:MOST]}
        if list(shown) != list(self._rows) or len(rows) != self._count:
            self._rebuild(rows)
            return
        for key, row in shown.items():
            if self._rows[key] != row:
                self._updates[key](row)
        self._rows = shown

    def _rebuild(self, rows: Sequence[Row]) -> None:
        self._column.clear()
        self._count = len(rows)
        self._rows = {row["id"]: row for row in list(rows)[:MOST]}
        with self._column:
            self._updates = {key: self._one(row) for key, row in self._rows.items()}
            if len(rows) > MOST:
                ui.label(_("and {n} more").format(n=len(rows) - MOST)).classes("soft")
            if not rows:
                ui.label(self._empty).classes("soft").props('role="listitem"')

    def _one(self, row: Row) -> Update:
        with ui.column().classes("card").props('role="listitem"'):
            return self._build(row)
