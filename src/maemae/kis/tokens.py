"""The access token of an app key: one for all tasks and processes, kept in a file.

The broker issues at most one a minute, sends the owner a message for each, and refuses old ones
without warning. So a token is issued only under a lock that all processes share, is written down
before it is used, and a refused one is replaced once, by whoever comes first.
"""

import asyncio
import binascii
import os
from base64 import urlsafe_b64decode
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

import keyring
import msgspec
from filelock import FileLock, Timeout
from keyring.errors import KeyringError

from maemae.catalogue import CodeKind
from maemae.clock import KST, Clock
from maemae.errors import KisUnreadable, SettingsError
from maemae.i18n import _
from maemae.kis.advice import refusal
from maemae.kis.reply import Reply

_EARLY = timedelta(minutes=5)
"""A token is replaced this long before it expires."""
_SERVICE = "maemae"
_LOCK_PAUSE = 0.05
_JWT_PARTS = 3
_ANOTHERS = timedelta(seconds=30)
"""A token issued so long before it was asked for was issued to another program: half the minute
that the broker keeps between two, the other half is for clocks that differ."""
_PATIENCE = timedelta(minutes=12)
"""The one-a-minute block was seen to last 8.8 minutes; beyond this something else is wrong."""


class IssuedToken(msgspec.Struct, frozen=True):
    """A token as it is kept. `blocked_until`: the broker refuses to issue before that time."""

    value: str = ""
    issued_at: datetime | None = None
    expires_at: datetime | None = None
    blocked_until: datetime | None = None

    def __repr__(self) -> str:
        return f"IssuedToken(expires_at={self.expires_at})"

    def usable(self, now: datetime) -> bool:
        """Tell whether it may be used at that time."""
        return bool(
            self.value
            and self.expires_at
            and self.issued_at
            and self.issued_at <= now < self.expires_at - _EARLY
        )


def read_token(reply: Reply, now: datetime) -> IssuedToken:
    """Read the answer of `tokenP`; its expiry is a Korean wall clock time without a zone.

    Raises:
        WireError: the token was refused, or the answer is not readable.
    """
    value = reply.body.get("access_token")
    if not isinstance(value, str) or not value:
        raise refusal("auth.auth_token", reply.code, reply.reason)
    stated = str(reply.body.get("access_token_token_expired", ""))
    try:
        expires = datetime.strptime(stated, "%Y-%m-%d %H:%M:%S").replace(tzinfo=KST)
    except ValueError:
        try:
            expires = now + timedelta(seconds=int(reply.body["expires_in"]))
        except (KeyError, TypeError, ValueError):
            raise KisUnreadable(_("auth.auth_token: the answer lacks an expiry")) from None
    return IssuedToken(value=value, issued_at=now, expires_at=expires)


class _Claims(msgspec.Struct):
    """What a token says of itself. `iat`: when it was issued, in seconds since 1970."""

    iat: int = 0


def issue_time(value: str) -> datetime | None:
    """Return when a token says it was issued; the broker's are JWT. None where it does not say."""
    parts = value.split(".")
    if len(parts) != _JWT_PARTS:
        return None
    try:
        payload = urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4))
        issued = msgspec.json.decode(payload, type=_Claims).iat
        return datetime.fromtimestamp(issued, UTC) if issued > 0 else None
    except (binascii.Error, msgspec.MsgspecError, ValueError, OverflowError, OSError):
        return None


class TokenStore(Protocol):
    """Where a token is kept between processes."""

    def load(self) -> IssuedToken:
        """Return what is kept; nothing, or something unreadable, is no token."""
        ...

    def save(self, token: IssuedToken) -> None:
        """Keep a token."""
        ...


class TokenKeyring:
    """Keeps the token in the system's keyring.

    Args:
        name: the entry's name, different for each app key and server.
    """

    def __init__(self, name: str) -> None:
        self._name = name

    def load(self) -> IssuedToken:
        """Return what is kept; an entry that cannot be read is no token.

        Raises:
            SettingsError: this machine has no usable keyring.
        """
        try:
            kept = keyring.get_password(_SERVICE, self._name)
        except KeyringError as error:
            raise SettingsError(
                _("the keyring cannot be read: {error}").format(error=error)
            ) from None
        try:
            return msgspec.json.decode(kept or "{}", type=IssuedToken)
        except msgspec.DecodeError:
            return IssuedToken()

    def save(self, token: IssuedToken) -> None:
        """Keep a token.

        Raises:
            SettingsError: this machine has no usable keyring.
        """
        try:
            keyring.set_password(_SERVICE, self._name, msgspec.json.encode(token).decode())
        except KeyringError as error:
            raise SettingsError(
                _("the keyring cannot be written: {error}").format(error=error)
            ) from None


class TokenFile:
    """Keeps the token in a file that only its owner may read."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def load(self) -> IssuedToken:
        """Return what is kept; an unreadable or missing file is no token."""
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=IssuedToken)
        except (FileNotFoundError, msgspec.DecodeError):
            return IssuedToken()

    def save(self, token: IssuedToken) -> None:
        """Keep a token, in one step, mode 0600 from the first byte on."""
        fresh = self._path.with_suffix(".new")
        fresh.unlink(missing_ok=True)
        handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(msgspec.json.encode(token))
        fresh.replace(self._path)


class Tokens:
    """Hands out the token; issues one when there is none.

    Args:
        store: where the token is kept.
        lock_path: the lock of all processes of the app key on this server.
        issue: asks the broker for a token, once.
        clock: venue time.
        interval: seconds that must lie between two issues.
        taken: called when another program on the app key has ended the token in use.
    """

    def __init__(
        self,
        store: TokenStore,
        lock_path: Path,
        issue: Callable[[], Awaitable[Reply]],
        clock: Clock,
        interval: float,
        *,
        taken: Callable[[], None] = lambda: None,
    ) -> None:
        self._store = store
        self._lock = FileLock(lock_path, timeout=0, mode=0o600)
        self._flight = asyncio.Lock()
        self._issue = issue
        self._clock = clock
        self._interval = timedelta(seconds=interval)
        self._taken = taken
        self._token = IssuedToken()
        self._refused: set[str] = set()
        self.issued = 0

    async def get(self) -> str:
        """Return a usable token, issuing one if there is none.

        Raises:
            WireError: none could be had.
        """
        if self._fits(self._token):
            return self._token.value
        async with self._flight:
            if not self._fits(self._token):
                await self._hold_lock()
                try:
                    self._token = await self._obtain()
                finally:
                    self._lock.release()
            return self._token.value

    @property
    def expires_at(self) -> datetime | None:
        """When the token in use ends; None before the first is had."""
        return self._token.expires_at

    def refuse(self, value: str) -> None:
        """Note that the broker refused this token (EGW00121, EGW00123)."""
        self._refused.add(value)

    def _fits(self, token: IssuedToken) -> bool:
        return token.value not in self._refused and token.usable(self._clock.now())

    async def _hold_lock(self) -> None:
        while True:
            try:
                self._lock.acquire()
            except Timeout:
                await asyncio.sleep(_LOCK_PAUSE)
            else:
                return

    async def _obtain(self) -> IssuedToken:
        started = self._clock.now()
        while True:
            kept = self._store.load()
            if self._fits(kept):
                return kept
            await self._wait_for_turn(kept)
            asked = self._clock.now()
            reply = await self._issue()
            now = self._clock.now()
            self.issued += 1
            if reply.kind is CodeKind.AUTH_TOO_SOON and now - started < _PATIENCE:
                self._store.save(
                    IssuedToken(blocked_until=now + self._interval + timedelta(seconds=1))
                )
                continue
            token = read_token(reply, now)
            self._store.save(token)
            if self._token.value in self._refused and self._is_anothers(token, asked):
                self._taken()
            # Within six hours the broker hands out the same token again; issued now, it is good.
            self._refused.discard(token.value)
            return token

    def _is_anothers(self, token: IssuedToken, asked: datetime) -> bool:
        """Tell whether a token that came for a refused one had been issued before we asked.

        All our processes share one store and one lock, so none of them was given it.
        """
        issued = issue_time(token.value)
        ours = token.value in self._refused
        return not ours and issued is not None and issued < asked - _ANOTHERS

    async def _wait_for_turn(self, kept: IssuedToken) -> None:
        now = self._clock.now()
        turn = kept.blocked_until or now
        if kept.issued_at is not None and kept.issued_at <= now:
            turn = max(turn, kept.issued_at + self._interval)
        # A file of another simulated day may lie in the future: nothing is waited for that long.
        if now < turn <= now + _PATIENCE:
            await self._clock.sleep((turn - now).total_seconds())
