"""Whether a plan may be carried out: every reason against it, by a word that faces translate."""

from datetime import date
from enum import StrEnum

from maemae.desk.state import State
from maemae.market.calendar import Calendar
from maemae.trader.plans.plan import Plan


class No(StrEnum):
    """Why a plan is not carried out."""

    OTHER_VENUE = "other_venue"
    OTHER_ACCOUNT = "other_account"
    WRONG_DAY = "wrong_day"
    STALE = "stale"
    """It was decided on another close than the last one before its day."""
    DONE = "done"
    """The ledger says that it was carried out, or skipped, already."""
    CHANGED = "changed"
    """It is not the plan that the ledger knows to have been prepared (or begun)."""
    SETTINGS = "settings"
    """The settings of its book were changed since."""
    LATE = "late"
    """Its time has passed by more than the grace period."""
    MISSED = "missed"
    """Its day has passed without maemae running."""
    UNPREPARED = "unprepared"
    BROKEN = "broken"
    """The file cannot be read."""


def objection(
    plan: Plan,
    state: State,
    *,
    venue: str,
    account: str,
    day: date,
    calendar: Calendar,
    settings: str | None = None,
) -> No | None:
    """Return the first reason why a plan may not be carried out on a day, or None.

    Args:
        plan: as read from its file.
        state: what the ledger adds up to.
        venue: where the orders would go.
        account: whose they would be.
        day: the trading day in hand.
        calendar: trading days.
        settings: fingerprint of the book's settings of now; None where there is no such book.
    """
    known = state.plans.get(plan.name)
    mine = known if known is not None and known.day == plan.day else None
    reasons = {
        No.OTHER_VENUE: plan.venue != venue,
        No.OTHER_ACCOUNT: not plan.is_for(account),
        No.WRONG_DAY: plan.day != day,
        No.STALE: plan.data_day != calendar.previous_session(plan.day),
        No.DONE: mine is not None and bool(mine.over),
        No.CHANGED: mine is None or plan.fingerprint != (mine.begun or mine.prepared),
        No.SETTINGS: settings is not None and plan.settings != settings,
    }
    return next((reason for reason, holds in reasons.items() if holds), None)
