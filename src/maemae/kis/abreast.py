"""Many questions of one kind, several of them under way at once.

The budget lets as many go in a second as the server bears; one after the other they would be as
slow as the line: at 100 ms there and back ten a second, of eighteen that are allowed.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar

Asked = TypeVar("Asked")
Answer = TypeVar("Answer")


async def abreast(
    questions: Iterable[Asked], ask: Callable[[Asked], Awaitable[Answer]], at_once: int
) -> list[Answer]:
    """Ask all questions, so many at once at most; return the answers in their order.

    The first that raises ends the others: what they raise is not heard any more.
    """
    waiting = enumerate(questions)
    found: dict[int, Answer] = {}

    async def some() -> None:
        for number, one in waiting:
            found[number] = await ask(one)

    if at_once <= 1:
        await some()
    else:
        workers = [asyncio.create_task(some()) for _ in range(at_once)]
        try:
            await asyncio.gather(*workers)
        finally:
            for worker in workers:
                worker.cancel()
            await asyncio.gather(*workers, return_exceptions=True)
    return [found[number] for number in sorted(found)]
