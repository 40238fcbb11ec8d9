"""One trader per account and venue on this machine."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from filelock import FileLock, Timeout

from maemae.clock import KST
from maemae.errors import SettingsError


@contextmanager
def sole_trader(folder: Path, venue: str, account: str) -> Iterator[None]:
    """Hold the place of the one trader of an account.

    Raises:
        SettingsError: another process holds it; says which.
    """
    folder.mkdir(parents=True, exist_ok=True)
    lock, holder = _files(folder, venue, account)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise SettingsError(_who(holder, venue)) from None
    try:
        started = datetime.now(KST).isoformat(timespec="seconds")
        holder.write_text(json.dumps({"pid": os.getpid(), "started": started}))
        yield
    finally:
        holder.unlink(missing_ok=True)
        lock.release()


def running_trader(folder: Path, venue: str, account: str) -> str:
    """Return which trader runs on an account (`process 12, since ...`); blank for none."""
    lock, holder = _files(folder, venue, account)
    if not holder.exists():
        return ""
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return _known(holder)
    lock.release()
    return ""  # It was killed, and left its card.


def _files(folder: Path, venue: str, account: str) -> tuple[FileLock, Path]:
    name = f"trader-{venue}-{account[-5:]}"
    return FileLock(folder / f"{name}.lock"), folder / f"{name}.json"


def _who(holder: Path, venue: str) -> str:
    return f"a trader is running on {venue} already ({_known(holder)}); stop it first"


def _known(holder: Path) -> str:
    try:
        known = json.loads(holder.read_text())
        return f"process {known['pid']}, since {known['started']}"
    except (OSError, ValueError, KeyError):
        return "another process"
