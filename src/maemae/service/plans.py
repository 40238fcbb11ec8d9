"""The plans of a venue, as every face lists them, with what became of each line."""

from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path

from maemae.desk.positions import Planned
from maemae.desk.records import PlanEnded, PlanSkipped
from maemae.errors import DataError
from maemae.ledger.ledger import OrderLine
from maemae.service.answers import PlanItem, PlanLine
from maemae.service.history import History
from maemae.trader.plans.plan import Line, Plan, plans

SHOWN = 20

Ends = Mapping[tuple[str, date], PlanEnded | PlanSkipped]
"""How plans ended, by book and day."""


def plan_lines(
    folder: Path, venue: str, past: History | None, count: int = SHOWN
) -> list[PlanLine]:
    """Return the plans of a venue, the latest day first, with how far each has come.

    Args:
        folder: where the plans lie.
        venue: whose plans are wanted.
        past: the venue's ledger; None where there is none yet.
        count: plans at most.

    Raises:
        LedgerError: the ledger cannot be read.
    """
    ends: Ends = {} if past is None else {(r.book, r.day): r for r in past.plan_ends()}
    found: list[PlanLine] = []
    for path, plan in plans(folder, venue):
        if len(found) == count:
            break
        found.append(_line(path, plan, past, ends))
    return found


def _line(path: Path, plan: Plan | DataError, past: History | None, ends: Ends) -> PlanLine:
    if isinstance(plan, DataError):
        return PlanLine(path.stem[11:], path.name, "broken", detail=str(plan))
    end = ends.get((plan.name, plan.day))
    known = None if past is None else past.state().plans.get(plan.name)
    state = _how_far(known if known is not None and known.day == plan.day else None, end)
    carried = past is not None and state in {"done", "under_way"}
    orders = past.orders(plan.day) if past is not None and carried else []
    orders = [order for order in orders if order.book == plan.name]
    skipped = end.skipped if isinstance(end, PlanEnded) else {}
    return PlanLine(
        name=plan.name,
        file=path.name,
        state=state,
        day=plan.day,
        strategy=plan.strategy,
        buys=_items(plan.buys, [one for one in orders if one.side == "buy"], skipped),
        sells=_items(plan.sells, [one for one in orders if one.side == "sell"], skipped),
        errors=len(plan.errors),
    )


def _how_far(known: Planned | None, end: PlanEnded | PlanSkipped | None) -> str:
    """Return how far a plan has come, as a word."""
    if known is not None:
        return known.over or ("under_way" if known.begun else "prepared")
    if isinstance(end, PlanSkipped):
        return end.reason
    return "past" if end is None else "done"


def _items(
    lines: Iterable[Line], orders: Iterable[OrderLine], skipped: Mapping[str, str]
) -> list[PlanItem]:
    # The first order of a name is the plan's; a later one of the day is an exit, or by hand.
    sent: dict[str, OrderLine] = {}
    for order in orders:
        if order.code not in skipped:
            sent.setdefault(order.code, order)
    return [_item(line, sent.get(line.code), skipped.get(line.code, "")) for line in lines]


def _item(line: Line, order: OrderLine | None, why_not: str) -> PlanItem:
    return PlanItem(
        code=line.code,
        name=line.listed.name,
        quantity=line.quantity,
        price=line.price,
        reason=line.reason,
        became=order.state if order is not None else why_not,
        filled=0 if order is None else order.filled,
        amount=0 if order is None else order.amount,
    )
