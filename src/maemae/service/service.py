"""The one service: what a person can ask of a trader, and command.

Command line, messengers, HTTP and web page are thin faces over this protocol; what can be asked
and commanded stands in `maemae.service.operations`. It is implemented in the trader's own process
(`maemae.service.local.LocalService`) and over the control API
(`maemae.service.remote.RemoteService`).
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Protocol

from maemae.service.answers import Snapshot
from maemae.service.operations import Answering


@dataclass(frozen=True, slots=True)
class Caller:
    """Who speaks, and through which face; every command is recorded with it."""

    who: str
    face: str


class Service(Answering, Protocol):
    """A trader that answers. Amounts are won, days are trading days of the venue."""

    def watch(self) -> AsyncIterator[Snapshot]:
        """Yield the present state at once, and then whenever it has changed (a few a second)."""
        ...
