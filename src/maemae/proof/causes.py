"""Why an order is given up: what is called gone must be gone, and must not come any more.

The end of a day tells only whether the books came right in the end. This looks at the moment: a
reservation that is freed, or a sale that is sent anew, while the first order lives or is on its way
is two orders for one wish, even if it goes well.
"""

from collections import Counter
from datetime import timedelta

from maemae.desk.records import Looked, Lost, NeverArrived, Record, Refused
from maemae.exchange.moment import moment
from maemae.profile.facts import Fact
from maemae.proof.answers import Listing
from maemae.proof.bounds import must
from maemae.proof.broker import Broker

ARRIVES = timedelta(seconds=3)
"""A request may reach the broker so long after nobody waits for its answer any more."""

LOOKS = 2
"""Agreeing looks after which an order that nobody shows may count as never arrived."""


class Causes:
    """Follows the orders of one day.

    Args:
        broker: the account's broker, which knows what lives and what is still on its way.
    """

    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        self._lost: dict[str, Lost] = {}
        self._looks: Counter[str] = Counter()

    def durable(self, record: Record) -> None:
        """Take in a fact.

        Raises:
            InvariantError: an order is given up that lives, or that can still arrive.
        """
        match record:
            case Lost():
                self._lost[record.intent] = record
                self._looks[record.intent] = 0
            case Looked():
                self._looks[record.intent] += 1
            case NeverArrived():
                self._check_given_up(record)
            case Refused():
                self._check_refused(record)
            case _:
                pass

    def _check_given_up(self, record: NeverArrived) -> None:
        broker, intent, lost = self._broker, record.intent, self._lost.get(record.intent)
        must(lost is not None, f"{intent} never arrived, and was never in doubt")
        if lost is None:
            return
        arrives = broker.coming.get(intent)
        early = arrives is not None and arrives <= moment(lost.at + ARRIVES)
        must(not early, f"{intent} is given up while it is on its way")
        listed = broker.listing is Listing.ROWS
        # Where no orders are listed the last look is the fact itself.
        must(self._looks[intent] >= (LOOKS if listed else 1), f"{intent} is given up unlooked")
        if not listed:
            return
        for order in broker.orders_of(intent):
            # The list may lack an order for a while, and one that comes too late can arrive when
            # the last list was made: then nobody can know better.
            lacked = broker.answers.lacked[order.number] > 0
            unseen = order.at > moment(lost.at + ARRIVES) and order.number not in broker.shown
            said = f"{intent} is given up, and lives as {order.number} in every list"
            must(lacked or unseen, said)

    def _check_refused(self, record: Refused) -> None:
        intent = record.intent
        if Fact.REFUSAL_FINAL in self._broker.denied:
            return
        must(intent not in self._broker.coming, f"{intent} is called refused, and is on its way")
        for order in self._broker.orders_of(intent):
            gone = order.remaining == 0 and order.filled == 0
            must(gone, f"{intent} is called refused, and the broker has it as {order.number}")
