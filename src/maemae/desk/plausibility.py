"""Whether a price can be true: pure judgement of one print after another, by name.

A price that is blank or zero, off the day's limits or older than one heard before is impossible.
One that jumps further than the market lets two neighbouring trades lie apart (beyond that a
volatility interruption comes first) is doubtful until a second print or the broker's answer goes
at least as far the same way; the milder of the two is what is known then. So a true crash waits
for its next trade at most, and a single wrong price moves nothing.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

JUMP_PERCENT = 6
"""How far two neighbouring trades lie apart at most: the dynamic VI of all but the largest names
(KRX Enforcement Rules §41-2)."""

JUMP_WON = 5
"""The same of the cheapest names, in ticks of one won: no VI comes within so many."""

BEHIND = timedelta(seconds=60)
"""A trade that lies so far behind what other names have traded since is an old frame."""

CUSTOMARY = 69, 131
"""Limits in percent of the base price where none were told, a tick wider than they are (±30 %)."""

WITNESS = timedelta(seconds=60)
"""A doubtful price is no witness of another that comes later than this."""

AHEAD = timedelta(minutes=10)
"""No clock is so far behind: the time of such a trade is wrong."""


class Source(StrEnum):
    """Where a price comes from."""

    TRADE = "trade"
    """A live trade, or a fill of our own."""
    ANSWER = "answer"
    """The answer to a question about this very price."""
    ROW = "row"
    """A row of a balance or of a search: right, but perhaps not of this moment."""


class Verdict(StrEnum):
    """What is thought of a price."""

    SOUND = "sound"
    DOUBTFUL = "doubtful"
    """Too far off to act on before another source or a second print confirms it."""
    NONE = "none"
    """Blank, zero or negative: no price at all."""
    LIMITS = "limits"
    """Beyond the day's limits (상한가, 하한가)."""
    OLD = "old"
    """Traded before a trade that was heard already, or on another day."""
    ALONE = "alone"
    """A doubtful price that the next ones contradict."""


@dataclass(frozen=True, slots=True)
class DayRange:
    """Base price (기준가) and limits of a day, in won; 0 where nobody states them."""

    base: int = 0
    lower: int = 0
    upper: int = 0

    @property
    def usable(self) -> bool:
        """Whether it does not contradict itself."""
        limits = not self.lower or not self.upper or 0 < self.lower <= self.upper
        return limits and (not self.base or self.holds(self.base))

    def holds(self, price: int) -> bool:
        """Whether a price lies inside the limits, as far as they are known."""
        return self.lower <= price and (not self.upper or price <= self.upper)


@dataclass(frozen=True, slots=True, kw_only=True)
class Print:
    """A price as it was said.

    `traded` is the venue's time of the trade and `volume` the day's up to it, where they are told.
    """

    code: str
    price: int
    at: datetime
    source: Source
    traded: datetime | None = None
    volume: int | None = None


@dataclass(frozen=True, slots=True)
class Judged:
    """A verdict, the price to go by from now on if any, and whether a doubt was proved wrong."""

    verdict: Verdict
    price: int | None = None
    refuted: int | None = None


@dataclass(slots=True)
class _Name:
    """What is known of a name: its day, its last sound price and when that was seen."""

    day: DayRange = DayRange()
    stated: bool = False
    """Whether the limits were told; else they are the customary ones around the base price."""
    last: int = 0
    seen: datetime | None = None
    newest: datetime | None = None
    """The time of its latest trade."""
    doubt: Print | None = None
    """A price inside the limits that waits for a second one."""
    beyond: Print | None = None
    """The last price beyond the limits."""


class Plausibility:
    """What is known of each name's prices on a day, and what follows for the next one.

    Args:
        behind: a trade so far behind what other names have traded since is an old frame.
    """

    def __init__(self, behind: timedelta = BEHIND) -> None:
        self._behind = behind
        self._names: dict[str, _Name] = {}
        self._newest: datetime | None = None

    def day_of(self, code: str) -> DayRange:
        """Return base price and limits of a name, as far as they were told."""
        return self._name(code).day

    def learn(self, code: str, day: DayRange, price: int) -> None:
        """Take in what an answer says of a name's day, unless it contradicts itself.

        Of a name of which nothing was told before, its price is doubted then, not its limits.
        """
        known = self._name(code)
        told = known.stated or known.day.base > 0
        if not day.usable or (price > 0 and told and not day.holds(price)):
            return
        base = day.base or known.day.base
        if day.upper:
            known.stated = True
            known.day = DayRange(base, day.lower, day.upper)
        elif known.stated:
            known.day = DayRange(base, known.day.lower, known.day.upper)
        else:
            known.day = DayRange(base, base * CUSTOMARY[0] // 100, base * CUSTOMARY[1] // 100)

    def judge(self, said: Print, reference: int = 0) -> Judged:
        """Judge a price.

        Args:
            said: the price.
            reference: what it is held against where no price of the day is known yet, won.
        """
        known = self._name(said.code)
        if said.price <= 0:
            return Judged(Verdict.NONE)
        if self._is_old(known, said):
            return Judged(Verdict.OLD)
        if not known.day.holds(said.price) and not _overrules(known, said):
            known.beyond = said
            return Judged(Verdict.LIMITS)
        last = _last(known, said.at)
        against = last or known.day.base or reference
        if near(said.price, against) or (not against and said.source is Source.ANSWER):
            return self._take(known, said)
        doubt = known.doubt or _within(known)
        if doubt is not None and said.at - doubt.at > WITNESS:
            doubt = None
        if doubt is None or _same(doubt, said) or not _agree(doubt, said, last):
            known.doubt = said
            return Judged(Verdict.DOUBTFUL)
        return self._confirm(known, doubt, said, against)

    def _take(self, known: _Name, said: Print) -> Judged:
        """Go by a price that follows from the last one; a row may be too old to refute another."""
        known.last, known.seen = said.price, said.at
        if known.beyond is not None and near(known.beyond.price, said.price):
            known.beyond = None  # It is the price now: beside another it would not wait any more.
        refuted = None
        if known.doubt is not None and said.source is not Source.ROW:
            refuted = None if near(known.doubt.price, said.price) else known.doubt.price
            known.doubt = None
        return Judged(Verdict.SOUND, said.price, refuted)

    def _confirm(self, known: _Name, doubt: Print, said: Print, against: int) -> Judged:
        """Go by what two prints agree on; the rest of the way waits for a third."""
        milder = min((doubt.price, said.price), key=lambda price: abs(price - against))
        price = said.price if near(said.price, milder) else milder
        known.last, known.seen = price, said.at
        known.doubt = None if price == said.price else said
        known.beyond = None
        return Judged(Verdict.SOUND, price)

    def _is_old(self, known: _Name, said: Print) -> bool:
        traded = said.traded
        if traded is None:
            return False
        wrong_day = traded.date() != said.at.date() or traded - said.at > AHEAD
        behind = self._newest is not None and self._newest - traded > self._behind
        if wrong_day or behind or (known.newest is not None and traded < known.newest):
            return True
        known.newest = traded
        self._newest = max(traded, self._newest or traded)
        return False

    def _name(self, code: str) -> _Name:
        return self._names.setdefault(code, _Name())


def near(price: int, other: int) -> bool:
    """Whether two neighbouring trades may lie so far apart; nothing is near no price."""
    return other > 0 and abs(price - other) <= max(other * JUMP_PERCENT // 100, JUMP_WON)


def _last(known: _Name, at: datetime) -> int:
    """Return the last sound price of the day; 0 where there was none."""
    return known.last if known.seen is not None and known.seen.date() == at.date() else 0


def _overrules(known: _Name, said: Print) -> bool:
    """Whether a live trade and the broker's answer agree, against the limits that were told.

    They are those of another day then, or the name has none today (정리매매): they are forgotten.
    """
    beyond, sources = known.beyond, {Source.TRADE, Source.ANSWER}
    if beyond is None or {beyond.source, said.source} != sources:
        return False
    if not near(said.price, beyond.price):
        return False
    known.day, known.stated = DayRange(), True
    known.beyond, known.doubt = None, beyond
    return True


def _within(known: _Name) -> Print | None:
    """Return a price that lay beyond the limits and lies inside those that are known by now."""
    beyond = known.beyond
    return beyond if beyond is not None and known.day.holds(beyond.price) else None


def _same(one: Print, other: Print) -> bool:
    """Whether two prints are one trade, said twice."""
    return one.traded is not None and (one.traded, one.price, one.volume) == (
        other.traded,
        other.price,
        other.volume,
    )


def _agree(one: Print, other: Print, against: int) -> bool:
    """Whether two prices lie off the last one on the same side; near each other without one.

    A base price tells nothing of where a name stands today: beside it one of two that lie far apart
    is wrong, and it need not be the one that is farther away.
    Rows of balances and searches are weak witnesses: two of them have to say nearly the same.
    """
    if not against or {one.source, other.source} == {Source.ROW}:
        return near(one.price, other.price)
    return (one.price > against) is (other.price > against)
