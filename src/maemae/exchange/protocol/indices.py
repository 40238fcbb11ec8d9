"""Daily charts of the market indices, made of the largest names of each market."""

from datetime import date

from maemae.exchange.listing import DayBar, Listing
from maemae.exchange.protocol.charts import all_days
from maemae.exchange.protocol.context import Context, Handler
from maemae.exchange.protocol.numbers import rate
from maemae.exchange.protocol.reply import Reply, business_error, filled_in, quote_reply
from maemae.market.kinds import Kind, Market

_MARKETS = {"0001": (Market.KOSPI, "종합"), "1001": (Market.KOSDAQ, "KOSDAQ")}
_NAMES = 10
_ROWS = 50
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
            "prdy_vrss_sign": "2" if now > before else "5" if now < before else "3",
            "bstp_nmix_prdy_ctrt": rate(round(100 * (now - before)), round(100 * before)),
        }
    output1 = filled_in(context.endpoint, "output1", head, "0")
    return quote_reply({"output1": output1, "output2": rows})


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
}
