"""Links that open a dashboard on this machine: each works once, and for minutes only.

A dashboard keeps its key in a file that its owner alone can read. Whoever can read it makes links,
without asking the dashboard: a link holds the time at which it ends and a signature by that key.
"""

import hashlib
import hmac
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from maemae import private
from maemae.errors import ServiceError
from maemae.i18n import _
from maemae.service.api.pass_file import nobody_listens

MINUTES = 5
"""For which a link works."""

KEY_BYTES = 32

Wall = Callable[[], float]


class Entrance(msgspec.Struct, frozen=True):
    """Where a dashboard listens, and the key by which links are made.

    Attributes:
        url: of the dashboard.
        key: of this process; blank where the dashboard has a password instead.
        venue: that it shows.
    """

    url: str
    key: str
    venue: str

    def __repr__(self) -> str:
        """Show no key."""
        return f"Entrance({self.url!r}, {self.venue!r})"

    def link(self, wall: Wall = time.time) -> str:
        """Make a link that nobody has used; where there is a password, the plain address."""
        if not self.key:
            return self.url
        signed = f"{int(wall()) + MINUTES * 60}.{secrets.token_urlsafe(16)}"
        return f"{self.url}/enter?key={signed}.{_sign(self.key, signed)}"


@dataclass
class Links:
    """The links that open this dashboard, and those that have.

    Args:
        key: of this process; blank where links open nothing.
        wall: seconds since 1970, as whoever makes a link counts them.
    """

    key: str
    wall: Wall = time.time
    _used: dict[str, int] = field(default_factory=dict)
    """Links that were used, with the time at which they would have ended."""

    def use(self, given: str) -> bool:
        """Use what a link holds; return whether it is one of ours, in time, and for the first time.

        Args:
            given: the part of the link behind `key=`.
        """
        signed, _, signature = given.rpartition(".")
        right = _sign(self.key, signed).encode()
        if not self.key or not hmac.compare_digest(signature.encode("utf-8", "replace"), right):
            return False
        ends, now = int(signed.partition(".")[0]), self.wall()
        self._used = {one: at for one, at in self._used.items() if at > now}
        if ends <= now or signed in self._used:
            return False
        self._used[signed] = ends
        return True


def new_key() -> str:
    """Return a key for a dashboard that starts."""
    return secrets.token_urlsafe(KEY_BYTES)


@contextmanager
def shown(folder: Path, entrance: Entrance) -> Iterator[None]:
    """Let this user's other programs make links while the block runs.

    Raises:
        ServiceError: the file cannot be written.
    """
    file = folder / f"dashboard-{entrance.url.rpartition(':')[2]}.json"
    try:
        private.make_folder(folder)
        file.unlink(missing_ok=True)  # Its rights might be wider.
        private.write_text(file, msgspec.json.encode(entrance).decode())
    except OSError as error:
        raise ServiceError(
            _("{file} cannot be written: {why}").format(file=file, why=error.strerror)
        ) from error
    try:
        yield
    finally:
        file.unlink(missing_ok=True)


def running(folder: Path, venue: str | None) -> list[Entrance]:
    """Return the dashboards of a venue (None: of any) that run on this machine.

    A killed one leaves its file, but nobody listens where it did.

    Raises:
        ServiceError: a file cannot be used.
    """
    found = []
    for file in sorted(folder.glob("dashboard-*.json")):
        try:
            entrance = msgspec.json.decode(file.read_bytes(), type=Entrance)
        except (OSError, msgspec.MsgspecError) as error:
            raise ServiceError(
                _("{file} cannot be used: {error}").format(file=file, error=error)
            ) from error
        if venue in (None, entrance.venue) and not nobody_listens(entrance.url):
            found.append(entrance)
    return found


def _sign(key: str, signed: str) -> str:
    return hmac.new(key.encode(), signed.encode("utf-8", "replace"), hashlib.sha256).hexdigest()
