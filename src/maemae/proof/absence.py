"""A ledger that is not there for a while: its database is away, or its file was moved."""

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from typing import cast

from sqlalchemy import Engine

from maemae.desk.commands import Command
from maemae.desk.records import Record
from maemae.errors import InvariantError, LedgerAway, LedgerVanished
from maemae.ledger.ledger import Ledger, Mark
from maemae.ledger.presence import Presence
from maemae.proof.hazards import Hazard, Hazards


@dataclass(frozen=True)
class Wrong:
    """A ledger on which the next process is started before the right one is back.

    Attributes:
        records: what is in it; of an older copy the first facts of the right one.
        mark: how far the right one went when it was moved away.
    """

    records: tuple[Record, ...]
    mark: Mark | None


class Absence(Presence):
    """Says of a simulated ledger whether it is there.

    What is written into a file that was moved is gone when the process is started again on the file
    that the owner has put back.

    Args:
        ledger: in memory.
        engine: of the ledger.
        hazards: the dice.
    """

    def __init__(self, ledger: Ledger, engine: Engine, hazards: Hazards) -> None:
        super().__init__(None)
        self._ledger = ledger
        self._engine = engine
        self._hazards = hazards
        self._kept: sqlite3.Connection | None = None
        self._replaced = False
        self.away = False
        self._copied: tuple[Record, ...] = ()
        self.wrong: Wrong | None = None
        """What the process is started on before the right one is back, if that comes to pass."""

    @property
    def absent(self) -> bool:
        """Whether nothing that is written now would be found again."""
        return self.away or self._kept is not None

    def copy(self) -> None:
        """Let the owner make a copy of the file."""
        if not self.absent:
            self._copied = tuple(self._ledger.records())

    def vanish(self, hazard: Hazard) -> None:
        """Let the file be moved away: what is written from here on is for nobody.

        One that is written over is looked for before a write; in place of one that is emptied or
        older the next process begins on an empty one or on the last copy of it.
        """
        if self._kept is None:
            self._replaced = hazard is Hazard.LEDGER_REPLACED
            if hazard in (Hazard.LEDGER_EMPTIED, Hazard.LEDGER_OLDER):
                copied = self._copied if hazard is Hazard.LEDGER_OLDER else ()
                self.wrong = Wrong(copied, self._ledger.mark())
            self._kept = sqlite3.connect(":memory:", check_same_thread=False)
            self._copy(self._kept, back=False)

    def come_back(self) -> None:
        """Put the file back as it was when it was moved."""
        if self._kept is not None:
            self._copy(self._kept, back=True)
            self._kept.close()
            self._kept = None
            self._replaced, self.wrong = False, None

    def _copy(self, kept: sqlite3.Connection, *, back: bool) -> None:
        with closing(self._engine.raw_connection()) as raw:
            live = cast("sqlite3.Connection", raw.driver_connection)
            source, target = (kept, live) if back else (live, kept)
            source.backup(target)

    def before_write(self) -> None:
        """Leave it to `cut` and `check` when a ledger says that it is away, or has moved away.

        Raises:
            LedgerVanished: it was written over, and nothing may be written into what is there now.
        """
        if self._replaced:
            raise LedgerVanished("the ledger was written over")

    def cut(self) -> None:
        """Lose the connection before the facts reach the database, half of the time.

        Raises:
            LedgerAway: they did not reach it.
        """
        if self.away and self._hazards.even():
            raise LedgerAway("connection refused")

    def check(self) -> None:
        """Look after a write; one that a lost connection does not confirm is durable all the same.

        Raises:
            LedgerAway: nobody confirms it.
            LedgerVanished: it went into a file that is gone.
        """
        if self._kept is not None:
            raise LedgerVanished("the ledger is gone")
        if self.away:
            raise LedgerAway("connection lost")

    def forbid(self, command: Command) -> None:
        """Let no command leave while the ledger is not there.

        Raises:
            InvariantError: one does.
        """
        if self.absent:
            raise InvariantError(
                f"{type(command).__name__} leaves although the ledger cannot be written"
            )
