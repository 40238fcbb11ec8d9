"""The file through which faces on this machine find a running trader: its address and tokens.

Only its owner can read it (mode 0600); whoever can read it may command the trader.
"""

import os
import secrets
import socket
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from maemae.errors import ServiceError
from maemae.i18n import _

TOKEN_BYTES = 32
CONNECT_SECONDS = 2.0


class Pass(msgspec.Struct, frozen=True):
    """Where a trader's control API listens, and the tokens that open it."""

    url: str
    venue: str
    pid: int
    read: str
    command: str

    def __repr__(self) -> str:
        """Show no token."""
        return f"Pass({self.url!r}, {self.venue!r}, pid={self.pid})"


def new_pass(url: str, venue: str) -> Pass:
    """Return a pass with fresh tokens."""
    read, command = secrets.token_urlsafe(TOKEN_BYTES), secrets.token_urlsafe(TOKEN_BYTES)
    return Pass(url, venue, os.getpid(), read, command)


@contextmanager
def published(file: Path, shown: Pass) -> Iterator[None]:
    """Let faces find the trader while the block runs.

    Raises:
        ServiceError: the file cannot be written.
    """
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        fresh = file.with_suffix(f".{shown.pid}.new")
        fresh.unlink(missing_ok=True)
        handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as out:
            out.write(msgspec.json.encode(shown))
        fresh.replace(file)
    except OSError as error:
        raise ServiceError(
            _("the token file {file} cannot be written: {error}").format(file=file, error=error)
        ) from error
    try:
        yield
    finally:
        if _is_ours(file, shown):
            file.unlink(missing_ok=True)


def read_pass(file: Path) -> Pass:
    """Read a pass.

    Raises:
        ServiceError: there is none, it cannot be read, or others can read it too.
    """
    try:
        with file.open("rb") as handle:
            status = os.fstat(handle.fileno())
            if os.name == "posix" and stat.S_IMODE(status.st_mode) & 0o077:
                raise ServiceError(
                    _(
                        "{file} can be read by others: stop the trader, delete the file, start "
                        "again"
                    ).format(file=file)
                )
            return msgspec.json.decode(handle.read(), type=Pass)
    except FileNotFoundError:
        raise ServiceError(
            _("no trader is running (there is no {file}): start one with `maemae run`").format(
                file=file
            )
        ) from None
    except (OSError, msgspec.MsgspecError, RecursionError) as error:
        raise ServiceError(
            _("the token file {file} cannot be used: {error}").format(file=file, error=error)
        ) from error


def find_running(file: Path) -> Pass:
    """Read the pass of a trader that runs; one that was killed leaves its pass behind.

    Raises:
        ServiceError: no trader listens there, or the pass cannot be read.
    """
    shown = read_pass(file)
    if nobody_listens(shown.url):
        raise ServiceError(
            _(
                "no trader is running (the one of {file} was killed): start one with `maemae run`"
            ).format(file=file)
        )
    return shown


def nobody_listens(url: str) -> bool:
    """Whether a connection is refused; a trader that is merely slow or far away is there."""
    there = urlsplit(url)
    try:
        socket.create_connection((there.hostname, there.port), CONNECT_SECONDS).close()
    except ConnectionRefusedError:
        return True
    except OSError:
        return False
    return False


def _is_ours(file: Path, shown: Pass) -> bool:
    """Whether the file still names us, and not a trader that started after us."""
    try:
        return read_pass(file) == shown
    except ServiceError:
        return False
