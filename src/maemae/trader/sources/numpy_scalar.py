"""Numpy's numbers inside a pickle, followed by hand: names of its functions are mere words here.

A numpy number is pickled as a call: `scalar(dtype("f8", …), bytes)`. Four names are known, and
what they stand for is reckoned here; none is imported or called.
"""

import struct
from dataclasses import dataclass
from typing import Any

from maemae.errors import DataError
from maemae.i18n import _

_SCALARS = ("numpy._core.multiarray scalar", "numpy.core.multiarray scalar")
_DTYPE, _ENCODE = "numpy dtype", "_codecs encode"
KNOWN = frozenset((*_SCALARS, _DTYPE, _ENCODE))

_FORMATS = {
    "b1": "?", "i1": "b", "i2": "h", "i4": "i", "i8": "q", "u1": "B", "u2": "H", "u4": "I",
    "u8": "Q", "f2": "e", "f4": "f", "f8": "d",
}  # fmt: skip
_ORDERS = {"<": "<", ">": ">", "=": "<", "|": "<"}


@dataclass(frozen=True, slots=True)
class Name:
    """The name of a function or class that a pickle wants."""

    text: str


@dataclass(slots=True)
class Dtype:
    """What kind of number some bytes are."""

    code: str
    order: str = "<"


def named(text: str) -> Name:
    """Return a name that a pickle wants.

    Raises:
        DataError: it is none of those that numbers need.
    """
    if text not in KNOWN:
        raise DataError(
            _(
                "the pickle wants {text!r}, which a list of names and prices has no need "
                "of; it was not executed. Save the list as CSV instead"
            ).format(text=text[:60])
        )
    return Name(text)


def called(name: Any, arguments: Any) -> Any:
    """Return what a call stands for.

    Raises:
        DataError: it is none that numbers need.
    """
    match (name, arguments):
        case (Name(text=text), (Dtype() as kind, bytes(raw))) if text in _SCALARS:
            return _number(kind, raw)
        case (Name(text=text), (str(code), *_)) if text == _DTYPE and code in _FORMATS:
            return Dtype(code)
        case (Name(text=text), (str(letters), "latin1")) if text == _ENCODE:
            return _latin(letters)
        case _:
            raise DataError(_("the pickle has a call that no number needs; it was not executed"))


def built(kind: Any, state: Any) -> None:
    """Take in the order of the bytes of a kind of number.

    Raises:
        DataError: that is not what it says.
    """
    match (kind, state):
        case (Dtype(), (_, str(order), *_)) if order in _ORDERS:
            kind.order = _ORDERS[order]
        case _:
            raise DataError(_("the pickle fills something that is no number; it was not executed"))


def _number(kind: Dtype, raw: bytes) -> int | float | bool:
    try:
        (value,) = struct.unpack(kind.order + _FORMATS[kind.code], raw)
    except struct.error as error:
        raise DataError(_("a number of numpy is damaged ({error})").format(error=error)) from None
    number: int | float | bool = value
    return number


def _latin(letters: str) -> bytes:
    try:
        return letters.encode("latin1")
    except UnicodeEncodeError:
        raise DataError(_("bytes of the pickle are damaged")) from None
