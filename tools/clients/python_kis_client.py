"""python-kis: data with the real key, orders with the virtual one."""

from datetime import date

from pykis import PyKis
from table import Heard, Table


def open_session(table: Table) -> PyKis:
    data, orders = table.given["real"], table.given["virtual"]
    return PyKis(
        id=data["hts_id"], account=orders["account"], appkey=data["app_key"],
        secretkey=data["app_secret"], virtual_id=orders["hts_id"],
        virtual_appkey=orders["app_key"], virtual_secretkey=orders["app_secret"], keep_token=False,
    )  # fmt: skip


def main() -> None:
    table = Table()
    trade(table, table.do("token", lambda: open_session(table)))


def trade(table: Table, kis: PyKis) -> None:
    stock, account = kis.stock(table.code), kis.account()
    table.do("stock info", lambda: stock.info.name)
    quote = table.do("price", stock.quote)
    table.do("order book", stock.orderbook)
    table.do("days", lambda: stock.daily_chart())
    table.do("minutes", lambda: stock.day_chart())
    ticks, fills = Heard(), Heard()
    tickets = [stock.on("price", ticks.hear), account.on("execution", fills.hear)]
    table.do("balance", lambda: account.balance())
    table.do("buying power", lambda: stock.orderable_amount())
    table.do("ticks", ticks.wait)
    table.do("buy", lambda: stock.buy(qty=3))
    table.do("notice", fills.wait)
    low = quote.low_limit
    order = table.do("limit order", lambda: stock.buy(price=low, qty=1))
    table.do("open orders", account.pending_orders)
    amended = table.do("amend", lambda: order.modify(qty=1, price=low))
    table.do("cancel", lambda: (amended or order).cancel())
    table.do(
        "executions", lambda: account.daily_orders(start=date.fromisoformat(table.given["day"]))
    )
    table.do("sell", lambda: stock.sell(qty=3))
    for ticket in tickets:
        ticket.unsubscribe()
    table.show()


if __name__ == "__main__":
    main()
