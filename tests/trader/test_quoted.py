"""Questions about prices that are asked in one step go out as one."""

import asyncio
from collections.abc import Sequence

import pytest

from maemae.errors import KisRefused, KisUnavailable
from maemae.kis import Quote
from maemae.trader.quoted import Together

CODES = ("000010", "000020", "000030")


class Broker:
    """Notes what it is asked; `lacks` are not in its answer to a question about many."""

    def __init__(self, *lacks: str, error: Exception | None = None) -> None:
        self.asked: list[tuple[str, ...]] = []
        self.let = asyncio.Event()
        self.let.set()
        self._lacks = lacks
        self._error = error

    async def several(self, codes: Sequence[str]) -> list[Quote]:
        self.asked.append(tuple(codes))
        await self.let.wait()
        if self._error is not None:
            raise self._error
        return [Quote(code=code, price=1_000) for code in codes if code not in self._lacks]

    async def one(self, code: str) -> Quote:
        self.asked.append((code,))
        if code in self._lacks:
            raise KisUnavailable("away")
        return Quote(code=code, price=2_000)


async def asked(together: Together) -> list[Quote | BaseException]:
    return await asyncio.gather(*map(together.price, CODES), return_exceptions=True)


async def test_what_is_asked_in_one_step_is_one_question() -> None:
    broker = Broker()
    found = await asked(Together(broker.several, broker.one))
    assert [one.code for one in found if isinstance(one, Quote)] == [*CODES]
    assert broker.asked == [CODES]


async def test_one_that_is_under_way_is_not_asked_again() -> None:
    broker = Broker()
    broker.let.clear()
    together = Together(broker.several, broker.one)
    both = [asyncio.create_task(asked(together)) for _ in range(2)]
    for _ in range(5):
        await asyncio.sleep(0)
    broker.let.set()
    first, second = await asyncio.gather(*both)
    assert first == second
    assert broker.asked == [CODES]
    await asked(together)
    assert broker.asked == [CODES, CODES]


async def test_a_name_that_spoils_the_question_fails_alone() -> None:
    broker = Broker("000020", error=KisRefused("quotes", "X", "unknown code"))
    found = await asked(Together(broker.several, broker.one))
    assert [isinstance(one, KisUnavailable) for one in found] == [False, True, False]
    assert broker.asked == [CODES, *((code,) for code in CODES)]


async def test_a_name_that_the_answer_lacks_is_asked_for_by_itself() -> None:
    broker = Broker("000020")
    found = await asked(Together(broker.several, broker.one))
    assert [isinstance(one, KisUnavailable) for one in found] == [False, True, False]
    assert broker.asked == [CODES, ("000020",)]


@pytest.mark.parametrize("error", [KisUnavailable("away"), RuntimeError("a bug")])
async def test_what_fails_fails_for_all_who_asked(error: Exception) -> None:
    broker = Broker(error=error)
    assert await asked(Together(broker.several, broker.one)) == [error] * 3
