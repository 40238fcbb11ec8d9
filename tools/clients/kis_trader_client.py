"""kis-trader: a typed client on the real server's address."""

from kis_trader import KISClient
from table import Heard, Table


def main() -> None:
    table = Table()
    me, code = table.given["real"], table.code
    kis = table.do("token", lambda: KISClient(
        app_key=me["app_key"], app_secret=me["app_secret"], account=me["account"],
        environment="real", hts_id=me["hts_id"], token_cache_dir=table.given["folder"],
        config_dir=table.given["folder"]))  # fmt: skip
    stock = kis.domestic.stock(code)
    mine = kis.account
    table.do("price", stock.quote)
    table.do("order book", stock.order_book)
    table.do("trades", stock.trades)
    table.do("trades by time", stock.intraday_trades)
    table.do("days", stock.recent_prices)
    table.do("minutes", lambda: stock.bars("1m", max_bars=30))
    table.do("investors", stock.investor_flows)
    table.do("members", stock.broker_activity)
    table.do("programs", stock.program_trades)
    table.do("stock info", stock.profile)
    table.do("index", kis.domestic.index("0001").quote)
    table.do("VI", kis.domestic.market.vi_events)
    table.do("limit prices", kis.domestic.market.limit_stocks)
    table.do("balance", mine.domestic.balance)
    table.do("margin", mine.domestic.integrated_margin)
    table.do("overseas balance", mine.overseas.balance)
    table.do("overseas present", mine.overseas.present_balance)
    table.do("overseas orders", mine.overseas.open_orders)

    low = table.given["low"]
    table.do("buy", lambda: stock.buy(quantity=3, client_order_id="b1"))
    table.do("limit order", lambda: stock.buy(quantity=1, limit_price=low, client_order_id="l1"))
    table.do("open orders", mine.domestic.open_orders)
    table.do("amend", lambda: kis.orders.modify("l1", limit_price=low))
    table.do("cancel", lambda: kis.orders.cancel("l1"))
    day = table.given["day"]
    table.do("executions", lambda: mine.domestic.order_history(start=day, end=day))
    table.do("sell", lambda: stock.sell(quantity=3, client_order_id="s1"))
    table.do("profits", lambda: mine.domestic.daily_profits(start=day, end=day))

    def ticks() -> str:
        heard = Heard()
        stream = kis.realtime()
        stream.domestic.stock(code).trades(on=heard.hear)
        with stream:
            return heard.wait()

    table.do("ticks", ticks)
    table.show()


if __name__ == "__main__":
    main()
