"""Tables that keep every number whole, however narrow the terminal is.

A number cut short is a wrong one. Columns of numbers, codes and times are never wrapped: texts give
way first. Where what is left for texts is too little they go onto a line of their own, and where
not even the numbers have room beside each other, each goes with its heading, as on a phone.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from rich.box import SIMPLE_HEAD
from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.padding import Padding
from rich.segment import Segment
from rich.table import Table
from rich.text import Text

LEAST = 10
"""Cells below which a column of texts is not worth reading."""
INDENT = 2

Cell = str | Text


@dataclass(slots=True)
class Column:
    """A column: what stands over it, and what it holds.

    Attributes:
        head: what stands over it.
        right: whether it holds numbers.
        whole: whether it is never wrapped.
        cells: one for each row.
    """

    head: str
    right: bool
    whole: bool
    cells: list[Text] = field(default_factory=list)

    @property
    def width(self) -> int:
        """Cells that it needs; a heading may go on several lines."""
        heads = (Text(word).cell_len for word in self.head.split() or [""])
        widest = max(heads) if self.whole else Text(self.head).cell_len
        return max([widest, *(cell.cell_len for cell in self.cells)])

    @property
    def least(self) -> int:
        """Cells that it can do with."""
        return self.width if self.whole else min(self.width, LEAST)


@dataclass(slots=True)
class Whole:
    """Draws columns in what room there is."""

    title: str
    columns: list[Column]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Draw in the first way that has room."""
        room = options.max_width - 2  # The box has a blank on both sides.
        whole = [column for column in self.columns if column.whole]
        if _together(self.columns) <= room:
            yield self._side_by_side(self.columns)
            return
        texts = [column for column in self.columns if not column.whole]
        if _together(whole) <= room:
            head = self._side_by_side(whole, slice(0))
            for line in console.render_lines(head, options)[:-1]:  # The last one is blank.
                yield from line
                yield Segment.line()
            yield from self._beneath(whole, texts, options.max_width)
            return
        yield from self._named(whole, texts, options.max_width)

    def _side_by_side(self, columns: Sequence[Column], rows: slice = slice(None)) -> Table:
        table = Table(
            title=self.title or None, title_justify="left", title_style="bold", box=SIMPLE_HEAD,
            padding=(0, 0),
        )  # fmt: skip
        for column in columns:
            table.add_column(
                column.head, justify="right" if column.right else "left", overflow="fold",
                width=column.width if column.whole else None, min_width=column.least,
            )  # fmt: skip
        for row in list(zip(*(column.cells for column in columns), strict=True))[rows]:
            table.add_row(*row)
        return table

    def _beneath(
        self, whole: Sequence[Column], texts: Sequence[Column], width: int
    ) -> Iterator[RenderableType]:
        """Put the texts of each row on a line below its numbers."""
        for number, row in enumerate(zip(*(column.cells for column in whole), strict=True)):
            grid = Table.grid(padding=(0, 1, 0, 0))
            for column in whole:
                grid.add_column(justify="right" if column.right else "left", width=column.width)
            grid.add_row(*row)
            yield Padding(grid, (0, 0, 0, 1))
            yield from _lines([column.cells[number] for column in texts], " · ", width, INDENT)
        yield ""

    def _named(
        self, whole: Sequence[Column], texts: Sequence[Column], width: int
    ) -> Iterator[RenderableType]:
        """Put each number behind its heading."""
        yield Text(self.title, "bold")
        yield ""
        for number in range(len(self.columns[0].cells)):
            yield from _lines([column.cells[number] for column in texts], " · ", width, 1)
            pairs = [
                Text(f"{column.head} ", "dim").append_text(cell) if column.head else cell
                for column in whole
                if (cell := column.cells[number])
            ]
            yield from _lines(pairs, "  ", width, 1 + INDENT)
        yield ""


def table_of(title: str, heads: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Whole:
    """Return a table that keeps its numbers whole.

    Heads with a leading `#` stand over numbers, those with a leading `=` over codes, times and
    other words that are never wrapped.
    """
    columns = [
        Column(head.lstrip("#="), right=head.startswith("#"), whole=head.startswith(("#", "=")))
        for head in heads
    ]
    for row in rows:
        for column, cell in zip(columns, row, strict=True):
            column.cells.append(cell if isinstance(cell, Text) else Text(cell))
    return Whole(title, columns)


def _together(columns: Sequence[Column]) -> int:
    """Cells that columns need side by side, with a blank between them."""
    return sum(column.least for column in columns) + len(columns) - 1


def _lines(parts: Sequence[Text], between: str, width: int, indent: int) -> Iterator[Padding]:
    """Put parts behind each other on as many lines as they need; only a long text is wrapped."""
    line = Text()
    for part in parts:
        if not part:
            continue
        if line and line.cell_len + len(between) + part.cell_len > width - indent:
            yield Padding(line, (0, 0, 0, indent))
            line = Text()
        line = line.append(between if line else "", "dim").append_text(part)
    if line:
        yield Padding(line, (0, 0, 0, indent))
