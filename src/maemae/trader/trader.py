"""The shell: one process per app key that runs the desk on a venue.

It turns what the wire says and the time into events, writes the facts of every step to the
ledger, and only then carries out what the desk wants.
"""

import asyncio
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Protocol

from maemae.desk import commands as cmd
from maemae.desk import events as ev
from maemae.desk.desk import Desk
from maemae.desk.records import Halt, Record
from maemae.desk.turn import Turn
from maemae.errors import InvariantError
from maemae.ledger.ledger import Ledger
from maemae.trader.inbox import Inbox
from maemae.trader.pacing import Pacer

FOREVER = timedelta(days=1)

AWHILE = timedelta(minutes=5)
"""An idle trader looks at the clock that often: a machine that slept must not oversleep."""

SETTLING_SECONDS = 0.25
"""Real seconds without a message after which nothing more is taken to be on its way."""

SETTLING_LOOKS = 20

STARTING_SECONDS = 300.0
"""Real seconds in which sources and streams have to be up: a loop that waits longer for them counts
as hung. Each of their calls has a time-out of its own."""

LAST_ANSWER_SECONDS = 15.0
"""Real seconds for which the last question of a day is waited for."""

Observer = Callable[[Turn], None]
"""Told of every step after its facts are durable: the log, the screen, the messengers."""

Witness = Callable[[ev.Event, Turn], None]
"""Told beside it what the step was about."""


class Hands(Protocol):
    """Whatever carries out the desk's commands on a venue and answers with events."""

    async def start(self, put: Callable[[ev.Event], None]) -> None:
        """Begin to deliver what the venue says by itself."""
        ...

    async def perform(self, command: cmd.Command) -> ev.Event | None:
        """Carry out one command; return the venue's answer, if it answers."""
        ...

    async def stop(self) -> None:
        """Let go of the venue."""
        ...


class Trader:
    """Runs a desk until its day is closed or it is told to stop.

    Args:
        desk: rebuilt from the ledger.
        ledger: where facts become durable.
        hands: the venue.
        pacer: how time passes there.
        observers: told of every step.
        witness: told of every event and what came of it.
    """

    def __init__(
        self,
        desk: Desk,
        ledger: Ledger,
        hands: Hands,
        pacer: Pacer,
        observers: tuple[Observer, ...] = (),
        *,
        witness: Witness = lambda *_: None,
    ) -> None:
        self.desk = desk
        self.inbox = Inbox()
        self._ledger = ledger
        self._hands = hands
        self._pacer = pacer
        self._observers = observers
        self._witness = witness
        self._timers: dict[str, datetime] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._early: list[cmd.Command] = []
        """What the desk wanted before there was a session."""
        self._failure: BaseException | None = None
        self._unwritten: ev.Event | None = None
        """What the step was about that could not be made durable."""
        self._stopping = False
        self.turns = 0
        """How often the loop has turned: what the watchdog looks at."""
        self._begun = False
        self._waits_until = 0.0
        """Until when the loop stands still on purpose, in the seconds of the event loop."""

    def put(self, event: ev.Event) -> None:
        """Hand the desk an event from outside: a command of a person, for one."""
        self.inbox.put(event)

    def nudge(self) -> None:
        """Let the loop turn once, though there is nothing to do.

        Where it stands still on purpose, before its first turn and after its last, that counts as
        one for as long as that may take.
        """
        if asyncio.get_running_loop().time() < self._waits_until:
            self.turns += 1
        self.inbox.ready.set()

    def fail(self, error: BaseException) -> None:
        """End before the next step: something that trading depends on is lost."""
        self._failure = error
        self.inbox.ready.set()

    def stop(self) -> None:
        """Stop after the step in hand; orders at the broker stay as they are."""
        self._stopping = True
        self.inbox.ready.set()

    def note(self, record: Record) -> None:
        """Make a fact durable that came about outside the desk, and tell the observers.

        Raises:
            LedgerError: it is not durable.
        """
        turn = Turn(self.desk.state, record.at)
        turn.record(record)
        self._ledger.append(turn.records)
        self._tell(turn)

    def halt(self, level: Halt, reason: str) -> None:
        """Let the desk do less from here on."""
        self.put(ev.HaltOrdered(at=self._now(), level=level, reason=reason))

    async def idle(self, until: datetime) -> None:
        """Take commands of people until then, while nothing is traded.

        Raises:
            LedgerError: facts could not be made durable.
        """
        while self._now() < until and not self._stopping:
            self._begin_turn()
            event = self.inbox.take()
            if event is None:
                await self._pacer.wait(self.inbox.ready, min(until, self._now() + AWHILE))
            else:
                await self._step(event)

    def heed_halts(self) -> None:
        """Make the halts durable that came when nothing was taken in any more; leave the rest.

        Raises:
            LedgerError: they are not durable.
        """
        while (event := self.inbox.take()) is not None:
            if isinstance(event, ev.HaltOrdered):
                self._tell(self._decide(event))

    def unheeded(self) -> list[ev.Event]:
        """Take out the halts and flattens that never became durable, for the next trader to heed.

        The one whose step could not be written is among them: carried out twice it does no harm.
        """
        waiting = [self._unwritten]
        while (event := self.inbox.take()) is not None:
            waiting.append(event)
        return [one for one in waiting if isinstance(one, ev.HaltOrdered | ev.FlattenOrdered)]

    async def run(
        self,
        opens: datetime,
        auction: datetime,
        closes: datetime,
        accepts: datetime | None = None,
        ends: datetime | None = None,
    ) -> None:
        """Trade one session; for the times see `desk.events.Started`.

        Raises:
            LedgerError: facts could not be made durable; nothing was sent on their strength, and
                the desk is ahead of the ledger: only a new one may go on.
            InvariantError: a bug; the ledger holds everything up to it.
        """
        with self._standing(STARTING_SECONDS):
            await self._hands.start(self._hear_early)
        started = ev.Started(
            at=self._now(), opens=opens, auction=auction, closes=closes,
            accepts=accepts, ends=ends,
        )  # fmt: skip
        self.inbox.put(started)
        try:
            early, self._early = self._early, []
            await self._carry_out(early)
            while not (self.desk.finished or self._stopping):
                await self._once()
            with self._standing(SETTLING_LOOKS * SETTLING_SECONDS + 2 * LAST_ANSWER_SECONDS):
                await self._settle()
        finally:
            with self._standing(2 * LAST_ANSWER_SECONDS):
                for task in self._tasks:
                    task.cancel()
                await asyncio.gather(*self._tasks, return_exceptions=True)
                await self._hands.stop()

    @contextmanager
    def _standing(self, seconds: float) -> Iterator[None]:
        """Stand still on purpose: for so many real seconds that is no hang."""
        self._waits_until = asyncio.get_running_loop().time() + seconds
        try:
            yield
        finally:
            self._waits_until = 0.0

    def _begin_turn(self) -> None:
        self.turns += 1
        self._begun = True
        if self._failure is not None:
            raise self._failure

    def _hear_early(self, event: ev.Event) -> None:
        """Take what the venue says; what it reports before there is a session is told at once.

        The hands may wait for long until the stream is up, and nothing is taken in meanwhile. A
        halt is heeded in its turn: what is reported after it may be its reason. What the desk wants
        then is done once the hands are there.
        """
        if not self._begun and isinstance(event, ev.Reported | ev.HaltOrdered):
            turn = self._decide(event)
            self._tell(turn)
            self._early += turn.commands
        else:
            self.inbox.put(event)

    async def _once(self) -> None:
        self._begin_turn()
        event = self.inbox.take() or self._due()
        if event is None:
            until = min(self._timers.values(), default=self._now() + FOREVER)
            await self._pacer.wait(self.inbox.ready, until)
        else:
            await self._step(event)

    async def _settle(self) -> None:
        """Take in what is already on its way, so that the ledger ends with what is known.

        What the desk still wants is not carried out any more.
        """
        await self._pacer.hold()
        quiet = False
        for _ in range(SETTLING_LOOKS):
            while (event := self.inbox.take()) is not None:
                self._tell(self._decide(event))
            if quiet and not self._tasks:
                break
            quiet = not await self._hear(SETTLING_SECONDS)
        if any(self.desk.state.blotter.live()):
            question = cmd.Ask(ev.Query.EXECUTIONS, version=self.desk.state.version)
            try:
                async with asyncio.timeout(LAST_ANSWER_SECONDS):
                    answer = await self._hands.perform(question)
            except TimeoutError:
                return  # The orders stay live in the ledger; the next start asks about them.
            if answer is not None:
                self._tell(self._decide(answer))

    async def _hear(self, seconds: float) -> bool:
        """Wait so many real seconds for anything to arrive; return whether it did."""
        try:
            async with asyncio.timeout(seconds):
                await self.inbox.ready.wait()
        except TimeoutError:
            return False
        return True

    async def _step(self, event: ev.Event) -> None:
        turn = self._decide(event)
        self._tell(turn)
        await self._carry_out(turn.commands)

    async def _carry_out(self, commands: Iterable[cmd.Command]) -> None:
        for command in sorted(commands, key=_urgency):
            if isinstance(command, cmd.Wake):
                self._timers[command.name] = min(
                    command.at, self._timers.get(command.name, command.at)
                )
            elif self._pacer.sequential:
                await self._perform(command)
            else:
                task = asyncio.create_task(self._perform(command))
                self._tasks.add(task)
                task.add_done_callback(self._done)
        # The reader of the socket and the workers get their turn between two steps.
        await asyncio.sleep(0)

    def _decide(self, event: ev.Event) -> Turn:
        self._unwritten = event
        turn = self.desk.step(event)
        self._ledger.append(turn.records)
        self._unwritten = None
        self._witness(event, turn)
        return turn

    def _tell(self, turn: Turn) -> None:
        for observer in self._observers:
            observer(turn)

    async def _perform(self, command: cmd.Command) -> None:
        answer = await self._hands.perform(command)
        if answer is not None:
            self.inbox.put(answer)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self.fail(error)

    def _due(self) -> ev.Timer | None:
        if not self._timers:
            return None
        name, at = min(self._timers.items(), key=lambda item: (item[1], item[0]))
        if at > self._now():
            return None
        del self._timers[name]
        return ev.Timer(at=self._now(), name=name)

    def _now(self) -> datetime:
        return self._pacer.clock.now()


def _urgency(command: cmd.Command) -> int:
    """Order commands of one step: exits and cancels first, then entries, then questions."""
    match command:
        case cmd.Send():
            return 0 if command.urgent else 1
        case cmd.SendCancel() | cmd.SendAmend():
            return 0
        case cmd.Ask():
            return 2
        case cmd.Watch():
            return 3
        case cmd.Wake():
            return 4
    raise InvariantError(f"a command of an unknown kind: {command!r}")
