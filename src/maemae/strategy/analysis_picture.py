"""The picture of an analysis: candles, levels, averages, and where patterns broke."""

from typing import Any

import numpy as np

from maemae.bars.panel import Panel
from maemae.strategy.analysis import YEAR, Analysis
from maemae.strategy.evaluate import evaluate
from maemae.strategy.language import close, sma
from maemae.strategy.pattern_words import in_words
from maemae.strategy.picture import DOWN, UP

_AVERAGES = (20, 60, 120)


def page(found: Analysis, panel: Panel) -> str:
    """Return a self-contained HTML page of the last year."""
    import plotly.graph_objects as go  # noqa: PLC0415 - half a second to load

    there = np.flatnonzero(panel.present[0])[-YEAR:]
    times = panel.times[there]
    prices = {name: panel.fields[name][0][there] for name in ("open", "high", "low", "close")}
    figure = go.Figure(
        go.Candlestick(
            x=times, **prices, name=found.code,
            increasing={"line": {"color": UP}, "fillcolor": UP},
            decreasing={"line": {"color": DOWN}, "fillcolor": DOWN},
        )
    )  # fmt: skip
    averages = evaluate([sma(close, length) for length in _AVERAGES], panel)
    for length, values in zip(_AVERAGES, averages, strict=True):
        shown = np.asarray(values)[-len(there) :]
        figure.add_trace(go.Scatter(x=times, y=shown, mode="lines", name=f"SMA {length}"))
    for price in (*found.supports, *found.resistances):
        figure.add_hline(y=price, line={"width": 1, "dash": "dot", "color": "gray"})
    for one in found.shapes:
        arrow: dict[str, Any] = {"showarrow": True, "ay": 40 if one.up else -40}
        figure.add_annotation(x=f"{one.day}", y=one.line, text=in_words(one.name), **arrow)
    figure.update_layout(
        title=f"{found.code} · {found.day}", xaxis_rangeslider_visible=False,
        template="plotly_white", yaxis={"tickformat": ",d"}, legend={"orientation": "h"},
        xaxis_rangebreaks=[{"bounds": ["sat", "mon"]}],
    )  # fmt: skip
    return str(figure.to_html(include_plotlyjs=True, full_html=True))
