"""The client: one app key on one server, everything that trading needs behind one object."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

from maemae import catalogue
from maemae.clock import Clock
from maemae.kis.account import Account
from maemae.kis.advice import refusal
from maemae.kis.caller import Caller
from maemae.kis.gate import OpenGate
from maemae.kis.market_client import MarketClient
from maemae.kis.orders import Orders
from maemae.kis.outcomes import OrderRequest, Outcome
from maemae.kis.priority import Priority
from maemae.kis.records import Balance, BuyingPower, OrderRow
from maemae.kis.server import Credentials, Server
from maemae.kis.tokens import TokenStore
from maemae.market.phases import Venue

_JSON = "application/json; charset=utf-8"
_HTTP_OK = 200


class KisClient(MarketClient):
    """One app key on one server, with its account; an async context manager.

    The methods here and of `MarketClient` are those of daily trading; more of the same kind is
    behind `account`, `quotes`, `history` and `orders`, and everything else behind `call`.

    Args:
        server: which server.
        credentials: whose key and account.
        clock: venue time.
        state_dir: folder for token and budget; made when missing, readable by its owner only.
        token_store: where the token is kept, instead of a file in `state_dir`.
        hashkey: sign each order's body (one more call per order; the broker no longer asks for it).
    """

    credentials: Credentials

    def __init__(
        self,
        server: Server,
        credentials: Credentials,
        *,
        clock: Clock,
        state_dir: Path,
        token_store: TokenStore | None = None,
        hashkey: bool = False,
    ) -> None:
        self._hashkey = hashkey
        super().__init__(
            server, credentials,
            clock=clock, state_dir=state_dir, token_store=token_store, gate=OpenGate(),
        )  # fmt: skip
        self.account = Account(self._caller)
        self.orders = Orders(self._caller)

    def _make_reader(self) -> Caller:
        self._caller = Caller(
            self.server, self.credentials,
            transport=self._transport, tokens=self.tokens, budget=self._budget, clock=self.clock,
            hashkey=self._hashkey,
        )  # fmt: skip
        return self._caller

    async def revoke_token(self) -> None:
        """Give the kept token back (접근토큰폐기), for all processes of the app key.

        Raises:
            KisRefused: the broker did not take it back.
        """
        token = await self.tokens.get()
        endpoint = catalogue.rest("auth.revoke_token")
        params = self._keys("appsecret") | {"token": token}
        del params["grant_type"]
        reply = await self._transport.send(
            "POST", endpoint.path, headers={"content-type": _JSON}, params=params
        )
        if reply.status != _HTTP_OK:
            raise refusal(endpoint.id, reply.code, reply.reason)
        self.tokens.refuse(token)

    async def buying_power(
        self, code: str, price: int | None, *, priority: Priority = Priority.ENTRY
    ) -> BuyingPower:
        """See `Account.buying_power`."""
        return await self.account.buying_power(code, price, priority=priority)

    async def balance(self, *, priority: Priority = Priority.RECONCILE) -> Balance:
        """See `Account.balance`."""
        return await self.account.balance(priority=priority)

    async def daily_executions(
        self, day: date, *, priority: Priority = Priority.RECONCILE
    ) -> list[OrderRow]:
        """See `Account.daily_executions`."""
        return await self.account.daily_executions(day, priority=priority)

    async def order(
        self,
        request: OrderRequest,
        priority: Priority | None = None,
        goes: Callable[[], bool] = lambda: True,
    ) -> Outcome:
        """See `Orders.order`."""
        return await self.orders.order(request, priority, goes)

    async def amend(
        self,
        order_no: int,
        org_no: str,
        *,
        price: int | None,
        quantity: int | None = None,
        kind: str = "00",
        exchange: Venue = Venue.KRX,
        goes: Callable[[], bool] = lambda: True,
    ) -> Outcome:
        """See `Orders.amend`."""
        return await self.orders.amend(
            order_no, org_no, price=price, quantity=quantity, kind=kind, exchange=exchange,
            goes=goes,
        )  # fmt: skip

    async def cancel(
        self,
        order_no: int,
        org_no: str,
        *,
        quantity: int | None = None,
        kind: str = "00",
        exchange: Venue = Venue.KRX,
    ) -> Outcome:
        """See `Orders.cancel`."""
        return await self.orders.cancel(
            order_no, org_no, quantity=quantity, kind=kind, exchange=exchange
        )

    def _personal(self) -> dict[str, str]:
        return super()._personal() | {
            "CANO": self.credentials.cano,
            "ACNT_PRDT_CD": self.credentials.product,
        }
