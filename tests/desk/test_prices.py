"""What the desk does about prices that cannot be true, and about those that do not come."""

from dataclasses import replace
from typing import Any

import pytest
from tests.desk.table import OPENS, Table, rules

from maemae.desk import commands as cmd
from maemae.desk import events as ev
from maemae.desk import records as rec
from maemae.desk.desk import Desk
from maemae.desk.plausibility import DayRange
from maemae.desk.prices import Quote

CODE = "005930"
DAY = DayRange(base=10_000, lower=7_000, upper=13_000)


def holding(pace: float = 1.0) -> Table:
    """100 shares bought at 10,000 won, stop at one percent, the day's limits known."""
    it = Table(Desk(replace(rules(), pace=pace)))
    it.open()
    it.bought()
    answer = ev.Price(at=it.later(), code=CODE, price=10_000, polled=True, day=DAY)
    it.say(answer)
    return it


def trade(it: Table, price: int, **more: Any) -> list[cmd.Command]:
    """A trade as it comes, with nobody to confirm it."""
    turn = it.desk.step(replace(ev.Price(at=it.later(), code=CODE, price=price), **more))
    it.records += turn.records
    it.commands += turn.commands
    return turn.commands


def told(it: Table) -> list[tuple[str, str]]:
    return [(one.kind, one.detail) for one in it.records if isinstance(one, rec.Incident)]


@pytest.mark.parametrize(
    ("price", "detail"),
    [
        (0, "005930: 0 (10,000)"),
        (-9_800, "005930: -9,800 (10,000)"),
        (3_000, "005930: 3,000 (7,000~13,000)"),
        (20_000, "005930: 20,000 (7,000~13,000)"),
    ],
)
def test_an_impossible_price_sells_nothing_and_is_said_once(price: int, detail: str) -> None:
    it = holding()
    for _ in range(3):
        assert not [one for one in trade(it, price) if isinstance(one, cmd.Send)]
    assert it.desk.quotes[CODE].price == 10_000
    assert told(it) == [("price_wrong", detail)]
    assert cmd.Ask(ev.Query.PRICE, CODE) in it.commands


def test_it_is_said_when_a_names_prices_are_right_again() -> None:
    it = holding()
    trade(it, 0)
    trade(it, 10_000)
    assert len(told(it)) == 1
    it.later(60)
    trade(it, 10_000)
    assert told(it)[1:] == [("price_right", "005930: 1")]


def test_a_crash_sells_when_the_broker_or_the_next_trade_confirms_it() -> None:
    for confirm in (True, False):
        it = holding()
        first = trade(it, 8_500)
        assert first == [cmd.Ask(ev.Query.PRICE, CODE)]
        second = trade(it, 8_490, polled=confirm)
        assert [one.side.value for one in second if isinstance(one, cmd.Send)] == ["sell"]


def test_a_wrong_price_is_no_highest_price_and_no_loss() -> None:
    it = holding()
    for price in (12_900, 7_100, 0, 10_010):
        trade(it, price)
    assert it.desk.day_result() == 100 * 10 - it.desk.state.costs.total
    assert not [one for one in it.records if isinstance(one, rec.Peaked)]


@pytest.mark.parametrize("price", [0, 3_000, 8_000])
def test_a_balance_alone_sells_nothing_at_a_price_like_that(price: int) -> None:
    it = holding()
    it.later(31)
    held = (ev.Holding(code=CODE, quantity=100, price=price),)
    state = it.desk.state
    it.say(ev.Balance(at=it.now, cash=state.cash, holdings=held, asked=state.version))
    assert len(it.sends()) == 1
    assert it.desk.quotes[CODE].price == 10_000


@pytest.mark.parametrize("answers", [1, 2])
@pytest.mark.parametrize("rows", [1, 2, 3])
def test_one_balance_is_one_witness_however_often_it_has_a_name(rows: int, answers: int) -> None:
    """Seed 71200046: two lines of a name that was sold out, both with a price that jumped."""
    it = Table(Desk(rules()))
    it.open()
    it.tell(CODE, 10_000)
    for _ in range(answers):
        it.later(31)
        held = rows * (ev.Holding(code=CODE, quantity=0, price=8_000),)
        state = it.desk.state
        it.say(ev.Balance(at=it.now, cash=state.cash, holdings=held, asked=state.version))
    assert it.desk.quotes[CODE].price == (10_000 if answers == 1 else 8_000)


@pytest.mark.parametrize("rows", [1, 2, 3])
def test_one_search_is_one_witness_however_often_it_has_a_name(rows: int) -> None:
    it = Table(Desk(rules()))
    it.open()
    it.tell(CODE, 10_000)
    it.offer(*rows * (CODE,), price=8_000)
    assert it.desk.quotes[CODE].price == 10_000


def test_an_offer_with_a_wrong_price_is_shown_without_it_and_asked_for() -> None:
    it = Table(Desk(rules()))
    it.open()
    it.say(ev.Price(at=it.now, code=CODE, price=10_000, polled=True, day=DAY))
    it.later(61)
    offer = ev.Candidate(rec.Listed(code=CODE), 100)
    turn = it.desk.step(ev.Candidates(at=it.now, book="scalper", offers=(offer,)))
    assert [one.price for one in it.desk.entries.offers["scalper"]] == [0]
    assert cmd.Ask(ev.Query.PRICE, CODE) in turn.commands
    assert not [one for one in turn.commands if one == cmd.Ask(ev.Query.POWER, CODE)]


def test_a_late_notice_takes_no_newer_price_away() -> None:
    it = holding()
    trade(it, 10_020, traded=it.now)
    it.notice(1, CODE, 1, 9_990, executed=it.now.replace(microsecond=0) - (it.now - OPENS))
    assert it.desk.quotes[CODE].price == 10_020


def test_a_held_name_without_a_price_is_asked_for_and_said_and_so_is_its_return() -> None:
    it = holding()
    for _ in range(4):
        it.say(ev.Timer(at=it.later(15), name="prices"))
    assert told(it) == [("price_missing", "005930: 45 s")]
    it.price(CODE, 10_010)
    assert told(it)[1:] == [("price_back", CODE)]
    assert it.desk.quotes[CODE] == Quote(10_010, it.now)


def test_in_a_day_at_sixty_times_the_clock_an_answer_has_its_real_time() -> None:
    it = holding(pace=60)
    for _ in range(7):
        it.say(ev.Timer(at=it.later(15), name="prices"))
    assert told(it) == [], "105 s there are less than two here"
    it.say(ev.Timer(at=it.later(15), name="prices"))
    assert told(it) == [("price_missing", "005930: 120 s")]


def test_the_rows_of_balances_are_no_news_of_a_price() -> None:
    it = holding()
    row = (ev.Holding(code=CODE, quantity=100, price=10_000),)
    for _ in range(4):
        it.say(ev.Timer(at=it.later(15), name="prices"))
        state = it.desk.state
        it.say(ev.Balance(at=it.now, cash=state.cash, holdings=row, asked=state.version))
    assert cmd.Ask(ev.Query.PRICE, CODE) in it.commands
    assert told(it) == [("price_missing", "005930: 45 s")]


def test_the_limits_of_held_names_are_asked_for_once_after_the_open() -> None:
    it = Table(Desk(rules()))
    it.open()
    it.bought()
    it = Table(Desk(rules(), it.records), now=it.later())
    it.start()
    question = cmd.Ask(ev.Query.PRICE, CODE)
    assert question in it.say(ev.Timer(at=it.later(15), name="prices"))
    it.say(ev.Price(at=it.later(), code=CODE, price=10_000, polled=True, day=DAY))
    assert question not in it.say(ev.Timer(at=it.later(14), name="prices"))


def test_buying_power_for_a_name_without_a_price_ends_nothing() -> None:
    it = Table(Desk(rules()))
    it.open()
    offer = ev.Candidate(rec.Listed(code=CODE), 10_000)
    it.desk.step(ev.Candidates(at=it.now, book="scalper", offers=(offer,)))
    it.power(CODE)
    assert it.sends() == []
    it.say(ev.Price(at=it.later(), code=CODE, price=10_000, polled=True, day=DAY))
    it.power(CODE)
    assert len(it.sends()) == 1


def test_an_entry_waits_for_the_second_answer_about_a_first_price_far_from_the_base() -> None:
    it = Table(Desk(rules()))
    it.open()
    offer = ev.Candidate(rec.Listed(code=CODE), 0)
    it.desk.step(ev.Candidates(at=it.now, book="scalper", offers=(offer,)))
    answer = ev.Price(at=it.later(), code=CODE, price=11_470, polled=True, day=DAY)
    assert cmd.Ask(ev.Query.PRICE, CODE) in it.desk.step(answer).commands
    turn = it.desk.step(replace(answer, at=it.later()))
    assert cmd.Ask(ev.Query.POWER, CODE) in turn.commands
    it.power(CODE)
    assert len(it.sends()) == 1


def test_an_entry_whose_price_stays_impossible_holds_up_no_other() -> None:
    it = Table(Desk(rules()))
    it.open()
    offers = tuple(ev.Candidate(rec.Listed(code=code), 0) for code in (CODE, "000660"))
    it.desk.step(ev.Candidates(at=it.now, book="scalper", offers=offers))
    for _ in range(2):
        wrong = ev.Price(at=it.later(), code=CODE, price=0, polled=True, day=DAY)
        turn = it.desk.step(wrong)
    assert cmd.Ask(ev.Query.PRICE, "000660") in turn.commands
