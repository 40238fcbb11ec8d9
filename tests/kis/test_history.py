from datetime import date, datetime, timedelta

import pytest
from aiohttp import web
from tests.kis.broker import OK, Broker

from maemae.clock import KST
from maemae.kis import KisClient


def daily(day: date) -> dict[str, str]:
    return {
        "stck_bsop_date": day.strftime("%Y%m%d"),
        "stck_oprc": "100",
        "stck_hgpr": "110",
        "stck_lwpr": "90",
        "stck_clpr": "105",
        "acml_vol": "1000",
        "acml_tr_pbmn": "100000",
    }


async def test_daily_bars_are_paged_backwards_over_any_range(
    kis: KisClient, broker: Broker
) -> None:
    listed = date(2021, 6, 1)

    def answer(request: web.Request) -> web.Response:
        day = datetime.strptime(request.query["FID_INPUT_DATE_2"], "%Y%m%d").date()  # noqa: DTZ007
        first = datetime.strptime(request.query["FID_INPUT_DATE_1"], "%Y%m%d").date()  # noqa: DTZ007
        rows: list[dict[str, str]] = []
        while day >= max(first, listed) and len(rows) < 100:
            rows.append(daily(day))
            day -= timedelta(days=1)
        padding = [dict.fromkeys(daily(day), "")] * 3
        return web.json_response(OK | {"output1": {}, "output2": rows + padding})

    broker.answer("inquire-daily-itemchartprice", answer)
    bars = await kis.history.daily_bars("005930", date(2021, 1, 1), date(2022, 1, 31))
    assert [bar.at for bar in bars] == [listed + timedelta(days=n) for n in range(245)]
    assert len(broker.calls("inquire-daily-itemchartprice")) == 4
    assert (bars[0].open, bars[0].close, bars[0].value) == (100, 105, 100000)


async def test_minute_bars_of_today_are_paged_backwards(kis: KisClient, broker: Broker) -> None:
    def answer(request: web.Request) -> web.Response:
        hour = min(request.query["FID_INPUT_HOUR_1"], "093000")
        at = datetime.strptime("20220602" + hour, "%Y%m%d%H%M%S")  # noqa: DTZ007
        rows: list[dict[str, str]] = []
        while at.hour >= 9 and len(rows) < 20:
            rows.append(
                {
                    "stck_bsop_date": "20220602",
                    "stck_cntg_hour": at.strftime("%H%M00"),
                    "stck_oprc": "1",
                    "stck_hgpr": "1",
                    "stck_lwpr": "1",
                    "stck_prpr": "1",
                    "cntg_vol": "5",
                }
            )
            at -= timedelta(minutes=1)
        return web.json_response(OK | {"output1": {}, "output2": rows})

    broker.answer("inquire-time-itemchartprice", answer)
    bars = await kis.history.minute_bars("005930", date(2022, 6, 2))
    assert [bar.at for bar in bars] == [datetime(2022, 6, 2, 9, n, tzinfo=KST) for n in range(31)]


@pytest.mark.parametrize(("first", "calls"), [("0900", 4), ("0902", 5)])
async def test_nothing_before_the_open_is_asked_for(
    kis: KisClient, broker: Broker, first: str, calls: int
) -> None:
    """381 minutes in four pages of 120; the fifth could bring nothing but an empty answer."""

    def answer(request: web.Request) -> web.Response:
        until = request.query["FID_INPUT_HOUR_1"]
        day = datetime(2022, 5, 31, int(first[:2]), int(first[2:]))  # noqa: DTZ001
        every = [day + timedelta(minutes=number) for number in range(381)]
        rows = [
            dict.fromkeys(("stck_oprc", "stck_hgpr", "stck_lwpr", "stck_prpr", "cntg_vol"), "1")
            | {"stck_bsop_date": "20220531", "stck_cntg_hour": f"{at:%H%M}00"}
            for at in reversed(every)
            if f"{at:%H%M}00" <= until
        ]
        return web.json_response(OK | {"output1": {}, "output2": rows[:120]})

    broker.answer("inquire-time-dailychartprice", answer)
    day = date(2022, 5, 31)
    opens = datetime(2022, 5, 31, 9, tzinfo=KST)
    assert len(await kis.history.minute_bars("005930", day, since=opens)) == 381
    assert len(broker.calls("inquire-time-dailychartprice")) == calls


async def test_minutes_to_come_are_not_asked_for_and_not_believed(
    kis: KisClient, broker: Broker
) -> None:
    flat = dict.fromkeys(("stck_oprc", "stck_hgpr", "stck_lwpr", "stck_prpr"), "1")
    rows = [
        {"stck_bsop_date": "20220602", "stck_cntg_hour": at, **flat, "cntg_vol": "0"}
        for at in ("093200", "093100", "093000", "092900")
    ]
    broker.answer("inquire-time-itemchartprice", OK | {"output1": {}, "output2": rows})
    bars = await kis.history.minute_bars("005930", date(2022, 6, 2))
    asked = [
        call.params["FID_INPUT_HOUR_1"] for call in broker.calls("inquire-time-itemchartprice")
    ]
    assert all(hour < "093100" for hour in asked)
    assert [f"{bar.at:%M}" for bar in bars] == ["29", "30"]


async def test_market_days_and_rankings(kis: KisClient, broker: Broker) -> None:
    day = {"bass_dt": "20220604", "tr_day_yn": "Y", "opnd_yn": "N", "sttl_day_yn": "N"}
    broker.answer("chk-holiday", OK | {"output": [day], "ctx_area_nk": "20220604            "})
    [found] = await kis.history.market_days(date(2022, 6, 4))
    assert (found.day, found.open) == (date(2022, 6, 4), False)
    row = {"data_rank": "1", "hts_kor_isnm": "삼성전자", "stck_prpr": "65100"}
    broker.answer("volume-rank", OK | {"output": [row | {"mksc_shrn_iscd": "005930"}]})
    broker.answer("fluctuation", OK | {"output": [row | {"stck_shrn_iscd": "000040"}]})
    assert (await kis.history.volume_ranking("value"))[0].code == "005930"
    assert (await kis.history.fluctuation_ranking(falling=True))[0].code == "000040"
    assert broker.calls("volume-rank")[0].params["FID_BLNG_CLS_CODE"] == "3"


async def test_a_token_can_be_given_back(kis: KisClient, broker: Broker) -> None:
    broker.answer("revokeP", {"code": 200, "message": "접근토큰 폐기에 성공하였습니다"})
    await kis.revoke_token()
    assert broker.calls("revokeP")[0].params["token"] == "token-1"
    await kis.history.market_days(date(2022, 6, 4))
    assert broker.calls("chk-holiday")[0].token == "token-2"
