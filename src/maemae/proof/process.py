"""One life of the trader's process in a simulation: from a start to a crash or the day's end.

It is the real `Trader` on the real desk and ledger. Only the venue, time and death are simulated.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Protocol

from maemae.clock import Clock
from maemae.desk import commands as cmd
from maemae.desk import events as ev
from maemae.desk.records import Record
from maemae.errors import LedgerAway, LedgerError
from maemae.exchange.moment import moment
from maemae.ledger.ledger import Ledger
from maemae.proof.absence import Absence
from maemae.proof.broker import Broker
from maemae.proof.hazards import Hazard, Hazards


class Crash(BaseException):
    """The process is gone. Derived from BaseException: nothing may catch it on the way."""


class Death:
    """Whether and where the process dies: at the n-th visit of a named point, or when told.

    Points are named after what is about to happen or has just happened: `before write of
    intended`, `after Send`. `visits` counts all points over all lives.
    """

    def __init__(self) -> None:
        self.visits: Counter[str] = Counter()
        self.wanted: Callable[[str], bool] = lambda _: False
        self.dead = False

    def visit(self, point: str) -> None:
        """Pass a point, or die there.

        Raises:
            Crash: the process dies.
        """
        self.visits[point] += 1
        if self.wanted(point):
            self.dead = True
            raise Crash(point)

    def survive(self, point: str) -> None:
        """Pass a point at the end of something that may have outlived the process."""
        if not self.dead:
            self.visit(point)

    def check(self) -> None:
        """Let nothing more happen in a dead process.

        Raises:
            Crash: it is dead.
        """
        if self.dead:
            raise Crash


class MortalLedger(Ledger):
    """The ledger, of a process that may die before and after each write, on a disk that fails."""

    def __init__(
        self,
        death: Death,
        hazards: Hazards,
        account: str,
        told: Callable[[Sequence[Record]], None],
    ) -> None:
        super().__init__("sqlite://", account)
        self._told = told
        self._death = death
        self._hazards = hazards
        self._presence = self.absence = Absence(self, self._engine, hazards)

    def append(self, records: Sequence[Record]) -> None:
        """Make facts durable, unless the process dies first.

        Raises:
            LedgerError: the disk is full, or the ledger is not there.
        """
        self._death.check()
        if records and self._hazards.strike(Hazard.LEDGER_FAILS) is not None:
            raise LedgerError("disk full")
        kinds = dict.fromkeys(str(record.__struct_config__.tag) for record in records)
        for kind in kinds:
            self._death.visit(f"before write of {kind}")
        if records:
            self.absence.cut()
        try:
            super().append(records)
        except LedgerAway:
            self._told(records)  # Durable all the same, and found by the next process.
            raise
        self._told(records)
        for kind in kinds:
            self._death.visit(f"after write of {kind}")


class Books(Protocol):
    """The code of the books, as the hands call it."""

    async def start(self, put: Callable[[ev.Event], None]) -> None:
        """Start all of it."""
        ...

    async def search(self, book: str) -> ev.Event:
        """Ask a book for candidates."""
        ...

    def heard(self, event: ev.Event) -> None:
        """Let all books hear of an event."""
        ...


class ProofHands:
    """The trader's hands on a simulated broker, of a process that may die at each command.

    Args:
        broker: the account's broker.
        death: of the process.
        books: whose code is called.
        forbid: raises where an order, cancel or amendment may not leave.
    """

    def __init__(
        self, broker: Broker, death: Death, books: Books, forbid: Callable[[cmd.Command], None]
    ) -> None:
        self._broker = broker
        self._death = death
        self._forbid = forbid
        self._books = books
        self._put: Callable[[ev.Event], None] = lambda _: None

    async def start(self, put: Callable[[ev.Event], None]) -> None:
        """Start the books and connect the socket."""

        def deliver(event: ev.Event) -> None:
            put(event)
            self._books.heard(event)

        await self._books.start(put)
        self._put = deliver
        self._broker.listener, self._broker.broken = deliver, None

    async def stop(self) -> None:
        """Let go of it."""
        self._broker.hang_up()
        self._broker.watch(())

    async def perform(self, command: cmd.Command) -> ev.Event | None:
        """Carry out one command, unless the process dies first."""
        if self._death.dead:
            return None
        name = type(command).__name__
        if isinstance(command, cmd.Send | cmd.SendCancel | cmd.SendAmend):
            self._forbid(command)
        self._death.visit(f"before {name}")
        answer = await self._do(command)
        self._death.survive(f"after {name}")
        return answer

    async def _do(self, command: cmd.Command) -> ev.Event | None:
        match command:
            case cmd.Send():
                return await self._broker.order(command)
            case cmd.SendCancel():
                return await self._broker.cancel(command)
            case cmd.SendAmend():
                return await self._broker.amend(command)
            case cmd.Ask(query=ev.Query.SEARCH):
                return await self._books.search(command.key)
            case cmd.Ask():
                return await self._broker.answer(command)
            case cmd.Watch():
                self._broker.watch(command.codes)
        return None

    def break_socket(self) -> None:
        """Lose the socket, and tell the desk."""
        if not self._death.dead:
            self._broker.listener, self._broker.broken = None, self._broker.now
            self._put(ev.StreamChanged(at=self._broker.now, up=False, reason="reset"))

    def mend_socket(self) -> None:
        """Connect it again, and tell the desk."""
        if not self._death.dead:
            self._broker.listener, self._broker.broken = self._put, None
            self._put(ev.StreamChanged(at=self._broker.now, up=True))


class VenueClock:
    """The venue's time, which moves only when the pacer moves it."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker

    def now(self) -> datetime:
        """Return it."""
        return self._broker.now

    def monotonic(self) -> float:
        """Return it in seconds."""
        return self._broker.now.timestamp()

    async def sleep(self, seconds: float) -> None:
        """Wait for venue time to pass."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        def wake() -> None:
            if not done.done():
                done.set_result(None)

        self._broker.later(seconds, wake)
        await done


class ProofPacer:
    """Lets the venue go on whenever the trader has nothing to do."""

    sequential = False

    def __init__(self, broker: Broker, death: Death) -> None:
        self.clock: Clock = VenueClock(broker)
        self._broker = broker
        self._death = death

    async def hold(self) -> None:
        """Do nothing: the venue stands still anyway."""

    async def wait(self, ready: asyncio.Event, until: datetime) -> None:
        """Let the venue go on to that time, or until something reaches the inbox."""
        last = moment(until)
        venue = self._broker.venue
        while not ready.is_set():
            due = venue.next_at()
            if due is None or due > last:
                venue.advance(last)
                return
            venue.advance(due)
            self._death.check()
            # Whoever waited for what has just happened gets its turn.
            for _ in range(_TURNS):
                await asyncio.sleep(0)


_TURNS = 4
"""Rounds of the event loop from a finished wait to an event in the inbox, one to spare."""


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop whose time jumps to the next timer instead of passing."""

    def __init__(self) -> None:
        super().__init__()
        self._jumped = 0.0
        selector: Any = self._selector  # type: ignore[attr-defined]
        select = selector.select

        def jump(timeout: float | None = None) -> Any:
            if timeout is not None and timeout > 0:
                self._jumped += timeout
            return select(0)

        selector.select = jump

    def time(self) -> float:
        """Return seconds since the loop was made, as far as it has jumped."""
        return self._jumped
