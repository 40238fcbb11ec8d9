"""Many questions, several at once: never more than are let, and the answers in their order."""

import asyncio

import pytest

from maemae.kis.abreast import abreast


class Asker:
    def __init__(self, fails: int | None = None) -> None:
        self.most = self.now = self.asked = 0
        self._fails = fails

    async def ask(self, number: int) -> int:
        self.asked += 1
        self.now += 1
        self.most = max(self.most, self.now)
        try:
            for _ in range(1 + number % 3):
                await asyncio.sleep(0)
            if number == self._fails:
                raise ValueError(number)
        finally:
            self.now -= 1
        return number * number


@pytest.mark.parametrize("at_once", [1, 4, 100])
async def test_so_many_at_once_and_the_answers_in_order(at_once: int) -> None:
    asker = Asker()
    assert await abreast(range(10), asker.ask, at_once) == [n * n for n in range(10)]
    assert asker.most == min(at_once, 10)


@pytest.mark.parametrize("at_once", [1, 3])
async def test_the_first_that_fails_ends_the_others(at_once: int) -> None:
    asker = Asker(fails=2)
    with pytest.raises(ValueError, match="2"):
        await abreast(range(100), asker.ask, at_once)
    assert asker.now == 0
    assert asker.asked < 10
