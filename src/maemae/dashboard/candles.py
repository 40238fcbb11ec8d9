"""A price chart: candles, moving averages, volume, and where we bought and sold."""

from collections.abc import Iterable, Sequence

from maemae.dashboard.shape import DOWN, UP, Row
from maemae.i18n import _
from maemae.ledger.ledger import FillLine
from maemae.service.market_view import BookLevel, Candle, Chart, Scale

AVERAGES = (5, 20, 60)
LEVELS = 10

_PATTERNS = {Scale.DAY: "%Y-%m-%d", Scale.MINUTE: "%H:%M"}


def candle_chart(chart: Chart, fills: Iterable[FillLine]) -> Row:
    """Return ECharts options; red rises, blue falls, ▲ bought, ▼ sold."""
    candles = chart.candles
    times = [_label(candle, chart.scale) for candle in candles]
    lines = [
        {
            "name": f"MA{n}",
            "type": "line",
            "data": moving_average([candle.close for candle in candles], n),
            "showSymbol": False,
            "lineStyle": {"width": 1},
        }
        for n in AVERAGES
        if len(candles) >= n
    ]
    volume = {
        "name": _("volume"),
        "type": "bar",
        "data": [candle.volume for candle in candles],
        "xAxisIndex": 1,
        "yAxisIndex": 1,
        "itemStyle": {"color": "#8889"},
    }
    price = {
        "name": _("price"),
        "type": "candlestick",
        "data": [[c.open, c.close, c.low, c.high] for c in candles],
        "itemStyle": {"color": UP, "borderColor": UP, "color0": DOWN, "borderColor0": DOWN},
        "markPoint": {"data": _marks(fills, chart.scale, set(times)), "symbolSize": 26},
    }
    axis = {"type": "category", "data": times}
    return {
        "animation": False,
        "aria": {"enabled": True},
        "tooltip": {"trigger": "axis", "axisPointer": {"type": "cross"}},
        "legend": {"top": 0, "textStyle": {"color": "#888"}},
        "grid": [
            {"left": 64, "right": 12, "top": 34, "height": "62%"},
            {"left": 64, "right": 12, "top": "76%", "height": "14%"},
        ],
        "xAxis": [
            axis | {"axisLabel": {"show": False}},
            axis | {"gridIndex": 1},
        ],
        "yAxis": [
            {"scale": True, "splitLine": {"lineStyle": {"color": "#8883"}}},
            {"gridIndex": 1, "splitNumber": 2, "axisLabel": {"show": False},
             "splitLine": {"show": False}},
        ],
        "dataZoom": [{"type": "inside", "xAxisIndex": [0, 1], "start": 40, "end": 100}],
        "series": [price, *lines, volume],
    }  # fmt: skip


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
                    "symbol": "circle",
                    "itemStyle": {"color": UP if buys else DOWN},
                }
            )
    return marks
