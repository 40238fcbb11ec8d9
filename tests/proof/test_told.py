"""What the crowded scenes are for: each thing they bring to light is found out when it is wrong."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from maemae.desk import amending, inquiry, sending, tracking
from maemae.desk.byhand import ByHand
from maemae.desk.orders import Order, OrderState
from maemae.desk.quoting import Quoting
from maemae.desk.records import Filled
from maemae.desk.selling import Seller
from maemae.desk.turn import Turn
from maemae.market.kinds import Side
from maemae.proof.hazards import Hazard
from maemae.proof.scenes import SCENES
from maemae.proof.simulate import Plan, simulate

Plant = Callable[[pytest.MonkeyPatch], None]


def sets_nothing_aside(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Order, "reserved", property(lambda _: 0))


def amends_for_nothing(patch: pytest.MonkeyPatch) -> None:
    patch.setattr("maemae.desk.amending.reserved", lambda order, *_: order.reserve)


def amends_unguarded(patch: pytest.MonkeyPatch) -> None:
    patch.setattr("maemae.desk.amending.refusal", lambda *_: None)


def amends_twice(patch: pytest.MonkeyPatch) -> None:
    def working(_: ByHand, turn: Any, intent: str, __: str) -> Order | None:
        order: Order | None = turn.state.blotter.orders.get(intent)
        working = order is not None and order.state is OrderState.WORKING
        return order if working and order is not None and order.price is not None else None

    patch.setattr(ByHand, "_working", working)


def halts_nothing(patch: pytest.MonkeyPatch) -> None:
    patch.setattr("maemae.desk.entries.HALTING", frozenset())


def buys_what_is_there(patch: pytest.MonkeyPatch) -> None:
    patch.setattr("maemae.desk.entries._taken", lambda *_: False)


def lets_sales_rest(patch: pytest.MonkeyPatch) -> None:
    def cancel(turn: Turn, order: Order, reason: str) -> None:
        if order.side is Side.BUY:
            sending.cancel(turn, order, reason)

    patch.setattr("maemae.desk.selling.cancel", cancel)


def reads_no_amendments(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(inquiry, "_find_amended", lambda *_: None)


def reads_no_fills(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(inquiry, "_catch_up", lambda *_: None)


def hears_no_cancels(patch: pytest.MonkeyPatch) -> None:
    patch.setattr("maemae.desk.tracking.Tracker._cancelled", lambda *_: None)


def disowns(patch: pytest.MonkeyPatch) -> None:
    patch.setattr("maemae.desk.tracking.Tracker._may_be_ours", lambda *_: False)


def takes_itself_for_a_twin(patch: pytest.MonkeyPatch) -> None:
    def propose(*given: Any, **more: Any) -> Any:
        return replace(amending.propose(*given, **more), amends=None)

    patch.setattr("maemae.desk.byhand.propose", propose)
    patch.setattr("maemae.desk.patience.propose", propose)


def gives_up_at_once(patch: pytest.MonkeyPatch) -> None:
    patch.setattr("maemae.desk.reconciling.LOOKS_TO_LOSE", 1)
    patch.setattr("maemae.desk.reconciling.LOOKS", 1)


def lets_purchases_live(patch: pytest.MonkeyPatch) -> None:
    patch.setattr("maemae.desk.halting.cancel", lambda *_: None)


def sells_out_all(patch: pytest.MonkeyPatch) -> None:
    reason = Seller._reason

    def every(seller: Seller, turn: Turn, *given: Any) -> str | None:
        return "flatten" if turn.state.flattening else reason(seller, turn, *given)

    patch.setattr(Seller, "_reason", every)


def believes_old_balances(patch: pytest.MonkeyPatch) -> None:
    held = Quoting.held

    def always(quoting: Quoting, *given: Any, every: timedelta) -> None:
        held(quoting, *given, every=every * 0)

    patch.setattr(Quoting, "held", always)


def books_wrong_amounts(patch: pytest.MonkeyPatch) -> None:
    fill = tracking.fill

    def dearer(turn: Turn, filled: Filled) -> None:
        fill(turn, msgspec.structs.replace(filled, amount=filled.amount + 1))

    patch.setattr(tracking, "fill", dearer)


CALM = SCENES["calm"]
CROSSING = replace(CALM, rates={Hazard.BY_HAND: 60.0, Hazard.CANCEL_LOST: 1.0})
UNHEARD = replace(
    SCENES["people"],
    rates={Hazard.BY_HAND: 20.0, Hazard.AMEND_LOST: 1.0, Hazard.NOTICE_DROPPED: 1.0},
)
REFUSING = replace(SCENES["refusals"], rates={Hazard.REFUSED: 0.7})

CASES: list[tuple[Plant, Plan, int, str]] = [
    (sets_nothing_aside, SCENES["people"], 1, "won are set aside for"),
    (amends_for_nothing, SCENES["people"], 3, "reserves only"),
    (amends_unguarded, SCENES["people"], 0, "the amendment of"),
    (amends_twice, CROSSING, 1, "another change of it is under way"),
    (halts_nothing, REFUSING, 7, "and halts nothing"),
    (takes_itself_for_a_twin, CALM, 1, "its own order is a twin"),
    (buys_what_is_there, CALM, 0, "buys more of"),
    (lets_sales_rest, SCENES["slips"], 0, "keeps an exit from being sent"),
    (reads_no_amendments, UNHEARD, 2, "not known by that number"),
    (reads_no_fills, SCENES["deaf"], 0, "booked are"),
    (hears_no_cancels, SCENES["people"], 1, "changed nothing"),
    (gives_up_at_once, SCENES["owner"], 2, "balances lacked shares"),
    (lets_purchases_live, SCENES["rash"], 1, "go on buying"),
    (sells_out_all, SCENES["rash"], 0, "nobody asked for it"),
    (believes_old_balances, SCENES["prices"], 2, "older than the"),
    (books_wrong_amounts, SCENES["people"], 0, "won, booked are"),
    (disowns, SCENES["doubt"], 0, "is said to be another's"),
]


@pytest.mark.parametrize(
    ("plant", "plan", "seed", "said"), CASES, ids=lambda value: getattr(value, "__name__", "")
)
def test_what_a_scene_is_for_is_found_out(
    monkeypatch: pytest.MonkeyPatch, plant: Plant, plan: Plan, seed: int, said: str
) -> None:
    plant(monkeypatch)
    assert said in simulate(seed, plan).violation


@pytest.mark.parametrize("scene", SCENES)
def test_nothing_is_found_where_nothing_is_planted(scene: str) -> None:
    assert simulate(1, replace(SCENES[scene], hours=0.05)).violation == ""
