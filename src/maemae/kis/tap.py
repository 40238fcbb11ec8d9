"""Listening in on what a client receives of the market, as it came: for who keeps it.

What is about an account, and what belongs to a key, never reaches a tap: it is told only what the
gate of a reading client would let out, and frames of public feeds that are not encrypted.
"""

from collections.abc import Mapping
from typing import Protocol

import msgspec


class Heard(msgspec.Struct, frozen=True):
    """An answer to a question about the market.

    Attributes:
        path: of the request.
        tr_id: transaction id of the request.
        params: of the request.
        next_page: whether a further page was asked for.
        status: of the answer, as HTTP has it.
        more: whether there are further pages.
        content: the answer's body as it came.
    """

    path: str
    tr_id: str
    params: Mapping[str, str]
    next_page: bool
    status: int
    more: bool
    content: bytes


class Tap(Protocol):
    """Who is told, in the middle of everything: it must neither wait nor raise."""

    def frame(self, text: str) -> None:
        """Take a frame of a public feed."""
        ...

    def registered(self, tr_id: str, key: str, *, on: bool) -> None:
        """Take that a registration for a public feed stands, or was released."""
        ...

    def answered(self, heard: Heard) -> None:
        """Take an answer to a question about the market."""
        ...
