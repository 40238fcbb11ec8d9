"""Why a broker refuses an order, as far as it decides what is done next.

Only a certain no is a refusal: an order that may have arrived is in doubt, and never sent again.
"""

from enum import StrEnum

from maemae.market.kinds import Side


class RefusalKind(StrEnum):
    """What a refusal asks its reader to do."""

    THROTTLED = "throttled"
    """Too many requests in a second: the gateway has not looked at it."""
    TOKEN = "token"  # noqa: S105 - a name
    """The access token was not accepted; another is issued by itself."""
    UNSENT = "unsent"
    """It has not left this machine: no connection, or no token in time."""
    CASH = "cash"
    """The buying power falls short."""
    SHARES = "shares"
    """Fewer shares can be sold than were to be."""
    SESSION = "session"
    """The market takes no such order at this time."""
    HALTED = "halted"
    """The instrument is not traded now: a halt, a volatility interruption (VI)."""
    UNKNOWN_CODE = "unknown_code"
    """The broker knows no such instrument."""
    PRICE = "price"
    """Off the grid of prices, or beyond the limits of the day."""
    QUANTITY = "quantity"
    """Too many shares, or too few."""
    GONE = "gone"
    """Nothing of the order is left that could be cancelled or amended."""
    OTHER = "other"
    """Any other no."""

    def of(self, side: Side) -> "RefusalKind":
        """Return the kind as it can be meant for a side.

        KIS's virtual server has one code for money and for shares that fall short.
        """
        if self is RefusalKind.CASH and side is Side.SELL:
            return RefusalKind.SHARES
        if self is RefusalKind.SHARES and side is Side.BUY:
            return RefusalKind.CASH
        return self


PASSING = frozenset({RefusalKind.THROTTLED, RefusalKind.TOKEN, RefusalKind.UNSENT})
"""Nobody has looked at the order; the same one goes through in a moment."""

WAITING = frozenset({RefusalKind.SESSION, RefusalKind.HALTED})
"""Not now: a trade in the instrument shows that it is over."""

UNCOUNTED = PASSING | WAITING
"""Refusals that say nothing about what we order."""
