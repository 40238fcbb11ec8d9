"""A price chart: candles, moving averages, volume, and where we bought and sold."""

from collections.abc import Iterable, Sequence

from maemae.dashboard.indicators import Line
from maemae.dashboard.shape import DOWN, UP, Row, described
from maemae.i18n import _
from maemae.ledger.ledger import FillLine
from maemae.service.market_view import BookLevel, Candle, Chart, Scale
from maemae.service.status import PositionLine

AVERAGES = (5, 20, 60)
LEVELS = 10
SHOWN = 200
"""Candles that are shown at first; the rest is reached by zooming."""
COLOURS = ("#e0a100", "#8e5bd0", "#1a9e8f", "#d0678a", "#6c7a89", "#a0612f", "#4f9d2f", "#c04fd0")

_PATTERNS = {Scale.DAY: "%Y-%m-%d", Scale.MINUTE: "%H:%M"}


def candle_chart(
    chart: Chart,
    fills: Iterable[FillLine],
    lines: Sequence[Line],
    held: Iterable[PositionLine] = (),
) -> Row:
    """Return ECharts options; red rises, blue falls, ▲ bought, ▼ sold.

    Args:
        chart: candles.
        fills: our executions of the instrument.
        lines: indicators over the candles; those on another scale get a pane below.
        held: positions of the instrument; each has lines at what it cost and at its exits.
    """
    bounds = _bounds(held)
    reach = [row["yAxis"] for row in bounds]
    times = [_label(candle, chart.scale) for candle in chart.candles]
    below = any(not line.over_price for line in lines)
    price = {
        "name": _("price"),
        "type": "candlestick",
        "data": [[c.open, c.close, c.low, c.high] for c in chart.candles],
        "itemStyle": {"color": UP, "borderColor": UP, "color0": DOWN, "borderColor0": DOWN},
        "markPoint": {"data": _marks(fills, chart.scale, set(times)), "symbolSize": 13},
        "markLine": {"data": bounds, "symbol": "none", "silent": True},
    }
    volume = {
        "name": _("volume"),
        "type": "bar",
        "data": [candle.volume for candle in chart.candles],
        "xAxisIndex": 1,
        "yAxisIndex": 1,
        "itemStyle": {"color": "#888b"},
    }
    tops, heights = (("8%", "56%", "72%"), ("44%", "12%", "20%")) if below else (
        ("8%", "78%"), ("64%", "14%"))  # fmt: skip
    panes = range(len(tops))
    axis = {"type": "category", "data": times}
    return {
        "animation": False,
        "aria": described(_("Candles and volume")),
        "tooltip": {"trigger": "axis", "axisPointer": {"type": "cross"}},
        "axisPointer": {"link": [{"xAxisIndex": "all"}]},
        "legend": {"top": 0, "type": "scroll", "textStyle": {}},
        "grid": [
            {"left": 70, "right": 12, "top": top, "height": height}
            for top, height in zip(tops, heights, strict=True)
        ],
        "xAxis": [
            axis | {"gridIndex": pane, "axisLabel": {"show": pane == panes[-1]}} for pane in panes
        ],
        "yAxis": [
            {"gridIndex": pane, "scale": pane != 1, "splitNumber": 2 if pane else 5,
             "axisLabel": {"show": pane != 1},
             "splitLine": {"show": pane != 1, "lineStyle": {"color": "#8883"}}}
            | (_reaching(reach) if pane == 0 else {})
            for pane in panes
        ],
        "dataZoom": [{"type": "inside", "xAxisIndex": list(panes),
                      "start": max(0, 100 - 100 * SHOWN // max(1, len(times))), "end": 100}],
        "series": [price, *_indicators(lines), volume],
    }  # fmt: skip


def _bounds(held: Iterable[PositionLine]) -> list[Row]:
    """Return a line at what each position cost, and at its exits."""
    lines = []
    for position in held:
        for name, price, colour in (
            (_("average"), position.average, "#777"),
            (_("take profit"), position.take_profit, UP),
            (_("stop"), position.stop, DOWN),
        ):
            if price is not None:
                lines.append(
                    {
                        "yAxis": price,
                        "label": {
                            "formatter": f"{name} {price:,}",
                            "position": "insideStartTop",
                            # Named, or a dark theme draws a border around the letters.
                            "color": colour,
                            "textBorderColor": "transparent",
                        },
                        "lineStyle": {"color": colour, "type": "dashed", "width": 1.5},
                    }
                )
    return lines


def _reaching(prices: Sequence[int]) -> Row:
    """Return the part of an axis that lets it reach these prices."""
    if not prices:
        return {}
    low, high = min(prices), max(prices)
    return {
        ":min": f"v => Math.min(v.min, {low}) - (v.max - v.min) * 0.05",
        ":max": f"v => Math.max(v.max, {high}) + (v.max - v.min) * 0.05",
        "axisLabel": {
            ":formatter": "p => Math.round(p).toLocaleString()",
            "showMinLabel": False,
            "showMaxLabel": False,
        },
    }


def averages(chart: Chart) -> list[Line]:
    """Return the customary moving averages of 5, 20 and 60 bars."""
    closes = [candle.close for candle in chart.candles]
    return [
        Line(f"MA{n}", moving_average(closes, n), over_price=True)
        for n in AVERAGES
        if len(closes) >= n
    ]


def _indicators(lines: Sequence[Line]) -> list[Row]:
    return [
        {
            "name": line.name,
            "type": "line",
            "data": line.values,
            "showSymbol": False,
            "lineStyle": {"width": 1.2},
            "itemStyle": {"color": COLOURS[number % len(COLOURS)]},
            "xAxisIndex": 0 if line.over_price else 2,
            "yAxisIndex": 0 if line.over_price else 2,
        }
        for number, line in enumerate(lines)
    ]


def moving_average(values: Sequence[int], n: int) -> list[float | None]:
    """Return the mean of the last n values at each, None where there are fewer."""
    sums, total = [], 0
    for position, value in enumerate(values):
        total += value - (values[position - n] if position >= n else 0)
        sums.append(round(total / n, 2) if position >= n - 1 else None)
    return sums


def book_rows(chart: Chart) -> list[Row]:
    """Return the order book as a ladder, the dearest ask first."""
    most = max((level.quantity for level in [*chart.asks, *chart.bids]), default=1)

    def row(level: BookLevel, way: str) -> Row:
        part = round(100 * level.quantity / most)
        return {"price": level.price, "quantity": level.quantity, "way": way, "part": part}

    asks = [row(level, "ask") for level in reversed(chart.asks[:LEVELS])]
    return asks + [row(level, "bid") for level in chart.bids[:LEVELS]]


def trade_rows(chart: Chart) -> list[Row]:
    """Return the latest trades, newest first; a price above the one before is up."""
    older = [*chart.trades[1:], *chart.trades[-1:]]
    return [
        {
            "at": f"{trade.at:%H:%M:%S}",
            "price": trade.price,
            "quantity": trade.quantity,
            "way": "up" if trade.price > before.price else "down" if trade.price < before.price
            else "",
        }
        for trade, before in zip(chart.trades, older, strict=True)
    ]  # fmt: skip


def _label(candle: Candle, scale: Scale) -> str:
    return f"{candle.at:{_PATTERNS[scale]}}"


def _marks(fills: Iterable[FillLine], scale: Scale, times: set[str]) -> list[Row]:
    marks = []
    for fill in fills:
        at, buys = f"{fill.executed:{_PATTERNS[scale]}}", fill.side == "buy"
        if at in times:
            marks.append(
                {
                    "coord": [at, fill.amount // fill.quantity],
                    "value": "▲" if buys else "▼",
                    "symbol": "triangle",
                    "symbolRotate": 0 if buys else 180,
                    "symbolOffset": [0, 10 if buys else -10],
                    "label": {"show": False},
                    "itemStyle": {
                        "color": UP if buys else DOWN,
                        "borderColor": "#fff",
                        "borderWidth": 1,
                    },
                }
            )
    return marks
