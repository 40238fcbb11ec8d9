"""REST as the two servers speak it: envelopes, codes, pages, limits, and every served call."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from tests.exchange.conftest import Client, make_exchange, pass_time

from maemae.catalogue import Personality, all_rest, rest
from maemae.exchange.moment import MINUTE, SECOND
from maemae.exchange.protocol.gateway import HANDLERS
from maemae.exchange.protocol.keys import TOKEN_LIFE, Customer
from maemae.exchange.scenario import Opening, Scenario, default_scenario, read_scenario

BOTH: tuple[Personality, ...] = ("real", "virtual")
TRADING = "/uapi/domestic-stock/v1/trading/"


def _client(personality: Personality = "real", at: str = "10:00", **given: Any) -> Client:
    return Client(make_exchange(at=at, **given), personality)


def _fields(endpoint_id: str, block: str) -> list[str]:
    found = rest(endpoint_id).block(block)
    return [field.name.lower() for field in found.fields] if found else []


PARAMS: Mapping[str, Mapping[str, str]] = {
    "domestic_stock.psearch_title": {"USER_ID": "simtrader"},
    "domestic_stock.psearch_result": {"USER_ID": "simtrader", "SEQ": "1"},
    "domestic_stock.inquire_daily_itemchartprice": {
        "FID_INPUT_DATE_1": "20240101",
        "FID_INPUT_DATE_2": "20241231",
        "FID_PERIOD_DIV_CODE": "D",
    },
    "domestic_stock.inquire_daily_indexchartprice": {
        "FID_INPUT_ISCD": "0001",
        "FID_INPUT_DATE_1": "20240101",
        "FID_INPUT_DATE_2": "20241231",
        "FID_PERIOD_DIV_CODE": "D",
    },
    "domestic_stock.inquire_index_price": {"FID_INPUT_ISCD": "0001"},
    "domestic_stock.inquire_index_daily_price": {
        "FID_INPUT_ISCD": "0001",
        "FID_INPUT_DATE_1": "20240305",
    },
    "domestic_stock.inquire_time_itemconclusion": {"FID_INPUT_HOUR_1": "160000"},
    "domestic_stock.inquire_vi_status": {"FID_INPUT_ISCD": ""},
    "domestic_stock.capture_uplowprice": {"FID_INPUT_ISCD": "0000"},
    "domestic_stock.inquire_daily_price": {"FID_PERIOD_DIV_CODE": "D"},
    "domestic_stock.inquire_time_itemchartprice": {"FID_INPUT_HOUR_1": "160000"},
    "domestic_stock.inquire_time_dailychartprice": {
        "FID_INPUT_HOUR_1": "160000",
        "FID_INPUT_DATE_1": "20240305",
    },
    "domestic_stock.chk_holiday": {"BASS_DT": "20240301"},
    "domestic_stock.search_info": {"PRDT_TYPE_CD": "300"},
    "domestic_stock.inquire_psbl_order": {"ORD_DVSN": "01", "ORD_UNPR": "0"},
}
QUERIES = [
    name
    for name in HANDLERS
    if rest(name).method == "GET" and not name.startswith("overseas_stock.")
]


@pytest.fixture(scope="module")
def traded() -> Client:
    client = _client()
    client.order("buy", "000010", 5)
    client.order("buy", "000010", 5, 9_000)
    pass_time(client.exchange, "10:05")
    client.order("sell", "000010", 2)
    pass_time(client.exchange, "10:10")
    return client


@pytest.mark.parametrize("endpoint_id", QUERIES)
def test_every_query_answers_with_every_documented_field(traded: Client, endpoint_id: str) -> None:
    endpoint = rest(endpoint_id)
    values = {
        **traded.account, "PDNO": "000010", "FID_INPUT_ISCD": "000010",
        "FID_INPUT_ISCD_1": "000010", "FID_INPUT_ISCD_2": "0004K0",
        "INQR_STRT_DT": "20240305", "INQR_END_DT": "20240305",
    }  # fmt: skip
    values |= PARAMS.get(endpoint_id, {})
    if endpoint_id.endswith(("ccld", "profit")):
        values["PDNO"] = ""
    params = {one.name.upper(): values.get(one.name.upper(), "") for one in endpoint.params}
    tr_id = endpoint.tr_ids["real"][-1].id
    body = traded.raw(endpoint.method, endpoint.path, tr_id, **params)
    assert body["rt_cd"] == "0", body
    for block in endpoint.blocks:
        other = {"output1": "output", "output": "output1"}.get(block.name, block.name)
        names = [block.name, other]
        answer = next(body[name] for name in names if name in body)
        rows = answer if isinstance(answer, list) else [answer]
        assert rows, block.name
        assert set(_fields(endpoint_id, block.name)) <= {key.lower() for key in rows[0]}
    for output in (body.get("output"), body.get("output1"), body.get("output2")):
        for row in output if isinstance(output, list) else [output or {}]:
            assert all(isinstance(value, str) for value in row.values())


def test_other_calls_of_the_catalogue_are_said_to_be_not_simulated() -> None:
    client = _client()
    for endpoint in all_rest():
        if endpoint.id in HANDLERS or endpoint.id.startswith("auth."):
            continue
        params = {one.name.upper(): "" for one in endpoint.params}
        body = client.raw(endpoint.method, endpoint.path, endpoint.tr_ids["real"][0].id, **params)
        assert (client.status, body["msg_cd"]) == (200, "SIM00001"), endpoint.id


def test_virtual_refuses_what_the_virtual_server_lacks() -> None:
    client = _client("virtual")
    body = client.quote("psearch-title", "HHKST03900300", USER_ID="simtrader")
    assert (client.status, body["msg_cd"]) == (500, "EGW02006")
    real = _client("real")
    body = real.raw("GET", f"{TRADING}inquire-balance", "VTTC8434R")
    assert (real.status, body["msg_cd"]) == (500, "EGW02004")


def test_tokens() -> None:
    client = _client()
    customer, exchange = client.customer, client.exchange
    keys = {"APPKEY": customer.app_key, "APPSECRET": customer.app_secret}
    again = client.raw("POST", "/oauth2/tokenP", "", **keys)
    assert (client.status, again["error_code"]) == (403, "EGW00133")
    exchange.step(exchange.venue.now + MINUTE)
    again = client.raw("POST", "/oauth2/tokenP", "", **keys)
    assert again["access_token"] == client.token
    assert again["expires_in"] == 86_340
    client.raw("POST", "/oauth2/tokenP", "", **keys | {"APPSECRET": "x"})
    assert client.status == 403
    exchange.expire_tokens()
    assert client.balance()["msg_cd"] == "EGW00123"
    assert client.status == 500
    client.token = "nonsense"
    assert client.balance()["msg_cd"] == "EGW00121"
    assert TOKEN_LIFE == 24 * 60 * MINUTE


@pytest.mark.parametrize(("personality", "allowed"), [("real", 18), ("virtual", 1)])
def test_calls_per_second(personality: Personality, allowed: int) -> None:
    client = _client(personality, limits=True)
    for _ in range(3):
        codes = [client.balance()["rt_cd"] for _ in range(allowed + 3)]
        assert codes == ["0"] * allowed + ["1"] * 3
        assert client.balance() == {
            "rt_cd": "1",
            "msg1": "초당 거래건수를 초과하였습니다.",
            "msg_cd": "EGW00201",
            "message": "EGW00201",
        }
        assert client.status == 500
        client.exchange.step(client.exchange.venue.now + SECOND)


@pytest.mark.parametrize(("personality", "rows"), [("real", 50), ("virtual", 20)])
def test_pages_of_the_balance(personality: Personality, rows: int) -> None:
    opening = next(
        one for one in default_scenario(7).openings if one.customer.personality == personality
    )
    held = {f"9{n:05d}": (n, 1_000) for n in range(1, 2 * rows + 6)}
    scenario = Scenario((Opening(opening.customer, 0, held),))
    client = _client(personality, scenario=scenario)
    seen: list[str] = []
    counts: list[int] = []
    marks: list[str] = []
    tr_cont, key = "", ""
    while not marks or marks[-1] == "M":
        body = client.balance(tr_cont, key)
        seen += [row["pdno"] for row in body["output1"]]
        counts.append(len(body["output1"]))
        marks.append(client.tr_cont)
        assert len(body["ctx_area_fk100"]) == len(body["ctx_area_nk100"]) == 100
        tr_cont, key = "N", body["ctx_area_nk100"]
    assert (counts, marks) == ([rows, rows, 5], ["M", "M", "D"])
    assert seen == sorted(held)


def test_messages_are_padded_to_80_bytes_of_euc_kr() -> None:
    for personality in BOTH:
        message = _client(personality).balance()["msg1"]
        assert len(message.encode("euc-kr")) == 80


def test_an_empty_ledger_says_so() -> None:
    assert _client("real").balance()["msg_cd"] == "KIOK0560"
    assert _client("virtual").executions()["msg_cd"] == "70070000"


@pytest.mark.parametrize(
    ("personality", "code", "rt_cd"), [("real", "APBK0952", "7"), ("virtual", "40310000", "1")]
)
def test_a_market_buy_beyond_the_upper_limit_price_is_refused(
    personality: Personality, code: str, rt_cd: str
) -> None:
    client = _client(personality)
    power = client.power("000010")["output"]
    assert int(power["psbl_qty_calc_unpr"]) == 13_000
    most = int(power["nrcvb_buy_amt"]) // 13_000
    assert int(power["nrcvb_buy_qty"]) == most
    body = client.order("buy", "000010", most + 1)
    assert body == {"rt_cd": rt_cd, "msg_cd": code, "msg1": body["msg1"]}
    assert client.order("buy", "000010", most)["rt_cd"] == "0"
    assert int(client.power("000010")["output"]["nrcvb_buy_qty"]) == 0


def test_virtual_buying_power_is_the_recorded_one() -> None:
    power = _client("virtual").power("000010")["output"]
    assert (power["nrcvb_buy_amt"], power["max_buy_amt"]) == ("9998580", "50000000")


def test_balance_moves_at_once_but_deposit_does_not() -> None:
    client = _client("virtual")
    client.order("buy", "000010", 10)
    pass_time(client.exchange, "10:01")
    total = client.balance()["output2"][0]
    spent = int(total["thdt_buy_amt"]) + int(total["thdt_tlex_amt"])
    assert total["dnca_tot_amt"] == "10000000"
    assert int(total["prvs_rcdl_excc_amt"]) == 10_000_000 - spent
    assert int(total["tot_evlu_amt"]) == 10_000_000 - spent + int(total["scts_evlu_amt"])


def test_orders_amendments_and_cancellations_in_the_executions() -> None:
    client = _client("virtual")
    first = int(client.order("buy", "000010", 10, 9_000)["output"]["ODNO"])
    pass_time(client.exchange, "10:01")
    second = int(client.change(first, "01", price=9_100)["output"]["ODNO"])
    pass_time(client.exchange, "10:02")
    third = int(client.change(second, "02")["output"]["ODNO"])
    pass_time(client.exchange, "10:03")
    rows = client.executions()["output1"]
    assert [int(row["odno"]) for row in rows] == [first, second, third]
    assert [int(row["orgn_odno"]) for row in rows] == [0, first, second]
    assert [row["cncl_cfrm_qty"] for row in rows] == ["10", "10", "10"]
    assert [row["cncl_yn"] for row in rows] == ["N", "N", "Y"]
    assert client.executions(CCLD_DVSN="02")["output1"] == []
    gone = client.change(third, "02")
    assert gone["msg_cd"] == "40320000"
    assert client.change(second, "02")["msg_cd"] == "40330000"


def test_an_empty_search_and_an_unknown_one_are_errors() -> None:
    client = _client(at="08:40")
    for seq in ("0", "99"):
        body = client.quote("psearch-result", "HHKST03900400", USER_ID="simtrader", SEQ=seq)
        assert body == {"rt_cd": "1", "msg_cd": "MCA05918", "msg1": "종목코드 오류입니다."}


def test_a_search_finds_what_rose() -> None:
    client = _client(at="15:35")
    body = client.quote("psearch-result", "HHKST03900400", USER_ID="simtrader", SEQ="0")
    assert [row["code"] for row in body["output2"]] == ["000010"]
    assert body["output2"][0]["price"] == "00000010400.0000"
    assert float(body["output2"][0]["chgrate"]) == 4.0


def test_a_missing_field_is_named() -> None:
    body = _client().quote("inquire-price", "FHKST01010100", FID_INPUT_ISCD="000010")
    assert (body["rt_cd"], body["msg_cd"]) == ("2", "OPSQ2001")
    assert "FID_COND_MRKT_DIV_CODE" in body["msg1"]


def test_days_follow_one_another_with_positions_and_cash() -> None:
    client = _client("real")
    client.order("buy", "000010", 10)
    pass_time(client.exchange, "10:01")
    cash = client.balance()["output2"][0]["prvs_rcdl_excc_amt"]
    client.exchange.next_day()
    total, row = client.balance()["output2"][0], client.balance()["output1"][0]
    assert (total["prvs_rcdl_excc_amt"], total["dnca_tot_amt"]) == (cash, "10000000")
    assert (row["hldg_qty"], row["thdt_buyqty"], row["bfdy_buy_qty"]) == ("10", "0", "10")
    pass_time(client.exchange, "09:01")
    assert client.order("sell", "000010", 10)["rt_cd"] == "0"
    pass_time(client.exchange, "09:02")
    assert client.balance()["output1"][0]["hldg_qty"] == "0"
    profit = client.raw(
        "GET", f"{TRADING}inquire-period-profit", "TTTC8708R", **client.account,
        INQR_STRT_DT="20240305", INQR_END_DT="20240306", SORT_DVSN="00", PDNO="",
        INQR_DVSN="00", CBLC_DVSN="00", CTX_AREA_FK100="", CTX_AREA_NK100="",
    )  # fmt: skip
    assert [row["trad_dt"] for row in profit["output1"]] == ["20240306", "20240305"]
    account = client.exchange.venue.accounts[client.customer.account]
    assert int(profit["output2"]["tot_rlzt_pfls"]) == account.cash - 10_000_000


@pytest.mark.parametrize("tr_id", ["TTTC8036R", "TTTC0084R", "VTTC8036R", "VTTC0084R", "XXXX"])
def test_what_the_virtual_server_says_to_ids_that_are_not_its_own(tr_id: str) -> None:
    client = _client("virtual")
    body = client.raw("GET", f"{TRADING}inquire-psbl-rvsecncl", tr_id)
    answers = {"T": (500, "EGW02006"), "V": (200, "90000000"), "X": (200, "EGW00310")}
    assert (client.status, body["msg_cd"]) == answers[tr_id[0]]


@pytest.mark.parametrize("day", ["2024-03-05", "20240231", "now"])
def test_a_date_that_is_none_is_named(day: str) -> None:
    body = _client().executions(INQR_STRT_DT=day)
    assert (body["rt_cd"], body["msg_cd"]) == ("2", "OPSQ2002")
    assert "INQR_STRT_DT" in body["msg1"]
    name = "domestic_stock.inquire_daily_indexchartprice"
    asked = {**PARAMS[name], "FID_COND_MRKT_DIV_CODE": "U", "FID_INPUT_DATE_1": day}
    body = _client().quote("inquire-daily-indexchartprice", "FHKUP03500100", **asked)
    assert (body["msg_cd"], "FID_INPUT_DATE_1" in body["msg1"]) == ("OPSQ2002", True)


def test_an_amendment_on_its_way_can_be_cancelled() -> None:
    client = _client("virtual")
    first = int(client.order("buy", "000010", 10, 9_000)["output"]["ODNO"])
    pass_time(client.exchange, "10:01")
    second = int(client.change(first, "01", price=9_100)["output"]["ODNO"])
    assert client.change(second, "02")["rt_cd"] == "0"
    pass_time(client.exchange, "10:02")
    rows = client.executions()["output1"]
    assert [row["cncl_cfrm_qty"] for row in rows] == ["10", "10", "10"]
    assert client.exchange.venue.accounts[client.customer.account].reserved == 0


def test_an_amendment_on_its_way_holds_back_what_it_needs() -> None:
    client = _client(scenario=Scenario((Opening(_customer(), 1_000_000),)))
    first = int(client.order("buy", "000010", 90, 9_000)["output"]["ODNO"])
    pass_time(client.exchange, "10:01")
    assert client.change(first, "01", price=11_000)["rt_cd"] == "0"
    assert client.order("buy", "000010", 10, 9_000)["msg_cd"] == "APBK0952"
    pass_time(client.exchange, "10:02")
    account = client.exchange.venue.accounts[client.customer.account]
    assert 0 <= account.reserved <= account.cash


def _customer() -> Customer:
    return default_scenario(7).openings[0].customer


def test_keys_and_tokens_serve_after_the_exchange_is_started_again() -> None:
    before, after = Client(make_exchange()), Client(make_exchange(at="08:40"))
    own = after.token
    after.token = before.token
    assert after.balance()["rt_cd"] == "0"
    after.token = f"{before.token[:-2]}xx"
    assert after.balance()["msg_cd"] == "EGW00121"
    after.token = before.token
    revoked = after.raw(
        "POST", "/oauth2/revokeP", "",
        APPKEY=after.customer.app_key, APPSECRET=after.customer.app_secret, TOKEN=before.token,
    )  # fmt: skip
    assert revoked["code"] == 200
    assert after.balance()["msg_cd"] == "EGW00121"
    after.token = own
    assert after.balance()["rt_cd"] == "0"


def test_calls_per_second_are_the_scenarios(tmp_path: Path) -> None:
    file = tmp_path / "scenario.toml"
    file.write_text("[calls_per_second]\nreal = 3\nvirtual = 0\n", encoding="utf-8")
    scenario = read_scenario(file, 7)
    new_customer = _client("real", limits=True, scenario=scenario)
    assert [new_customer.balance()["rt_cd"] for _ in range(5)] == ["0"] * 3 + ["1"] * 2
    unlimited = _client("virtual", limits=True, scenario=scenario)
    assert {unlimited.balance()["rt_cd"] for _ in range(5)} == {"0"}
