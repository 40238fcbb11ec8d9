"""How the exchange's time goes: at a multiple of the wall clock, by steps, or not at all."""

import time
from collections.abc import Callable

from maemae.exchange.moment import SECOND, Moment


class Timekeeper:
    """The exchange's clock.

    Args:
        start: where it starts.
        speed: venue seconds per real second; None for stepped time, which only `step_to` moves.
        paused: whether it stands still until `resume`.
        wall: real seconds since any origin.
    """

    def __init__(
        self,
        start: Moment,
        speed: float | None,
        *,
        paused: bool = False,
        wall: Callable[[], float] = time.monotonic,
    ) -> None:
        self.speed = speed
        self.paused = paused
        self._wall = wall
        self._at = start
        self._since = wall()

    @property
    def stepped(self) -> bool:
        """Whether time is moved by steps."""
        return self.speed is None

    @property
    def runs(self) -> bool:
        """Whether time passes by itself."""
        return not (self.stepped or self.paused)

    def now(self) -> Moment:
        """Return the venue's time."""
        if self.speed is None or self.paused:
            return self._at
        return self._at + int((self._wall() - self._since) * self.speed * SECOND)

    def real_seconds(self, until: Moment) -> float:
        """Return how many real seconds it takes until an instant; only while time runs."""
        return max(0.0, (until - self.now()) / SECOND / (self.speed or 1.0))

    def pause(self) -> None:
        """Stand still."""
        self._at, self._since = self.now(), self._wall()
        self.paused = True

    def resume(self) -> None:
        """Run again from where it stood."""
        self._since = self._wall()
        self.paused = False

    def jump(self, at: Moment) -> None:
        """Go to an instant: a step, or another day."""
        self._at, self._since = at, self._wall()
