import asyncio
from collections.abc import Callable
from datetime import datetime
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs
from tests.kis.broker import (
    CREDENTIALS,
    Broker,
    FakeClock,
    acknowledge,
    encrypt,
    notice,
    tick,
    tick_frame,
)

from maemae.errors import KisAuth, KisRefused, KisUnavailable
from maemae.kis import (
    EventQueue,
    Feed,
    KeyInUse,
    KisClient,
    Notice,
    Rejected,
    StreamDown,
    StreamEvent,
    StreamUp,
    Tick,
)


class Live:
    """A client whose stream is up, and everything that came out of it."""

    def __init__(self, kis: KisClient) -> None:
        self.kis = kis
        self.stream = kis.stream
        self.events: list[StreamEvent] = []
        self.stream.listen(self.events.append)

    def of(self, kind: type[Any]) -> list[Any]:
        return [event for event in self.events if isinstance(event, kind)]

    async def until(self, holds: Callable[[], bool]) -> None:
        async with asyncio.timeout(5):
            while not holds():  # noqa: ASYNC110 - what is waited for happens inside the client
                await asyncio.sleep(0.005)


@pytest.fixture
async def live(kis: KisClient) -> Live:
    running = Live(kis)
    await kis.stream.start()
    return running


async def test_ticks_and_notices_arrive_in_order(live: Live, broker: Broker) -> None:
    await live.stream.subscribe(Feed.NOTICES)
    await live.stream.subscribe(Feed.TICKS, "005930")
    assert broker.registered == [("H0STCNI0", "tester"), ("H0STCNT0", "005930")]
    await broker.say(
        tick_frame(tick(price=1), tick(price=2)),
        f"1|H0STCNI0|001|{encrypt(notice())}",
        tick_frame(tick(price=3)),
    )
    await live.stream.received(5)
    came = [event for event in live.events if isinstance(event, Tick | Notice)]
    assert [type(event) for event in came] == [Tick, Tick, Notice, Tick]
    assert live.stream.frames_received == 5


async def test_the_virtual_server_has_its_own_notices(
    broker: Broker, clock: FakeClock, tmp_path: Path
) -> None:
    server = broker.server("virtual")
    async with KisClient(server, CREDENTIALS, clock=clock, state_dir=tmp_path) as kis:
        await kis.stream.subscribe(Feed.NOTICES)
        await kis.stream.start()
        assert broker.registered == [("H0STCNI9", "tester")]
        with pytest.raises(KisRefused, match="not offered by the virtual server"):
            await kis.stream.subscribe(Feed.TICKS_ALL, "005930")


async def test_pingpong_is_echoed_as_it_came(live: Live, broker: Broker) -> None:
    await broker.say('{"header":{"tr_id":"PINGPONG","datetime":"20230502221924"}}')
    await live.until(lambda: bool(broker.heard))
    assert broker.heard == [{"header": {"tr_id": "PINGPONG", "datetime": "20230502221924"}}]


async def test_a_release_is_acknowledged(live: Live, broker: Broker) -> None:
    await live.stream.subscribe(Feed.TICKS, "005930")
    await live.stream.unsubscribe(Feed.TICKS, "005930")
    assert broker.registered == []
    assert broker.heard[-1]["header"]["tr_type"] == "2"
    assert live.stream.registrations == ()


async def test_subscribing_twice_sends_once_and_an_older_registration_is_fine(
    live: Live, broker: Broker
) -> None:
    await live.stream.subscribe(Feed.TICKS, "005930")
    await live.stream.subscribe(Feed.TICKS, "005930")
    assert len(broker.heard) == 1
    broker.ack = lambda message: acknowledge(message, "OPSP0002", "ALREADY IN SUBSCRIBE")
    await live.stream.subscribe(Feed.TICKS, "000660")
    assert len(live.stream.registrations) == 2


async def test_the_42nd_registration_is_refused_without_asking(live: Live, broker: Broker) -> None:
    for n in range(41):
        await live.stream.subscribe(Feed.TICKS, f"{n:06d}")
    with pytest.raises(KisRefused, match="41 registrations"):
        await live.stream.subscribe(Feed.TICKS, "999999")
    assert len(broker.heard) == 41


async def test_a_refused_registration_is_no_longer_wanted(live: Live, broker: Broker) -> None:
    broker.ack = lambda message: acknowledge(message, "OPSP0008", "MAX SUBSCRIBE OVER")
    with pytest.raises(KisRefused, match="OPSP0008"):
        await live.stream.subscribe(Feed.TICKS, "005930")
    assert live.stream.registrations == ()


async def test_a_missing_acknowledgement_is_an_error(
    broker: Broker, clock: FakeClock, tmp_path: Path
) -> None:
    server = broker.server(ack_timeout=0.05)
    async with KisClient(server, CREDENTIALS, clock=clock, state_dir=tmp_path) as kis:
        await kis.stream.start()
        broker.ack = lambda message: None
        with pytest.raises(KisUnavailable, match="no acknowledgement"):
            await kis.stream.subscribe(Feed.TICKS, "005930")


async def test_twenty_drops_are_survived_with_all_registrations(live: Live, broker: Broker) -> None:
    await live.stream.subscribe(Feed.NOTICES)
    await live.stream.subscribe(Feed.TICKS, "005930")
    for drop in range(1, 21):
        broker.registered.clear()
        await broker.sockets[-1].close()
        await live.until(partial(lambda ups: len(live.of(StreamUp)) == ups, drop + 1))
        assert broker.registered == [("H0STCNI0", "tester"), ("H0STCNT0", "005930")]
    assert live.stream.reconnections == 20
    assert broker.approvals == 1
    assert len(live.of(StreamDown)) == 20


async def test_a_gap_says_from_when_to_when(live: Live, broker: Broker, clock: FakeClock) -> None:
    await broker.say(tick_frame(tick()))
    await live.stream.received(1)
    last = clock.now()
    await clock.sleep(60)
    await broker.sockets[-1].close()
    await live.until(lambda: len(live.of(StreamUp)) == 2)
    first, again = live.of(StreamUp)
    [down] = live.of(StreamDown)
    assert first.since is None
    assert down.at == again.since == last
    assert again.at > last


async def test_a_silent_socket_is_given_up(
    broker: Broker, clock: FakeClock, tmp_path: Path
) -> None:
    server = broker.server(silence=0.1)
    async with KisClient(server, CREDENTIALS, clock=clock, state_dir=tmp_path) as kis:
        live = Live(kis)
        await kis.stream.start()
        await asyncio.sleep(0.2)
        assert live.of(StreamDown) == [], "venue time stood still, so nothing was missed"
        await clock.sleep(1)
        await live.until(lambda: len(live.of(StreamUp)) == 2)
        assert "silent" in live.of(StreamDown)[0].reason


async def test_an_app_key_in_use_is_met_with_patience(
    live: Live, broker: Broker, clock: FakeClock
) -> None:
    before = clock.now()
    await broker.say(
        '{"header":{"tr_id":"(null)","tr_key":"","encrypt":"N"},'
        '"body":{"rt_cd":"9","msg_cd":"OPSP8996","msg1":"ALREADY IN USE appkey"}}'
    )
    await live.until(lambda: len(live.of(StreamUp)) == 2)
    assert (clock.now() - before).total_seconds() >= 10
    assert "OPSP8996" in live.of(StreamDown)[0].reason


async def test_another_program_on_the_same_key_is_told_once_and_met_ever_less_often(
    live: Live, broker: Broker, clock: FakeClock
) -> None:
    refused: list[datetime] = []

    def ack(message: dict[str, Any]) -> dict[str, Any]:
        if len(refused) == 5:
            return acknowledge(message)
        refused.append(clock.now())
        return {
            "header": {"tr_id": "(null)", "tr_key": "", "encrypt": "N"},
            "body": {"rt_cd": "9", "msg_cd": "OPSP8996", "msg1": "ALREADY IN USE appkey"},
        }

    broker.ack = ack
    await live.stream.subscribe(Feed.TICKS, "005930")
    waits = [(b - a).total_seconds() for a, b in pairwise(refused)]
    assert all(wait >= least for wait, least in zip(waits, (10, 20, 40, 80), strict=True))
    assert [told.code for told in live.of(KeyInUse)] == ["OPSP8996"]
    assert len(live.of(StreamDown)) == 1


async def test_a_refused_approval_key_is_replaced(live: Live, broker: Broker) -> None:
    refused = False

    def ack(message: dict[str, Any]) -> dict[str, Any]:
        nonlocal refused
        if not refused:
            refused = True
            return acknowledge(message, "OPSP0011", "invalid approval(appkey) : NOT FOUND")
        return acknowledge(message)

    broker.ack = ack
    await live.stream.subscribe(Feed.TICKS, "005930")
    assert broker.approvals == 2
    assert broker.heard[-1]["header"]["approval_key"] == "approval-2"
    assert broker.registered == [("H0STCNT0", "005930")]


async def test_a_message_that_is_not_understood_is_counted_and_told(
    live: Live, broker: Broker
) -> None:
    await broker.say("0|H0STCNT0|002|x", "{", "hello", '{"header":{}}', "[]", "1|H0STCNI0|001|AAAA")
    await broker.say(tick_frame(tick()))
    await live.stream.received(7)
    assert live.stream.rejected == 6
    assert len(live.of(Rejected)) == 6
    assert len(live.of(Tick)) == 1
    assert live.stream.is_up


async def test_undocumented_columns_are_told_once(live: Live, broker: Broker) -> None:
    with capture_logs() as logs:
        await broker.say(*[tick_frame(tick(width=47), tick(width=47))] * 5)
        await live.stream.received(5)
    assert len(live.of(Tick)) == 10
    assert [(log["event"], log["columns"]) for log in logs] == [("undocumented columns", 1)]


async def test_a_bug_in_a_handler_is_not_hidden(live: Live, broker: Broker) -> None:
    def handler(event: StreamEvent) -> None:
        if isinstance(event, Tick):
            raise ZeroDivisionError

    live.stream.listen(handler)
    failed = asyncio.create_task(live.stream.failed())
    await broker.say(tick_frame(tick()))
    with pytest.raises(ZeroDivisionError):
        await failed
    with pytest.raises(ZeroDivisionError):
        await live.stream.stop()


async def test_keys_that_never_worked_are_an_error_at_once(
    broker: Broker, clock: FakeClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with KisClient(broker.server(), CREDENTIALS, clock=clock, state_dir=tmp_path) as kis:

        async def refuse() -> str:
            raise KisAuth("auth.auth_ws_token", "EGW00103", "유효하지 않은 AppKey입니다.")

        monkeypatch.setattr(kis.stream, "_approve", refuse)
        with pytest.raises(KisAuth):
            await kis.stream.start()
        with pytest.raises(KisAuth):
            await kis.stream.stop()


async def test_a_lagging_consumer_loses_old_ticks_and_never_a_notice(
    live: Live, broker: Broker
) -> None:
    queue = EventQueue(market_data=5)
    live.stream.listen(queue.put)
    await live.stream.subscribe(Feed.NOTICES)
    fill = f"1|H0STCNI0|001|{encrypt(notice())}"
    for price in range(20):
        await broker.say(tick_frame(tick(price=price)), fill)
    await live.stream.received(41)
    assert queue.dropped == 15
    first = [await queue.get() for _ in range(20)]
    assert all(isinstance(event, Notice) for event in first)
    left = [await queue.get() for _ in range(5)]
    assert [event.price for event in left if isinstance(event, Tick)] == [15, 16, 17, 18, 19]
    assert len(queue) == 0
