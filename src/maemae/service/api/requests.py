"""What the control API accepts, checked before anything is asked of the trader."""

import re
from datetime import date
from typing import Annotated

import msgspec
from msgspec import Meta

from maemae.desk.records import Halt
from maemae.i18n import N_, _
from maemae.market.kinds import Side
from maemae.service.market_view import Index, Ranking, Scale

INTENT = r"^[0-9]{8}-[0-9]{5,9}$"
MOST_SHARES = 1_000_000_000
HIGHEST_PRICE = 100_000_000

Count = Annotated[int, Meta(ge=1, le=1000)]
Book = Annotated[str, Meta(min_length=1, max_length=64)]
Code = Annotated[str, Meta(pattern=r"^[0-9A-Z]{1,12}$", description="종목코드, such as 005930")]
Quantity = Annotated[int, Meta(ge=1, le=MOST_SHARES, description="shares")]
Price = Annotated[int, Meta(ge=1, le=HIGHEST_PRICE, description="won per share")]
Reason = Annotated[str, Meta(max_length=200)]


_SHAPES = {
    "code": N_("six digits or capital letters, such as 005930"),
    "intent": N_("an order as the list of orders names it, such as 20220602-00001"),
}
"""What a pattern stands for, by the field that must match it."""

_UNMATCHED = re.compile(r"matching regex .* - at `\$\.(\w+)`$")


def explained(error: msgspec.MsgspecError) -> str:
    """Say what is wrong with what was asked; people are shown no patterns."""
    found = _UNMATCHED.search(str(error))
    shape = _SHAPES.get(found[1]) if found else None
    return (
        _("{field} must be {shape}").format(field=found[1], shape=_(shape))
        if found and shape
        else str(error)
    )


class _Asked(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    pass


class Nothing(_Asked, frozen=True):
    """No parameters."""


class OfDay(_Asked, frozen=True):
    """A trading day, today without one; `limit` returns the last ones only."""

    day: date | None = None
    limit: Annotated[int, Meta(ge=1, le=100_000)] = 100_000


class Last(_Asked, frozen=True):
    """How many, newest first."""

    n: Count = 50


class Lines(_Asked, frozen=True):
    """How many lines, oldest first."""

    lines: Count = 100


class Span(_Asked, frozen=True):
    """Days, both ends included."""

    first: date
    last: date


class ChartOf(_Asked, frozen=True):
    """An instrument and what one candle stands for."""

    code: Code
    scale: Scale = Scale.DAY


class RankingBy(_Asked, frozen=True):
    """What the ranking goes by."""

    by: Ranking = Ranking.VOLUME


class IndexOf(_Asked, frozen=True):
    """An index and days, both ends included."""

    first: date
    last: date
    index: Index = Index.KOSPI


class Text(_Asked, frozen=True):
    """A code, a name or its initial consonants."""

    text: Annotated[str, Meta(min_length=1, max_length=40)]


class Search(_Asked, frozen=True):
    """A condition search (조건검색), by number or name."""

    condition: Annotated[str, Meta(min_length=1, max_length=80)]


class OfBook(_Asked, frozen=True):
    """A book, all without one, and a reason, kept in the audit record."""

    book: Book | None = None
    reason: Reason = ""


class Move(_Asked, frozen=True):
    """Shares that change books; all without a quantity. The price is what the owner's cost."""

    origin: Book
    book: Book
    code: Code
    quantity: Quantity | None = None
    price: Price | None = None


class Convert(_Asked, frozen=True):
    """What all shares of a name have become overnight; of which name, where it is another."""

    code: Code
    shares: Quantity
    into: Code | None = None


class CleanUp(_Asked, frozen=True):
    """The owner's names to sell; all of them without any."""

    codes: Annotated[list[Code], Meta(max_length=1000)] = []


class HaltTo(_Asked, frozen=True):
    """How much the desk may do from now on."""

    level: Halt
    reason: Reason = ""


class Flatten(_Asked, frozen=True):
    """The book to sell off; all of them without one."""

    book: Book | None = None
    reason: Reason = ""


class Order(_Asked, frozen=True):
    """An order by hand; a market order without a price."""

    book: Book
    side: Side
    code: Code
    quantity: Quantity
    price: Price | None = None


class OfOrder(_Asked, frozen=True):
    """An order, by its intent."""

    intent: Annotated[str, Meta(pattern=INTENT)]


class Amend(_Asked, frozen=True):
    """A new limit price for all that is left of an order."""

    intent: Annotated[str, Meta(pattern=INTENT)]
    price: Price
