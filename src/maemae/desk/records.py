"""Facts: what the desk has decided or learned, in the order it happened.

A record is durable before anything that follows from it is done, and the desk's state is nothing
but the fold of its records (`maemae.desk.state.State.apply`). Replaying the ledger therefore
rebuilds the desk exactly.
"""

from datetime import date, datetime
from enum import StrEnum

import msgspec

from maemae.desk.sights import Figure, Sight
from maemae.desk.terms import Exits, OrderWay, Route
from maemae.market.kinds import Kind, Market, Side
from maemae.market.refusals import RefusalKind

OWNER = "owner"
"""The book of what maemae did not buy; no strategy touches it."""


BY_HAND = "by_hand"
"""The reason of an order that a person gave."""


class Halt(StrEnum):
    """How much the desk may still do, from everything to nothing."""

    NONE = "none"
    ENTRIES = "entries"
    """No new entries by strategies; exits and orders by hand go on."""
    EXITS_ONLY = "exits_only"
    """Nothing but exits and cancels."""
    ALL = "all"
    """The kill switch: nothing is sent but cancels."""


BY_BALANCE = "balance"
"""The source of what nobody said and balances alone speak for."""

GUESSED = "guess"
"""The source of an execution that balances told of and whose price they did not."""

FIRST_RUN = "first_run"
"""The reason of the halt in which a ledger that has never traded begins."""

EMPTY_LEDGER = "empty_ledger"
"""The reason of the halt of a ledger that is empty though the account has traded."""

LEDGER_BEHIND = "ledger_behind"
"""The reason of the halt of a ledger that lacks the last facts of this account: an older copy."""

UNCONFIRMED = (FIRST_RUN, EMPTY_LEDGER, LEDGER_BEHIND)
"""Reasons of halts of entries that wait for a person's word."""

BOOK_FAILED = "book_failed"
"""The reason for which a book's entries stop when its own code fails: tried again at a start."""

ARMED = "armed"
"""The reason for lifting it where the settings say so."""


class Record(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Base of all facts; `at` is venue time, timezone-aware."""

    at: datetime


class Listed(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the desk needs to know of an instrument: how it is taxed and what it is called."""

    code: str
    name: str = ""
    market: Market = Market.KOSPI
    kind: Kind = Kind.STOCK


class DayOpened(Record, frozen=True, kw_only=True, tag="day_opened"):
    """The broker's books as they stood before the day's first order.

    `cash` is the cash left when all trades so far have settled (가수도정산금액, D+2), in won.
    `holdings` are all shares on the account; what no book of ours explains is the owner's.
    `worth` is the cash and our positions at the broker's last prices; `bought` and `sold` what the
    account had traded on the day by then, in won. They are 0 in ledgers of before.
    `owners` are the owner's shares among them, as far as they are known: of names that our books
    hold it is told later whether more shares are the owner's, or ours in another unit
    (`UnitChanged`). None in ledgers of before.
    `prices` are the day's base prices (기준가) of our names as the first balance told them, won.
    """

    day: date
    cash: int
    holdings: dict[str, int] = {}
    worth: int = 0
    owners: dict[str, int] | None = None
    bought: int = 0
    sold: int = 0
    prices: dict[str, int] = {}


class BasePriced(Record, frozen=True, kw_only=True, tag="base_priced"):
    """The broker told the day's base price (기준가) of a name held overnight, in won.

    What the day gains or loses on those shares counts from it.
    """

    code: str
    price: int


class Intended(Record, frozen=True, kw_only=True, tag="intended"):
    """An order that is about to be sent. Durable before its first byte is on the wire."""

    intent: str
    book: str
    side: Side
    listed: Listed
    quantity: int
    price: int | None = None
    """Limit price in won, or None for a market order."""
    reserve: int = 0
    """Won set aside for a buy until its outcome is known."""
    power: int = 0
    """Won that could be bought for, as the broker said just before; 0 where it is not known."""
    reason: str
    exits: Exits | None = None
    ticket: str = ""
    """What a person's order was called by whoever handed it in; empty for a strategy's."""
    way: OrderWay | None = None
    """What becomes of a limit order that does not fill; None leaves it until the close."""
    route: Route | None = None
    """Its session and exchange; None: a limit or market order of KRX's regular session."""


class Accepted(Record, frozen=True, kw_only=True, tag="accepted"):
    """The broker gave the order a number (접수)."""

    intent: str
    order_no: int
    org_no: str = ""
    source: str = "reply"


class Refused(Record, frozen=True, kw_only=True, tag="refused"):
    """The broker definitely refused the order; nothing of it lives."""

    intent: str
    code: str
    message: str
    kind: RefusalKind = RefusalKind.OTHER


class Lost(Record, frozen=True, kw_only=True, tag="lost"):
    """The outcome of a sent order is unknown; it keeps its reservation until resolved."""

    intent: str
    reason: str


class Looked(Record, frozen=True, kw_only=True, tag="looked"):
    """The broker was asked about an unknown order and did not show it."""

    intent: str


class NeverArrived(Record, frozen=True, kw_only=True, tag="never_arrived"):
    """Agreeing looks showed that an unknown order never reached the broker; it is released."""

    intent: str


class Filled(Record, frozen=True, kw_only=True, tag="filled"):
    """Shares changed hands (체결). `amount` is what they cost or brought, in won, before costs.

    `executed` is the venue's own time of the execution where it states one.
    """

    intent: str
    quantity: int
    amount: int
    executed: datetime
    source: str = "notice"

    @property
    def price(self) -> int:
        """Average price of this fill, whole won."""
        return self.amount // self.quantity


class Ended(Record, frozen=True, kw_only=True, tag="ended"):
    """What was left of an order is gone: cancelled by us or the owner, or expired at the close.

    `source` is `BY_BALANCE` where nobody said so.
    """

    intent: str
    cancelled: bool
    source: str = ""


class Reduced(Record, frozen=True, kw_only=True, tag="reduced"):
    """Part of a working order was cancelled, `cancelled` shares in all so far; the rest lives on.

    maemae cancels only whole orders: it is the owner's doing, or the rest has been filled and the
    news of that is still on its way.
    """

    intent: str
    cancelled: int
    source: str = "notice"


class CancelIntended(Record, frozen=True, kw_only=True, tag="cancel_intended"):
    """A cancel that is about to be sent for a working order."""

    intent: str
    reason: str


class CancelFailed(Record, frozen=True, kw_only=True, tag="cancel_failed"):
    """A cancel did not take effect, or its outcome is unknown; the order is still watched."""

    intent: str
    reason: str
    kind: RefusalKind = RefusalKind.OTHER


class AmendIntended(Record, frozen=True, kw_only=True, tag="amend_intended"):
    """Another price is about to be sent for what is left of a working order.

    `price` is the limit in won, 0 for a market order. `reserve` are the won that the whole order
    would need at it.
    """

    intent: str
    price: int
    reserve: int = 0


class Amended(Record, frozen=True, kw_only=True, tag="amended"):
    """What is left of an order lives on under a new number and price (정정); 0: at market."""

    intent: str
    order_no: int
    price: int
    org_no: str = ""
    source: str = "reply"


class AmendFailed(Record, frozen=True, kw_only=True, tag="amend_failed"):
    """An amendment did not take effect, or its outcome is unknown; the order is still watched."""

    intent: str
    reason: str


class OwnerTraded(Record, frozen=True, kw_only=True, tag="owner_traded"):
    """Shares of the owner's book changed by `change` without maemae having done it.

    `overnight`: before the day's first balance, which has it.
    """

    code: str
    change: int
    cash: int = 0
    overnight: bool = False


class CashStated(Record, frozen=True, kw_only=True, tag="cash_stated"):
    """The broker's cash differs from ours by `difference` won although all shares agree."""

    difference: int
    reason: str


class PositionLost(Record, frozen=True, kw_only=True, tag="position_lost"):
    """The broker shows fewer shares than a book should hold; the book follows the broker."""

    book: str
    code: str
    quantity: int


class PositionReturned(Record, frozen=True, kw_only=True, tag="position_returned"):
    """Shares that a book had lost are at the broker again: with their cost, age and exits."""

    book: str
    code: str
    quantity: int


class TurnoverStated(Record, frozen=True, kw_only=True, tag="turnover_stated"):
    """What the account traded today as the broker says, in won, when the books were settled.

    What of it our orders have not done, others did. `moved` are shares by code, broker minus ours,
    that are in these won while the books wait to learn whose, or what, they are.
    """

    bought: int
    sold: int
    moved: dict[str, int] = {}


class FigureProved(Record, frozen=True, kw_only=True, tag="figure_proved"):
    """The broker's figure lacked exactly what an order takes that is known to rest there.

    So open orders shrink it at this venue, and where it lacks nothing no order rests. Before that
    is seen no order is given up by it. The order was at most so many `seconds` old then: a younger
    one may not be in the figure yet. Of the order list: it has an order after so many `seconds`,
    the longest time so far for which it lacked one.
    """

    figure: Figure
    intent: str
    seconds: int = 0


class Repriced(Record, frozen=True, kw_only=True, tag="repriced"):
    """What an order's executions came to is known exactly now: so many won more than was booked.

    An execution that balances told of is booked at a likely price where the cash does not tell it.
    """

    intent: str
    difference: int
    source: str


class PositionMoved(Record, frozen=True, kw_only=True, tag="position_moved"):
    """A person put shares from one book into another; what they have cost goes with them.

    Out of the owner's book they get `paid` as their cost, and `exits` in any case; put into the
    owner's book they are the owner's from then on.
    """

    origin: str
    book: str
    listed: Listed
    quantity: int
    paid: int = 0
    exits: Exits = Exits()
    ticket: str = ""
    worth: int = 0
    """What the shares are worth at the last price, won; 0 in ledgers of before."""


class MoveRefused(Record, frozen=True, kw_only=True, tag="move_refused"):
    """A person wanted shares in another book, and a rule forbids it."""

    origin: str
    book: str
    code: str
    rule: str
    detail: str = ""
    ticket: str = ""


class Declined(Record, frozen=True, kw_only=True, tag="declined"):
    """The risk guard refused an order that a strategy or a person wanted.

    `price` is its limit, or what a share was expected to cost; `figures` are what the rule was held
    against (`maemae.desk.denial` says which). Zero and none in ledgers of before.
    """

    book: str
    side: Side
    code: str
    rule: str
    detail: str = ""
    ticket: str = ""
    quantity: int = 0
    price: int = 0
    figures: tuple[int, ...] = ()


class Incident(Record, frozen=True, kw_only=True, tag="incident"):
    """Something happened that the owner must know about."""

    kind: str
    detail: str


class Blinded(Record, frozen=True, kw_only=True, tag="blinded"):
    """Something was asked for and not had since a moment: it cannot be seen until `SeenAgain`.

    `book` is whose search or quotes they are, `keys` the codes that are concerned, where any are.
    """

    sight: Sight
    since: datetime
    book: str = ""
    keys: tuple[str, ...] = ()
    reason: str = ""


class SeenAgain(Record, frozen=True, kw_only=True, tag="seen_again"):
    """What could not be seen since a moment was answered, or is not asked for any more."""

    sight: Sight
    since: datetime
    book: str = ""
    answered: bool = True


class Halted(Record, frozen=True, kw_only=True, tag="halted"):
    """The desk may do less from here on (or more again: `Halt.NONE`).

    With `book` the entries of that book alone are stopped (`Halt.ENTRIES`) or let go on; letting
    everything go on lets every book go on.
    """

    level: Halt
    reason: str
    book: str = ""


class FlattenBegun(Record, frozen=True, kw_only=True, tag="flatten_begun"):
    """Everything of one book (or, with None, of every book) is to be sold until nothing is left."""

    book: str | None
    reason: str


class ExitDue(Record, frozen=True, kw_only=True, tag="exit_due"):
    """A strategy wants a position sold at the next price, however long that takes to come."""

    book: str
    code: str
    reason: str


class PlanPrepared(Record, frozen=True, kw_only=True, tag="plan_prepared"):
    """A plan for a trading day was written: for a book, `plan` names its file."""

    book: str
    plan: str
    day: date
    fingerprint: str
    buys: int = 0
    sells: int = 0
    errors: int = 0


class PlanBegun(Record, frozen=True, kw_only=True, tag="plan_begun"):
    """A plan is about to be carried out; no other plan of its book and day ever is."""

    book: str
    plan: str
    day: date
    fingerprint: str


class PlanSkipped(Record, frozen=True, kw_only=True, tag="plan_skipped"):
    """A plan of a book for a day is not carried out, for this reason."""

    book: str
    plan: str
    day: date
    reason: str


class PlanEnded(Record, frozen=True, kw_only=True, tag="plan_ended"):
    """A plan was carried out: so many orders were sent, and by code why others were not."""

    book: str
    plan: str
    day: date
    sent: int
    skipped: dict[str, str] = {}


class Peaked(Record, frozen=True, kw_only=True, tag="peaked"):
    """A position with a trailing stop reached a new high."""

    book: str
    code: str
    price: int


class Reconciled(Record, frozen=True, kw_only=True, tag="reconciled"):
    """The broker's books and ours agreed to the share and the won."""

    cash: int


class ClosesStated(Record, frozen=True, kw_only=True, tag="closes_stated"):
    """The day's last prices in won of what our books hold, where orders are taken after the close.

    Prices of the evening are no closes: who is started again then knows no others.
    """

    day: date
    closes: dict[str, int]


class DayClosed(Record, frozen=True, kw_only=True, tag="day_closed"):
    """The trading day is over and its orders are dead.

    `closes` are the last prices of what our books hold, in won, as the broker said after the
    close: the next day's base prices (기준가) are held against them.
    """

    day: date
    closes: dict[str, int] = {}


class OthersOrder(Record, frozen=True, kw_only=True, tag="others_order"):
    """An order number that is none of ours: it was told what was ordered, and it was not by us."""

    order_no: int


class UnitsConfirmed(Record, frozen=True, kw_only=True, tag="units_confirmed"):
    """A share of these names is today what it was at the last close."""

    codes: tuple[str, ...]


class UnitChanged(Record, frozen=True, kw_only=True, tag="unit_changed"):
    """A share of a name is another than at the last close: split, merged, without its rights.

    `before` shares of the account have become `after`, of which each book has `shares` (the
    owner's among them), of the name `listed` where that is another one. What they have cost
    stays. A price of `price_was` won, or parts, is now one of `price_is`.
    """

    code: str
    before: int
    after: int
    shares: dict[str, int]
    price_was: int = 1
    price_is: int = 1
    base: int = 0
    """The day's base price in won, 0 where it is not known."""
    listed: Listed | None = None
    reason: str = ""
    ticket: str = ""


class UnitDoubted(Record, frozen=True, kw_only=True, tag="unit_doubted"):
    """It is not known what became of a name overnight: nothing of it is sold or given away.

    `before` shares of the account are `after` today, the last price `last` and the base price
    `base` (0: not known). `others` are names of which shares have appeared that may be they.
    """

    code: str
    before: int
    after: int
    last: int = 0
    base: int = 0
    others: tuple[str, ...] = ()


class UnitRefused(Record, frozen=True, kw_only=True, tag="unit_refused"):
    """A person said what became of shares, and a rule speaks against it."""

    code: str
    rule: str
    detail: str = ""
    ticket: str = ""


class CalendarCorrected(Record, frozen=True, kw_only=True, tag="calendar_corrected"):
    """The broker opens (or closes) the exchange on days on which our calendar says otherwise."""

    days: dict[date, bool]


class Audited(Record, frozen=True, kw_only=True, tag="audited"):
    """A person commanded something; written before the command takes effect.

    `who` is the person or token, `face` where it came from (cli, http, web, telegram, ...).
    """

    who: str
    face: str
    command: str
    detail: str = ""


AnyRecord = (
    DayOpened
    | Intended
    | Accepted
    | Refused
    | Lost
    | Looked
    | NeverArrived
    | Filled
    | Ended
    | Reduced
    | CancelIntended
    | CancelFailed
    | AmendIntended
    | Amended
    | AmendFailed
    | OwnerTraded
    | CashStated
    | PositionLost
    | PositionReturned
    | TurnoverStated
    | FigureProved
    | Repriced
    | PositionMoved
    | MoveRefused
    | Declined
    | Incident
    | Blinded
    | SeenAgain
    | Halted
    | FlattenBegun
    | ExitDue
    | PlanPrepared
    | PlanBegun
    | PlanSkipped
    | PlanEnded
    | Peaked
    | BasePriced
    | Reconciled
    | ClosesStated
    | DayClosed
    | OthersOrder
    | UnitsConfirmed
    | UnitChanged
    | UnitDoubted
    | UnitRefused
    | CalendarCorrected
    | Audited
)
