"""Bars around every trade of a run, for the page to draw as candles."""

import json
from datetime import date, datetime
from html import escape
from typing import Any

import numpy as np
import polars as pl

from maemae.backtest.report.charts import DOWN, UP
from maemae.backtest.result import Result
from maemae.backtest.words import reason
from maemae.i18n import _

BEFORE, AFTER = 40, 20
"""Sessions shown before a purchase and after a sale."""

ROOM = 250_000
"""Bars a page holds at most, about 10 MB."""


def candles(result: Result, room: int = ROOM) -> str:
    """Return a chooser of instruments, a place for their candles, and the bars as JSON.

    Instruments come in the order of what they earned or lost, the largest first, until the room
    is used up; how many were left out is said.
    """
    traded = (
        result.trades.group_by("code")
        .agg(pl.col("profit").sum())
        .sort(pl.col("profit").abs(), "code", descending=[True, False])
    )
    shown = dict[str, Any]()
    for code in traded["code"]:
        one = _instrument(result, code)
        room -= len(one["bars"][0])
        if room < 0:
            break
        shown[code] = one
    if not shown:
        return ""
    told = {
        "days": [_moment(at) for at in result.panel.times.tolist()],
        "up": UP,
        "down": DOWN,
        "words": {"bought": _("bought"), "sold": _("sold")},
        "instruments": shown,
    }
    earned = dict(traded.iter_rows())
    options = "".join(
        f"<option value='{code}'>{escape(title(result, code))} ({earned[code]:+,})</option>"
        for code in shown
    )
    data = json.dumps(told, ensure_ascii=False, separators=(",", ":")).replace("</", "<\\/")
    left = len(traded) - len(shown)
    note = _("{n} instruments that earned or lost least are left out.").format(n=f"{left:,}")
    return (
        f"<section class='candles'><select aria-label='{_('Instrument')}'>{options}</select>"
        f"<div></div><script type='application/json'>{data}</script>"
        f"{f'<p class=sub>{note}</p>' if left else ''}</section>"
    )


def title(result: Result, code: str) -> str:
    """Return an instrument's code with its latest name, where the bars know one."""
    fact = result.panel.facts.get("name")
    if fact is None:
        return code
    known = fact.codes[result.panel.row_of[code]]
    known = known[known >= 0]
    return f"{code} {fact.labels[known[-1]]}" if len(known) else code


def _moment(at: date) -> str:
    return f"{at:%Y-%m-%d %H:%M}" if isinstance(at, datetime) else f"{at}"


def _instrument(result: Result, code: str) -> dict[str, Any]:
    panel, packed = result.panel, result.panel.packed
    row = panel.row_of[code]
    bars = slice(packed.offsets[row], packed.offsets[row + 1])
    columns = packed.columns[bars]
    fills = result.fills.filter(pl.col("code") == code)
    when = pl.col("date") if panel.daily else pl.col("date").dt.combine(pl.col("time"))
    moments = fills.select(when).to_series()
    at = np.searchsorted(panel.times, moments.to_numpy().astype(panel.times.dtype))
    wanted = np.zeros(len(columns), np.bool_)
    places = np.searchsorted(columns, at)
    for place, side in zip(places.tolist(), fills["side"], strict=True):
        wanted[max(0, place - BEFORE) : place + AFTER] = True
        if side == "buy":
            sale = places[places > place].min(initial=len(columns))
            wanted[place:sale] = True
    found: dict[str, Any] = {
        "bars": [
            columns[wanted].tolist(),
            *(
                packed.field(name)[bars][wanted].astype(np.int64).tolist()
                for name in ("open", "high", "low", "close")
            ),
        ],
        "bought": [],
        "sold": [],
    }
    for column, fill in zip(at.tolist(), fills.iter_rows(named=True), strict=True):
        side = "bought" if fill["side"] == "buy" else "sold"
        why = "" if side == "bought" else f", {reason(fill['reason'])}"
        shares = _("{n} shares").format(n=f"{fill['quantity']:,}")
        found[side].append([column, fill["price"], shares + why])
    return found
