"""The shop window of the backtest page: strategies with what they did over one's own bars."""

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path

from nicegui import ui

from maemae.dashboard import grid
from maemae.dashboard.shape import Row
from maemae.dashboard.tables import Table
from maemae.errors import MaemaeError
from maemae.i18n import _
from maemae.strategy.declare import Strategy
from maemae.strategy.measured import Measured, measured, still

COMMAND = "maemae strategy measure"


class Shop:
    """A table of strategies, the doubts above it; a click chooses one.

    Args:
        strategies: by name.
        root: of the store of bars, beside which the figures are kept.
        choose: called with the name of a strategy.
    """

    def __init__(
        self, strategies: Mapping[str, Strategy], root: Path, choose: Callable[[str], None]
    ) -> None:
        self._strategies = strategies
        self._root = root
        ui.label(_("What the strategies did")).classes("text-lg font-bold")
        self._said = ui.column().classes("events gap-1 w-full")
        self._table = Table(
            _columns(),
            title="strategy",
            label=_("What the strategies did"),
            empty=_("There are no strategies."),
            rows=[_row(name, one, None, []) for name, one in strategies.items()],
            height="20rem",
            on_row=lambda row: choose(str(row["id"])),
        )
        ui.timer(0, self._fill, once=True)

    async def _fill(self) -> None:
        try:
            known = measured(self._root)
        except MaemaeError as error:
            self._say([f"△ {error}"])
            return
        lines = {name: still(known, one) for name, one in self._strategies.items()}
        there = [one for one in lines.values() if one is not None]
        said = await asyncio.to_thread(_head, there) if there else []
        missing = len(lines) - len(there)
        if missing:
            text = _("{n} strategies are not measured yet: {command}")
            said.append(text.format(n=missing, command=COMMAND))
        self._say(said)
        self._table.show(
            [_row(name, one, lines[name], there) for name, one in self._strategies.items()]
        )

    def _say(self, lines: list[str]) -> None:
        with self._said:
            for line in lines:
                ui.label(line).classes("doubt" if line.startswith("△") else "soft")


def _head(there: list[Measured]) -> list[str]:
    from maemae.backtest.shown import head  # noqa: PLC0415 - numba

    *doubted, last = head(there)
    return [*(f"△ {text}" for text in doubted), last]


def _of_its_own(line: Measured | None, there: list[Measured]) -> tuple[str, str]:
    """Return what is to be doubted of a strategy's figures alone, and what they are of."""
    if line is None:
        return "", _("not measured yet")
    from maemae.backtest.shown import own_doubts, span  # noqa: PLC0415 - numba

    return own_doubts(line, there), span(line)


def _row(name: str, strategy: Strategy, line: Measured | None, there: list[Measured]) -> Row:
    known = {} if line is None else line.statistics
    doubted, period = _of_its_own(line, there)
    fall = known.get("drawdown")
    return {
        "id": name,
        "strategy": _(strategy.title) if strategy.title else name,
        "doubts": doubted,
        "annual": known.get("annual_return"),
        "index": known.get("benchmark_return"),
        "drawdown": None if fall is None else -fall,
        "won": known.get("win_rate"),
        "trades": None if line is None else int(known.get("trades") or 0),
        "return": known.get("total_return"),
        "unranked": known.get("unranked_return"),
        "period": period,
    }


def _columns() -> list[Row]:
    return [
        grid.text("strategy", _("strategy"), 190, pinned="left"),
        grid.text("doubts", _("Doubts"), 190),
        grid.marked_rate("annual", _("return a year")),
        grid.marked_rate("index", _("return of the index")),
        grid.rate("drawdown", _("drawdown")),
        grid.rate("won", _("hit rate"), 80),
        grid.number("trades", _("trades"), 80),
        grid.marked_rate("return", _("return")),
        grid.marked_rate("unranked", _("return without ranking")),
        grid.text("period", _("period"), 210),
    ]
