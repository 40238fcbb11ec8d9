"""What `maemae backtest` prints and writes."""

import json
import math
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from pathlib import Path

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from maemae.backtest import Result
from maemae.backtest.words import doubts, figures, label, signed
from maemae.cli.tables import table_of
from maemae.i18n import _

LINES = 20
"""Runs listed, of several."""


def show(results: Sequence[Result]) -> None:
    """Print what to doubt, and the figures of one run or a line for each of several."""
    console = Console()
    shown = results[:LINES]
    for text in doubts((label(results, n), one.notes) for n, one in enumerate(shown)):
        console.print(Text("! " + text, "yellow"))
    if len(results) == 1:
        _one(results[0])
    else:
        _several(results)


def _several(results: Sequence[Result]) -> None:
    days = results[0].daily["date"]
    heads = [_("Strategy"), "#" + _("Return"), "#" + _("Return a year"),
             "#" + _("Deepest drawdown"), "#Sharpe", "#" + _("Closed trades"),
             "#" + _("… won")]  # fmt: skip
    rows = [
        (
            label(results, number), signed(s.total_return), signed(s.annual_return),
            signed(-s.drawdown), f"{s.sharpe:.2f}", f"{s.trades:,}", f"{s.win_rate:.1%}",
        )
        for number, s in enumerate(result.statistics for result in results[:LINES])
    ]  # fmt: skip
    console = Console()
    title = _("{first} to {last}").format(first=days[0], last=days[-1])
    console.print(table_of(title, heads, rows))
    if len(results) > LINES:
        console.print(_("... and {n} more").format(n=len(results) - LINES))


def _one(result: Result) -> None:
    days = result.daily["date"]
    table = Table(
        box=None,
        show_header=False,
        title=_("{name}, {first} to {last}").format(
            name=result.strategy.name, first=days[0], last=days[-1]
        ),
    )
    for word, value, colour in figures(result):
        table.add_row(word, Text(value, colour, justify="right"))
    Console().print(table)


def write(
    results: Sequence[Result], json_file: Path | None, csv: Path | None, parquet: Path | None
) -> None:
    """Write what was asked for; of several runs JSON holds a list, and each has a folder."""
    if json_file is not None:
        json_file.write_text(as_text(results) + "\n", encoding="utf-8")
        typer.echo(_("wrote {path}").format(path=json_file))
    for folder, ending in ((csv, "csv"), (parquet, "parquet")):
        if folder is None:
            continue
        for number, result in enumerate(results):
            name = label(results, number)
            _frames(result, folder if len(results) == 1 else folder / name, ending)
        typer.echo(_("wrote {path}").format(path=folder))


def as_text(results: Sequence[Result]) -> str:
    """Return figures, doubts and trades as JSON: an object for one run, a list for several."""
    told = [document(result) for result in results]
    return json.dumps(told if len(told) > 1 else told[0], ensure_ascii=False, indent=2)


def _frames(result: Result, folder: Path, ending: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    frames = {"fills": result.fills, "trades": result.trades, "days": result.daily}
    for name, frame in frames.items():
        path = folder / f"{name}.{ending}"
        if ending == "csv":
            frame.write_csv(path)
        else:
            frame.write_parquet(path)


def document(result: Result) -> dict[str, object]:
    """Return figures, doubts and trades as plain JSON values; what has no answer is null."""
    known = {k: None if math.isnan(v) else v for k, v in asdict(result.statistics).items()}
    trades = [
        {key: f"{value}" if isinstance(value, date) else value for key, value in row.items()}
        for row in result.trades.iter_rows(named=True)
    ]
    return {
        "strategy": result.strategy.name,
        "executor": result.executor,
        "first": f"{result.daily['date'][0]}",
        "last": f"{result.daily['date'][-1]}",
        "cash": result.terms.cash,
        "settings": result.settings,
        "fingerprint": result.fingerprint,
        "statistics": known,
        "notes": [asdict(note) for note in result.notes],
        "trades": trades,
    }
