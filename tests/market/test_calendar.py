import json
from datetime import date, time, timedelta
from pathlib import Path

import polars as pl
import pytest

from maemae.errors import DataError
from maemae.market.calendar import Session, closure_names, krx


def hours(session: Session) -> tuple[time, time, time, time]:
    return (
        session.opening_auction.time(),
        session.open.time(),
        session.closing_auction.time(),
        session.close.time(),
    )


def test_the_closures_of_the_rule_book(shared: Path) -> None:
    rules = json.loads((shared / "market/krx_rules.json").read_text())["holidays"]
    listed = {date.fromisoformat(row["date"]) for row in rules["weekday_closures"]}
    calendar = krx()
    for text, count in rules["expected_sessions_per_year"].items():
        year = int(text)
        days = calendar.sessions(date(year, 1, 1), date(year, 12, 31))
        assert len(days) == count
        closed = {day for day in calendar.closures if day.year == year}
        assert closed == {day for day in listed if day.year == year}


def test_the_traded_days_of_22_years(shared: Path) -> None:
    """The KOSPI index file holds every traded day; the calendar agrees from 2001 to 2022."""
    index = pl.read_parquet(shared / "data/kr_index_daily.parquet")
    traded = set(index.filter(pl.col("date") >= date(2001, 1, 1))["date"])
    assert set(krx().sessions(date(2001, 1, 1), date(2022, 12, 29))) == traded


@pytest.mark.filterwarnings("ignore")  # the package calls what pandas 3.1 deprecates
def test_exchange_calendars_differs_only_where_it_is_known_to_be_wrong() -> None:
    import exchange_calendars  # noqa: PLC0415 - two seconds

    other = exchange_calendars.get_calendar("XKRX", start="2010-01-01", end="2028-03-01")
    theirs = {stamp.date() for stamp in other.sessions if stamp.year < 2028}
    ours = set(krx().sessions(date(2010, 1, 1), date(2027, 12, 31)))
    election, constitution = date(2026, 6, 3), date(2026, 7, 17)
    assert theirs - ours == {election, constitution, date(2027, 5, 3), date(2027, 7, 19)}
    assert ours - theirs == set()
    opens = other.opens.dt.tz_convert("Asia/Seoul")
    wrong = {
        stamp.date()
        for stamp, at in opens.items()
        if stamp.date() in ours and at.time() != krx().session(stamp.date()).open.time()
    }
    exam_days_it_misses = {
        date(2021, 11, 18), date(2022, 11, 17), date(2023, 11, 16), date(2024, 11, 14),
        date(2025, 11, 13), date(2026, 11, 19), date(2027, 11, 18),
    }  # fmt: skip
    assert wrong == exam_days_it_misses


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (date(2026, 11, 20), (time(8, 30), time(9), time(15, 20), time(15, 30))),
        (date(2026, 1, 2), (time(9, 30), time(10), time(15, 20), time(15, 30))),
        (date(2027, 1, 4), (time(9, 30), time(10), time(15, 20), time(15, 30))),
        (date(2025, 11, 13), (time(9, 30), time(10), time(16, 20), time(16, 30))),
        (date(2016, 7, 29), (time(8), time(9), time(14, 50), time(15))),
        (date(2016, 8, 1), (time(8), time(9), time(15, 20), time(15, 30))),
        (date(2012, 11, 8), (time(9), time(10), time(15, 50), time(16))),
    ],
)
def test_session_hours(day: date, expected: tuple[time, ...]) -> None:
    session = krx().session(day)
    assert hours(session) == expected
    assert session.open.utcoffset() == timedelta(hours=9)


def test_trading_day_arithmetic() -> None:
    calendar = krx()
    thursday, friday, monday = date(2026, 7, 16), date(2026, 7, 17), date(2026, 7, 20)
    assert calendar.next_session(thursday) == monday  # Constitution Day, then the weekend
    assert calendar.previous_session(monday) == thursday
    assert calendar.offset(friday, 1) == monday
    assert calendar.offset(friday, -1) == thursday
    assert calendar.offset(thursday, 0) == thursday
    assert calendar.offset(thursday, 5) == date(2026, 7, 24)
    assert calendar.settlement(thursday) == date(2026, 7, 21)


def test_offset_and_sessions_agree() -> None:
    calendar = krx()
    days = calendar.sessions(date(2026, 1, 1), date(2026, 12, 31))
    assert [calendar.offset(days[0], n) for n in range(len(days))] == list(days)
    assert [calendar.offset(days[-1], -n) for n in range(len(days))] == list(reversed(days))


def test_a_closed_day_is_named() -> None:
    with pytest.raises(DataError, match=r"2026-06-03 is no trading day.*지방선거"):
        krx().session(date(2026, 6, 3))
    with pytest.raises(DataError, match="Saturday"):
        krx().session(date(2026, 11, 21))
    with pytest.raises(DataError, match="no trading day"):
        krx().offset(date(2026, 6, 3), 0)


@pytest.mark.parametrize("day", [date(2000, 12, 31), date(2028, 1, 1)])
def test_days_outside_are_an_error_and_not_closed_days(day: date) -> None:
    with pytest.raises(DataError, match="outside the trading calendar"):
        krx().is_session(day)


def test_an_offset_past_the_end_is_an_error() -> None:
    with pytest.raises(DataError, match="outside the trading calendar"):
        krx().offset(date(2027, 12, 30), 1)


def test_closures_have_names_in_both_languages() -> None:
    korean, english = closure_names("ko"), closure_names("en")
    assert list(korean) == list(english)
    assert korean[date(2026, 7, 17)] == "제헌절"
    assert english[date(2026, 7, 17)] == "Constitution Day"


def test_the_brokers_holiday_inquiry_is_held_against_the_calendar() -> None:
    friday, saturday, election = date(2026, 11, 20), date(2026, 11, 21), date(2026, 6, 3)
    answer = {friday: True, saturday: False, election: False, date(2030, 1, 1): True}
    assert krx().disagreements(answer) == []
    assert krx().disagreements(answer | {friday: False, election: True}) == [election, friday]
