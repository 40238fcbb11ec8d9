"""A notice without an order number, or one that nobody can read: what it told of is asked for."""

import pytest
from tests.desk.table import Table

from maemae import kis
from maemae.desk import events as ev
from maemae.trader.wire import NOTICE_FEEDS, stream_event

CODE = "005930"


@pytest.mark.parametrize("feed", NOTICE_FEEDS)
def test_the_wire_says_that_there_was_one(table: Table, feed: str) -> None:
    told: list[ev.Event] = []
    listen = stream_event(lambda: table.now, told.append)
    listen(kis.Rejected(feed, "no order number"))
    listen(kis.Rejected("H0STCNT0", "no price"))
    assert told == [ev.NoticeUnread(at=table.now, detail=feed)]


def test_the_fill_that_it_told_of_is_found_and_entries_wait_until_then(table: Table) -> None:
    table.open()
    table.inquire()
    intent = table.bought(CODE)
    del intent
    table.commands.clear()
    table.say(ev.NoticeUnread(at=table.later(), detail="H0STCNI0"))
    assert {ev.Query.EXECUTIONS, ev.Query.BALANCE} <= set(table.asks())
    table.offer("000660")
    assert ev.Query.POWER not in table.asks()
    table.say(ev.NoticeUnread(at=table.later(), detail="H0STCNI0"))
    assert table.incidents().count("notice_unread") == 1
    table.inquire(*table.known())
    table.offer("000660")
    assert ev.Query.POWER in table.asks()
