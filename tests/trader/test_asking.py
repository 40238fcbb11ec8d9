"""How many questions of a kind are under way: two, and of those that wait the newest."""

import asyncio

import pytest

from maemae.desk.events import Query
from maemae.trader.asking import Asking


async def begun(asking: Asking, query: Query = Query.BALANCE) -> "asyncio.Task[bool]":
    task = asyncio.create_task(asking.begin(query))
    await asyncio.sleep(0)
    return task


async def test_of_those_that_wait_the_newest_goes_when_one_is_answered() -> None:
    asking = Asking()
    first, second = await begun(asking), await begun(asking)
    assert first.result()
    assert second.result()
    third, fourth, fifth = [await begun(asking) for _ in range(3)]
    assert [await third, await fourth] == [False, False]
    assert not fifth.done()
    asking.end(Query.BALANCE)
    assert await fifth
    sixth = await begun(asking)
    assert not sixth.done()
    asking.end(Query.BALANCE)
    assert await sixth


async def test_kinds_do_not_wait_for_each_other() -> None:
    asking = Asking()
    for _ in range(2):
        await begun(asking)
    assert await asking.begin(Query.EXECUTIONS)


async def test_one_that_hangs_leaves_room_for_another() -> None:
    asking = Asking()
    await asking.begin(Query.BALANCE)
    for _ in range(3):
        assert await asking.begin(Query.BALANCE)
        asking.end(Query.BALANCE)


@pytest.mark.parametrize("granted", [False, True])
async def test_one_that_is_cancelled_leaves_its_place(granted: bool) -> None:
    asking = Asking()
    for _ in range(2):
        await asking.begin(Query.BALANCE)
    waiting = await begun(asking)
    if granted:
        asking.end(Query.BALANCE)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    if not granted:
        asking.end(Query.BALANCE)
    assert await asking.begin(Query.BALANCE)
