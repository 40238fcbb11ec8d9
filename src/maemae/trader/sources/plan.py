"""The source of a book that trades by plans: opens the day's plan when its time has come."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path

from maemae.clock import KST
from maemae.desk import events as ev
from maemae.errors import DataError
from maemae.i18n import _
from maemae.trader.plans.check import No, objection
from maemae.trader.plans.plan import Plan, plan_file, read_plan
from maemae.trader.sources.source import Means, Put

WITHIN = timedelta(minutes=10)
"""A plan that was opened is carried out within that time; what is not ordered then is left."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Brief:
    """What a book's plans are carried out by.

    Attributes:
        at: time of day.
        grace: how much later it may still be begun.
        settings: fingerprint of the book's settings; None where it has none.
        file: the plan; None for the day's in the folder of plans.
    """

    book: str
    at: time
    grace: timedelta
    settings: str | None = None
    file: Path | None = None


class PlanSource:
    """Looks at the clock whenever the desk asks; it has no candidates of its own accord."""

    def __init__(self, brief: Brief, means: Means) -> None:
        self._brief = brief
        self._means = means
        self._put: Put = lambda _: None

    @property
    def watching(self) -> tuple[str, ...]:
        """Nothing: the desk asks for the prices of what it is about to order."""
        return ()

    async def start(self, put: Put) -> None:
        """Note whom to tell."""
        self._put = put

    async def offer(self) -> ev.Unavailable:
        """Open or refuse the day's plan if its time has come; a plan is no offer."""
        now = self._means.clock.now()
        if self._due(now):
            self._put(self._decision(now))
        reason = _("a plan is carried out at its time")
        return ev.Unavailable(at=now, query=ev.Query.SEARCH, key=self._brief.book, reason=reason)

    async def stop(self) -> None:
        """Nothing is held."""

    def _due(self, now: datetime) -> bool:
        """Whether there is something to say: not before its time, not once it is over."""
        known = self._means.state.plans.get(self._brief.book)
        over = known is not None and known.day == self._means.session.day and bool(known.over)
        return now >= self._opening and not over

    @property
    def _opening(self) -> datetime:
        return datetime.combine(self._means.session.day, self._brief.at, KST)

    def _decision(self, now: datetime) -> ev.Event:
        means, brief = self._means, self._brief
        day = means.session.day
        file = brief.file or plan_file(means.plans, day, brief.book)
        no: No | None = No.UNPREPARED
        plan: Plan | None = None
        if file.exists():
            try:
                plan = read_plan(file)
            except DataError:
                no = No.BROKEN
            else:
                no = objection(
                    plan, means.state,
                    venue=means.venue, account=means.account, day=day,
                    calendar=means.state.calendar, settings=brief.settings,
                )  # fmt: skip
        late = now > self._opening + brief.grace
        begun = self._begun(day)
        if plan is None or no is not None or (late and not begun):
            reason = no or No.LATE
            return ev.PlanRefused(at=now, book=brief.book, plan=file.name, day=day, reason=reason)
        return opened(plan, file, now, now if late else now + WITHIN)

    def _begun(self, day: date) -> bool:
        known = self._means.state.plans.get(self._brief.book)
        return known is not None and known.day == day and bool(known.begun)


def opened(plan: Plan, file: Path, at: datetime, until: datetime) -> ev.PlanOpened:
    """Return the event that has the desk carry out a plan."""
    return ev.PlanOpened(
        at=at,
        book=plan.name,
        plan=file.name,
        day=plan.day,
        fingerprint=plan.fingerprint,
        buys=tuple(
            ev.Candidate(
                line.listed,
                0,
                quantity=line.quantity,
                reason="plan",
                exits=plan.exits,
                close=line.price,
            )
            for line in plan.buys
        ),
        sells=tuple(line.code for line in plan.sells),
        until=until,
    )
