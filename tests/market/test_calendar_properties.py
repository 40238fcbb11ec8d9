"""What holds of the trading calendar on any days."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from maemae.market.calendar import krx

DAYS = st.dates(date(2005, 1, 1), date(2026, 12, 1))
STEPS = st.integers(1, 300)


@given(DAYS)
def test_there_is_no_session_between_a_day_and_its_next_session(day: date) -> None:
    calendar = krx()
    after, before = calendar.next_session(day), calendar.previous_session(day)
    assert before < day < after
    between = [before + timedelta(days=n) for n in range(1, (after - before).days)]
    assert {one for one in between if calendar.is_session(one)} <= {day}


@given(DAYS, DAYS, DAYS)
def test_sessions_of_two_spans_are_those_of_both_together(a: date, b: date, c: date) -> None:
    calendar = krx()
    first, middle, last = sorted([a, b, c])
    whole = calendar.sessions(first, last)
    rest = calendar.sessions(middle + timedelta(days=1), last) if middle < last else ()
    assert (*calendar.sessions(first, middle), *rest) == whole


@given(DAYS, STEPS)
def test_as_many_sessions_back_as_forth_lead_home(day: date, steps: int) -> None:
    calendar = krx()
    home = calendar.next_session(day)
    there = calendar.offset(home, steps) if home.year < 2025 else calendar.offset(home, -steps)
    back = -steps if home.year < 2025 else steps
    assert calendar.offset(there, back) == home
    assert len(calendar.sessions(min(home, there), max(home, there))) == steps + 1
