"""Where recorded days come from: the folder of one, with those of other days beside it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from maemae.errors import DataError
from maemae.exchange.extremes import Spans
from maemae.exchange.listing import DayBar, Listing
from maemae.exchange.moment import Moment
from maemae.exchange.protocol.frames import TRADES
from maemae.exchange.recorded.reading import Said, records, said_by, tick_said
from maemae.i18n import _
from maemae.market.kinds import Kind, Market
from maemae.market.limits import price_limits
from maemae.recordings.entries import Answer, Entry, Frame, Name
from maemae.recordings.shelf import entries_of, look


@dataclass(slots=True)
class _Facts:
    """What a recording says of an instrument for the whole day."""

    name: str = ""
    market: Market | None = None
    kind: Kind = Kind.STOCK
    base: int = 0
    lower: int = 0
    upper: int = 0
    known: bool = False
    """Whether market and kind are those of the master files."""

    def learn(self, said: Said) -> None:
        """Take in what is not known yet."""
        self.name = self.name or said.name
        self.base = self.base or said.base
        self.lower = self.lower or said.lower
        self.upper = self.upper or said.upper
        if not self.known:
            self.market = self.market or said.market

    def listing(self, code: str, day: date) -> Listing | None:
        """Return the instrument; None where not even its base price is known."""
        if not self.base:
            return None
        market = self.market or Market.KOSPI
        limits = price_limits(self.base, day, market, self.kind)
        base = self.base
        return Listing(
            code, self.name or code, market, self.kind, base,
            self.lower or limits.lower, self.upper or limits.upper,
            open=base, high=base, low=base, close=base, volume=0,
        )  # fmt: skip


@dataclass(slots=True)
class RecordedSource:
    """Recorded days of one venue.

    Args:
        folder: of one recorded day.

    Raises:
        DataError: it is none, or nothing is in it.
    """

    folder: Path
    day: date = field(init=False)
    first: Moment = field(init=False)
    """When the first entry arrived."""

    def __post_init__(self) -> None:
        """Look at the folder."""
        found = look(self.folder)
        if found.first is None:
            raise DataError(_("nothing is recorded in {path}").format(path=self.folder))
        self.day, self.first = found.day, found.first

    def entries(self, day: date) -> Iterator[Entry]:
        """Return what arrived on a day, in order.

        Raises:
            DataError: it was not recorded, or cannot be read.
        """
        return entries_of(self._of(day))

    def listings(self, day: date) -> list[Listing]:
        """Return the instruments that a recorded day tells of.

        Raises:
            DataError: it was not recorded, or cannot be read.
        """
        facts: dict[str, _Facts] = {}
        ticks: dict[str, Said] = {}
        for entry in self.entries(day):
            match entry:
                case Name():
                    known = facts.setdefault(entry.code, _Facts())
                    known.name, known.known = entry.name or known.name, True
                    known.market, known.kind = entry.market, entry.kind
                case Answer():
                    for said in said_by(entry):
                        facts.setdefault(said.code, _Facts()).learn(said)
                case Frame() if _may_be_new(entry, ticks):
                    found = records(entry)
                    for row in found.by_name if found is not None else ():
                        said = tick_said(row)
                        ticks.setdefault(said.code, said)
                case _:
                    pass
        for code, said in ticks.items():
            facts.setdefault(code, _Facts()).learn(said)
        made = (one.listing(code, day) for code, one in sorted(facts.items()))
        return [one for one in made if one is not None]

    def history(self, code: str, before: date) -> list[DayBar]:
        """Return none: charts are answered as they were."""
        del code, before
        return []

    def extremes(self, starts: Sequence[date], before: date) -> Mapping[str, Spans]:
        """Return none."""
        del starts, before
        return {}

    def _of(self, day: date) -> Path:
        folder = self.folder.resolve().parent / day.isoformat()
        if not folder.is_dir():
            raise DataError(_("{day} was not recorded").format(day=day))
        return folder


def _may_be_new(frame: Frame, known: Mapping[str, Said]) -> bool:
    """Tell whether a frame is of trades, in an instrument that is not known; by its beginning."""
    head = f"0|{TRADES}|"
    if not frame.text.startswith(head):
        return False
    _count, _, rest = frame.text[len(head) :].partition("|")
    return rest.partition("^")[0] not in known
