"""A report in one page without network: curves, tables, candles, settings; one run or several."""

from collections.abc import Sequence
from html import escape
from importlib.resources import files

from maemae.backtest.report.candles import ROOM, candles
from maemae.backtest.report.charts import curves, distribution, over_time
from maemae.backtest.report.tables import (
    cards,
    compared,
    instruments,
    months,
    reasons,
    settings,
    trades,
)
from maemae.backtest.result import Result
from maemae.backtest.words import label, words
from maemae.i18n import _, language

SHOWN = 8
"""Runs that one page can tell apart."""


def page(results: Sequence[Result]) -> str:
    """Return the whole page; several runs are compared first, then told one by one."""
    from plotly.offline import get_plotlyjs  # noqa: PLC0415 - half a second to load

    names = ", ".join(dict.fromkeys(result.strategy.name for result in results))
    parts = [
        f"<!doctype html><html lang='{language()}'><head><meta charset='utf-8'>",
        "<meta name='viewport' content='width=device-width,initial-scale=1'>",
        f"<title>{escape(names)}</title><style>{_file('page.css')}</style>",
        f"<script>{get_plotlyjs()}</script></head><body>",
        f"<h1>{escape(names)}</h1><p class='sub'>{_span(results[0])}</p>",
    ]
    if len(results) > 1:
        parts += [compared(results), curves(results)]
    for number, result in enumerate(results):
        room = ROOM // len(results)
        if len(results) == 1:
            parts.append(_run(result, cards(result) + _doubts(result) + curves(results), room))
        else:
            name = escape(label(results, number))
            parts.append(f"<h1>{name}</h1>{_run(result, _doubts(result), room)}")
    parts += [f"<script>{_file('candles.js')}</script></body></html>"]
    return "\n".join(parts)


def _run(result: Result, above: str, room: int) -> str:
    drawn = candles(result, room)
    sections = [
        (_("Months"), months(result.daily, result.terms.cash)),
        (_("Over time"), over_time(result)),
        (_("Returns of the trades"), distribution(result)),
        (_("By reason of the sale"), reasons(result.trades)),
        (_("Trades on candles"), drawn),
        (_("By instrument"), instruments(result)),
        (_("Largest gains and losses"), trades(result)),
        (_("Settings"), settings(result)),
    ]
    told = "".join(f"<h2>{word}</h2>{body}" for word, body in sections if body)
    return f"<article>{above}{told}</article>"


def _span(result: Result) -> str:
    days = result.daily["date"]
    return _("{first} to {last}, {sessions} sessions, {instruments} instruments").format(
        first=days[0], last=days[-1], sessions=f"{len(days):,}",
        instruments=f"{result.panel.shape[0]:,}",
    )  # fmt: skip


def _doubts(result: Result) -> str:
    if not result.notes:
        return ""
    lines = "".join(f"<li>{escape(words(note))}</li>" for note in result.notes)
    return f"<div class='doubts'><b>{_('Reasons to doubt it')}</b><ul>{lines}</ul></div>"


def _file(name: str) -> str:
    return files("maemae.backtest.report").joinpath(name).read_text(encoding="utf-8")
