"""Brings the messages of one outbox to one channel, however long the channel is down."""

import asyncio
from collections.abc import Iterable
from pathlib import Path

import structlog

from maemae.clock import Clock
from maemae.notify.channel import Channel, NotAccepted, NotDelivered
from maemae.notify.kept import Kept
from maemae.notify.messages import Kind, Level, Message, message
from maemae.notify.outbox import Outbox, Waiting
from maemae.notify.pace import Pace
from maemae.notify.quiet import QuietHours
from maemae.notify.scrub import scrub
from maemae.notify.texts import Texts
from maemae.trader.messengers import Delivery

_log = structlog.get_logger(__name__)

BETWEEN = "\n\n"
"""What stands between two messages that are sent as one."""

LOOK_AGAIN = 1.0
"""Seconds between two looks at messages that are held back."""


class Courier:
    """The only one who uses a channel for what nobody asked for.

    Args:
        channel: where to.
        delivery: level, quiet hours, rate, size of the queue.
        texts: how its own remarks are worded.
        clock: wall time; venue time is in the messages.
        keep: file for what must arrive, None where nothing outlives the process.
    """

    def __init__(
        self,
        channel: Channel,
        delivery: Delivery,
        texts: Texts,
        clock: Clock,
        keep: Path | None = None,
    ) -> None:
        self.channel = channel
        self.level = Level[delivery.level.upper()]
        self.outbox = Outbox(limit=delivery.queue)
        self.lost = 0
        """Messages that the channel would never take."""
        self._texts = texts
        self._clock = clock
        self._pace = Pace(delivery.per_minute)
        self._quiet: QuietHours | None = None
        if delivery.quiet_from is not None and delivery.quiet_until is not None:
            self._quiet = QuietHours(delivery.quiet_from, delivery.quiet_until)
        self._quiet_level = Level[delivery.quiet_level.upper()]
        self._kept = Kept(keep) if keep is not None else None
        self._late = self._kept.load() if self._kept is not None else []
        self._on_disk = list(self._late)
        self._version = 0
        self._something = asyncio.Event()
        self._empty = asyncio.Event()
        self._empty.set()
        for waiting in self._late:
            self.put(waiting)

    def put(self, told: Message) -> None:
        """Have a message sent, if it is important enough for this channel."""
        if told.level >= self.level:
            self.outbox.put(told, self._clock.monotonic())
            self._something.set()
            self._empty.clear()

    async def drained(self) -> None:
        """Wait until nothing is left to deliver."""
        await self._empty.wait()

    async def run(self) -> None:
        """Deliver until cancelled."""
        while True:
            await self.keep()
            batch = self._batch()
            wait = self._pace.wait(self._clock.monotonic())
            if not batch:
                await self._idle()
            elif wait > 0:
                await self._clock.sleep(wait)
            else:
                await self._deliver(batch)

    async def keep(self) -> None:
        """Bring what must arrive to the disk, if that has changed."""
        waiting = self.outbox.must_arrive()
        if self._kept is None or waiting == self._on_disk:
            return
        self._version += 1
        try:
            await asyncio.to_thread(self._kept.save, waiting, self._version)
        except OSError as error:
            file = str(self._kept.file)
            _log.error("what must arrive is not on the disk", file=file, reason=str(error))
        else:
            self._on_disk = waiting

    def _batch(self) -> list[Waiting]:
        """Choose what goes out next: one picture, or as many texts as fit."""
        quiet = self._quiet is not None and self._clock.now() in self._quiet
        waiting = self.outbox.peek(
            self._clock.monotonic(), self._quiet_level if quiet else Level.DETAIL
        )
        batch: list[Waiting] = []
        length = len(self._remark())
        for entry in waiting:
            length += len(self._line(entry)) + len(BETWEEN)
            alone = entry.message.picture or (batch and batch[0].message.picture)
            if batch and (alone or length > self.channel.text_limit):
                break
            batch.append(entry)
        return batch

    async def _deliver(self, batch: list[Waiting]) -> None:
        dropped, more = self.outbox.dropped, self.outbox.more
        text = (self._remark() + self._text(batch))[: self.channel.text_limit]
        try:
            await self.channel.send(text, batch[0].message.picture)
        except NotDelivered as error:
            wait = self._pace.failed(error.retry_after)
            _log.warning("not delivered", channel=self.channel.name, reason=str(error), wait=wait)
            await self._clock.sleep(wait)
        except NotAccepted as error:
            await self._refused(batch, error)
        else:
            now = self._clock.monotonic()
            self._pace.sent(now)
            self.outbox.delivered(batch, now)
            self.outbox.dropped -= dropped
            self.outbox.more -= more

    async def _refused(self, batch: list[Waiting], error: NotAccepted) -> None:
        """Find the message that is not accepted, and say that it is missing."""
        if len(batch) > 1:
            for entry in batch:
                await self._deliver([entry])
            return
        told = batch[0].message
        _log.error(
            "never accepted", channel=self.channel.name, reason=str(error), text=scrub(told.text)
        )
        self.outbox.discard(batch)
        self.lost += 1
        if told.kind is not Kind.LOST:
            text = self._texts.say(Kind.LOST, what=told.kind.value)
            self.put(message(Kind.LOST, told.at, text))

    async def _idle(self) -> None:
        """Wait for a message, or for the time of one that is held back."""
        self._something.clear()
        if not len(self.outbox):
            self._empty.set()
        if self.outbox.idle:
            await self._something.wait()
        else:
            await self._clock.sleep(LOOK_AGAIN)

    def _remark(self) -> str:
        """Say what was dropped, if anything was, and how many alarms did not find room."""
        counts = {Kind.DROPPED: self.outbox.dropped, Kind.MORE: self.outbox.more}
        said = [self._texts.say(kind, count=f"{n:,}") for kind, n in counts.items() if n]
        return "".join(one + BETWEEN for one in said)

    def _text(self, batch: Iterable[Waiting]) -> str:
        return BETWEEN.join(self._line(entry) for entry in batch)

    def _line(self, entry: Waiting) -> str:
        told = entry.message
        pattern = "%m-%d %H:%M:%S" if told in self._late else "%H:%M:%S"
        times = f" (×{entry.times})" if entry.times > 1 else ""
        return scrub(f"{told.at:{pattern}} {told.text}{times}")
