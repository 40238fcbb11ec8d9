"""Asking for what was: charts, stock facts, market days, rankings."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Literal

from maemae import catalogue
from maemae.kis.caller import Reader
from maemae.kis.pages import fill, read_pages
from maemae.kis.priority import Priority
from maemae.kis.records import Bar, IndexBar, MarketDay, Ranked, StockInfo
from maemae.kis.reply import Row, each, rows

Period = Literal["D", "W", "M", "Y"]
_FIRST_MINUTE = "000000"
_LAST_MINUTE = "235959"
_VOLUME_SORTS = {"volume": "0", "increase": "1", "turnover": "2", "value": "3"}
VolumeSort = Literal["volume", "increase", "turnover", "value"]


class History:
    """Questions about the past and about the market as a whole.

    Args:
        caller: the way to the broker.
    """

    def __init__(self, caller: Reader) -> None:
        self._caller = caller

    async def daily_bars(
        self,
        code: str,
        first: date,
        last: date,
        *,
        period: Period = "D",
        adjusted: bool = True,
        priority: Priority = Priority.HISTORY,
    ) -> list[Bar]:
        """Ask for daily (weekly, monthly, yearly) bars, oldest first, over any range.

        The broker gives 100 a call, newest first. Each further question spans all that is left of
        the range, so a long halt without rows is jumped over; only an empty answer to the whole
        rest ends it.
        """
        where = "domestic_stock.inquire_daily_itemchartprice"
        params = {
            "FID_COND_MRKT_DIV_CODE": "J",
            "FID_INPUT_ISCD": code,
            "FID_INPUT_DATE_1": first.strftime("%Y%m%d"),
            "FID_PERIOD_DIV_CODE": period,
            "FID_ORG_ADJ_PRC": "0" if adjusted else "1",
        }
        found: dict[date, Bar] = {}
        while first <= last:
            page = await self._rows(
                where, params | {"FID_INPUT_DATE_2": last.strftime("%Y%m%d")}, priority, "output2"
            )
            bars = [(row.day("stck_bsop_date"), read_daily_bar(row)) for row in page]
            fresh = {day: bar for day, bar in bars if first <= day <= last}
            if not fresh:
                break
            found |= fresh
            last = min(fresh) - timedelta(days=1)
        return [found[day] for day in sorted(found)]

    async def index_bars(
        self, code: str, first: date, last: date, *, priority: Priority = Priority.HISTORY
    ) -> list[IndexBar]:
        """Ask for the days of an index (0001 KOSPI, 1001 KOSDAQ), oldest first, 50 a call."""
        params = {
            "FID_COND_MRKT_DIV_CODE": "U",
            "FID_INPUT_ISCD": code,
            "FID_INPUT_DATE_1": first.strftime("%Y%m%d"),
            "FID_PERIOD_DIV_CODE": "D",
        }
        found: dict[date, IndexBar] = {}
        while first <= last:
            page = await self._rows(
                "domestic_stock.inquire_daily_indexchartprice",
                params | {"FID_INPUT_DATE_2": last.strftime("%Y%m%d")},
                priority,
                "output2",
            )
            bars = [read_index_bar(row) for row in page]
            fresh = {bar.day: bar for bar in bars if first <= bar.day <= last}
            if not fresh:
                break
            found |= fresh
            last = min(fresh) - timedelta(days=1)
        return [found[day] for day in sorted(found)]

    async def minute_bars(
        self,
        code: str,
        day: date,
        *,
        since: datetime | None = None,
        priority: Priority = Priority.HISTORY,
    ) -> list[Bar]:
        """Ask for the minute bars of a day, oldest first; minutes without trades are missing.

        Today's are asked for 30 at a time, an earlier day's 120 at a time (real server only);
        bars before `since` only as far as they come along. No minute that has not begun is asked
        for, nor believed: the broker tells it at the price of now.
        """
        now = self._caller.clock.now()
        today = day == now.date()
        name = "inquire_time_itemchartprice" if today else "inquire_time_dailychartprice"
        params = {
            "FID_COND_MRKT_DIV_CODE": "J",
            "FID_INPUT_ISCD": code,
            "FID_PW_DATA_INCU_YN": "N",
        }
        params |= (
            {"FID_ETC_CLS_CODE": ""}
            if today
            else {"FID_INPUT_DATE_1": day.strftime("%Y%m%d"), "FID_FAKE_TICK_INCU_YN": ""}
        )
        found: dict[datetime, Bar] = {}
        hour = now.strftime("%H%M%S") if today else _LAST_MINUTE
        while hour >= _FIRST_MINUTE:
            page = await self._rows(
                f"domestic_stock.{name}", params | {"FID_INPUT_HOUR_1": hour}, priority, "output2"
            )
            bars = [(row.moment("stck_bsop_date", "stck_cntg_hour"), row) for row in page]
            now = self._caller.clock.now()
            fresh = {at: read_minute_bar(row) for at, row in bars if at.date() == day and at <= now}
            if not fresh.keys() - found.keys():
                break
            found |= fresh
            before = min(fresh) - timedelta(minutes=1)
            if before.date() != day or (since is not None and before < since):
                break
            hour = before.strftime("%H%M%S")
        return [found[at] for at in sorted(found)]

    async def stock_info(self, code: str, *, priority: Priority = Priority.HISTORY) -> StockInfo:
        """Ask what a stock is (주식기본조회); real server only."""
        where = "domestic_stock.search_stock_info"
        found = await self._rows(where, {"PRDT_TYPE_CD": "300", "PDNO": code}, priority, "output")
        return read_stock_info(next(iter(found), Row(where, {})))

    async def market_days(
        self, first: date, *, priority: Priority = Priority.HISTORY
    ) -> list[MarketDay]:
        """Ask for the 24 days from a day on (국내휴장일조회); real server only.

        The broker wants this to be asked once a day at most.
        """
        endpoint = catalogue.rest("domestic_stock.chk_holiday")
        params = fill(endpoint, {"BASS_DT": first.strftime("%Y%m%d")}, {})
        found = await read_pages(self._caller, endpoint, params, priority=priority, limit=1)
        return [read_market_day(row) for row in each(endpoint.id, found.rows("output"))]

    async def volume_ranking(
        self, sort: VolumeSort = "volume", *, priority: Priority = Priority.QUOTE
    ) -> list[Ranked]:
        """Ask for the 30 names with most volume, growth, turnover or traded value (거래량순위)."""
        params = {
            "FID_COND_MRKT_DIV_CODE": "J",
            "FID_COND_SCR_DIV_CODE": "20171",
            "FID_INPUT_ISCD": "0000",
            "FID_DIV_CLS_CODE": "0",
            "FID_BLNG_CLS_CODE": _VOLUME_SORTS[sort],
            "FID_TRGT_CLS_CODE": "111111111",
            "FID_TRGT_EXLS_CLS_CODE": "0000000000",
            "FID_INPUT_PRICE_1": "",
            "FID_INPUT_PRICE_2": "",
            "FID_VOL_CNT": "",
            "FID_INPUT_DATE_1": "",
        }
        found = await self._rows("domestic_stock.volume_rank", params, priority, "output")
        return [read_ranked(row, "mksc_shrn_iscd") for row in found]

    async def fluctuation_ranking(
        self, *, falling: bool = False, priority: Priority = Priority.QUOTE
    ) -> list[Ranked]:
        """Ask for the 30 names that rose (or fell) most (등락률 순위)."""
        endpoint = catalogue.rest("domestic_stock.fluctuation")
        params = {param.name: "" for param in endpoint.params}
        params |= {
            "fid_cond_mrkt_div_code": "J",
            "fid_cond_scr_div_code": "20170",
            "fid_input_iscd": "0000",
            "fid_rank_sort_cls_code": "1" if falling else "0",
            "fid_input_cnt_1": "0",
            "fid_prc_cls_code": "0",
            "fid_trgt_cls_code": "0",
            "fid_trgt_exls_cls_code": "0",
            "fid_div_cls_code": "0",
        }
        found = await self._rows(endpoint.id, params, priority, "output")
        return [read_ranked(row, "stck_shrn_iscd") for row in found]

    async def _rows(
        self, where: str, params: Mapping[str, str], priority: Priority, block: str
    ) -> Iterable[Row]:
        reply = await self._caller.ask(catalogue.rest(where), params, priority=priority)
        return list(each(where, rows(reply, block)))


def read_daily_bar(row: Row) -> Bar:
    """Read a row of the daily chart."""
    return Bar(
        at=row.day("stck_bsop_date"),
        open=row.won("stck_oprc"),
        high=row.won("stck_hgpr"),
        low=row.won("stck_lwpr"),
        close=row.won("stck_clpr"),
        volume=row.won("acml_vol"),
        value=row.maybe_won("acml_tr_pbmn"),
        change=row.maybe_won("prdy_vrss"),
    )


def read_index_bar(row: Row) -> IndexBar:
    """Read a row of an index's daily chart."""
    return IndexBar(
        day=row.day("stck_bsop_date"),
        open=row.number("bstp_nmix_oprc"),
        high=row.number("bstp_nmix_hgpr"),
        low=row.number("bstp_nmix_lwpr"),
        close=row.number("bstp_nmix_prpr"),
    )


def read_minute_bar(row: Row) -> Bar:
    """Read a row of a minute chart; its traded value is the day's up to then, and left out."""
    return Bar(
        at=row.moment("stck_bsop_date", "stck_cntg_hour"),
        open=row.won("stck_oprc"),
        high=row.won("stck_hgpr"),
        low=row.won("stck_lwpr"),
        close=row.won("stck_prpr"),
        volume=row.won("cntg_vol"),
    )


def read_stock_info(row: Row) -> StockInfo:
    """Read the facts about a stock."""
    return StockInfo(
        code=row.code("pdno"),
        name=row.maybe_text("prdt_abrv_name") or row.text("prdt_name"),
        english_name=row.maybe_text("prdt_eng_name"),
        market=row.text("mket_id_cd"),
        shares=row.maybe_won("lstg_stqt"),
        listed=row.maybe_day("scts_mket_lstg_dt") or row.maybe_day("kosdaq_mket_lstg_dt"),
        halted=row.maybe_text("tr_stop_yn") == "Y",
        administrative=row.maybe_text("admn_item_yn") == "Y",
    )


def read_market_day(row: Row) -> MarketDay:
    """Read a day of the holiday list."""
    return MarketDay(
        day=row.day("bass_dt"),
        open=row.text("opnd_yn") == "Y",
        settlement=row.maybe_text("sttl_day_yn") == "Y",
    )


def read_ranked(row: Row, code: str) -> Ranked:
    """Rankings name the code differently: `code` is the field's name."""
    return Ranked(
        rank=row.won("data_rank"),
        code=row.code(code),
        name=row.maybe_text("hts_kor_isnm") or "",
        price=row.maybe_price("stck_prpr"),
        change_rate=row.maybe_number("prdy_ctrt"),
        volume=row.maybe_won("acml_vol"),
        value=row.maybe_won("acml_tr_pbmn"),
    )
