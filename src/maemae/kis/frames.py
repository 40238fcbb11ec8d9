"""Taking data frames apart: `0|H0STCNT0|003|field^field^...`.

A frame holds `count` records joined without a separator, so fields per record = total / count.
The broker appends columns now and then: what stands behind the known ones is ignored, but a
record twice as wide as known means a wrong count, and the frame is refused as a whole rather than
yield a wrong record. Fields that are read are checked one by one.
"""

from datetime import date
from typing import Final

import msgspec

from maemae import catalogue
from maemae.kis import values
from maemae.kis.events import Book, Record, Tick
from maemae.kis.records import Level
from maemae.market.kinds import Side

_LEVELS: Final = 10
_TICK_FIELDS: Final = 34
_BOOK_FIELDS: Final = 54
_REFERENCE: Final = 45
_TAKERS: Final = {"1": Side.BUY, "5": Side.SELL}
"""CCLD_DVSN: who met the other's order; 3 is an auction."""
_MAX_RECORDS: Final = 999
_PARTS: Final = 4


class FrameError(ValueError):
    """A frame that cannot be understood."""


class Frame(msgspec.Struct, frozen=True):
    """A data frame, its payload still in one piece (and encrypted if `encrypted`)."""

    tr_id: str
    encrypted: bool
    count: int
    payload: str


def split_frame(text: str) -> Frame:
    """Read the head of a frame.

    Raises:
        FrameError: this is no data frame.
    """
    parts = text.split("|", 3)
    if len(parts) != _PARTS or parts[0] not in ("0", "1"):
        raise FrameError("neither JSON nor a data frame")
    flag, tr_id, count, payload = parts
    if not (count.isascii() and count.isdigit() and 0 < int(count) <= _MAX_RECORDS):
        raise FrameError(f"a record count of {count[:10]!r}")
    return Frame(tr_id, flag == "1", int(count), payload)


def surplus(payload: str, count: int, known: int) -> int:
    """Return how many columns a record has beyond the documented ones."""
    return (payload.count("^") + 1) // count - known


def split_records(payload: str, count: int, known: int, needed: int) -> list[list[str]]:
    """Cut a plain payload into its records.

    Args:
        payload: the fields, joined with `^`.
        count: how many records.
        known: how many columns the broker documents.
        needed: how many columns a record must have at least.

    Raises:
        FrameError: the fields cannot be dealt out evenly, or into records of an unlikely width.
    """
    fields = payload.split("^")
    width, odd = divmod(len(fields), count)
    if odd:
        raise FrameError(f"{len(fields)} fields cannot be {count} records")
    if not needed <= width < 2 * known:
        raise FrameError(f"records of {width} fields where {known} are documented")
    if count == 1:
        return [fields]
    return [fields[at : at + width] for at in range(0, len(fields), width)]


def _whole(value: str) -> int:
    # int() alone would take "1_0", " 1" and digits of other scripts.
    if not (value.isascii() and value.isdigit()):
        raise FrameError(f"{value[:20]!r} where a whole number belongs")
    return int(value)


def _price(value: str) -> int | None:
    """Return a price, or None where a frame states none: blank, zero, below zero."""
    if not value or (value.startswith("-") and value[1:].isascii() and value[1:].isdigit()):
        return None
    return _whole(value) or None


def decode_ticks(payload: str, count: int, known: int) -> list[Tick]:
    """Decode trades (H0STCNT0, H0NXCNT0, H0UNCNT0).

    Raises:
        FrameError: a record is not a trade.
    """
    return [_tick(fields) for fields in split_records(payload, count, known, _TICK_FIELDS)]


def _tick(fields: list[str]) -> Tick:
    try:
        return Tick(
            values.stock_code(fields[0]),
            _price(fields[2]),
            _whole(fields[12]),
            _whole(fields[13]),
            values.moment(values.day(fields[33]), fields[1]),
            _whole(fields[10]) or None if fields[10] else None,
            _whole(fields[11]) or None if fields[11] else None,
            *_sizes(fields),
        )
    except ValueError as error:
        raise FrameError(f"a trade with {error}") from None


def _sizes(fields: list[str]) -> tuple[int, int, Side | None, int | None]:
    """Return what the later columns tell, as far as there are any and they are numbers."""
    if len(fields) <= _REFERENCE:
        return 0, 0, None, None
    ask, bid, reference = fields[36], fields[37], fields[_REFERENCE]
    return (
        int(ask) if ask.isascii() and ask.isdigit() else 0,
        int(bid) if bid.isascii() and bid.isdigit() else 0,
        _TAKERS.get(fields[21]),
        int(reference) or None if reference.isascii() and reference.isdigit() else None,
    )


def decode_books(payload: str, count: int, known: int, on: date) -> list[Book]:
    """Decode order books (H0STASP0), which carry a time but no date.

    Raises:
        FrameError: a record is not an order book.
    """
    return [_book(fields, on) for fields in split_records(payload, count, known, _BOOK_FIELDS)]


def _book(fields: list[str], on: date) -> Book:
    try:
        return Book(
            values.stock_code(fields[0]),
            values.moment(on, fields[1]),
            _side(fields, 3, 23),
            _side(fields, 13, 33),
            _whole(fields[47]) or None if fields[47] else None,
            _whole(fields[48]) or None if fields[48] else None,
        )
    except ValueError as error:
        raise FrameError(f"an order book with {error}") from None


def _side(fields: list[str], prices: int, quantities: int) -> tuple[Level, ...]:
    found = [
        Level(_whole(fields[prices + n]), _whole(fields[quantities + n])) for n in range(_LEVELS)
    ]
    return tuple(level for level in found if level.price)


def decode_records(payload: str, count: int, feed: catalogue.StreamEndpoint) -> list[Record]:
    """Decode the records of any feed into texts by column name.

    A record that is shorter than documented yields the columns it has; columns nobody has
    documented are named by their position.

    Raises:
        FrameError: the fields cannot be dealt out.
    """
    names = [field.name for field in feed.columns]
    found = split_records(payload, count, len(names), 1)
    for fields in found:
        names += [f"column_{n + 1}" for n in range(len(names), len(fields))]
    return [Record(feed.id, dict(zip(names, fields, strict=False))) for fields in found]
