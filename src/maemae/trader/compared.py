"""Orders as they went and as the fill model had them: kept in a file, and added up."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from math import sqrt
from pathlib import Path
from statistics import mean, stdev

import msgspec

from maemae import private
from maemae.errors import DataError
from maemae.exchange.fed.care import CARES, CareName
from maemae.i18n import _
from maemae.market.kinds import Side
from maemae.reading import opened

MOST = 8_000_000
"""Bytes of the file; beyond that its first half is let go."""

NINE_IN_TEN = 1.645
"""Standard errors on either side of a mean between which it lies nine times in ten."""

_BP = 10_000


class Fills(msgspec.Struct, frozen=True):
    """What came of an order: shares, won, and seconds until the first of them; None: none came."""

    quantity: int
    amount: int
    seconds: float | None = None


class Compared(msgspec.Struct, frozen=True, kw_only=True):
    """An order that is over. `seen` is the last price in won when it was decided on.

    `model`: what the care of the settings said, `cares`: what each said; files of earlier versions
    have none. `blind`: the models were never shown the book of its name. `gap`: trades of it were
    missed while the order lived.
    """

    at: datetime
    code: str
    side: Side
    market: bool
    quantity: int
    seen: int
    real: Fills
    model: Fills
    cares: dict[CareName, Fills] = {}
    blind: bool = False
    gap: bool = False

    @property
    def clear(self) -> bool:
        """Whether the models saw what the order met: only then a difference is theirs."""
        return not (self.blind or self.gap)

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
class Said:
    """What came of orders, really or in a model: shares, and the mean slippage in basis points."""

    filled: int
    slippage: float | None


@dataclass(frozen=True, slots=True)
class Tally:
    """Orders of one kind, name or day, added up; slippage in basis points, difference in won.

    All but `orders` are of those alone whose market the models saw. `cares`: of those that every
    care has predicted; `judged`: shares wanted in these.
    """

    orders: int
    unclear: int
    """Orders whose book or trades the models did not see."""
    wanted: int
    real: Said
    model: Said
    cares: Mapping[CareName, Said]
    judged: int
    difference: int
    amount: int
    """Won that were traded, of which the difference is a part."""
    bias: tuple[float, float] | None
    """Basis points by which orders that both filled went worse than in the model: the mean, and
    half the width of the range that holds it nine times in ten. None with fewer than two."""

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
    clear = [one for one in rows if one.clear]
    judged = [one for one in clear if one.cares]
    return Tally(
        orders=len(rows),
        unclear=len(rows) - len(clear),
        wanted=sum(one.quantity for one in clear),
        real=_said(clear, lambda one: one.real),
        model=_said(clear, lambda one: one.model),
        cares={name: _said(judged, partial(_of_care, name)) for name in CARES} if judged else {},
        judged=sum(one.quantity for one in judged),
        difference=sum(one.difference for one in clear),
        amount=sum(one.real.amount for one in clear),
        bias=_bias(clear),
    )


def _bias(rows: list[Compared]) -> tuple[float, float] | None:
    apart = [
        real - model
        for one in rows
        if (real := one.slippage(one.real)) is not None
        and (model := one.slippage(one.model)) is not None
    ]
    if len(apart) < 2:  # noqa: PLR2004
        return None
    return mean(apart), NINE_IN_TEN * stdev(apart) / sqrt(len(apart))


def _of_care(name: CareName, one: Compared) -> Fills:
    return one.cares[name]


def _said(rows: list[Compared], of: Callable[[Compared], Fills]) -> Said:
    slips = [slip for one in rows if (slip := one.slippage(of(one))) is not None]
    return Said(sum(of(one).quantity for one in rows), mean(slips) if slips else None)


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
