"""The account of call slots that all processes of one app key keep together, in one small file.

A slot is the right to send one request now. Slots are handed out evenly, never more than allowed
in any one second, to the highest priority that waits in any process. Time is venue time in whole
microseconds since 1970, so that processes agree on it.
"""

from datetime import datetime, timedelta, timezone
from pathlib import Path

import msgspec

from maemae.kis.filelocking import exclusive

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)  # noqa: UP017
_SECOND = 1_000_000
_MARGIN = 0.010
"""Part of a second kept free: requests do not arrive exactly as far apart as they were sent."""
_STALE = 10 * _SECOND
"""A file this far ahead of the clock is of another (simulated) day, or the clock was set back."""
_SLOWEST = 0.25
_RECOVERY = 60 * _SECOND
_FILE_SIZE = 4096


def micros(moment: datetime) -> int:
    """Return an aware datetime as microseconds since 1970."""
    return (moment - _EPOCH) // timedelta(microseconds=1)


class _Waiting(msgspec.Struct, array_like=True):
    priority: int
    since: int
    until: int

    @property
    def rank(self) -> tuple[int, int]:
        return self.priority, self.since


class _State(msgspec.Struct):
    next_at: int = 0
    recent: list[int] = []
    pace: float = 1.0
    slowed_at: int = 0
    waiting: dict[str, _Waiting] = {}


class SlotBook:
    """One process's view of the shared file.

    Args:
        path: the file; it is made when missing, mode 0600.
        owner: a name of this process that no other process uses.
        calls_per_second: the broker's limit for the app key.
    """

    def __init__(self, path: Path, owner: str, calls_per_second: float) -> None:
        self._owner = owner
        self._allowed = max(1, int(calls_per_second))
        self._window = int(self._allowed / calls_per_second * (1 + _MARGIN) * _SECOND)
        path.touch(mode=0o600)
        self._file = path.open("r+b", buffering=0)

    def close(self) -> None:
        """Withdraw from the queue and close the file."""
        with exclusive(self._file):
            state = self._read(0)
            if state.waiting.pop(self._owner, None):
                self._write(state)
        self._file.close()

    def claim(self, now: int, priority: int, since: int) -> int:
        """Take a slot, or learn how long to wait.

        Args:
            now: the time.
            priority: lower goes first.
            since: when the wait began; of equals, who waits longest goes first.

        Returns:
            0 when the slot is taken; else microseconds after which to ask again.
        """
        with exclusive(self._file):
            state = self._read(now)
            interval = int(self._window / self._allowed / self._pace(state, now))
            earliest = state.next_at
            if len(state.recent) >= self._allowed:
                earliest = max(earliest, state.recent[-self._allowed] + self._window)
            mine = _Waiting(priority, since, now + 2 * interval + _SECOND)
            wait = self._wait(state, mine, now, earliest, interval)
            if wait:
                state.waiting[self._owner] = mine
            else:
                state.waiting.pop(self._owner, None)
                begin = earliest if now - earliest < interval else now
                state.next_at = begin + interval
                state.recent = [*state.recent, now][-self._allowed :]
            self._write(state)
            return wait

    def _wait(self, state: _State, mine: _Waiting, now: int, earliest: int, interval: int) -> int:
        if now < earliest:
            return earliest - now
        rivals = any(
            other.rank < mine.rank and other.until > now
            for owner, other in state.waiting.items()
            if owner != self._owner
        )
        # The one who is first wakes at the same instant; if it is late, the slot must not go to
        # waste, so it is waited for only a part of the interval.
        patience = min(interval // 4, _SECOND // 10)
        return max(interval // 50, 200) if rivals and now < earliest + patience else 0

    def spare(self, now: int) -> bool:
        """Take a slot that nobody needs; return whether there was one.

        There is one while nobody waits, in any process, and fewer than half of the calls allowed in
        the last second were made. Whoever comes next does not wait for it.
        """
        with exclusive(self._file):
            state = self._read(now)
            recent = sum(at > now - self._window for at in state.recent)
            paused = state.next_at > now + self._window // self._allowed * 2
            waited_for = any(one.until > now for one in state.waiting.values())
            if paused or waited_for or 2 * (recent + 1) > self._allowed:
                return False
            state.recent = [*state.recent, now][-self._allowed :]
            self._write(state)
            return True

    def give_back(self, now: int) -> None:
        """Return the slot taken last by this process because nothing was sent with it."""
        with exclusive(self._file):
            state = self._read(now)
            if state.recent:
                state.recent.pop()
                state.next_at = now
                self._write(state)

    def slow_down(self, now: int) -> None:
        """Note that the broker throttled: pause a second, then go slower for a minute."""
        with exclusive(self._file):
            state = self._read(now)
            if now - state.slowed_at > _SECOND:
                state.pace = max(_SLOWEST, self._pace(state, now) * 0.7)
                state.slowed_at = now
            state.next_at = max(state.next_at, now + _SECOND)
            self._write(state)

    @staticmethod
    def _pace(state: _State, now: int) -> float:
        recovered = (now - state.slowed_at) / _RECOVERY
        return min(1.0, state.pace + max(0.0, recovered) * (1 - _SLOWEST))

    def _read(self, now: int) -> _State:
        self._file.seek(0)
        content = self._file.read().strip()
        if not content:
            return _State()
        try:
            state = msgspec.json.decode(content, type=_State)
        except msgspec.DecodeError:
            # A process died while writing. What it had sent is not known, so a second is left out.
            return _State(next_at=now + self._window)
        if now and state.next_at > now + _STALE:
            return _State()
        return state

    def _write(self, state: _State) -> None:
        state.waiting = {
            owner: entry
            for owner, entry in state.waiting.items()
            if entry.until > (state.recent[-1] if state.recent else 0)
        }
        content = msgspec.json.encode(state).ljust(_FILE_SIZE)
        self._file.seek(0)
        self._file.write(content)
        self._file.truncate(len(content))
