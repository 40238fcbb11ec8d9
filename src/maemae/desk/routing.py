"""Where orders go that are no ordinary ones of KRX's regular session, and until when they live."""

from collections.abc import Callable
from datetime import datetime

from maemae.desk.terms import OrderWay, Route
from maemae.market.order_kinds import OrderKind
from maemae.market.phases import Venue

Lives = Callable[[OrderKind, Venue, datetime], datetime | None]
"""Tells until when an order of a kind may trade that goes somewhere now; None: it is not taken."""


def routed(way: OrderWay | None, lives: Lives, at: datetime) -> tuple[Route | None, bool]:
    """Return the route of an entry, None for an ordinary one, and whether it is taken now."""
    if way is None or not way.routed:
        return None, True
    until = lives(way.order_kind, way.exchange, at)
    if until is None:
        return None, False
    return Route(kind=way.order_kind.code, exchange=way.exchange, until=until), True
