"""The broker's time beside ours: bounds that no delay can turn into a false alarm."""

import json
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st
from tests.kis.broker import OK, Broker, FakeClock

from maemae.kis import KisClient
from maemae.kis.server_time import ServerTime

ZERO = timedelta(0)


class Ours:
    """Our clock, moved by hand: venue time plus what it is wrong by."""

    def __init__(self, true: datetime, wrong: timedelta = ZERO) -> None:
        self.true, self.wrong = true, wrong

    def now(self) -> datetime:
        return self.true + self.wrong

    def monotonic(self) -> float:
        return self.true.timestamp()

    async def sleep(self, seconds: float) -> None:
        raise AssertionError("nobody sleeps here")


def seconds(least: float, most: float) -> st.SearchStrategy[timedelta]:
    return st.floats(least, most).map(lambda value: timedelta(seconds=value))


def compared(
    start: datetime, wrong: timedelta, there: timedelta, back: timedelta
) -> tuple[timedelta, timedelta]:
    """Ask a server whose clock is right; return what is certain, and the bounds' width."""
    ours = Ours(start, wrong)
    server_time = ServerTime(ours)
    asked = server_time.now()
    stated = format_datetime((start + there).astimezone(UTC), usegmt=True)
    ours.true = start + there + back
    server_time.replied(stated, asked)
    assert server_time.ahead is not None
    assert server_time.ahead.least <= wrong <= server_time.ahead.most
    return server_time.ahead.certain, server_time.ahead.most - server_time.ahead.least


MOMENTS = st.floats(0, 365).map(
    lambda days: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=days)
)


@given(MOMENTS, seconds(-90, 90), seconds(0, 20), seconds(0, 20))
def test_what_is_certain_is_never_more_than_what_the_clock_is_off_by(
    start: datetime, wrong: timedelta, there: timedelta, back: timedelta
) -> None:
    certain, width = compared(start, wrong, there, back)
    assert abs(certain) <= abs(wrong)
    assert certain * wrong.total_seconds() >= ZERO
    assert abs(certain) >= abs(wrong) - width


@given(MOMENTS, seconds(0, 60), seconds(0, 60))
def test_a_right_clock_is_never_called_wrong_however_slow_the_answer(
    start: datetime, there: timedelta, back: timedelta
) -> None:
    assert compared(start, ZERO, there, back)[0] == ZERO


def test_a_push_bounds_where_no_reply_states_a_time() -> None:
    true = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
    behind = Ours(true, timedelta(seconds=-40))
    server_time = ServerTime(behind)
    server_time.pushed(true)
    assert server_time.ahead is not None
    assert server_time.ahead.certain == timedelta(seconds=-40)
    ahead = ServerTime(Ours(true, timedelta(seconds=40)))
    ahead.pushed(true)
    assert ahead.ahead is not None
    assert ahead.ahead.certain == timedelta(seconds=29)  # It may have been ten under way.


def test_a_push_does_not_replace_the_sharper_bounds_of_a_reply_until_they_are_old() -> None:
    ours = Ours(datetime(2026, 11, 20, 9, 30, tzinfo=UTC))
    server_time = ServerTime(ours)
    server_time.replied(format_datetime(ours.true, usegmt=True), ours.true)
    kept = server_time.ahead
    server_time.pushed(ours.true - timedelta(hours=1))
    assert server_time.ahead == kept
    ours.true += timedelta(seconds=30)
    server_time.pushed(ours.true)
    assert server_time.ahead != kept


@pytest.mark.parametrize("header", ["", "yesterday", "Thu, 99 Foo 2026 00:00:00 GMT"])
def test_a_header_that_is_no_date_says_nothing(header: str) -> None:
    server_time = ServerTime(Ours(datetime(2026, 11, 20, tzinfo=UTC)))
    server_time.replied(header, datetime(2026, 11, 20, tzinfo=UTC))
    assert server_time.ahead is None


async def test_every_reply_and_pingpong_of_the_client_is_held_against_its_clock(
    broker: Broker, kis: KisClient, clock: FakeClock
) -> None:
    def late(_: web.Request) -> web.Response:
        stated = format_datetime(clock.now().astimezone(UTC) + timedelta(minutes=2), usegmt=True)
        return web.json_response({**OK, "output": {}}, headers={"Date": stated})

    broker.answer("inquire-psbl-order", late)
    assert kis.server_time.ahead is None
    with pytest.raises(Exception, match="lacks the field"):
        await kis.buying_power("005930", None)
    assert kis.server_time.ahead is not None
    assert timedelta(seconds=-121) <= kis.server_time.ahead.certain <= timedelta(seconds=-119)

    await kis.stream.start()
    await clock.sleep(60)
    said = (clock.now() + timedelta(seconds=8)).strftime("%Y%m%d%H%M%S")
    await broker.say(json.dumps({"header": {"tr_id": "PINGPONG", "datetime": said}}))
    await kis.stream.received(1)
    assert kis.server_time.ahead.certain == timedelta(seconds=-8)
