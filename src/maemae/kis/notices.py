"""Execution notices (체결통보) in all layouts that were seen, domestic and overseas."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from maemae.kis import values
from maemae.kis.events import Notice, NoticeEvent, OverseasNotice
from maemae.kis.frames import FrameError, split_records
from maemae.market.kinds import Side

_KNOWN: Final = 26
_NEEDED: Final = 19
_OVERSEAS_KNOWN: Final = 25
_OVERSEAS_NEEDED: Final = 19
_SIDES: Final = {"01": Side.SELL, "02": Side.BUY, "03": Side.SELL, "04": Side.BUY}
_EXCHANGES: Final = {"1": "KRX", "2": "NXT", "3": "SOR", "4": "SOR"}
_DECIMALS: Final = {
    **dict.fromkeys("6789", 4),
    "D": 1,
    **dict.fromkeys("5AB", 3),
    **dict.fromkeys("4C", 3),
    **dict.fromkeys("EF", 0),
}
"""Implied decimals of prices by market: US 4, Japan 1, China 3, Hong Kong 3, Vietnam 0."""
_ACCOUNT_WIDTHS: Final = (8, 10)
_HALF_DAY: Final = timedelta(hours=12)


def decode_notices(payload: str, count: int, account: str, now: datetime) -> list[Notice]:
    """Decode domestic notices of one account; those of the owner's other accounts are left out.

    Where no account is named, those of all are told.

    Layouts of 22, 23 and 26 fields agree in the first 17, which say all that trading needs.

    Args:
        payload: the decrypted fields.
        count: how many notices.
        account: whose notices, `12345678-01`; blank: everybody's.
        now: the time, for the date that a notice lacks.

    Raises:
        FrameError: a record is not a notice.
    """
    found = split_records(payload, count, _KNOWN, _NEEDED)
    try:
        return [_notice(fields, now) for fields in found if _is_mine(fields[1], account)]
    except ValueError as error:
        raise FrameError(f"a notice with {error}") from None


def _is_mine(stated: str, account: str) -> bool:
    digits = account.replace("-", "")
    return not account or (len(stated) in _ACCOUNT_WIDTHS and digits.startswith(stated))


def _notice(fields: list[str], now: datetime) -> Notice:
    filled = fields[13] == "2"
    exchange = fields[19] if len(fields) >= _KNOWN else fields[18][:1]
    return Notice(
        order_no=_number(fields[2]),
        original_no=values.order_number(fields[3]),
        side=_side(fields[4]),
        code=values.stock_code(fields[8]),
        quantity=values.integer(fields[9]) or 0,
        price=values.integer(fields[10]) or 0,
        at=_nearest(fields[11], now),
        event=_event(fields[5], fields[12], fields[13], fields[14], fields[7]),
        order_quantity=values.integer(fields[16]) if filled or fields[16] else None,
        kind=fields[6],
        org_no=fields[15].strip(),
        exchange=_EXCHANGES.get(exchange, "KRX"),
    )


def decode_overseas(payload: str, count: int, account: str, now: datetime) -> list[OverseasNotice]:
    """Decode overseas notices of one account; layouts of 21, 24 and 25 fields.

    Raises:
        FrameError: a record is not a notice.
    """
    found = split_records(payload, count, _OVERSEAS_KNOWN, _OVERSEAS_NEEDED)
    try:
        return [_overseas(fields, now) for fields in found if _is_mine(fields[1], account)]
    except ValueError as error:
        raise FrameError(f"an overseas notice with {error}") from None


def _overseas(fields: list[str], now: datetime) -> OverseasNotice:
    market = fields[18]
    if market not in _DECIMALS:
        raise FrameError(f"the market {market[:10]!r}, whose price decimals are not known")
    price = values.integer(fields[9]) or 0
    return OverseasNotice(
        order_no=_number(fields[2]),
        original_no=values.order_number(fields[3]),
        side=_side(fields[4]),
        symbol=_symbol(fields[7]),
        market=market,
        quantity=values.integer(fields[8]) or 0,
        price=Decimal(price).scaleb(-_DECIMALS[market]),
        at=_nearest(fields[10], now) if fields[10] else None,
        event=_event(fields[5], fields[11], fields[12], fields[13], "0"),
        order_quantity=values.integer(fields[15]),
    )


def _event(change: str, refused: str, filled: str, stage: str, condition: str) -> NoticeEvent:
    """Tell the event from RCTF_CLS, RFUS_YN, CNTG_YN, ACPT_YN and ODER_COND."""
    known = filled in ("1", "2") and change in ("0", "1", "2") and stage in ("1", "2", "3")
    if not known or refused not in ("0", "1", "N", "Y"):
        raise FrameError(f"the state {change}{refused}{filled}{stage}, which nobody has explained")
    if refused in ("1", "Y"):
        return NoticeEvent.REFUSED
    if filled == "2":
        return NoticeEvent.FILLED
    if stage == "3":
        # The rest of an IOC or FOK order is cancelled at once; without such a condition the
        # exchange ended the order, which happens at the close.
        return NoticeEvent.CANCELLED if condition in ("1", "2") else NoticeEvent.EXPIRED
    if stage == "2" and change != "0":
        return NoticeEvent.AMENDED if change == "1" else NoticeEvent.CANCELLED
    return NoticeEvent.ACCEPTED


def _side(value: str) -> Side:
    if value not in _SIDES:
        raise FrameError(f"the side {value[:10]!r}")
    return _SIDES[value]


def _number(value: str) -> int:
    number = values.order_number(value)
    if number is None:
        raise FrameError("no order number")
    return number


def _symbol(value: str) -> str:
    if not value or not value.isascii():
        raise FrameError(f"the symbol {value[:20]!r}")
    return value


def _nearest(value: str, now: datetime) -> datetime:
    """Return the time of day on the date that makes it nearest to now."""
    at = values.moment(now.date(), value)
    if at - now > _HALF_DAY:
        return at - timedelta(days=1)
    if now - at > _HALF_DAY:
        return at + timedelta(days=1)
    return at
