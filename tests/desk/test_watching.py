"""Names that are held without a place on the stream: their prices are asked for."""

from dataclasses import replace
from datetime import timedelta

import pytest
from tests.desk.table import Table, rules

from maemae.desk import commands as cmd
from maemae.desk import events as ev
from maemae.desk.desk import Desk

FIRST, SECOND = "005930", "000660"
SOON = timedelta(seconds=3)


@pytest.fixture
def it() -> Table:
    """Two names held, and one place on the stream."""
    it = Table(Desk(replace(rules(), streamed=1)))
    it.open()
    for number, code in enumerate((FIRST, SECOND), start=1):
        it.bought(code, number)
        it.say(ev.Price(at=it.now, code=code, price=10_000, polled=True))
    return it


def test_the_youngest_has_no_place_and_is_looked_at_soon(it: Table) -> None:
    assert it.desk.beyond == (SECOND,)
    assert cmd.Watch((FIRST, SECOND)) in it.commands
    assert [one.at - it.now for one in it.commands if one == cmd.Wake("prices", it.now + SOON)]


def test_its_price_is_asked_for_every_few_seconds_and_that_of_the_other_is_not(it: Table) -> None:
    for _ in range(3):
        said = it.say(ev.Timer(at=it.later(3), name="prices"))
        assert [one.key for one in said if isinstance(one, cmd.Ask)] == [SECOND]
        assert cmd.Wake("prices", it.now + SOON) in said
        it.say(ev.Price(at=it.now, code=SECOND, price=10_000, polled=True))
        it.price(FIRST, 10_000)


def test_an_answer_beyond_its_stop_sells_it(it: Table) -> None:
    it.later(3)
    said = it.say(ev.Price(at=it.now, code=SECOND, price=9_850, polled=True))
    assert [one.code for one in said if isinstance(one, cmd.Send)] == [SECOND]


def test_with_a_place_for_all_nothing_is_asked_but_what_is_old() -> None:
    it = Table(Desk(rules()))
    it.open()
    it.bought(FIRST)
    it.say(ev.Price(at=it.now, code=FIRST, price=10_000, polled=True))
    assert it.desk.beyond == ()
    said = it.say(ev.Timer(at=it.later(3), name="prices"))
    assert not [one for one in said if isinstance(one, cmd.Ask)]
    assert cmd.Wake("prices", it.now + timedelta(seconds=15)) in said
