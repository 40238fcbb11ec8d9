"""The one way by which a price becomes a quote that exits, entries and the day's loss go by."""

from collections.abc import Container, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from maemae.desk.commands import Ask
from maemae.desk.events import Candidate, Candidates, Holding, Notice, Price, Query
from maemae.desk.plausibility import BEHIND, DayRange, Judged, Plausibility, Print, Source, Verdict
from maemae.desk.prices import Quote
from maemae.desk.records import Incident
from maemae.desk.turn import Turn

PRICES = "prices"
"""The name of the timer that looks whether held names have prices."""

LOOK_EVERY = timedelta(seconds=15)

ASK_AFTER = timedelta(seconds=30)
"""The price of a held name that is older than this is asked for."""

ASK_BEYOND = timedelta(seconds=3)
"""The same of one that has no place on the stream: no trade tells its price."""

SAY_AFTER = timedelta(seconds=45)
"""A held name whose price is older than this is said to have none."""

ANSWER = timedelta(seconds=2)
"""So much real time an answer may take before it is said to be missing."""

FRAME = timedelta(seconds=1)
"""So much real time a frame may be under way before it is taken for an old one."""

CALM_AFTER = timedelta(seconds=60)
"""So long without a wrong price, and a name's prices are right again."""

ASK_AGAIN = timedelta(seconds=1)
"""The price of one name is asked for so often at most."""


@dataclass(slots=True)
class _Trouble:
    """The wrong prices of a name: how many, and when the last came."""

    last: datetime
    count: int = 0


class Quoting:
    """Judges every price and keeps the quotes; says what cannot be true, and what is missing.

    Args:
        pace: venue seconds per real second.
    """

    def __init__(self, pace: float = 1.0) -> None:
        self.quotes: dict[str, Quote] = {}
        self.wrong = 0
        """Prices that were dropped."""
        self._known = Plausibility(max(BEHIND, FRAME * pace))
        self._said_after = max(SAY_AFTER, ANSWER * pace)
        self._changed: set[str] = set()
        self._troubles: dict[str, _Trouble] = {}
        self._asked: dict[str, datetime] = {}
        self._answered: set[str] = set()
        self._missing: set[str] = set()
        self._heard: dict[str, datetime] = {}
        """When a trade or an answer last told a price: a row may be an hour old and not say so."""
        self._since: datetime | None = None
        self._opens: datetime | None = None

    def begin(self, at: datetime, opens: datetime) -> None:
        """Begin a day, or a life within it."""
        self._opens = opens
        self._since = max(at, opens)
        self._answered.clear()

    # Prices, from wherever they come.

    def priced(self, turn: Turn, event: Price, reference: int) -> bool:
        """Take in a live trade or an answer; tell whether it is to be gone by now."""
        if event.polled and self._opens is not None and turn.at >= self._opens:
            self._answered.add(event.code)
        if event.day is not None:
            self._known.learn(event.code, event.day, event.price)
        return self._judge(turn, printed(event), reference)

    def filled(self, turn: Turn, event: Notice, reference: int) -> None:
        """Take in the price of a fill of our own; notices may come late."""
        said = Print(
            code=event.code, price=event.price, at=turn.at, source=Source.TRADE,
            traded=event.executed,
        )  # fmt: skip
        self._follow(turn, said, self._known.judge(said, reference))

    def offered(self, turn: Turn, event: Candidates) -> tuple[Candidate, ...]:
        """Take in the prices of a search; return its offers without those that cannot be true.

        A name that it has twice is told once: one answer is one witness.
        """
        first = {offer.listed.code: offer for offer in reversed(event.offers)}
        return tuple(
            self._offer(turn, offer) if offer is first[offer.listed.code] else offer.without_price()
            for offer in event.offers
        )

    def held(self, turn: Turn, holding: Holding, reference: int, *, every: timedelta) -> None:
        """Take in the price of a balance, where nothing newer than its interval is known."""
        code, known = holding.code, self.quotes.get(holding.code)
        if holding.base:
            self._known.learn(code, DayRange(base=holding.base), 0)
        if holding.price > 0 and (known is None or turn.at - known.seen >= every):
            said = Print(code=code, price=holding.price, at=turn.at, source=Source.ROW)
            self._judge(turn, said, reference)

    def changed(self) -> set[str]:
        """Return the names that were given a price since this was last asked, from any source."""
        codes, self._changed = self._changed, set()
        return codes

    def base_of(self, code: str) -> int:
        """Return the day's base price of a name in won, 0 where nobody told it."""
        return self._known.day_of(code).base

    # Prices that do not come.

    def look(self, turn: Turn, held: Iterable[str], beyond: Container[str] = ()) -> None:
        """Ask for what held names lack: limits, base price, a price of the last half minute.

        Those `beyond` the stream have nothing else: theirs is asked for every few seconds.
        """
        held = set(held)
        self._missing &= held
        for code in sorted(held):
            since = self._since or turn.at
            quote = self.quotes.get(code)
            heard = self._heard.setdefault(code, since if quote is None else quote.seen)
            age = turn.at - max(heard, since)
            after = ASK_BEYOND if code in beyond else ASK_AFTER
            if code not in self._answered or age >= after:
                self._ask(turn, code)
            if age >= self._said_after and code not in self._missing:
                self._missing.add(code)
                said = f"{code}: {age.total_seconds():.0f} s"
                turn.record(Incident(at=turn.at, kind="price_missing", detail=said))

    # What follows from a judgement.

    def _judge(self, turn: Turn, said: Print, reference: int, *, asks: bool = True) -> bool:
        judged = self._known.judge(said, reference)
        match judged.verdict:
            case Verdict.SOUND:
                pass
            case Verdict.DOUBTFUL:
                if asks:
                    self._ask(turn, said.code)
            case _:
                self._complain(turn, said.code, said.price, judged.verdict)
        if judged.refuted is not None:
            self._complain(turn, said.code, judged.refuted, Verdict.ALONE)
        return self._follow(turn, said, judged)

    def _follow(self, turn: Turn, said: Print, judged: Judged) -> bool:
        if judged.price is None:
            return False
        self.quotes[said.code] = Quote(judged.price, turn.at)
        self._changed.add(said.code)
        if said.source is not Source.ROW:
            self._came(turn, said.code)
        trouble = self._troubles.get(said.code)
        if trouble is not None and turn.at - trouble.last >= CALM_AFTER:
            del self._troubles[said.code]
            detail = f"{said.code}: {trouble.count}"
            turn.record(Incident(at=turn.at, kind="price_right", detail=detail))
        return True

    def _came(self, turn: Turn, code: str) -> None:
        """Note that a name's price is known as it is now; say so where it was missing."""
        self._heard[code] = turn.at
        if code in self._missing:
            self._missing.discard(code)
            turn.record(Incident(at=turn.at, kind="price_back", detail=code))

    def _offer(self, turn: Turn, offer: Candidate) -> Candidate:
        code = offer.listed.code
        if offer.day is not None:
            self._known.learn(code, offer.day, offer.price)
        if offer.price == 0:
            return offer
        said = Print(code=code, price=offer.price, at=turn.at, source=Source.ROW)
        sound = self._judge(turn, said, 0, asks=False)  # Whoever wants the name asks.
        return offer if sound else offer.without_price()

    def _complain(self, turn: Turn, code: str, price: int, verdict: Verdict) -> None:
        """Count a wrong price, and say the first one of a name."""
        self.wrong += 1
        first = code not in self._troubles
        trouble = self._troubles.setdefault(code, _Trouble(turn.at))
        trouble.last, trouble.count = turn.at, trouble.count + 1
        if first:
            detail = f"{code}: {price:,}{self._against(code, verdict)}"
            turn.record(Incident(at=turn.at, kind="price_wrong", detail=detail))
        self._ask(turn, code)

    def _against(self, code: str, verdict: Verdict) -> str:
        """Return the figures that a wrong price is held against."""
        quote, day = self.quotes.get(code), self._known.day_of(code)
        if verdict is Verdict.LIMITS:
            return f" ({day.lower:,}~{day.upper:,})"
        return f" ({quote.price:,})" if quote is not None else ""

    def _ask(self, turn: Turn, code: str) -> None:
        asked = self._asked.get(code)
        if asked is None or turn.at - asked >= ASK_AGAIN:
            self._asked[code] = turn.at
            turn.do(Ask(Query.PRICE, code))


def printed(event: Price) -> Print:
    """Return a price as it is judged."""
    return Print(
        code=event.code,
        price=event.price,
        at=event.at,
        source=Source.ANSWER if event.polled else Source.TRADE,
        traded=event.traded,
        volume=event.volume,
    )
