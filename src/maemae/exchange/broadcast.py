"""What goes out on the WebSocket sessions during a day: trades, books, auctions, VIs, notices."""

from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import replace
from datetime import date

from maemae.exchange.auctions import (
    auction_at,
    auction_depth,
    expected,
    next_auction,
)
from maemae.exchange.depth import Depth
from maemae.exchange.interruptions import Interruption
from maemae.exchange.journal import Journal
from maemae.exchange.mishaps import FrameMishaps
from maemae.exchange.moment import MILLISECOND, SECOND, Moment
from maemae.exchange.orders import Happening, OrderEvent
from maemae.exchange.protocol.feed import Session
from maemae.exchange.protocol.frames import (
    BOOK,
    EXPECTED,
    STATUS,
    TRADES,
    TRADES_OF_ALL,
    after_market_record,
    as_of,
    book_record,
    data_frame,
    expected_record,
    status_record,
    trade_record,
    trade_records,
)
from maemae.exchange.protocol.keys import Customer
from maemae.exchange.protocol.notices import encrypt, notice_record
from maemae.exchange.protocol.personality import MANNERS
from maemae.exchange.replay import Point
from maemae.exchange.tape import Tape, make_tape
from maemae.exchange.venue import Venue
from maemae.profile.facts import Fact

AUCTION_PACE: Moment = 10 * SECOND
"""Expected prices are sent that often while an auction runs."""
RECORDS = 20
"""Records of a frame at most: what one instant's trades are is parted by it."""


class Broadcast:
    """Listens to a day's venue and sends what its sessions registered for.

    Args:
        venue: the trading day.
        sessions: the open sessions, whoever opens and closes them.
        frames: the faults of frames.
        customers: by account number.
        layout_day: whose frame layouts are spoken.
        journal: where order happenings are written down.
        denied: what is taken for granted of a broker and is not so here.
    """

    def __init__(
        self,
        venue: Venue,
        sessions: Sequence[Session],
        frames: FrameMishaps,
        customers: Mapping[str, Customer],
        *,
        layout_day: date,
        journal: Journal,
        denied: Set[Fact] = frozenset(),
    ) -> None:
        self._venue = venue
        self._market = venue.floor.market
        self._sessions = sessions
        self._frames = frames
        self._customers = customers
        self._layout_day = layout_day
        self._journal = journal
        self._denied = denied
        self._tapes: dict[int, tuple[int, Tape]] = {}
        self._ticking: set[str] = set()
        venue.listen(self)
        venue.floor.listen(self)
        venue.off_hours.listen(self)
        for row, cuts in self._market.interrupted.items():
            for cut in cuts:
                self._announce(row, cut)

    def follow_auctions(self, code: str) -> None:
        """Send expected prices of an instrument while its auctions run and somebody listens."""
        row = self._market.rows.get(code)
        if row is None or code in self._ticking:
            return
        now = self._venue.now
        running = auction_at(self._market, row, now)
        due = now + AUCTION_PACE if running else next_auction(self._market, row, now)
        if due is not None:
            self._ticking.add(code)
            self._venue.agenda.add(due, lambda at: self._expect(code, row, at))

    def on_trade(self, row: int, point: Point, depth: Depth) -> None:
        """Send a trade and the book after it to those who registered."""
        code = self._market.listings[row].code
        for feed in (TRADES, TRADES_OF_ALL):
            self._send(
                feed, code, point.at, depth,
                lambda: trade_records(self._market, row, point, depth, self._tape(row)),
            )  # fmt: skip
        volume, _ = self._market.totals(row, point.index)
        listing = self._market.listings[row]
        self._send(
            BOOK, code, point.at, depth, lambda: [book_record(listing, point.at, depth, volume)]
        )

    def on_after_market(self, row: int, point: Point, depth: Depth, volume: int) -> None:
        """Send a trade of the after-market and the book after it; only since there is one."""
        listing = self._market.listings[row]
        total, _ = self._market.totals(row, self._market.last_index)

        def trade() -> list[list[str]]:
            record = trade_record(self._market, row, point, depth, self._tape(row))
            return [after_market_record(record, total + volume)]

        for feed in (TRADES, TRADES_OF_ALL):
            self._send(feed, listing.code, point.at, depth, trade)
        self._send(
            BOOK, listing.code, point.at, depth,
            lambda: [book_record(listing, point.at, depth, total + volume)],
        )  # fmt: skip

    def on_order(self, event: OrderEvent) -> None:
        """Send a fill notice to the sessions of the account's owner."""
        customer = self._customers[event.order.account]
        manner = MANNERS[customer.personality]
        silent = Fact.NOTICES_COME in self._denied
        name = self._venue.floor.listing(event.order.code).name
        for session in () if silent else list(self._sessions):
            if session.manner is manner and session.wants(manner.notice, customer.hts_id):

                def frame(shift: Moment, session: Session = session) -> str:
                    told = replace(event, at=event.at + shift)
                    record = "^".join(notice_record(told, customer, manner.org_no, name))
                    secret = encrypt(record, session.cipher_key, session.cipher_iv)
                    return data_frame(manner.notice, [[]], encrypted=secret)

                again = event.what is Happening.FILLED and Fact.NOTICES_ONCE in self._denied
                for _time in range(2 if again else 1):
                    self._frames.notice(session, manner.notice, frame, event.at, self._venue.agenda)
        self._journal.write(
            event.at,
            "order",
            happening=event.what.value,
            account=event.order.account,
            order_no=event.order.number,
            quantity=event.quantity,
            price=event.price,
        )

    def _expect(self, code: str, row: int, at: Moment) -> None:
        self._ticking.discard(code)
        if not any(one.wants(feed, code) for one in self._sessions for feed in (BOOK, EXPECTED)):
            return
        auction = auction_at(self._market, row, at)
        if auction is not None:
            now = expected(self._market, auction, at)
            depth = auction_depth(self._market, row, now)
            state, listing = self._market.state(row, at), self._market.listings[row]
            self._send(
                BOOK, code, at, depth, lambda: [book_record(listing, at, depth, state.volume, now)]
            )
            self._send(
                EXPECTED, code, at, depth,
                lambda: [
                    expected_record(self._market, row, at, now, depth=depth, tape=self._tape(row))
                ],
            )  # fmt: skip
        self.follow_auctions(code)

    def _announce(self, row: int, cut: Interruption) -> None:
        """Tell of an interruption's start and end when they come."""
        opened, code = self._market.hours.open, self._market.listings[row].code
        for offset, begins in ((cut.start, True), (cut.end, False)):

            def tell(at: Moment, begins: bool = begins) -> None:
                record = status_record(code, is_vi=cut.is_vi, begins=begins)
                self._send(STATUS, code, at, Depth(), lambda: [record])

            self._venue.agenda.add(opened + offset * MILLISECOND, tell)

    def _send(
        self, feed: str, code: str, at: Moment, depth: Depth, make: Callable[[], list[list[str]]]
    ) -> None:
        takers = [one for one in self._sessions if one.wants(feed, code)]
        if not takers:
            return
        after = at > self._market.hours.close
        day = self._layout_day
        records = [as_of(one, feed, depth, day, after_market=after) for one in make()]
        for first in range(0, len(records), RECORDS):
            for session in takers:
                self._frames.market(session, feed, records[first : first + RECORDS], at)

    def _tape(self, row: int) -> Tape:
        version = self._market.version(row)
        known, tape = self._tapes.get(row, (-1, None))
        if tape is None or known != version:
            tape = make_tape(self._market, row)
            self._tapes[row] = version, tape
        return tape
