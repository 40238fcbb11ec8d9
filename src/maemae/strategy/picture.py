"""A picture of where a strategy buys and sells on one instrument's bars.

It is a sketch for understanding a rule: one position at a time, bought and sold at the open after
the decision, limits judged at the close. What really fills, and for how much, the backtest says.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from maemae.bars.panel import Panel
from maemae.i18n import _
from maemae.strategy.declare import Strategy, plain
from maemae.strategy.signals import Signals, signals
from maemae.strategy.tree import RuleError

UP, DOWN = "#d6323a", "#2a5fc4"
"""Korean colours: red rises, blue falls."""


@dataclass(frozen=True)
class Mark:
    """A purchase (`side` "buy") or sale at the open of a bar."""

    column: int
    price: float
    side: str


def marks(strategy: Strategy, found: Signals, row: int) -> list[Mark]:
    """Return purchases and sales of one instrument, in order."""
    panel = found.packed.panel
    entry = found.packed.spread(found.entry, False)[row]
    leave = found.packed.spread(found.exit, False)[row]
    opened, closed = panel.fields["open"][row], panel.fields["close"][row]
    columns = np.flatnonzero(panel.present[row]).tolist()
    done: list[Mark] = []
    price = best = 0.0
    held = 0
    for now, following in pairwise(columns):
        if not held:
            if entry[now]:
                price = best = float(opened[following])
                held = 1
                done.append(Mark(following, price, "buy"))
            continue
        best = max(best, float(closed[now]))
        if leave[now] or _limit_reached(strategy, price, best, float(closed[now]), held):
            done.append(Mark(following, float(opened[following]), "sell"))
            held = 0
        else:
            held += 1
    return done


def _limit_reached(strategy: Strategy, price: float, best: float, close: float, held: int) -> bool:
    stop, take = plain(strategy.stop_loss), plain(strategy.take_profit)
    trail, longest = plain(strategy.trailing_stop), plain(strategy.max_holding)
    return (
        (stop is not None and close <= price * (1 - stop))
        or (take is not None and close >= price * (1 + take))
        or (trail is not None and close <= best * (1 - trail))
        or (longest is not None and held >= longest)
    )


def picture(strategy: Strategy, panel: Panel, code: str) -> str:
    """Return a self-contained HTML page with candles, purchases and sales.

    Raises:
        RuleError: the bars hold no such instrument, or the candidates are no rule.
    """
    import plotly.graph_objects as go  # noqa: PLC0415 - half a second to load

    if code not in panel.row_of:
        raise RuleError(_("{code} is not in these bars").format(code=code))
    row = panel.row_of[code]
    bars = panel.present[row]
    prices = {name: panel.fields[name][row][bars] for name in ("open", "high", "low", "close")}
    figure = go.Figure(
        go.Candlestick(
            x=panel.times[bars], **prices, name=code,
            increasing={"line": {"color": UP}, "fillcolor": UP},
            decreasing={"line": {"color": DOWN}, "fillcolor": DOWN},
        )
    )  # fmt: skip
    found = marks(strategy, signals(strategy, panel), row)
    for side, name, symbol, colour in (
        ("buy", _("Buy"), "triangle-up", UP),
        ("sell", _("Sell"), "triangle-down", DOWN),
    ):
        chosen = [mark for mark in found if mark.side == side]
        figure.add_trace(_points(panel, chosen, name=name, symbol=symbol, colour=colour))
    figure.update_layout(
        title=f"{_(strategy.title) or strategy.name} · {code}",
        xaxis_rangeslider_visible=False, template="plotly_white",
        yaxis={"tickformat": ",d"}, legend={"orientation": "h"},
        xaxis_rangebreaks=[{"bounds": ["sat", "mon"]}] if panel.daily else [],
    )  # fmt: skip
    return str(figure.to_html(include_plotlyjs=True, full_html=True))


def _points(panel: Panel, chosen: list[Mark], *, name: str, symbol: str, colour: str) -> Any:
    import plotly.graph_objects as go  # noqa: PLC0415 - half a second to load

    marker = {"symbol": symbol, "size": 13, "color": colour, "line": {"width": 1, "color": "black"}}
    return go.Scatter(
        x=panel.times[[mark.column for mark in chosen]], y=[mark.price for mark in chosen],
        mode="markers", name=name, marker=marker,
    )  # fmt: skip
