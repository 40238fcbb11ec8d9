"""kis-agent: the agent facade; its stream wants files of its own and is left out."""

from kis_agent import Agent
from table import Table


def main() -> None:
    table = Table()
    me, code, urls = table.given["real"], table.code, table.given["urls"]
    day = table.given["day"]
    agent = table.do("token", lambda: Agent(
        app_key=me["app_key"], app_secret=me["app_secret"], account_no=me["account"][:8],
        account_code=me["account"][9:], base_url=urls["real"]))  # fmt: skip
    prices, account, abroad = agent.stock_api, agent.account_api, agent.overseas
    price = table.do("price", lambda: prices.get_stock_price(code))
    table.do("price 2", lambda: prices.price_api.inquire_price_2(code))
    table.do("order book", lambda: prices.price_api.get_orderbook_raw(code))
    table.do("trades", lambda: prices.price_api.inquire_ccnl(code))
    table.do("trades by time", lambda: prices.price_api.inquire_time_itemconclusion(code, "100000"))
    table.do("days", lambda: prices.price_api.inquire_daily_price(code))
    table.do("minutes", lambda: prices.price_api.get_minute_price(code))
    table.do("investors", lambda: prices.get_stock_investor(code))
    table.do("members", lambda: prices.price_api.get_member(code))
    table.do("VI", lambda: prices.price_api.inquire_vi_status())
    table.do("stock info", lambda: prices.price_api.search_stock_info(code))
    table.do("balance", lambda: account.get_account_balance())
    table.do("buying power", lambda: account.get_possible_order_amount())
    table.do("margin", lambda: account.inquire_intgr_margin())
    table.do("overseas balance", lambda: abroad.account_api.get_balance())
    table.do("overseas present", lambda: abroad.account_api.get_present_balance())
    table.do("buy", lambda: account.order_cash(code, 3, 0, "BUY", "01"))
    table.do("sellable", lambda: account.inquire_psbl_sell(code))
    low = int(price["output"]["stck_llam"])
    order = table.do("limit order", lambda: account.order_cash(code, 1, low, "BUY"))
    number = order["output"]["ODNO"] if order and "output" in order else ""
    table.do("open orders", lambda: account.inquire_psbl_rvsecncl())
    amended = table.do("amend", lambda: account.order_rvsecncl(number, 1, low, "00", "01"))
    number = amended["output"]["ODNO"] if amended and "output" in amended else number
    table.do("cancel", lambda: account.order_rvsecncl(number, 1, 0, "00", "02"))
    table.do("executions", lambda: account.inquire_daily_ccld(day, day))
    table.do("sell", lambda: account.order_cash(code, 3, 0, "SELL", "01"))
    table.do("profits", lambda: account.inquire_period_profit(day, day))

    table.show()


if __name__ == "__main__":
    main()
