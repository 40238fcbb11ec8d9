"""A wrong clock is an incident, and halts entries when it is far off."""

from datetime import timedelta

import pytest
from tests.desk.table import Table, rules

from maemae.desk import events as ev
from maemae.desk.desk import Desk
from maemae.desk.records import Halt


def compare(table: Table, seconds: float) -> None:
    table.later()
    table.say(ev.ClockCompared(at=table.now, ahead=timedelta(seconds=seconds)))


@pytest.mark.parametrize(
    ("seconds", "incidents", "halt"),
    [
        (0, 0, Halt.NONE),
        (3, 0, Halt.NONE),
        (-3, 0, Halt.NONE),
        (3.001, 1, Halt.NONE),
        (-4, 1, Halt.NONE),
        (5, 1, Halt.NONE),
        (-5.001, 1, Halt.ENTRIES),
        (3600, 1, Halt.ENTRIES),
    ],
)
def test_what_a_clock_that_is_off_leads_to(
    table: Table, seconds: float, incidents: int, halt: Halt
) -> None:
    table.open()
    compare(table, seconds)
    assert table.incidents() == ["clock"] * incidents
    assert table.desk.state.halt is halt


def test_it_is_said_once_until_the_clock_was_right_again(table: Table) -> None:
    table.open()
    for seconds in (4, 4, -4, 0, 4):
        compare(table, seconds)
    assert table.incidents() == ["clock", "clock"]


def test_the_direction_is_named(table: Table) -> None:
    table.open()
    compare(table, -7.25)
    detail = table.records[-2].detail  # type: ignore[attr-defined]
    assert detail == "-7.2 s"


def test_nothing_is_entered_and_exits_go_on_until_a_person_resumes(table: Table) -> None:
    table.open()
    table.bought()
    compare(table, 60)
    table.offer("000660")
    assert len(table.sends()) == 1
    table.price("005930", 9_000)
    assert len(table.sends()) == 2
    table.say(ev.HaltOrdered(at=table.now, level=Halt.NONE, reason="set by hand"))
    compare(table, 60)
    assert table.desk.state.halt is Halt.ENTRIES  # It is still wrong.


def test_a_stricter_halt_is_left_as_it_is(table: Table) -> None:
    table.open()
    table.say(ev.HaltOrdered(at=table.now, level=Halt.ALL, reason="me"))
    compare(table, 60)
    assert table.desk.state.halt is Halt.ALL


def test_the_bounds_are_settings() -> None:
    loose = timedelta(seconds=100)
    table = Table(Desk(rules(clock_off=loose, clock_halt=loose)))
    table.open()
    compare(table, 60)
    assert table.desk.state.halt is Halt.NONE
    assert not table.incidents()
