"""The live stream of one app key: one connection, kept up for ever.

What is wanted (`subscribe`) outlives connections: after each reconnection everything wanted is
registered again before the stream counts as up. Events go to the listeners synchronously, in the
order of arrival. Registrations are sent one after another, each awaited, because a burst of them
is what the broker blocks keys for.
"""

import asyncio
import contextlib
import random
from collections.abc import Awaitable, Callable
from datetime import datetime

import structlog

from maemae import catalogue
from maemae.catalogue import CodeKind
from maemae.clock import Clock
from maemae.errors import KisRefused, KisThrottled, KisUnavailable, WireError
from maemae.i18n import _
from maemae.kis.advice import refusal
from maemae.kis.connection import Connection
from maemae.kis.crypto import Keys
from maemae.kis.decoding import decode_frame
from maemae.kis.events import KeyInUse, Rejected, StreamDown, StreamEvent, StreamUp
from maemae.kis.frames import FrameError
from maemae.kis.gate import public_feeds
from maemae.kis.messages import Ack, Ping, Registration, read_message, registration
from maemae.kis.server import AppKey, Server
from maemae.kis.server_time import ServerTime
from maemae.kis.tap import Tap

_log = structlog.get_logger(__name__)

_FIRST_BACKOFF = 0.5
_LONGEST_BACKOFF = 30.0
_IN_USE_BACKOFF = 20.0
"""Seconds before trying again while the broker still holds an older session of the app key."""

_IN_USE_LONGEST = 300.0
"""Seconds at most: who knocks without end has the key blocked by the broker."""

_IN_USE_TOLD = 2
"""Refusals in a row after which it is another program: a session of ours that was cut off is let
go of sooner."""

Handler = Callable[[StreamEvent], None]
Connect = Callable[[str, float], Awaitable[Connection]]


class Stream:
    """The WebSocket stream of one app key on one server.

    Args:
        server: where to.
        credentials: whose stream.
        clock: venue time, for back-off and for timestamps.
        connect: opens a connection (URL, timeout in real seconds).
        approve: asks the broker for an approval key.
        server_time: told what time the broker's PINGPONG states.
    """

    def __init__(
        self,
        server: Server,
        credentials: AppKey,
        clock: Clock,
        *,
        connect: Connect,
        approve: Callable[[], Awaitable[str]],
        server_time: ServerTime,
    ) -> None:
        self._server = server
        self._credentials = credentials
        self._clock = clock
        self._connect = connect
        self._approve = approve
        self._server_time = server_time
        self._approval = ""
        self._keys: Keys | None = None
        self._handlers: list[Handler] = []
        self._wanted: dict[Registration, None] = {}
        self._standing: set[Registration] = set()
        self._acks: dict[tuple[str, str], asyncio.Future[Ack]] = {}
        self._sending = asyncio.Lock()
        self._connection: Connection | None = None
        self._task: asyncio.Task[None] | None = None
        self._widths: dict[str, int] = {}
        self._waiters: list[asyncio.Future[None]] = []
        self._last_at = clock.now()
        self._down_since: datetime | None = None
        self._up = False
        self._was_up = False
        self._complaint: Ack | None = None
        self._in_use = 0
        """How often in a row the broker refused the key because a session of it is open."""
        self.rejected = 0
        self.reconnections = 0
        self.tap: Tap | None = None
        """Told of frames of public feeds and their registrations; of nothing else."""

    @property
    def frames_received(self) -> int:
        """Text messages received on the connection now open, of whatever kind."""
        return self._connection.received if self._connection else 0

    @property
    def is_up(self) -> bool:
        """Whether a connection is open and everything wanted is registered."""
        return self._connection is not None and self._up

    @property
    def registrations(self) -> tuple[Registration, ...]:
        """What is wanted, in the order it was asked for."""
        return tuple(self._wanted)

    def listen(self, handler: Handler) -> None:
        """Call a function with each event, synchronously and in the order of arrival.

        An exception out of a handler is a bug, not a fault of the wire: it ends the stream and
        comes out of `stop` and `failed`.
        """
        self._handlers.append(handler)

    async def start(self) -> None:
        """Connect and keep connected until `stop`; returns when the stream is up.

        Raises:
            WireError: the approval key was definitely refused.
        """
        if self._task is None:
            self._task = asyncio.create_task(self._run(), name="kis stream")
        await self._until(lambda: self.is_up)

    async def stop(self) -> None:
        """Close the connection; raises what a handler raised."""
        task, self._task = self._task, None
        if task is None:
            return
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task

    async def failed(self) -> None:
        """Wait until the stream ends by itself, and raise why it did."""
        if self._task is not None:
            await asyncio.shield(self._task)

    async def received(self, count: int) -> None:
        """Wait until at least that many messages came on the connection now open."""
        await self._until(lambda: self.frames_received >= count)

    async def subscribe(self, feed: str, key: str | None = None) -> None:
        """Want a feed, and wait until the broker acknowledged it, over reconnections if need be.

        Before `start` it is only noted, and `start` waits for the acknowledgement.

        Args:
            feed: a `Feed` or another feed's catalogue id.
            key: the stock code; for notices the HTS id, which is the default.

        Raises:
            KisRefused: the broker does not register this; it is no longer wanted.
            KisUnavailable: no acknowledgement in time. It stays wanted.
        """
        wanted = Registration(str(feed), key if key is not None else self._credentials.hts_id)
        self._tr_id(wanted)
        if wanted in self._wanted and wanted in self._standing:
            return
        limit = self._server.limits.registrations
        if wanted not in self._wanted and len(self._wanted) >= limit:
            raise KisRefused(
                str(feed),
                "",
                _("{limit} registrations are the most that one app key may have").format(
                    limit=limit
                ),
            )
        self._wanted[wanted] = None
        connection = self._connection
        try:
            if connection is not None:
                await self._register(connection, wanted)
        except KisRefused:
            self._wanted.pop(wanted, None)
            raise
        except KisUnavailable:
            if connection is self._connection:
                raise
        if self._task is not None:
            await self._until(lambda: wanted in self._standing or wanted not in self._wanted)

    async def unsubscribe(self, feed: str, key: str | None = None) -> None:
        """No longer want a feed, and wait until the broker released it."""
        wanted = Registration(str(feed), key if key is not None else self._credentials.hts_id)
        self._wanted.pop(wanted, None)
        if self._connection is not None and wanted in self._standing:
            self._standing.discard(wanted)
            self._tell_tap(wanted, on=False)
            with contextlib.suppress(KisUnavailable):  # A lost connection releases everything.
                await self._exchange(self._connection, wanted, release=True)

    async def _run(self) -> None:
        backoff = _FIRST_BACKOFF
        while True:
            self._complaint = None
            began = asyncio.get_running_loop().time()
            try:
                reason = await self._session()
            except WireError as error:
                # Keys that never worked are an error; later on it is a fault like any other.
                patient = isinstance(error, KisUnavailable | KisThrottled)
                if not (patient or self._was_up):
                    raise
                reason = str(error)
            if asyncio.get_running_loop().time() - began > _LONGEST_BACKOFF:
                backoff = _FIRST_BACKOFF
            self._went_down(reason)
            pause = max(backoff, self._heed_complaint())
            await self._clock.sleep(pause * random.uniform(0.5, 1.0))
            backoff = min(backoff * 2, _LONGEST_BACKOFF)
            self.reconnections += 1

    def _heed_complaint(self) -> float:
        """Draw the consequences of what the broker complained about; return a least pause."""
        kind = self._complaint.kind if self._complaint else None
        if kind is CodeKind.APPROVAL:
            self._approval = ""
        if kind is not CodeKind.IN_USE:
            return 0.0
        self._in_use += 1
        if self._in_use == _IN_USE_TOLD and self._complaint is not None:
            self._emit(KeyInUse(self._clock.now(), self._complaint.code))
        doubled = _IN_USE_BACKOFF * 2.0 ** min(self._in_use - 1, 10)
        return min(float(doubled), _IN_USE_LONGEST)

    async def _session(self) -> str:
        """Run one connection to its end and return why it ended."""
        if not self._approval:
            self._approval = await self._approve()
        limits = self._server.limits
        connection = await self._connect(self._server.ws_url, limits.connect_timeout)
        self._standing.clear()
        self._connection = connection
        jobs = [
            asyncio.create_task(self._read(connection), name="kis stream reader"),
            asyncio.create_task(self._watch(connection), name="kis stream watchdog"),
        ]
        restore = asyncio.create_task(self._restore(connection), name="kis stream registrations")
        try:
            done, _ = await asyncio.wait([*jobs, restore], return_when=asyncio.FIRST_COMPLETED)
            if restore in done and restore.exception() is None:
                done, _ = await asyncio.wait(jobs, return_when=asyncio.FIRST_COMPLETED)
            return "; ".join(str(job.result()) for job in done)
        finally:
            for job in (*jobs, restore):
                job.cancel()
            await asyncio.gather(*jobs, restore, return_exceptions=True)
            self._connection = None
            self._up = False
            self._standing.clear()
            for waiting in self._acks.values():
                waiting.cancel()
            self._acks.clear()
            await connection.close()

    async def _restore(self, connection: Connection) -> None:
        for wanted in tuple(self._wanted):
            try:
                await self._register(connection, wanted)
            except KisRefused as error:
                self._wanted.pop(wanted, None)
                self._emit(Rejected(wanted.feed, str(error)))
        since, self._down_since = self._down_since, None
        self._up = self._was_up = True
        self._in_use = 0
        self._emit(StreamUp(self._clock.now(), since))
        self._notify()

    async def _read(self, connection: Connection) -> str:
        while (text := await connection.receive()) is not None:
            self._last_at = self._clock.now()
            if text[:1] in ("0", "1"):
                self._data(text)
            else:
                await self._control(connection, text)
            self._notify()
            if self._complaint is not None:
                return f"{self._complaint.code} {self._complaint.reason}"
        return connection.why_closed

    async def _watch(self, connection: Connection) -> str:
        """End the connection when nothing came for too long, by both clocks.

        A simulated venue may stand still, or jump ahead, without anything being wrong.
        """
        silence = self._server.limits.silence
        loop = asyncio.get_running_loop()
        seen, since = connection.received, self._clock.monotonic()
        while True:
            await asyncio.sleep(silence / 4)
            if connection.received != seen:
                seen, since = connection.received, self._clock.monotonic()
            real = loop.time() - connection.last_at
            if real >= silence and self._clock.monotonic() - since >= silence:
                return _("silent for {n} s").format(n=f"{real:.0f}")

    def _data(self, text: str) -> None:
        if (
            self.tap is not None
            and text[:2] == "0|"
            and text[2:].partition("|")[0] in public_feeds()
        ):
            self.tap.frame(text)
        try:
            frame = decode_frame(
                text,
                keys=self._keys,
                account=self._credentials.account,
                now=self._last_at,
            )
        except FrameError as error:
            self._reject(text.split("|", 2)[1][:10] if "|" in text else "", str(error))
            return
        if frame.surplus > 0 and self._widths.get(frame.feed) != frame.surplus:
            self._widths[frame.feed] = frame.surplus
            _log.warning("undocumented columns", feed=frame.feed, columns=frame.surplus)
        for event in frame.events:
            self._emit(event)

    async def _control(self, connection: Connection, text: str) -> None:
        try:
            ack = read_message(text)
        except FrameError as error:
            self._reject("", str(error))
            return
        if isinstance(ack, Ping):
            if ack.at is not None:
                self._server_time.pushed(ack.at)
            await connection.send(text)
            return
        if ack.key and ack.iv:
            self._keys = self._read_keys(ack)
        if ack.kind in (CodeKind.IN_USE, CodeKind.APPROVAL):
            self._complaint = ack
            return
        waiting = self._acks.get((ack.tr_id, ack.tr_key))
        if waiting is None and not ack.done and self._acks:
            # A complaint need not name its registration; only one is ever under way.
            waiting = next(iter(self._acks.values()))
        if waiting is not None and not waiting.done():
            waiting.set_result(ack)
        elif not ack.done:
            self._reject(ack.tr_id[:10], f"{ack.code} {ack.reason}")

    def _read_keys(self, ack: Ack) -> Keys | None:
        try:
            return Keys(ack.key, ack.iv)
        except ValueError:
            self._reject(ack.tr_id[:10], "an acknowledgement with unusable keys")
            return self._keys

    async def _register(self, connection: Connection, wanted: Registration) -> None:
        ack = await self._exchange(connection, wanted, release=False)
        if not ack.done:
            raise refusal(wanted.feed, ack.code, ack.reason)
        self._standing.add(wanted)
        self._tell_tap(wanted, on=True)
        self._notify()

    def _tell_tap(self, wanted: Registration, *, on: bool) -> None:
        tr_id = self._tr_id(wanted)
        if self.tap is not None and tr_id in public_feeds():
            self.tap.registered(tr_id, wanted.key, on=on)

    async def _exchange(
        self, connection: Connection, wanted: Registration, *, release: bool
    ) -> Ack:
        tr_id = self._tr_id(wanted)
        async with self._sending:
            waiting: asyncio.Future[Ack] = asyncio.get_running_loop().create_future()
            self._acks[tr_id, wanted.key] = waiting
            try:
                await connection.send(
                    registration(self._approval, tr_id, wanted.key, release=release)
                )
                async with asyncio.timeout(self._server.limits.ack_timeout):
                    return await waiting
            except TimeoutError:
                raise KisUnavailable(
                    _("{feed} {key}: no acknowledgement").format(feed=wanted.feed, key=wanted.key)
                ) from None
            except asyncio.CancelledError:
                if waiting.cancelled() and connection is not self._connection:
                    raise KisUnavailable(_("the stream's connection is gone")) from None
                raise
            finally:
                self._acks.pop((tr_id, wanted.key), None)

    def _tr_id(self, wanted: Registration) -> str:
        try:
            return catalogue.stream(wanted.feed).tr_id(self._server.personality)
        except LookupError as error:
            raise KisRefused(wanted.feed, "", str(error)) from None

    def _went_down(self, reason: str) -> None:
        if self._down_since is None:
            self._down_since = self._last_at
            self._emit(StreamDown(self._last_at, reason))
        say = _log.warning if self._in_use == 0 else _log.debug
        say("stream down", reason=reason, server=self._server.personality)

    def _reject(self, feed: str, reason: str) -> None:
        self.rejected += 1
        _log.warning("message not understood", feed=feed, reason=reason)
        self._emit(Rejected(feed, reason))

    def tell(self, event: StreamEvent) -> None:
        """Hand every listener an event that did not come over the stream itself."""
        self._emit(event)

    def _emit(self, event: StreamEvent) -> None:
        for handler in self._handlers:
            handler(event)

    def _notify(self) -> None:
        waiters, self._waiters = self._waiters, []
        for waiter in waiters:
            if not waiter.done():
                waiter.set_result(None)

    async def _until(self, holds: Callable[[], bool]) -> None:
        """Wait until something holds, or until the stream has ended and never will."""
        while not holds():
            task = self._task
            if task is None or task.done():
                if task is not None and not task.cancelled():
                    await task
                raise KisUnavailable(_("the stream has been stopped"))
            waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._waiters.append(waiter)
            await asyncio.wait([waiter, task], return_when=asyncio.FIRST_COMPLETED)
