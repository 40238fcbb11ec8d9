"""A few seeds of the simulation, and that it can see what it is there to see."""

from dataclasses import replace
from itertools import count
from typing import Any

import pytest

from maemae.desk.commands import Send
from maemae.desk.desk import Desk
from maemae.proof.answers import Listing
from maemae.proof.broker import Broker
from maemae.proof.hazards import CALM, COMMON, LASTING, ROUGH, Hazard
from maemae.proof.many import simulate_many
from maemae.proof.quiet import check_quiet
from maemae.proof.simulate import Outcome, Plan, listing_of, simulate

ROUGHEST = Plan()
BLIND = {Hazard.NEVER_SENT: 0.2, Hazard.REPLY_LOST: 0.3, Hazard.NOTICE_DROPPED: 0.5}
"""Rates at which an order often has nobody to tell of it."""


def short(**more: Any) -> Plan:
    """Say what to simulate: under common hazards (`hazards.COMMON`), unless told others."""
    said: dict[str, Any] = {"hours": 0.4, "rates": COMMON, **more}
    return replace(ROUGHEST, **said)


@pytest.mark.parametrize("seed", range(4, 7))
def test_no_order_twice_no_fill_lost_whatever_breaks(seed: int) -> None:
    outcome = simulate(seed, short())
    assert outcome.violation == ""
    assert outcome.crashes > 0
    assert outcome.fills > 0


@pytest.mark.parametrize("listing", [Listing.NONE, Listing.REFUSED])
@pytest.mark.parametrize("seed", range(4, 6))
def test_nor_where_the_broker_lists_no_orders(seed: int, listing: Listing) -> None:
    outcome = simulate(seed, short(listing=listing))
    assert outcome.violation == ""
    assert outcome.crashes > 0
    assert outcome.fills > 0


def test_every_second_seed_has_a_broker_that_lists_no_orders() -> None:
    blind = [listing_of(seed) for seed in range(1, 9, 2)]
    assert blind == [Listing.NONE, Listing.REFUSED] * 2
    assert {listing_of(seed) for seed in range(0, 8, 2)} == {Listing.ROWS}
    assert simulate(1, Plan(hours=0.05, rates=CALM)).listing is Listing.NONE


@pytest.mark.parametrize(
    ("attribute", "trades", "said"),
    [("_tell", 10.0, "not told"), ("undecided", 0.0, "are undecided")],
)
def test_a_desk_that_hides_an_unknown_order_or_trades_on_is_found_out(
    monkeypatch: pytest.MonkeyPatch, attribute: str, trades: float, said: str
) -> None:
    monkeypatch.setattr(f"maemae.desk.evidence.Evidence.{attribute}", lambda *_: None)
    if attribute == "undecided":  # What books differ by stops entries, too, mostly.
        opened = property(lambda self: self.opened)
        monkeypatch.setattr("maemae.desk.synchronising.Synchroniser.current", opened)
    plan = short(listing=Listing.NONE, rates=BLIND | {Hazard.OWNER_TRADE: trades})
    assert any(said in simulate(seed, plan).violation for seed in (16, 13, *range(7, 0, -1)))


def test_a_calm_day_needs_no_correction() -> None:
    """A seed that stays within its limits; others lose a day's or a book's worth and halt."""
    outcome = simulate(5, short(rates=CALM))
    assert outcome.violation == ""
    assert outcome.fills > 0
    assert outcome.records.keys().isdisjoint(
        {"incident", "halted", "cash_stated", "owner_traded", "position_lost", "lost"}
    )


def test_a_desk_that_believes_an_empty_balance_is_found_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("maemae.desk.reconciling.accounts_for", lambda *_, **__: True)
    monkeypatch.setattr("maemae.desk.reconciling.left_out", lambda *_: set())
    plan = replace(short(rates={Hazard.HOLDINGS_EMPTY: 0.3}, listing=Listing.ROWS), hours=0.2)
    assert any("given up" in simulate(seed, plan).violation for seed in range(2))


@pytest.mark.parametrize("listing", [Listing.ROWS, Listing.REFUSED])
def test_balances_that_are_wrong_for_long_change_nothing(listing: Listing) -> None:
    outcome = simulate(
        3, replace(short(rates=dict.fromkeys(LASTING, 0.05), listing=listing), hours=0.2)
    )
    assert outcome.violation == ""
    assert outcome.records.keys().isdisjoint({"position_lost", "owner_traded", "cash_stated"})
    assert outcome.fills > 0


def test_a_seed_replays_exactly() -> None:
    def facts(outcome: Outcome) -> Outcome:
        return replace(outcome, seconds=0.0)

    plan = short(rates=ROUGH, hours=0.1)
    assert facts(simulate(9, plan)) == facts(simulate(9, plan))


def test_positions_are_carried_over_the_night(monkeypatch: pytest.MonkeyPatch) -> None:
    held: list[int] = []

    def closed(desk: Desk, broker: Broker) -> None:
        held.append(len(desk.state.portfolio.positions))
        check_quiet(desk, broker)

    monkeypatch.setattr("maemae.proof.simulate.check_quiet", closed)
    assert simulate(2, short(days=2, hours=0.1)).violation == ""
    assert len(held) == 2
    assert held[0] > 0


def test_a_desk_that_forgets_fills_is_found_out_and_its_day_ends(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for room in ("tracking", "inquiry"):
        monkeypatch.setattr(f"maemae.desk.{room}.fill", lambda *_: None)
    assert simulate(1, short(rates=CALM, listing=Listing.ROWS)).violation


def test_seeds_are_run_until_there_were_so_many_events() -> None:
    plan = Plan(hours=0.05, rates=CALM)
    seen: list[Outcome] = []
    some = simulate_many(count(1), plan, workers=1, told=seen.append, events=1)
    assert [one.seed for one in some.outcomes] == [1, 2]
    assert seen == some.outcomes
    more = simulate_many(count(1), plan, workers=1, events=some.total("events") + 1)
    assert more.outcomes[:2] == [replace(one, seconds=more.outcomes[n].seconds)
                                 for n, one in enumerate(some.outcomes)]  # fmt: skip
    assert len(more.outcomes) > 2


def test_a_desk_that_books_repeats_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("maemae.desk.tracking._doubtful", lambda *_: False)
    plan = short(rates={Hazard.NOTICE_TWICE: 0.2})
    assert any(simulate(seed, plan).violation for seed in range(3))


NIGHT = {Hazard.UNIT_CHANGED: 0.6}
"""Nothing goes wrong but that shares become others overnight."""


@pytest.mark.parametrize("seed", [60, 15])
def test_shares_that_become_others_overnight_are_neither_lost_nor_given_away(seed: int) -> None:
    outcome = simulate(seed, short(days=2, rates=NIGHT, hours=0.05))
    assert outcome.violation == ""
    assert outcome.records["unit_changed"] > 0


def test_a_desk_that_takes_another_unit_for_a_loss_is_found_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As every desk did that gave the owner whatever its books do not explain."""
    monkeypatch.setattr("maemae.desk.reconciling._owners", lambda *_: None)
    found = [simulate(s, short(days=2, rates=NIGHT, hours=0.05)).violation for s in (60, 15)]
    assert "are booked to the owner, who has none" in found[0]
    assert "given up" in found[1]


def test_a_desk_that_takes_every_base_price_for_trading_is_found_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("maemae.desk.unitcheck._follows", lambda *_, **__: True)
    assert "as a loss" in simulate(15, short(days=2, rates=NIGHT, hours=0.05)).violation


@pytest.mark.parametrize(
    ("hazard", "rate"), [(Hazard.THROTTLING, 1.5), (Hazard.REFUSED_HALTED, 0.8)]
)
def test_a_desk_that_waits_after_each_refusal_as_after_a_no_is_found_out(
    monkeypatch: pytest.MonkeyPatch, hazard: Hazard, rate: float
) -> None:
    plan = replace(ROUGHEST, hours=0.25, rates={hazard: rate}, listing=Listing.ROWS)
    assert simulate(3, plan).violation == ""
    monkeypatch.setattr("maemae.desk.selling.PAUSES", {})
    monkeypatch.setattr("maemae.desk.selling.Seller.traded", lambda *_: None)
    said = [simulate(seed, plan).violation for seed in (3, 1, 5, 7)]
    assert any("could be sent" in one or "is due for" in one for one in said)


@pytest.mark.parametrize(
    ("hazard", "silent", "said"),
    [
        (Hazard.BLIND, "maemae.desk.blindness.Blindness._say", "nothing says so"),
        (Hazard.BLIND, "maemae.desk.blindness.Blindness._over", "said to be unseen"),
    ],
)
def test_a_desk_that_is_blind_and_silent_is_found_out(
    monkeypatch: pytest.MonkeyPatch, hazard: Hazard, silent: str, said: str
) -> None:
    plan = replace(ROUGHEST, hours=0.25, rates={hazard: 1.0}, listing=Listing.ROWS)
    assert simulate(3, plan).violation == ""
    monkeypatch.setattr(silent, lambda *_, **__: None)
    assert any(said in simulate(seed, plan).violation for seed in (3, 1, 5))


LOST = {Hazard.LEDGER_AWAY: 2.0, Hazard.LEDGER_VANISHES: 1.0}
"""A ledger that is hardly ever there, and nothing else that goes wrong."""


def test_a_ledger_that_is_not_there_sends_nothing_and_loses_nothing() -> None:
    outcome = simulate(2, Plan(hours=0.2, rates=LOST))
    assert outcome.violation == ""
    assert outcome.struck["ledger_away"] > 0
    assert outcome.struck["ledger_vanishes"] > 0
    assert outcome.fills > 0


@pytest.mark.parametrize("hazard", LOST)
def test_a_ledger_that_takes_what_nobody_will_find_is_found_out(
    monkeypatch: pytest.MonkeyPatch, hazard: Hazard
) -> None:
    for name in ("check", "cut"):
        monkeypatch.setattr(f"maemae.proof.absence.Absence.{name}", lambda _: None)
    outcome = simulate(10, Plan(hours=0.1, rates={hazard: 2.0}))
    assert "leaves although the ledger cannot be written" in outcome.violation


AMENDED_BY_PHONE = {Hazard.OWNER_MEDDLES: 2.0, Hazard.REPLY_LOST: 0.2, Hazard.BY_HAND: 2.0}


@pytest.mark.parametrize("seed", [26, 22])
def test_a_cancel_that_was_answered_leaves_an_order_in_doubt_its_five_seconds(seed: int) -> None:
    rates = {Hazard.NEVER_SENT: 0.3, Hazard.BY_HAND: 6.0}
    plan = Plan(hours=0.03, days=1, rates=rates, listing=Listing.ROWS)
    assert simulate(seed, plan).violation == ""


def test_a_sale_without_a_number_that_the_owner_amends_is_still_ours() -> None:
    rates = {**ROUGH, **AMENDED_BY_PHONE}
    assert simulate(37, Plan(hours=0.05, days=1, rates=rates)).violation == ""


SOLD_OUT = {
    Hazard.REPLY_LOST: 0.4,
    Hazard.REPLY_LATE: 0.2,
    Hazard.NOTICE_DROPPED: 0.5,
    Hazard.CANCEL_LOST: 0.3,
    Hazard.OPERATOR: 2.0,
    Hazard.BOOK_SOLD: 3.0,
}
"""Books are sold out again and again while nobody knows what became of their purchases."""


@pytest.mark.parametrize(
    ("broken", "seed", "said"),
    [
        ("halting.unwanted", 2, "go on buying"),
        ("halting.bought", 2, "and is kept"),
        ("entries.Entries.forget", 5, "is being sold"),
    ],
)
def test_a_desk_whose_flatten_leaves_something_behind_is_found_out(
    monkeypatch: pytest.MonkeyPatch, broken: str, seed: int, said: str
) -> None:
    plan = short(hours=0.2, rates=SOLD_OUT, listing=Listing.NONE)
    monkeypatch.setattr(f"maemae.desk.{broken}", lambda *_: None)
    assert said in simulate(seed, plan).violation


def test_a_flatten_leaves_nothing_behind_whatever_is_lost() -> None:
    assert simulate(2, short(hours=0.05, rates=SOLD_OUT, listing=Listing.NONE)).violation == ""


OTHERWISE = {
    Hazard.ORDERED_OTHERWISE: 10.0,
    Hazard.BY_HAND: 3.0,
    Hazard.BOOK_SOLD: 0.5,
    Hazard.REPLY_LOST: 0.2,
    Hazard.NEVER_SENT: 0.1,
    Hazard.SENT_LATE: 0.1,
    Hazard.NOTICE_DROPPED: 0.2,
    Hazard.NOTICE_TWICE: 0.2,
    Hazard.CANCEL_LOST: 0.2,
    Hazard.CRASH: 0.2,
}
"""Orders of other kinds, for other exchanges, whose replies, notices and cancels are lost."""


@pytest.mark.parametrize("seed", [6, 10])
def test_orders_of_other_kinds_are_neither_doubled_nor_lost(seed: int) -> None:
    outcome = simulate(seed, short(hours=0.03, days=1, rates=OTHERWISE, listing=Listing.ROWS))
    assert outcome.violation == ""
    assert outcome.struck["ordered_otherwise"] > 100
    assert outcome.fills > 0


def test_an_order_that_goes_another_way_than_was_written_is_found_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def ordinary(*order: Any, route: Any, **more: Any) -> Send:
        del route
        return Send(*order, **more)

    monkeypatch.setattr("maemae.desk.sending.Send", ordinary)
    rates = {Hazard.ORDERED_OTHERWISE: 10.0}
    said = simulate(6, short(hours=0.03, days=1, rates=rates, listing=Listing.ROWS)).violation
    assert "written was" in said
