"""Carrying out one plan, by a process that does nothing else; or looking what it would do."""

from collections import deque
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Literal

from pydantic import ConfigDict

from maemae.desk import commands as cmd
from maemae.desk import events as ev
from maemae.desk.desk import Desk
from maemae.desk.planned import PLAN
from maemae.desk.records import Declined, Intended, PlanEnded, PlanSkipped
from maemae.desk.rules import BookRules, Entry
from maemae.desk.turn import Turn
from maemae.trader.books.common import BookSettings
from maemae.trader.books.plan import plan_rules
from maemae.trader.plans.plan import Plan
from maemae.trader.settings import Settings
from maemae.trader.sources.plan import WITHIN, Brief, PlanSource, opened
from maemae.trader.sources.source import Means, Source
from maemae.trader.trader import Trader

SETTLED = timedelta(minutes=1)
"""The orders of a plan are followed that long after the open, or until none lives."""

_HOUR = timedelta(hours=1)

Perform = Callable[[cmd.Command], Awaitable[ev.Event | None]]
"""Carries out one command of the desk: `Hands.perform`."""


class LoneBook(BookSettings):
    """The book of a plan that is carried out by itself, whatever the settings declare."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)

    way: Literal["plan"] = "plan"
    plan: Plan
    file: Path
    at: time
    grace: timedelta
    settings: str | None = None

    def rules(self) -> BookRules:
        """Return how the desk trades the book."""
        entry = Entry(amount=0, names=self.plan.max_names, exits=self.plan.exits)
        return replace(plan_rules(entry, self.at, self.order), limits=self.limits)

    def source(self, means: Means) -> Source:
        """Return what opens the plan when its time has come."""
        brief = Brief(
            book=self.name, at=self.at, grace=self.grace, settings=self.settings, file=self.file
        )
        return PlanSource(brief, means)


def alone(settings: Settings, book: LoneBook) -> Settings:
    """Return the settings with that book as the only one."""
    return settings.model_copy(update={"book": (book,)})


class Watcher:
    """Stops the trader when its plan is over and no order of it lives any more.

    Args:
        book: whose plan it is.
    """

    def __init__(self, book: str) -> None:
        self._book = book
        self._trader: Trader | None = None
        self._opens: datetime | None = None
        self.outcome: PlanEnded | PlanSkipped | None = None

    def attach(self, trader: Trader, opens: datetime) -> None:
        """Say whom to stop, and when the session opens: orders of the auction live until then."""
        self._trader, self._opens = trader, opens

    def observe(self, turn: Turn) -> None:
        """Take note of a step."""
        for record in turn.records:
            if isinstance(record, PlanEnded | PlanSkipped) and record.book == self._book:
                self.outcome = record
        if self._trader is None or self._opens is None or self.outcome is None:
            return
        living = any(self._trader.desk.state.blotter.live(book=self._book))
        if not living or turn.at >= max(self.outcome.at, self._opens) + SETTLED:
            self._trader.stop()


@dataclass
class Preview:
    """What a plan would come to: orders, what the guard declines, and what else is left out."""

    orders: list[Intended] = field(default_factory=list)
    declined: list[Declined] = field(default_factory=list)
    skipped: Mapping[str, str] = field(default_factory=dict)


async def preview(
    plan: Plan, file: Path, desk: Desk, perform: Perform, now: Callable[[], datetime]
) -> Preview:
    """Let a desk carry out a plan at the prices of now, on paper: nothing is sent or written.

    Args:
        plan: what is to be looked at.
        file: where it lies.
        desk: rebuilt from the ledger, to be thrown away afterwards.
        perform: of the real hands; only questions reach it.
        now: the venue's time.

    """
    found = Preview()
    desk.state.plans.pop(plan.name, None)  # A plan that is over can be looked at too.
    start = now()
    events: deque[ev.Event] = deque(
        [ev.Started(at=start, opens=start, auction=start + _HOUR, closes=start + _HOUR)]
    )
    late = start + WITHIN
    waiting: list[ev.Event] = [
        ev.Timer(at=late, name=f"{PLAN}:{plan.name}"),
        opened(plan, file, start, late),
    ]
    numbers = iter(range(1, 1 << 20))
    while events or waiting:
        event = events.popleft() if events else waiting.pop()
        turn = desk.step(event)
        _note(found, turn)
        for command in turn.commands:
            answer = await _on_paper(command, perform, now, numbers)
            if answer is not None:
                events.append(answer)
    return found


def _note(found: Preview, turn: Turn) -> None:
    for record in turn.records:
        match record:
            case Intended():
                found.orders.append(record)
            case Declined():
                found.declined.append(record)
            case PlanEnded():
                found.skipped = record.skipped


async def _on_paper(
    command: cmd.Command, perform: Perform, now: Callable[[], datetime], numbers: Iterator[int]
) -> ev.Event | None:
    """Answer a command; an order is taken, and lives on paper only."""
    match command:
        case cmd.Send():
            return ev.OrderAccepted(at=now(), intent=command.intent, order_no=-next(numbers))
        case cmd.Ask(query=ev.Query.EXECUTIONS | ev.Query.SEARCH):
            return ev.Unavailable(at=now(), query=command.query, permanent=True)
        case cmd.Ask():
            return await perform(command)
        case _:
            return None
