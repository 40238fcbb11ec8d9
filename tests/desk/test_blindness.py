"""What is asked for and not had is said within a minute, once, and once when it is over."""

from dataclasses import replace
from datetime import timedelta

import pytest
from tests.desk.table import Table, rules

from maemae.desk import commands as cmd
from maemae.desk import events as ev
from maemae.desk import records as rec
from maemae.desk.desk import Desk
from maemae.desk.records import Listed
from maemae.desk.sights import Sight


@pytest.fixture
def table() -> Table:
    table = Table(Desk(rules()))
    table.open()
    return table


def said(table: Table) -> list[str]:
    return [
        f"{r.__struct_config__.tag} {r.sight} {r.book}".rstrip()
        for r in table.records
        if isinstance(r, rec.Blinded | rec.SeenAgain)
    ]


def fail(table: Table, seconds: int, query: ev.Query, key: str = "") -> None:
    """Let a question fail and be asked again, as the desk wants it, for so long."""
    end = table.now + timedelta(seconds=seconds)
    while table.now < end:
        table.say(ev.Unavailable(at=table.now, query=query, key=key, reason="HTTP 500"))
        table.later(4)
        names = {ev.Query.SEARCH: f"search:{key}", ev.Query.BALANCE: "balance"}
        if query in names:
            table.say(ev.Timer(at=table.now, name=names[query]))


@pytest.mark.parametrize(("query", "key"), [(ev.Query.SEARCH, "scalper"), (ev.Query.BALANCE, "")])
def test_a_question_that_goes_on_failing_is_said_within_a_minute_and_once(
    table: Table, query: ev.Query, key: str
) -> None:
    began = table.now
    fail(table, 1200, query, key)
    assert said(table) == [f"blinded {query} {key}".rstrip()]
    blinded = next(r for r in table.records if isinstance(r, rec.Blinded))
    assert blinded.at - began <= timedelta(seconds=60)
    assert (Sight(query.value), key) in table.desk.state.unseen


def test_at_sixty_times_the_clock_a_question_has_two_real_seconds() -> None:
    table = Table(Desk(replace(rules(), pace=60)))
    table.open()
    fail(table, 110, ev.Query.SEARCH, "scalper")
    assert said(table) == []
    fail(table, 20, ev.Query.SEARCH, "scalper")
    assert said(table) == ["blinded search scalper"]


def test_the_first_answer_says_that_it_is_over(table: Table) -> None:
    fail(table, 120, ev.Query.SEARCH, "scalper")
    table.offer()
    assert said(table) == ["blinded search scalper", "seen_again search scalper"]
    assert table.desk.state.unseen == {}


def test_a_question_that_failed_once_is_no_news(table: Table) -> None:
    table.say(ev.Unavailable(at=table.now, query=ev.Query.EXECUTIONS, reason="HTTP 500"))
    for _ in range(20):
        table.later(10)
        table.say(ev.Timer(at=table.now, name="sight"))
    assert said(table) == []


def test_nor_is_what_the_venue_does_not_offer(table: Table) -> None:
    for _ in range(20):
        table.later(10)
        table.say(
            ev.Unavailable(at=table.now, query=ev.Query.EXECUTIONS, reason="x", permanent=True)
        )
    assert said(table) == []


def test_no_strategy_enters_while_the_balance_or_its_own_search_is_not_seen(table: Table) -> None:
    table.offer("005930", price=0)
    fail(table, 60, ev.Query.BALANCE)
    table.commands.clear()
    table.say(ev.Timer(at=table.now, name="signal:scalper"))
    assert not [c for c in table.commands if isinstance(c, cmd.Ask) and c.key == "005930"]
    table.balance(table.desk.state.cash)
    table.say(ev.Timer(at=table.now, name="signal:scalper"))
    assert [c for c in table.commands if isinstance(c, cmd.Ask) and c.key == "005930"]


def test_an_entry_under_way_is_let_go_when_the_balance_is_not_seen_any_more(table: Table) -> None:
    """Buying power was asked for before that was said, and is answered after it."""
    fail(table, 28, ev.Query.BALANCE)
    table.offer("005930")
    assert table.asks()[-1] is ev.Query.POWER
    table.later(3)
    table.say(ev.Timer(at=table.now, name="sight"))
    assert said(table) == ["blinded balance"]
    table.power("005930")
    assert not table.sends()
    table.balance(table.desk.state.cash)
    table.offer("005930")
    table.power("005930")
    assert len(table.sends()) == 1


def test_a_book_whose_search_is_not_seen_leaves_the_others_to_enter() -> None:
    """Its own name is let go; that of the other book comes after it."""
    one = rules()
    table = Table(
        Desk(replace(one, books=dict.fromkeys(("other", "scalper"), one.books["scalper"])))
    )
    table.open()
    table.offer("005930")
    offers = (ev.Candidate(Listed(code="000660", name="000660"), 10_000),)
    table.say(ev.Candidates(at=table.now, book="other", offers=offers))
    fail(table, 40, ev.Query.SEARCH, "scalper")
    assert "blinded search scalper" in said(table)
    for code in ("005930", "000660"):
        table.price(code, 10_000)
        table.power(code)
    assert [send.code for send in table.sends()] == ["000660"]


def test_a_hundred_quotes_that_are_missing_are_one_line(table: Table) -> None:
    codes = tuple(f"{n:06}" for n in range(117))
    for _ in range(10):
        table.say(ev.Sighted(at=table.now, sight=Sight.QUOTES, key="scalper", missing=codes))
        table.later(20)
    assert said(table) == ["blinded quotes scalper"]
    assert next(r for r in table.records if isinstance(r, rec.Blinded)).keys == codes
    table.say(ev.Sighted(at=table.now, sight=Sight.QUOTES, key="scalper"))
    assert said(table)[-1] == "seen_again quotes scalper"


def test_a_stream_that_stays_down_is_said_and_that_it_is_back(table: Table) -> None:
    table.inquire()
    table.say(ev.StreamChanged(at=table.now, up=False, reason="reset"))
    table.later(31)
    table.say(ev.Timer(at=table.now, name="sight"))
    table.say(ev.StreamChanged(at=table.later(), up=True))
    assert said(table) == ["blinded stream", "seen_again stream"]


def test_what_was_unseen_before_a_restart_is_over_with_the_first_answer(table: Table) -> None:
    fail(table, 120, ev.Query.BALANCE)
    again = Table(Desk(rules(), table.records), now=table.now)
    again.start()
    assert again.desk.state.unseen.keys() == {(Sight.BALANCE, "")}
    again.balance(10_000_000)
    assert said(again) == ["seen_again balance"]


def test_what_is_not_asked_for_any_more_is_not_missing_for_ever(table: Table) -> None:
    fail(table, 60, ev.Query.POWER, "005930")
    for _ in range(10):
        table.later(20)
        table.say(ev.Timer(at=table.now, name="sight"))
    assert said(table) == ["blinded power", "seen_again power"]
    over = table.records[-1]
    assert isinstance(over, rec.SeenAgain)
    assert not over.answered


def test_old_ledgers_know_of_nothing_unseen() -> None:
    assert Desk(rules()).state.unseen == {}
