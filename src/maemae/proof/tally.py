"""What came of it: every fault, what it hit, and whether an order was doubled or a fill lost."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from maemae.desk.records import (
    Accepted,
    Amended,
    Filled,
    Intended,
    Lost,
    NeverArrived,
    Record,
    Refused,
)
from maemae.trader.sim import SimBooks

KILL = "kill -9"

NEAR = timedelta(seconds=60)
"""How far apart two like orders may be for the second to count as the first sent again."""

_SLACK = timedelta(seconds=1)


@dataclass(slots=True)
class Life:
    """One order of ours, from its intent to the last that was heard of it."""

    intent: str
    side: str
    code: str
    quantity: int
    began: datetime
    ended: datetime
    lost: datetime | None = None
    resolve: float | None = None
    """Seconds of venue time for which its outcome was unknown."""
    numbers: list[int] = field(default_factory=list)
    filled: int = 0
    amount: int = 0


@dataclass(frozen=True, slots=True)
class Row:
    """One fault: how often it struck, and what became of the orders under way at the time."""

    fault: str
    injected: int
    affected: int
    doubled: int
    lost: int
    unknown: int
    resolve_p50: float
    resolve_max: float


@dataclass(frozen=True, slots=True)
class Tally:
    """The outcome: a row for each fault and one for all, and where the books differ."""

    rows: tuple[Row, ...]
    total: Row
    differences: tuple[str, ...]
    kills: int
    seconds: float = 0.0

    @property
    def clean(self) -> bool:
        """Whether nothing was doubled or lost and the books are equal."""
        return not (self.total.doubled or self.total.lost or self.differences)


def lives(records: Iterable[Record]) -> dict[str, Life]:
    """Return the orders that the ledger's facts tell of, by intent."""
    found: dict[str, Life] = {}
    for record in records:
        if isinstance(record, Intended):
            found[record.intent] = Life(
                record.intent, record.side.value, record.listed.code, record.quantity,
                record.at, record.at,
            )  # fmt: skip
            continue
        life = found.get(getattr(record, "intent", ""))
        if life is None:
            continue
        life.ended = record.at
        match record:
            case Lost():
                life.lost = life.lost or record.at
            case Accepted() | Amended():
                life.numbers.append(record.order_no)
                _resolve(life, record.at)
            case Refused() | NeverArrived():
                _resolve(life, record.at)
            case Filled():
                life.filled += record.quantity
                life.amount += record.amount
            case _:
                pass
    return found


def _resolve(life: Life, at: datetime) -> None:
    if life.lost is not None and life.resolve is None:
        life.resolve = (at - life.lost).total_seconds()


@dataclass(frozen=True, slots=True)
class Wrongs:
    """Intents whose order the broker has twice, or whose fills or order the ledger misses."""

    doubled: Counter[str]
    lost: Counter[str]


def wrongs(ours: Mapping[str, Life], books: SimBooks, taken: Mapping[int, datetime]) -> Wrongs:
    """Hold the ledger's orders against the exchange's.

    Args:
        ours: by intent.
        books: of the exchange.
        taken: when the exchange took each order number.
    """
    owner = {number: life for life in ours.values() for number in life.numbers}
    filled: Counter[str] = Counter()
    amount: Counter[str] = Counter()
    doubled: Counter[str] = Counter()
    lost: Counter[str] = Counter()
    for order in books.orders:
        life = owner.get(int(order.order_no))
        if life is not None:
            filled[life.intent] += order.filled
        elif (twin := _twin(ours, order, taken.get(int(order.order_no)))) is not None:
            doubled[twin.intent] += 1
        else:
            lost[f"order {order.order_no}"] += 1
    for fill in books.fills:
        life = owner.get(int(fill.order_no))
        if life is not None:
            amount[life.intent] += fill.quantity * fill.price
    for life in ours.values():
        if (life.filled, life.amount) != (filled[life.intent], amount[life.intent]):
            lost[life.intent] += 1
    return Wrongs(doubled, lost)


def _twin(ours: Mapping[str, Life], order: Any, at: datetime | None) -> Life | None:
    same = (order.side, order.code, order.quantity)
    for life in ours.values():
        near = at is None or abs(at - life.began) <= NEAR
        if (life.side, life.code, life.quantity) == same and near:
            return life
    return None


@dataclass(frozen=True, slots=True)
class Strike:
    """A fault that struck: when, and the order call it hit, if it hit one."""

    fault: str
    at: datetime
    order: tuple[str, int] | None = None
    """Code and quantity."""


def strikes(journal: Iterable[Mapping[str, Any]]) -> list[Strike]:
    """Return the faults of the exchange's journal."""
    found = []
    for entry in journal:
        if not entry.get("fault"):
            continue
        order = None
        if str(entry.get("path", "")).endswith("order-cash"):
            order = entry["params"]["PDNO"], int(entry["params"]["ORD_QTY"])
        found.append(Strike(entry["fault"], datetime.fromisoformat(entry["at"]), order))
    return found


def rows(struck: Sequence[Strike], ours: Mapping[str, Life], wrong: Wrongs) -> tuple[Row, ...]:
    """Return one row for each fault, by name."""
    by_fault: dict[str, list[Strike]] = {}
    for one in struck:
        by_fault.setdefault(one.fault, []).append(one)
    ordered = sorted(ours.values(), key=lambda life: life.began)
    return tuple(
        row(fault, len(some), _hit(some, ordered), wrong)
        for fault, some in sorted(by_fault.items())
    )


def row(fault: str, injected: int, hit: Sequence[Life], wrong: Wrongs) -> Row:
    """Return what became of some orders."""
    times = sorted(life.resolve for life in hit if life.resolve is not None)
    return Row(
        fault=fault,
        injected=injected,
        affected=len(hit),
        doubled=sum(wrong.doubled[life.intent] for life in hit),
        lost=sum(wrong.lost[life.intent] for life in hit),
        unknown=len(times),
        resolve_p50=times[len(times) // 2] if times else 0.0,
        resolve_max=times[-1] if times else 0.0,
    )


def _hit(some: Sequence[Strike], ordered: Sequence[Life]) -> list[Life]:
    """Return the orders that were under way when a fault struck; of order calls, the one meant."""
    hit = []
    for life in ordered:
        first, last = life.began - _SLACK, life.ended + _SLACK
        mine = (life.code, life.quantity)
        if any(first <= one.at <= last and one.order in (None, mine) for one in some):
            hit.append(life)
    return hit
