"""Order kinds (호가 유형) and where each may be used.

The codes are those of the broker's field ORD_DVSN (주문구분). Sources: KRX KOSPI Business
Regulation §10-24, Enforcement Rules §12-14, the 2026-09-14 amendment; KIS notice of 2026-09-09.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from maemae.errors import DataError
from maemae.i18n import _
from maemae.market.phases import AFTER_MARKET_FROM, PhaseKind, Venue

_MID_FROM = date(2025, 3, 4)
_C = PhaseKind.CONTINUOUS
_OPEN, _CLOSE = PhaseKind.OPENING_AUCTION, PhaseKind.CLOSING_AUCTION
_AFTER = PhaseKind.AFTER_MARKET


class Pricing(StrEnum):
    """Where an order's price comes from."""

    LIMIT = "limit"
    MARKET = "market"
    LIMIT_THEN_MARKET = "limit_then_market"
    """조건부지정가: becomes a market order in the closing auction."""
    BEST_OPPOSITE = "best_opposite"
    """최유리지정가: the best price of the other side; the rest stays at it."""
    BEST_OWN = "best_own"
    """최우선지정가: the best price of its own side."""
    MID = "mid"
    """중간가: half-way between best bid and ask."""
    STOP_LIMIT = "stop_limit"
    """스톱지정가."""
    CLOSE = "close"
    """시간외종가: the previous or the day's close."""


class Duration(StrEnum):
    """What happens to the part that does not trade at once; all orders end with their session."""

    DAY = "day"
    IOC = "ioc"
    FOK = "fok"


@dataclass(frozen=True, slots=True)
class OrderKind:
    """One kind of order: its code, the Korean name and what it is allowed."""

    code: str
    name: str
    pricing: Pricing
    duration: Duration
    phases: frozenset[PhaseKind]
    venues: frozenset[Venue]
    first: date
    last: date

    @property
    def needs_price(self) -> bool:
        """Whether the order carries a limit price."""
        return self.pricing in (Pricing.LIMIT, Pricing.LIMIT_THEN_MARKET, Pricing.STOP_LIMIT)

    def allowed(self, phase: PhaseKind, venue: Venue, on: date) -> bool:
        """Whether it may be entered for that phase of that venue on that day."""
        if not (self.first <= on <= self.last and phase in self.phases and venue in self.venues):
            return False
        # KRX's after-market has codes of its own; on NXT an ordinary limit order lives through.
        return not (self.code == "00" and venue is Venue.KRX and phase is _AFTER)


def order_kind(code: str) -> OrderKind:
    """Return the order kind of a code.

    Raises:
        DataError: there is no such code.
    """
    kind = _KINDS.get(code)
    if kind is None:
        raise DataError(
            _("no order kind {code!r}; known: {kinds}").format(code=code, kinds=", ".join(_KINDS))
        )
    return kind


def order_kinds(phase: PhaseKind, venue: Venue, on: date) -> tuple[OrderKind, ...]:
    """Return the order kinds allowed in that phase of that venue on that day, by code."""
    return tuple(kind for kind in _KINDS.values() if kind.allowed(phase, venue, on))


def _make(
    code: str,
    name: str,
    pricing: Pricing,
    phases: Iterable[PhaseKind],
    duration: Duration = Duration.DAY,
    *,
    venues: Iterable[Venue] = (Venue.KRX,),
    first: date = date.min,
    last: date = date.max,
) -> OrderKind:
    return OrderKind(
        code, name, pricing, duration, frozenset(phases), frozenset(venues), first, last
    )


_BOTH = (Venue.KRX, Venue.NXT)
_LIMIT = (_OPEN, _C, _CLOSE, PhaseKind.PRE_MARKET, _AFTER)
_LAST_SINGLE_PRICE = date(2026, 9, 11)


def _table() -> tuple[OrderKind, ...]:
    new, mid = AFTER_MARKET_FROM, _MID_FROM
    ioc, fok = Duration.IOC, Duration.FOK
    pre = (PhaseKind.PRE_MARKET,)
    return (
        _make("00", "지정가", Pricing.LIMIT, _LIMIT, venues=_BOTH),
        _make("01", "시장가", Pricing.MARKET, (_OPEN, _C, _CLOSE), venues=_BOTH),
        _make("02", "조건부지정가", Pricing.LIMIT_THEN_MARKET, (_OPEN, _C)),
        _make("03", "최유리지정가", Pricing.BEST_OPPOSITE, (_C,), venues=_BOTH),
        _make("04", "최우선지정가", Pricing.BEST_OWN, (_C,), venues=_BOTH),
        _make("05", "장전 시간외종가", Pricing.CLOSE, (PhaseKind.PRE_CLOSE_PRICE,)),
        _make("06", "장후 시간외종가", Pricing.CLOSE, (PhaseKind.POST_CLOSE_PRICE,)),
        _make("07", "시간외 단일가", Pricing.LIMIT, (PhaseKind.SINGLE_PRICE,),
              last=_LAST_SINGLE_PRICE),
        _make("11", "지정가 IOC", Pricing.LIMIT, (_C,), ioc, venues=_BOTH),
        _make("12", "지정가 FOK", Pricing.LIMIT, (_C,), fok, venues=_BOTH),
        _make("13", "시장가 IOC", Pricing.MARKET, (_C,), ioc, venues=_BOTH),
        _make("14", "시장가 FOK", Pricing.MARKET, (_C,), fok, venues=_BOTH),
        _make("15", "최유리 IOC", Pricing.BEST_OPPOSITE, (_C,), ioc, venues=_BOTH),
        _make("16", "최유리 FOK", Pricing.BEST_OPPOSITE, (_C,), fok, venues=_BOTH),
        _make("21", "중간가", Pricing.MID, (_C,), venues=_BOTH, first=mid),
        _make("22", "스톱지정가", Pricing.STOP_LIMIT, (_C,), venues=_BOTH, first=mid),
        _make("23", "중간가 IOC", Pricing.MID, (_C,), ioc, venues=_BOTH, first=mid),
        _make("24", "중간가 FOK", Pricing.MID, (_C,), fok, venues=_BOTH, first=mid),
        _make("27", "프리마켓 GTP 지정가", Pricing.LIMIT, pre, venues=(Venue.NXT,), first=new),
        _make("28", "프리마켓 GTP 최유리", Pricing.BEST_OPPOSITE, pre, venues=(Venue.NXT,),
              first=new),
        _make("29", "프리마켓 GTP 최우선", Pricing.BEST_OWN, pre, venues=(Venue.NXT,), first=new),
        _make("41", "애프터마켓 지정가", Pricing.LIMIT, (_AFTER,), first=new),
        _make("42", "애프터마켓 지정가 IOC", Pricing.LIMIT, (_AFTER,), ioc, first=new),
        _make("43", "애프터마켓 지정가 FOK", Pricing.LIMIT, (_AFTER,), fok, first=new),
        _make("44", "애프터마켓 최유리", Pricing.BEST_OPPOSITE, (_AFTER,), first=new),
        _make("45", "애프터마켓 최유리 IOC", Pricing.BEST_OPPOSITE, (_AFTER,), ioc, first=new),
        _make("46", "애프터마켓 최유리 FOK", Pricing.BEST_OPPOSITE, (_AFTER,), fok, first=new),
        _make("47", "애프터마켓 최우선", Pricing.BEST_OWN, (_AFTER,), first=new),
    )  # fmt: skip


_KINDS: dict[str, OrderKind] = {kind.code: kind for kind in _table()}
