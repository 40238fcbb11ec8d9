"""kis-wrapper: functions over a thin client, on both servers' addresses."""

import asyncio

from table import Heard, Table

from kis import KIS, WSClient, domestic, overseas


def main() -> None:
    table = Table()
    me, code = table.given["real"], table.code
    kis = KIS(me["app_key"], me["app_secret"], me["account"], env="prod")
    price = table.do("price", lambda: domestic.price(kis, code))
    table.do("order book", lambda: domestic.orderbook(kis, code))
    table.do("days", lambda: domestic.daily(kis, code))
    table.do("balance", lambda: domestic.balance(kis))
    table.do("overseas balance", lambda: overseas.balance(kis))
    table.do("buy", lambda: domestic.buy(kis, code, 3))
    low = int(price["stck_llam"])
    order = table.do("limit order", lambda: domestic.buy(kis, code, 1, low)) or {}
    table.do("open orders", lambda: domestic.pending_orders(kis))
    amended = table.do("amend", lambda: domestic.modify(kis, order["ODNO"], 1, low)) or order
    table.do("cancel", lambda: domestic.cancel(kis, amended["ODNO"], 1))
    table.do("executions", lambda: domestic.orders(kis))
    table.do("sell", lambda: domestic.sell(kis, code, 3))

    async def listen() -> str:
        heard = Heard()
        stream = WSClient(kis, max_retries=1)
        await stream.connect()
        await stream.subscribe("H0STCNT0", [code], heard.hear)
        task = asyncio.create_task(stream.run())
        try:
            return await asyncio.to_thread(heard.wait, 15.0)
        finally:
            task.cancel()

    table.do("ticks", lambda: asyncio.run(listen()))
    table.show()


if __name__ == "__main__":
    main()
