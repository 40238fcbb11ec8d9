"""What a request must bring before the service hears of it."""

import hmac
import time
from collections import deque
from collections.abc import Callable, Mapping

from aiohttp import web

from maemae.i18n import _
from maemae.reading import host_of
from maemae.service.operations import Scope

FAILURES = 20
"""Wrong tokens from one address within a minute after which further ones are not looked at."""

WINDOW = 60.0
ADDRESSES = 1024


class Turned(Exception):  # noqa: N818 - named for what happened
    """The request is turned away with this HTTP status and text."""

    def __init__(self, status: int, text: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(text)
        self.status = status
        self.text = text
        self.headers = dict(headers or {})


class Guard:
    """Checks host, origin and token of every request.

    A right token always passes, so that nobody can lock the owner out by trying wrong ones.

    Args:
        tokens: token by scope.
        hosts: host names under which the server may be addressed (DNS rebinding).
        monotonic: seconds of real time.
    """

    def __init__(
        self,
        tokens: Mapping[Scope, str],
        hosts: frozenset[str],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._tokens = tokens
        self._hosts = hosts
        self._monotonic = monotonic
        self._failures: dict[str, deque[float]] = {}

    def admit(self, request: web.Request, scope: Scope) -> None:
        """Return when the request may go on.

        Raises:
            Turned: it may not.
        """
        self._check_place(request)
        granted = self._granted(request.headers.get("Authorization", ""))
        if granted is None:
            self._count_failure(request.remote or "")
            raise Turned(401, _("a valid token is needed"), {"WWW-Authenticate": "Bearer"})
        if scope is Scope.COMMAND and granted is not Scope.COMMAND:
            raise Turned(403, _("this token may read only"))

    def _check_place(self, request: web.Request) -> None:
        if host_of(request.headers.get("Host", "")) not in self._hosts:
            raise Turned(403, _("this server does not answer to that host name"))
        # No page in a browser has business here: the dashboard asks from its server.
        if "Origin" in request.headers or request.headers.get("Sec-Fetch-Site", "none") != "none":
            raise Turned(403, _("requests from web pages are not accepted"))

    def _granted(self, header: str) -> Scope | None:
        kind, _, token = header.partition(" ")
        if kind.lower() != "bearer":
            return None
        given = token.strip().encode("utf-8", "surrogateescape")  # as aiohttp decodes headers
        found: Scope | None = None
        for scope, right in self._tokens.items():
            if hmac.compare_digest(given, right.encode()):
                found = scope
        return found

    def _count_failure(self, address: str) -> None:
        now = self._monotonic()
        if len(self._failures) >= ADDRESSES and address not in self._failures:
            self._failures.pop(next(iter(self._failures)))
        failures = self._failures.setdefault(address, deque(maxlen=FAILURES))
        if len(failures) == FAILURES and now - failures[0] < WINDOW:
            raise Turned(429, _("too many wrong tokens from there"), {"Retry-After": "60"})
        failures.append(now)
