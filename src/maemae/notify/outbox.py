"""What waits for one channel: bounded, the least important goes first, and it says so."""

from collections import OrderedDict
from dataclasses import dataclass, field

from maemae.notify.messages import Kind, Level, Message

Key = tuple[Kind, str, int]
"""Kind, text, and a number that tells messages apart which are never repetitions."""

REPEATED = frozenset(
    {
        Kind.AMEND_FAILED,
        Kind.CANCEL_FAILED,
        Kind.CASH_STATED,
        Kind.DECLINED,
        Kind.ERROR,
        Kind.INCIDENT,
        Kind.LOST,
        Kind.NOTICE,
        Kind.ORDER_REFUSED,
        Kind.STREAM_GAP,
        Kind.TOKEN_TROUBLE,
    }
)
"""Kinds in which the same text again is the same trouble again; a second fill is a second fill."""


@dataclass(slots=True)
class Waiting:
    """A message and how often it was to be told."""

    key: Key
    message: Message
    times: int = 1


@dataclass(slots=True)
class Outbox:
    """The queue of one channel.

    Args:
        limit: how many messages wait at most, those that must arrive left out.
        repeat_after: seconds within which a message that was delivered is not told again.
        most: how many that must arrive wait at most: those that come later are counted.
    """

    limit: int = 200
    repeat_after: float = 60.0
    most: int = 2_000
    dropped: int = 0
    """Messages dropped since this was last said."""
    more: int = 0
    """Messages that had to arrive and found too many that wait already, since it was last said."""
    _serial: int = 0
    _waiting: OrderedDict[Key, Waiting] = field(default_factory=OrderedDict)
    _ordinary: dict[Level, OrderedDict[Key, None]] = field(default_factory=dict)
    """Those of them that may be dropped, by level, oldest first."""
    _told: dict[Key, float] = field(default_factory=dict)
    _again: dict[Key, Waiting] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self._waiting)

    @property
    def idle(self) -> bool:
        """Whether nothing is waiting, nor held back as a repetition."""
        return not self._waiting and not self._again

    def put(self, message: Message, now: float) -> None:
        """Add a message; one that waits already, or was just delivered, is counted instead.

        Args:
            message: what to tell.
            now: monotonic seconds.
        """
        self._repeat(now)
        key = self._key(message)
        if (same := self._waiting.get(key) or self._again.get(key)) is not None:
            same.times += 1
        elif key in self._told:
            self._again[key] = Waiting(key, message)
        else:
            self._wait(Waiting(key, message))

    def peek(self, now: float, least: Level = Level.DETAIL) -> list[Waiting]:
        """Return what may go out now in the order of its happening, at `least` or above."""
        self._repeat(now)
        return [entry for entry in self._waiting.values() if entry.message.level >= least]

    def delivered(self, entries: list[Waiting], now: float) -> None:
        """Take out what has arrived at the channel."""
        for entry in entries:
            if self._take(entry.key) is not None and entry.message.kind in REPEATED:
                self._told[entry.key] = now

    def discard(self, entries: list[Waiting]) -> None:
        """Take out what the channel will never accept."""
        for entry in entries:
            self._take(entry.key)

    def must_arrive(self) -> list[Message]:
        """Return what has to survive a restart."""
        waiting = [*self._waiting.values(), *self._again.values()]
        return [entry.message for entry in waiting if entry.message.must_arrive]

    def _key(self, message: Message) -> Key:
        if message.kind in REPEATED:
            return (message.kind, message.text, 0)
        self._serial += 1
        return (message.kind, message.text, self._serial)

    def _repeat(self, now: float) -> None:
        """Let what was suppressed as a repetition out again when its time is over."""
        over = [key for key, at in self._told.items() if now - at >= self.repeat_after]
        for key in over:
            del self._told[key]
            if (entry := self._again.pop(key, None)) is not None:
                self._wait(entry)

    def _wait(self, entry: Waiting) -> None:
        """Let a message wait; where that is one too many, the least important one goes."""
        ordinary = sum(len(keys) for keys in self._ordinary.values())
        if entry.message.must_arrive and len(self._waiting) - ordinary >= self.most:
            self.more += entry.times
            return
        self._waiting[entry.key] = entry
        if entry.message.must_arrive:
            return
        self._ordinary.setdefault(entry.message.level, OrderedDict())[entry.key] = None
        if ordinary + 1 > self.limit:
            least = next(iter(self._ordinary[min(self._ordinary)]))
            gone = self._take(least)
            self.dropped += gone.times if gone is not None else 0

    def _take(self, key: Key) -> Waiting | None:
        """Take a message out; None: it does not wait."""
        entry = self._waiting.pop(key, None)
        if entry is not None and not entry.message.must_arrive:
            level = entry.message.level
            del self._ordinary[level][key]
            if not self._ordinary[level]:
                del self._ordinary[level]
        return entry
