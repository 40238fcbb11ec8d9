"""The words of `maemae.service.words` in the colours of a terminal."""

from decimal import Decimal

from rich.text import Text

from maemae.i18n import _
from maemae.service import words
from maemae.service.words import (
    because,
    book,
    halt,
    order_state,
    reason,
    refused,
    undone,
    unseen,
    with_reason,
    with_way,
    won,
)

__all__ = [
    "because",
    "book",
    "coloured",
    "halt",
    "order_state",
    "percent",
    "reason",
    "refused",
    "side",
    "signed_won",
    "undone",
    "unseen",
    "with_reason",
    "with_way",
    "won",
]


def signed_won(amount: int) -> Text:
    """Put a gain or a loss with its colour and its mark."""
    return coloured(words.marked_won(amount), amount)


def percent(rate: Decimal) -> Text:
    """Put a rate of return (with its colour and its mark: `0.0123` → `▲ 1.23%`)."""
    return coloured(words.marked_percent(rate), rate)


def side(word: str) -> Text:
    """Put buy or sell in the colours of a Korean order book."""
    return Text(words.side(word), "red" if word == "buy" else "blue")


def kept(home: str) -> str:
    """Say where a secret was put."""
    from maemae.trader.secret_file import secret_file

    if home == "keyring":
        return _("It is in the keyring of this machine.")
    return _("This machine has no keyring: it is in {file}, which only you may read.").format(
        file=secret_file()
    )


def coloured(text: str, value: int | Decimal) -> Text:
    """Give a text the colour of a change: red up, blue down."""
    return Text(text, "red" if value > 0 else "blue" if value < 0 else "")
