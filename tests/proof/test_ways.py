"""What must hold of several days: nothing repeated, nothing forgotten."""

from datetime import date, datetime, time
from typing import Any

import msgspec
import pytest

from maemae.clock import KST
from maemae.desk.records import (
    DayClosed,
    DayOpened,
    Filled,
    Intended,
    Listed,
    PlanBegun,
    PlanEnded,
    PlanPrepared,
    PlanSkipped,
    Record,
    Refused,
)
from maemae.market.calendar import krx
from maemae.market.kinds import Side
from maemae.proof.ways import STOPS, faults, idle, plans_of, sessions, stops

THU, FRI = date(2022, 6, 2), date(2022, 6, 3)


def at(day: date) -> datetime:
    return datetime.combine(day, time(9, 1), KST)


def plan(kind: type[Any], day: date, **more: Any) -> Record:
    found: Record = kind(at=at(day), book="plan", plan="f", day=day, **more)
    return found


def order(day: date, serial: int = 1, code: str = "005930") -> Intended:
    return Intended(
        at=at(day), intent=f"{day:%Y%m%d}-{serial:05d}", book="plan", side=Side.BUY,
        listed=Listed(code=code), quantity=1, reason="plan",
    )  # fmt: skip


def a_day(day: date) -> list[Record]:
    return [
        plan(PlanPrepared, day, fingerprint="x"),
        DayOpened(at=at(day), day=day, cash=1, holdings={}),
        plan(PlanBegun, day, fingerprint="x"),
        order(day),
        order(day, 2, "000660"),
        plan(PlanEnded, day, sent=2),
        DayClosed(at=at(day), day=day),
    ]


def test_a_book_that_trades_nothing_proves_nothing() -> None:
    records = a_day(THU)
    assert idle(records, ["plan"]) == ["plan traded nothing"]
    filled = Filled(at=at(THU), intent=order(THU).intent, quantity=1, amount=1, executed=at(THU))
    assert idle([*records, filled], ["plan", "days"]) == ["days traded nothing"]


def test_days_that_were_lived_through_once_are_right() -> None:
    records = a_day(THU) + a_day(FRI)
    assert faults(records, [THU, FRI], 1) == []
    assert plans_of(records) == {"prepared": 2, "carried out": 2}


@pytest.mark.parametrize(
    ("records", "said"),
    [
        (a_day(THU)[:-1], "no DayClosed of 2022-06-02"),
        ([*a_day(THU), plan(PlanBegun, THU, fingerprint="x")], "PlanBegun"),
        ([*a_day(THU), order(THU, 3)], "ordered 2 times"),
        ([*a_day(THU), plan(PlanSkipped, THU, reason="late")], "2 plans of 2022-06-02"),
        ([one for one in a_day(THU) if not isinstance(one, PlanEnded)], "0 plans of 2022-06-02"),
        ([*a_day(THU), a_day(THU)[1]], "DayOpened"),
    ],
)
def test_what_was_repeated_or_forgotten_is_named(records: list[Record], said: str) -> None:
    assert any(said in one for one in faults(records, [THU], 1))


@pytest.mark.parametrize("more", [(), ("20220602-00001",)])
def test_a_breakout_is_ordered_once_a_day_unless_it_was_refused(more: tuple[str, ...]) -> None:
    orders = [
        msgspec.structs.replace(order(THU, serial), book="breakout", reason="breakout")
        for serial in (1, 2)
    ]
    refused = [Refused(at=at(THU), intent=one, code="APBK0952", message="") for one in more]
    days = [one for one in a_day(THU) if isinstance(one, DayOpened | DayClosed)]
    wrong = faults([*days, *orders, *refused], [THU], 0)
    assert len(wrong) == (not more)


def test_stops_are_in_order_and_spare_no_part_of_the_day() -> None:
    days = sessions(THU, 10, krx())
    assert (days[0], days[1], days[2]) == (THU, FRI, date(2022, 6, 7))  # Monday is a holiday.
    found = stops(days)
    assert len(found) == len(STOPS)
    assert [one.at for one in found] == sorted(one.at for one in found)
    assert [one.at.date() for one in stops(days[:2])] == [THU, THU, FRI]
