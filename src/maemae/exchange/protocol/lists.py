"""Rankings, holidays and basic facts of an instrument."""

from datetime import date, timedelta

import numpy as np
import numpy.typing as npt

from maemae.exchange.moment import clock_text
from maemae.exchange.protocol.context import Context, Handler
from maemae.exchange.protocol.numbers import change_rate, rate, sign
from maemae.exchange.protocol.paging import ledger_reply
from maemae.exchange.protocol.reply import (
    OK,
    Reply,
    business_error,
    filled_in,
    padded,
    quote_reply,
)
from maemae.exchange.tape import make_tape
from maemae.market.kinds import Market

_TOP = 30
_HOLIDAY_DAYS = 24


def volume_rank(context: Context) -> Reply:
    """Answer 거래량순위: by volume, or with FID_BLNG_CLS_CODE 3 by traded value; thirty at most."""
    floor = context.venue.floor
    _, volume, value = floor.market.snapshot(floor.now)
    by_value = context.call.get("FID_BLNG_CLS_CODE") == "3"
    rows = []
    for place, row in enumerate(_best(value if by_value else volume, volume > 0), start=1):
        one, state = floor.market.listings[row], floor.market.state(row, floor.now)
        values = {
            "hts_kor_isnm": one.name,
            "mksc_shrn_iscd": one.code,
            "data_rank": str(place),
            "stck_prpr": str(state.price),
            "prdy_vrss_sign": sign(state.price, one.base, one.lower, one.upper),
            "prdy_vrss": str(state.price - one.base),
            "prdy_ctrt": change_rate(state.price, one.base),
            "acml_vol": str(state.volume),
            "prdy_vol": str(one.previous_volume),
            "lstn_stcn": str(one.shares),
            "avrg_vol": str(state.volume),
            "n_befr_clpr_vrss_prpr_rate": change_rate(state.price, one.base),
            "vol_inrt": rate(state.volume, one.previous_volume),
            "vol_tnrt": rate(state.volume, one.shares),
            "nday_vol_tnrt": rate(state.volume, one.shares),
            "avrg_tr_pbmn": str(state.value),
            "tr_pbmn_tnrt": rate(state.value, one.shares * state.price),
            "nday_tr_pbmn_tnrt": rate(state.value, one.shares * state.price),
            "acml_tr_pbmn": str(state.value),
        }
        rows.append(filled_in(context.endpoint, "output", values, "0"))
    return quote_reply({"output": rows})


def fluctuation(context: Context) -> Reply:
    """Answer 등락률 순위: risers, or with FID_RANK_SORT_CLS_CODE 1 fallers; thirty at most."""
    floor = context.venue.floor
    market = floor.market
    price, volume, _ = market.snapshot(floor.now)
    change = (price - market.bases) * 1_000_000 // market.bases
    falling = context.call.get("FID_RANK_SORT_CLS_CODE").lstrip("0") in ("1", "3")
    day = context.venue.hours.day.strftime("%Y%m%d")
    rows = []
    for place, row in enumerate(_best(-change if falling else change, volume > 0), start=1):
        one, state, tape = (
            market.listings[row],
            market.state(row, floor.now),
            make_tape(market, row),
        )
        values = {
            "stck_shrn_iscd": one.code,
            "data_rank": str(place),
            "hts_kor_isnm": one.name,
            "stck_prpr": str(state.price),
            "prdy_vrss": str(state.price - one.base),
            "prdy_vrss_sign": sign(state.price, one.base, one.lower, one.upper),
            "prdy_ctrt": change_rate(state.price, one.base),
            "acml_vol": str(state.volume),
            "stck_hgpr": str(state.high),
            "hgpr_hour": clock_text(tape.at(int(tape.high_at[state.index]))),
            "acml_hgpr_date": day,
            "stck_lwpr": str(state.low),
            "lwpr_hour": clock_text(tape.at(int(tape.low_at[state.index]))),
            "acml_lwpr_date": day,
            "lwpr_vrss_prpr_rate": change_rate(state.price, state.low),
            "hgpr_vrss_prpr_rate": change_rate(state.price, state.high),
            "dsgt_date_clpr_vrss_prpr_rate": change_rate(state.price, one.base),
            "oprc_vrss_prpr_sign": sign(state.price, state.open, one.lower, one.upper),
            "oprc_vrss_prpr": str(state.price - state.open),
            "oprc_vrss_prpr_rate": change_rate(state.price, state.open),
            "prd_rsfl": str(state.price - one.base),
            "prd_rsfl_rate": change_rate(state.price, one.base),
        }
        rows.append(filled_in(context.endpoint, "output", values, "0"))
    return quote_reply({"output": rows})


def _best(measure: npt.NDArray[np.int64], among: npt.NDArray[np.bool_]) -> list[int]:
    rows = np.flatnonzero(among)
    return [int(row) for row in rows[np.argsort(-measure[rows], kind="stable")][:_TOP]]


def chk_holiday(context: Context) -> Reply:
    """Answer 국내휴장일조회: 24 days from a date on; `tr_day_yn` is Y on every day."""
    text = context.call.get("CTX_AREA_NK") or context.required("BASS_DT")
    calendar = context.present.calendar
    try:
        first = date(int(text[:4]), int(text[4:6]), int(text[6:8]))
        last = first + timedelta(days=_HOLIDAY_DAYS - 1)
    except (ValueError, OverflowError):
        raise business_error("OPSQ2002", "ERROR : INPUT INVALID_CHECK [BASS_DT]", "2") from None
    if not calendar.first <= first <= last < calendar.last:
        raise business_error("KIOK0560", padded("조회할 내용이 없습니다"), "7")
    rows = []
    for n in range(_HOLIDAY_DAYS):
        day = first + timedelta(days=n)
        session = "Y" if calendar.is_session(day) else "N"
        rows.append(
            {
                "bass_dt": day.strftime("%Y%m%d"),
                "wday_dvsn_cd": f"{(day.weekday() + 1) % 7 + 1:02d}",
                "bzdy_yn": session,
                "tr_day_yn": "Y",
                "opnd_yn": session,
                "sttl_day_yn": session,
            }
        )
    body = {
        "ctx_area_nk": (last + timedelta(days=1)).strftime("%Y%m%d").ljust(20),
        "ctx_area_fk": first.strftime("%Y%m%d").ljust(20),
        "output": rows,
        "rt_cd": "0",
        "msg_cd": "KIOK0500",
        "msg1": padded("조회가 계속됩니다..다음버튼을 Click 하십시오."),
    }
    return Reply(OK, body, "M")


def search_stock_info(context: Context) -> Reply:
    """Answer 주식기본조회 (CTPF1002R)."""
    code = context.required("PDNO")
    one, state = context.listing(code), context.venue.floor.state(code)
    kosdaq = one.market is Market.KOSDAQ
    day = context.venue.hours.day.strftime("%Y%m%d")
    values = {
        "pdno": f"00000A{code}",
        "prdt_type_cd": "300",
        "mket_id_cd": "KSQ" if kosdaq else "STK",
        "scty_grp_id_cd": "ST",
        "excg_dvsn_cd": "03" if kosdaq else "02",
        "setl_mmdd": "12",
        "lstg_stqt": str(one.shares),
        "papr": "500",
        "kospi200_item_yn": "N",
        "stck_kind_cd": "101",
        "prdt_name": f"{one.name}보통주",
        "prdt_name120": f"{one.name}보통주",
        "prdt_abrv_name": one.name,
        "tr_stop_yn": "Y" if one.halted else "N",
        "nxt_tr_stop_yn": "N",
        "cptt_trad_tr_psbl_yn": "N",
        "admn_item_yn": "N",
        "thdt_clpr": str(state.price if state.traded else 0),
        "bfdy_clpr": str(one.base),
        "clpr_chng_dt": day,
        "elec_scty_yn": "Y",
    }
    return ledger_reply(context, filled_in(context.endpoint, "output", values))


def search_info(context: Context) -> Reply:
    """Answer 상품기본조회 (CTPF1604R); of Korean shares alone."""
    if context.required("PRDT_TYPE_CD") != "300":
        raise business_error("KIOK0560", padded("조회할 내용이 없습니다"), "7")
    code = context.required("PDNO")
    one = context.listing(code)
    values = {
        "pdno": f"00000A{code}",
        "prdt_type_cd": "300",
        "prdt_name": f"{one.name}보통주",
        "prdt_name120": f"{one.name}보통주",
        "prdt_abrv_name": one.name,
        "std_pdno": f"KR7{code}00",
        "shtn_pdno": code,
        "prdt_sale_stat_cd": "",
        "prdt_risk_grad_cd": "",
        "prdt_clsf_cd": "101001",
        "prdt_clsf_name": "보통주",
        "ivst_prdt_type_cd": "01",
        "ivst_prdt_type_cd_name": "주식",
        "frst_erlm_dt": "",
    }
    return ledger_reply(context, filled_in(context.endpoint, "output", values))


HANDLERS: dict[str, Handler] = {
    "domestic_stock.volume_rank": volume_rank,
    "domestic_stock.fluctuation": fluctuation,
    "domestic_stock.chk_holiday": chk_holiday,
    "domestic_stock.search_stock_info": search_stock_info,
    "domestic_stock.search_info": search_info,
}
