"""Sharing the 41 registrations of an app key: what matters most is streamed, the rest is polled.

Notices, positions and open orders are pinned; candidates come and go by score. A name on the
stream is not thrown out for one that is only a little better, nor before it has been there for a
while: the broker blocks keys that register and release all the time.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from maemae.clock import Clock
from maemae.kis.messages import Registration
from maemae.kis.stream import Stream


@dataclass(frozen=True)
class Wish:
    """Something that should be streamed.

    Attributes:
        feed: a `Feed`.
        key: the stock code, or the HTS id for notices.
        pinned: never thrown out (own orders and positions).
        score: among those not pinned the higher is the more wanted.
    """

    feed: str
    key: str
    pinned: bool = False
    score: float = 0.0

    @property
    def registration(self) -> Registration:
        """What has to be registered for it."""
        return Registration(str(self.feed), self.key)


class Watchlist:
    """Keeps the most wanted feeds registered on a stream.

    Args:
        stream: the stream; the watchlist alone subscribes on it.
        clock: venue time.
        capacity: how many registrations may be used.
        hold: seconds for which a newly streamed name is not thrown out by a better one.
    """

    def __init__(
        self, stream: Stream, clock: Clock, *, capacity: int = 41, hold: float = 60
    ) -> None:
        self._stream = stream
        self._clock = clock
        self._capacity = capacity
        self._hold = hold
        self._since: dict[Registration, float] = {}

    @property
    def streamed(self) -> tuple[Registration, ...]:
        """What is registered now."""
        return tuple(self._since)

    def choose(self, wishes: Iterable[Wish]) -> list[Wish]:
        """Return the wishes that get a registration, the most wanted first.

        Raises:
            ValueError: more is pinned than there are registrations.
        """
        unique = {wish.registration: wish for wish in wishes}
        pinned = [wish for wish in unique.values() if wish.pinned]
        if len(pinned) > self._capacity:
            raise ValueError(
                f"{len(pinned)} pinned feeds do not fit {self._capacity} registrations"
            )
        rest = sorted(
            (wish for wish in unique.values() if not wish.pinned),
            key=lambda wish: (self._is_held(wish), wish.score, wish.registration in self._since),
            reverse=True,
        )
        return pinned + rest[: self._capacity - len(pinned)]

    async def assign(self, wishes: Sequence[Wish]) -> list[Wish]:
        """Stream the most wanted.

        What is no longer wished for stays registered as long as nobody needs its place.

        Returns:
            The wishes that got no registration; they have to be polled.
        """
        chosen = {wish.registration for wish in self.choose(wishes)}
        entering = [wanted for wanted in chosen if wanted not in self._since]
        spare = [known for known in self._since if known not in chosen]
        for _ in range(len(self._since) + len(entering) - self._capacity):
            leaving = spare.pop(0)
            await self._stream.unsubscribe(leaving.feed, leaving.key)
            del self._since[leaving]
        for wanted in sorted(entering, key=lambda entry: (entry.feed, entry.key)):
            await self._stream.subscribe(wanted.feed, wanted.key)
            self._since[wanted] = self._clock.monotonic()
        return [wish for wish in wishes if wish.registration not in chosen]

    def _is_held(self, wish: Wish) -> bool:
        since = self._since.get(wish.registration)
        return since is not None and self._clock.monotonic() - since < self._hold
