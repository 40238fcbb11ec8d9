"""The phases of a trading day, by venue and date: auctions, continuous trading, off-hours.

Sources: KRX KOSPI Business Regulation and Enforcement Rules §11, §35 (KOSDAQ the same); the 2026
amendment that opened the after-market (애프터마켓) on 2026-09-14 and abolished the off-hours
single price (시간외단일가); NXT's own site for its sessions since 2025-03-04.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from maemae.market.calendar import Session
from maemae.zones import KST

AFTER_MARKET_FROM = date(2026, 9, 14)
"""First day of the KRX after-market; the last day of the off-hours single price was 2026-09-11."""
NXT_FROM = date(2025, 3, 4)
"""First day of Nextrade (넥스트레이드)."""

_HOUR = timedelta(hours=1)
_TEN = timedelta(minutes=10)


class Venue(StrEnum):
    """Where an order is matched; SOR lets the broker choose between the two."""

    KRX = "KRX"
    NXT = "NXT"
    SOR = "SOR"


class PhaseKind(StrEnum):
    """What kind of trading a phase is."""

    PRE_CLOSE_PRICE = "pre_close_price"
    """장전 시간외종가: at the previous close, by time priority."""
    OPENING_AUCTION = "opening_auction"
    """시가 단일가."""
    CONTINUOUS = "continuous"
    """접속매매, on NXT the main market (메인마켓)."""
    CLOSING_AUCTION = "closing_auction"
    """종가 단일가; its price is the official close."""
    POST_CLOSE_PRICE = "post_close_price"
    """장후 시간외종가: at the day's close, by time priority."""
    SINGLE_PRICE = "single_price"
    """시간외 단일가: an auction every ten minutes within ±10 % of the close."""
    PRE_MARKET = "pre_market"
    """NXT 프리마켓."""
    AFTER_MARKET = "after_market"
    """애프터마켓, on KRX and on NXT."""


@dataclass(frozen=True, slots=True)
class Phase:
    """One phase: orders are taken from `orders_from`, trades happen from `start` to `end`."""

    venue: Venue
    kind: PhaseKind
    orders_from: datetime
    start: datetime
    end: datetime
    certain: bool = True
    """False where no source was found and the times follow the usual pattern."""


def phases(session: Session, venue: Venue) -> tuple[Phase, ...]:
    """Return the phases of a trading day on KRX or NXT, in order of their start.

    NXT has none before 2025-03-04. Negotiated block trades are left out: no retail order is one.

    Raises:
        ValueError: the venue is SOR, which is not a place.
    """
    if venue is Venue.KRX:
        return _krx(session)
    if venue is Venue.NXT:
        return _nxt(session) if session.day >= NXT_FROM else ()
    raise ValueError("SOR routes to KRX or NXT and has no phases of its own")


def first_start(session: Session) -> datetime:
    """Return when the first session of a trading day takes orders, on KRX or NXT."""
    places = (Venue.KRX, Venue.NXT)
    return min(phase.orders_from for venue in places for phase in phases(session, venue))


def last_end(session: Session) -> datetime:
    """Return when the last session of a trading day ends, on KRX or NXT."""
    return max(phase.end for venue in (Venue.KRX, Venue.NXT) for phase in phases(session, venue))


def _krx(session: Session) -> tuple[Phase, ...]:
    day = session.day
    # On an exam day what follows the close starts an hour later, too, and ends as always.
    late = _HOUR if session.csat else timedelta()
    pre_close = session.opening_auction
    after_close = session.close + _TEN
    four = _at(day, time(16)) + late
    rows = [
        (PhaseKind.PRE_CLOSE_PRICE, pre_close, pre_close, pre_close + _TEN, True),
        (PhaseKind.OPENING_AUCTION, session.opening_auction, session.opening_auction, session.open,
         True),
        (PhaseKind.CONTINUOUS, session.open, session.open, session.closing_auction, True),
        (PhaseKind.CLOSING_AUCTION, session.closing_auction, session.closing_auction,
         session.close, True),
        (PhaseKind.POST_CLOSE_PRICE, session.close, after_close, four, True),
    ]  # fmt: skip
    if day >= AFTER_MARKET_FROM:
        rows.append((PhaseKind.AFTER_MARKET, four, four, _at(day, time(20)), not session.csat))
    else:
        rows.append((PhaseKind.SINGLE_PRICE, four, four, _at(day, time(18)), True))
    return tuple(Phase(Venue.KRX, *row) for row in rows)


def _nxt(session: Session) -> tuple[Phase, ...]:
    day, late = session.day, _HOUR if session.csat else timedelta()
    main = session.open + timedelta(seconds=30)
    after = _at(day, time(15, 40)) + late
    rows = [
        (PhaseKind.CONTINUOUS, main, main, session.closing_auction),
        (PhaseKind.AFTER_MARKET, after - _TEN, after, _at(day, time(20))),
    ]
    if session.is_regular:
        eight = _at(day, time(8))
        rows.insert(0, (PhaseKind.PRE_MARKET, eight, eight, _at(day, time(8, 50))))
    return tuple(Phase(Venue.NXT, *row) for row in rows)


def _at(day: date, clock: time) -> datetime:
    return datetime.combine(day, clock, KST)
