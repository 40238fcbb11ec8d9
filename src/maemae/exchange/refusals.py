"""Why the exchange refuses an order; the protocol gives each reason the broker's code and text."""

from enum import StrEnum


class Reason(StrEnum):
    """A reason for refusing an order, an amendment or a cancellation."""

    NO_TRADING_DAY = "no trading today"
    BEFORE_HOURS = "before the session"
    AFTER_HOURS = "after the session"
    WRONG_KIND = "order kind not allowed now"
    NOT_IN_SESSION = "instrument is not traded in this session"
    NOT_ON_NXT = "instrument is not traded on NXT"
    UNKNOWN_CODE = "no such instrument"
    HALTED = "trading is halted"
    BAD_QUANTITY = "quantity must be one share or more"
    OFF_TICK = "price is not on the tick grid"
    OUTSIDE_LIMITS = "price is outside the day's limits"
    NO_CASH = "not enough buying power"
    NO_HOLDING = "nothing held to sell"
    NO_SHARES = "more than can be sold"
    UNKNOWN_ORDER = "no such order"
    NOTHING_LEFT = "nothing left to amend or cancel"
    TOO_MANY = "more than is left of the order"


class Refusal(Exception):  # noqa: N818 - an answer of the exchange, not a failure of ours
    """The exchange says no; nothing has changed."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.value)
        self.reason = reason
