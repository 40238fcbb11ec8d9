"""Who goes first when calls are scarce."""

from enum import IntEnum


class Priority(IntEnum):
    """The rank of a call in the queue of its app key; the lower number goes first."""

    EXIT = 0
    ENTRY = 1
    RECONCILE = 2
    QUOTE = 3
    HISTORY = 4
