"""Who goes first when calls are scarce."""

from enum import IntEnum


class Priority(IntEnum):
    """The rank of a call in the queue of its app key; the lower number goes first."""

    EXIT = 0
    ENTRY = 1
    RECONCILE = 2
    QUOTE = 3
    HISTORY = 4
    SPARE = 5
    """Asked only while nobody waits and most of the last second's calls were not needed; once, and
    refused at once where that is not so. It delays nobody."""
