"""The broker of a simulation behind its own protocol: what the desk wants goes over the wire.

The real hands (`maemae.trader.hands`) and the real client (`maemae.kis`) turn commands into
requests: token, budget, encoding, paging, repeating, judging, reading. In place of a socket a
request is answered here by the exchange's protocol server (`maemae.exchange.protocol`), in venue
time, with the hazards of `Broker` between. What the client makes of a good answer is held against
the venue's books (`maemae.proof.readings`), and so is each notice, which comes encrypted. Trades
come as they do without a wire, and answers are late or missing, but never old or with something
left out.
"""

import json
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any, Final

import aiohttp
import msgspec

from maemae.catalogue import Personality, RestEndpoint
from maemae.desk import commands as cmd
from maemae.desk import events as ev
from maemae.desk.records import Listed
from maemae.exchange.accounts import Account
from maemae.exchange.extremes import Spans
from maemae.exchange.listing import DayBar
from maemae.exchange.moment import SECOND, Moment
from maemae.exchange.orders import OrderEvent
from maemae.exchange.protocol.frames import data_frame
from maemae.exchange.protocol.gateway import Gateway
from maemae.exchange.protocol.keys import Customer, KeyOffice, made_key
from maemae.exchange.protocol.notices import encrypt, notice_record
from maemae.exchange.protocol.pace import Pace
from maemae.exchange.protocol.personality import MANNERS
from maemae.exchange.protocol.reply import GATEWAY, Call, Reply, business_error, gateway_error
from maemae.exchange.refusals import Reason, Refusal
from maemae.exchange.searches import Search
from maemae.exchange.venue import Venue
from maemae.kis import REAL_SERVER, VIRTUAL_SERVER, Credentials, KisClient, Server
from maemae.kis.crypto import Keys
from maemae.kis.decoding import decode_frame
from maemae.kis.transport import Transport
from maemae.market.calendar import Calendar
from maemae.market.refusals import RefusalKind
from maemae.profile.facts import Fact
from maemae.proof.answers import Listing
from maemae.proof.bounds import must
from maemae.proof.broker import TIMEOUT, Broker
from maemae.proof.hazards import Hazard, Hazards
from maemae.proof.process import VenueClock
from maemae.proof.readings import Readings, check
from maemae.proof.replies import REASONS, Lost, Said
from maemae.proof.truth import Truth
from maemae.trader.hands import KisHands
from maemae.trader.sources.directory import Directory
from maemae.trader.wire import stream_event

_SEED: Final = 20
"""Of the keys; nothing depends on it."""

_KEY, _IV = "k" * 32, "i" * 16
"""Of the notices."""

_UNCOUNTED: Final = ("/oauth2/tokenP",)
_ORDER: Final = "/uapi/domestic-stock/v1/trading/order-cash"
_CHANGE: Final = "/uapi/domestic-stock/v1/trading/order-rvsecncl"
_CANCEL: Final = "02"
_ROWS: Final = 7
"""Rows of a page."""

_QUERIES: Final[Mapping[str, ev.Query]] = {
    "/uapi/domestic-stock/v1/trading/inquire-balance": ev.Query.BALANCE,
    "/uapi/domestic-stock/v1/trading/inquire-daily-ccld": ev.Query.EXECUTIONS,
    "/uapi/domestic-stock/v1/trading/inquire-psbl-order": ev.Query.POWER,
    "/uapi/domestic-stock/v1/quotations/inquire-price": ev.Query.PRICE,
}
"""What is asked for where."""

_NOES: Final = {kind: reason for reason, kind in REASONS.items()} | {
    RefusalKind.OTHER: Reason.WRONG_KIND
}
"""What the business behind the gateway gives as its reason for each kind of no."""

_GATEWAY_NOES: Final[Mapping[RefusalKind, str]] = {
    RefusalKind.THROTTLED: "EGW00201",
    RefusalKind.TOKEN: "EGW00123",
}


@dataclass(slots=True)
class _Talk:
    """What happens to the requests of one command."""

    send: cmd.Send | None = None
    flawed: bool = False
    """Whether one of them was answered late or not at all."""
    readings: Readings | None = None
    """What the venue knew when the last page of the answer was made."""
    moved: bool = False
    """Whether that changed from page to page."""


_TALK: ContextVar[_Talk] = ContextVar("talk")


@dataclass(frozen=True, slots=True)
class _Here:
    """What the protocol server sees of the exchange: a day of a few names, without a past."""

    venue: Venue
    calendar: Calendar
    searches: Sequence[Search] = ()
    denied: frozenset[Fact] = frozenset()

    def history(self, code: str) -> Sequence[DayBar]:
        """Return nothing."""
        del code
        return ()

    def extremes(self, code: str) -> Spans:
        """Return nothing."""
        del code
        return None, None, None


class _Gateway(Gateway):
    """The protocol server, with pages so small that a short day fills many."""

    def _endpoint(self, call: Call) -> RestEndpoint:
        limits = {self.manner.personality: _ROWS}
        return msgspec.structs.replace(super()._endpoint(call), row_limits=limits)


class _Line(Transport):
    """A client's connections to a broker in this process."""

    def __init__(self, client: "_Client") -> None:
        super().__init__(client.server, client.server_time)
        self._client = client

    async def _carry(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str],
        query: Mapping[str, str],
        body: bytes | None,
    ) -> tuple[int, Mapping[str, str], bytes]:
        given: Mapping[str, Any] = query if body is None else json.loads(body)
        call = Call(
            self._client.server.personality, method, path,
            {name.lower(): value for name, value in headers.items()},
            {name.upper(): str(value) for name, value in given.items()},
        )  # fmt: skip
        reply = await self._client.answered(call)
        content = json.dumps(reply.body, ensure_ascii=False).encode()
        return reply.status, {"tr_cont": reply.tr_cont}, content


class _Client(KisClient):
    """The real client on such a line."""

    def __init__(
        self,
        server: Server,
        credentials: Credentials,
        answered: Callable[[Call], Awaitable[Reply]],
        clock: VenueClock,
        state_dir: Path,
    ) -> None:
        self.answered = answered
        super().__init__(server, credentials, clock=clock, state_dir=state_dir)
        self._reader.dice = Random(_SEED)

    def _make_transport(self) -> Transport:
        return _Line(self)


class WiredBroker(Broker):
    """One account at the simulated broker on one day, behind its protocol.

    Where it lists no orders it is the virtual server, at one request a second; prices are asked of
    the real one then, as in paper trading.

    Args:
        venue: the exchange's day.
        account: the account's books there.
        hazards: what goes wrong on the way.
        truth: whose every order and share is; outlives the day.
        listing: how it answers the order inquiry.
        calendar: of the exchange.
        folder: where the client keeps token and budget from one process to the next.
    """

    def __init__(
        self,
        venue: Venue,
        account: Account,
        hazards: Hazards,
        truth: Truth,
        listing: Listing,
        *,
        calendar: Calendar,
        folder: Path,
    ) -> None:
        super().__init__(venue, account, hazards, truth, listing)
        self._server = REAL_SERVER if listing is Listing.ROWS else VIRTUAL_SERVER
        self._manner = MANNERS[self._server.personality]
        self.branch = self._manner.org_no
        whose = {name: _customer(name, account.number) for name in MANNERS}
        office = KeyOffice({who.app_key: who for who in whose.values()}, _SEED)
        here = _Here(venue, calendar)
        # How often a key may ask is checked where requests leave: they arrive less evenly.
        self._gateways = {
            name: _Gateway(manner, office, Pace(0), here) for name, manner in MANNERS.items()
        }
        self._left = {
            name: deque[Moment](maxlen=manner.calls_per_second + 2)
            for name, manner in MANNERS.items()
        }
        self._whose = whose
        self._folder = folder
        self._hands: KisHands

    @asynccontextmanager
    async def connected(self) -> AsyncIterator[None]:
        """Let a process have its clients and hands."""
        clock = VenueClock(self)
        listed = {
            one.code: Listed(code=one.code, name=one.name, market=one.market, kind=one.kind)
            for one in self.venue.floor.market.listings
        }
        async with AsyncExitStack() as stack:
            orders = data = await stack.enter_async_context(self._client(self._server, clock))
            if self._server is not REAL_SERVER:
                data = await stack.enter_async_context(self._client(REAL_SERVER, clock))
            self._hands = KisHands(orders, data, {}, clock, Directory(data, listed))
            yield

    def _client(self, server: Server, clock: VenueClock) -> _Client:
        who = self._whose[server.personality]
        keys = Credentials(who.app_key, who.app_secret, who.account, who.hts_id)
        return _Client(server, keys, self._answered, clock, self._folder)

    # What the desk commands.

    async def order(self, send: cmd.Send) -> ev.Event:
        """Take an order, unless the way there or back is broken."""
        self.truth.send(send.intent)
        event = await self._speak(send, _Talk(send))
        assert event is not None  # noqa: S101 - an order has an outcome
        return event

    async def cancel(self, command: cmd.SendCancel) -> ev.Event:
        """Take a cancel, unless the way there or back is broken."""
        return self._changed(await self._speak(command, _Talk()))

    async def amend(self, command: cmd.SendAmend) -> ev.Event:
        """Take an amendment, unless the way there or back is broken."""
        return self._changed(await self._speak(command, _Talk()))

    def _changed(self, answer: ev.Event | None) -> ev.Event:
        assert isinstance(answer, ev.CancelAnswered | ev.AmendAnswered)  # noqa: S101 - by command
        if answer.failure:
            self.unchanged = self.now
        return answer

    async def answer(self, ask: cmd.Ask) -> ev.Event | None:
        """Answer a question as things stand when it arrives; None: another is asked for it."""
        talk, asked = _Talk(), self.now
        with self.sightings.waiting(ask):
            event = await self._speak(ask, talk)
        if event is None:
            return None
        if not (talk.flawed or talk.moved):
            check(event, talk.readings)
        self._note(ask, asked, event, spoilt=talk.flawed)
        return event

    async def _speak(self, command: cmd.Command, talk: _Talk) -> ev.Event | None:
        _TALK.set(talk)  # Each command is carried out in a task of its own.
        return await self._hands.perform(command)

    # What comes over the wire.

    async def _answered(self, call: Call) -> Reply:
        if call.path not in _UNCOUNTED:
            self._count(call.personality)
        talk = _TALK.get()
        if call.path == _ORDER and talk.send is not None:
            send = talk.send
            said = Said(lambda: self._taken(send, call), self._no, _lost)
            return await self._carry(send, said)
        if call.path == _CHANGE:
            return await self._altered(call)
        return await self._told(call, talk)

    def _count(self, personality: Personality) -> None:
        """Count a request that leaves; a token has a limit of its own, one a minute.

        One that was let go at the end of a second may leave at the beginning of the next.
        """
        left = self._left[personality]
        left.append(self.venue.now)
        must(
            len(left) < (left.maxlen or 0) or left[-1] - left[0] >= SECOND,
            f"{len(left)} requests to the {personality} server within a second",
        )

    def _taken(self, send: cmd.Send, call: Call) -> Reply:
        reply = self._gateways[call.personality].answer(call)
        number = _number(reply)
        if number is not None:
            made = self.account.orders[number]
            wanted = send.side, send.code, send.quantity, send.price or 0
            ordered = made.side, made.code, made.quantity, made.price
            must(ordered == wanted, f"{send.intent} asks for {wanted}, ordered is {ordered}")
            self.truth.accept(send.intent, number)
        return reply

    async def _altered(self, call: Call) -> Reply:
        cancels = call.get("RVSE_CNCL_DVSN_CD") == _CANCEL
        if cancels and self.venue.now < self._throttled_until:
            self.unchanged = self.now
            await self._pass(0.05)
            return self._no(RefusalKind.THROTTLED)
        hazard = Hazard.CANCEL_LOST if cancels else Hazard.AMEND_LOST
        done = await self._change(hazard, lambda: self._changed_there(call))
        if done is None:
            raise TimeoutError
        return done

    def _changed_there(self, call: Call) -> Reply:
        reply = self._gateways[call.personality].answer(call)
        number = _number(reply)
        if number is not None:
            self.truth.intent_of(self.account.orders[number])
        return reply

    async def _told(self, call: Call, talk: _Talk) -> Reply:
        query = _QUERIES.get(call.path)
        if query is None:  # Tokens, keys, names.
            if self.venue.now < self._cut_until:
                self.disturbed, talk.flawed = self.now, True
                await self._pass(TIMEOUT)
                raise TimeoutError
            return await self._after(0.06, lambda: self._gateways[call.personality].answer(call))
        reply, flawed = await self._asked(query, lambda: self._made(call, query, talk))
        talk.flawed = talk.flawed or flawed
        if reply is None:
            raise TimeoutError
        return reply

    def _notice(self, event: OrderEvent) -> ev.Notice:
        """Return what the client makes of a notice that comes encrypted over the wire."""
        wanted, listed = super()._notice(event), self.venue.floor.market.rows
        code = event.order.code
        name = self.venue.floor.listing(code).name if code in listed else code
        record = "^".join(
            notice_record(event, self._whose[self._server.personality], self.branch, name)
        )
        frame = data_frame(self._manner.notice, [[]], encrypted=encrypt(record, _KEY, _IV))
        heard: list[ev.Event] = []
        decoded = decode_frame(
            frame, keys=Keys(_KEY, _IV), account=self.account.number, now=self.now
        )
        for one in decoded.events:
            stream_event(lambda: self.now, heard.append)(one)
        must(heard == [wanted], f"a notice says {wanted}, read is {heard}")
        return wanted

    def _made(self, call: Call, query: ev.Query, talk: _Talk) -> Reply:
        now = Readings.of(query, call.get("PDNO") or call.get("FID_INPUT_ISCD"), self)
        talk.moved = talk.moved or talk.readings not in (None, now)
        talk.readings = now
        for code, price in now.prices.items():
            self.printed.note(code, price, self.now, held=query is ev.Query.BALANCE)
        if query is ev.Query.EXECUTIONS and self.listing is Listing.REFUSED:
            return business_error("90000000").reply
        reply = self._gateways[call.personality].answer(call)
        if query is ev.Query.EXECUTIONS and self.listing is Listing.NONE:
            return Reply(reply.status, reply.body | {"output1": []})
        return reply

    def _no(self, kind: RefusalKind) -> Reply:
        """Return the broker's word for a no.

        Raises:
            aiohttp.ConnectionTimeoutError: it has none, for nothing has reached it.
        """
        if kind is RefusalKind.UNSENT:
            raise aiohttp.ConnectionTimeoutError
        if kind in _GATEWAY_NOES:
            return gateway_error(_GATEWAY_NOES[kind]).reply
        return self._manner.refusal(Refusal(_NOES[kind])).reply


def _customer(personality: Personality, account: str) -> Customer:
    key, secret = (made_key(n, _SEED, personality, n) for n in (36, 180))
    return Customer(personality, key, secret, account, "proof")


def _lost(why: Lost) -> Reply:
    """Return what is left of an answer.

    Raises:
        TimeoutError, ConnectionResetError: nothing is.
    """
    match why:
        case Lost.TIMEOUT:
            raise TimeoutError
        case Lost.RESET:
            raise ConnectionResetError
        case Lost.FAILED:
            return Reply(GATEWAY, {})


def _number(reply: Reply) -> int | None:
    """Return the number of an order that was taken."""
    return int(reply.body["output"]["ODNO"]) if reply.body.get("rt_cd") == "0" else None
