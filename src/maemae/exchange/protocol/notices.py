"""Fill notices (체결통보): H0STCNI0 with 26 fields, H0STCNI9 of the virtual server with 23.

The layouts are those of recorded frames; the payload is AES-256-CBC with the key and iv of the
acknowledgement, taken as ASCII bytes.
"""

import base64

from cryptography.hazmat.primitives import padding
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from maemae.exchange.moment import clock_text
from maemae.exchange.orders import Happening, OrderEvent, OrderKind, Place
from maemae.exchange.protocol.keys import Customer
from maemae.exchange.protocol.numbers import zeros
from maemae.market.kinds import Side

_BLOCK = 128


def notice_record(event: OrderEvent, customer: Customer, branch: str, name: str) -> list[str]:
    """Return a notice in the layout of the customer's server.

    Args:
        event: what happened.
        customer: whose account it is.
        branch: the branch number of the server.
        name: the instrument's Korean name.
    """
    order = event.order
    number, original = _numbers(event)
    filled = event.what is Happening.FILLED
    head = [
        customer.hts_id,
        customer.account.replace("-", ""),
        zeros(number, 10),
        zeros(original, 10) if original else "",
        "02" if order.side is Side.BUY else "01",
        _change(event),
        _kind(event),
        "1" if order.kind.is_ioc else "2" if order.kind.is_fok else "0",
        order.code,
        zeros(event.quantity, 10),
        zeros(event.price, 9),
        clock_text(event.at),
        "1" if event.what is Happening.REFUSED else "0",
        "2" if filled else "1",
        _stage(event),
        branch,
        zeros(order.quantity, 9),
        customer.name,
    ]
    price = zeros(order.price, 9) if filled else ""
    if customer.personality == "virtual":
        return [*head, "1Y", "10", "", name, price]
    where = _WHERE[order.asked, order.place]
    return [*head, zeros(order.stop, 9), where, "Y", "", "10", "", name, price]


_WHERE = {
    (Place.KRX, Place.KRX): "1",
    (Place.NXT, Place.NXT): "2",
    (Place.SOR, Place.KRX): "3",
    (Place.SOR, Place.NXT): "4",
}
"""ORD_EXG_GB (주문거래소구분) by where an order was sent and where it is."""


def encrypt(text: str, key: str, iv: str) -> str:
    """Encrypt a payload: AES-256-CBC, PKCS#7, base64."""
    padder = padding.PKCS7(_BLOCK).padder()
    data = padder.update(text.encode()) + padder.finalize()
    encryptor = Cipher(algorithms.AES(key.encode()), modes.CBC(iv.encode())).encryptor()
    return base64.b64encode(encryptor.update(data) + encryptor.finalize()).decode()


def _numbers(event: OrderEvent) -> tuple[int, int | None]:
    if event.request is not None:
        return event.request, event.order.number
    return event.order.number, event.order.original


def _change(event: OrderEvent) -> str:
    """Return RCTF_CLS: 0 an order, 1 an amendment, 2 a cancellation."""
    if event.what in (Happening.CANCELLED, Happening.EXPIRED):
        return "2"
    if event.what is Happening.AMENDED:
        return "1"
    if event.what is Happening.REFUSED and event.order.original is not None:
        return "2" if event.order.is_cancel else "1"
    return "0"


def _kind(event: OrderEvent) -> str:
    """Return ODER_KIND; a market order is `01` when accepted but `00` on its fills."""
    kind = event.order.kind
    if kind is OrderKind.MARKET and event.what is Happening.FILLED:
        return OrderKind.LIMIT.value
    return kind.value


def _stage(event: OrderEvent) -> str:
    """Return ACPT_YN: 1 received, 2 confirmed or filled, 3 ended by the exchange itself."""
    if event.what in (Happening.ACCEPTED, Happening.REFUSED):
        return "1"
    by_itself = event.what is Happening.CANCELLED and event.request is None
    return "3" if by_itself or event.what is Happening.EXPIRED else "2"
