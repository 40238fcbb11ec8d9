"""What programs that others wrote ask for besides: overseas, who traded, minutes, blank fields."""

from typing import Any

import pytest
from tests.exchange.conftest import Client, FixedSource, listing, make_exchange, pass_time

from maemae.catalogue import Personality, RestEndpoint, all_rest, rest
from maemae.exchange.listing import Listing

TRADING = "/uapi/domestic-stock/v1/trading/"
ABROAD = [
    (one, server)
    for one in all_rest()
    if one.id.startswith("overseas_stock.") and one.method == "GET" and "/trading/" in one.path
    for server in one.tr_ids
]


def _client(personality: Personality = "real", at: str = "10:00", **given: Any) -> Client:
    return Client(make_exchange(at=at, **given), personality)


def _ask(client: Client, endpoint_id: str, **given: str) -> Any:
    endpoint = rest(f"domestic_stock.{endpoint_id}")
    values = {**client.account, "FID_INPUT_ISCD": "000010"} | given
    params = {one.name.upper(): values.get(one.name.upper(), "") for one in endpoint.params}
    return client.raw("GET", endpoint.path, endpoint.tr_ids["real"][-1].id, **params)


@pytest.mark.parametrize(
    ("endpoint", "personality"), ABROAD, ids=[f"{one.id}-{server}" for one, server in ABROAD]
)
def test_nothing_is_held_abroad(endpoint: RestEndpoint, personality: Personality) -> None:
    client = _client(personality)
    params = {one.name.upper(): one.sample for one in endpoint.params} | client.account
    body = client.raw("GET", endpoint.path, endpoint.tr_ids[personality][0].id, **params)
    assert body["rt_cd"] == "0", body
    for block in endpoint.blocks:
        answer = body[block.name]
        for row in answer if isinstance(answer, list) else [answer]:
            assert {one.name for one in block.fields} <= set(row)
            numbers = [text for name, text in row.items() if text.replace(".", "").isdigit()]
            assert all(float(one) == 0 for one in numbers)


def test_purchases_and_sales_of_all_investors_are_the_volume() -> None:
    client = _client(at="15:25")
    pass_time(client.exchange, "15:31")
    for row in _ask(client, "inquire_investor")["output"]:
        sums = {
            side: sum(int(row[f"{who}_{side}"]) for who in ("prsn", "frgn", "orgn"))
            for side in ("shnu_vol", "seln_vol", "ntby_qty")
        }
        assert sums["shnu_vol"] == sums["seln_vol"] > 0
        assert sums["ntby_qty"] == 0


def test_todays_investors_are_blank_until_the_close() -> None:
    today, before, *_ = _ask(_client(), "inquire_investor")["output"]
    assert (today["stck_bsop_date"], today["prsn_ntby_qty"]) == ("20240305", "")
    assert before["prsn_ntby_qty"] != ""


class Jumpy(FixedSource):
    """One name that opens at its upper limit, and one that falls by a tenth at once."""

    def listings(self, day: Any) -> list[Listing]:
        return [
            listing("000010", (13_000, 13_000, 13_000, 13_000), 500_000),
            listing("000020", (10_000, 10_000, 8_000, 8_100), 900_000),
        ]


def test_interruptions_and_limit_prices_are_told() -> None:
    client = _client(at="15:00", source=Jumpy())
    rows = _ask(client, "inquire_vi_status", FID_INPUT_ISCD="")["output"]
    assert {"000010", "000020"} == {row["mksc_shrn_iscd"] for row in rows}
    (opening,) = (row for row in rows if row["mksc_shrn_iscd"] == "000010")
    assert (opening["vi_kind_code"], opening["vi_prc"], opening["vi_dprt"]) == (
        "1", "13000", "30.00",
    )  # fmt: skip
    fallen = _ask(client, "inquire_vi_status", FID_INPUT_ISCD="", FID_DIV_CLS_CODE="2")["output"]
    assert {row["mksc_shrn_iscd"] for row in fallen} == {"000020"}
    (at_limit,) = _ask(client, "capture_uplowprice", FID_INPUT_ISCD="0000")["output"]
    assert (at_limit["mksc_shrn_iscd"], at_limit["total_askp_rsqn"]) == ("000010", "0")


def test_buying_power_without_a_code_tells_the_amounts() -> None:
    client = _client()
    body = client.power("")
    with_code = client.power("000010")["output"]
    assert body["rt_cd"] == "0"
    assert body["output"]["nrcvb_buy_amt"] == with_code["nrcvb_buy_amt"]
    assert (body["output"]["nrcvb_buy_qty"], body["output"]["max_buy_qty"]) == ("0", "0")


def test_executions_need_no_exchange() -> None:
    client = _client()
    client.order("buy", "000010", 5)
    pass_time(client.exchange, "10:05")
    endpoint = rest("domestic_stock.inquire_daily_ccld")
    params = {one.name.upper(): "" for one in endpoint.params if "EXCG" not in one.name}
    params |= {**client.account, "INQR_STRT_DT": "20240305", "INQR_END_DT": "20240305"}
    body = client.raw("GET", endpoint.path, "TTTC0081R", **params)
    assert [row["tot_ccld_qty"] for row in body["output1"]] == ["5"]


def test_minutes_to_come_are_told_at_the_price_of_now() -> None:
    client = _client(at="10:00")
    body = _ask(client, "inquire_time_itemchartprice", FID_INPUT_HOUR_1="101000")
    rows, now = body["output2"], body["output1"]["stck_prpr"]
    assert [row["stck_cntg_hour"] for row in rows[:10]] == [
        f"10{n:02d}00" for n in range(10, 0, -1)
    ]
    assert {row["stck_prpr"] for row in rows[:10]} == {now}
    assert {row["cntg_vol"] for row in rows[:10]} == {"0"}
    latest = _ask(client, "inquire_time_itemchartprice", FID_INPUT_HOUR_1="000000")["output2"]
    assert len(latest) == 30
    assert latest[0]["stck_cntg_hour"] <= "100000"


def test_strength_is_one_on_all_ways() -> None:
    client = _client(at="10:00:05")
    by_trade = client.quote("inquire-ccnl", "FHKST01010300", FID_COND_MRKT_DIV_CODE="J",
                            FID_INPUT_ISCD="000010")["output"][0]  # fmt: skip
    by_time = _ask(client, "inquire_time_itemconclusion", FID_INPUT_HOUR_1="100005")["output2"][0]
    hits = client.quote("psearch-result", "HHKST03900400", USER_ID="simtrader", SEQ="1")["output2"]
    (hit,) = (row for row in hits if row["code"] == "000010")
    assert by_trade["tday_rltv"] == by_time["tday_rltv"] == f"{float(hit['cttr']):.2f}" != "100.00"


def test_sums_of_a_periods_profit_hold() -> None:
    client = _client()
    client.order("buy", "000010", 50)
    client.order("buy", "000020", 30)
    pass_time(client.exchange, "10:05")
    client.order("sell", "000010", 50)
    pass_time(client.exchange, "10:10")
    costs = client.exchange.venue.accounts[client.customer.account].costs
    period = {"INQR_STRT_DT": "20240305", "INQR_END_DT": "20240305"}
    of_days = _ask(client, "inquire_period_profit", **period)
    of_names = _ask(client, "inquire_period_trade_profit", **period)
    for body in (of_days, of_names):
        total = {name: int(text) for name, text in body["output2"].items() if name != "tot_pftrt"}
        assert total["buy_fee_smtl"] + total["sll_fee_smtl"] == total["tot_fee"] == costs.fee > 0
        assert total["buy_excc_amt_smtl"] == total["buy_tr_amt_smtl"] + total["buy_fee_smtl"]
        received = total["sll_tr_amt_smtl"] - total["sll_fee_smtl"] - total["sll_tltx_smtl"]
        assert total["sll_excc_amt_smtl"] == received
        for field, of_rows in (
            ("tot_fee", "fee"),
            ("tot_tltx", "tl_tax"),
            ("tot_rlzt_pfls", "rlzt_pfls"),
        ):
            assert sum(int(row[of_rows]) for row in body["output1"]) == total[field]
    joined = _ask(client, "inquire_period_trade_profit", **period, PDNO="000020")["output1"]
    assert [row["pdno"] for row in joined] == ["00000A000020"]
    (same,) = _ask(client, "inquire_period_trade_profit", **period, PDNO="00000A000020")["output1"]
    assert same == joined[0]


def test_one_sale_of_all_that_was_bought_keeps_the_recorded_identity() -> None:
    client = _client()
    client.order("buy", "000010", 50)
    pass_time(client.exchange, "10:05")
    client.order("sell", "000010", 50)
    pass_time(client.exchange, "10:10")
    period = {"INQR_STRT_DT": "20240305", "INQR_END_DT": "20240305"}
    total = _ask(client, "inquire_period_trade_profit", **period)["output2"]
    made = int(total["sll_excc_amt_smtl"]) - int(total["buy_excc_amt_smtl"])
    assert int(total["tot_rlzt_pfls"]) == made


def test_the_virtual_server_knows_open_orders_abroad() -> None:
    client = _client("virtual")
    endpoint = rest("overseas_stock.inquire_nccs")
    params = {one.name.upper(): one.sample for one in endpoint.params} | client.account
    body = client.raw("GET", endpoint.path, "VTTS3018R", **params)
    assert (body["rt_cd"], body["output"]) == ("0", [])


def test_a_chart_may_begin_with_the_first_day_of_all() -> None:
    asked = {"FID_INPUT_DATE_1": "00000101", "FID_INPUT_DATE_2": "20240305"}
    body = _ask(_client(), "inquire_daily_itemchartprice", FID_PERIOD_DIV_CODE="D", **asked)
    assert len(body["output2"]) == 100


def test_a_change_is_an_amendment_or_a_cancellation() -> None:
    client = _client()
    number = int(client.order("buy", "000010", 5, 9_000)["output"]["ODNO"])
    body = client.change(number, "취소")
    assert (body["rt_cd"], body["msg_cd"]) == ("2", "OPSQ2002")
