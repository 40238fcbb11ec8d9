"""What a person commanded, as the ledger holds it, in words.

The ledger keeps `level=all reason=...` and the like, so that it reads the same in every language.
"""

import re
from collections.abc import Callable, Mapping

from maemae.desk.records import Halt
from maemae.i18n import _
from maemae.service import words

_FIELD = re.compile(r"(\w+)=(.*?)(?= \w+=|$)")
_ORDER = re.compile(
    r"(?P<book>.+) (?P<side>buy|sell) (?P<code>\w+) (?P<n>\d+) at (?P<price>\d+|market)(?P<way>.*)"
)
_MOVE = re.compile(r"(?P<n>\d+|all) of (?P<code>\w+) from (?P<origin>.+) to (?P<book>.+)")
_UNIT = re.compile(r"(?P<code>\w+) to (?P<n>\d+) (?P<into>\w+)")

_Found = Mapping[str, str]


def commanded(command: str, detail: str) -> str:
    """Say what exactly was commanded; what has another shape is left as it is."""
    shaped = _SHAPES.get(command)
    if shaped is not None:
        shape, say = shaped
        found = shape.fullmatch(detail)
        return detail if found is None else say(found.groupdict())
    fields = _FIELD.findall(detail)
    if not fields:
        return detail
    put = [_FIELDS.get(name, str)(value) for name, value in fields if value]
    return " · ".join(put)


def _price(value: str) -> str:
    return words.won(int(value)) if value.isdigit() and int(value) else _("market price")


def _order(found: _Found) -> str:
    side, price = words.side(found["side"]), _price(found["price"])
    said = f"{words.book(found['book'])}: {side} {found['code']} {int(found['n']):,} × {price}"
    kind, _sep, exchange = found["way"].strip(" ()").rpartition(" ")
    return words.with_way(said, kind, exchange) if exchange else said


def _move(found: _Found) -> str:
    count = _("all") if found["n"] == "all" else f"{int(found['n']):,}"
    origin, book = words.book(found["origin"]), words.book(found["book"])
    return f"{found['code']} {count}: {origin} → {book}"


def _unit(found: _Found) -> str:
    return f"{found['code']} → {found['into']} {int(found['n']):,}"


_SHAPES: Mapping[str, tuple[re.Pattern[str], Callable[[_Found], str]]] = {
    "order": (_ORDER, _order),
    "move": (_MOVE, _move),
    "convert": (_UNIT, _unit),
}

_FIELDS: Mapping[str, Callable[[str], str]] = {
    "level": lambda value: words.halt(Halt(value)) if value in set(Halt) else value,
    "book": words.book,
    "reason": words.because,
    "price": _price,
}
