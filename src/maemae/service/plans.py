"""The plans of a venue, as every face lists them."""

from collections.abc import Iterable
from pathlib import Path

from maemae.desk.state import Planned, State
from maemae.errors import DataError
from maemae.service.answers import PlanItem, PlanLine
from maemae.trader.plans.plan import Line, Plan, plans

SHOWN = 20


def plan_lines(folder: Path, venue: str, state: State, count: int = SHOWN) -> list[PlanLine]:
    """Return the plans of a venue, the latest day first, with how far each has come."""
    found: list[PlanLine] = []
    for path, plan in plans(folder, venue):
        if len(found) == count:
            break
        found.append(_line(path, plan, state))
    return found


def _line(path: Path, plan: Plan | DataError, state: State) -> PlanLine:
    if isinstance(plan, DataError):
        return PlanLine(path.stem[11:], path.name, "broken", detail=str(plan))
    known = state.plans.get(plan.name)
    return PlanLine(
        name=plan.name,
        file=path.name,
        state=_how_far(known if known is not None and known.day == plan.day else None),
        day=plan.day,
        strategy=plan.strategy,
        buys=_items(plan.buys),
        sells=_items(plan.sells),
        errors=len(plan.errors),
    )


def _how_far(known: Planned | None) -> str:
    """Return how far a plan has come, as a word; the ledger remembers the latest of a book."""
    if known is None:
        return "past"
    return known.over or ("under_way" if known.begun else "prepared")


def _items(lines: Iterable[Line]) -> list[PlanItem]:
    return [
        PlanItem(line.code, line.listed.name, line.quantity, line.price, line.reason)
        for line in lines
    ]
