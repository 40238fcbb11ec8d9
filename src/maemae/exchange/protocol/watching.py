"""What people watch besides the price: a second quotation, trades by time, VIs, limit prices."""

from collections.abc import Callable

from maemae.exchange.interruptions import Interruption
from maemae.exchange.listing import Listing
from maemae.exchange.moment import MILLISECOND, clock_text
from maemae.exchange.protocol.context import Context, Handler
from maemae.exchange.protocol.frames import latest, strength
from maemae.exchange.protocol.numbers import change_rate, plain_sign, rate, sign
from maemae.exchange.protocol.reply import Reply, filled_in, quote_reply
from maemae.exchange.tape import make_tape
from maemae.market.kinds import Market

_NAMES = {Market.KOSPI: "KOSPI", Market.KOSDAQ: "KOSDAQ", Market.KONEX: "KONEX"}
_TRADES, _TOP = 30, 30
_MARKETS = {"K": Market.KOSPI, "Q": Market.KOSDAQ, "0001": Market.KOSPI, "1001": Market.KOSDAQ}
_WITHIN = {"0": 0, "6": 8, "5": 10, "1": 15, "2": 20, "3": 25}
"""FID_DIV_CLS_CODE of the limit-price capture: how many percent from the limit at most."""


def price_2(context: Context) -> Reply:
    """Answer 주식현재가 시세2 (FHPST01010000)."""
    code = context.required("FID_INPUT_ISCD")
    one, state = context.listing(code), context.venue.floor.state(code)
    values = _price(one, state.price) | {
        "rprs_mrkt_kor_name": _NAMES[one.market],
        "stck_mxpr": str(one.upper),
        "stck_llam": str(one.lower),
        "stck_sdpr": str(one.base),
        "stck_prdy_clpr": str(one.base),
        "acml_tr_pbmn": str(state.value),
        "acml_vol": str(state.volume),
        "prdy_vol": str(one.previous_volume),
        "prdy_vrss_vol_rate": rate(state.volume, one.previous_volume),
        "marg_rate": "100.00",
        "vi_cls_code": "Y" if context.venue.floor.in_vi(code) else "N",
        "trht_yn": "Y" if context.venue.floor.halted(code) else "N",
        "mrkt_warn_cls_code": "00",
        "bstp_kor_isnm": next(iter(one.sectors), ""),
    }
    for name, price in (("oprc", state.open), ("hgpr", state.high), ("lwpr", state.low)):
        values |= {
            f"stck_{name}": str(price),
            f"prdy_clpr_vrss_{name}_rate": change_rate(price, one.base) if price else "0.00",
            f"{name}_vrss_prpr": str(state.price - price if price else 0),
            f"{name}_vrss_prpr_sign": plain_sign(state.price, price or state.price),
        }
    for name in ("new_hgpr_lwpr_cls_code", "mxpr_llam_cls_code", "bstp_cls_code"):
        values.setdefault(name, "")
    output = filled_in(context.endpoint, "output", values)
    return quote_reply({"output": {n: v or _blank(n) for n, v in output.items()}})


def _blank(name: str) -> str:
    return "N" if name.endswith("_yn") else ""


def _price(one: Listing, price: int) -> dict[str, str]:
    return {
        "stck_prpr": str(price),
        "prdy_vrss": str(price - one.base),
        "prdy_vrss_sign": sign(price, one.base, one.lower, one.upper),
        "prdy_ctrt": change_rate(price, one.base),
    }


def trades_by_time(context: Context) -> Reply:
    """Answer 주식현재가 당일시간대별체결 (FHPST01060000): thirty trades up to a time of day."""
    code = context.required("FID_INPUT_ISCD")
    until = context.required("FID_INPUT_HOUR_1")
    listing, floor = context.listing(code), context.venue.floor
    market, row = floor.market, floor.market.rows[code]
    state, tape = floor.state(code), make_tape(floor.market, row)
    points = [one for one in market.points(row, floor.now) if clock_text(one.at) <= until]
    rows = []
    for point, part in latest(market, row, points, _TRADES):
        depth = floor.drawn(row, point)
        price = _price(listing, point.price)
        # The documents' name for the price is another one than that on the wire.
        values = {"stck_pbpr": price["stck_prpr"], **price} | {
            "stck_cntg_hour": clock_text(point.at),
            "askp": str(depth.asks[0].price if depth.asks else 0),
            "bidp": str(depth.bids[0].price if depth.bids else 0),
            "tday_rltv": strength(tape, point, part),
            "acml_vol": str(market.totals(row, point.index)[0] - part.left),
            "cnqn": str(part.shares),
        }
        rows.append(filled_in(context.endpoint, "output2", values))
    head = _price(listing, state.price) | {
        "acml_vol": str(state.volume),
        "prdy_vol": str(listing.previous_volume),
        "rprs_mrkt_kor_name": _NAMES[listing.market],
    }
    return quote_reply({"output1": filled_in(context.endpoint, "output1", head), "output2": rows})


def vi_status(context: Context) -> Reply:
    """Answer 변동성완화장치(VI) 현황 (FHPST01390000): today's, the latest first."""
    floor, hours = context.venue.floor, context.venue.hours
    date_asked = context.call.get("FID_INPUT_DATE_1")
    wanted = _chosen(context)
    rows: list[tuple[int, dict[str, str]]] = []
    of_day = floor.market.interrupted if date_asked in ("", f"{hours.day:%Y%m%d}") else {}
    since = (floor.now - hours.open) // MILLISECOND
    for row, cuts in of_day.items():
        listing = floor.market.listings[row]
        if not wanted(listing):
            continue
        begun = [cut for cut in cuts if cut.is_vi and cut.start <= since]
        for count, cut in enumerate(begun, start=1):
            values = _vi_values(context, listing, cut, count)
            if context.call.get("FID_DIV_CLS_CODE") in ("", "0", _direction(values)):
                rows.append((cut.start, filled_in(context.endpoint, "output", values)))
    rows.sort(key=lambda one: -one[0])
    return quote_reply({"output": [values for _, values in rows]})


def _chosen(context: Context) -> Callable[[Listing], bool]:
    market = _MARKETS.get(context.call.get("FID_MRKT_CLS_CODE"))
    code = context.call.get("FID_INPUT_ISCD")
    return lambda one: (market is None or one.market is market) and code in ("", "0000", one.code)


def _direction(values: dict[str, str]) -> str:
    return "2" if "-" in values["vi_dprt"] + values["vi_dmc_dprt"] else "1"


def _vi_values(context: Context, one: Listing, cut: Interruption, count: int) -> dict[str, str]:
    """Return a VI as a row: static ones tell what they were measured against, so do dynamic."""
    floor, hours = context.venue.floor, context.venue.hours
    at = hours.open + cut.start * MILLISECOND
    price = cut.trigger
    ends = hours.open + cut.end * MILLISECOND
    over = floor.now >= ends
    away = change_rate(price, cut.reference)
    static = cut.static
    return {
        "hts_kor_isnm": one.name,
        "mksc_shrn_iscd": one.code,
        "vi_cls_code": "N" if over else "Y",
        "bsop_date": f"{hours.day:%Y%m%d}",
        "cntg_vi_hour": clock_text(at),
        "vi_cncl_hour": clock_text(ends) if over else "000000",
        "vi_kind_code": "1" if static else "2",
        "vi_prc": str(price),
        "vi_stnd_prc": str(cut.reference) if static else "0",
        "vi_dprt": away if static else "0.00",
        "vi_dmc_stnd_prc": "0" if static else str(cut.reference),
        "vi_dmc_dprt": "0.00" if static else away,
        "vi_count": str(count),
    }


def limit_prices(context: Context) -> Reply:
    """Answer 국내주식 상하한가 포착 (FHKST130000C0): at a limit, or within some percent of it."""
    floor = context.venue.floor
    upper = context.call.get("FID_PRC_CLS_CODE") != "1"
    within = _WITHIN.get(context.call.get("FID_DIV_CLS_CODE"), 0)
    market = _MARKETS.get(context.call.get("FID_INPUT_ISCD"))
    price, volume, _ = floor.market.snapshot(floor.now)
    rows = []
    for row, one in enumerate(floor.market.listings):
        last = int(price[row])
        limit = one.upper if upper else one.lower
        near = abs(limit - last) * 100 <= within * one.base
        if volume[row] and near and (market is None or one.market is market):
            rows.append(_limit_row(context, one, row))
    rows.sort(key=lambda one: -abs(float(one["prdy_ctrt"])))
    return quote_reply({"output": rows[:_TOP]})


def _limit_row(context: Context, one: Listing, row: int) -> dict[str, str]:
    floor = context.venue.floor
    state, depth = floor.state(one.code), context.venue.shown(one.code)
    last = floor.market.last_trade(row, floor.now)
    shares = next(latest(floor.market, row, [last], 1))[1].shares if last else 0
    values = _price(one, state.price) | {
        "mksc_shrn_iscd": one.code,
        "hts_kor_isnm": one.name,
        "acml_vol": str(state.volume),
        "prdy_vol": str(one.previous_volume),
        "seln_cnqn": "0" if last is None or last.bought else str(shares),
        "shnu_cnqn": str(shares) if last is not None and last.bought else "0",
        "stck_llam": str(one.lower),
        "stck_mxpr": str(one.upper),
        "prdy_vrss_vol_rate": rate(state.volume, one.previous_volume),
    }
    for name, levels in (("askp", depth.asks), ("bidp", depth.bids)):
        values[f"total_{name}_rsqn"] = str(sum(level.quantity for level in levels))
        values[f"{name}_rsqn1"] = str(levels[0].quantity if levels else 0)
    return filled_in(context.endpoint, "output", values)


HANDLERS: dict[str, Handler] = {
    "domestic_stock.inquire_price_2": price_2,
    "domestic_stock.inquire_time_itemconclusion": trades_by_time,
    "domestic_stock.inquire_vi_status": vi_status,
    "domestic_stock.capture_uplowprice": limit_prices,
}
