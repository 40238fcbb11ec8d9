"""What became of an order: three answers that must not be confused."""

from datetime import datetime

import msgspec

from maemae.catalogue import CodeKind
from maemae.errors import DataError
from maemae.market.kinds import Side
from maemae.market.order_kinds import order_kind
from maemae.market.phases import Venue
from maemae.market.refusals import RefusalKind


class OrderRequest(msgspec.Struct, frozen=True):
    """An order to be sent.

    Args:
        side: buy or sell.
        code: the stock.
        quantity: shares, above zero.
        price: won, or None for kinds without a price.
        kind: the broker's ORD_DVSN: "00" limit (지정가), "01" market (시장가), ...
        exchange: KRX, NXT or SOR; the virtual server takes KRX only.
        trigger_price: won, for the stop-limit kind "22" only.

    Raises:
        ValueError: the parts do not fit together.
    """

    side: Side
    code: str
    quantity: int
    price: int | None
    kind: str = "00"
    exchange: Venue = Venue.KRX
    trigger_price: int | None = None

    def __post_init__(self) -> None:
        if self.quantity <= 0:
            raise ValueError(f"an order needs a quantity above zero, not {self.quantity}")
        try:
            kind = order_kind(self.kind)
        except DataError as error:
            raise ValueError(str(error)) from error
        if self.exchange not in kind.venues:
            raise ValueError(f"{self.exchange} takes no order of kind {self.kind}")
        if (self.price is not None) != kind.needs_price:
            needs = "a price" if kind.needs_price else "no price"
            raise ValueError(f"an order of kind {self.kind} needs {needs}")
        if self.price is not None and self.price <= 0:
            raise ValueError(f"an order needs a price above zero, not {self.price}")
        if (self.trigger_price is not None) != (self.kind == "22"):
            raise ValueError("a trigger price belongs to kind 22 and to no other")


class Accepted(msgspec.Struct, frozen=True):
    """The broker received the order: it has a number. The exchange may still refuse it."""

    order_no: int
    org_no: str
    at: datetime


class Refused(msgspec.Struct, frozen=True):
    """A definite no: there is no such order at the broker.

    `sent` is False when not even a connection was made. `kind` is what the message code stands
    for, `refusal` what whoever ordered has to know of it.
    """

    code: str
    message: str
    kind: CodeKind | None = None
    meaning: str = ""
    advice: str = ""
    sent: bool = True
    refusal: RefusalKind = RefusalKind.OTHER


class Unknown(msgspec.Struct, frozen=True):
    """The order may or may not exist; it must be looked for and never be sent again blindly."""

    reason: str


Outcome = Accepted | Refused | Unknown
