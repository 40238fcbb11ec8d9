"""One trader per account and venue on this machine."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from filelock import FileLock, Timeout

from maemae import private
from maemae.clock import KST
from maemae.errors import LedgerError, SettingsError
from maemae.i18n import _
from maemae.ledger.ledger import Mark


@dataclass
class Place:
    """The place of the one trader of an account, held.

    Attributes:
        before: the trader before this one, if it did not end in order (`process 12, since ...`);
            blank otherwise.
        ledger: which ledger of the account had a trading day in it here, and since when; blank
            where none ever had.
        mark: where its journal ended last; None where that is not known.
    """

    before: str
    ledger: str
    mark: Mark | None
    _known: Path

    def remember(self, ledger: str, mark: Mark | None) -> None:
        """Note how far a ledger goes: an empty one or an older copy is not taken for it any more.

        Facts must be durable first. The note itself may be lost in a power cut.

        Raises:
            LedgerError: it cannot be written; the one of before is whole.
        """
        known = self.ledger.startswith(f"{ledger} ")
        if known and mark == self.mark:
            return
        if not known:
            self.ledger = f"{ledger} {datetime.now(KST).isoformat(timespec='seconds')}"
        self.mark = mark
        since = self.ledger.rpartition(" ")[2]
        last = asdict(mark) if mark is not None else None
        card = json.dumps({"ledger": ledger, "since": since, "last": last})
        part = self._known.with_name(f"{self._known.name}.part")
        try:
            private.write_text(part, card)
            part.replace(self._known)
        except OSError as error:
            said = _("{file} cannot be written, which says how far the ledger goes: {error}")
            raise LedgerError(said.format(file=self._known, error=error.strerror)) from error


@contextmanager
def sole_trader(folder: Path, venue: str, account: str) -> Iterator[Place]:
    """Hold the place of the one trader of an account.

    Raises:
        SettingsError: another process holds it; says which.
    """
    private.make_folder(folder)
    lock = FileLock(folder / f"trader-{venue}-{account[-5:]}.lock", mode=private.FILE)
    holder = folder / f"trader-{venue}-{account[-5:]}.json"
    known = _card(folder, venue, account)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise SettingsError(_who(holder, venue)) from None
    try:
        before = _holder_of(holder) if holder.exists() else ""
        started = datetime.now(KST).isoformat(timespec="seconds")
        private.write_text(holder, json.dumps({"pid": os.getpid(), "started": started}))
        yield Place(before, *_ledger(known), known)
    finally:
        holder.unlink(missing_ok=True)
        lock.release()


def running_traders(folder: Path, venue: str) -> list[str]:
    """Return the traders that run on a venue, as `process 12, since ...`."""
    found = []
    for holder in sorted(folder.glob(f"trader-{venue}-*.json")):
        lock = FileLock(holder.with_suffix(".lock"))
        try:
            lock.acquire(timeout=0)
        except Timeout:
            found.append(_known(holder))
        else:
            lock.release()  # It was killed, and left its card.
    return found


def has_traded(folder: Path, venue: str, account: str) -> bool:
    """Whether an account was traded on a venue from here."""
    return _card(folder, venue, account).exists()


def ledgers_known(folder: Path, venue: str) -> set[str]:
    """Return the ledgers on which the accounts of a venue have traded here."""
    cards = (_ledger(card)[0] for card in folder.glob(f"ledger-{venue}-*.json"))
    return {known.rpartition(" ")[0] for known in cards}


def _card(folder: Path, venue: str, account: str) -> Path:
    """Return where it is noted which ledger an account is traded on."""
    return folder / f"ledger-{venue}-{account[-5:]}.json"


def _who(holder: Path, venue: str) -> str:
    return _("a trader is running on {venue} already ({known}); stop it first").format(
        venue=venue, known=_known(holder)
    )


def _known(holder: Path) -> str:
    pid, _sep, started = _holder_of(holder).partition(", ")
    if not started:
        return _("another process")
    return _("process {pid}, since {at}").format(pid=pid, at=started)


def _holder_of(holder: Path) -> str:
    """Return the process that wrote a card and when it started, as data; `?` if unreadable."""
    try:
        known = json.loads(holder.read_text())
        return f"{known['pid']}, {known['started']}"
    except (OSError, ValueError, KeyError):
        return "?"


def _ledger(known: Path) -> tuple[str, Mark | None]:
    """Return what a card says of a ledger: which and since when, and how far it went."""
    try:
        there = json.loads(known.read_text())
        last = there.get("last")  # An older maemae wrote none.
        mark = None if last is None else Mark(int(last["seq"]), str(last["digest"]))
        return f"{there['ledger']} {there['since']}", mark
    except FileNotFoundError:
        return "", None
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return known.name, None  # There was one, and nobody can say which.
