"""The live state as rows and chart options: plain data, no page."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from maemae.desk.orders import LIVE, OrderState
from maemae.i18n import _, language
from maemae.ledger.ledger import FillLine
from maemae.ledger.ledger import OrderLine as LedgerOrder
from maemae.service import words
from maemae.service.answers import DayResult, Health, PlanItem, PlanLine, Share, Snapshot
from maemae.service.market_view import RankedLine
from maemae.service.status import OrderLine, PositionLine, Status
from maemae.service.venue_words import dry_word

Row = dict[str, Any]
UP, DOWN = "#e0455a", "#3f86e0"
"""Red is up and blue is down in Korea; ▲ and ▼ say it to those who cannot tell them apart."""

MONTHS, DAYS = [f"{month}월" for month in range(1, 13)], list("일월화수목금토")
"""What Koreans call them; ECharts knows English and Chinese."""

SPARK_WIDTH, SPARK_HEIGHT = 80, 22


def described(text: str) -> dict[str, object]:
    """Return what a screen reader says of a chart: its library describes it in English."""
    return {"enabled": True, "label": {"description": text}}


def position_rows(snapshot: Snapshot) -> list[Row]:
    """Return the positions, one row each."""
    return [
        _position(line, snapshot.prices.get(line.code, [])) for line in snapshot.status.positions
    ]


def _position(line: PositionLine, past: Sequence[int]) -> Row:
    return {
        "id": f"{line.book}/{line.code}",
        "book": line.book,
        "code": line.code,
        "name": line.name or line.code,
        "quantity": line.quantity,
        "average": line.average,
        "price": line.price,
        "profit": line.profit,
        "rate": float(line.rate) if line.rate is not None else None,
        "take_profit": line.take_profit,
        "to_take_profit": _distance(line.price, line.take_profit),
        "stop": line.stop,
        "to_stop": _distance(line.price, line.stop),
        "spark": sparkline(past),
    }


def _distance(price: int | None, bound: int | None) -> float | None:
    """How far the price has to go, as a fraction of it."""
    return (bound - price) / price if price and bound else None


def owner_rows(now: Status) -> list[Row]:
    """Return the owner's holdings, one row each."""
    return [
        {
            "id": line.code,
            "code": line.code,
            "name": now.names.get(line.code) or line.code,
            "quantity": line.quantity,
            "price": line.price,
        }
        for line in now.owner
    ]


def order_rows(orders: Iterable[OrderLine]) -> list[Row]:
    """Return recent and live orders, newest first."""
    return [
        {
            "id": line.intent,
            "time": f"{line.at:%H:%M:%S}",
            "book": words.book(line.book),
            "side": words.side(line.side),
            "way": line.side,
            "code": line.code,
            "name": line.name or line.code,
            "quantity": line.quantity,
            "filled": line.filled,
            "limit": line.price,
            "average": line.average,
            "state": words.order_state(line.state),
            "live": line.state in LIVE,
            "reason": words.with_way(words.reason(line.reason), line.kind, line.exchange),
        }
        for line in reversed(list(orders))
    ]


def past_order_rows(orders: Iterable[LedgerOrder]) -> list[Row]:
    """Return the orders of a day as the ledger has them, newest first."""
    return [
        {
            "id": line.intent,
            "time": f"{line.intended:%H:%M:%S}",
            "book": words.book(line.book),
            "side": words.side(line.side),
            "way": line.side,
            "code": line.code,
            "name": line.name or line.code,
            "quantity": line.quantity,
            "filled": line.filled,
            "limit": line.price,
            "average": line.amount // line.filled if line.filled else None,
            "state": words.order_state(OrderState(line.state)),
            "live": OrderState(line.state) in LIVE,
            "reason": words.with_way(words.reason(line.reason), line.kind, line.exchange),
        }
        for line in reversed(list(orders))
    ]


def fill_rows(fills: Iterable[FillLine], names: dict[str, str]) -> list[Row]:
    """Return the executions of a day, newest first."""
    return [
        {
            "id": str(number),
            "time": f"{line.executed:%H:%M:%S}",
            "book": words.book(line.book),
            "side": words.side(line.side),
            "way": line.side,
            "code": line.code,
            "name": names.get(line.code, line.code),
            "quantity": line.quantity,
            "price": line.amount // line.quantity,
            "amount": line.amount,
            "source": words.source(line.source),
        }
        for number, line in reversed(list(enumerate(fills)))
    ]


def candidate_rows(snapshot: Snapshot) -> list[Row]:
    """Return the candidates with what became of them."""
    declined = {
        (line.book, line.code): line.detail
        for line in reversed(snapshot.incidents)
        if line.kind == "declined"
    }
    return [
        {
            "id": f"{line.book}/{line.code}",
            "book": line.book,
            "code": line.code,
            "name": line.name or line.code,
            "price": line.price or None,
            "held": "●" if line.held else "",
            "why": declined.get((line.book, line.code), ""),
        }
        for line in snapshot.status.candidates
    ]


def plan_rows(plans: Iterable[PlanLine]) -> list[Row]:
    """Return the plans, the latest day first."""
    return [
        {
            "id": plan.file,
            "day": f"{plan.day or ''}",
            "name": plan.name,
            "strategy": plan.strategy,
            "buys": len(plan.buys),
            "sells": len(plan.sells),
            "value": sum(item.quantity * item.price for item in plan.buys),
            "errors": plan.errors,
            "state": words.plan_state(plan.state),
        }
        for plan in plans
    ]


def plan_item_rows(plan: PlanLine) -> list[Row]:
    """Return the lines of a plan, sells first, with what became of each.

    `gap` is how far the average price was from the close on which it was decided, as a fraction.
    """
    return [
        _plan_item(way, item)
        for way, items in (("sell", plan.sells), ("buy", plan.buys))
        for item in items
    ]


def _plan_item(way: str, item: PlanItem) -> Row:
    average = round(item.amount / item.filled) if item.filled else None
    return {
        "id": f"{way}/{item.code}",
        "side": words.side(way),
        "way": way,
        "name": item.name or item.code,
        "code": item.code,
        "quantity": item.quantity,
        "price": item.price,
        "became": words.plan_line_state(item.became),
        "filled": item.filled or None,
        "average": average,
        "gap": None if average is None else average / item.price - 1,
        "reason": words.reason(item.reason),
    }


def share_rows(shares: Iterable[Share], *, reasons: bool = False) -> list[Row]:
    """Return what each book, instrument or exit reason contributed."""
    return [
        {
            "id": share.key,
            "key": words.reason(share.key) if reasons else share.key,
            "name": share.name,
            "realised": share.realised,
            "sales": share.sales,
            "wins": share.wins,
            "hit": share.wins / share.sales if share.sales else None,
        }
        for share in shares
    ]


def ranking_rows(lines: Iterable[RankedLine], held: Iterable[str]) -> list[Row]:
    """Return a ranking of the market, marked where we hold the name."""
    ours = set(held)
    return [
        {
            "id": line.code,
            "rank": line.rank,
            "code": line.code,
            "name": line.name or line.code,
            "price": line.price,
            "rate": None if line.rate is None else line.rate / 100,
            "volume": line.volume,
            "held": "●" if line.code in ours else "",
        }
        for line in lines
    ]


def exposure(now: Status) -> float:
    """Return the part of the assets that is tied up in positions."""
    held = sum((line.price or line.average) * line.quantity for line in now.positions)
    return held / now.assets if now.assets > 0 else 0.0


def venue_word(health: Health) -> str:
    """Name the venue so that it cannot be mistaken."""
    words = {
        "sim": _("SIMULATED"),
        "dry": dry_word(),
        "paper": _("PAPER"),
        "live": _("REAL MONEY"),
    }
    return words.get(health.venue, health.venue)


def sparkline(prices: Sequence[int]) -> str:
    """Draw the last prices as a small SVG line, blank where there are too few."""
    if len(prices) < 2:  # noqa: PLR2004
        return ""
    low, high = min(prices), max(prices)
    step, reach = SPARK_WIDTH / (len(prices) - 1), max(1, high - low)
    points = " ".join(
        f"{number * step:.1f},{1 + (SPARK_HEIGHT - 2) * (high - price) / reach:.1f}"
        for number, price in enumerate(prices)
    )
    colour = UP if prices[-1] > prices[0] else DOWN if prices[-1] < prices[0] else "#888"
    return (
        f'<svg width="{SPARK_WIDTH}" height="{SPARK_HEIGHT}" aria-hidden="true">'
        f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="1.5"/></svg>'
    )


def equity_chart(days: Sequence[DayResult], index: Mapping[date, float], name: str) -> Row:
    """Return ECharts options: the profit so far, each day's, and an index beside them.

    Args:
        days: what each day earned.
        index: where the index closed, by day; empty where nobody could tell.
        name: of the index.
    """
    total, curve = 0, []
    for day in days:
        total += day.realised
        curve.append(total)
    bars = [
        {"value": day.realised, "itemStyle": {"color": UP if day.realised > 0 else DOWN}}
        for day in days
    ]
    series = [
        {"name": _("profit so far"), "type": "line", "data": curve, "symbol": "circle"},
        {"name": _("profit of the day"), "type": "bar", "data": bars, "barMaxWidth": 26},
    ]
    axes = [{"type": "value", "splitLine": {"lineStyle": {"color": "#8883"}}}]
    levels = [index.get(day.day) for day in days]
    known = [level for level in levels if level]
    if len(known) > 1:  # A single day has moved nowhere, and needs no axis.
        first = known[0]
        moved = [None if level is None else round(100 * (level / first - 1), 2) for level in levels]
        axes.append({"type": "value", "name": "%", "splitLine": {"show": False}})
        series.append(
            {"name": f"{name} %", "type": "line", "data": moved, "yAxisIndex": 1,
             "symbol": "none", "lineStyle": {"type": "dashed"}, "connectNulls": True,
             "itemStyle": {"color": "#888"}}
        )  # fmt: skip
    return {
        "aria": described(_("Profit of each day, and added up")),
        "tooltip": {"trigger": "axis"},
        "legend": {"top": 0, "textStyle": {}},
        "grid": {"left": 8, "right": 8, "bottom": 8, "top": 40, "containLabel": True},
        "xAxis": {"type": "category", "data": [f"{day.day}" for day in days]},
        "yAxis": axes,
        "series": series,
    }


def calendar_chart(days: Sequence[DayResult], first: date, last: date) -> Row:
    """Return an ECharts calendar of each day's profit."""
    most = max((abs(day.realised) for day in days), default=1) or 1
    korean = language() == "ko"
    return {
        "tooltip": {":formatter": "p => p.data[0] + ': ' + p.data[1].toLocaleString()"},
        "visualMap": {
            "min": -most,
            "max": most,
            "show": False,
            "inRange": {"color": [DOWN, "#8881", UP]},
        },
        "calendar": {
            "range": [f"{first}", f"{last}"],
            "left": 36,
            "right": 8,
            "top": 26,
            "cellSize": ["auto", 15],
            "itemStyle": {"color": "transparent", "borderColor": "#8884"},
            "splitLine": {"lineStyle": {"color": "#888"}},
            "yearLabel": {"show": False},
            "monthLabel": {"nameMap": MONTHS if korean else "en"},
            "dayLabel": {"nameMap": DAYS if korean else "en", "firstDay": 1},
        },
        "series": [
            {
                "type": "heatmap",
                "coordinateSystem": "calendar",
                "data": [[f"{day.day}", day.realised] for day in days],
                "label": {"show": True, ":formatter": "p => p.data[1] > 0 ? '▲' : '▼'"},
            }
        ],
    }
