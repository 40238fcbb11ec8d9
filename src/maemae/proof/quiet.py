"""What must hold when all is quiet: our books, the broker's and the ledger's are the same."""

from maemae.desk.desk import Desk
from maemae.desk.image import image_of, state_of
from maemae.desk.state import State
from maemae.proof.answers import Listing
from maemae.proof.bounds import must
from maemae.proof.broker import Broker


def check_quiet(desk: Desk, broker: Broker) -> None:
    """Check that nothing is open and both books agree to the won and the share.

    Raises:
        InvariantError: they differ.
    """
    state, account = desk.state, broker.account
    must(desk.finished, "the day was not closed")
    live = [order.intent for order in state.blotter.live()]
    must(not live, f"still live after the close: {live}")
    must(state.cash == account.cash, f"cash: ours {state.cash}, the broker's {account.cash}")
    theirs = {one.code: one.quantity for one in account.holdings.values() if one.quantity}
    known, ours = state.portfolio.withheld, state.portfolio.holdings()
    for code in known:  # The owner was asked what became of it.
        ours.pop(code, None)
        theirs.pop(code, None)
    must(ours == theirs, f"holdings: ours {ours}, theirs {theirs}")
    if broker.listing is Listing.ROWS:
        # Judged by balances alone, orders are not told apart: the books agree, and say no more.
        _check_orders(state, broker)
    _check_positions(state, broker)


def _check_orders(state: State, broker: Broker) -> None:
    """Check that every order of ours at the broker is known, with all its fills."""
    numbers: dict[str, list[int]] = {}
    for order in broker.account.orders.values():
        intent = None if order.is_cancel else broker.truth.intent_of(order)
        if intent is not None:
            numbers.setdefault(intent, []).append(order.number)
    for intent, given in numbers.items():
        ours = state.blotter.order(intent)
        must(set(given) >= set(ours.numbers), f"{intent}: {ours.numbers} is {given}")
        orders = [broker.account.orders[number] for number in given]
        filled, amount = sum(o.filled for o in orders), sum(o.amount for o in orders)
        must(
            (ours.filled, ours.amount) == (filled, amount),
            f"{intent}: filled {ours.filled} for {ours.amount}, in truth {filled} for {amount}",
        )


def _check_positions(state: State, broker: Broker) -> None:
    """Check that what the owner bought is the owner's and what we bought is ours.

    Where the owner or a sale that came too late has sold shares of ours, our books may be short of
    as many.
    """
    held: dict[str, int] = {}
    for (_, code), position in state.portfolio.positions.items():
        held[code] = held.get(code, 0) + position.quantity
    truth = broker.truth
    for code in sorted(held.keys() | {code for _, code in truth.ours}):
        if not truth.can_be_told(code) or code in state.portfolio.withheld:
            continue
        ours, said = truth.held(code), held.get(code, 0)
        taken = truth.taken[code] + truth.oversold[code] + truth.rounded[code]
        must(
            ours - taken <= said <= ours + truth.rounded[code],
            f"our {code}: {said}, in truth {ours}, of which others sold {taken}",
        )


def check_replay(desk: Desk, again: State) -> None:
    """Check that the ledger rebuilds the desk exactly.

    Raises:
        InvariantError: it does not.
    """
    ours = _known(desk.state)
    for name, rebuilt in _known(again).items():
        live = ours[name]
        must(live == rebuilt, f"replayed {name} differs: {rebuilt} instead of {live}")
    live, rebuilt = image_of(desk.state), image_of(again)
    must(live == rebuilt, f"a replay differs: {rebuilt!r} instead of {live!r}")
    kept = image_of(state_of(live, desk.rules.costs))
    must(kept == live, f"a state is not what was kept of it: {kept!r} instead of {live!r}")


def _known(state: State) -> dict[str, object]:
    """Return what a ledger must rebuild of a state, by name."""
    return {
        "day": state.day,
        "cash": state.cash,
        "orders": state.blotter.orders,
        "positions": state.portfolio.positions,
        "foreign": state.portfolio.foreign,
        "halt": state.halt,
        "paused": state.paused,
        "missing": state.missing,
        "flattening": state.flattening,
        "version": state.version,
    }
