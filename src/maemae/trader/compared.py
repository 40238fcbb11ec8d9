"""Orders as they went and as the fill model had them: kept in a file, and added up."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import msgspec

from maemae import private
from maemae.errors import DataError
from maemae.i18n import _
from maemae.market.kinds import Side
from maemae.reading import opened

MOST = 8_000_000
"""Bytes of the file; beyond that its first half is let go."""

_BP = 10_000


class Fills(msgspec.Struct, frozen=True):
    """What came of an order: shares, won, and seconds until the first of them; None: none came."""

    quantity: int
    amount: int
    seconds: float | None = None


class Compared(msgspec.Struct, frozen=True, kw_only=True):
    """An order that is over. `seen` is the last price in won when it was decided on."""

    at: datetime
    code: str
    side: Side
    market: bool
    quantity: int
    seen: int
    real: Fills
    model: Fills

    @property
    def kind(self) -> str:
        """What it is counted under: `market-buy`, `limit-sell`, and so on."""
        return f"{'market' if self.market else 'limit'}-{self.side.value}"

    def slippage(self, of: Fills) -> float | None:
        """Return how much worse than the price seen it was filled, in basis points."""
        if not of.quantity:
            return None
        worse = of.amount / of.quantity / self.seen - 1
        return _BP * (worse if self.side is Side.BUY else -worse)

    @property
    def difference(self) -> int:
        """Won by which the shares that both filled went worse than in the model."""
        both = min(self.real.quantity, self.model.quantity)
        if not both:
            return 0
        real = self.real.amount * both * self.model.quantity
        model = self.model.amount * both * self.real.quantity
        more = (real - model) // (self.real.quantity * self.model.quantity)
        return more if self.side is Side.BUY else -more


@dataclass(frozen=True, slots=True)
class Tally:
    """Orders of one kind, name or day, added up; slippage in basis points, difference in won."""

    orders: int
    wanted: int
    real: int
    model: int
    real_slippage: float | None
    model_slippage: float | None
    difference: int
    amount: int
    """Won that were traded, of which the difference is a part."""

    @property
    def tracking(self) -> float | None:
        """The difference in basis points of what was traded."""
        return _BP * self.difference / self.amount if self.amount else None


def tallies(rows: Iterable[Compared], by: Callable[[Compared], str]) -> dict[str, Tally]:
    """Return what orders come to, by what they are counted under."""
    groups: dict[str, list[Compared]] = {}
    for row in rows:
        groups.setdefault(by(row), []).append(row)
    return {name: tally(group) for name, group in sorted(groups.items())}


def tally(rows: list[Compared]) -> Tally:
    """Add orders up; slippage is the mean over the orders that were filled."""
    return Tally(
        orders=len(rows),
        wanted=sum(one.quantity for one in rows),
        real=sum(one.real.quantity for one in rows),
        model=sum(one.model.quantity for one in rows),
        real_slippage=_mean([one.slippage(one.real) for one in rows]),
        model_slippage=_mean([one.slippage(one.model) for one in rows]),
        difference=sum(one.difference for one in rows),
        amount=sum(one.real.amount for one in rows),
    )


def _mean(values: list[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None


def shadow_path(folder: Path, venue: str) -> Path:
    """Return the file in the data folder of the orders of a venue."""
    return folder / f"shadow-{venue}.jsonl"


def append(file: Path, one: Compared) -> None:
    """Write an order down; the file is its owner's alone, and bounded.

    Raises:
        OSError: it cannot be written.
    """
    private.make_folder(file.parent)
    if file.exists() and file.stat().st_size > MOST:
        kept = file.read_bytes()[MOST // 2 :].partition(b"\n")[2]
        half = file.with_suffix(".part")
        private.write_text(half, kept.decode())
        half.replace(file)
    with open(file, "ab", opener=private.opener) as out:
        out.write(msgspec.json.encode(one) + b"\n")


def read_compared(file: Path, since: date | None = None) -> Iterator[Compared]:
    """Yield the orders of a file, from a day on; none where there is no file.

    Raises:
        DataError: a line of it is none of ours; one torn at the end is left out.
    """
    if not file.exists():
        return
    with opened(file) as lines:
        for row in lines:
            try:
                one = msgspec.json.decode(row, type=Compared)
            except msgspec.MsgspecError as error:
                if not row.endswith(b"\n"):
                    return
                said = _("{file} cannot be read: {why}")
                raise DataError(said.format(file=file, why=error)) from None
            if since is None or one.at.date() >= since:
                yield one
