"""Delivery: importance, bundles, repetitions, quiet hours, outages; nothing that must is lost."""

import asyncio
import random
from datetime import time
from itertools import pairwise
from pathlib import Path

import pytest
from tests.notify.props import HurriedClock, ToldChannel, at

from maemae.errors import DataError
from maemae.notify.channel import NotAccepted, NotDelivered
from maemae.notify.courier import Courier
from maemae.notify.kept import Kept
from maemae.notify.messages import Kind, Message, message
from maemae.notify.texts import Texts
from maemae.trader.messengers import Delivery


def courier(
    channel: ToldChannel, clock: HurriedClock, keep: Path | None = None, **delivery: object
) -> Courier:
    settings = Delivery.model_validate({"level": "detail"} | delivery)
    return Courier(channel, settings, Texts(), clock, keep)


def fill(text: str = "fill", kind: Kind = Kind.FILLED) -> Message:
    return message(kind, at(), text)


def incident(text: str = "incident") -> Message:
    return message(Kind.INCIDENT, at(), text)


async def run(bringing: Courier, until_empty: bool = True) -> None:
    task = asyncio.create_task(bringing.run())
    async with asyncio.timeout(20):
        if until_empty:
            await bringing.drained()
        else:
            for _ in range(50):
                await asyncio.sleep(0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_what_waits_together_is_sent_together_in_order(clock: HurriedClock) -> None:
    channel = ToldChannel()
    bringing = courier(channel, clock)
    for text in ("one", "two", "three"):
        bringing.put(fill(text))
    await run(bringing)
    assert channel.texts == ["10:00:00 one\n\n10:00:00 two\n\n10:00:00 three"]


async def test_a_channel_gets_its_level_and_above(clock: HurriedClock) -> None:
    channel = ToldChannel()
    bringing = courier(channel, clock, level="warning")
    for told in (fill("no"), message(Kind.ORDER_REFUSED, at(), "yes"), incident("too")):
        bringing.put(told)
    await run(bringing)
    assert channel.texts == ["10:00:00 yes\n\n10:00:00 too"]


async def test_a_picture_goes_alone(clock: HurriedClock) -> None:
    channel = ToldChannel()
    bringing = courier(channel, clock)
    bringing.put(fill("before"))
    bringing.put(message(Kind.DAILY_REPORT, at(), "report", b"png"))
    bringing.put(fill("after"))
    await run(bringing)
    assert channel.texts == ["10:00:00 before", "10:00:00 report", "10:00:00 after"]
    assert channel.pictures == [None, b"png", None]


async def test_the_same_trouble_is_counted_and_two_equal_fills_are_two(
    clock: HurriedClock,
) -> None:
    channel = ToldChannel()
    bringing = courier(channel, clock)
    for told in (incident(), incident(), incident(), fill(), fill()):
        bringing.put(told)
    await run(bringing)
    assert channel.texts == ["10:00:00 incident (×3)\n\n10:00:00 fill\n\n10:00:00 fill"]


async def test_a_trouble_told_a_moment_ago_comes_again_later_with_its_count(
    clock: HurriedClock,
) -> None:
    channel = ToldChannel()
    bringing = courier(channel, clock)
    task = asyncio.create_task(bringing.run())
    bringing.put(incident())
    await bringing.drained()
    bringing.put(incident())
    bringing.put(incident())
    while not bringing.outbox.idle:
        await clock.sleep(0)
    task.cancel()
    assert channel.texts == ["10:00:00 incident", "10:00:00 incident (×2)"]
    assert clock.passed >= 60


async def test_not_more_than_agreed_goes_out_in_any_minute(clock: HurriedClock) -> None:
    sent: list[float] = []
    channel = ToldChannel(text_limit=20, fault=lambda _text: sent.append(clock.passed))
    bringing = courier(channel, clock, per_minute=5, queue=100)
    for number in range(23):
        bringing.put(fill(f"number {number}"))
    await run(bringing)
    assert len(sent) == 23
    for first in sent:
        assert sum(first <= other < first + 60 for other in sent) <= 5


async def test_the_quiet_hours_hold_back_what_can_wait(clock: HurriedClock) -> None:
    channel = ToldChannel()
    bringing = courier(channel, clock, quiet_from=time(9, 30), quiet_until=time(10, 30))
    bringing.put(fill("later"))
    bringing.put(incident("now"))
    while len(channel.texts) < 1:
        await run(bringing, until_empty=False)
    assert (channel.texts, clock.passed < 60) == (["10:00:00 now"], True)
    await run(bringing)
    assert channel.texts[1:] == ["10:00:00 later"]
    assert 1800 <= clock.passed <= 1805


async def test_a_full_queue_drops_the_least_important_and_says_so(clock: HurriedClock) -> None:
    channel = ToldChannel()
    bringing = courier(channel, clock, queue=10)
    for number in range(30):
        bringing.put(incident(f"incident {number}"))
        bringing.put(fill(f"accepted {number}", Kind.ORDER_ACCEPTED))
        if number % 3 == 0:
            bringing.put(fill(f"fill {number}"))
    await run(bringing)
    text = "\n\n".join(channel.texts)
    assert text.startswith("ℹ️ 30 less important messages were dropped")
    assert all(f"incident {number}" in text for number in range(30))
    assert all(f"fill {number}" in text for number in range(0, 30, 3))
    assert "accepted" not in text
    assert bringing.outbox.dropped == 0


async def test_the_channel_decides_how_long_it_is_left_alone(clock: HurriedClock) -> None:
    tries: list[float] = []

    def busy(text: str) -> None:
        tries.append(clock.passed)
        if len(tries) == 1:
            raise NotDelivered("slow down", retry_after=33)
        if len(tries) < 9:
            raise NotDelivered("down")

    bringing = courier(ToldChannel(fault=busy), clock)
    bringing.put(fill())
    await run(bringing)
    waits = [later - earlier for earlier, later in pairwise(tries)]
    assert waits == [33, 2, 4, 8, 16, 32, 60, 60]


async def test_what_is_never_accepted_does_not_stop_the_rest(clock: HurriedClock) -> None:
    def strict(text: str) -> None:
        if "poison" in text:
            raise NotAccepted("bad characters")

    channel = ToldChannel(fault=strict)
    bringing = courier(channel, clock)
    for text in ("one", "poison", "two"):
        bringing.put(fill(text))
    await run(bringing)
    assert channel.texts[:2] == ["10:00:00 one", "10:00:00 two"]
    assert "A message (filled) could not be shown here" in channel.texts[2]
    assert bringing.lost == 1


async def test_no_account_number_and_no_key_leaves_the_house(clock: HurriedClock) -> None:
    channel = ToldChannel()
    bringing = courier(channel, clock)
    bringing.put(
        incident("account 12345678-01, 1234567801, key PSabcdefghijklmnopqrstuvwxyz0123456")
    )
    await run(bringing)
    assert channel.texts == ["10:00:00 account 1234****-01, 1234****-01, key PSab…"]


async def test_what_must_arrive_survives_a_restart_and_the_rest_does_not(
    clock: HurriedClock, tmp_path: Path
) -> None:
    def down(_text: str) -> None:
        raise NotDelivered("down")

    keep = tmp_path / "notify" / "told.json"
    first = courier(ToldChannel(fault=down), clock, keep)
    first.put(fill("ordinary"))
    first.put(incident("important"))
    await run(first, until_empty=False)
    await first.keep()
    assert keep.stat().st_mode & 0o777 == 0o600
    channel = ToldChannel()
    second = courier(channel, clock, keep)
    await run(second)
    await second.keep()
    assert channel.texts == ["06-02 10:00:00 important"]
    assert Kept(keep).load() == []


def test_a_damaged_file_of_kept_messages_is_named(clock: HurriedClock, tmp_path: Path) -> None:
    keep = tmp_path / "told.json"
    keep.write_text("[{")
    with pytest.raises(DataError, match=r"told\.json"):
        courier(ToldChannel(), clock, keep)


async def test_nothing_that_must_arrive_is_lost_over_a_thousand_random_outages(
    clock: HurriedClock, tmp_path: Path
) -> None:
    dice = random.Random(7)
    outages = 0
    down_until = 0.0
    channel = ToldChannel()

    def weather(_text: str) -> None:
        nonlocal outages, down_until
        if clock.passed < down_until:
            raise NotDelivered("down", retry_after=dice.choice([None, 1, 5, 30]))
        if dice.random() < 0.5:
            outages += 1
            down_until = clock.passed + dice.expovariate(1 / 60)
            raise NotDelivered("down")

    keep = tmp_path / "told.json"
    channel.fault = weather
    said: list[str] = []
    while outages < 1000:
        # Every few outages the process is killed as well and starts from the disk.
        bringing = courier(channel, clock, keep, queue=10)
        task = asyncio.create_task(bringing.run())
        for _ in range(dice.randrange(1, 60)):
            for _ in range(dice.randrange(4)):
                bringing.put(fill(f"noise {clock.passed}", Kind.ORDER_ACCEPTED))
            if dice.random() < 0.2:
                said.append(f"incident {len(said)}.")
                bringing.put(incident(said[-1]))
            clock.passed += dice.expovariate(1 / 120)
            for _ in range(dice.randrange(20)):
                await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await bringing.keep()
    channel.fault = lambda _text: None
    await run(courier(channel, clock, keep))
    text = "\n".join(channel.texts)
    assert [one for one in said if one not in text] == []
    assert len(said) > 1000
