"""Each thing that the second reading judges is found out when the desk gets it wrong."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any

import pytest
from tests.desk.facts import opened

from maemae.clock import KST
from maemae.desk import entries, guard
from maemae.desk.prices import beside
from maemae.desk.records import (
    BY_HAND,
    Accepted,
    CancelIntended,
    FlattenBegun,
    Intended,
    Listed,
    Peaked,
    Record,
)
from maemae.desk.terms import Exits, OrderWay
from maemae.errors import InvariantError
from maemae.ledger.ledger import Ledger
from maemae.market.kinds import Side
from maemae.proof.hazards import Hazard
from maemae.proof.oracle.facts import Facts
from maemae.proof.oracle.money import VIRTUAL
from maemae.proof.oracle.soldout import GONE_WITHIN, SoldOut
from maemae.proof.oracle.terms import WAY_OFF, check_price
from maemae.proof.simulate import Plan, simulate

Plant = Callable[[pytest.MonkeyPatch], None]


def never_sells(patch: pytest.MonkeyPatch) -> None:
    patch.setattr("maemae.desk.selling.exit_reason", lambda *_, **__: None)


def sells_at_once(patch: pytest.MonkeyPatch) -> None:
    patch.setattr("maemae.desk.selling.exit_reason", lambda *_, **__: "take_profit")


def pays_no_tax(patch: pytest.MonkeyPatch) -> None:
    patch.setattr("maemae.market.costs.CostRules._tax", lambda *_: 0)


def buys_at_the_close(patch: pytest.MonkeyPatch) -> None:
    patch.setattr("maemae.desk.patience.Patience._give_up", lambda *_: None)


def without(rule: str) -> Plant:
    def plant(patch: pytest.MonkeyPatch) -> None:
        others = {name: holds for name, holds in guard.ENTRY_RULES.items() if name != rule}
        patch.setattr(guard, "ENTRY_RULES", others)

    plant.__name__ = f"without_{rule}"
    return plant


def forgets_highs(patch: pytest.MonkeyPatch) -> None:
    """Write no new high into the ledger: a restart lets the stop trail from the purchase."""
    append = Ledger.append

    def all_but_highs(self: Any, records: Iterable[Record]) -> None:
        append(self, [one for one in records if not isinstance(one, Peaked)])

    patch.setattr("maemae.proof.process.MortalLedger.append", told(all_but_highs))


def told(append: Callable[[Any, Any], None]) -> Callable[[Any, Any], None]:
    def then_tell(self: Any, records: Iterable[Record]) -> None:
        kept = [one for one in records if not isinstance(one, Peaked)]
        append(self, kept)
        self._told(kept)

    return then_tell


@pytest.mark.parametrize(
    ("plant", "seeds", "said"),
    [
        (never_sells, (5, 2), "is due for"),
        (sells_at_once, (5,), "sells for take_profit; due is"),
        (pays_no_tax, (5, 2), "fees and taxes are"),
        (without("book_order_value"), (38,), "is worth"),
        (without("name_exposure"), (14,), "exposes in its name"),
        (without("stopped_today"), (22,), "buys what its stop loss sold"),
        (without("positions"), (22,), "makes names"),
        (buys_at_the_close, (3,), "into the closing auction"),
        (forgets_highs, (10, 5), "were never written: ['Peaked']"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_what_the_desk_gets_wrong_is_found_out(
    monkeypatch: pytest.MonkeyPatch, plant: Plant, seeds: tuple[int, ...], said: str
) -> None:
    plant(monkeypatch)
    plan = Plan(hours=0.1, days=1, rates={Hazard.BY_HAND: 0.5})
    assert any(said in simulate(seed, plan).violation for seed in seeds)


def test_who_buys_what_the_clock_sells_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """The book of this seed sells from 10:02 on; its entries end with the auction of 10:12."""
    monkeypatch.setattr(entries, "sold_at_once", lambda *_: False)
    said = simulate(128, Plan(hours=1.2, days=1, rates={})).violation
    assert "what is sold from 10:02:00 on" in said


@pytest.mark.parametrize("last", [1_999, 2_000, 2_005, 4_995, 5_000, 19_990, 20_000, 20_050])
@pytest.mark.parametrize("ticks", range(-3, 4))
def test_a_limit_lies_as_many_ticks_beside_the_last_price_as_there_are(
    last: int, ticks: int
) -> None:
    """Seed 3060: two ticks below 20,000 are 20 won, two above it 100."""
    at = datetime(2026, 3, 3, 9, 0, tzinfo=KST)
    listed, way = Listed(code="005930"), OrderWay(kind="limit", offset_ticks=ticks, wait_seconds=5)
    fact = Intended(
        at=at, intent="1", book="b", side=Side.BUY, listed=listed, quantity=1, reserve=1, reason=""
    )
    check_price(fact, way, beside(last, ticks, listed, at), last, at)
    with pytest.raises(InvariantError, match="ticks beside"):
        check_price(fact, way, beside(last, ticks + WAY_OFF + 1, listed, at), last, at)


FLAT = datetime(2026, 3, 3, 10, 2, tzinfo=KST)
AT_ONCE, SOLD = "its shares would be sold at once", "its book was sold out"


@pytest.mark.parametrize("reason", ["candidate", BY_HAND])
@pytest.mark.parametrize("flattened", [False, True])
@pytest.mark.parametrize(
    ("exits", "late"),
    [
        (Exits(at=FLAT.time()), True),
        (Exits(at=FLAT.time(), days=1), False),
        (Exits(days=1), False),
    ],
)
def test_a_purchase_that_rests_though_it_is_to_be_gone_is_found_out(
    exits: Exits, late: bool, flattened: bool, reason: str
) -> None:
    state, at = opened(at=FLAT - timedelta(hours=1)), FLAT - timedelta(minutes=5)
    facts, sold_out = Facts(VIRTUAL), SoldOut()
    begun: list[Record] = [
        Intended(
            at=at, intent="1", book="timer", side=Side.BUY, listed=Listed(code="005930"),
            quantity=1, price=9_000, reason=reason, exits=exits,
        ),
    ]  # fmt: skip
    if flattened:  # While nobody knew whether it rests.
        begun.append(FlattenBegun(at=at, book="timer", reason="test"))
    for fact in (*begun, Accepted(at=at, intent="1", order_no=1)):
        facts.apply(fact)
    within, after = FLAT + GONE_WITHIN, FLAT + GONE_WITHIN + timedelta(seconds=1)
    if not flattened:
        sold_out.check(facts, state, FLAT - timedelta(seconds=1), in_session=True)
    for moment in (FLAT, within):
        sold_out.check(facts, state, moment, in_session=True)
    too_late = late and reason != BY_HAND
    if too_late or flattened:
        with pytest.raises(InvariantError, match=AT_ONCE if too_late else SOLD):
            sold_out.check(facts, state, after, in_session=True)
        facts.apply(CancelIntended(at=after, intent="1", reason="test"))
    sold_out.check(facts, state, after, in_session=True)


def test_an_entry_beside_a_persons_order_of_its_book_is_declined_for_it() -> None:
    """No way amends what a person has ordered: the order is no twin of itself."""
    assert simulate(41300277, Plan(days=1, hours=0.01)).violation == ""


def test_no_exit_is_due_before_the_day_has_a_first_balance() -> None:
    """The broker does not answer in the morning, and the trader was killed beside that."""
    assert simulate(41500208, Plan(days=2, hours=0.12)).violation == ""
