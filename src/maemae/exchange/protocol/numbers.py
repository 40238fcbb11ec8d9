"""How the broker writes numbers: always as text, in many widths."""

from enum import StrEnum

LONGEST = 18
"""Digits of the largest number that a field of the broker holds."""


def is_whole(text: str) -> bool:
    """Whether a text is a whole number, not negative, of a size that the broker's fields have."""
    return text.isascii() and text.isdecimal() and len(text) <= LONGEST


class Sign(StrEnum):
    """The change against the base price (전일대비부호)."""

    UPPER = "1"
    UP = "2"
    FLAT = "3"
    LOWER = "4"
    DOWN = "5"


def sign(price: int, base: int, lower: int, upper: int) -> Sign:
    """Return the sign of a price."""
    if price >= upper:
        return Sign.UPPER
    if price <= lower:
        return Sign.LOWER
    if price == base:
        return Sign.FLAT
    return Sign.UP if price > base else Sign.DOWN


def plain_sign(price: int, before: int) -> Sign:
    """Return the sign of a change that knows no limits."""
    return Sign.UP if price > before else Sign.DOWN if price < before else Sign.FLAT


def rate(part: int, whole: int) -> str:
    """Return a percentage with two places, `0.00` of nothing."""
    return f"{100 * part / whole:.2f}" if whole else "0.00"


def change_rate(price: int, base: int) -> str:
    """Return the change against a base in percent, with two places."""
    return rate(price - base, base)


def zeros(number: int, width: int) -> str:
    """Return a number padded with zeros."""
    return f"{number:0{width}d}"


def blanks(number: float, width: int = 16) -> str:
    """Return a number with four places, padded with blanks on the left."""
    return f"{number:{width}.4f}"
