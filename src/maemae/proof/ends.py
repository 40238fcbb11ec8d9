"""What is called ended must be gone: the rest of an order may live, cancelled in part by phone."""

from maemae.desk.records import Ended, Record
from maemae.desk.state import State
from maemae.errors import InvariantError
from maemae.proof.answers import Listing
from maemae.proof.broker import Broker


def check_ended(record: Record, state: State, broker: Broker) -> None:
    """Check a fact; a broker that does not list its orders lets nobody know for sure.

    Raises:
        InvariantError: an order is called ended of which shares can still be filled.
    """
    if not isinstance(record, Ended) or broker.listing is not Listing.ROWS:
        return
    theirs = broker.account.orders.get(state.blotter.order(record.intent).order_no or 0)
    if theirs is not None and theirs.remaining:
        raise InvariantError(f"{record.intent} is called ended; {theirs.remaining} of it live")
