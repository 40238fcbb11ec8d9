"""Who may look: sessions, the password and the throttle of wrong ones."""

import hmac
import secrets
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from ipaddress import ip_address, ip_network

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

WRONG = 5
"""Wrong passwords of one address or device within the window; after them none is looked at."""

WRONG_IN_ALL = 60
"""The same of all addresses together: looking at a password takes time that pages need."""

ADDRESSES = 1024
"""Addresses of which wrong passwords are remembered."""

IPV6 = 6

WINDOW = 60.0
MOST_SESSIONS = 100

Monotonic = Callable[[], float]


@dataclass
class Sessions:
    """Sessions in memory: a restart of the dashboard logs everybody out.

    Args:
        idle: seconds without use after which a session is over.
        monotonic: seconds of real time.
    """

    idle: float
    monotonic: Monotonic = time.monotonic
    _seen: dict[str, float] = field(default_factory=dict)

    def open(self) -> str:
        """Start a session and return its secret."""
        while len(self._seen) >= MOST_SESSIONS:
            del self._seen[min(self._seen, key=lambda token: self._seen[token])]
        token = secrets.token_urlsafe(32)
        self._seen[token] = self.monotonic()
        return token

    def touch(self, token: str) -> bool:
        """Use a session; return whether it is good."""
        if not self.is_open(token):
            self._seen.pop(token, None)
            return False
        self._seen[token] = self.monotonic()
        return True

    def is_open(self, token: str) -> bool:
        """Whether a session is good, without using it."""
        seen = self._seen.get(token)
        return seen is not None and self.monotonic() - seen <= self.idle

    def close(self, token: str) -> None:
        """End a session."""
        self._seen.pop(token, None)


class TooMany(Exception):  # noqa: N818 - named for what happened
    """Too many wrong passwords; wait a minute."""


@dataclass
class Lock:
    """The password, and who may still try.

    Wrong passwords are counted for each address, and apart from them for each device that was in
    before: however many others try, the owner's own device is looked at.

    Args:
        password_hash: an argon2 hash, or blank where no password is set.
        monotonic: seconds of real time.
    """

    password_hash: str
    monotonic: Monotonic = time.monotonic
    _wrong: OrderedDict[str, deque[float]] = field(default_factory=OrderedDict)
    _strangers: deque[float] = field(default_factory=lambda: deque(maxlen=WRONG_IN_ALL))

    def opens_by_password(self, given: str, address: str = "", device: str = "") -> bool:
        """Whether this is the password.

        Args:
            given: the password.
            address: from which it comes.
            device: what `device` gave that browser when it was in.

        Raises:
            TooMany: too many wrong ones were tried; this one was not looked at.
        """
        known = self._knows(device)
        tries = self._tries(f"device {device}" if known else _network(address))
        now = self.monotonic()
        if _full(tries, now) or (not known and _full(self._strangers, now)):
            raise TooMany
        try:
            if self.password_hash and PasswordHasher().verify(self.password_hash, given):
                tries.clear()
                return True
        except (VerificationError, InvalidHashError):
            pass  # Counted below, as a wrong one.
        tries.append(now)
        if not known:
            self._strangers.append(now)
        return False

    def device(self) -> str:
        """Return what tells a browser that was in from others, for as long as the password is."""
        name = secrets.token_urlsafe(16)
        return f"{name}.{self._sign(name)}"

    def _knows(self, device: str) -> bool:
        name, _, signature = device.partition(".")
        return bool(self.password_hash) and hmac.compare_digest(
            signature.encode(), self._sign(name).encode()
        )

    def _sign(self, name: str) -> str:
        return hmac.new(self.password_hash.encode(), name.encode(), "sha256").hexdigest()

    def _tries(self, who: str) -> deque[float]:
        tries = self._wrong.setdefault(who, deque(maxlen=WRONG))
        self._wrong.move_to_end(who)
        while len(self._wrong) > ADDRESSES:
            self._wrong.popitem(last=False)
        return tries


def _full(tries: deque[float], now: float) -> bool:
    return len(tries) == tries.maxlen and now - tries[0] < WINDOW


def _network(address: str) -> str:
    """Return what one household or provider hands out as one: IPv6 addresses by their /64."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    return str(ip_network((address, 64), strict=False)) if parsed.version == IPV6 else address
