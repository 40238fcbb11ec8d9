"""Wrong prices on the wire, where the true one belongs: in trades and in the rows of answers."""

from typing import Any

from maemae.exchange.faults import Fault, FaultKind
from maemae.exchange.moment import SECOND, Moment, clock_text

PRICED_PATHS = ("inquire-balance", "inquire-price", "intstock-multprice", "psearch-result")
"""Endpoints whose answers carry last prices."""

_FIELDS = ("prpr", "stck_prpr", "inter2_prpr", "price")
_TIME, _PRICE = 1, 2
"""Columns of H0STCNT0."""


def wrong_trade(record: list[str], fault: Fault, now: Moment) -> list[str]:
    """Return a trade's record with a wrong price, or with a time that is long past."""
    changed = list(record)
    if fault.kind is FaultKind.PRICE_OLD:
        changed[_TIME] = clock_text(now - int(fault.seconds * SECOND))
    else:
        changed[_PRICE] = _wrong(record[_PRICE], fault.kind)
    return changed


def wrong_prices(value: Any, kind: FaultKind) -> Any:
    """Return the body of an answer with all its last prices wrong."""
    if isinstance(value, dict):
        return {
            name: _wrong(one, kind) if name in _FIELDS else wrong_prices(one, kind)
            for name, one in value.items()
        }
    if isinstance(value, list):
        return [wrong_prices(one, kind) for one in value]
    return value


def _wrong(price: str, kind: FaultKind) -> str:
    match kind:
        case FaultKind.PRICE_BLANK:
            return ""
        case FaultKind.PRICE_NEGATIVE:
            return f"-{price}"
        case FaultKind.PRICE_BEYOND:
            return str(int(float(price)) // 2)
        case _:
            return "0"
