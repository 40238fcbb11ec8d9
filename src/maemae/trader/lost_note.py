"""Why no trader answers, when its ledger is the reason: a note in the data folder for others."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Literal

import msgspec

from maemae import private
from maemae.clock import KST
from maemae.errors import LedgerAway, LedgerError, LedgerVanished
from maemae.i18n import _
from maemae.trader import ledger_watch
from maemae.trader.lock import ledgers_known
from maemae.trader.settings import Settings
from maemae.trader.venue import data_dir, ledger_url


class Note(msgspec.Struct, frozen=True):
    """What happened to a ledger, when, and to which process."""

    kind: Literal["away", "vanished"]
    since: datetime
    pid: int


@contextmanager
def noting(settings: Settings) -> Iterator[None]:
    """Leave a note when the ledger vanishes while the block runs; an older one is done with."""
    _file(settings).unlink(missing_ok=True)
    try:
        yield
    except LedgerVanished:
        _leave(settings, "vanished")
        raise


@contextmanager
def waiting(settings: Settings) -> Iterator[None]:
    """Leave a note that the database of the ledger is waited for while the block runs."""
    _leave(settings, "away")
    try:
        yield
    finally:
        _file(settings).unlink(missing_ok=True)


def check(settings: Settings) -> None:
    """Say what happened to the ledger, where no trader answers and that is why.

    Raises:
        LedgerVanished: it vanished under the last trader, or is missing where one had traded.
        LedgerAway: its database is away, and a trader waits for it.
        LedgerError: the note cannot be read.
    """
    where = ledger_watch.where(settings)
    mend = _(
        "No position is watched. Put the ledger back, or a backup of it (maemae restore FILE), "
        "before maemae is started again."
    )
    note = _read(_file(settings))
    if note is not None and note.kind == "away":
        said = _(
            "since {at} the database of the ledger {ledger} is away: the trader (process {pid}) "
            "waits for it, sends nothing and watches no position. Look after the database "
            "server; trading goes on by itself."
        )
        at = f"{note.since:%Y-%m-%d %H:%M:%S}"
        raise LedgerAway(said.format(at=at, ledger=where, pid=note.pid))
    if note is not None:
        said = _("the ledger {ledger} vanished at {at}, and the trader ended")
        raise LedgerVanished(
            f"{said.format(ledger=where, at=f'{note.since:%Y-%m-%d %H:%M:%S}')}. {mend}"
        )
    url = ledger_url(settings)
    known = ledgers_known(data_dir(settings), settings.venue)
    if isinstance(url, Path) and not url.exists() and where in known:
        said = _("the ledger {ledger} is not there, though a trader has traded on it")
        raise LedgerVanished(f"{said.format(ledger=where)}. {mend}")


def _leave(settings: Settings, kind: Literal["away", "vanished"]) -> None:
    """Write a note, where the folder for it is not gone together with the ledger."""
    file = _file(settings)
    if file.parent.is_dir():
        note = Note(kind, datetime.now(KST), os.getpid())
        private.write_text(file, msgspec.json.encode(note).decode())


def _read(file: Path) -> Note | None:
    try:
        return msgspec.json.decode(file.read_bytes(), type=Note)
    except FileNotFoundError:
        return None
    except (OSError, msgspec.MsgspecError) as error:
        raise LedgerError(f"{file}: {error}") from error


def _file(settings: Settings) -> Path:
    return data_dir(settings) / f"ledger-lost-{settings.venue}.json"
