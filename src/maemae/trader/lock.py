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
    lock = FileLock(folder / f"trader-{venue}-{account[-5:]}.lock")
    holder = folder / f"trader-{venue}-{account[-5:]}.json"
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


def _who(holder: Path, venue: str) -> str:
    try:
        known = json.loads(holder.read_text())
        who = f"process {known['pid']}, since {known['started']}"
    except (OSError, ValueError, KeyError):
        who = "another process"
    return f"a trader is running on {venue} already ({who}); stop it first"
