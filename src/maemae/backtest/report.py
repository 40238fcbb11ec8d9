"""A report in one page without network: equity, drawdown, months, returns, reasons, trades."""

from datetime import date
from html import escape
from typing import Any

import numpy as np
import polars as pl

from maemae.backtest.result import Result
from maemae.i18n import _

UP, DOWN, GREY = "#d6323a", "#2a5fc4", "#8a8f98"
"""Korean colours: red rises, blue falls."""

_STYLE = (
    "body{font-family:system-ui,sans-serif;max-width:1100px;margin:2rem auto;color:#222}"
    "table{border-collapse:collapse;font-size:.9rem;margin:1rem 0}"
    "td,th{padding:.25rem .7rem;text-align:right;border-bottom:1px solid #eee}"
    f".up{{color:{UP}}}.down{{color:{DOWN}}}"
)
_SHOWN = 200
"""Trades listed on the page, the largest gains and losses first."""


def page(result: Result, benchmark: str) -> str:
    """Return the whole page."""
    name = escape(result.strategy.name)
    parts = [
        f"<!doctype html><html><head><meta charset='utf-8'><title>{name}</title>",
        f"<style>{_STYLE}</style></head><body><h1>{name}</h1>",
        _curves(result, benchmark),
        f"<h2>{_('Months')}</h2>{_months(result.daily, result.terms.cash)}",
        _returns(result.trades),
        f"<h2>{_('By reason of the sale')}</h2>{_reasons(result.trades)}",
        f"<h2>{_('Trades')}</h2>{_trades(result.trades)}",
        "</body></html>",
    ]
    return "\n".join(parts)


def _curves(result: Result, benchmark: str) -> str:
    import plotly.graph_objects as go  # noqa: PLC0415 - half a second to load
    from plotly.subplots import make_subplots  # noqa: PLC0415

    daily, cash = result.daily, result.terms.cash
    equity = daily["equity"].to_numpy()
    high = np.maximum.accumulate(np.maximum(equity, cash))
    figure = make_subplots(
        rows=3, cols=1, shared_xaxes=True, row_heights=[0.6, 0.2, 0.2], vertical_spacing=0.04,
        subplot_titles=(_("Equity"), _("Drawdown"), _("Invested")),
    )  # fmt: skip
    days = daily["date"].to_list()
    lines: list[tuple[int, str, Any, str]] = [(1, _("Equity"), equity, UP)]
    index = daily["benchmark"]
    known = index.drop_nulls()
    if len(known) > 1:
        lines.append((1, benchmark, (index / known[0] * cash).to_list(), GREY))
    lines.append((2, _("Drawdown"), equity / high - 1, DOWN))
    lines.append((3, _("Invested"), (daily["invested"] / daily["equity"]).to_list(), GREY))
    for row, word, values, colour in lines:
        figure.add_trace(go.Scatter(x=days, y=values, name=word, line_color=colour), row=row, col=1)
    figure.update_layout(template="plotly_white", height=700, margin={"l": 60, "r": 20, "t": 40})
    return _embed(figure, library=True)


def _returns(trades: pl.DataFrame) -> str:
    import plotly.graph_objects as go  # noqa: PLC0415

    figure = go.Figure(go.Histogram(x=(100 * trades["return"]).to_list(), marker_color=GREY))
    figure.update_layout(
        template="plotly_white", height=300, title=_("Returns of the trades, percent")
    )
    return _embed(figure, library=False)


def _embed(figure: Any, *, library: bool) -> str:
    return str(figure.to_html(include_plotlyjs=library, full_html=False))


def _months(daily: pl.DataFrame, cash: int) -> str:
    ends = daily.group_by_dynamic("date", every="1mo").agg(pl.col("equity").last())
    before, rows = cash, dict[int, dict[int, float]]()
    for day, equity in ends.iter_rows():
        rows.setdefault(day.year, {})[day.month] = equity / before - 1 if before else 0.0
        before = equity
    head = "".join(f"<th>{month}</th>" for month in range(1, 13))
    body = []
    for year, months in rows.items():
        cells = "".join(_percent(months.get(month)) for month in range(1, 13))
        whole = float(np.prod([1 + value for value in months.values()]) - 1)
        body.append(f"<tr><th>{year}</th>{cells}{_percent(whole)}</tr>")
    return f"<table><tr><th></th>{head}<th>{_('Year')}</th></tr>{''.join(body)}</table>"


def _reasons(trades: pl.DataFrame) -> str:
    groups = trades.group_by("reason").agg(
        pl.len(), pl.col("profit").sum(), pl.col("return").mean()
    )
    rows = "".join(
        f"<tr><td>{escape(_reason(why))}</td><td>{count:,}</td><td>{profit:,}</td>{_percent(mean)}</tr>"
        for why, count, profit, mean in groups.sort("len", descending=True).iter_rows()
    )
    head = (_("Reason"), _("Number"), _("Profit (won)"), _("Mean return"))
    return f"<table>{_head(head)}{rows}</table>"


def _trades(trades: pl.DataFrame) -> str:
    largest = trades.sort(pl.col("profit").abs(), descending=True).head(_SHOWN)
    head = (_("Code"), _("Bought"), _("Sold"), _("Shares"), _("Paid"), _("Received"),
            _("Profit (won)"), _("Return"), _("Reason"))  # fmt: skip
    rows = "".join(
        f"<tr><td>{t['code']}</td><td>{t['bought']}</td><td>{_day(t['sold'])}</td>"
        f"<td>{t['quantity']:,}</td><td>{t['buy_price']:,}</td><td>{t['sell_price']:,}</td>"
        f"<td>{t['profit']:,}</td>{_percent(t['return'])}<td>{escape(_reason(t['reason']))}</td></tr>"
        for t in largest.iter_rows(named=True)
    )
    return f"<table>{_head(head)}{rows}</table>"


def _head(words: tuple[str, ...]) -> str:
    return f"<tr>{''.join(f'<th>{escape(word)}</th>' for word in words)}</tr>"


def _day(day: date | None) -> str:
    return "-" if day is None else f"{day}"


def _percent(value: float | None) -> str:
    if value is None:
        return "<td></td>"
    sense = "up" if value > 0 else "down" if value < 0 else ""
    return f"<td class='{sense}'>{value:+.1%}</td>"


def _reason(why: str) -> str:
    return {
        "stop_loss": _("stop loss"),
        "take_profit": _("take profit"),
        "trailing_stop": _("trailing stop"),
        "exit_rule": _("exit rule"),
        "max_holding": _("longest holding"),
        "flat_by": _("end of the day"),
        "": _("still held"),
    }[why]
