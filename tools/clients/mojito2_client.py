"""mojito2: 한국투자증권 REST API wrapper."""

from multiprocessing import set_start_method

import mojito
from table import Table


def main() -> None:
    table = Table()
    me, code = table.given["real"], table.code
    broker = table.do("token", lambda: mojito.KoreaInvestment(
        me["app_key"], me["app_secret"], me["account"]))  # fmt: skip
    price = table.do("price", lambda: broker.fetch_price(code))
    table.do("days", lambda: broker.fetch_ohlcv(code, "D"))
    table.do("minutes", lambda: broker.fetch_today_1m_ohlcv(code))
    table.do("buying power", lambda: broker.check_buy_order(code, 0, "01"))
    table.do("balance", lambda: broker.fetch_balance())
    table.do("buy", lambda: broker.create_market_buy_order(code, 3))
    low = int(price["output"]["stck_llam"])
    order = table.do("limit order", lambda: broker.create_limit_buy_order(code, low, 1))["output"]
    org, number = order["KRX_FWDG_ORD_ORGNO"], order["ODNO"]
    page = {"CTX_AREA_FK100": "", "CTX_AREA_NK100": "", "INQR_DVSN_1": "0", "INQR_DVSN_2": "0"}
    table.do("open orders", lambda: broker.fetch_open_order(page))
    amended = table.do("amend", lambda: broker.modify_order(org, number, "00", low, 1, True))
    number = amended["output"]["ODNO"] if amended and "output" in amended else number
    table.do("cancel", lambda: broker.cancel_order(org, number, 1, True))
    table.do("sell", lambda: broker.create_market_sell_order(code, 3))
    abroad = mojito.KoreaInvestment(me["app_key"], me["app_secret"], me["account"], "나스닥")
    table.do("overseas balance", lambda: abroad.fetch_balance())
    table.do("overseas present", lambda: abroad.fetch_present_balance())

    def ticks() -> str:
        stream = mojito.KoreaInvestmentWS(
            me["app_key"], me["app_secret"], ["H0STCNT0"], [code], me["hts_id"]
        )
        stream.start()
        try:
            found = stream.queue.get(timeout=40)
        finally:
            stream.terminate()
        if found[0] != "체결" or not found[1]:
            raise ValueError(f"{found}")
        return "heard"

    table.do("ticks", ticks)
    table.show()


if __name__ == "__main__":
    set_start_method("fork")
    main()
