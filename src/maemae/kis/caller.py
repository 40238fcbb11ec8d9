"""Asking the broker: token, budget, the right transaction id, and repeating what may be repeated.

`ask` is for reads. It repeats after throttling, a refused token and temporary faults, a bounded
number of times. `tell` is for orders. It sends once, whatever happens.
"""

import random
from collections.abc import Callable, Mapping
from datetime import timedelta

from maemae import catalogue
from maemae.catalogue import CodeKind, RestEndpoint
from maemae.clock import Clock
from maemae.errors import (
    KisUnavailable,
    KisUnreadable,
    KisUnsent,
    KisUnsupported,
    SettingsError,
    WireError,
)
from maemae.i18n import _
from maemae.kis.advice import refusal
from maemae.kis.budget import Budget
from maemae.kis.priority import Priority
from maemae.kis.reply import Reply
from maemae.kis.server import AppKey, Credentials, Server
from maemae.kis.tokens import Tokens
from maemae.kis.transport import Transport

_JSON = "application/json; charset=utf-8"
_ATTEMPTS = 4
_FIRST_PAUSE = 0.3

LATEST = timedelta(seconds=30)
"""An order that could not go out for so long does not go out any more: its price is old, and
whoever looks for it among the broker's orders looks at the time at which it was meant."""


class Reader:
    """One app key's way to one server, for reading.

    Args:
        server: where to.
        credentials: whose key.
        transport: the connections.
        tokens: the token.
        budget: the right to send.
        clock: venue time.
    """

    def __init__(
        self,
        server: Server,
        credentials: AppKey,
        *,
        transport: Transport,
        tokens: Tokens,
        budget: Budget,
        clock: Clock,
    ) -> None:
        self.server = server
        self.credentials = credentials
        self.clock = clock
        self.dice = random.Random()
        """Spreads the pauses of those who repeat."""
        self._transport = transport
        self._tokens = tokens
        self._budget = budget

    async def ask(
        self,
        endpoint: RestEndpoint,
        params: Mapping[str, str],
        *,
        choice: Mapping[str, str] | None = None,
        priority: Priority = Priority.QUOTE,
        next_page: bool = False,
    ) -> Reply:
        """Read something, repeating what may be repeated.

        Returns:
            The answer, which succeeded.

        Raises:
            KisRefused: a definite no (also its kinds KisAuth, KisThrottled, KisUnsupported).
            KisUnavailable: no usable answer after several attempts.
            KisUnreadable: the answer was not understood.
        """
        tr_id = self.tr_id(endpoint, choice)
        healed = False
        attempts = 1 if priority is Priority.SPARE else _ATTEMPTS
        for attempt in range(1, attempts + 1):
            last = attempt == attempts
            try:
                token = await self._tokens.get()
                await self._slot(priority)
                reply = await self._send(endpoint, tr_id, params, token, next_page=next_page)
            except (KisUnavailable, KisUnreadable):
                if last:
                    raise
                await self._pause(attempt)
                continue
            if reply.succeeded:
                return reply
            match self._note(reply, token):
                case CodeKind.AUTH if not healed:
                    healed = True
                case CodeKind.THROTTLED if not last:
                    pass  # The budget pauses everybody; the next slot is the wait.
                case CodeKind.TEMPORARY if not last:
                    await self._pause(attempt)
                case None if reply.status >= 500 and not last:  # noqa: PLR2004
                    await self._pause(attempt)
                case _:
                    raise refusal(endpoint.id, reply.code, self._reason(reply))
        raise KisUnavailable(
            _("{id}: no usable answer after {attempts} attempts").format(
                id=endpoint.id, attempts=attempts
            )
        )

    async def _slot(self, priority: Priority) -> None:
        if priority is not Priority.SPARE:
            await self._budget.slot(priority)
        elif not self._budget.spare():
            raise KisUnavailable(_("no call is to spare"))

    def tr_id(self, endpoint: RestEndpoint, choice: Mapping[str, str] | None) -> str:
        """Return the transaction id on this server.

        Raises:
            KisUnsupported: this server does not offer the endpoint; nothing was sent.
            SettingsError: a choice is missing or wrong.
        """
        if not endpoint.supports(self.server.personality):
            raise KisUnsupported(
                endpoint.id,
                "",
                endpoint.title,
                advice=_("the virtual server does not offer this: it needs a live key"),
            )
        try:
            return endpoint.tr_id(self.server.personality, choice)
        except LookupError as error:
            raise SettingsError(str(error)) from None

    def _note(self, reply: Reply, token: str) -> CodeKind | None:
        kind = reply.kind
        if kind is CodeKind.THROTTLED:
            self._budget.slow_down()
        if kind is CodeKind.AUTH:
            self._tokens.refuse(token)
        return kind

    @staticmethod
    def _reason(reply: Reply) -> str:
        return reply.reason or f"HTTP {reply.status}"

    async def _send(
        self,
        endpoint: RestEndpoint,
        tr_id: str,
        params: Mapping[str, str],
        token: str,
        *,
        next_page: bool = False,
        signature: str = "",
    ) -> Reply:
        headers = {
            "content-type": _JSON,
            "authorization": f"Bearer {token}",
            "appkey": self.credentials.app_key,
            "appsecret": self.credentials.app_secret,
            "tr_id": tr_id,
            "custtype": "P",
            "tr_cont": "N" if next_page else "",
        }
        if signature:
            headers["hashkey"] = signature
        return await self._transport.send(
            endpoint.method, endpoint.path, headers=headers, params=params
        )

    async def _pause(self, attempt: int) -> None:
        await self.clock.sleep(_FIRST_PAUSE * 2 ** (attempt - 1) * self.dice.uniform(0.5, 1.5))


class Caller(Reader):
    """One app key's way to one server, for reading and for orders.

    Args:
        server: where to.
        credentials: whose key and account.
        transport: the connections.
        tokens: the token.
        budget: the right to send.
        clock: venue time.
        hashkey: whether orders are signed.
    """

    credentials: Credentials

    def __init__(
        self,
        server: Server,
        credentials: Credentials,
        *,
        transport: Transport,
        tokens: Tokens,
        budget: Budget,
        clock: Clock,
        hashkey: bool = False,
    ) -> None:
        super().__init__(
            server, credentials, transport=transport, tokens=tokens, budget=budget, clock=clock
        )
        self._hashkey = hashkey

    async def tell(
        self,
        endpoint: RestEndpoint,
        params: Mapping[str, str],
        *,
        choice: Mapping[str, str] | None = None,
        priority: Priority = Priority.ENTRY,
        goes: Callable[[], bool] = lambda: True,
    ) -> Reply:
        """Send an order, amendment or cancellation exactly once.

        `goes` is asked in the last moment whether it is still wanted.

        Returns:
            The answer, whatever its verdict.

        Raises:
            KisUnsent: it has certainly not reached the broker.
            KisUnavailable, KisUnreadable: it may have been executed.
        """
        tr_id = self.tr_id(endpoint, choice)
        asked = self.clock.now()
        try:
            token = await self._tokens.get()
        except WireError as error:
            raise KisUnsent(
                _("{id}: not sent, because of no token: {error}").format(
                    id=endpoint.id, error=error
                )
            ) from None
        signature = await self._sign(params, priority) if self._hashkey else ""
        await self._budget.slot(priority)
        if (waited := self.clock.now() - asked) > LATEST:
            raise KisUnsent(
                _(
                    "{id}: not sent, because it waited {total_seconds:.0f} s for a token and "
                    "its turn"
                ).format(id=endpoint.id, total_seconds=waited.total_seconds())
            )
        if not goes():
            raise KisUnsent(
                _("{id}: not sent, because of a halt that came meanwhile").format(id=endpoint.id)
            )
        reply = await self._send(endpoint, tr_id, params, token, signature=signature)
        self._note(reply, token)
        return reply

    async def _sign(self, params: Mapping[str, str], priority: Priority) -> str:
        endpoint = catalogue.rest("auth.hashkey")
        headers = {
            "content-type": _JSON,
            "appkey": self.credentials.app_key,
            "appsecret": self.credentials.app_secret,
        }
        await self._budget.slot(priority)
        try:
            reply = await self._transport.send(
                endpoint.method, endpoint.path, headers=headers, params=params
            )
        except WireError as error:
            raise KisUnsent(
                _("{id}: not sent, because of no hashkey: {error}").format(
                    id=endpoint.id, error=error
                )
            ) from None
        signature = reply.body.get("hash")
        if not isinstance(signature, str) or not signature:
            raise KisUnsent(
                _("{id}: not sent, because of no hashkey: {reason}").format(
                    id=endpoint.id, reason=reply.reason
                )
            )
        return signature
