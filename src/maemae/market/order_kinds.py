"""Order kinds (호가 유형): the one table of where and when each may be used.

The client, the desk, the faces and the broker's side of the simulated exchange read it. The codes
are those of the broker's field ORD_DVSN (주문구분). Sources: KRX KOSPI Business Regulation §10-24,
Enforcement Rules §12-14, the 2026-09-14 amendment; KIS, sheet "주식주문(현금)", whose lists by
exchange are the `venues`, and its notice of 2026-09-09.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from maemae.errors import DataError
from maemae.i18n import _
from maemae.market.calendar import Session
from maemae.market.phases import AFTER_MARKET_FROM, Phase, PhaseKind, Venue, phases

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
    """One kind of order: its code, the Korean name, a word for it and what it is allowed."""

    code: str
    name: str
    word: str
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

    @property
    def on_virtual(self) -> bool:
        """Whether KIS's virtual server (모의투자) takes it; on KRX alone, in regular hours."""
        return self.code in _VIRTUAL

    @property
    def off_hours(self) -> bool:
        """Whether it is for a session outside regular hours alone."""
        return not self.phases & {_OPEN, _C, _CLOSE}

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


def find_order_kind(text: str) -> OrderKind:
    """Return the order kind that a person means: by code, by word or by its Korean name.

    Raises:
        DataError: none is called so.
    """
    asked = "".join(text.split()).lower().replace("_", "-")
    for kind in _KINDS.values():
        if asked in (kind.code, kind.word, "".join(kind.name.split()).lower()):
            return kind
    known = ", ".join(f"{kind.word} ({kind.code})" for kind in _KINDS.values())
    raise DataError(
        _("no order kind is called {text}; known: {kinds}").format(text=text, kinds=known)
    )


def its_phases(kind: OrderKind, venue: Venue, session: Session) -> list[Phase]:
    """Return the phases of a day in which an order of a kind that goes somewhere may trade."""
    places = (Venue.KRX, Venue.NXT) if venue is Venue.SOR else (venue,)
    return [
        phase
        for place in places
        for phase in phases(session, place)
        if venue in kind.venues and kind.allowed(phase.kind, place, session.day)
    ]


def lives_until(kind: OrderKind, venue: Venue, session: Session, at: datetime) -> datetime | None:
    """Return until when an order that is entered now may trade, None where it is not taken now.

    It lives through all phases that its kind is allowed in; in those of both places with SOR,
    where the broker chooses between them.
    """
    its = its_phases(kind, venue, session)
    if not any(phase.orders_from <= at < phase.end for phase in its):
        return None
    return max(phase.end for phase in its)


def order_kinds(phase: PhaseKind, venue: Venue, on: date) -> tuple[OrderKind, ...]:
    """Return the order kinds allowed in that phase of that venue on that day, by code."""
    return tuple(kind for kind in _KINDS.values() if kind.allowed(phase, venue, on))


def _make(
    code: str,
    name: str,
    word: str,
    pricing: Pricing,
    phases: Iterable[PhaseKind],
    *,
    duration: Duration = Duration.DAY,
    venues: Iterable[Venue] = (Venue.KRX,),
    first: date = date.min,
    last: date = date.max,
) -> OrderKind:
    return OrderKind(
        code, name, word, pricing, duration, frozenset(phases), frozenset(venues), first, last
    )


_VIRTUAL = frozenset({"00", "01", "02", "03", "04"})
_BOTH = (Venue.KRX, Venue.NXT)
_ALL = (Venue.KRX, Venue.NXT, Venue.SOR)
_LIMIT = (_OPEN, _C, _CLOSE, PhaseKind.PRE_MARKET, _AFTER)
_LAST_SINGLE_PRICE = date(2026, 9, 11)


def _table() -> tuple[OrderKind, ...]:
    new, mid = AFTER_MARKET_FROM, _MID_FROM
    ioc, fok = Duration.IOC, Duration.FOK
    pre, nxt, after = (PhaseKind.PRE_MARKET,), (Venue.NXT,), (_AFTER,)
    return (
        _make("00", "지정가", "limit", Pricing.LIMIT, _LIMIT, venues=_ALL),
        _make("01", "시장가", "market", Pricing.MARKET, (_OPEN, _C, _CLOSE),
              venues=(Venue.KRX, Venue.SOR)),
        _make("02", "조건부지정가", "limit-then-market", Pricing.LIMIT_THEN_MARKET, (_OPEN, _C)),
        _make("03", "최유리지정가", "best", Pricing.BEST_OPPOSITE, (_C,), venues=_ALL),
        _make("04", "최우선지정가", "own", Pricing.BEST_OWN, (_C,), venues=_ALL),
        _make("05", "장전 시간외종가", "pre-close", Pricing.CLOSE, (PhaseKind.PRE_CLOSE_PRICE,)),
        _make("06", "장후 시간외종가", "post-close", Pricing.CLOSE, (PhaseKind.POST_CLOSE_PRICE,)),
        _make("07", "시간외 단일가", "single-price", Pricing.LIMIT, (PhaseKind.SINGLE_PRICE,),
              last=_LAST_SINGLE_PRICE),
        _make("11", "지정가 IOC", "limit-ioc", Pricing.LIMIT, (_C,), duration=ioc, venues=_ALL),
        _make("12", "지정가 FOK", "limit-fok", Pricing.LIMIT, (_C,), duration=fok, venues=_ALL),
        _make("13", "시장가 IOC", "market-ioc", Pricing.MARKET, (_C,), duration=ioc, venues=_ALL),
        _make("14", "시장가 FOK", "market-fok", Pricing.MARKET, (_C,), duration=fok, venues=_ALL),
        _make("15", "최유리 IOC", "best-ioc", Pricing.BEST_OPPOSITE, (_C,),
              duration=ioc, venues=_ALL),
        _make("16", "최유리 FOK", "best-fok", Pricing.BEST_OPPOSITE, (_C,),
              duration=fok, venues=_ALL),
        _make("21", "중간가", "mid", Pricing.MID, (_C,), venues=_BOTH, first=mid),
        _make("22", "스톱지정가", "stop-limit", Pricing.STOP_LIMIT, (_C,), venues=_BOTH, first=mid),
        _make("23", "중간가 IOC", "mid-ioc", Pricing.MID, (_C,), duration=ioc, venues=_BOTH,
              first=mid),
        _make("24", "중간가 FOK", "mid-fok", Pricing.MID, (_C,), duration=fok, venues=_BOTH,
              first=mid),
        _make("27", "프리마켓 GTP 지정가", "pre-limit", Pricing.LIMIT, pre, venues=nxt, first=new),
        _make("28", "프리마켓 GTP 최유리", "pre-best", Pricing.BEST_OPPOSITE, pre,
              venues=nxt, first=new),
        _make("29", "프리마켓 GTP 최우선", "pre-own", Pricing.BEST_OWN, pre, venues=nxt, first=new),
        _make("41", "애프터마켓 지정가", "after-limit", Pricing.LIMIT, after, first=new),
        _make("42", "애프터마켓 지정가 IOC", "after-limit-ioc", Pricing.LIMIT, after,
              duration=ioc, first=new),
        _make("43", "애프터마켓 지정가 FOK", "after-limit-fok", Pricing.LIMIT, after,
              duration=fok, first=new),
        _make("44", "애프터마켓 최유리", "after-best", Pricing.BEST_OPPOSITE, after, first=new),
        _make("45", "애프터마켓 최유리 IOC", "after-best-ioc", Pricing.BEST_OPPOSITE, after,
              duration=ioc, first=new),
        _make("46", "애프터마켓 최유리 FOK", "after-best-fok", Pricing.BEST_OPPOSITE, after,
              duration=fok, first=new),
        _make("47", "애프터마켓 최우선", "after-own", Pricing.BEST_OWN, after, first=new),
    )  # fmt: skip


_KINDS: dict[str, OrderKind] = {kind.code: kind for kind in _table()}
