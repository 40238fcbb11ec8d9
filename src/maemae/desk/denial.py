"""The fact that a rule refuses an order, with the figures that a person needs to mend it."""

from collections.abc import Callable

from maemae.desk.guard import Limits, Proposal, entries_today, exposed
from maemae.desk.records import Declined
from maemae.desk.state import State
from maemae.market.kinds import Side
from maemae.market.ticks import ceil_to_tick, floor_to_tick

Figures = tuple[int, ...]


def denied(
    state: State,
    limits: Limits,
    proposal: Proposal,
    rule: str,
    *,
    reason: str = "",
    ticket: str = "",
) -> Declined:
    """Return the fact that a rule refuses an order.

    Args:
        state: what the rule was held against.
        limits: the bounds.
        proposal: the order.
        rule: its name, as `guard.refusal` gives it.
        reason: what the order was wanted for.
        ticket: names a person's order.
    """
    figures = _FIGURES.get(rule)
    detail = f"{proposal.quantity} x {proposal.price}"
    return Declined(
        at=proposal.at,
        book=proposal.book,
        side=proposal.side,
        code=proposal.code,
        rule=rule,
        detail=f"{reason}: {detail}" if reason else detail,
        ticket=ticket,
        quantity=proposal.quantity,
        price=proposal.limit or proposal.price,
        figures=figures(state, limits, proposal) if figures is not None else (),
    )


def _neighbours(_state: State, _limits: Limits, wanted: Proposal) -> Figures:
    """Return the prices on the grid below and above the one that is not on it."""
    if wanted.listed is None or wanted.limit is None:
        return ()
    grid = wanted.at.date(), wanted.listed.market, wanted.listed.kind
    return floor_to_tick(wanted.limit, *grid), ceil_to_tick(wanted.limit, *grid)


def _collar(_state: State, limits: Limits, wanted: Proposal) -> Figures:
    """Return the last price, and the farthest that a limit may lie from it."""
    if limits.collar is None or wanted.last is None:
        return ()
    room = int(wanted.last * limits.collar)
    return wanted.last, wanted.last + (room if wanted.side is Side.BUY else -room)


def _bounded(value: int, bound: int | None) -> Figures:
    return () if bound is None else (value, bound)


def _capital(state: State, limits: Limits, wanted: Proposal) -> Figures:
    return _bounded(wanted.reserve, limits.left(state, wanted.book))


_FIGURES: dict[str, Callable[[State, Limits, Proposal], Figures]] = {
    "off_grid": _neighbours,
    "collar": _collar,
    "stale_quote": lambda _, lim, p: (
        int((p.at - p.seen).total_seconds()),
        int(lim.quote_age.total_seconds()),
    ),
    "daily_loss": lambda _, lim, p: _bounded(p.loss, lim.daily_loss),
    "book_loss": lambda _, lim, p: _bounded(p.book_loss, lim.loss_of(p.book)),
    "order_value": lambda _, lim, p: _bounded(p.price * p.quantity, lim.order_value),
    "book_order_value": lambda _, lim, p: _bounded(
        p.price * p.quantity, lim.of(p.book).order_value
    ),
    "order_quantity": lambda _, lim, p: _bounded(p.quantity, lim.order_quantity),
    "name_exposure": lambda state, lim, p: _bounded(
        exposed(state, p, code=p.code), lim.name_exposure
    ),
    "book_name_exposure": lambda state, lim, p: _bounded(
        exposed(state, p, code=p.code, book=p.book), lim.of(p.book).name_exposure
    ),
    "total_exposure": lambda state, lim, p: _bounded(exposed(state, p), lim.total_exposure),
    "capital": _capital,
    "positions": lambda _, lim, __: _bounded(0, lim.positions)[1:],
    "entries_per_name": lambda state, lim, p: _bounded(
        entries_today(state, p), lim.entries_per_name
    ),
    "orders_per_minute": lambda _, lim, __: _bounded(0, lim.orders_per_minute)[1:],
    "refusals": lambda state, lim, _: _bounded(state.refusals, lim.refusals_in_a_row),
    "cash": lambda state, _, p: (p.reserve, state.free_cash),
}
"""By rule, what it was held against: the order's figure and the bound, unless a rule says other."""
