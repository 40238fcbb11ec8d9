"""The curves of a report, as plotly figures without its library, which the page holds once."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl

from maemae.backtest.result import Result
from maemae.backtest.statistics import YEAR, Floats, rolling_sharpe
from maemae.backtest.terms import days_of
from maemae.backtest.words import label
from maemae.i18n import _

UP, DOWN, GREY, SOFT = "#d6323a", "#2a5fc4", "#57606a", "#afb8c1"
"""Korean colours: red rises, blue falls."""

RUNS = ("#d6323a", "#2a5fc4", "#1a7f37", "#9a6700", "#8250df", "#bf3989", "#0969da", "#57606a")
"""A colour for each of several runs."""

WINDOW = YEAR // 2
"""Sessions of the rolling Sharpe ratio."""

_HOVER = "%{x|%Y-%m-%d}<br>%{y:,.0f}<extra>%{fullData.name}</extra>"
_SHARE = "%{x|%Y-%m-%d}<br>%{y:.1%}<extra>%{fullData.name}</extra>"


def curves(results: Sequence[Result]) -> str:
    """Return equity against the indices, drawdowns, and what was invested."""
    rows = 3
    figure = _rows((_("Equity (won)"), _("Drawdown"), _("Invested")), (0.56, 0.24, 0.2))
    for number, result in enumerate(results):
        daily, colour = result.daily, RUNS[number % len(RUNS)]
        days, equity = daily["date"].to_list(), daily["equity"].to_numpy()
        high = np.maximum.accumulate(np.maximum(equity, result.terms.cash))
        group: dict[str, Any] = {"legendgroup": f"{number}", "showlegend": False}
        name = label(results, number)
        _line(figure, 1, days, equity, name, colour, _HOVER, width=2, legendgroup=f"{number}")
        if len(results) == 1:
            _line(figure, 1, days, daily["free"], _("without costs"), colour, _HOVER, dash="dot")
        _line(figure, 2, days, equity / high - 1, name, colour, _SHARE,
              fill="tozeroy" if len(results) == 1 else None, **group)  # fmt: skip
        _line(figure, 3, days, daily["invested"] / daily["equity"], name, colour, _SHARE, **group)
    first = results[0]
    for number, (code, days, levels) in enumerate(_indices(first)):
        worth = levels / levels[0] * first.terms.cash
        _line(figure, 1, days, worth, code, (GREY, SOFT)[number % 2], _HOVER, width=1.2)
    figure.update_yaxes(tickformat=",", row=1, col=1)
    for row in range(2, rows + 1):
        figure.update_yaxes(tickformat=".0%", row=row, col=1)
    return embed(figure, 700)


def over_time(result: Result) -> str:
    """Return the rolling Sharpe ratio, turnover by month and the sum of costs."""
    figure = _rows(
        (
            _("Sharpe ratio of the last {n} sessions").format(n=WINDOW),
            _("Turnover by month (won)"),
            _("Fees and taxes so far (won)"),
        ),
        (0.36, 0.32, 0.32),
    )
    import plotly.graph_objects as go  # noqa: PLC0415 - half a second to load

    daily = result.daily
    days = daily["date"].to_list()
    equity = np.concatenate(([result.terms.cash], daily["equity"].to_numpy()))
    rolling = rolling_sharpe(equity.astype(np.float64), WINDOW)
    ratio = "%{x|%Y-%m-%d}<br>%{y:.2f}<extra></extra>"
    _line(figure, 1, days, rolling, "Sharpe", UP, ratio, showlegend=False)
    months = (
        result.fills.group_by(pl.col("date").dt.truncate("1mo"), pl.col("side"))
        .agg((pl.col("quantity") * pl.col("price")).sum().alias("won"))
        .sort("date")
    )
    for side, name, colour in (("buy", _("bought"), UP), ("sell", _("sold"), DOWN)):
        part = months.filter(pl.col("side") == side)
        bars = go.Bar(
            x=part["date"].to_list(), y=part["won"].to_list(), name=name, marker_color=colour,
            hovertemplate="%{x|%Y-%m}<br>%{y:,}<extra>%{fullData.name}</extra>",
        )  # fmt: skip
        figure.add_trace(bars, row=2, col=1)
    costs = result.fills.group_by("date").agg(pl.col("fee").sum(), pl.col("tax").sum()).sort("date")
    for column, name, colour in (("fee", _("fees"), GREY), ("tax", _("taxes"), SOFT)):
        _line(figure, 3, costs["date"].to_list(), costs[column].cum_sum(), name, colour, _HOVER,
              stackgroup="costs")  # fmt: skip
    for row in (2, 3):
        figure.update_yaxes(tickformat=",", row=row, col=1)
    return embed(figure, 620)


def distribution(result: Result) -> str:
    """Return how the returns of the closed trades are distributed."""
    import plotly.graph_objects as go  # noqa: PLC0415

    returns = result.trades.filter(pl.col("sold").is_not_null())["return"].to_numpy()
    figure = go.Figure()
    if len(returns):
        low, high = np.quantile(returns, [0.01, 0.98])
        edges = np.linspace(min(low, -0.01), max(high, 0.01), 61)
        counts, _edges = np.histogram(np.clip(returns, edges[0], edges[-1]), edges)
        middles = (edges[1:] + edges[:-1]) / 2
        colours = [UP if middle > 0 else DOWN for middle in middles]
        figure.add_bar(
            x=middles, y=counts, marker_color=colours,
            hovertemplate="%{x:.1%}<br>%{y:,}<extra></extra>",
        )  # fmt: skip
    figure.update_xaxes(tickformat=".0%")
    figure.update_layout(bargap=0.05, showlegend=False)
    return embed(figure, 280)


def _indices(result: Result) -> list[tuple[str, list[Any], Floats]]:
    """Return the indices known over the run: code, days, levels."""
    first, last = result.daily["date"][0], result.daily["date"][-1]
    found = []
    for code in ("KOSPI", "KOSDAQ"):
        if code not in result.panel.references:
            continue
        other = result.panel.references[code]
        levels = dict(zip(days_of(other), other.fields["close"][0], strict=True))
        within = {day: level for day, level in levels.items() if first <= day <= last}
        if len(within) > 1:
            found.append((code, list(within), np.array(list(within.values()))))
    return found


def _rows(titles: tuple[str, ...], heights: tuple[float, ...]) -> Any:
    from plotly.subplots import make_subplots  # noqa: PLC0415

    figure = make_subplots(
        rows=len(titles), cols=1, shared_xaxes=True, row_heights=list(heights),
        vertical_spacing=0.06, subplot_titles=titles,
    )  # fmt: skip
    return figure.update_xaxes(tickformat="%Y-%m", hoverformat="%Y-%m-%d")


def _line(  # noqa: PLR0917 - what a line is
    figure: Any, row: int, days: Any, values: Any, name: str, colour: str, hover: str, *,
    width: float = 1.5, dash: str | None = None, **more: Any,
) -> None:  # fmt: skip
    import plotly.graph_objects as go  # noqa: PLC0415

    line = {"color": colour, "width": width, "dash": dash}
    trace = go.Scatter(
        x=days, y=np.asarray(values), name=name, line=line, hovertemplate=hover, **more
    )
    figure.add_trace(trace, row=row, col=1)


def embed(figure: Any, height: int) -> str:
    """Return a figure as HTML."""
    family = '"Pretendard","Noto Sans KR","Noto Sans CJK KR","Malgun Gothic",system-ui,sans-serif'
    figure.update_layout(
        template="plotly_white", height=height, margin={"l": 70, "r": 20, "t": 40, "b": 30},
        legend={"orientation": "h", "y": 1.06, "x": 1, "xanchor": "right"}, font={"family": family},
    )  # fmt: skip
    figure.update_annotations(x=0, xanchor="left", font={"size": 13})
    config = {"responsive": True, "displaylogo": False}
    return str(figure.to_html(include_plotlyjs=False, full_html=False, config=config))
