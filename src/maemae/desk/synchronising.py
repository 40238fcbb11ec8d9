"""Keeping up with the broker: what may have been missed, and the questions that find it out."""

from collections.abc import Iterator, Mapping

from maemae.desk import inquiry, patience
from maemae.desk.commands import Ask, Wake
from maemae.desk.events import (
    AmendAnswered,
    Balance,
    BuyingPower,
    CancelAnswered,
    Executions,
    NoticeUnread,
    Query,
    Started,
    StreamChanged,
    Unavailable,
)
from maemae.desk.evidence import Evidence
from maemae.desk.listlag import ListLag
from maemae.desk.orders import OrderState
from maemae.desk.prices import Quote
from maemae.desk.reconciling import Reconciler
from maemae.desk.records import AmendFailed, CancelFailed, Incident, Lost
from maemae.desk.repricing import Amounts
from maemae.desk.state import State
from maemae.desk.tracking import RESOLVE, Tracker
from maemae.desk.turn import Turn
from maemae.desk.turnover import listed


class Synchroniser:
    """Knows whether our books keep up with the broker's, and asks where they may not.

    A gap is a time from which events may be missing: the stream was away, or orders were on their
    way when the program ended. It lasts until an answer of the broker closes it.

    Args:
        tracker: of the orders, by replies and notices.
    """

    def __init__(self, tracker: Tracker) -> None:
        self._tracker = tracker
        self._evidence = Evidence(tracker)
        self._reconciler = Reconciler()
        self._amounts = Amounts()
        self._lag = ListLag()
        self._opened = False
        self._gap = self._unread = False
        self._down = False
        """Whether the stream is away: what an answer makes good is missed again in this moment."""
        self._no_inquiry = False
        """Whether the venue offers no order inquiry at all."""

    @property
    def opened(self) -> bool:
        """Whether the books of the day are there to trade on."""
        return self._opened

    @property
    def agreed(self) -> bool:
        """Whether the broker's books have been seen, and agreed with ours when last compared."""
        return self._opened and self._reconciler.agreed

    @property
    def current(self) -> bool:
        """Whether the books agree and nothing may have been missed since."""
        return self.agreed and not self._gap and not self._down

    @property
    def settled(self) -> bool:
        """Whether balance and orders were both looked at, nothing differed, and no gap is open."""
        return self._reconciler.settled and not self._gap

    def undecided(self, state: State) -> bool:
        """Whether it was said aloud of an order that nobody knows yet what became of it."""
        return self._evidence.undecided(state)

    # Questions.

    def question(self, turn: Turn) -> None:
        """Ask the broker how things stand."""
        if not self._no_inquiry:
            turn.do(Ask(Query.EXECUTIONS, version=turn.state.version))
        self.ask_balance(turn)

    def ask_balance(self, turn: Turn) -> None:
        """Ask the broker for its books alone."""
        turn.do(Ask(Query.BALANCE, version=turn.state.version))

    def resolve(self, turn: Turn) -> None:
        """Ask about what is in doubt, and again while orders are unknown."""
        self.question(turn)
        if any(_unknown(turn.state)):
            # A question may hang as long as an order: the next one does not wait for it.
            turn.do(Wake(RESOLVE, turn.at + inquiry.ASK_AGAIN))

    def follow(self, turn: Turn) -> None:
        """Ask what became of the orders that live: the notice of a fill may never come."""
        if not self._no_inquiry and not self._tracker.blind and any(turn.state.blotter.live()):
            turn.do(Ask(Query.EXECUTIONS, version=turn.state.version))

    def begin_again(self, turn: Turn) -> None:
        """Take nothing as agreed any more, and ask."""
        self._reconciler.begin_again()
        self.question(turn)

    # What happens.

    def accepted(self, turn: Turn) -> None:
        """Look how soon the order list has an order of which a reply has told."""
        if not self._no_inquiry and not self._tracker.blind:
            self._lag.accepted(turn)

    def started(self, turn: Turn, event: Started) -> None:
        """Look for what was on its way when the program ended.

        After a restart within the day exits are armed at once; entries wait for the broker.
        """
        state = turn.state
        self._opened = state.day == event.at.date()
        for order in list(state.blotter.live()):
            if order.state is OrderState.INTENDED:
                turn.record(Lost(at=turn.at, intent=order.intent, reason="restart"))
            # Nobody waits for these answers any more; the inquiry tells what came of them.
            if order.cancelling:
                turn.record(CancelFailed(at=turn.at, intent=order.intent, reason="restart"))
            if order.amending is not None:
                turn.record(AmendFailed(at=turn.at, intent=order.intent, reason="restart"))
        for order in state.blotter.live():
            patience.wake(turn, order)
        self._gap = any(state.blotter.live())
        self._evidence.doubt_all(state)
        self.question(turn)

    def stream(self, turn: Turn, event: StreamChanged) -> None:
        """Note that notices may be missed from here on, or ask for those that were."""
        self._down = not event.up
        if not event.up:
            self._gap = True
            self._reconciler.tell = True
            self._evidence.doubt_all(turn.state)
            turn.record(Incident(at=turn.at, kind="stream_down", detail=event.reason))
        elif self._gap:
            self.question(turn)

    def notice_unread(self, turn: Turn, event: NoticeUnread) -> None:
        """Ask what happened of which a notice told in vain; said once in a life of the process."""
        self._gap = True
        self._evidence.doubt_all(turn.state)
        if not self._unread:
            turn.record(Incident(at=turn.at, kind="notice_unread", detail=event.detail))
        self._unread = True
        self.question(turn)

    def executions(self, turn: Turn, event: Executions, quotes: Mapping[str, Quote]) -> None:
        """Take in the order inquiry."""
        self._lag.listed(turn, event)
        whole = inquiry.read(turn, self._tracker, self._amounts, event, quotes)
        self._evidence.inquired(turn.at, complete=whole, sure=event.sure)
        if whole:
            self._reconciler.inquired(listed(event.rows, turn.state) if event.sure else None)
            self._gap = self._gap and any(_unknown(turn.state))
        elif self._gap:
            turn.do(Wake(RESOLVE, turn.at + inquiry.LOOK_AFTER))

    def balance(
        self, turn: Turn, event: Balance, quotes: Mapping[str, Quote], *, closed: bool
    ) -> None:
        """Hold the broker's books against ours; the first ones of a day open it."""
        if self._tracker.blind:
            self._reconciler.inquired()
        if turn.state.day != event.at.date():
            self._reconciler.open_day(turn, event)
        elif self._evidence.look(turn, event, quotes, closed=closed, exact=not turn.state.untold):
            self._reconciler.agreed = False
        else:
            prices = {code: quote.price for code, quote in quotes.items()}
            blind = self._tracker.blind
            self._reconciler.check(turn, event, prices, blind=blind, closed=closed)
        self._opened = True
        if self._tracker.blind:
            self._gap = self._gap and not self._reconciler.agreed

    def powered(self, turn: Turn, event: BuyingPower) -> None:
        """Take in buying power, which may tell whether a buy rests at the broker."""
        self._evidence.powered(turn, event)

    def unavailable(self, turn: Turn, event: Unavailable) -> None:
        """Ask again soon where an answer is needed."""
        match event.query:
            case Query.BALANCE:
                needed = not self._opened or self._doubts(turn.state)
            case Query.EXECUTIONS:
                if event.permanent:
                    self._no_inquiry = self._tracker.blind = True
                needed = self._doubts(turn.state)
            case _:
                needed = False
        if needed:
            turn.do(Wake(RESOLVE, turn.at + inquiry.LOOK_AFTER))

    def cancel_answered(self, turn: Turn, event: CancelAnswered) -> None:
        """Take in what came of a cancel.

        Taken or not: the notice of the order's end may be lost, and then a sale waits for it.
        """
        self._evidence.doubted.add(event.intent)
        self._tracker.cancel_answered(turn, event)

    def amend_answered(self, turn: Turn, event: AmendAnswered) -> None:
        """Take in what came of an amendment; of one that failed it is not known what it did."""
        if event.order_no is None:
            self._evidence.doubted.add(event.intent)
        self._tracker.amend_answered(turn, event)

    def _doubts(self, state: State) -> bool:
        """Whether the broker has to be asked again soon."""
        return self._gap or bool(self._tracker.suspects) or any(_unknown(state))


def _unknown(state: State) -> Iterator[str]:
    return (o.intent for o in state.blotter.live() if o.state is OrderState.UNKNOWN)
