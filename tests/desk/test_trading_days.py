"""Ages and closes by the days that were really traded; no date stops an exit."""

from datetime import date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maemae.clock import KST
from maemae.desk.exits import exit_reason
from maemae.desk.positions import Position
from maemae.desk.records import CalendarCorrected, DayOpened, Listed
from maemae.desk.state import State
from maemae.desk.terms import Exits
from maemae.errors import DataError
from maemae.market.calendar import Calendar, krx
from maemae.market.costs import CostRules

FIRST = date(2026, 3, 3)
SPAN = [FIRST + timedelta(days=n) for n in range(1, 16)]


def at(day: date, clock: time = time(10)) -> datetime:
    return datetime.combine(day, clock, KST)


def held(since: date, exits: Exits) -> Position:
    return Position(
        book="mine", listed=Listed(code="005930"), quantity=10, paid=100_000, costs=0,
        since=at(since), exits=exits, high=10_000,
    )  # fmt: skip


def due(position: Position, state: State, day: date) -> str | None:
    return exit_reason(position, 10_000, state.rules, at(day), state.calendar)


@given(
    flipped=st.sets(st.sampled_from(SPAN), max_size=6),
    days=st.integers(1, 4),
    told=st.sampled_from(("before", "each day", "opened alone")),
)
def test_a_position_is_sold_on_the_nth_day_that_was_really_traded(
    flipped: set[date], days: int, told: str
) -> None:
    """Told by the inquiry before, on each morning, or (openings alone) by the trading itself."""
    if told == "opened alone":
        flipped = {day for day in flipped if not krx().is_session(day)}
    real = krx().corrected({day: not krx().is_session(day) for day in flipped})
    state, position = State(CostRules.REAL), held(FIRST, Exits(days=days))
    if told == "before":
        state.apply(CalendarCorrected(at=at(FIRST), days={d: real.is_session(d) for d in flipped}))
    trading = real.sessions(FIRST, SPAN[-1])
    for number, day in enumerate(trading):
        if told == "each day":
            said = {one: real.is_session(one) for one in SPAN if one <= day}
            state.apply(CalendarCorrected(at=at(day), days=said))
        state.apply(DayOpened(at=at(day), day=day, cash=0))
        assert due(position, state, day) == ("max_holding" if number >= days else None)
    again = State(CostRules.REAL)
    for day in trading:
        again.apply(DayOpened(at=at(day), day=day, cash=0))
    assert all(again.calendar.is_session(day) for day in trading)


EXITS = (Exits(days=3), Exits(before_close=10), Exits(at=time(15)), Exits(days=1, before_close=5))


@given(day=st.dates(date(2015, 1, 1), date(2100, 12, 31)), exits=st.sampled_from(EXITS),
       before=st.integers(0, 20_000), opened=st.booleans())  # fmt: skip
def test_no_date_keeps_an_exit_from_being_judged(
    day: date, exits: Exits, before: int, opened: bool
) -> None:
    since = max(date(2000, 1, 3), day - timedelta(days=before))
    state, position = State(CostRules.REAL), held(since, exits)
    if opened:
        state.apply(DayOpened(at=at(day), day=day, cash=0))
    due(position, state, day)
    if before > 30 and opened:
        reason = exit_reason(position, 10_000, state.rules, at(day, time(16, 30)), state.calendar)
        assert reason in {"max_holding", "time_of_day"}


def test_beyond_what_is_known_every_weekday_trades_until_the_broker_says_otherwise() -> None:
    ours = krx()
    monday = date(2040, 1, 2)
    with pytest.raises(DataError):
        ours.is_session(monday)
    reaching = ours.reaching(monday)
    assert reaching.is_session(monday)
    assert not reaching.is_session(date(2040, 1, 7))
    assert not reaching.corrected({monday: False}).is_session(monday)
    assert reaching.sessions(ours.first, ours.last) == ours.sessions(ours.first, ours.last)


def test_a_calendar_that_needs_no_correction_stays_itself() -> None:
    ours: Calendar = krx()
    assert ours.corrected({FIRST: True}) is ours
    saturday = date(2026, 3, 7)
    assert ours.corrected({saturday: True}).is_session(saturday)
