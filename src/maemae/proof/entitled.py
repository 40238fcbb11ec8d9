"""Whose the new shares are that come later than their rights left the old ones.

The account gets them for what it held then, whatever was traded since. Books get them for what
they still hold of that; what they have sold since, on average, is no book's any more.
"""

from collections.abc import Mapping
from fractions import Fraction
from math import ceil

Key = tuple[str, str]
"""Book and code."""


class Entitled:
    """Follows the shares whose rights have left them, on their way through the books."""

    def __init__(self) -> None:
        self._whole: dict[str, int] = {}
        """All such shares of the account, by code."""
        self._first: dict[Key, int] = {}
        self._parts: dict[Key, Fraction] = {}
        """Those of each book then, and what it still holds of them."""
        self._more: set[Key] = set()
        """Books that have got more of the name since."""
        self._mixed: set[Key] = set()
        """Books that have sold some after that: of which of both is told by the order of fills."""

    def detach(self, code: str, whole: int, ours: Mapping[Key, int]) -> None:
        """Note what is held of a name, of the account and by book, when rights leave it."""
        self._whole[code] = whole
        held = {key: shares for key, shares in ours.items() if key[1] == code and shares > 0}
        self._first |= held
        self._parts |= {key: Fraction(shares) for key, shares in held.items()}

    def change(self, key: Key, before: int, change: int) -> Fraction:
        """Follow a book that held `before` and gets or loses shares; return the part that goes."""
        if key[1] not in self._whole:
            return Fraction(0)
        if change > 0:
            self._more.add(key)
            return Fraction(0)
        part = self._parts.get(key, Fraction(0))
        gone = part * min(Fraction(1), Fraction(-change, before)) if before > 0 else part
        self._parts[key] = part - gone
        if key in self._more:
            self._mixed.add(key)
        return gone

    def put(self, key: Key, part: Fraction) -> None:
        """Let a part come to a book from another."""
        self._parts[key] = self._parts.get(key, Fraction(0)) + part

    def whole(self, code: str) -> int:
        """Return the shares of the account that had the rights; 0: none of them are to come."""
        return self._whole.get(code, 0)

    def arrive(self, code: str, new: int) -> tuple[dict[str, int], int]:
        """Return how many new shares are whose, by book, and how many may be another's."""
        whole = self._whole.pop(code)
        keys = [key for key in self._first.keys() | self._parts.keys() if key[1] == code]
        unsure = len(keys) + sum(
            ceil(Fraction(self._first.get(key, whole) * new, whole))
            for key in keys
            if key in self._mixed
        )
        given = {key[0]: round(self._parts.get(key, Fraction(0)) * new / whole) for key in keys}
        for key in keys:
            self._first.pop(key, None)
            self._parts.pop(key, None)
        self._more = {key for key in self._more if key[1] != code}
        self._mixed = {key for key in self._mixed if key[1] != code}
        return given, unsure
