import asyncio
import contextlib
from datetime import datetime
from pathlib import Path

import pytest
from tests.kis.broker import FakeClock

from maemae.clock import KST
from maemae.errors import ExchangeError
from maemae.kis import Priority
from maemae.kis.budget import Budget
from maemae.kis.slots import SlotBook, micros


async def spend(budget: Budget, clock: FakeClock, calls: int) -> list[int]:
    spent: list[int] = []

    async def call() -> None:
        await budget.slot(Priority.QUOTE)
        spent.append(micros(clock.now()))

    await asyncio.gather(*(call() for _ in range(calls)))
    return spent


def busiest_second(spent: list[int]) -> int:
    return max(sum(1 for other in spent if at <= other <= at + 1_000_000) for at in spent)


@pytest.mark.parametrize("rate", [1, 3, 18])
async def test_no_second_has_more_calls_than_allowed_and_few_go_to_waste(
    rate: int, tmp_path: Path
) -> None:
    clock = FakeClock()
    budget = Budget(tmp_path / "budget", rate, clock)
    spent = await spend(budget, clock, 20 * rate)
    assert busiest_second(spent) <= rate
    used = (len(spent) - 1) / ((spent[-1] - spent[0]) / 1_000_000 * rate)
    assert used >= 0.98
    await budget.close()


async def test_a_cancel_behind_200_quotes_waits_one_slot(tmp_path: Path) -> None:
    clock = FakeClock()
    budget = Budget(tmp_path / "budget", 18, clock)
    quotes = [asyncio.create_task(budget.slot(Priority.QUOTE)) for _ in range(200)]
    await asyncio.sleep(0)
    began = clock.now()
    await budget.slot(Priority.EXIT)
    assert (clock.now() - began).total_seconds() <= 0.060
    for task in quotes:
        task.cancel()
    await asyncio.gather(*quotes, return_exceptions=True)
    await budget.close()


class BrokenClock(FakeClock):
    """Passes no time, as that of a simulated exchange that has gone away."""

    broken = True

    async def sleep(self, seconds: float) -> None:
        if self.broken:
            raise ExchangeError("no simulated exchange answers")
        await super().sleep(seconds)


async def test_all_that_wait_hear_why_they_cannot_be_served(tmp_path: Path) -> None:
    clock = BrokenClock()
    budget = Budget(tmp_path / "budget", 1, clock)
    await budget.slot(Priority.QUOTE)
    waiting = (budget.slot(Priority.QUOTE), budget.slot(Priority.EXIT))
    found = await asyncio.gather(*waiting, return_exceptions=True)
    assert [str(error) for error in found] == ["no simulated exchange answers"] * 2
    clock.broken = False
    await budget.slot(Priority.QUOTE)
    assert budget.granted == 2
    await budget.close()


async def test_slots_go_by_priority_and_then_by_age(tmp_path: Path) -> None:
    clock = FakeClock()
    budget = Budget(tmp_path / "budget", 1, clock)
    order: list[str] = []

    async def call(name: str, priority: Priority) -> None:
        await budget.slot(priority)
        order.append(name)

    await call("first", Priority.HISTORY)
    await asyncio.gather(
        call("history", Priority.HISTORY),
        call("quote 1", Priority.QUOTE),
        call("quote 2", Priority.QUOTE),
        call("reconcile", Priority.RECONCILE),
        call("entry", Priority.ENTRY),
        call("exit", Priority.EXIT),
    )
    assert order == ["first", "exit", "entry", "reconcile", "quote 1", "quote 2", "history"]
    await budget.close()


async def test_a_cancelled_waiter_takes_nothing_from_the_others(tmp_path: Path) -> None:
    clock = FakeClock()
    budget = Budget(tmp_path / "budget", 1, clock)
    await budget.slot(Priority.QUOTE)
    began = clock.now()
    gone = asyncio.create_task(budget.slot(Priority.EXIT))
    stays = asyncio.create_task(budget.slot(Priority.QUOTE))
    await asyncio.sleep(0)
    gone.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await gone
    await stays
    assert (clock.now() - began).total_seconds() < 1.1
    await budget.close()


async def test_throttling_pauses_and_slows_everybody_then_recovers(tmp_path: Path) -> None:
    clock = FakeClock()
    budget = Budget(tmp_path / "budget", 10, clock)
    other = Budget(tmp_path / "budget", 10, clock)
    await budget.slot(Priority.QUOTE)
    budget.slow_down()
    began = clock.now()
    await other.slot(Priority.QUOTE)
    assert (clock.now() - began).total_seconds() >= 1
    slowed = await spend(other, clock, 10)
    assert (slowed[-1] - slowed[0]) / 9 > 1_000_000 / 10 * 1.2
    await clock.sleep(90)
    recovered = await spend(other, clock, 10)
    assert (recovered[-1] - recovered[0]) / 9 < 1_000_000 / 10 * 1.05
    await budget.close()
    await other.close()


async def test_two_budgets_of_one_key_share_the_calls(tmp_path: Path) -> None:
    clock = FakeClock()
    one, two = (Budget(tmp_path / "budget", 5, clock) for _ in range(2))
    spent = await asyncio.gather(spend(one, clock, 20), spend(two, clock, 20))
    assert busiest_second([*spent[0], *spent[1]]) <= 5
    await one.close()
    await two.close()


async def test_the_other_process_goes_first_when_its_call_matters_more(tmp_path: Path) -> None:
    now = micros(datetime(2022, 6, 2, 9, tzinfo=KST))
    mine = SlotBook(tmp_path / "budget", "me", 1)
    theirs = SlotBook(tmp_path / "budget", "them", 1)
    assert mine.claim(now, Priority.QUOTE, now) == 0
    wait = mine.claim(now, Priority.QUOTE, now)
    assert theirs.claim(now + 1, Priority.EXIT, now + 1) > 0
    turn = now + wait
    assert mine.claim(turn, Priority.QUOTE, now) > 0, "an exit waits elsewhere"
    assert theirs.claim(turn, Priority.EXIT, now + 1) == 0
    mine.close()
    theirs.close()


async def test_a_process_that_died_waiting_holds_nobody_up_for_long(tmp_path: Path) -> None:
    now = micros(datetime(2022, 6, 2, 9, tzinfo=KST))
    mine = SlotBook(tmp_path / "budget", "me", 1)
    dead = SlotBook(tmp_path / "budget", "dead", 1)
    assert mine.claim(now, Priority.QUOTE, now) == 0
    assert dead.claim(now, Priority.EXIT, now) > 0
    asked = 0
    moment = now
    while wait := mine.claim(moment, Priority.QUOTE, now):
        moment += wait
        asked += 1
        assert asked < 100
    assert moment - now < 1_300_000
    mine.close()
    dead.close()


@pytest.mark.parametrize("content", [b"{", b"\xff\xfe", b"null", b'{"next_at": "x"}'])
async def test_a_torn_file_costs_a_second_and_nothing_else(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "budget"
    path.write_bytes(content)
    clock = FakeClock()
    budget = Budget(path, 2, clock)
    spent = await spend(budget, clock, 4)
    assert busiest_second(spent) <= 2
    await budget.close()


async def test_a_file_of_another_simulated_day_is_forgotten(tmp_path: Path) -> None:
    late = FakeClock(datetime(2022, 6, 3, 9, tzinfo=KST))
    budget = Budget(tmp_path / "budget", 1, late)
    await spend(budget, late, 2)
    await budget.close()
    early = FakeClock(datetime(2022, 6, 2, 9, tzinfo=KST))
    budget = Budget(tmp_path / "budget", 1, early)
    await budget.slot(Priority.QUOTE)
    assert early.slept == 0
    await budget.close()


async def test_the_file_is_private(tmp_path: Path) -> None:
    budget = Budget(tmp_path / "budget", 1, FakeClock())
    assert (tmp_path / "budget").stat().st_mode & 0o077 == 0
    await budget.close()


def test_a_spare_call_is_one_that_nobody_needs(tmp_path: Path) -> None:
    now = micros(datetime(2022, 6, 2, 9, tzinfo=KST))
    mine, theirs = (SlotBook(tmp_path / "budget", name, 6) for name in ("me", "them"))
    assert mine.claim(now, Priority.ENTRY, now) == 0
    assert mine.spare(now)
    assert theirs.spare(now + 1)
    assert not mine.spare(now + 2), "half of the second's calls are made"
    step = 1_010_000 // 6
    assert mine.claim(now + step + 1, Priority.ENTRY, now) == 0, "nobody waits for them"
    later = now + 2_000_000
    assert mine.claim(later, Priority.ENTRY, later) == 0
    assert theirs.claim(later + 1, Priority.ENTRY, later) > 0
    assert not mine.spare(later + 2), "somebody waits"
    much_later = later + 10_000_000
    mine.slow_down(much_later)
    assert not mine.spare(much_later + 1), "the broker throttles"
    mine.close()
    theirs.close()


def test_of_one_call_a_second_none_is_spare(tmp_path: Path) -> None:
    now = micros(datetime(2022, 6, 2, 9, tzinfo=KST))
    book = SlotBook(tmp_path / "budget", "me", 1)
    assert not book.spare(now)
    book.close()
