"""The kill switch of the operating system: signals that halt the trader."""

import signal
from collections.abc import Callable
from functools import partial

from maemae.desk.records import Halt

LEVELS = {"SIGUSR1": Halt.ENTRIES, "SIGUSR2": Halt.ALL}
"""What each signal halts; Windows has neither of them."""


def actions(order: Callable[[Halt, str], None]) -> dict[int, Callable[[], None]]:
    """Return what to do on each signal that there is here.

    Args:
        order: halts at a level, for a reason.
    """
    numbers = {name: getattr(signal, name, None) for name in LEVELS}
    return {
        number: partial(order, LEVELS[name], name)
        for name, number in numbers.items()
        if number is not None
    }
