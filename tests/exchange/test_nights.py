"""Several days in a row: by steps, by the clock, and to the end of what is known."""

import asyncio
import json
from datetime import date, time, timedelta

from tests.exchange.conftest import (
    DAY,
    LISTINGS,
    Client,
    FixedSource,
    Serve,
    make_exchange,
    pass_time,
)

from maemae.exchange import control
from maemae.exchange.listing import Listing
from maemae.exchange.moment import Moment, moment_at
from maemae.exchange.protocol.feed import Session
from maemae.exchange.simulation import Exchange
from maemae.exchange.sources import SyntheticSource
from maemae.exchange.timekeeper import Timekeeper
from maemae.market.calendar import krx

FRIDAY = date(2024, 3, 8)


class Leaving(FixedSource):
    """An instrument that is gone on the second day."""

    def listings(self, day: date) -> list[Listing]:
        return LISTINGS if day == DAY else LISTINGS[1:]


def _at(day: date, clock_time: str) -> Moment:
    return moment_at(day, time.fromisoformat(clock_time))


def _times(first: date, days: int) -> list[Moment]:
    """Return four times of each of so many trading days."""
    calendar = krx()
    return [
        _at(calendar.offset(first, number) if number else first, text)
        for number in range(days)
        for text in ("08:55", "09:30", "13:00", "15:25")
    ]


def _listen(client: Client, *feeds: tuple[str, str]) -> list[str]:
    """Register for feeds on a session; return where its texts go."""
    texts: list[str] = []
    exchange, me = client.exchange, client.customer
    session: Session = exchange.open_session(client.personality, texts.append)
    approval = client.raw(
        "POST", "/oauth2/Approval", "", APPKEY=me.app_key, SECRETKEY=me.app_secret
    )["approval_key"]
    for tr_id, key in feeds:
        header = {"approval_key": approval, "custtype": "P", "tr_type": "1"}
        body = {"input": {"tr_id": tr_id, "tr_key": key}}
        exchange.receive(session, json.dumps({"header": header, "body": body}))
    texts.clear()
    return texts


def test_a_step_goes_through_night_and_weekend_to_the_next_open() -> None:
    client = Client(make_exchange(day=FRIDAY, at="15:00"))
    exchange = client.exchange
    client.order("buy", "000010", 10)
    texts = _listen(client, ("H0STCNT0", "000010"))
    pass_time(exchange, "15:31")
    texts.clear()
    saturday, monday = FRIDAY + timedelta(days=1), FRIDAY + timedelta(days=3)
    assert exchange.step(_at(saturday, "12:00")) == _at(saturday, "12:00")
    assert (exchange.day, exchange.end) == (FRIDAY, _at(FRIDAY, "18:10"))
    assert client.order("sell", "000010", 10)["msg_cd"] == "APBK0919"
    reached = exchange.step(_at(monday, "12:00"))
    # The registration lives on: the first message is the trade of the opening auction.
    assert (reached, exchange.day) == (_at(monday, "09:00"), monday)
    assert texts[0].startswith("0|H0STCNT0|001|000010^090000^10100^")
    client = Client(exchange)
    assert client.order("sell", "000010", 10)["rt_cd"] == "0"


def test_a_holding_whose_instrument_is_gone_stays_in_the_books() -> None:
    client = Client(make_exchange(source=Leaving(), at="10:00"))
    client.order("buy", "000010", 10)
    pass_time(client.exchange, "10:01")
    control.next_day(client.exchange)
    (row,) = client.balance()["output1"]
    assert (row["pdno"], row["hldg_qty"]) == ("000010", "10")
    (past,) = client.executions(INQR_STRT_DT=DAY.strftime("%Y%m%d"))["output1"]
    assert (past["prdt_name"], past["tot_ccld_qty"]) == ("000010", "10")
    assert client.order("sell", "000010", 10)["rt_cd"] == "7"


async def test_a_late_reply_does_not_get_lost_at_midnight(serve: Serve) -> None:
    exchange = make_exchange(at="23:59")
    control.add_fault(exchange, {"kind": "reply_delayed", "path": "tokenP", "seconds": 120})
    server, http = await serve(exchange)
    me = next(iter(exchange.customers.values()))
    body = {"appkey": me.app_key, "appsecret": me.app_secret}
    asked = asyncio.create_task(http.post(f"{server.urls['real']}/oauth2/tokenP", json=body))
    while not exchange.journal.since(0, "call"):  # noqa: ASYNC110 - the exchange tells nobody
        await asyncio.sleep(0)
    async with http.post(
        f"{server.urls['real']}/control/step", json={"until": "2024-03-06T08:00:00+09:00"}
    ) as stepped:
        assert (await stepped.json())["now"] == "2024-03-06T08:00:00+09:00"
    async with await asked as reply:
        assert (await reply.json())["token_type"] == "Bearer"


def _four_days(seed: int) -> tuple[list[str], list[object], Moment]:
    """Trade four days of the made-up market by steps; return what was sent and the books."""
    calendar = krx()
    clock = Timekeeper(_at(DAY, "08:50"), None)
    source = SyntheticSource(seed, calendar, DAY)
    exchange: Exchange = make_exchange(source=source, clock=clock)
    client = Client(exchange)
    codes = [one.code for one in exchange.venue.floor.market.listings[:40:8]]
    texts = _listen(client, ("H0STCNT0", codes[0]), ("H0STCNI0", client.customer.hts_id))
    sent: list[str] = []
    for number, at in enumerate(_times(DAY, 4)):
        while exchange.clock.now() < at:
            exchange.step(at)
        if number % 4 == 0:
            client = Client(exchange)
        side = "sell" if number % 3 == 2 else "buy"
        client.order(side, codes[number % len(codes)], 3)
        sent += texts
        texts.clear()
    return sent, [control.books(exchange, {"account": client.customer.account})], exchange.venue.now


def test_four_days_in_stepped_time_are_the_same_twice() -> None:
    first, second = _four_days(3), _four_days(3)
    assert first == second
    assert len(first[0]) > 500
    (books,) = first[1]
    assert isinstance(books, dict)
    assert len(books["fills"]) > 5
