"""Watches the trader and has every channel told. Whatever a messenger does, trading goes on.

The trader calls `observe` and nothing else of it: that puts the facts of a step on a list and
returns. Everything further happens in tasks of its own, on wall time.
"""

import asyncio
import math
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta

import structlog

from maemae.clock import Clock
from maemae.desk import records as rec
from maemae.desk.state import State
from maemae.desk.turn import Turn
from maemae.errors import MaemaeError
from maemae.i18n import _
from maemae.notify.courier import Courier
from maemae.notify.messages import Kind, Message, message
from maemae.notify.reporter import Reporter
from maemae.notify.schedule import Schedule
from maemae.notify.teller import BUNDLE, Teller
from maemae.notify.texts import Texts
from maemae.trader.messengers import NotifySettings

_log = structlog.get_logger(__name__)

Face = Callable[[], Awaitable[None]]
"""Something that runs beside the couriers for as long as the trader does: a bot."""

AGAIN = 5.0
"""Seconds after which a part that failed is started again."""

PATIENCE = 10.0
"""Seconds that the last messages get to arrive at the end."""


class Notifier:
    """Tells the owner what the trader does.

    Args:
        settings: when summaries are due.
        texts: the words.
        couriers: one for each channel.
        clock: wall time.
    """

    def __init__(
        self, settings: NotifySettings, texts: Texts, couriers: Sequence[Courier], clock: Clock
    ) -> None:
        self._weekly = settings.weekly
        self._texts = texts
        self._couriers = couriers
        self._clock = clock
        self._schedule = Schedule(timedelta(seconds=settings.summary_seconds))
        self._steps: asyncio.Queue[tuple[datetime, Sequence[rec.Record]]] = asyncio.Queue()
        self._at = clock.now()
        self._closed = False
        self._teller: Teller | None = None
        self._tasks: list[asyncio.Task[None]] = []

    def observe(self, turn: Turn) -> None:
        """Take note of a step of the trader; never waits."""
        self._at = turn.at
        if turn.records or self._schedule.due(turn.at):
            self._steps.put_nowait((turn.at, tuple(turn.records)))

    def say(self, kind: Kind, **fields: str) -> None:
        """Tell something that is no fact of the desk: a plan, trouble with the token."""
        self.put(message(kind, self._at, self._texts.say(kind, **fields)))

    def start(
        self,
        reporter: Reporter,
        state: State,
        faces: Sequence[Face] = (),
        *,
        greet: bool = True,
    ) -> None:
        """Begin to tell; what was observed before is told too.

        Args:
            reporter: makes summaries and reports.
            state: the desk's, before its first observed step.
            faces: what runs beside, such as the Telegram bot.
            greet: say that the trader runs.
        """
        teller = self._teller = Teller(state, self._texts)
        parts: list[Face] = [lambda: self._greet(reporter)] if greet else []
        parts += [lambda: self._pump(reporter, teller), *faces]
        parts += [courier.run for courier in self._couriers]
        self._tasks = [asyncio.create_task(_keep_alive(part, self._clock)) for part in parts]

    async def call_out(self, kind: Kind, fields: Mapping[str, str]) -> None:
        """Tell something while nothing else is told; what must arrive is kept on the disk."""
        self.put(message(kind, self._clock.now(), self._texts.say(kind, **fields)))
        self._tasks = [asyncio.create_task(_keep_alive(c.run, self._clock)) for c in self._couriers]
        await self.stop(part=False)

    async def stop(
        self,
        error: BaseException | None = None,
        patience: float = PATIENCE,
        *,
        part: bool = True,
    ) -> None:
        """Tell how it ended, and give the last messages some real seconds to arrive.

        What must arrive and did not is on the disk then, and is told by the next run. A second
        call does nothing. Without `part` an end in good order is not told.
        """
        if not self._tasks:
            return
        try:
            async with asyncio.timeout(patience):
                await self.told()
                if self._teller is not None:
                    self._put(self._teller.flush(self._at, math.inf))
                if error is not None or part:
                    self._say_end(error)
                for courier in self._couriers:
                    await courier.drained()
        except TimeoutError:
            _log.warning("stopped before all messages had arrived")
        finally:
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
            self._tasks, self._teller = [], None
            for courier in self._couriers:
                await courier.keep()

    async def told(self) -> None:
        """Wait until everything observed so far has been handed to the channels."""
        await self._steps.join()

    def _say_end(self, error: BaseException | None) -> None:
        if error is None:
            reason = _("the session is over") if self._closed else _("stopped by hand")
            self.say(Kind.STOPPED, reason=reason)
        elif isinstance(error, (KeyboardInterrupt, asyncio.CancelledError)):
            self.say(Kind.STOPPED, reason=_("stopped by hand"))
        else:
            advice = _("Positions are no longer watched. Look at maemae.log and start it again.")
            self.say(Kind.ERROR, detail=str(error) or type(error).__name__, advice=advice)

    async def _greet(self, reporter: Reporter) -> None:
        self.put(await reporter.started())

    async def _pump(self, reporter: Reporter, teller: Teller) -> None:
        while True:
            if teller.waiting and self._steps.empty():
                await self._clock.sleep(BUNDLE / 4)
            else:
                at, records = await self._steps.get()
                try:
                    await self._step(reporter, teller, at, records)
                finally:
                    self._steps.task_done()
            self._put(teller.flush(self._at, self._clock.monotonic() - BUNDLE))

    async def _step(
        self, reporter: Reporter, teller: Teller, at: datetime, records: Sequence[rec.Record]
    ) -> None:
        for record in records:
            self._put(teller.tell(record, self._clock.monotonic()))
        sample, summary = self._schedule.take(at) if teller.opened(at) else (False, False)
        try:
            if sample:
                await reporter.sample(at)
            if summary:
                self.put(await reporter.summary(at))
            for record in records:
                if isinstance(record, rec.DayClosed):
                    await self._close(reporter, record)
        except MaemaeError as error:
            _log.warning("no summary", reason=str(error))

    async def _close(self, reporter: Reporter, record: rec.DayClosed) -> None:
        self._closed = True
        self.put(await reporter.day(record.day, record.at))
        if self._weekly and (week := await reporter.week(record.day, record.at)) is not None:
            self.put(week)

    def put(self, told: Message) -> None:
        """Have every channel tell something."""
        for courier in self._couriers:
            courier.put(told)

    def _put(self, messages: Iterable[Message]) -> None:
        for told in messages:
            self.put(told)


async def _keep_alive(part: Face, clock: Clock) -> None:
    """Run a part, and start it again when it fails: trading must not hear of it."""
    while True:
        try:
            await part()
        except Exception:  # noqa: BLE001 - a library may raise anything; it is logged in full
            _log.exception("a part of the messengers failed and is started again")
            await clock.sleep(AGAIN)
        else:
            return
