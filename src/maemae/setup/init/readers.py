"""How answers are read: the ways people write numbers, rates and accounts."""

import re
from collections.abc import Callable
from datetime import time
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from maemae.i18n import _
from maemae.reading import decimal

_AMOUNT = re.compile(r"(\d+(?:\.\d+)?)(억|천만|백만|만|천)?")
_UNITS: Final = {
    "억": 100_000_000,
    "천만": 10_000_000,
    "백만": 1_000_000,
    "만": 10_000,
    "천": 1_000,
}
_LENGTHS: Final = {"app_key": (20, 36), "app_secret": (40, 180), "token": (30, 46)}
"""Characters that a secret has at least, and usually."""

NONE = "-"
"""The answer that there is none."""

_LEAST_RATE, _MOST_RATE = Decimal("0.05"), Decimal(100)


def won(text: str) -> int:
    """Read an amount: `1,000,000`, `1_000_000`, `100만`, `1.5억`.

    Raises:
        ValueError: it is none, with words for the person.
    """
    bare = re.sub(r"[\s,_]", "", text).removesuffix("원").removesuffix("won")
    found = _AMOUNT.fullmatch(bare)
    if found is None:
        raise ValueError(_("give an amount in won, such as 1,000,000 or 100만"))
    amount = Decimal(found[1]) * _UNITS.get(found[2] or "", 1)
    if amount != int(amount) or amount <= 0:
        raise ValueError(_("give whole won above zero"))
    return int(amount)


def percent(text: str) -> str:
    """Read a rate given in percent: `2`, `2%`, `-1.5` for a loss. Returns it as `2%`.

    Raises:
        ValueError: it is none, with words for the person.
    """
    try:
        rate = abs(decimal(text.strip().removesuffix("%").strip()))
    except ValueError:
        raise ValueError(_("give a rate in percent, such as 2")) from None
    if not _LEAST_RATE <= rate < _MOST_RATE:
        raise ValueError(_("give percent between 0.05 and 100: 2 means 2 %"))
    return f"{rate.normalize():f}%"


def optional(read: Callable[[str], Any]) -> Callable[[str], Any]:
    """Return a reader to which `-` says that there is none."""

    def either(text: str) -> Any:
        return None if text.strip() == NONE else read(text)

    return either


def clock(first: time, last: time) -> Callable[[str], time]:
    """Return a reader of times of day within bounds."""

    def read(text: str) -> time:
        said = _("give a time of day from {first} to {last}, such as 15:15")
        wrong = said.format(first=f"{first:%H:%M}", last=f"{last:%H:%M}")
        try:
            found = time.fromisoformat(text.strip())
        except ValueError:
            raise ValueError(wrong) from None
        if not first <= found <= last or found.tzinfo is not None:
            raise ValueError(wrong)
        return found

    return read


def count(least: int, most: int) -> "_Count":
    """Return a reader of whole numbers within bounds."""
    return _Count(least, most)


class _Count:
    def __init__(self, least: int, most: int) -> None:
        self._bounds = least, most

    def __call__(self, text: str) -> int:
        least, most = self._bounds
        try:
            number = int(text.strip().replace(",", ""))
        except ValueError:
            number = least - 1
        if not least <= number <= most:
            said = _("give a whole number from {least} to {most}")
            raise ValueError(said.format(least=least, most=f"{most:,}"))
        return number


def account(text: str) -> str:
    """Read the eight digits of an account, with or without its product code.

    Raises:
        ValueError: it is none, with words for the person.
    """
    digits = re.sub(r"[\s-]", "", text)
    if not re.fullmatch(r"\d{8}(\d{2})?", digits):
        raise ValueError(_("give the account as 12345678 or 12345678-01"))
    return f"{digits[:8]}-{digits[8:]}" if len(digits) > 8 else digits  # noqa: PLR2004


def product(text: str) -> str:
    """Read a product code.

    Raises:
        ValueError: it is none, with words for the person.
    """
    if not re.fullmatch(r"\d{2}", text.strip()):
        raise ValueError(_("give two digits, such as 01"))
    return text.strip()


def word(text: str) -> str:
    """Read something without blanks that must not be empty.

    Raises:
        ValueError: it is empty or has blanks, with words for the person.
    """
    bare = text.strip()
    if not bare or re.search(r"\s", bare):
        raise ValueError(_("give it without blanks, as it stands in the portal"))
    return bare


def file(text: str) -> Path:
    """Read the name of a file.

    Raises:
        ValueError: it is empty, with words for the person.
    """
    bare = text.strip()
    if not bare:
        raise ValueError(_("give the name of a file"))
    return Path(bare)


def secret(name: str, text: str) -> str:
    """Read a secret; what cannot be one is refused without being quoted.

    Args:
        name: `app_key`, `app_secret` or `token`.
        text: what was typed or pasted.

    Raises:
        ValueError: it cannot be one, with words for the person.
    """
    bare = word(text)
    least, usual = _LENGTHS[name]
    if len(bare) < least:
        said = _("that is too short: it has {length} characters, usual are {usual}")
        raise ValueError(said.format(length=len(bare), usual=usual))
    return bare


def one_of(*choices: str) -> "_Choice":
    """Return a reader of one of a few words; their beginning is enough."""
    return _Choice(choices)


class _Choice:
    def __init__(self, choices: tuple[str, ...]) -> None:
        self._choices = choices

    def __call__(self, text: str) -> str:
        given = text.strip().lower()
        fitting = [one for one in self._choices if given and one.startswith(given)]
        if len(fitting) != 1:
            raise ValueError(_("choose one of: {choices}").format(choices=", ".join(self._choices)))
        return fitting[0]


def chats(text: str) -> tuple[int, ...]:
    """Read Telegram chat numbers, with commas between.

    Raises:
        ValueError: one is no number, with words for the person.
    """
    try:
        return tuple(int(one) for one in text.replace(",", " ").split())
    except ValueError:
        raise ValueError(_("give the chat's number, such as 123456789")) from None
