"""What reaches the desk. It knows nothing that did not come in as one of these."""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum

from maemae.desk.plausibility import DayRange
from maemae.desk.records import Halt, Listed
from maemae.desk.sights import Sight
from maemae.desk.terms import Exits
from maemae.market.kinds import Side
from maemae.market.phases import Venue
from maemae.market.refusals import RefusalKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Base of all events; `at` is the venue time at which the shell saw it."""

    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """One line of the broker's balance (잔고); a name sold out today has one with no shares."""

    code: str
    quantity: int
    price: int
    """Last price in won; 0 where the broker states none."""
    name: str = ""
    sellable: int | None = None
    """Shares that no open sell order has spoken for (주문가능수량); None where it is not said."""
    base: int | None = None
    """The day's base price (기준가) in won; None where it is not told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance(Event):
    """The broker's books, complete. `asked` tells which moment of the desk they answer.

    `cash` is the D+2 cash (가수도정산금액) in won; `costs` are the day's fees and taxes together
    (제비용), `bought` and `sold` what the whole account traded today (금일매수금액, 금일매도금액);
    None where the broker does not state them.
    """

    cash: int
    holdings: tuple[Holding, ...]
    asked: int = -1
    costs: int | None = None
    bought: int | None = None
    sold: int | None = None

    @property
    def once(self) -> dict[str, Holding]:
        """A line for each name: one that is there twice is said by one witness all the same."""
        return {one.code: one for one in self.holdings}

    @property
    def traded(self) -> int | None:
        """Won bought and sold today, together; None where the broker does not state it."""
        if self.bought is None or self.sold is None:
            return None
        return self.bought + self.sold


@dataclass(frozen=True, slots=True, kw_only=True)
class Started(Event):
    """The shell is up for a trading day: when it opens, when orders stop matching at once, ends.

    `auction` is the start of the closing auction, `closes` the official close. `accepts` is when
    orders for the opening auction are taken from; None: there is none. `ends` is until when orders
    of sessions after the close are taken; None: the close is the end.
    """

    opens: datetime
    auction: datetime
    closes: datetime
    accepts: datetime | None = None
    ends: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Price(Event):
    """A last price, from a live tick or from a poll; 0 where none was stated."""

    code: str
    price: int
    polled: bool = False
    traded: datetime | None = None
    """The venue's time of the trade, where the tick tells."""
    volume: int | None = None
    """The day's volume up to this trade, where the tick tells."""
    day: DayRange | None = None
    """Base price and limits, where the answer tells."""
    listed: Listed | None = None
    """What the instrument is, where the answer tells."""
    base: int | None = None
    """The day's base price (기준가) in won; None where it is not told."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One name that a source offers, with the price it was seen at (0: unknown).

    `quantity` are exact shares instead of the book's sizing. Outside `low` ≤ last price < `high`
    the name waits for a later look. `limit` orders at that price, until the close, instead of the
    book's way of ordering; `exits` go over the book's.
    """

    listed: Listed
    price: int
    quantity: int | None = None
    low: int | None = None
    high: int | None = None
    reason: str = "candidate"
    exits: Exits | None = None
    limit: int | None = None
    day: DayRange | None = None
    """Base price and limits, where the search tells."""
    close: int | None = None
    """The last close in won for which `quantity` was reckoned: where the day's base price does
    not follow from it, a share is another, and nothing is bought."""

    def without_price(self) -> "Candidate":
        """Return the offer as one whose price is not known."""
        return replace(self, price=0)

    def takes(self, price: int) -> bool:
        """Whether a last price lies in the band in which the name is bought."""
        return (self.low is None or self.low <= price) and (self.high is None or price < self.high)


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidates(Event):
    """What a candidate source offers a book, best first. Complete; replaces the last offer.

    After `until` nothing of it is bought any more. `decided` is the moment of the market that it
    was decided on, the end of a bar; None where nothing was decided.
    """

    book: str
    offers: tuple[Candidate, ...]
    until: datetime | None = None
    decided: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExitsDue(Event):
    """What a book's strategy wants sold at the next price: an exit rule, the longest holding."""

    book: str
    codes: tuple[str, ...]
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BuyingPower(Event):
    """What the broker says can be bought of a name without receivables (미수 없는 매수)."""

    code: str
    quantity: int
    amount: int


class Query(StrEnum):
    """What the desk can ask the broker."""

    SEARCH = "search"
    POWER = "power"
    PRICE = "price"
    BALANCE = "balance"
    EXECUTIONS = "executions"


@dataclass(frozen=True, slots=True, kw_only=True)
class Unavailable(Event):
    """The broker could not be asked: nothing is known, which is not the same as nothing there."""

    query: Query
    key: str = ""
    reason: str = ""
    permanent: bool = False
    """Asking again soon does not help, and nothing is out of sight: the venue does not offer the
    query at all (모의투자 미지원), or the book is off, which is said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderAccepted(Event):
    """The reply to an order: taken, with the broker's number."""

    intent: str
    order_no: int
    org_no: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRefused(Event):
    """The reply to an order: definitely refused."""

    intent: str
    code: str
    message: str
    kind: RefusalKind = RefusalKind.OTHER


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderUnknown(Event):
    """No reply, or none that can be understood: the order may or may not live."""

    intent: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelAnswered(Event):
    """The reply to a cancel: taken, or not (with the reason).

    `kind` is that of a certain no; None where nobody knows whether it was taken.
    """

    intent: str
    failure: str = ""
    kind: RefusalKind | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AmendAnswered(Event):
    """The reply to an amendment: taken under a new number, or not (with the reason)."""

    intent: str
    order_no: int | None = None
    org_no: str = ""
    failure: str = ""


class NoticeKind(StrEnum):
    """What an execution notice (체결통보) says."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    FILLED = "filled"
    AMENDED = "amended"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice(Event):
    """An execution notice. A fill carries its own quantity only, never a cumulative one."""

    kind: NoticeKind
    order_no: int
    original_no: int | None
    side: Side
    code: str
    quantity: int
    price: int
    executed: datetime
    order_quantity: int | None = None
    """What the whole order asked for, where the notice tells."""
    org_no: str = ""
    """The organisation number (조직번호) that a cancel or an amendment names beside the number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Execution:
    """One row of the day's order inquiry (주식일별주문체결조회)."""

    order_no: int
    side: Side
    code: str
    quantity: int
    filled: int
    amount: int
    price: int
    """Limit price in won, 0 for a market order."""
    ordered: datetime
    ended: bool = False
    """Nothing of the order lives any more."""
    cancelled: bool = False
    remaining: int | None = None
    """Shares that may still be filled, where it is told."""
    original_no: int | None = None
    org_no: str = ""
    """The organisation number (조직번호) that a cancel or an amendment needs beside the number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Executions(Event):
    """The day's orders as the broker lists them, complete."""

    rows: tuple[Execution, ...]
    asked: int = -1
    asked_at: datetime | None = None
    """When the question went out; the answer may have taken its time."""
    sure: bool = True
    """Whether no rows mean no orders; KIS's virtual server (모의투자) may leave them all out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Timer(Event):
    """A moment that the desk asked to be woken at."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamChanged(Event):
    """The notice stream went down (fills may be missed from now on) or came back."""

    up: bool
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeUnread(Event):
    """An execution notice came that cannot be read, or that names no order: something happened."""

    detail: str
    """Its feed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockCompared(Event):
    """Our clock was held against the broker's.

    It is ahead by at least so much (behind, where negative): the part of the difference that no
    delay on the way can explain.
    """

    ahead: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Reported(Event):
    """The shell found something out that the owner must know about; it becomes an incident."""

    kind: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerMissed(Event):
    """The ledger lacks what a trader of this account had in one here; says which and since when."""

    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighted(Event):
    """The shell asked for something of its own accord; `missing` are the keys it did not get.

    None missing: all of it was had. `key` is the book whose quotes were asked for.
    """

    sight: Sight
    key: str = ""
    missing: tuple[str, ...] = ()
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class HaltOrdered(Event):
    """A person or a supervisor changes how much the desk may do."""

    level: Halt
    reason: str
    book: str = ""
    """With a book its entries alone are stopped, or let go on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FlattenOrdered(Event):
    """Cancel and sell everything of one book, or of all books: a person's command."""

    reason: str
    book: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderOrdered(Event):
    """A person orders; a price of None is a market order. `ticket` names it in the answer.

    `kind` is an ORD_DVSN, blank for a limit or market order, `exchange` where it goes. The answer
    is the `Intended` or `Declined` record with that ticket.
    """

    ticket: str
    book: str
    side: Side
    code: str
    quantity: int
    price: int | None = None
    kind: str = ""
    exchange: Venue = Venue.KRX


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveOrdered(Event):
    """A person puts shares from one book into another; `OWNER` is one of them.

    `quantity` of None means all. `price` is what a share of the owner's counts as having cost;
    without one the last price. The answer is the `PositionMoved` or `MoveRefused` record with that
    ticket.
    """

    ticket: str
    origin: str
    book: str
    code: str
    quantity: int | None = None
    price: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitOrdered(Event):
    """A person says what all the account's shares of a name have become: so many, of which name.

    As many as before means that nothing became of them. The answer is the `UnitChanged` or
    `UnitRefused` record with that ticket.
    """

    ticket: str
    code: str
    shares: int
    into: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelOrdered(Event):
    """A person cancels what is left of an order."""

    intent: str
    reason: str = "by hand"


@dataclass(frozen=True, slots=True, kw_only=True)
class AmendOrdered(Event):
    """A person gives what is left of an order another limit price.

    The answer is the `AmendIntended` record of its order, the `Declined` one with that ticket, or
    the incident `amend_impossible`.
    """

    intent: str
    price: int
    ticket: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanOpened(Event):
    """A plan is to be carried out now: exact buys, and names to be sold whole.

    What is not ordered by `until` is left.
    """

    book: str
    plan: str
    day: date
    fingerprint: str
    buys: tuple[Candidate, ...]
    sells: tuple[str, ...]
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanRefused(Event):
    """A plan is not to be carried out."""

    book: str
    plan: str
    day: date
    reason: str
