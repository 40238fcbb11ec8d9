"""Who may look: sessions, the password and the throttle of wrong ones."""

import hmac
import secrets
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

WRONG = 5
"""Wrong passwords within the window after which no further one is looked at."""

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
    """What opens the dashboard: a password, or on this machine the key in the printed link.

    Args:
        password_hash: an argon2 hash, or blank where no password is set.
        key: the secret of the printed link, or blank where only a password will do.
        monotonic: seconds of real time.
    """

    password_hash: str
    key: str
    monotonic: Monotonic = time.monotonic
    _wrong: deque[float] = field(default_factory=lambda: deque(maxlen=WRONG))

    def opens_by_key(self, given: str) -> bool:
        """Whether this is the key of the printed link."""
        return bool(self.key) and hmac.compare_digest(given.encode(), self.key.encode())

    def opens_by_password(self, given: str) -> bool:
        """Whether this is the password.

        Raises:
            TooMany: too many wrong ones were tried; this one was not looked at.
        """
        now = self.monotonic()
        if len(self._wrong) == WRONG and now - self._wrong[0] < WINDOW:
            raise TooMany
        try:
            if self.password_hash and PasswordHasher().verify(self.password_hash, given):
                self._wrong.clear()
                return True
        except (VerificationError, InvalidHashError):
            pass  # Counted below, as a wrong one.
        self._wrong.append(now)
        return False
