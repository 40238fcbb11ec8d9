"""From a message code to what kind of refusal it is, for whoever ordered."""

from types import MappingProxyType
from typing import Final

from maemae import catalogue
from maemae.catalogue import CodeKind
from maemae.market.kinds import Side
from maemae.market.refusals import RefusalKind

KINDS: Final = MappingProxyType(
    {
        CodeKind.THROTTLED: RefusalKind.THROTTLED,
        CodeKind.AUTH: RefusalKind.TOKEN,
        CodeKind.AUTH_TOO_SOON: RefusalKind.TOKEN,
        CodeKind.NO_CASH: RefusalKind.CASH,
        CodeKind.NO_SHARES: RefusalKind.SHARES,
        CodeKind.CLOSED: RefusalKind.SESSION,
        CodeKind.HALTED: RefusalKind.HALTED,
        CodeKind.NOT_TRADABLE: RefusalKind.HALTED,
        CodeKind.UNKNOWN_CODE: RefusalKind.UNKNOWN_CODE,
        CodeKind.PRICE: RefusalKind.PRICE,
        CodeKind.QUANTITY: RefusalKind.QUANTITY,
        CodeKind.NOTHING_LEFT: RefusalKind.GONE,
    }
)
"""What a code's kind says of an order; every other kind is `RefusalKind.OTHER`.

`TEMPORARY` and `OUTCOME_UNKNOWN` are no refusals: such an order may live (`Orders.judge`).
"""


def refusal_kind(code: str, side: Side | None = None) -> RefusalKind:
    """Return the kind of a refusal with this message code; a code nobody knows is any other no."""
    known = catalogue.code(code)
    kind = KINDS.get(known.kind, RefusalKind.OTHER) if known else RefusalKind.OTHER
    return kind if side is None else kind.of(side)
