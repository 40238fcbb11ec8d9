"""All that a person can ask of a trader, or command: the one table of operations.

Every face speaks it: local service, remote client, HTTP routes and their OpenAPI document are made
from it, and command line, messenger and page put their words around it. An operation is a value:
its fields are its parameters with their bounds, its docstring says what it does, and its type
says what answers it.

To add one: declare it here, in `OPERATIONS` too; answer it in `maemae.service.local` (a question)
or `maemae.service.commanding` (a command); show it on the faces that should have it.
"""

import re
from collections.abc import Awaitable, Callable, Iterator
from datetime import date
from enum import StrEnum
from functools import cache
from inspect import getdoc
from typing import Annotated, Any, ClassVar, Generic, Protocol, TypeVar, cast, get_args

import msgspec
from msgspec import Meta

from maemae.desk.records import Halt
from maemae.errors import CommandRefused
from maemae.i18n import N_, _
from maemae.ledger.ledger import FillLine, OrderLine
from maemae.market.kinds import Side
from maemae.market.phases import Venue
from maemae.service.answers import AuditLine, Health, IncidentLine, PlanLine, Pnl, Receipt
from maemae.service.market_view import (
    Chart,
    Index,
    IndexDay,
    Named,
    RankedLine,
    Ranking,
    Scale,
    Scan,
)
from maemae.service.status import Status

INTENT = r"^[0-9]{8}-[0-9]{5,9}$"
MOST_SHARES = 1_000_000_000
HIGHEST_PRICE = 100_000_000

Count = Annotated[int, Meta(ge=1, le=1000)]
Book = Annotated[str, Meta(min_length=1, max_length=64)]
Code = Annotated[str, Meta(pattern=r"^[0-9A-Z]{1,12}$", description="종목코드, such as 005930")]
Intent = Annotated[str, Meta(pattern=INTENT)]
Kind = Annotated[str, Meta(pattern=r"^[0-9]{2}$", description="주문구분, such as 06")]
Quantity = Annotated[int, Meta(ge=1, le=MOST_SHARES, description="shares")]
Price = Annotated[int, Meta(ge=1, le=HIGHEST_PRICE, description="won per share")]
Reason = Annotated[str, Meta(max_length=200)]

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class Scope(StrEnum):
    """What a token may do; commanding includes reading."""

    READ = "read"
    COMMAND = "command"


class Operation(
    msgspec.Struct, Generic[T_co], frozen=True, forbid_unknown_fields=True, kw_only=True
):  # fmt: skip
    """Something that can be asked or commanded; `T_co` is what answers it.

    Attributes:
        name: how it is called on the wire and in audit records.
        scope: what a caller must be allowed to do.
        refuses: whether the answer may be no.
    """

    name: ClassVar[str]
    scope: ClassVar[Scope]
    refuses: ClassVar[bool]


class Question(Operation[T_co], frozen=True):
    """An operation that changes nothing."""

    scope: ClassVar[Scope] = Scope.READ
    refuses: ClassVar[bool] = False


class Command(Operation[Receipt], frozen=True):
    """An operation that changes something. It is on record before it takes effect."""

    scope: ClassVar[Scope] = Scope.COMMAND
    refuses: ClassVar[bool] = True


class Answering(Protocol):
    """Something that answers operations.

    Raises `ServiceError` when the trader cannot be reached, `LedgerError` when its books cannot be
    read, and `CommandRefused` when the answer is no.
    """

    async def ask(self, operation: Operation[T]) -> T:
        """Answer a question, or carry out a command."""
        ...


class GetStatus(Question[Status], frozen=True):
    """The state at a glance: cash, profit, positions, candidates, recent orders."""

    name: ClassVar[str] = "status"


class GetHealth(Question[Health], frozen=True):
    """How the trader and its connection are doing."""

    name: ClassVar[str] = "health"


class GetOrders(Question[list[OrderLine]], frozen=True):
    """The orders of a day, oldest first; today's without one. `limit` keeps the last ones."""

    name: ClassVar[str] = "orders"
    day: date | None = None
    limit: Annotated[int, Meta(ge=1, le=100_000)] = 100_000


class GetFills(Question[list[FillLine]], frozen=True):
    """The executions of a day, oldest first; today's without one. `limit` keeps the last ones."""

    name: ClassVar[str] = "fills"
    day: date | None = None
    limit: Annotated[int, Meta(ge=1, le=100_000)] = 100_000


class GetIncidents(Question[list[IncidentLine]], frozen=True):
    """The last things that the owner should know about, newest first."""

    name: ClassVar[str] = "incidents"
    n: Count = 50


class GetAudit(Question[list[AuditLine]], frozen=True):
    """The last commands of people, newest first."""

    name: ClassVar[str] = "audit"
    n: Count = 50


class GetPnl(Question[Pnl], frozen=True):
    """The realised profit of a span of days, both ends included; of today alone without any.

    Without `last` the span ends today, without `first` it is one day.
    """

    name: ClassVar[str] = "pnl"
    first: date | None = None
    last: date | None = None


class GetLog(Question[list[str]], frozen=True):
    """The last lines of the trader's log, oldest first."""

    name: ClassVar[str] = "log"
    lines: Count = 100


class GetChart(Question[Chart], frozen=True):
    """Candles, order book and latest trades of an instrument; `scale` is what a candle spans."""

    name: ClassVar[str] = "chart"
    code: Code
    scale: Scale = Scale.DAY


class GetRanking(Question[list[RankedLine]], frozen=True):
    """The top of the market, best first."""

    name: ClassVar[str] = "ranking"
    by: Ranking = Ranking.VOLUME


class GetIndex(Question[list[IndexDay]], frozen=True):
    """Where an index closed on each day of a span, both ends included."""

    name: ClassVar[str] = "index"
    first: date
    last: date
    index: Index = Index.KOSPI


class RunScan(Question[Scan], frozen=True):
    """What a condition search (조건검색) saved at the broker finds now, by number or name."""

    name: ClassVar[str] = "scan"
    refuses: ClassVar[bool] = True
    condition: Annotated[str, Meta(min_length=1, max_length=80)]


class Find(Question[list[Named]], frozen=True):
    """Instruments by code, name or initial consonants (초성); with `near` those spelt like it."""

    name: ClassVar[str] = "find"
    text: Annotated[str, Meta(min_length=1, max_length=40)]
    near: bool = False


class GetPlans(Question[list[PlanLine]], frozen=True):
    """The next-open plans, the latest day first."""

    name: ClassVar[str] = "plans"
    n: Count = 20


class Pause(Command, frozen=True):
    """Stop new entries, of one book or of all; exits and orders by hand go on."""

    name: ClassVar[str] = "pause"
    book: Book | None = None
    reason: Reason = ""


class Resume(Command, frozen=True):
    """Let everything go on; with a book, that book alone."""

    name: ClassVar[str] = "resume"
    book: Book | None = None
    reason: Reason = ""


class HaltTo(Command, frozen=True):
    """Change how much the desk may do."""

    name: ClassVar[str] = "halt"
    level: Halt
    reason: Reason = ""


class Flatten(Command, frozen=True):
    """Cancel and sell everything of a book, or of all books."""

    name: ClassVar[str] = "flatten"
    book: Book | None = None
    reason: Reason = ""


class PlaceOrder(Command, frozen=True):
    """Order by hand, through the guard; without a price at the market.

    `kind` (주문구분, ORD_DVSN) and `exchange` order for other sessions and exchanges, as the table
    of order kinds says (`maemae.market.order_kinds`).
    """

    name: ClassVar[str] = "order"
    book: Book
    side: Side
    code: Code
    quantity: Quantity
    price: Price | None = None
    kind: Kind | None = None
    exchange: Venue = Venue.KRX


class MoveShares(Command, frozen=True):
    """Put shares (all without a quantity) from one book into another.

    Out of the owner's book (`desk.records.OWNER`) they count as bought now, at `price` or the last
    price. Refused while one of the books trades: it has live orders, or the session is open and
    the book is not paused.
    """

    name: ClassVar[str] = "move"
    origin: Book
    book: Book
    code: Code
    quantity: Quantity | None = None
    price: Price | None = None


class ConvertShares(Command, frozen=True):
    """Say what all the account's shares of a name have become overnight, and of which name.

    As many as before says that nothing became of them; none, that money took their place. What
    they have cost stays. Refused where our books hold none, orders of it live, or the broker
    shows fewer.
    """

    name: ClassVar[str] = "convert"
    code: Code
    shares: Annotated[int, Meta(ge=0, le=MOST_SHARES, description="shares")]
    into: Code | None = None


class CleanUp(Command, frozen=True):
    """Sell the owner's shares at the market, of these names or of all.

    Refused on a real account, and while a book trades.
    """

    name: ClassVar[str] = "clean_up"
    codes: Annotated[list[Code], Meta(max_length=1000)] = []


class CancelOrder(Command, frozen=True):
    """Cancel what is left of an order."""

    name: ClassVar[str] = "cancel"
    intent: Intent


class AmendOrder(Command, frozen=True):
    """Change the limit price of all that is left of an order.

    To have fewer shares, cancel the order and place another.
    """

    name: ClassVar[str] = "amend"
    intent: Intent
    price: Price


OPERATIONS: tuple[type[Operation[Any]], ...] = (
    GetStatus, GetHealth, GetOrders, GetFills, GetIncidents, GetAudit, GetPnl, GetLog, GetChart,
    GetRanking, GetIndex, RunScan, Find, GetPlans,
    Pause, Resume, HaltTo, Flatten, PlaceOrder, MoveShares, ConvertShares, CleanUp, CancelOrder,
    AmendOrder,
)  # fmt: skip


@cache
def answer_of(kind: type[Operation[T]]) -> type[T]:
    """Return the type of what answers an operation."""
    base = Command if issubclass(kind, Command) else kind
    (stated,) = vars(base)["__orig_bases__"]
    (answer,) = get_args(stated)
    return cast("type[T]", answer)


def summary_of(kind: type[Operation[Any]]) -> str:
    """Return what an operation does, in a line."""
    return (getdoc(kind) or "").partition("\n")[0].rstrip(".")


def checked(operation: Operation[T]) -> Operation[T]:
    """Hold the parameters of an operation against their bounds.

    Raises:
        CommandRefused: one is out of bounds; says which.
    """
    try:
        given = msgspec.to_builtins(operation)
        return msgspec.convert(given, type(operation))
    except msgspec.MsgspecError as error:
        raise CommandRefused(explained(error)) from error


_SHAPES = {
    "code": N_("six digits or capital letters, such as 005930"),
    "codes": N_("six digits or capital letters, such as 005930"),
    "into": N_("six digits or capital letters, such as 005930"),
    "kind": N_("two digits, such as 06"),
    "intent": N_("an order as the list of orders names it, such as 20220602-00001"),
}
"""What a pattern stands for, by the parameter that must match it."""

_PARAMETERS = {
    "code": N_("code"),
    "codes": N_("code"),
    "into": N_("code"),
    "intent": N_("order"),
    "kind": N_("order kind"),
    "book": N_("book"),
    "origin": N_("book"),
    "quantity": N_("number of shares"),
    "shares": N_("number of shares"),
    "price": N_("price"),
    "reason": N_("reason"),
}
"""What people call a parameter; the others are met by programs alone."""

_AT = re.compile(r" - at `\$\.(\w+)[^`]*`$")
_BOUND = re.compile(
    r"Expected `(?:int|str|array)`(?P<length> of length)? (?P<way>[<>]=) (?P<n>\d+)"
)


def explained(error: msgspec.MsgspecError) -> str:
    """Say what is wrong with what was asked; people are shown no patterns."""
    text = str(error)
    found = _AT.search(text)
    if found is None:
        return text
    name = found[1]
    what = _(_PARAMETERS[name]) if name in _PARAMETERS else name
    if "matching regex" in text and name in _SHAPES:
        return _("{field} must be {shape}").format(field=what, shape=_(_SHAPES[name]))
    bound = _BOUND.match(text)
    if bound is None:
        return text
    n = f"{int(bound['n']):,}"
    if bound["length"] and n == "1":
        return _("{field} must not be blank").format(field=what)
    if bound["length"]:
        return _("{field} may have {n} characters at most").format(field=what, n=n)
    few, many = _("{field} must be {n} or more"), _("{field} must be {n} or less")
    return (few if bound["way"] == ">=" else many).format(field=what, n=n)


S = TypeVar("S")
_Method = Callable[[S, Any], Awaitable[T]]


class Methods(Generic[S]):
    """Which method of a class answers which operation; a decorator fills it."""

    def __init__(self) -> None:
        self._known: dict[type[Operation[Any]], _Method[S, Any]] = {}

    def __iter__(self) -> Iterator[type[Operation[Any]]]:
        """Go over the operations that are answered."""
        return iter(self._known)

    def answer(self, kind: type[Operation[T]]) -> Callable[[_Method[S, T]], _Method[S, T]]:
        """Let the decorated method answer an operation."""

        def remember(method: _Method[S, T]) -> _Method[S, T]:
            self._known[kind] = method
            return method

        return remember

    def of(self, operation: Operation[T]) -> _Method[S, T] | None:
        """Return what answers an operation; None where nothing does."""
        return self._known.get(type(operation))
