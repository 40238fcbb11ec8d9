"""Signals of the operating system: some end a trader, some are its kill switch."""

import asyncio
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Protocol

from maemae.desk.records import Halt

HALTS = {"SIGUSR1": Halt.ENTRIES, "SIGUSR2": Halt.ALL}
"""What each signal halts; Windows has neither of them."""


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
    wanted = {signal.SIGINT: trader.stop, signal.SIGTERM: trader.stop, **halts(trader.halt)}
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
