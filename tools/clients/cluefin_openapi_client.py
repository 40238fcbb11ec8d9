"""cluefin-openapi: its typed HTTP client, and its stream."""

import asyncio

from cluefin_openapi.kis import _http_client as http
from cluefin_openapi.kis._auth import Auth
from cluefin_openapi.kis._domestic_realtime_quote import DomesticRealtimeQuote
from cluefin_openapi.kis._socket_client import SocketClient
from pydantic import SecretStr
from table import Table


def main() -> None:
    table = Table()
    me, code, day = table.given["real"], table.code, table.given["day"]
    secret = SecretStr(me["app_secret"])
    auth = Auth(me["app_key"], secret, "prod", cache_dir=table.given["folder"])
    token = table.do("token", auth.generate)
    client = http.HttpClient(token.access_token, me["app_key"], secret, "prod")
    quotes, account, abroad = (
        client.domestic_basic_quote, client.domestic_account, client.overseas_account
    )  # fmt: skip
    number, product = me["account"][:8], me["account"][9:]
    me_too = {"cano": number, "acnt_prdt_cd": product}
    price = table.do("price", lambda: quotes.get_stock_current_price("J", code))
    table.do("price 2", lambda: quotes.get_stock_current_price_2("J", code))
    table.do(
        "order book", lambda: quotes.get_stock_current_price_asking_expected_conclusion("J", code)
    )
    table.do("trades", lambda: quotes.get_stock_current_price_conclusion("J", code))
    table.do("trades by time", lambda: quotes.get_stock_current_price_time_item_conclusion(
        "J", code, "153000"))  # fmt: skip
    table.do("days", lambda: quotes.get_stock_period_quote("J", code, "20260101", day, "D", "0"))
    table.do("minutes", lambda: quotes.get_stock_today_minute_chart("J", code, "153000", "N", ""))
    table.do("investors", lambda: quotes.get_stock_current_price_investor("J", code))
    table.do("members", lambda: quotes.get_stock_current_price_member("J", code))
    table.do("balance", lambda: account.get_stock_balance(
        "TTTC8434R", "", **me_too, inqr_dvsn="01", fund_sttl_icld_yn="N",
        prcs_dvsn="00"))  # fmt: skip
    table.do("buying power", lambda: account.get_buy_tradable_inquiry(
        "TTTC8908R", **me_too, pdno=code, ord_unpr="", ord_dvsn="01", cma_evlu_amt_icld_yn="N",
        ovrs_icld_yn="N"))  # fmt: skip
    table.do("sellable", lambda: account.get_sell_tradable_inquiry(**me_too, pdno=code))
    table.do("margin", lambda: account.get_stock_integrated_deposit_balance(
        **me_too, wcrc_frcr_dvsn_cd="01", fwex_ctrt_frcr_dvsn_cd="01"))  # fmt: skip
    table.do("overseas balance", lambda: abroad.get_stock_balance(
        "TTTS3012R", **me_too, ovrs_excg_cd="NASD", tr_crcy_cd="USD"))  # fmt: skip
    table.do("overseas present", lambda: abroad.get_current_balance_by_conclusion(
        "CTRP6504R", **me_too, wcrc_frcr_dvsn_cd="02", natn_cd="840", tr_mket_cd="00",
        inqr_dvsn_cd="00"))  # fmt: skip

    def order(tr_id: str, kind: str, quantity: int, limit: int) -> object:
        return account.request_stock_quote_current(
            tr_id, **me_too, pdno=code, ord_dvsn=kind, ord_qty=str(quantity), ord_unpr=str(limit)
        )

    table.do("buy", lambda: order("TTTC0012U", "01", 3, 0))
    low = int(price.body.output.stck_llam)
    made = table.do("limit order", lambda: order("TTTC0012U", "00", 1, low))

    def change(what: str, original: str) -> object:
        return account.request_stock_quote_correction(
            "TTTC0013U", **me_too, krx_fwdg_ord_orgno="", orgn_odno=original, ord_dvsn="00",
            rvse_cncl_dvsn_cd=what, ord_qty="1", ord_unpr=str(low), qty_all_ord_yn="Y",
        )  # fmt: skip

    numbers = [made.body.output.odno] if made else [""]
    amended = table.do("amend", lambda: change("01", numbers[0]))
    if amended:
        numbers[0] = amended.body.output.odno
    table.do("open orders", lambda: account.get_stock_correction_cancellable_qty(
        "TTTC0084R", "", **me_too, ctx_area_fk100="", ctx_area_nk100="", inqr_dvsn_1="0",
        inqr_dvsn_2="0"))  # fmt: skip
    table.do("cancel", lambda: change("02", numbers[0]))
    table.do("executions", lambda: account.get_stock_daily_separate_conclusion(
        "TTTC0081R", "", **me_too, inqr_strt_dt=day, inqr_end_dt=day, sll_buy_dvsn_cd="00",
        ccld_dvsn="00", inqr_dvsn="00", inqr_dvsn_1="", inqr_dvsn_3="00", excg_id_dvsn_cd="KRX",
        ctx_area_fk100="", ctx_area_nk100=""))  # fmt: skip
    table.do("sell", lambda: order("TTTC0011U", "01", 3, 0))
    table.do("profits", lambda: account.get_period_profit_summary(
        "", product, number, day, day, "", "", "", "00"))  # fmt: skip

    async def listen() -> str:
        approval = auth.approve().approval_key
        async with SocketClient(approval, me["app_key"], me["app_secret"], "prod") as stream:
            quote = DomesticRealtimeQuote(stream)
            await quote.subscribe_execution(code)
            async with asyncio.timeout(40):
                async for event in stream.events():
                    if event.error is not None:
                        raise event.error
                    if event.event_type == "data":
                        quote.parse_execution_data(event.data["values"])
                        return "heard"
        raise TimeoutError("nothing came")

    table.do("ticks", lambda: asyncio.run(listen()))
    table.show()


if __name__ == "__main__":
    main()
