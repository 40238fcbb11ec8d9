"""Prices of names that have no place on the stream: asked for together, thirty a call.

The desk asks name by name. What it asks in one step goes out as one multi-quote (복수시세).
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence

from maemae.errors import KisRefused, WireError
from maemae.kis import Quote

Several = Callable[[Sequence[str]], Awaitable[list[Quote]]]
One = Callable[[str], Awaitable[Quote]]
_Futures = Mapping[str, "asyncio.Future[Quote]"]


class Together:
    """Gathers the questions of one moment. One that is under way is not asked a second time.

    Args:
        several: asks for the prices of many names; it may lack some.
        one: asks for the price of one name.
    """

    def __init__(self, several: Several, one: One) -> None:
        self._several = several
        self._one = one
        self._under_way: dict[str, asyncio.Future[Quote]] = {}
        self._gathered: dict[str, asyncio.Future[Quote]] = {}
        self._asking: set[asyncio.Task[None]] = set()

    async def price(self, code: str) -> Quote:
        """Return the price of a name, asked for with those of others.

        Raises:
            WireError: the broker could not be asked.
        """
        if code not in self._under_way:
            future: asyncio.Future[Quote] = asyncio.get_running_loop().create_future()
            self._under_way[code] = self._gathered[code] = future
            if len(self._gathered) == 1:
                task = asyncio.create_task(self._ask())
                self._asking.add(task)
                task.add_done_callback(self._asking.discard)
        return await asyncio.shield(self._under_way[code])

    async def close(self) -> None:
        """Let go of what is under way; nobody waits for it any more."""
        for task in self._asking:
            task.cancel()
        await asyncio.gather(*self._asking, return_exceptions=True)

    async def _ask(self) -> None:
        """Ask for all that is gathered by now: whatever was asked in the same step is among it."""
        gathered, self._gathered = self._gathered, {}
        try:
            await self._answer(gathered)
        except Exception as error:  # noqa: BLE001 - each caller raises it
            for future in gathered.values():
                if not future.done():
                    future.set_exception(error)
        finally:
            for code in gathered:
                del self._under_way[code]

    async def _answer(self, gathered: _Futures) -> None:
        try:
            found = {quote.code: quote for quote in await self._several(list(gathered))}
        except KisRefused:
            found = {}  # One that the broker does not know spoils all: each by itself.
        for code in found.keys() & gathered.keys():
            gathered[code].set_result(found[code])
        for code in [code for code in gathered if code not in found]:
            try:
                gathered[code].set_result(await self._one(code))
            except WireError as error:
                gathered[code].set_exception(error)
