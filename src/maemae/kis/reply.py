"""One answer of the broker, and reading typed values out of its rows."""

from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, TypeVar

import msgspec

from maemae import catalogue
from maemae.catalogue import CodeKind
from maemae.errors import KisUnreadable
from maemae.i18n import _
from maemae.kis import values

Value = TypeVar("Value")
Fields = Mapping[str, Any]


class Reply(msgspec.Struct, frozen=True):
    """An answer as it came, keys in lower case.

    `more`: the broker has further pages (header `tr_cont` F or M).
    """

    status: int
    body: dict[str, Any]
    more: bool = False

    @property
    def code(self) -> str:
        """The message code; token endpoints call it `error_code`."""
        return str(self.body.get("msg_cd") or self.body.get("error_code") or "").strip()

    @property
    def kind(self) -> CodeKind | None:
        """What kind of trouble the code stands for; None for a code nobody has written down."""
        known = catalogue.code(self.code)
        return known.kind if known else None

    @property
    def reason(self) -> str:
        """The broker's text without its padding."""
        return str(self.body.get("msg1") or self.body.get("error_description") or "").strip()

    @property
    def succeeded(self) -> bool:
        """Whether the broker did what was asked: judged by `rt_cd` alone, never by a text."""
        return str(self.body.get("rt_cd", "")).strip() == "0"

    @property
    def refused(self) -> bool:
        """Whether the body carries a verdict that is not success."""
        return not self.succeeded and bool(self.body.get("rt_cd") or self.code)


def lower_keys(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row with its keys in lower case; the broker mixes cases between endpoints."""
    return {key.lower(): value for key, value in fields.items()}


def rows(reply: Reply, *names: str) -> list[dict[str, Any]]:
    """Return the rows of the first of the named blocks that is there; an object is one row.

    Rows that carry no value at all (the broker pads some lists with them) are left out.
    """
    for name in names:
        block = reply.body.get(name)
        if isinstance(block, dict):
            block = [block]
        if isinstance(block, list):
            found = [lower_keys(row) for row in block if isinstance(row, dict)]
            return [row for row in found if any(value not in ("", None) for value in row.values())]
    return []


class Row:
    """Typed access to the fields of one row; a missing or malformed one is named.

    Args:
        where: the endpoint's id.
        fields: the row, keys in lower case.
    """

    def __init__(self, where: str, fields: Fields) -> None:
        self._where = where
        self._fields = fields

    def text(self, name: str) -> str:
        """Return a text that must be there."""
        return self._needed(name, values.text)

    def won(self, name: str) -> int:
        """Return a whole number (won, shares) that must be there."""
        return self._needed(name, values.integer)

    def number(self, name: str) -> Decimal:
        """Return an exact number that must be there."""
        return self._needed(name, values.decimal)

    def code(self, name: str) -> str:
        """Return a product's code that must be there."""
        return self._needed(name, lambda value: values.product_code(value) if value else None)

    def maybe_code(self, name: str) -> str | None:
        """Return a product's code, None where the field is blank or missing."""
        return self._read(
            name, lambda value: values.product_code(value) if values.text(value) else None
        )

    def order_number(self, name: str) -> int:
        """Return an order number that must be there."""
        return self._needed(name, values.order_number)

    def moment(self, day: str, time: str) -> datetime:
        """Return the Korean time made of a date field and a time field."""
        on = self._needed(day, lambda value: values.day(str(value).strip()))
        return self._needed(time, lambda value: values.moment(on, str(value).strip()))

    def moment_of(self, day: date, time: str) -> datetime:
        """Return the Korean time of a day from a time field."""
        return self._needed(time, lambda value: values.moment(day, str(value).strip()))

    def day(self, name: str) -> date:
        """Return a date that must be there."""
        return self._needed(name, lambda value: values.day(values.text(value) or ""))

    def maybe_day(self, name: str) -> date | None:
        """Return a date, or None where it is blank, missing or all zeros."""
        given = self.maybe_text(name)
        return None if given is None or not given.strip("0") else self.day(name)

    def maybe_text(self, name: str) -> str | None:
        """Return a text, or None where it is blank or missing."""
        return self._read(name, values.text)

    def maybe_won(self, name: str) -> int | None:
        """Return a whole number, or None where it is blank or missing."""
        return self._read(name, values.integer)

    def price(self, name: str) -> int | None:
        """Return a price in won whose field must be there; None where it states no price."""
        if name not in self._fields:
            raise self._lacking(name)
        return self.maybe_price(name)

    def maybe_price(self, name: str) -> int | None:
        """Return a price in won; None where it is blank, missing, zero or negative."""
        return _stated(self.maybe_won(name))

    def maybe_number(self, name: str) -> Decimal | None:
        """Return an exact number, or None where it is blank or missing."""
        return self._read(name, values.decimal)

    def maybe_order_number(self, name: str) -> int | None:
        """Return an order number, or None where there is none."""
        return self._read(name, values.order_number)

    def _needed(self, name: str, read: Callable[[object], Value | None]) -> Value:
        found = self._read(name, read)
        if found is None:
            raise self._lacking(name)
        return found

    def _lacking(self, name: str) -> KisUnreadable:
        return KisUnreadable(
            _("{where}: the answer lacks the field {name}").format(where=self._where, name=name)
        )

    def _read(self, name: str, read: Callable[[object], Value | None]) -> Value | None:
        try:
            return read(self._fields.get(name))
        except ValueError as error:
            raise KisUnreadable(
                _("{where}: field {name}: {error}").format(
                    where=self._where, name=name, error=error
                )
            ) from None


def _stated(price: int | None) -> int | None:
    return price if price is not None and price > 0 else None


def each(where: str, fields: list[dict[str, Any]]) -> Iterator[Row]:
    """Wrap rows for typed reading."""
    return (Row(where, row) for row in fields)
