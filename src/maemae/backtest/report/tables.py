"""The tables of a report."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from html import escape
from typing import Any

import numpy as np
import polars as pl

from maemae.backtest.report.candles import title
from maemae.backtest.report.charts import RUNS
from maemae.backtest.result import Result
from maemae.backtest.words import figures, label, reason
from maemae.i18n import _

SHOWN = 200
"""Trades listed on the page, the largest gains and losses first."""

NAMES = 300
"""Instruments listed."""

_DEEP = 0.1
"""A month of this return has the fullest colour."""


def compared(results: Sequence[Result]) -> str:
    """Return the figures of several runs side by side."""
    columns = [figures(result) for result in results]
    head = "".join(
        f"<th><span class='swatch' style='background:{RUNS[number % len(RUNS)]}'></span>"
        f"{escape(label(results, number))}</th>"
        for number in range(len(results))
    )
    rows = []
    for row in zip(*columns, strict=True):
        cells = "".join(f"<td class='{_sense(colour)}'>{value}</td>" for _w, value, colour in row)
        rows.append(f"<tr><th class='text'>{row[0][0]}</th>{cells}</tr>")
    return _table(f"<tr><th></th>{head}</tr>", rows)


def cards(result: Result) -> str:
    """Return the figures of one run as cards."""
    return "<div class='cards'>{}</div>".format(
        "".join(
            f"<div class='card'><span>{word}</span><b class='{_sense(colour)}'>{value}</b></div>"
            for word, value, colour in figures(result)
        )
    )


def months(daily: pl.DataFrame, cash: int) -> str:
    """Return the return of each month and year."""
    ends = daily.group_by_dynamic("date", every="1mo").agg(pl.col("equity").last())
    before, rows = cash, dict[int, dict[int, float]]()
    for day, equity in ends.iter_rows():
        rows.setdefault(day.year, {})[day.month] = equity / before - 1 if before else 0.0
        before = equity
    head = "".join(f"<th>{month}</th>" for month in range(1, 13))
    body = []
    for year, known in rows.items():
        cells = "".join(_month(known.get(month)) for month in range(1, 13))
        whole = float(np.prod([1 + value for value in known.values()]) - 1)
        body.append(f"<tr><th>{year}</th>{cells}{_percent(whole)}</tr>")
    return _table(f"<tr><th></th>{head}<th>{_('Year')}</th></tr>", body, "months")


def reasons(trades: pl.DataFrame) -> str:
    """Return what each kind of sale earned."""
    rows = [
        f"<tr><td class='text'>{escape(reason(why))}</td>{cells}</tr>"
        for why, cells in _grouped(trades, "reason", "len")
    ]
    return _table(_head((_("Reason"), *_group_words())), rows)


def instruments(result: Result) -> str:
    """Return what each instrument earned, the largest gains and losses first."""
    rows = [
        f"<tr class='pick' data-code='{code}'><td class='text'>{escape(title(result, code))}</td>"
        f"{cells}</tr>"
        for code, cells in _grouped(result.trades, "code", "profit")
    ]
    return _scrolled(_table(_head((_("Instrument"), *_group_words())), rows[:NAMES]))


def trades(result: Result) -> str:
    """Return the trades with the largest gains and losses."""
    largest = result.trades.sort(pl.col("profit").abs(), descending=True).head(SHOWN)
    head = (_("Instrument"), _("Bought"), _("Sold"), _("Shares"), _("Paid"), _("Received"),
            _("Costs"), _("Profit (won)"), _("Return"), _("Reason"))  # fmt: skip
    rows = [
        f"<tr class='pick' data-code='{t['code']}'>"
        f"<td class='text'>{escape(title(result, t['code']))}</td>"
        f"<td>{t['bought']}</td><td>{_day(t['sold'])}</td>"
        f"<td>{t['quantity']:,}</td><td>{t['buy_price']:,}</td><td>{t['sell_price']:,}</td>"
        f"<td>{t['costs']:,}</td>{_won(t['profit'])}{_percent(t['return'])}"
        f"<td>{escape(reason(t['reason']))}</td></tr>"
        for t in largest.iter_rows(named=True)
    ]
    return _scrolled(_table(_head(head), rows))


def settings(result: Result) -> str:
    """Return what was run, down to the fingerprint of the data."""
    rows = [
        f"<tr><th class='text'>{escape(name)}</th><td class='text long'>{escape(value)}</td></tr>"
        for name, value in _flat(result.settings | {"fingerprint": result.fingerprint})
    ]
    return _scrolled(_table("", rows))


def _flat(table: Mapping[str, Any], above: str = "") -> Iterable[tuple[str, str]]:
    for name, value in table.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{above}{name}.")
        else:
            yield f"{above}{name}", f"{value:,}" if type(value) is int else f"{value}"


def _grouped(trades: pl.DataFrame, by: str, order: str) -> list[tuple[str, str]]:
    """Return groups of trades with their cells: number, won, profit, mean return, mean days."""
    groups = (
        trades.group_by(by)
        .agg(
            pl.len(),
            (pl.col("profit") > 0).mean().alias("won"),
            pl.col("profit").sum(),
            pl.col("return").mean(),
            pl.col("sessions").mean(),
        )
        .sort(
            pl.col(order).abs() if order == "profit" else pl.col(order),
            by,
            descending=[True, False],
        )
    )
    return [
        (
            key,
            f"<td>{count:,}</td><td>{won:.1%}</td>{_won(profit)}{_percent(mean)}<td>{days:.1f}</td>",
        )
        for key, count, won, profit, mean, days in groups.iter_rows()
    ]


def _group_words() -> tuple[str, ...]:
    return (_("Number"), _("Share won"), _("Profit (won)"), _("Mean return"), _("Sessions held"))


def _table(head: str, rows: Sequence[str], kind: str = "") -> str:
    top = f"<thead>{head}</thead>" if head else ""
    return f"<table class='{kind}'>{top}<tbody>{''.join(rows)}</tbody></table>"


def _scrolled(table: str) -> str:
    return f"<div class='scroll'>{table}</div>"


def _head(words: tuple[str, ...]) -> str:
    first, *others = (escape(word) for word in words)
    return f"<tr><th class='text'>{first}</th>{''.join(f'<th>{word}</th>' for word in others)}</tr>"


def _day(day: date | None) -> str:
    return "-" if day is None else f"{day}"


def _month(value: float | None) -> str:
    if value is None:
        return "<td></td>"
    colour = "214,50,58" if value > 0 else "42,95,196"
    shade = min(abs(value) / _DEEP, 1) * 0.45
    return f"<td style='background:rgba({colour},{shade:.2f})'>{value:+.1%}</td>"


def _percent(value: float | None) -> str:
    if value is None:
        return "<td></td>"
    sense = "up" if value > 0 else "down" if value < 0 else ""
    return f"<td class='{sense}'>{value:+.1%}</td>"


def _won(value: int) -> str:
    sense = "up" if value > 0 else "down" if value < 0 else ""
    return f"<td class='{sense}'>{value:+,}</td>"


def _sense(colour: str) -> str:
    return {"red": "up", "blue": "down"}.get(colour, "")
