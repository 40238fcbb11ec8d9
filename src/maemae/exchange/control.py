"""The control API of the simulated exchange: its clock, its accounts, its own books (JSON)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from maemae.exchange.accounts import Account
from maemae.exchange.moment import datetime_of, moment
from maemae.exchange.simulation import Exchange

Json = dict[str, Any]


class ControlError(Exception):
    """A control request that cannot be carried out; the message says why."""


def clock_state(exchange: Exchange) -> Json:
    """Return the clock: now, speed, and the day's open, close and end."""
    clock, hours = exchange.clock, exchange.venue.hours
    speed: object = "step" if clock.stepped else "paused" if clock.paused else clock.speed
    return {
        "now": datetime_of(clock.now()).isoformat(),
        "speed": speed,
        "day": hours.day.isoformat(),
        "open": datetime_of(hours.open).isoformat(),
        "close": datetime_of(hours.close).isoformat(),
        "end": datetime_of(exchange.end).isoformat(),
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
    now = exchange.step(moment(until))
    return {"now": datetime_of(now).isoformat(), "frames": exchange.frames}


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


def books(exchange: Exchange, number: str) -> Json:
    """Return the exchange's own books of an account, in order of happening.

    Cancellations are no orders of their own here; an amended order is cancelled, and followed by
    the order that took its place.

    Raises:
        ControlError: there is no such account.
    """
    account = exchange.account(number)
    if account is None:
        raise ControlError(f"no account {number}; GET /control/accounts lists them")
    return _books(account)


def _books(account: Account) -> Json:
    costs = account.total_costs
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
            }
            for order in account.all_orders
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
            for fill in account.fills
        ],
    }
