"""Causes, terms and tables: what is looked at besides the second reading is found out."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from msgspec import structs

from maemae.clock import KST
from maemae.desk import prices, sending
from maemae.desk.commands import Send
from maemae.desk.orders import OrderState
from maemae.desk.quoting import Quoting
from maemae.desk.reconciling import Reconciler
from maemae.desk.records import (
    Filled,
    Intended,
    Listed,
    Looked,
    Lost,
    NeverArrived,
    PositionMoved,
    Refused,
)
from maemae.desk.rules import Sized
from maemae.desk.terms import AfterWait, Exits, OrderWay
from maemae.desk.tracking import Tracker
from maemae.desk.turn import Turn
from maemae.errors import InvariantError
from maemae.exchange.moment import moment
from maemae.ledger import projection
from maemae.market.kinds import Side
from maemae.market.refusals import RefusalKind
from maemae.proof.answers import Listing
from maemae.proof.causes import LOOKS, Causes
from maemae.proof.hazards import Hazard
from maemae.proof.oracle.facts import Order
from maemae.proof.oracle.terms import check_chase
from maemae.proof.simulate import Plan, simulate

AT = datetime(2026, 3, 3, 9, 30, tzinfo=KST)

Plant = Callable[[pytest.MonkeyPatch], None]

CALM = {Hazard.BY_HAND: 0.5}
LOSSES = {Hazard.NEVER_SENT: 0.2, Hazard.REPLY_LOST: 0.2, Hazard.SENT_LATE: 0.2}
OWNERS = {Hazard.OWNER_TRADE: 2.0, Hazard.NOTICE_DROPPED: 0.3}
MOVES = {Hazard.SHARES_MOVED: 3.0, Hazard.OWNER_TRADE: 3.0}
GAPS = {Hazard.STREAM_GAP: 3.0}


def forgets_prices(patch: pytest.MonkeyPatch) -> None:
    filled = Quoting.filled

    def forget(self: Quoting, turn: Turn, event: Any, reference: int) -> None:
        filled(self, turn, event, reference)
        self.quotes.pop(event.code, None)

    patch.setattr("maemae.desk.quoting.Quoting.filled", forget)


def gives_up_at_once(patch: pytest.MonkeyPatch) -> None:
    unknown = Tracker.unknown

    def give_up(self: Tracker, turn: Turn, event: Any) -> None:
        unknown(self, turn, event)
        if turn.state.blotter.order(event.intent).state is OrderState.UNKNOWN:
            turn.record(NeverArrived(at=turn.at, intent=event.intent))

    patch.setattr("maemae.desk.tracking.Tracker.unknown", give_up)


def never_follows(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Reconciler, "_follow", lambda *_: None)


def buys_without_exits(patch: pytest.MonkeyPatch) -> None:
    def send(turn: Turn, order: Any) -> None:
        sending.send(turn, structs.replace(order, exits=None))

    patch.setattr("maemae.desk.entries.send", send)


def sells_at_a_price(patch: pytest.MonkeyPatch) -> None:
    def send(turn: Turn, order: Any) -> None:
        sending.send(turn, structs.replace(order, price=1_000))

    patch.setattr("maemae.desk.selling.send", send)


def follows_up_nothing(patch: pytest.MonkeyPatch) -> None:
    def send(turn: Turn, order: Any) -> None:
        sending.send(turn, structs.replace(order, way=None))

    patch.setattr("maemae.desk.entries.send", send)


def bids_more(patch: pytest.MonkeyPatch) -> None:
    def beside(last: int, ticks: int, *rest: Any) -> int:
        return prices.beside(last, ticks + 5, *rest)

    patch.setattr("maemae.desk.entries.beside", beside)


def chases_more(patch: pytest.MonkeyPatch) -> None:
    def beside(last: int, ticks: int, *rest: Any) -> int:
        return prices.beside(last, ticks + 5, *rest)

    patch.setattr("maemae.desk.patience.beside", beside)


def spends_twice(patch: pytest.MonkeyPatch) -> None:
    def sized(won: int, *rest: int) -> Sized:
        return Sized(2 * won, *rest)

    patch.setattr("maemae.desk.entries.Sized", sized)


def hurries_nothing(patch: pytest.MonkeyPatch) -> None:
    def do(self: Turn, command: Any) -> None:
        done(self, replace(command, urgent=False) if isinstance(command, Send) else command)

    done = Turn.do
    patch.setattr(Turn, "do", do)


def moves_for_half(patch: pytest.MonkeyPatch) -> None:
    def moved(**told: Any) -> PositionMoved:
        return PositionMoved(**{**told, "paid": told["paid"] // 2})

    patch.setattr("maemae.desk.moving.PositionMoved", moved)


def enters_deaf(patch: pytest.MonkeyPatch) -> None:
    patch.setattr("maemae.desk.synchronising.Synchroniser.current", True)


def tables_without_fills(patch: pytest.MonkeyPatch) -> None:
    project = projection.project

    def without_fills(connection: Any, account: str, record: Any) -> None:
        if not isinstance(record, Filled):
            project(connection, account, record)

    patch.setattr("maemae.ledger.ledger.project", without_fills)


def halts_early(patch: pytest.MonkeyPatch) -> None:
    patch.setattr("maemae.desk.loss.LossWatch._reached", lambda *_: True)


def refuses_what_is_lost(patch: pytest.MonkeyPatch) -> None:
    def refuse(self: Tracker, turn: Turn, event: Any) -> None:
        order = turn.state.blotter.order(event.intent)
        if order.state is OrderState.INTENDED:
            kind = RefusalKind.OTHER
            turn.record(Refused(at=turn.at, intent=event.intent, code="", message="", kind=kind))

    patch.setattr("maemae.desk.tracking.Tracker.unknown", refuse)


CASES = [
    (forgets_prices, 8, CALM, "are forgotten"),
    (gives_up_at_once, 8, LOSSES, "is given up"),
    (refuses_what_is_lost, 8, LOSSES, "is called refused"),
    (never_follows, 8, OWNERS, "for long"),
    (buys_without_exits, 8, CALM, "buys without exits"),
    (sells_at_a_price, 8, CALM, "and not at market"),
    (follows_up_nothing, 5, CALM, "rests as long as it likes"),
    (bids_more, 8, CALM, "bids"),
    (chases_more, 8, CALM, "bids"),
    (spends_twice, 8, CALM, "spends"),
    (hurries_nothing, 8, CALM, "waits behind entries"),
    (moves_for_half, 8, MOVES, "won a share"),
    (enters_deaf, 22, GAPS, "although the socket is down"),
    (tables_without_fills, 8, CALM, "in the table of orders"),
    (halts_early, 8, CALM, "halted for it"),
]


@pytest.mark.parametrize(
    ("plant", "seed", "rates", "said"), CASES, ids=lambda value: getattr(value, "__name__", "")
)
def test_what_is_done_for_a_wrong_cause_is_found_out(
    monkeypatch: pytest.MonkeyPatch,
    plant: Plant,
    seed: int,
    rates: Mapping[Hazard, float],
    said: str,
) -> None:
    plant(monkeypatch)
    assert said in simulate(seed, Plan(hours=0.05, days=1, rates=rates)).violation


@pytest.mark.parametrize("lacked", [False, True])
@pytest.mark.parametrize("shown", [False, True])
@pytest.mark.parametrize("came", [1, 2.9, 3.1, 9])
def test_who_gives_up_an_order_must_have_waited_and_have_seen_no_list_with_it(
    came: float, *, shown: bool, lacked: bool
) -> None:
    """One that came after all that can be waited for was not there yet when the list was made."""
    order = SimpleNamespace(number=42, at=moment(AT + timedelta(seconds=came)))
    broker: Any = SimpleNamespace(
        coming={}, listing=Listing.ROWS, shown={42} if shown else set(),
        answers=SimpleNamespace(lacked=Counter({42: int(lacked)})), orders_of=lambda _: [order],
    )  # fmt: skip
    causes = Causes(broker)
    for record in (Lost(at=AT, intent="i", reason=""), *[Looked(at=AT, intent="i")] * LOOKS):
        causes.durable(record)
    given_up = NeverArrived(at=AT + timedelta(seconds=10), intent="i")
    if lacked or (came > 3 and not shown):
        causes.durable(given_up)
        return
    with pytest.raises(InvariantError, match="lives as 42"):
        causes.durable(given_up)


WAY = OrderWay(kind="limit", wait_seconds=5, then=AfterWait.CHASE, chases=2)


def chased(way: OrderWay, times: int) -> Order:
    fact = Intended(
        at=AT, intent="i", book="b", side=Side.BUY, listed=Listed(code="005930"), quantity=1,
        price=50_000, reserve=50_000, reason="", exits=Exits(), way=way,
    )  # fmt: skip
    return Order(fact, 50_000, 50_000, chases=times)


@pytest.mark.parametrize(
    ("way", "times", "price", "said"),
    [
        (WAY, 3, 50_000, "runs after the price"),
        (WAY, 1, 50_300, "bids"),
        (WAY, 1, None, "was to become"),
        (structs.replace(WAY, then=AfterWait.CANCEL), 1, 50_000, "was to be cancelled"),
        (structs.replace(WAY, then=AfterWait.MARKET), 1, 50_000, "was to become"),
    ],
)
def test_a_chase_goes_by_its_way(way: OrderWay, times: int, price: int | None, said: str) -> None:
    check_chase(chased(WAY, 2), 50_100, 50_000, AT)
    with pytest.raises(InvariantError, match=said):
        check_chase(chased(way, times), price, 50_000, AT)
