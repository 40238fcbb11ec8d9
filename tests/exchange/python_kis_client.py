"""A day in the life of python-kis: run as a program of its own, prints what it saw as JSON.

Arguments: a JSON object with the two servers' addresses and the two customers' keys. Nothing of
the library is changed but its addresses.
"""

import json
import os
import sys
import threading
from typing import Any

import pykis.client.websocket
import pykis.kis
from pykis import PyKis

CODE = "000010"


def point_at(urls: dict[str, str]) -> None:
    """Give the library other addresses."""
    pykis.kis.REAL_DOMAIN = urls["real"]
    pykis.kis.VIRTUAL_DOMAIN = urls["virtual"]
    pykis.client.websocket.WEBSOCKET_REAL_DOMAIN = urls["real"].replace("http", "ws")
    pykis.client.websocket.WEBSOCKET_VIRTUAL_DOMAIN = urls["virtual"].replace("http", "ws")


def trade(kis: PyKis) -> dict[str, Any]:
    """Quote, subscribe, buy, see the fill, read the balance, sell, see the fill."""
    prices: list[int] = []
    filled: list[int] = []
    registered: list[str] = []
    changed = threading.Condition()

    def on_price(_: object, event: Any) -> None:
        with changed:
            prices.append(int(event.response.price))
            changed.notify_all()

    def on_execution(_: object, event: Any) -> None:
        with changed:
            filled.append(int(event.response.executed_qty))
            changed.notify_all()

    def on_registered(_: object, event: Any) -> None:
        with changed:
            registered.append(event.tr.id)
            changed.notify_all()

    kis.websocket.subscribed_event += on_registered
    stock, account = kis.stock(CODE), kis.account()
    quote, book = stock.quote(), stock.orderbook()
    tickets = [stock.on("price", on_price), account.on("execution", on_execution)]
    with changed:
        priced = changed.wait_for(lambda: prices and "H0STCNI9" in registered, 100)
    bought = stock.buy(qty=3)
    with changed:
        got = changed.wait_for(lambda: sum(filled) == 3, 100)
    balance = account.balance(country="KR")
    sold = stock.sell(qty=3)
    with changed:
        gone = changed.wait_for(lambda: sum(filled) == 6, 100)
    for ticket in tickets:
        ticket.unsubscribe()
    return {
        "name": stock.info.name,
        "quote": [int(quote.open), int(quote.prev_price)],
        "levels": len(book.asks),
        "priced": bool(priced),
        "filled": [bool(got), bool(gone)],
        "numbers": [int(bought.number), int(sold.number)],
        "balance": [[one.symbol, int(one.qty)] for one in balance.stocks],
    }


def main() -> None:
    """Trade, and leave without waiting for the library's threads."""
    given = json.loads(sys.argv[1])
    point_at(given["urls"])
    data, orders = given["real"], given["virtual"]
    kis = PyKis(
        id=data["hts_id"],
        account=orders["account"],
        appkey=data["app_key"],
        secretkey=data["app_secret"],
        virtual_id=orders["hts_id"],
        virtual_appkey=orders["app_key"],
        virtual_secretkey=orders["app_secret"],
        keep_token=False,
    )
    # Its log goes to standard output, too: a line of our own.
    sys.stdout.write(f"\n{json.dumps(trade(kis))}\n")
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
