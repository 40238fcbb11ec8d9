import asyncio
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from aiohttp import web
from tests.kis.broker import CREDENTIALS, OK, Broker, FakeClock, failure

from maemae.catalogue import CodeKind
from maemae.clock import KST
from maemae.errors import (
    KisAuth,
    KisRefused,
    KisThrottled,
    KisUnavailable,
    KisUnreadable,
    KisUnsupported,
    SettingsError,
)
from maemae.kis import Accepted, KisClient, OrderRequest, Partial, Refused, Unknown
from maemae.market.kinds import Side

QUOTE = OK | {"output": {"stck_shrn_iscd": "005930", "stck_prpr": "71900"}}
BUY = OrderRequest(Side.BUY, "005930", 10, None, "01")
TAKEN = OK | {"output": {"KRX_FWDG_ORD_ORGNO": "00950", "ODNO": "0000004126", "ORD_TMD": "093001"}}
SUMMARY = {
    "dnca_tot_amt": "10000000",
    "nxdy_excc_amt": "10000000",
    "prvs_rcdl_excc_amt": "9705460",
    "thdt_buy_amt": "294500",
    "thdt_sll_amt": "0",
    "thdt_tlex_amt": "40",
    "scts_evlu_amt": "297250",
    "nass_amt": "10002710",
}


def holding(code: str, quantity: int) -> dict[str, str]:
    return {
        "pdno": code,
        "prdt_name": "이름",
        "hldg_qty": str(quantity),
        "ord_psbl_qty": str(quantity),
        "pchs_avg_pric": "4482.1420",
        "prpr": "",
        "loan_dt": "",
    }


def balance_page(
    codes: list[str], *, more: bool = False, key: str = "", quantity: int = 1
) -> web.Response:
    body = {
        "ctx_area_fk100": "12345678^01^N^N^".ljust(100),
        "ctx_area_nk100": key.ljust(100),
        "output1": [holding(code, quantity) for code in codes],
        "output2": [SUMMARY],
        **OK,
    }
    return web.json_response(body, headers={"tr_cont": "M" if more else "D"})


async def test_a_price_is_read(kis: KisClient, broker: Broker) -> None:
    broker.answer("inquire-price", QUOTE)
    quote = await kis.price("005930")
    assert (quote.code, quote.price, quote.base) == ("005930", 71900, None)
    [asked] = broker.calls("inquire-price")
    assert asked.tr_id == "FHKST01010100"
    assert asked.token == "token-1"
    assert asked.params == {"FID_COND_MRKT_DIV_CODE": "J", "FID_INPUT_ISCD": "005930"}


async def test_a_missing_needed_field_names_endpoint_and_field(
    kis: KisClient, broker: Broker
) -> None:
    broker.answer("inquire-price", OK | {"output": {"stck_shrn_iscd": " ", "stck_prpr": "1"}})
    with pytest.raises(KisUnreadable, match=r"inquire_price.* stck_shrn_iscd"):
        await kis.price("005930")


@pytest.mark.parametrize("stated", [" ", "0", "-71900"])
async def test_a_price_that_is_none_is_read_as_none(
    kis: KisClient, broker: Broker, stated: str
) -> None:
    row = {"stck_shrn_iscd": "005930", "stck_prpr": stated, "stck_sdpr": "71000"}
    broker.answer("inquire-price", OK | {"output": row})
    quote = await kis.price("005930")
    assert (quote.price, quote.base) == (None, 71_000)


async def test_many_prices_are_asked_for_30_at_a_time(kis: KisClient, broker: Broker) -> None:
    def answer(request: web.Request) -> web.Response:
        codes = [value for name, value in request.query.items() if "ISCD" in name]
        rows = [{"inter_shrn_iscd": code, "inter2_prpr": "1000"} for code in codes]
        return web.json_response(OK | {"output": rows})

    broker.answer("intstock-multprice", answer)
    codes = [f"{n:06d}" for n in range(100, 165)]
    assert [quote.code for quote in await kis.prices(codes)] == codes
    assert len(broker.calls("intstock-multprice")) == 3


async def test_no_match_of_a_condition_search_is_an_empty_list(
    kis: KisClient, broker: Broker
) -> None:
    broker.answer("psearch-result", failure("MCA05918", "종목코드 오류입니다.", status=200))
    assert await kis.condition_result(0) == []
    assert broker.calls("psearch-result")[0].params == {"user_id": "tester", "seq": "0"}


async def test_conditions_that_were_not_saved_say_what_to_do(
    kis: KisClient, broker: Broker
) -> None:
    broker.answer("psearch-title", failure("MCA05762", "조회가 계속 됩니다.", status=200))
    with pytest.raises(KisRefused, match="MCA05762"):
        await kis.condition_titles()


async def test_buying_power_of_a_market_order(kis: KisClient, broker: Broker) -> None:
    output = {
        "ord_psbl_cash": "9950000",
        "nrcvb_buy_amt": "9998580",
        "nrcvb_buy_qty": "146",
        "psbl_qty_calc_unpr": "68100",
        "max_buy_amt": "50000000",
    }
    broker.answer("inquire-psbl-order", OK | {"output": output})
    power = await kis.buying_power("005930", None)
    assert (power.cash, power.amount, power.quantity, power.price) == (9950000, 9998580, 146, 68100)
    asked = broker.calls("inquire-psbl-order")[0].params
    assert (asked["ORD_DVSN"], asked["ORD_UNPR"], asked["CANO"]) == ("01", "0", "12345678")


async def test_a_balance_has_all_pages(kis: KisClient, broker: Broker) -> None:
    first, second = [f"{n:06d}" for n in range(20)], [f"{n:06d}" for n in range(20, 25)]
    broker.answer(
        "inquire-balance",
        balance_page(first, more=True, key="N^000019"),
        balance_page([*second, "000099"], quantity=2),
    )
    balance = await kis.balance()
    assert len(balance.holdings) == 26
    assert (balance.cash, balance.cash_d2, balance.day_costs) == (10000000, 9705460, 40)
    assert balance.holdings[0].average_price == Decimal("4482.1420")
    assert balance.holdings[0].price is None
    one, two = broker.calls("inquire-balance")
    assert (one.tr_cont, two.tr_cont) == ("", "N")
    assert two.params["CTX_AREA_NK100"].strip() == "N^000019"


async def test_names_sold_out_today_stay_with_no_shares(kis: KisClient, broker: Broker) -> None:
    broker.answer("inquire-balance", balance_page(["005930"], quantity=0))
    assert [(one.code, one.quantity) for one in (await kis.balance()).holdings] == [("005930", 0)]


async def test_a_search_key_without_a_next_key_is_the_last_page(
    kis: KisClient, broker: Broker
) -> None:
    broker.answer("inquire-balance", balance_page(["005930"], more=True, key=""))
    assert len((await kis.balance()).holdings) == 1


async def test_a_failed_page_is_never_a_short_list(kis: KisClient, broker: Broker) -> None:
    broker.answer(
        "inquire-balance",
        balance_page(["005930"], more=True, key="N^1"),
        failure("EGW00002", "서버 에러"),
    )
    with pytest.raises(KisUnavailable):
        await kis.balance()
    broker.answer(
        "inquire-balance",
        balance_page(["005930"], more=True, key="N^1"),
        failure("EGW00002", "서버 에러"),
    )
    result = await kis.call(
        "domestic_stock.inquire_balance",
        {
            "afhr_flpr_yn": "N",
            "inqr_dvsn": "01",
            "unpr_dvsn": "01",
            "fund_sttl_icld_yn": "N",
            "fncg_amt_auto_rdpt_yn": "N",
            "prcs_dvsn": "00",
        },
    )
    assert isinstance(result, Partial)
    assert len(result.rows("output1")) == 1
    assert isinstance(result.error, KisUnavailable)


async def test_a_page_that_leads_to_itself_is_not_complete(kis: KisClient, broker: Broker) -> None:
    broker.answer("inquire-balance", balance_page(["005930"], more=True, key="N^1"))
    with pytest.raises(KisUnreadable, match="same page"):
        await kis.balance()


async def test_data_that_changed_between_pages_is_asked_for_again(
    kis: KisClient, broker: Broker
) -> None:
    broker.answer(
        "inquire-balance",
        balance_page(["005930"], more=True, key="N^1"),
        failure("SYDB0050", "", status=200, rt_cd="7"),
        balance_page(["005930"], more=True, key="N^1"),
        balance_page(["000660"]),
    )
    assert len((await kis.balance()).holdings) == 2


async def test_one_full_page_that_always_announces_another_is_complete(
    kis: KisClient, broker: Broker
) -> None:
    full = [f"{n:06d}" for n in range(50)]
    broker.answer(
        "inquire-balance",
        balance_page(full, more=True, key="N^50"),
        failure("SYDB0050", "", status=200, rt_cd="7"),
        balance_page(full, more=True, key="N^50"),
        failure("SYDB0050", "", status=200, rt_cd="7"),
    )
    assert len((await kis.balance()).holdings) == 50


async def test_the_order_list_is_read_with_exact_amounts(kis: KisClient, broker: Broker) -> None:
    row = {
        "ord_dt": "20220602", "ord_tmd": "091500", "odno": "0000004126", "orgn_odno": "0000000000",
        "ord_gno_brno": "00950", "sll_buy_dvsn_cd": "02", "pdno": "005930", "prdt_name": "삼성전자",
        "ord_qty": "16", "tot_ccld_qty": "16", "tot_ccld_amt": "98155", "avg_prvs": "6134",
        "ord_unpr": "0", "rmn_qty": "0", "cncl_cfrm_qty": "0", "rjct_qty": "0", "cncl_yn": "N",
        "ord_dvsn_cd": "01", "excg_id_dvsn_cd": "KRX", "ctac_tlno": "01012345678",
    }  # fmt: skip
    broker.answer("inquire-daily-ccld", OK | {"output1": [row], "output2": {"tot_ord_qty": "16"}})
    [order] = await kis.daily_executions(date(2022, 6, 2))
    assert (order.order_no, order.original_no, order.side) == (4126, None, Side.BUY)
    assert (order.filled, order.amount, order.org_no) == (16, 98155, "00950")
    assert order.at == datetime(2022, 6, 2, 9, 15, tzinfo=KST)
    asked = broker.calls("inquire-daily-ccld")[0]
    assert asked.tr_id == "TTTC0081R"
    assert asked.params["EXCG_ID_DVSN_CD"] == "ALL"


async def test_orders_older_than_three_months_have_another_transaction_id(
    kis: KisClient, broker: Broker
) -> None:
    await kis.daily_executions(date(2022, 2, 2))
    assert broker.calls("inquire-daily-ccld")[0].tr_id == "CTSC9215R"


async def test_an_order_is_accepted(kis: KisClient, broker: Broker) -> None:
    broker.answer("order-cash", TAKEN)
    outcome = await kis.order(BUY)
    assert outcome == Accepted(4126, "00950", datetime(2022, 6, 2, 9, 30, 1, tzinfo=KST))
    [asked] = broker.calls("order-cash")
    assert asked.tr_id == "TTTC0012U"
    assert all(isinstance(value, str) for value in asked.params.values())
    assert asked.params["ORD_UNPR"] == "0"
    sale = OrderRequest(Side.SELL, "005930", 10, 71900)
    await kis.order(sale)
    assert broker.calls("order-cash")[1].tr_id == "TTTC0011U"


async def test_a_business_refusal_is_definite(kis: KisClient, broker: Broker) -> None:
    broker.answer("order-cash", failure("APBK0952", "주문가능금액을 초과 했습니다", status=200))
    outcome = await kis.order(BUY)
    assert isinstance(outcome, Refused)
    assert (outcome.code, outcome.kind) == ("APBK0952", CodeKind.NO_CASH)
    assert outcome.meaning
    assert outcome.advice


async def test_an_unheard_of_refusal_in_a_good_reply_is_definite_too(
    kis: KisClient, broker: Broker
) -> None:
    broker.answer("order-cash", failure("ZZZZ1234", "이유", status=200, rt_cd="7"))
    outcome = await kis.order(BUY)
    assert isinstance(outcome, Refused)
    assert (outcome.code, outcome.message) == ("ZZZZ1234", "이유")


async def drop(request: web.Request) -> web.Response:
    assert request.transport is not None
    request.transport.close()
    return web.Response()


async def slow(request: web.Request) -> web.Response:
    await asyncio.sleep(30)
    return web.Response()


@pytest.mark.parametrize(
    "answer",
    [
        drop,
        web.Response(status=500, text="<html>"),
        web.Response(status=200, body=b"\xff{"),
        web.Response(status=200, text="[1]"),
        failure("EGW00301", "직전 거래를 반드시 확인하세요"),
        failure("EGW00001", "일시적으로 오류"),
        failure("ZZZZ9999", "", status=500),
        OK | {"output": {"ODNO": ""}},
        OK | {"output": {"ODNO": "12x"}},
        OK,
        {"msg1": "?"},
    ],
    ids="drop html binary list timeout temporary unheard blank letters bare empty".split(),  # noqa: SIM905
)
async def test_what_is_not_clearly_yes_or_no_is_unknown_and_sent_once(
    kis: KisClient, broker: Broker, answer: object
) -> None:
    broker.answers["order-cash"] = [answer]  # type: ignore[list-item]
    assert isinstance(await kis.order(BUY), Unknown)
    assert len(broker.calls("order-cash")) == 1


async def test_an_order_without_a_reply_in_time_is_unknown(
    broker: Broker, clock: FakeClock, tmp_path: Path
) -> None:
    broker.answers["order-cash"] = [slow]
    server = broker.server(reply_timeout=0.1)
    async with KisClient(server, CREDENTIALS, clock=clock, state_dir=tmp_path) as kis:
        assert isinstance(await kis.order(BUY), Unknown)
        assert isinstance(await kis.cancel(1, "00950"), Accepted | Refused | Unknown)
    assert len(broker.calls("order-cash")) == 1


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("EGW00201", CodeKind.THROTTLED),
        ("EGW00215", CodeKind.THROTTLED),
        ("EGW00123", CodeKind.AUTH),
        ("EGW02004", CodeKind.CREDENTIALS),
    ],
)
async def test_the_gateway_refuses_orders_definitely_and_they_are_not_repeated(
    kis: KisClient, broker: Broker, code: str, kind: CodeKind
) -> None:
    broker.answer("order-cash", failure(code))
    outcome = await kis.order(BUY)
    assert isinstance(outcome, Refused)
    assert (outcome.code, outcome.kind, outcome.sent) == (code, kind, True)
    assert len(broker.calls("order-cash")) == 1


async def test_an_order_that_found_no_connection_was_not_sent(
    broker: Broker, clock: FakeClock, tmp_path: Path
) -> None:
    broker.answer("inquire-price", QUOTE)
    async with KisClient(broker.server(), CREDENTIALS, clock=clock, state_dir=tmp_path) as kis:
        await kis.price("005930")
        await broker.__aexit__()
        await asyncio.sleep(0.05)
        outcome = await kis.order(BUY)
    assert isinstance(outcome, Refused)
    assert not outcome.sent


async def test_amending_and_cancelling(kis: KisClient, broker: Broker) -> None:
    broker.answer("order-rvsecncl", TAKEN)
    assert isinstance(await kis.amend(4126, "00950", price=71000), Accepted)
    assert isinstance(await kis.cancel(4126, "00950", quantity=3), Accepted)
    amended, cancelled = (asked.params for asked in broker.calls("order-rvsecncl"))
    assert (amended["RVSE_CNCL_DVSN_CD"], amended["ORGN_ODNO"]) == ("01", "0000004126")
    assert (amended["QTY_ALL_ORD_YN"], amended["ORD_QTY"], amended["ORD_UNPR"]) == (
        "Y",
        "0",
        "71000",
    )
    assert (cancelled["RVSE_CNCL_DVSN_CD"], cancelled["QTY_ALL_ORD_YN"]) == ("02", "N")


@pytest.mark.parametrize(
    "parts",
    [
        {"quantity": 0},
        {"price": 71900},
        {"kind": "00"},
        {"kind": "99"},
        {"exchange": "NXT"},
        {"trigger_price": 1},
    ],
    ids=str,
)
def test_impossible_orders_cannot_be_made(parts: dict[str, object]) -> None:
    given = {"side": Side.BUY, "code": "005930", "quantity": 1, "price": None, "kind": "01"}
    with pytest.raises(ValueError, match=r"order|trigger"):
        OrderRequest(**(given | parts))  # type: ignore[arg-type]


async def test_a_read_is_repeated_after_a_fault(kis: KisClient, broker: Broker) -> None:
    broker.answer("inquire-price", drop, web.Response(status=502, text="<html>"), QUOTE)
    assert (await kis.price("005930")).price == 71900
    assert len(broker.calls("inquire-price")) == 3


async def test_a_read_gives_up_after_a_bounded_number_of_attempts(
    kis: KisClient, broker: Broker
) -> None:
    broker.answer("inquire-price", failure("EGW00002"))
    with pytest.raises(KisUnavailable):
        await kis.price("005930")
    broker.answer("inquire-price", failure("EGW00201"))
    with pytest.raises(KisThrottled, match="EGW00201"):
        await kis.price("005930")
    assert len(broker.calls("inquire-price")) == 8


async def test_a_definite_no_is_not_repeated(kis: KisClient, broker: Broker) -> None:
    broker.answer("inquire-price", failure("OPSQ2001", "INPUT FIELD NOT FOUND", status=200))
    with pytest.raises(KisRefused, match="OPSQ2001"):
        await kis.price("005930")
    assert len(broker.calls("inquire-price")) == 1


@pytest.mark.parametrize("code", ["EGW00121", "EGW00123"])
@pytest.mark.parametrize("status", [200, 500])
async def test_a_refused_token_is_healed_with_one_issue_and_one_retry(
    kis: KisClient, broker: Broker, clock: FakeClock, code: str, status: int
) -> None:
    broker.answer("inquire-price", QUOTE)
    await kis.price("005930")
    await clock.sleep(3600)
    broker.answer("inquire-price", failure(code, status=status), QUOTE)
    assert (await kis.price("005930")).price == 71900
    assert [asked.token for asked in broker.calls("inquire-price")] == ["token-1"] * 2 + ["token-2"]
    assert broker.tokens_issued == 2


async def test_a_token_refused_again_is_an_error_and_no_loop(
    kis: KisClient, broker: Broker
) -> None:
    broker.answer("inquire-price", failure("EGW00123"))
    with pytest.raises(KisAuth, match="EGW00123"):
        await kis.price("005930")
    assert len(broker.calls("inquire-price")) == 2


async def test_what_the_virtual_server_lacks_is_refused_before_anything_is_sent(
    broker: Broker, clock: FakeClock, tmp_path: Path
) -> None:
    async with KisClient(
        broker.server("virtual"), CREDENTIALS, clock=clock, state_dir=tmp_path
    ) as kis:
        with pytest.raises(KisUnsupported, match="psearch_title"):
            await kis.condition_titles()
        assert broker.asked == []
        assert broker.tokens_issued == 0
        broker.answer("order-cash", TAKEN)
        await kis.order(BUY)
        assert broker.calls("order-cash")[0].tr_id == "VTTC0012U"


async def test_any_endpoint_can_be_called_with_its_parameters_checked(
    kis: KisClient, broker: Broker
) -> None:
    broker.answer("inquire-price", QUOTE)
    found = await kis.call(
        "domestic_stock.inquire_price",
        {"fid_cond_mrkt_div_code": "J", "fid_input_iscd": "005930"},
    )
    assert found.last("output")["stck_prpr"] == "71900"
    with pytest.raises(SettingsError, match=r"needs .*FID_INPUT_ISCD"):
        await kis.call("domestic_stock.inquire_price", {"FID_COND_MRKT_DIV_CODE": "J"})
    with pytest.raises(SettingsError, match="no parameter FOO"):
        await kis.call("domestic_stock.inquire_price", {"FOO": "1"})
    with pytest.raises(SettingsError, match=r"did you mean .*inquire_price"):
        await kis.call("domestic_stock.inquire_pric")
    with pytest.raises(SettingsError, match="changes something"):
        await kis.call("domestic_stock.order_cash")


async def test_nothing_secret_is_shown(kis: KisClient, broker: Broker) -> None:
    shown = [repr(kis), repr(CREDENTIALS), repr(kis.server), str(CREDENTIALS)]
    broker.answer(
        "inquire-price", failure("EGW00105", "유효하지 않은 AppSecret입니다.", status=403)
    )
    with pytest.raises(KisAuth) as caught:
        await kis.price("005930")
    shown.append(str(caught.value))
    await broker.__aexit__()
    with pytest.raises(KisUnavailable) as lost:
        await kis.price("005930")
    shown.append(str(lost.value))
    for text in shown:
        assert "key-of-a-test" not in text
        assert "secret-of-a-test" not in text
        assert "12345678" not in text
        assert "token-1" not in text
    assert "1234****-01" in repr(CREDENTIALS)


async def test_orders_are_signed_only_where_that_is_wanted(
    broker: Broker, clock: FakeClock, tmp_path: Path
) -> None:
    broker.answer("order-cash", TAKEN)
    broker.answer("hashkey", {"BODY": {}, "HASH": "abc"}, {"msg1": "no"})
    client = KisClient(broker.server(), CREDENTIALS, clock=clock, state_dir=tmp_path, hashkey=True)
    async with client as kis:
        assert isinstance(await kis.order(BUY), Accepted)
        refused = await kis.order(BUY)
    assert isinstance(refused, Refused)
    assert not refused.sent
    assert len(broker.calls("order-cash")) == 1
    assert broker.calls("hashkey")[0].params == broker.calls("order-cash")[0].params
