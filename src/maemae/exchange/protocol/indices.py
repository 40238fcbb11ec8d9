"""The market indices and their charts, made of the largest names of each market."""

from datetime import date
from itertools import pairwise

import numpy as np

from maemae.exchange.listing import DayBar, Listing
from maemae.exchange.protocol.charts import all_days
from maemae.exchange.protocol.context import Context, Handler
from maemae.exchange.protocol.numbers import change_rate, plain_sign
from maemae.exchange.protocol.reply import Reply, business_error, filled_in, quote_reply
from maemae.market.kinds import Kind, Market

_MARKETS = {"0001": (Market.KOSPI, "종합"), "1001": (Market.KOSDAQ, "KOSDAQ")}
_NAMES = 10
_ROWS, _DAY_ROWS = 50, 100
_START = 1000.0
"""Points of an index on the first day that the exchange knows."""

_Points = tuple[float, float, float, float]


def index_chart(context: Context) -> Reply:
    """Answer 국내주식업종기간별시세 (FHKUP03500100) by days; the newest fifty of a span.

    The index is the worth of the ten largest names of the market, not of all: their prices weigh
    as many shares as are listed.
    """
    code = context.required("FID_INPUT_ISCD")
    if code not in _MARKETS:
        raise business_error("MCA05918")
    if context.required("FID_PERIOD_DIV_CODE") != "D":
        raise business_error("OPSQ2002", "ERROR : INPUT INVALID_CHECK [FID_PERIOD_DIV_CODE]", "2")
    first, last = (context.day(f"FID_INPUT_DATE_{n}") for n in (1, 2))
    market, name = _MARKETS[code]
    levels = _levels(context, market)
    wanted = [day for day in levels if first <= f"{day:%Y%m%d}" <= last]
    rows = [_row(context, day, levels[day]) for day in reversed(wanted[-_ROWS:])]
    closes = [level[3] for level in levels.values()]
    head = {"hts_kor_isnm": name, "bstp_cls_code": code}
    if len(closes) > 1:
        now, before = closes[-1], closes[-2]
        head |= {
            "bstp_nmix_prpr": f"{now:.2f}",
            "prdy_nmix": f"{before:.2f}",
            "bstp_nmix_prdy_vrss": f"{now - before:.2f}",
            "prdy_vrss_sign": _sign(now, before),
            "bstp_nmix_prdy_ctrt": _percent(now, before),
        }
    output1 = filled_in(context.endpoint, "output1", head, "0")
    return quote_reply({"output1": output1, "output2": rows})


def index_price(context: Context) -> Reply:
    """Answer 국내업종 현재지수 (FHPUP02100000): the index now, and how many names rose and fell."""
    market, levels = _asked(context)
    values = _now(context, market, levels) | _year(levels)
    return quote_reply({"output": filled_in(context.endpoint, "output", values, "0")})


def index_days(context: Context) -> Reply:
    """Answer 국내업종 일자별지수 (FHPUP02120000): a hundred days up to a date, the newest first."""
    market, levels = _asked(context)
    until = context.day("FID_INPUT_DATE_1")
    rows: list[dict[str, str]] = []
    for before, day in reversed(list(pairwise(levels))):
        if f"{day:%Y%m%d}" <= until and len(rows) < _DAY_ROWS:
            values = {"stck_bsop_date": f"{day:%Y%m%d}", **_level(levels[day], levels[before][3])}
            rows.append(filled_in(context.endpoint, "output2", values, "0"))
    head = _now(context, market, levels)
    output1 = filled_in(context.endpoint, "output1", head, "0")
    return quote_reply({"output1": output1, "output2": rows})


def _asked(context: Context) -> tuple[Market, dict[date, _Points]]:
    code = context.required("FID_INPUT_ISCD")
    if code not in _MARKETS:
        raise business_error("MCA05918")
    market, _ = _MARKETS[code]
    return market, _levels(context, market)


def _level(level: _Points, before: float) -> dict[str, str]:
    """Return a day's index and its change against the close before."""
    opened, high, low, now = level
    return {
        "bstp_nmix_prpr": f"{now:.2f}",
        "bstp_nmix_prdy_vrss": f"{now - before:.2f}",
        "prdy_vrss_sign": _sign(now, before),
        "bstp_nmix_prdy_ctrt": _percent(now, before),
        "bstp_nmix_oprc": f"{opened:.2f}",
        "bstp_nmix_hgpr": f"{high:.2f}",
        "bstp_nmix_lwpr": f"{low:.2f}",
    }


def _now(context: Context, market: Market, levels: dict[date, _Points]) -> dict[str, str]:
    closes = list(levels.values())
    if len(closes) < 2:  # noqa: PLR2004 - a change needs two days
        return _breadth(context, market)
    before = closes[-2][3]
    opened, high, low, _ = closes[-1]
    return (
        _level(closes[-1], before)
        | {
            "prdy_nmix_vrss_nmix_oprc": f"{opened - before:.2f}",
            "oprc_vrss_prpr_sign": _sign(opened, before),
            "bstp_nmix_oprc_prdy_ctrt": _percent(opened, before),
            "prdy_nmix_vrss_nmix_hgpr": f"{high - before:.2f}",
            "hgpr_vrss_prpr_sign": _sign(high, before),
            "bstp_nmix_hgpr_prdy_ctrt": _percent(high, before),
            "prdy_clpr_vrss_lwpr": f"{low - before:.2f}",
            "lwpr_vrss_prpr_sign": _sign(low, before),
            "prdy_clpr_vrss_lwpr_rate": _percent(low, before),
        }
        | _breadth(context, market)
    )


def _breadth(context: Context, market: Market) -> dict[str, str]:
    """Return volume (thousands of shares), value (millions of won) and what rose and fell."""
    floor = context.venue.floor
    listed = floor.market.listings
    price, volume, value = floor.market.snapshot(floor.now)
    of_market = np.array([one.market is market for one in listed])
    base = floor.market.bases
    at_upper = price >= np.array([one.upper for one in listed])
    at_lower = price <= np.array([one.lower for one in listed])
    counts = {
        "ascn_issu_cnt": price > base,
        "uplm_issu_cnt": at_upper,
        "stnr_issu_cnt": price == base,
        "down_issu_cnt": price < base,
        "lslm_issu_cnt": at_lower,
    }
    before = sum(one.previous_volume for one in listed if one.market is market)
    return {name: str(int((these & of_market).sum())) for name, these in counts.items()} | {
        "acml_vol": str(int(volume[of_market].sum()) // 1_000),
        "acml_tr_pbmn": str(int(value[of_market].sum()) // 1_000_000),
        "prdy_vol": str(before // 1_000),
    }


def _year(levels: dict[date, _Points]) -> dict[str, str]:
    """Return high and low of the year so far, and how far from them the index is."""
    if not levels:
        return {}
    last = next(reversed(levels))
    of_year = {day: level for day, level in levels.items() if day.year == last.year}
    now = levels[last][3]
    high = max(of_year, key=lambda day: of_year[day][1])
    low = min(of_year, key=lambda day: of_year[day][2])
    return {
        "dryy_bstp_nmix_hgpr": f"{of_year[high][1]:.2f}",
        "dryy_hgpr_vrss_prpr_rate": _percent(of_year[high][1], now),
        "dryy_bstp_nmix_hgpr_date": f"{high:%Y%m%d}",
        "dryy_bstp_nmix_lwpr": f"{of_year[low][2]:.2f}",
        "dryy_lwpr_vrss_prpr_rate": _percent(of_year[low][2], now),
        "dryy_bstp_nmix_lwpr_date": f"{low:%Y%m%d}",
    }


def _sign(points: float, before: float) -> str:
    return plain_sign(round(100 * points), round(100 * before))


def _percent(points: float, before: float) -> str:
    return change_rate(round(100 * points), round(100 * before))


def _row(context: Context, day: date, level: _Points) -> dict[str, str]:
    names = ("bstp_nmix_oprc", "bstp_nmix_hgpr", "bstp_nmix_lwpr", "bstp_nmix_prpr")
    values = {name: f"{points:.2f}" for name, points in zip(names, level, strict=True)}
    values |= {"stck_bsop_date": f"{day:%Y%m%d}", "mod_yn": "N"}
    return filled_in(context.endpoint, "output2", values, "0")


def _levels(context: Context, market: Market) -> dict[date, _Points]:
    """Return open, high, low and close of each day; a name without a bar keeps its last close."""
    names = _largest(context, market)
    bars = {one.code: {bar.day: bar for bar in all_days(context, one.code)} for one in names}
    last: dict[str, DayBar] = {}
    found: dict[date, _Points] = {}
    for day in sorted({day for known in bars.values() for day in known}):
        last |= {code: known[day] for code, known in bars.items() if day in known}
        if len(last) == len(names):  # from the first day on which all are known: none jumps in
            found[day] = _worth(names, last, day)
    scale = _START / next(iter(found.values()))[3] if found else 1.0
    return {day: _scaled(level, scale) for day, level in found.items()}


def _worth(names: list[Listing], last: dict[str, DayBar], day: date) -> _Points:
    worth = [0, 0, 0, 0]
    for one in names:
        bar = last[one.code]
        flat = (bar.close,) * 4
        prices = (bar.open, bar.high, bar.low, bar.close) if bar.day == day else flat
        for place, price in enumerate(prices):
            worth[place] += price * max(one.shares, 1)
    return worth[0], worth[1], worth[2], worth[3]


def _scaled(level: _Points, scale: float) -> _Points:
    opened, high, low, close = level
    return opened * scale, high * scale, low * scale, close * scale


def _largest(context: Context, market: Market) -> list[Listing]:
    """Return the names with most shares at stake that have a past, stocks only."""
    stocks = (
        one
        for one in context.venue.floor.market.listings
        if one.market is market and one.kind is Kind.STOCK
    )
    ranked = sorted(stocks, key=lambda one: (-max(one.shares, 1) * one.base, one.code))
    return [one for one in ranked[:_NAMES] if context.present.history(one.code)]


HANDLERS: dict[str, Handler] = {
    "domestic_stock.inquire_daily_indexchartprice": index_chart,
    "domestic_stock.inquire_index_price": index_price,
    "domestic_stock.inquire_index_daily_price": index_days,
}
