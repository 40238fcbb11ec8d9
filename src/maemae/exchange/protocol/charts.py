"""Order book, trades of the day, and daily and minute charts; always the newest first."""

from collections.abc import Callable, Sequence
from datetime import date, time
from itertools import groupby, pairwise

from maemae.exchange.depth import LEVELS
from maemae.exchange.listing import DayBar, Listing
from maemae.exchange.moment import MINUTE, clock_text, datetime_of, moment_at
from maemae.exchange.protocol.context import Context, Handler
from maemae.exchange.protocol.frames import AFTER_MARKET_CLASS, REGULAR_CLASS, latest, strength
from maemae.exchange.protocol.numbers import change_rate, plain_sign, rate, sign
from maemae.exchange.protocol.reply import Reply, business_error, filled_in, quote_reply
from maemae.exchange.replay import Point, State
from maemae.exchange.tape import make_tape
from maemae.market.phases import PhaseKind

_PERIODS: dict[str, Callable[[date], object]] = {
    "D": lambda day: day,
    "W": lambda day: day.isocalendar()[:2],
    "M": lambda day: (day.year, day.month),
    "Y": lambda day: day.year,
}
_MINUTES, _DATED_MINUTES, _TRADES, _DAYS = 30, 120, 30, 100
_MINUTES_OF_DAY = 24 * 60
_MIDNIGHT = "000000"
"""What clients ask for that want the latest minutes."""


def asking_price(context: Context) -> Reply:
    """Answer 주식현재가 호가/예상체결 (FHKST01010200)."""
    code = context.required("FID_INPUT_ISCD")
    listing, floor = context.listing(code), context.venue.floor
    state, depth = floor.state(code), context.venue.shown(code)
    after = context.venue.off_hours.trading(PhaseKind.AFTER_MARKET)
    book = {
        "aspr_acpt_hour": clock_text(floor.now),
        "new_mkop_cls_code": AFTER_MARKET_CLASS if after else REGULAR_CLASS,
    }
    for name, levels in (("ask", depth.asks), ("bid", depth.bids)):
        for n in range(LEVELS):
            level = levels[n] if n < len(levels) else None
            book[f"{name}p{n + 1}"] = str(level.price if level else 0)
            book[f"{name}p_rsqn{n + 1}"] = str(level.quantity if level else 0)
        book[f"total_{name}p_rsqn"] = str(sum(one.quantity for one in levels))
    book["ntby_aspr_rsqn"] = str(int(book["total_bidp_rsqn"]) - int(book["total_askp_rsqn"]))
    expected = {
        "antc_mkop_cls_code": "311",
        "stck_prpr": str(state.price),
        "stck_oprc": str(state.open),
        "stck_hgpr": str(state.high),
        "stck_lwpr": str(state.low),
        "stck_sdpr": str(listing.base),
        "antc_cntg_vrss_sign": "3",
        "antc_cntg_prdy_ctrt": "0.00",
        "stck_shrn_iscd": code,
        "vi_cls_code": "Y" if floor.in_vi(code) else "N",
    }
    now = floor.expected(code)
    if now is not None:
        expected |= {
            "antc_cnpr": str(now.price),
            "antc_cntg_vrss": str(now.price - listing.base),
            "antc_cntg_vrss_sign": _change(listing, now.price)["prdy_vrss_sign"],
            "antc_cntg_prdy_ctrt": change_rate(now.price, listing.base),
            "antc_vol": str(now.quantity),
        }
    return quote_reply(
        {
            "output1": filled_in(context.endpoint, "output1", book, "0"),
            "output2": filled_in(context.endpoint, "output2", expected, "0"),
        }
    )


def trades(context: Context) -> Reply:
    """Answer 주식현재가 체결 (FHKST01010300): the latest thirty trades."""
    code = context.required("FID_INPUT_ISCD")
    listing = context.listing(code)
    market = context.venue.floor.market
    tape = make_tape(market, market.rows[code])
    rows = [
        {
            "stck_cntg_hour": clock_text(point.at),
            "stck_prpr": str(point.price),
            **_change(listing, point.price),
            "cntg_vol": str(part.shares),
            "tday_rltv": strength(tape, point, part),
            "prdy_ctrt": change_rate(point.price, listing.base),
        }
        for point, part in latest(market, market.rows[code], _points(context, code), _TRADES)
    ]
    return quote_reply({"output": rows})


def daily_chart(context: Context) -> Reply:
    """Answer 국내주식기간별시세 (FHKST03010100): days, weeks, months or years."""
    code = context.required("FID_INPUT_ISCD")
    listing, state = context.listing(code), context.venue.floor.state(code)
    first, last = (context.day(f"FID_INPUT_DATE_{n}") for n in (1, 2))
    bars = _periods(all_days(context, code), context.required("FID_PERIOD_DIV_CODE"))
    wanted = [bar for bar in bars if first <= bar.day.strftime("%Y%m%d") <= last]
    before = {bar.day: bar.base or previous.close for previous, bar in pairwise(bars)}
    rows = [_bar_row(context, bar, before.get(bar.day, bar.open)) for bar in wanted]
    head = _head(listing, state) | {
        "hts_kor_isnm": listing.name,
        "stck_shrn_iscd": code,
        "prdy_vol": str(listing.previous_volume),
        "stck_mxpr": str(listing.upper),
        "stck_llam": str(listing.lower),
        "stck_oprc": str(state.open),
        "stck_hgpr": str(state.high),
        "stck_lwpr": str(state.low),
        "prdy_vrss_vol": str(state.volume - listing.previous_volume),
        "vol_tnrt": rate(state.volume, listing.shares),
        "lstn_stcn": str(listing.shares),
    }
    output1 = filled_in(context.endpoint, "output1", head, "0")
    return quote_reply({"output1": output1, "output2": rows[::-1][:_DAYS]})


def daily_price(context: Context) -> Reply:
    """Answer 주식현재가 일자별 (FHKST01010400): the latest thirty days, weeks or months."""
    code = context.required("FID_INPUT_ISCD")
    context.listing(code)
    bars = _periods(all_days(context, code), context.required("FID_PERIOD_DIV_CODE"))
    rows = []
    for previous, bar in pairwise(bars):
        base = bar.base or previous.close
        values = {
            **_prices(bar),
            "prdy_vrss_vol_rate": rate(bar.volume - previous.volume, previous.volume),
            "prdy_vrss": str(bar.close - base),
            "prdy_vrss_sign": plain_sign(bar.close, base),
            "prdy_ctrt": change_rate(bar.close, base),
            "flng_cls_code": bar.ex,
            "acml_prtt_rate": "0.00",
        }
        rows.append(filled_in(context.endpoint, "output", values, "0"))
    return quote_reply({"output": rows[::-1][:_TRADES]})


def minute_chart(context: Context) -> Reply:
    """Answer 주식당일분봉조회 (FHKST03010200): thirty minutes up to a time of day.

    Minutes that have not come yet are there too where they are asked for, at the price of now.
    """
    return _minutes(context, _MINUTES)


def dated_minute_chart(context: Context) -> Reply:
    """Answer 주식일별분봉조회: as the minute chart, of a date; the exchange knows today's only."""
    if context.day("FID_INPUT_DATE_1") != context.venue.hours.day.strftime("%Y%m%d"):
        context.listing(context.required("FID_INPUT_ISCD"))
        return quote_reply({"output1": {}, "output2": []})
    return _minutes(context, _DATED_MINUTES)


def _minutes(context: Context, count: int) -> Reply:
    code = context.required("FID_INPUT_ISCD")
    listing, state = context.listing(code), context.venue.floor.state(code)
    until = context.required("FID_INPUT_HOUR_1")
    if until == _MIDNIGHT:
        until = clock_text(context.venue.now)
    value, rows = 0, []
    for at, group in groupby(_points(context, code), key=lambda point: point.at // MINUTE):
        points = list(group)
        prices = [point.price for point in points]
        value += sum(point.price * point.volume for point in points)
        rows.append(
            {
                "stck_bsop_date": datetime_of(at * MINUTE).strftime("%Y%m%d"),
                "stck_cntg_hour": clock_text(at * MINUTE),
                "stck_prpr": str(prices[-1]),
                "stck_oprc": str(prices[0]),
                "stck_hgpr": str(max(prices)),
                "stck_lwpr": str(min(prices)),
                "cntg_vol": str(sum(point.volume for point in points)),
                "acml_tr_pbmn": str(value),
            }
        )
    rows += _to_come(context, state, until)
    wanted = [row for row in rows if row["stck_cntg_hour"] <= until]
    head = _head(listing, state) | {"hts_kor_isnm": listing.name}
    return quote_reply({"output1": head, "output2": wanted[::-1][:count]})


def _to_come(context: Context, state: State, until: str) -> list[dict[str, str]]:
    """Return the minutes after this one up to a time: the broker tells them at the last price."""
    now, day = context.venue.now // MINUTE, context.venue.hours.day
    minutes = range(now + 1, (moment_at(day, time()) // MINUTE) + _MINUTES_OF_DAY)
    flat = dict.fromkeys(("stck_prpr", "stck_oprc", "stck_hgpr", "stck_lwpr"), str(state.price))
    return [
        {
            "stck_bsop_date": _day(day),
            "stck_cntg_hour": clock_text(at * MINUTE),
            **flat,
            "cntg_vol": "0",
            "acml_tr_pbmn": str(state.value),
        }
        for at in minutes
        if clock_text(at * MINUTE) <= until
    ]


def _points(context: Context, code: str) -> list[Point]:
    floor = context.venue.floor
    return floor.market.points(floor.market.rows[code], floor.now)


def _head(listing: Listing, state: State) -> dict[str, str]:
    return {
        **_change(listing, state.price),
        "prdy_ctrt": change_rate(state.price, listing.base),
        "stck_prdy_clpr": str(listing.base),
        "acml_vol": str(state.volume),
        "acml_tr_pbmn": str(state.value),
        "stck_prpr": str(state.price),
    }


def _change(listing: Listing, price: int) -> dict[str, str]:
    return {
        "prdy_vrss": str(price - listing.base),
        "prdy_vrss_sign": sign(price, listing.base, listing.lower, listing.upper),
    }


def all_days(context: Context, code: str) -> list[DayBar]:
    """Return the days before this one and, once there was a trade, this one so far."""
    bars, state = list(context.present.history(code)), context.venue.floor.state(code)
    if state.traded:
        prices = (state.open, state.high, state.low, state.price)
        listing, day = context.listing(code), context.venue.hours.day
        traded = state.volume, state.value
        bars.append(DayBar(day, *prices, *traded, listing.ex, listing.base))
    return bars


def _periods(bars: Sequence[DayBar], period: str) -> list[DayBar]:
    """Put days together as D days, W weeks, M months or Y years, named by their first day."""
    if period not in _PERIODS:
        raise business_error("OPSQ2002", "ERROR : INPUT INVALID_CHECK [FID_PERIOD_DIV_CODE]", "2")
    key = _PERIODS[period]
    return [_joined(list(part)) for _, part in groupby(bars, key=lambda bar: key(bar.day))]


def _joined(bars: list[DayBar]) -> DayBar:
    return DayBar(
        day=bars[0].day,
        open=bars[0].open,
        high=max(bar.high for bar in bars),
        low=min(bar.low for bar in bars),
        close=bars[-1].close,
        volume=sum(bar.volume for bar in bars),
        value=sum(bar.value for bar in bars),
        ex=max(bar.ex for bar in bars),
        base=bars[0].base,
    )


def _prices(bar: DayBar) -> dict[str, str]:
    return {
        "stck_bsop_date": _day(bar.day),
        "stck_clpr": str(bar.close),
        "stck_oprc": str(bar.open),
        "stck_hgpr": str(bar.high),
        "stck_lwpr": str(bar.low),
        "acml_vol": str(bar.volume),
    }


def _bar_row(context: Context, bar: DayBar, before: int) -> dict[str, str]:
    values = {
        **_prices(bar),
        "acml_tr_pbmn": str(bar.value),
        "flng_cls_code": bar.ex,
        "prtt_rate": "0.00",
        "mod_yn": "N",
        "prdy_vrss_sign": plain_sign(bar.close, before),
        "prdy_vrss": str(bar.close - before),
    }
    return filled_in(context.endpoint, "output2", values)


def _day(day: date) -> str:
    return day.strftime("%Y%m%d")


HANDLERS: dict[str, Handler] = {
    "domestic_stock.inquire_asking_price_exp_ccn": asking_price,
    "domestic_stock.inquire_ccnl": trades,
    "domestic_stock.inquire_daily_itemchartprice": daily_chart,
    "domestic_stock.inquire_daily_price": daily_price,
    "domestic_stock.inquire_time_itemchartprice": minute_chart,
    "domestic_stock.inquire_time_dailychartprice": dated_minute_chart,
}
