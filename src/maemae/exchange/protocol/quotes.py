"""Quotations: one price, many prices, condition searches."""

from maemae.exchange.depth import Level
from maemae.exchange.listing import Listing
from maemae.exchange.protocol.context import Context, Handler
from maemae.exchange.protocol.numbers import blanks, change_rate, rate, sign
from maemae.exchange.protocol.reply import (
    Reply,
    business_error,
    filled_in,
    missing_field,
    quote_reply,
)
from maemae.exchange.replay import State
from maemae.exchange.tape import sides
from maemae.market.kinds import Market

_MULTI = 30
_HUNDRED_MILLION = 100_000_000
_MARKET_NAMES = {Market.KOSPI: "KOSPI", Market.KOSDAQ: "KOSDAQ", Market.KONEX: "KONEX"}


def inquire_price(context: Context) -> Reply:
    """Answer 주식현재가 시세 (FHKST01010100)."""
    code = context.required("FID_INPUT_ISCD")
    listing = context.listing(code)
    state = context.venue.floor.state(code)
    grid = context.venue.floor.market.grid(context.venue.floor.market.rows[code])
    values = _price_values(listing, state) | {
        **_brakes(context, code),
        **_extremes(context, code, state.price),
        "aspr_unit": str(grid.price(grid.floor(state.price) + 1) - state.price),
    }
    return quote_reply({"output": filled_in(context.endpoint, "output", values, "0")})


def _brakes(context: Context, code: str) -> dict[str, str]:
    """Return whether an instrument is halted, or in a volatility interruption."""
    floor = context.venue.floor
    halted = floor.halted(code)
    return {
        "iscd_stat_cls_code": "58" if halted else "55",
        "temp_stop_yn": "Y" if halted else "N",
        "vi_cls_code": "Y" if floor.in_vi(code) else "N",
    }


def _price_values(listing: Listing, state: State) -> dict[str, str]:
    price, base = state.price, listing.base
    pivot = (state.high + state.low + price) // 3
    capital = listing.shares * price // _HUNDRED_MILLION
    return {
        "marg_rate": "100.00",
        "rprs_mrkt_kor_name": _MARKET_NAMES[listing.market],
        "new_hgpr_lwpr_cls_code": "",
        "bstp_kor_isnm": "",
        "oprc_rang_cont_yn": "N",
        "clpr_rang_cont_yn": "N",
        "crdt_able_yn": "N",
        "grmn_rate_cls_code": "100",
        "elw_pblc_yn": "N",
        "stck_prpr": str(price),
        "prdy_vrss": str(price - base),
        "prdy_vrss_sign": sign(price, base, listing.lower, listing.upper),
        "prdy_ctrt": change_rate(price, base),
        "acml_tr_pbmn": str(state.value),
        "acml_vol": str(state.volume),
        "prdy_vrss_vol_rate": rate(state.volume, listing.previous_volume),
        "stck_oprc": str(state.open),
        "stck_hgpr": str(state.high),
        "stck_lwpr": str(state.low),
        "stck_mxpr": str(listing.upper),
        "stck_llam": str(listing.lower),
        "stck_sdpr": str(base),
        "wghn_avrg_stck_prc": f"{state.value / state.volume:.2f}" if state.volume else "0.00",
        "pvt_pont_val": str(pivot),
        "pvt_frst_dmrs_prc": str(2 * pivot - state.low),
        "pvt_scnd_dmrs_prc": str(pivot + state.high - state.low),
        "pvt_frst_dmsp_prc": str(2 * pivot - state.high),
        "pvt_scnd_dmsp_prc": str(pivot - state.high + state.low),
        "rstc_wdth_prc": str(listing.upper - base),
        "hts_deal_qty_unit_val": "1",
        "lstn_stcn": str(listing.shares),
        "hts_avls": str(capital),
        "vol_tnrt": rate(state.volume, listing.shares),
        "stck_shrn_iscd": listing.code,
        "fcam_cnnm": "",
        "cpfn_cnnm": "",
        "ovtm_vi_cls_code": "N",
        "invt_caful_yn": "N",
        "mrkt_warn_cls_code": "00",
        "short_over_yn": "N",
        "sltr_yn": "N",
        "mang_issu_cls_code": "N",
        "ssts_yn": "Y",
        "stac_month": "12",
    }


def _extremes(context: Context, code: str, price: int) -> dict[str, str]:
    """Return highs and lows of longer spans, and how far from them the price is."""
    weeks, days, year = context.extremes(code)
    values: dict[str, str] = {}
    for prefix, name, rate_name, one in (
        ("w52", "w52", "ctrt", weeks),
        ("d250", "d250", "rate", days),
        ("stck_dryy", "dryy", "rate", year),
    ):
        for end, extreme, day in (("hgpr", one.high, one.high_day), ("lwpr", one.low, one.low_day)):
            values |= {
                f"{prefix}_{end}": str(extreme),
                f"{name}_{end}_date": day.strftime("%Y%m%d"),
                f"{name}_{end}_vrss_prpr_{rate_name}": change_rate(price, extreme),
            }
    return values


def intstock_multprice(context: Context) -> Reply:
    """Answer 관심종목(멀티종목) 시세조회 (FHKST11300006): up to thirty instruments."""
    codes = [context.call.get(f"FID_INPUT_ISCD_{n}") for n in range(1, _MULTI + 1)]
    if not any(codes):
        raise missing_field("FID_INPUT_ISCD_1")
    rows = [_multi_row(context, code) for code in codes if code]
    return quote_reply({"output": rows})


def _multi_row(context: Context, code: str) -> dict[str, str]:
    listing = context.listing(code)
    state = context.venue.floor.state(code)
    depth = context.venue.shown(code)
    price, base = state.price, listing.base
    values = {
        "kospi_kosdaq_cls_name": "코스닥" if listing.market is Market.KOSDAQ else "거래소",
        "mrkt_trtm_cls_name": "거래소",
        "hour_cls_code": "0",
        "inter_shrn_iscd": code,
        "inter_kor_isnm": listing.name,
        "inter2_prpr": str(price),
        "inter2_prdy_vrss": str(price - base),
        "prdy_vrss_sign": sign(price, base, listing.lower, listing.upper),
        "prdy_ctrt": change_rate(price, base),
        "acml_vol": str(state.volume),
        "inter2_oprc": str(state.open),
        "inter2_hgpr": str(state.high),
        "inter2_lwpr": str(state.low),
        "inter2_llam": str(listing.lower),
        "inter2_mxpr": str(listing.upper),
        "inter2_askp": _best(depth.asks)[0],
        "inter2_bidp": _best(depth.bids)[0],
        "seln_rsqn": _best(depth.asks)[1],
        "shnu_rsqn": _best(depth.bids)[1],
        "total_askp_rsqn": str(sum(one.quantity for one in depth.asks)),
        "total_bidp_rsqn": str(sum(one.quantity for one in depth.bids)),
        "acml_tr_pbmn": str(state.value),
        "inter2_prdy_clpr": str(base),
        "oprc_vrss_hgpr_rate": change_rate(state.high, state.open),
        **_expected(context, code),
        "inter2_sdpr": str(base),
    }
    return filled_in(context.endpoint, "output", values)


def _expected(context: Context, code: str) -> dict[str, str]:
    """Return what an auction that runs would give now."""
    now = context.venue.floor.expected(code)
    listing = context.listing(code)
    if now is None:
        change = ("0", "3", "0.00", "0")
    else:
        change = (
            str(now.price - listing.base),
            sign(now.price, listing.base, listing.lower, listing.upper),
            change_rate(now.price, listing.base),
            str(now.quantity),
        )
    names = ("cntg_vrss", "cntg_vrss_sign", "cntg_prdy_ctrt", "vol")
    return {f"intr_antc_{name}": value for name, value in zip(names, change, strict=True)}


def _best(levels: list[Level]) -> tuple[str, str]:
    return (str(levels[0].price), str(levels[0].quantity)) if levels else ("0", "0")


def psearch_title(context: Context) -> Reply:
    """Answer 종목조건검색 목록조회 (HHKST03900300)."""
    user = _user(context)
    rows = [
        {"user_id": user, "seq": str(seq), "grp_nm": one.group, "condition_nm": one.name}
        for seq, one in enumerate(context.present.searches)
    ]
    if not rows:
        raise business_error("MCA05762")
    return quote_reply({"output2": rows})


def psearch_result(context: Context) -> Reply:
    """Answer 종목조건검색조회 (HHKST03900400); nothing found is an error, as is no such search."""
    _user(context)
    seq = context.number("SEQ")
    if seq >= len(context.present.searches):
        raise business_error("MCA05918")
    floor = context.venue.floor
    rows = context.present.searches[seq].rows(floor.market, floor.now)
    if not rows:
        raise business_error("MCA05918")
    found = (floor.market.listings[row] for row in rows)
    return quote_reply({"output2": [_hit(context, one) for one in found]})


def _hit(context: Context, listing: Listing) -> dict[str, str]:
    state, weeks = context.venue.floor.state(listing.code), context.extremes(listing.code)[0]
    price, base = state.price, listing.base
    market = context.venue.floor.market
    bought, sold = sides(market, market.rows[listing.code], state.index)
    return {
        "code": listing.code,
        "name": listing.name,
        "daebi": sign(price, base, listing.lower, listing.upper),
        "price": f"{price:011d}.0000",
        "chgrate": blanks(100 * (price - base) / base),
        "acml_vol": blanks(state.volume),
        "trade_amt": blanks(state.value),
        "change": blanks(price - base),
        "cttr": blanks(100 * bought / sold if sold else 0),
        "open": blanks(state.open),
        "high": blanks(state.high),
        "low": blanks(state.low),
        "high52": blanks(weeks.high),
        "low52": blanks(weeks.low),
        "expprice": "00000000000.0000",
        "expchange": blanks(0),
        "expchggrate": blanks(-100),
        "expcvol": blanks(0),
        "chgrate2": blanks(
            100 * state.volume / listing.previous_volume if listing.previous_volume else 0
        ),
        "expdaebi": "5",
        "recprice": blanks(base),
        "uplmtprice": blanks(listing.upper),
        "dnlmtprice": blanks(listing.lower),
        "stotprice": blanks(listing.shares * price / _HUNDRED_MILLION),
    }


def _user(context: Context) -> str:
    """Return the HTS id of the call; the conditions of others are not saved here."""
    user = context.required("USER_ID")
    if user != context.customer.hts_id:
        raise business_error("MCA05762")
    return user


HANDLERS: dict[str, Handler] = {
    "domestic_stock.inquire_price": inquire_price,
    "domestic_stock.intstock_multprice": intstock_multprice,
    "domestic_stock.psearch_title": psearch_title,
    "domestic_stock.psearch_result": psearch_result,
}
