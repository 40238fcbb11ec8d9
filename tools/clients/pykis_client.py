"""pykis: a python wrapper of 2022."""

from pykis import Api, DomainInfo
from table import Table


def main() -> None:
    table = Table()
    me, code = table.given["real"], table.code
    account = {"account_code": me["account"][:8], "product_code": me["account"][9:]}
    api = Api({"appkey": me["app_key"], "appsecret": me["app_secret"]}, DomainInfo("real"), account)
    table.do("token", lambda: api.create_token() or "issued")
    table.do("price", lambda: api.get_kr_current_price(code))
    table.do("days", lambda: api.get_kr_ohlcv(code, "D"))
    table.do("buying power", api.get_kr_buyable_cash)
    table.do("balance", api.get_kr_stock_balance)
    table.do("buy", lambda: api.buy_kr_stock(code, 3, 0))
    low = api.get_kr_min_price(code)
    order = table.do("limit order", lambda: api.buy_kr_stock(code, 1, low))
    table.do("open orders", api.get_kr_orders)
    number = order["ODNO"] if order else ""
    amended = table.do("amend", lambda: api.revise_kr_order(number, low, 1))
    number = amended.get("ODNO", number) if isinstance(amended, dict) else number
    table.do("cancel", lambda: api.cancel_all_kr_orders() or "cancelled")
    table.do("sell", lambda: api.sell_kr_stock(code, 3, 0))
    table.show()


if __name__ == "__main__":
    main()
