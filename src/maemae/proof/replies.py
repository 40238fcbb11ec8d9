"""What a broker of the simulation says to an order or a change of one."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Generic, TypeVar

from maemae.desk import commands as cmd
from maemae.desk import events as ev
from maemae.exchange.orders import Order
from maemae.exchange.refusals import Reason, Refusal
from maemae.market.refusals import RefusalKind
from maemae.proof.hazards import Hazard

T = TypeVar("T")

NOES: Mapping[Hazard | None, RefusalKind] = {
    Hazard.THROTTLED: RefusalKind.THROTTLED,
    Hazard.TOKEN_REFUSED: RefusalKind.TOKEN,
    Hazard.UNSENT: RefusalKind.UNSENT,
    Hazard.REFUSED: RefusalKind.OTHER,
    Hazard.REFUSED_CASH: RefusalKind.CASH,
    Hazard.REFUSED_SHARES: RefusalKind.SHARES,
    Hazard.REFUSED_SESSION: RefusalKind.SESSION,
    Hazard.REFUSED_HALTED: RefusalKind.HALTED,
    Hazard.REFUSED_CODE: RefusalKind.UNKNOWN_CODE,
    Hazard.REFUSED_PRICE: RefusalKind.PRICE,
}
"""Hazards that are a certain no, and its kind."""

REASONS: Mapping[Reason, RefusalKind] = {
    Reason.NO_CASH: RefusalKind.CASH,
    Reason.NO_HOLDING: RefusalKind.SHARES,
    Reason.NO_SHARES: RefusalKind.SHARES,
    Reason.HALTED: RefusalKind.HALTED,
    Reason.UNKNOWN_CODE: RefusalKind.UNKNOWN_CODE,
    Reason.OFF_TICK: RefusalKind.PRICE,
    Reason.OUTSIDE_LIMITS: RefusalKind.PRICE,
    Reason.BAD_QUANTITY: RefusalKind.QUANTITY,
    Reason.BEFORE_HOURS: RefusalKind.SESSION,
    Reason.AFTER_HOURS: RefusalKind.SESSION,
    Reason.UNKNOWN_ORDER: RefusalKind.GONE,
    Reason.NOTHING_LEFT: RefusalKind.GONE,
}
"""What the venue's own refusals are."""


class Lost(StrEnum):
    """Why an answer does not come, or says nothing."""

    TIMEOUT = "timeout"
    RESET = "connection reset"
    FAILED = "HTTP 500"


@dataclass(frozen=True, slots=True)
class Said(Generic[T]):
    """What a broker says to an order, in the words of whoever asks.

    Attributes:
        submit: brings it to the venue; returns what that says.
        refused: a certain no.
        lost: what it looks like when no answer comes, and why none does.
    """

    submit: Callable[[], T]
    refused: Callable[[RefusalKind], T]
    lost: Callable[[Lost], T]


def attempt(make: Callable[[], Order]) -> Callable[[], Order | Refusal]:
    """Return what makes a request, and has the venue's no as its result."""

    def made() -> Order | Refusal:
        try:
            return make()
        except Refusal as refusal:
            return refusal

    return made


def why_not(done: Order | Refusal | None) -> tuple[str, RefusalKind | None]:
    """Return why a change came to nothing, and its kind; None where nobody knows."""
    match done:
        case None:
            return Lost.TIMEOUT, None
        case Refusal(reason=reason):
            return str(done), REASONS.get(reason, RefusalKind.OTHER)
        case _:
            return "", None


def refused(at: datetime, send: cmd.Send, kind: RefusalKind, code: str = "") -> ev.Event:
    """Return the event of a certain no; `code`: the broker's, else the name of the kind."""
    code = code or kind.name
    return ev.OrderRefused(at=at, intent=send.intent, code=code, message="거부", kind=kind)
