"""Live trades without those whose price cannot be true, for whoever builds bars of them."""

from maemae.desk.plausibility import Plausibility, Print, Source, Verdict, near
from maemae.kis import Tick


class SoundTicks:
    """Holds a doubtful trade back until the next one of its name confirms it, or drops it."""

    def __init__(self) -> None:
        self._known = Plausibility()
        self._held: dict[str, tuple[Tick, int]] = {}

    def take(self, tick: Tick) -> tuple[tuple[Tick, int], ...]:
        """Take in a trade; return those to go by from now on with their prices, oldest first."""
        price = tick.price or 0
        said = Print(
            code=tick.code, price=price, at=tick.at, source=Source.TRADE,
            traded=tick.at, volume=tick.volume,
        )  # fmt: skip
        verdict = self._known.judge(said).verdict
        if verdict is Verdict.DOUBTFUL:
            self._held[tick.code] = tick, price
        if verdict is not Verdict.SOUND:
            return ()
        held = self._held.pop(tick.code, None)
        if held is not None and near(held[1], price):
            return held, (tick, price)
        return ((tick, price),)
