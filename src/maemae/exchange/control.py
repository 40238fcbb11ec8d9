"""The control API of the simulated exchange: its clock, its accounts, its own books (JSON)."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from maemae.errors import DataError
from maemae.exchange.accounts import Account, FillRecord
from maemae.exchange.faults import Fault
from maemae.exchange.moment import datetime_of, moment
from maemae.exchange.orders import Order, OrderKind, Ticket
from maemae.exchange.refusals import Refusal
from maemae.exchange.simulation import Exchange
from maemae.market.costs import Costs
from maemae.market.kinds import Side

Json = dict[str, Any]
_FIRST_YEAR, _LAST_YEAR = 1999, 2100


class ControlError(Exception):
    """A control request that cannot be carried out; the message says why."""


def clock_state(exchange: Exchange) -> Json:
    """Return the clock: now, speed, the day's open, close and end, and when the next day opens.

    The speed is said while it stands still, too: `paused` tells that it does.
    The end is when the day's last session is over; the next day is null where none is known. `run`
    tells one exchange from another that is started later at the same address.
    """
    clock, hours = exchange.clock, exchange.venue.hours
    return {
        "now": datetime_of(clock.now()).isoformat(),
        "speed": "step" if clock.stepped else clock.speed,
        "paused": clock.paused,
        "day": hours.day.isoformat(),
        "open": datetime_of(hours.open).isoformat(),
        "close": datetime_of(hours.close).isoformat(),
        "end": datetime_of(exchange.end).isoformat(),
        "run": exchange.run,
        "next_day": exchange.turns and datetime_of(exchange.turns).date().isoformat(),
    }


def step(exchange: Exchange, request: Mapping[str, Any]) -> Json:
    """Move stepped time: to `until`, or to the first instant at which a message is sent.

    Raises:
        ControlError: time is not stepped, or `until` is not an aware ISO time.
    """
    if not exchange.clock.stepped:
        raise ControlError("time is not stepped; start the exchange with --speed step")
    try:
        until = datetime.fromisoformat(str(request.get("until", "")))
    except ValueError:
        raise ControlError("until must be an ISO time, such as 2026-11-20T09:00:00+09:00") from None
    if until.tzinfo is None:
        raise ControlError("until must have a time zone, such as +09:00")
    if not _FIRST_YEAR < until.year < _LAST_YEAR:
        raise ControlError("until must be a time of this century")
    now = exchange.step(moment(until))
    return {"now": datetime_of(now).isoformat(), "frames": exchange.frames}


def pause(exchange: Exchange) -> Json:
    """Let time stand still."""
    exchange.clock.pause()
    return clock_state(exchange)


def resume(exchange: Exchange) -> Json:
    """Let time run again."""
    exchange.clock.resume()
    return clock_state(exchange)


def accounts(exchange: Exchange) -> list[Json]:
    """Return the simulated accounts with their keys, which are not secret."""
    return [
        {
            "personality": one.personality,
            "app_key": one.app_key,
            "app_secret": one.app_secret,
            "account": one.account,
            "hts_id": one.hts_id,
        }
        for one in exchange.customers.values()
    ]


def add_fault(exchange: Exchange, request: Mapping[str, Any]) -> Json:
    """Switch a fault on; the request has the fields of `Fault`.

    Raises:
        ControlError: a field is unknown or wrong.
    """
    try:
        fault = Fault.model_validate(dict(request))
    except ValidationError as error:
        problem = error.errors()[0]
        place = ".".join(str(part) for part in problem["loc"])
        raise ControlError(f"{place}: {problem['msg']}") from None
    return {"number": exchange.faults.add(fault)}


def remove_faults(exchange: Exchange, request: Mapping[str, Any]) -> Json:
    """Switch off the fault with that `number`, or all faults."""
    number = request.get("number")
    exchange.faults.remove(None if number is None else _whole(request, "number"))
    return {"faults": faults(exchange)}


def faults(exchange: Exchange) -> list[Json]:
    """Return the faults that are switched on, with how often each has struck."""
    return [
        {"number": one.number, "struck": one.struck, **one.fault.model_dump(mode="json")}
        for one in exchange.faults.active
    ]


def journal(exchange: Exchange, request: Mapping[str, Any]) -> list[Json]:
    """Return the journal's entries after `since`, of the kind `what` if that is given.

    The first says `missed` where some after it are not there any more, with their `count`.
    """
    since = _whole(request, "since") if "since" in request else 0
    return exchange.journal.since(since, str(request.get("what", "")))


def expire_tokens(exchange: Exchange) -> Json:
    """Let every token issued so far be expired."""
    exchange.expire_tokens()
    return {}


def take_tokens(exchange: Exchange) -> Json:
    """Let other programs on the app keys have ended every token issued so far."""
    exchange.take_tokens()
    return {}


def drop_sessions(exchange: Exchange) -> Json:
    """Cut every WebSocket connection."""
    return {"dropped": exchange.drop_sessions()}


def owner_order(exchange: Exchange, request: Mapping[str, Any]) -> Json:
    """Order as the owner does by phone, past the app key: code, side, quantity, price (0: any).

    Raises:
        ControlError: the order is refused, or the request does not do.
    """
    account = _account(exchange, str(request.get("account", "")))
    price = _whole(request, "price") if "price" in request else 0
    try:
        ticket = Ticket(
            code=str(request.get("code", "")),
            side=Side(str(request.get("side", ""))),
            kind=OrderKind.LIMIT if price else OrderKind.MARKET,
            quantity=_whole(request, "quantity"),
            price=price,
        )
        order = exchange.venue.submit(account, ticket)
    except ValueError:
        raise ControlError("side must be buy or sell") from None
    except Refusal as refusal:
        raise ControlError(f"refused: {refusal}") from None
    return {"order_no": order.number}


def owner_cancel(exchange: Exchange, request: Mapping[str, Any]) -> Json:
    """Cancel an order as the owner does by phone: account, order_no.

    Raises:
        ControlError: it is refused.
    """
    account = _account(exchange, str(request.get("account", "")))
    try:
        order = exchange.venue.cancel(account, _whole(request, "order_no"))
    except Refusal as refusal:
        raise ControlError(f"refused: {refusal}") from None
    return {"order_no": order.number}


def next_day(exchange: Exchange) -> Json:
    """Go to the next trading day, before its first orders; positions and cash carry over.

    Raises:
        ControlError: there is none to go to.
    """
    try:
        exchange.next_day()
    except DataError as error:
        raise ControlError(str(error)) from None
    return clock_state(exchange)


def _account(exchange: Exchange, number: str) -> Account:
    account = exchange.account(number)
    if account is None:
        raise ControlError(f"no account {number}; GET /control/accounts lists them")
    return account


def _whole(request: Mapping[str, Any], name: str) -> int:
    value = str(request.get(name, ""))
    if not re.fullmatch(r"[0-9]{1,15}", value):
        raise ControlError(f"{name} must be a whole number")
    return int(value)


def books(exchange: Exchange, request: Mapping[str, Any]) -> Json:
    """Return the exchange's own books of an `account`, in order of happening.

    With a `day` (YYYY-MM-DD) orders, fills and costs are those of that day; cash and positions are
    always those of now. Cancellations are no orders of their own here; an amended order is
    cancelled, and followed by the order that took its place, which names it as its `original`.

    Raises:
        ControlError: there is no such account.
    """
    account = _account(exchange, str(request.get("account", "")))
    day = str(request.get("day", ""))
    if not day:
        return _books(account, account.total_costs, account.all_orders, account.fills)
    orders = [one for one in account.all_orders if f"{datetime_of(one.at).date()}" == day]
    fills = [one for one in account.fills if f"{datetime_of(one.at).date()}" == day]
    past = {f"{one.day}": one.costs for one in account.past}
    costs = account.costs if day == f"{account.day}" else past.get(day, Costs())
    return _books(account, costs, orders, fills)


def _books(account: Account, costs: Costs, orders: list[Order], fills: list[FillRecord]) -> Json:
    return {
        "cash": account.cash,
        "fees": costs.fee,
        "taxes": costs.tax,
        "positions": {
            code: one.quantity for code, one in sorted(account.holdings.items()) if one.quantity
        },
        "orders": [
            {
                "code": order.code,
                "side": order.side.value,
                "quantity": order.quantity,
                "filled": order.filled,
                "status": order.status.value,
                "order_no": order.number,
                "original": order.original,
            }
            for order in orders
            if not order.is_cancel
        ],
        "fills": [
            {
                "code": fill.code,
                "side": fill.side.value,
                "quantity": fill.quantity,
                "price": fill.price,
                "time": datetime_of(fill.at).strftime("%H:%M:%S"),
                "order_no": fill.number,
            }
            for fill in fills
        ],
    }
