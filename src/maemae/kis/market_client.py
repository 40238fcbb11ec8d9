"""A client that reads the market: quotes, charts, searches, calendars, public feeds."""

import difflib
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from maemae import catalogue
from maemae.clock import Clock
from maemae.errors import KisUnreadable, SettingsError
from maemae.i18n import _
from maemae.kis.advice import refusal
from maemae.kis.budget import Budget
from maemae.kis.caller import Reader
from maemae.kis.connection import Connection
from maemae.kis.events import TOKEN_TAKEN, KeyInUse
from maemae.kis.gate import Gate, ReadingGate
from maemae.kis.history import History
from maemae.kis.pages import MAX_PAGES, Complete, Partial, fill, read_pages
from maemae.kis.priority import Priority
from maemae.kis.quotes import Quotes
from maemae.kis.records import ConditionHit, ConditionTitle, Quote
from maemae.kis.reply import Reply
from maemae.kis.server import AppKey, Server
from maemae.kis.server_time import ServerTime
from maemae.kis.stream import Stream
from maemae.kis.tap import Tap
from maemae.kis.tokens import TokenFile, Tokens, TokenStore
from maemae.kis.transport import Transport

_JSON = "application/json; charset=utf-8"


class MarketClient:
    """One app key on one server, for reading alone; an async context manager.

    It has no way to send an order: no operation for one, no account number, and a gate before the
    socket that lets pass what reads the market and nothing else. Token and request budget are
    shared, through files in `state_dir`, by all processes that use the app key on that server.

    Args:
        server: which server.
        credentials: whose key.
        clock: venue time.
        state_dir: folder for token and budget; made when missing, readable by its owner only.
        token_store: where the token is kept, instead of a file in `state_dir`.
        gate: looks at everything before it leaves.
    """

    credentials: AppKey

    def __init__(
        self,
        server: Server,
        credentials: AppKey,
        *,
        clock: Clock,
        state_dir: Path,
        token_store: TokenStore | None = None,
        gate: Gate | None = None,
    ) -> None:
        self.server = server
        self.credentials = credentials
        self.clock = clock
        name = credentials.fingerprint(server)
        state_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.server_time = ServerTime(clock)
        self._gate = gate or ReadingGate()
        self._transport = self._make_transport()
        self._budget = Budget(state_dir / f"{name}.budget", server.limits.calls_per_second, clock)
        self.tokens = Tokens(
            token_store or TokenFile(state_dir / f"{name}.token"),
            state_dir / f"{name}.token.lock",
            self._issue_token,
            clock,
            server.limits.token_interval,
            taken=self._token_taken,
        )
        self._reader = self._make_reader()
        self.quotes = Quotes(self._reader)
        self.history = History(self._reader)
        self.stream = Stream(
            server,
            credentials,
            clock,
            connect=self._connect,
            approve=self.approval_key,
            server_time=self.server_time,
        )
        self._stack = AsyncExitStack()

    def _make_transport(self) -> Transport:
        return Transport(self.server, self.server_time, self._gate)

    def _make_reader(self) -> Reader:
        return Reader(
            self.server, self.credentials,
            transport=self._transport, tokens=self.tokens, budget=self._budget, clock=self.clock,
        )  # fmt: skip

    @property
    def requests(self) -> tuple[int, int]:
        """How many requests were let through the budget, and how often the broker throttled."""
        return self._budget.granted, self._budget.throttled

    def __repr__(self) -> str:
        account = self.credentials.masked_account or "no account"
        return f"{type(self).__name__}({self.server.personality}, {account})"

    async def __aenter__(self) -> Self:
        """Open the connections; nothing is sent yet."""
        await self._stack.enter_async_context(self._transport)
        self._stack.push_async_callback(self._budget.close)
        self._stack.push_async_callback(self.stream.stop)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop the stream and close all connections."""
        await self._stack.__aexit__(kind, error, trace)

    def listen_in(self, tap: Tap | None) -> None:
        """Tell a tap from now on what comes of the market, as it came; None: nobody."""
        self.stream.tap = tap
        self._transport.tap = tap

    def _token_taken(self) -> None:
        self.stream.tell(KeyInUse(self.clock.now(), TOKEN_TAKEN))

    async def call(
        self,
        endpoint_id: str,
        params: Mapping[str, str] | None = None,
        *,
        choice: Mapping[str, str] | None = None,
        priority: Priority = Priority.QUOTE,
        pages: int = MAX_PAGES,
    ) -> Complete | Partial:
        """Call any endpoint that reads, and return its rows by block.

        What is known of the owner and documented defaults are filled in; other needed parameters
        must be given, blank where none applies.

        Args:
            endpoint_id: such as `domestic_stock.inquire_price`.
            params: parameters by name, in any case.
            choice: what the transaction id depends on, such as `{"pd_dv": "inner"}`.
            priority: rank in the request budget.
            pages: at most this many pages.

        Raises:
            SettingsError: unknown endpoint, unknown or missing parameter, or an endpoint that
                changes something, for which there are typed operations.
            WireError: the first page could not be had.
        """
        endpoint = find_endpoint(endpoint_id)
        if endpoint.method == "POST":
            raise SettingsError(
                _(
                    "{endpoint_id} changes something: it is reached through the typed "
                    "operations only"
                ).format(endpoint_id=endpoint_id)
            )
        full = fill(endpoint, params or {}, self._personal())
        chosen = chosen_by(endpoint, self.server.personality, full) | dict(choice or {})
        return await read_pages(
            self._reader, endpoint, full, choice=chosen, priority=priority, limit=pages
        )

    async def approval_key(self) -> str:
        """Ask for the key (웹소켓 접속키) that opens a stream.

        Raises:
            WireError: the app key is refused, or the broker does not answer.
        """
        # The same secret under another name: that is how the broker wants it here.
        reply = await self._post_keys("auth.auth_ws_token", "secretkey")
        key = reply.body.get("approval_key")
        if isinstance(key, str) and key:
            return key
        if reply.code:
            raise refusal("auth.auth_ws_token", reply.code, reply.reason)
        raise KisUnreadable(_("auth.auth_ws_token: the answer lacks the field approval_key"))

    async def condition_titles(
        self, *, priority: Priority = Priority.QUOTE
    ) -> list[ConditionTitle]:
        """See `Quotes.condition_titles`."""
        return await self.quotes.condition_titles(priority=priority)

    async def condition_result(
        self, seq: int, *, priority: Priority = Priority.QUOTE
    ) -> list[ConditionHit]:
        """See `Quotes.condition_result`."""
        return await self.quotes.condition_result(seq, priority=priority)

    async def price(self, code: str, *, priority: Priority = Priority.QUOTE) -> Quote:
        """See `Quotes.price`."""
        return await self.quotes.price(code, priority=priority)

    async def prices(
        self, codes: Sequence[str], *, priority: Priority = Priority.QUOTE
    ) -> list[Quote]:
        """See `Quotes.prices`."""
        return await self.quotes.prices(codes, priority=priority)

    def _personal(self) -> dict[str, str]:
        return {"USER_ID": self.credentials.hts_id}

    def _keys(self, secret_name: str) -> dict[str, str]:
        return {
            "grant_type": "client_credentials",
            "appkey": self.credentials.app_key,
            secret_name: self.credentials.app_secret,
        }

    async def _post_keys(self, endpoint_id: str, secret_name: str) -> Reply:
        return await self._transport.send(
            "POST",
            catalogue.rest(endpoint_id).path,
            headers={"content-type": _JSON},
            params=self._keys(secret_name),
        )

    async def _issue_token(self) -> Reply:
        return await self._post_keys("auth.auth_token", "appsecret")

    async def _connect(self, url: str, timeout: float) -> Connection:  # noqa: ASYNC109
        return await Connection.open(self._transport.session, url, timeout, self._gate)


def find_endpoint(endpoint_id: str) -> catalogue.RestEndpoint:
    """Return a REST endpoint by its id or transaction id.

    Raises:
        SettingsError: there is none; the message names similar ones.
    """
    try:
        return catalogue.rest(endpoint_id)
    except KeyError:
        found = catalogue.by_tr_id(endpoint_id)
    if found is not None:
        return found
    ids = [endpoint.id for endpoint in catalogue.all_rest()]
    near = ", ".join(difflib.get_close_matches(endpoint_id, ids, n=3))
    hint = _("; did you mean {near}?").format(near=near) if near else ""
    raise SettingsError(
        _("there is no endpoint {endpoint_id}{hint}").format(endpoint_id=endpoint_id, hint=hint)
    )


def chosen_by(
    endpoint: catalogue.RestEndpoint, personality: catalogue.Personality, params: Mapping[str, str]
) -> dict[str, str]:
    """Return the choices that the parameters settle (`OVRS_EXCG_CD` settles `ovrs_excg_cd`)."""
    upper = {name.upper(): value for name, value in params.items()}
    return {
        name: upper[name.upper()] for name in endpoint.choices(personality) if name.upper() in upper
    }
