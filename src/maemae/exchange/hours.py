"""The times of a simulated day: the regular session, and those before and after it."""

from dataclasses import dataclass, field
from datetime import date

from maemae.exchange.moment import Moment, moment
from maemae.market.calendar import Session
from maemae.market.phases import PhaseKind, Venue, phases

OFF_HOURS = (
    PhaseKind.PRE_CLOSE_PRICE,
    PhaseKind.POST_CLOSE_PRICE,
    PhaseKind.SINGLE_PRICE,
    PhaseKind.AFTER_MARKET,
)
"""The sessions outside the regular one that are simulated."""


@dataclass(frozen=True, slots=True)
class Span:
    """A session: orders are taken from `orders_from` on, trades happen from `start` to `end`."""

    orders_from: Moment
    start: Moment
    end: Moment


@dataclass(frozen=True, slots=True)
class Hours:
    """The times of a day's regular session, and the sessions around it by kind.

    `entry`: from when on orders for the regular session are taken. The after-market is there
    since 2026-09-14, the single price (시간외 단일가) was before. `nxt`: the sessions of NXT.
    """

    day: date
    entry: Moment
    open: Moment
    auction: Moment
    close: Moment
    off_hours: dict[PhaseKind, Span] = field(default_factory=dict, hash=False)
    nxt: dict[PhaseKind, Span] = field(default_factory=dict, hash=False)

    @classmethod
    def of(cls, session: Session) -> "Hours":
        """Return the hours of a session of the calendar."""
        return cls(
            day=session.day,
            entry=moment(session.opening_auction),
            open=moment(session.open),
            auction=moment(session.closing_auction),
            close=moment(session.close),
            off_hours={
                one.kind: Span(moment(one.orders_from), moment(one.start), moment(one.end))
                for one in phases(session, Venue.KRX)
                if one.kind in OFF_HOURS
            },
            nxt={
                one.kind: Span(moment(one.orders_from), moment(one.start), moment(one.end))
                for one in phases(session, Venue.NXT)
            },
        )

    @property
    def over(self) -> Moment:
        """When the last session has ended."""
        spans = [*self.off_hours.values(), *self.nxt.values()]
        return max([self.close, *(span.end for span in spans)])
