"""Signals of the operating system: some end a trader, some are its kill switch."""

import asyncio
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from typing import Protocol, Self

from maemae.desk.records import Halt

HALTS = {"SIGUSR1": Halt.ENTRIES, "SIGUSR2": Halt.ALL}
"""What each signal halts; Windows has neither of them."""

_ENDS = (signal.SIGINT, signal.SIGTERM)


class Obedient(Protocol):
    """What can be ended and halted."""

    def stop(self) -> None:
        """End in good order."""
        ...

    def halt(self, level: Halt, reason: str) -> None:
        """Do less from here on."""
        ...


@contextmanager
def obeying_signals(trader: Obedient) -> Iterator[None]:
    """Let Ctrl-C and a termination request end a trader cleanly; others halt it."""
    loop = asyncio.get_running_loop()
    wanted: dict[int, Callable[[], None]] = {**dict.fromkeys(_ENDS, trader.stop)}
    wanted |= halts(trader.halt)
    try:
        for number, action in wanted.items():
            loop.add_signal_handler(number, action)
    except NotImplementedError:  # Windows has no such handlers; Ctrl-C raises there.
        yield
        return
    try:
        yield
    finally:
        for number in wanted:
            loop.remove_signal_handler(number)


class Ending:
    """What Ctrl-C and a termination request mean once trading is over: first words, then the end.

    What is left then (the day's books, messages under way) takes a moment. The first signal has
    that said; after it a second one ends the process at once, as it would anything else.

    Args:
        tell: says what is still being done.
    """

    def __init__(self, tell: Callable[[], None]) -> None:
        self._tell = tell
        self._listens = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._deaf()

    def begins(self) -> None:
        """Trading is over: listen from now on."""
        loop = asyncio.get_running_loop()
        with suppress(NotImplementedError):  # Windows has no such handlers; Ctrl-C raises there.
            for number in _ENDS:
                loop.add_signal_handler(number, self._told)
            self._listens = True

    def _told(self) -> None:
        self._deaf()
        self._tell()

    def _deaf(self) -> None:
        if self._listens:
            self._listens = False
            for number in _ENDS:
                asyncio.get_running_loop().remove_signal_handler(number)


def halts(order: Callable[[Halt, str], None]) -> dict[int, Callable[[], None]]:
    """Return what to do on each signal that halts, of those that there are here.

    Args:
        order: halts at a level, for a reason.
    """
    numbers = {name: getattr(signal, name, None) for name in HALTS}
    return {
        number: partial(order, HALTS[name], name)
        for name, number in numbers.items()
        if number is not None
    }
