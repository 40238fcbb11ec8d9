"""What a handler of a REST call works with."""

from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from maemae.catalogue import RestEndpoint
from maemae.exchange.accounts import Account
from maemae.exchange.behaviour import Behaviour
from maemae.exchange.extremes import Extremes, Spans
from maemae.exchange.listing import DayBar, Listing
from maemae.exchange.protocol.keys import Customer
from maemae.exchange.protocol.numbers import is_whole
from maemae.exchange.protocol.personality import Manner
from maemae.exchange.protocol.reply import Call, Reply, business_error, missing_field
from maemae.exchange.searches import Search
from maemae.exchange.venue import Venue
from maemae.market.calendar import Calendar
from maemae.profile.facts import Fact

_FIRST_DAY = "00000101"
"""What published clients begin a chart with that is to have everything."""


class Present(Protocol):
    """What the gateway sees of the running exchange."""

    @property
    def venue(self) -> Venue:
        """The trading day now open."""
        ...

    @property
    def denied(self) -> Set[Fact]:
        """What is taken for granted of a broker and is not so here."""
        ...

    @property
    def searches(self) -> Sequence[Search]:
        """The saved condition searches."""
        ...

    @property
    def calendar(self) -> Calendar:
        """The trading days."""
        ...

    def history(self, code: str) -> Sequence[DayBar]:
        """Return an instrument's daily bars before the day now open, the oldest first."""
        ...

    def extremes(self, code: str) -> Spans:
        """Return an instrument's extremes before this day: of 52 weeks, 250 days, the year."""
        ...


@dataclass(frozen=True, slots=True)
class Context:
    """A checked call: who calls what, and the exchange it is about."""

    call: Call
    customer: Customer
    endpoint: RestEndpoint
    manner: Manner
    present: Present

    @property
    def venue(self) -> Venue:
        """The trading day now open."""
        return self.present.venue

    def listing(self, code: str) -> Listing:
        """Return an instrument; an unknown code is refused."""
        row = self.venue.floor.market.rows.get(code)
        if row is None:
            raise business_error("MCA05918")
        return self.venue.floor.market.listings[row]

    def name(self, code: str) -> str:
        """Return an instrument's name; the code itself where it is not listed any more."""
        row = self.venue.floor.market.rows.get(code)
        return code if row is None else self.venue.floor.market.listings[row].name

    def extremes(self, code: str) -> tuple[Extremes, Extremes, Extremes]:
        """Return an instrument's extremes with today's: of 52 weeks, 250 days, the year."""
        state, day = self.venue.floor.state(code), self.venue.hours.day
        today = Extremes(state.high or state.price, day, state.low or state.price, day)
        weeks, days, year = (
            today if past is None else past.with_day(state.high, state.low, day)
            for past in self.present.extremes(code)
        )
        return weeks, days, year

    @property
    def account(self) -> Account:
        """The caller's account; an account that is not the app key's is refused."""
        number = f"{self.call.get('CANO')}-{self.call.get('ACNT_PRDT_CD')}"
        if number != self.customer.account:
            raise business_error("OPSQ2000", rt_cd="2")
        return self.venue.accounts[number]

    @property
    def behaviour(self) -> Behaviour:
        """What the caller's account is told."""
        return Behaviour(self.venue, self.account, self.present.denied)

    def required(self, name: str) -> str:
        """Return a parameter that must be there and not blank."""
        value = self.call.get(name)
        if not value:
            raise missing_field(name)
        return value

    def number(self, name: str) -> int:
        """Return a parameter that must be a whole number, not negative."""
        value = self.required(name)
        if not is_whole(value):
            raise business_error("OPSQ2002", f"ERROR : INPUT INVALID_CHECK_FIELD [{name}]", "2")
        return int(value)

    def day(self, name: str) -> str:
        """Return a parameter that must be a date, YYYYMMDD; 00000101 asks for all there is."""
        value = self.required(name)
        if value == _FIRST_DAY:
            return value
        try:
            datetime.strptime(value, "%Y%m%d")  # noqa: DTZ007 - a date, no instant
        except ValueError:
            raise business_error("OPSQ2002", f"ERROR : INPUT INVALID_CHECK [{name}]", "2") from None
        return value

    @property
    def page_size(self) -> int:
        """Rows of a page of this call on this server."""
        return self.endpoint.row_limits.get(self.manner.personality, 100)


Handler = Callable[[Context], Reply]
