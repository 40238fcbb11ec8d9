"""Overseas inquiries (해외주식 주문/계좌) of an account that has no foreign stock and no currency.

Foreign programs ask them before anything domestic. Overseas orders and quotes are not simulated.
Sources: KIS's portal examples; empty answers of live servers.
"""

from typing import Any

from maemae.catalogue import RestEndpoint, all_rest
from maemae.exchange.protocol.context import Context, Handler
from maemae.exchange.protocol.reply import OK, Body, Reply, padded

_PREFIX, _TRADING = "overseas_stock.", "/trading/"

_TEXTS = ("_cd", "_name", "_dt", "_day", "_no", "_yn", "odno", "pdno")
"""How fields end that hold no number: blank where there is nothing."""

_EXECUTIONS = "overseas_stock.inquire_ccnl"
_NO_NUMBER = "0.00000"
_ALWAYS = {"mdia_dvsn_name": "OpenAPI", "usa_amk_exts_rqst_yn": "N"}

_CURRENCIES = {
    "NASD": "USD", "NYSE": "USD", "AMEX": "USD", "NAS": "USD", "SEHK": "HKD", "SHAA": "CNY",
    "SZAA": "CNY", "TKSE": "JPY", "HASE": "VND", "VNSE": "VND",
}  # fmt: skip
_COUNTRIES = (
    ("미국", "USD"), ("홍콩", "HKD"), ("홍콩", "CNY"), ("중화인민공화국", "CNY"), ("일본", "JPY"),
    ("베트남", "VND"),
)  # fmt: skip


def nothing(context: Context) -> Reply:
    """Answer an inquiry about an account that has nothing abroad.

    Lists are empty. A single record has blanks and zeros. The executions (해외주식 주문체결내역)
    are a list, whatever the documents show: clients that KIS serves daily read one.
    """
    number = context.account.number
    endpoint = context.endpoint
    outputs: dict[str, Any] = {
        block.name: [] if block.many or endpoint.id == _EXECUTIONS else _empty(endpoint, block.name)
        for block in endpoint.blocks
    }
    return _reply(context, outputs, number)


def buying_power(context: Context) -> Reply:
    """Answer 해외주식 매수가능금액조회: nothing, in the currency of the exchange that was asked."""
    number = context.account.number
    currency = _CURRENCIES.get(context.call.get("OVRS_EXCG_CD"), "USD")
    output = _empty(context.endpoint, "output") | {"tr_crcy_cd": currency}
    return _reply(context, {"output": output}, number)


def deposits(context: Context) -> Reply:
    """Answer 해외증거금 통화별조회: a row for each country, all of them with nothing."""
    number = context.account.number
    empty = _empty(context.endpoint, "output")
    rows = [empty | {"natn_name": one, "crcy_cd": currency} for one, currency in _COUNTRIES]
    return _reply(context, {"output": rows}, number)


def _empty(endpoint: RestEndpoint, name: str) -> dict[str, str]:
    block = endpoint.block(name)
    fields = block.fields if block else ()
    return {
        one.name: _ALWAYS.get(one.name, "" if one.name.endswith(_TEXTS) else _NO_NUMBER)
        for one in fields
    }


def _reply(context: Context, outputs: dict[str, Any], account: str) -> Reply:
    real = context.manner.personality == "real"
    message_code, message = context.manner.nothing
    body: Body = {}
    paging = context.endpoint.paging
    if paging is not None and paging.style == "context":
        given = [context.call.get(one.name) for one in context.endpoint.params[2:-2]]
        key = "^".join([account.replace("-", "^"), *given, ""]) if real else ""
        for param in sorted(paging.params):
            searched = "FK" in param
            width = paging.width if real or searched else 100
            body[param.lower()] = (key if searched else "").ljust(width)
    body |= outputs | {"rt_cd": "0", "msg_cd": message_code, "msg1": padded(message)}
    return Reply(OK, body, "D" if paging is not None else "")


HANDLERS: dict[str, Handler] = dict.fromkeys(
    (
        one.id
        for one in all_rest()
        if one.id.startswith(_PREFIX) and one.method == "GET" and _TRADING in one.path
    ),
    nothing,
)
HANDLERS |= {
    "overseas_stock.inquire_psamount": buying_power,
    "overseas_stock.foreign_margin": deposits,
}
