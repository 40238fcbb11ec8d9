"""What the desk wants done. The shell writes the records of a step before it does any of these."""

from dataclasses import dataclass
from datetime import datetime

from maemae.desk.events import Query
from maemae.desk.terms import Route
from maemae.market.kinds import Side

STREAMED = 40
"""Codes on the stream at most, whatever an app key has room for."""


@dataclass(frozen=True, slots=True)
class Send:
    """Send an order; its `Intended` record is in the ledger by now. `urgent` is an exit."""

    intent: str
    side: Side
    code: str
    quantity: int
    price: int | None
    urgent: bool
    route: Route | None = None


@dataclass(frozen=True, slots=True)
class SendCancel:
    """Cancel what is left of a working order."""

    intent: str
    order_no: int
    org_no: str
    code: str
    quantity: int
    route: Route | None = None


@dataclass(frozen=True, slots=True)
class SendAmend:
    """Give what is left of a working order another limit price; None makes it a market order."""

    intent: str
    order_no: int
    org_no: str
    code: str
    quantity: int
    price: int | None
    route: Route | None = None


@dataclass(frozen=True, slots=True)
class Ask:
    """Ask the broker; the answer comes back as an event, or as `Unavailable`.

    `key` is the book of a search, or the code of a price or buying power; `version` is handed
    back with a balance or an inquiry, so that the desk can tell whether it moved meanwhile.
    """

    query: Query
    key: str = ""
    price: int | None = None
    version: int = -1


@dataclass(frozen=True, slots=True)
class Watch:
    """Keep exactly these codes on the live price stream, most important first."""

    codes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Wake:
    """Send a `Timer` of this name at this venue time.

    Of several wishes of one name the soonest stands: no question is put off by a later one.
    """

    name: str
    at: datetime


Command = Send | SendCancel | SendAmend | Ask | Watch | Wake
