"""Whether the tables of orders and fills say what the journal adds up to."""

from maemae.desk.state import State
from maemae.ledger.ledger import FillLine, Ledger
from maemae.proof.bounds import must


def check_tables(ledger: Ledger, state: State) -> None:
    """Check the rows of every order that the fold of the journal knows.

    Args:
        ledger: the tables.
        state: rebuilt from the journal alone.

    Raises:
        InvariantError: a row is missing, too many, or says something else.
        LedgerError: the ledger cannot be read.
    """
    lines = {line.intent: line for line in ledger.orders()}
    fills: dict[str, list[FillLine]] = {}
    for fill in ledger.fills():
        fills.setdefault(fill.intent, []).append(fill)
    for intent, order in state.blotter.orders.items():
        line = lines.get(intent)
        must(line is not None, f"{intent} is in no table of orders")
        if line is None:
            continue
        said = line.state, line.order_no, line.price, line.filled, line.amount
        true = order.state.value, order.order_no, order.price, order.filled, order.amount
        must(said == true, f"{intent} is {said} in the table of orders, {true} in the journal")
        booked = fills.get(intent, [])
        shares, won = sum(one.quantity for one in booked), sum(one.amount for one in booked)
        told = f"{intent} has fills of {shares} for {won} in the table, {true} in the journal"
        must((shares, won) == (order.filled, order.amount), told)
