"""Reading the values that the broker really sends.

Every value is a text: padded with blanks or zeros, with thousands separators, an explicit plus,
a sign in front of zeros, decimals behind whole won. Blank (and the literal `(null)`) means absent
and never zero. What is none of these is refused: `1e5`, `NaN`, `12,34x`.
"""

import re
from datetime import date, datetime, time
from decimal import Decimal
from functools import lru_cache

from maemae.clock import KST
from maemae.i18n import _

_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)", re.ASCII)
_DATE = re.compile(r"\d{8}", re.ASCII)
_TIME = re.compile(r"\d{6}", re.ASCII)
_CODE = re.compile(r"(?:0{5})?A?([0-9A-Z]{6}|Q[0-9]{6})", re.ASCII)
_PRODUCT = re.compile(r"0*[1-9A-Z][0-9A-Z]{2,11}", re.ASCII)
_ABSENT = ("", "(null)")


def text(value: object) -> str | None:
    """Return a text without its padding, or None when it is absent.

    Raises:
        ValueError: the value is an object or a list.
    """
    if value is None:
        return None
    if isinstance(value, dict | list):
        raise ValueError(_("a list or an object stands where a text belongs"))  # noqa: TRY004
    stripped = str(value).strip()
    return None if stripped in _ABSENT else stripped


def decimal(value: object) -> Decimal | None:
    """Return an exact number, or None when it is absent.

    Raises:
        ValueError: the text is not a number.
    """
    stripped = text(value)
    if stripped is None:
        return None
    plain = stripped.replace(",", "")
    if not _NUMBER.fullmatch(plain):
        raise ValueError(_("{stripped!r} is not a number").format(stripped=stripped[:40]))
    return Decimal(plain)


def integer(value: object) -> int | None:
    """Return a whole number (won, shares), or None when it is absent.

    Raises:
        ValueError: the text is not a number, or not a whole one.
    """
    stripped = text(value)
    if stripped is None:
        return None
    if stripped.isascii() and stripped.isdigit():
        return int(stripped)
    number = decimal(stripped)
    if number is None or number != number.to_integral_value():
        raise ValueError(_("{stripped!r} is not a whole number").format(stripped=stripped[:40]))
    return int(number)


@lru_cache(maxsize=4096)
def day(value: str) -> date:
    """Return the date of `YYYYMMDD`.

    Raises:
        ValueError: the text is no date.
    """
    if not _DATE.fullmatch(value):
        raise ValueError(_("{what!r} is not a date (YYYYMMDD)").format(what=value[:40]))
    return date(int(value[:4]), int(value[4:6]), int(value[6:]))


@lru_cache(maxsize=4096)
def moment(on: date, value: str) -> datetime:
    """Return the Korean time `HHMMSS` of a day.

    Raises:
        ValueError: the text is no time of day.
    """
    if not _TIME.fullmatch(value):
        raise ValueError(_("{what!r} is not a time of day (HHMMSS)").format(what=value[:40]))
    of_day = time(int(value[:2]), int(value[2:4]), int(value[4:]))
    return datetime.combine(on, of_day, KST)


def stock_code(value: object) -> str:
    """Return a stock code: six characters (`005930`, `0007C0`), seven for ETNs (`Q500001`).

    Some answers put `A` or `00000A` in front of the six.

    Raises:
        ValueError: the value is no code.
    """
    found = _CODE.fullmatch(text(value) or "")
    if not found:
        raise ValueError(_("{what!r} is not a stock code").format(what=str(value)[:40]))
    return found[1]


def product_code(value: object) -> str:
    """Return the code of anything that an account can hold: stocks, ETNs, ELW, warrants, bonds.

    A code that is not a stock's is returned as it is, without leading zeros of its padding.

    Raises:
        ValueError: the value is no code at all.
    """
    stripped = text(value) or ""
    found = _CODE.fullmatch(stripped)
    if found:
        return found[1]
    if not _PRODUCT.fullmatch(stripped):
        raise ValueError(_("{stripped!r} is not a product code").format(stripped=stripped[:40]))
    return stripped.lstrip("0")


def order_number(value: object) -> int | None:
    """Return an order number; 0 and blank (what stands for "none") are None.

    Order numbers are compared as integers: some servers pad them with zeros, some do not.

    Raises:
        ValueError: the text is not a whole number.
    """
    return integer(value) or None
