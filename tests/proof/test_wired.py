"""Seeds whose commands and answers go over the broker's protocol, and what they see."""

from dataclasses import replace
from typing import Any

import pytest

from maemae.errors import KisUnavailable
from maemae.kis import orders, pages
from maemae.kis.caller import Caller
from maemae.kis.outcomes import Refused
from maemae.kis.slots import SlotBook
from maemae.market.refusals import RefusalKind
from maemae.proof.answers import Listing
from maemae.proof.scenes import SCENES
from maemae.proof.simulate import Outcome, Plan, simulate
from maemae.trader import wire

WIRED = SCENES["wired"]


def seen(plan: Plan = WIRED) -> str:
    """The first violation of a few seeds."""
    found = (simulate(seed, plan).violation for seed in range(4))
    return next((said for said in found if said), "")


@pytest.mark.parametrize("seed", range(2))
def test_the_client_reads_what_the_broker_says_and_sends_nothing_twice(seed: int) -> None:
    outcome = simulate(seed, WIRED)
    assert outcome.violation == ""
    assert outcome.fills > 0
    assert outcome.struck["reply_lost"] + outcome.struck["never_sent"] > 0


def test_questions_of_a_slow_server_do_not_queue_up() -> None:
    """One request a second: answers were a minute old at the close, and the books not agreed on."""
    outcome = simulate(1, Plan(days=1, hours=0.12, wired=True))
    assert outcome.listing is Listing.NONE
    assert outcome.violation == ""


def test_the_same_seed_gives_the_same_outcome() -> None:
    def told(outcome: Outcome) -> tuple[Any, ...]:
        return outcome.events, outcome.orders, outcome.fills, outcome.records, outcome.struck

    short = replace(WIRED, hours=0.02)
    assert told(simulate(1, short)) == told(simulate(1, short))


def test_an_order_that_the_client_sends_again_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    once = Caller.tell

    async def twice(self: Caller, *args: Any, **more: Any) -> Any:
        try:
            return await once(self, *args, **more)
        except KisUnavailable:
            return await once(self, *args, **more)

    monkeypatch.setattr(Caller, "tell", twice)
    assert "the broker has it" in seen()


def test_a_doubt_that_the_client_takes_for_a_no_is_found_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(
        orders, "Unknown", lambda reason: Refused("", reason, refusal=RefusalKind.OTHER)
    )
    assert seen()


def test_figures_that_are_read_from_the_wrong_place_are_found_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    right = wire.balance
    monkeypatch.setattr(
        wire, "balance", lambda *said: replace(right(*said), bought=right(*said).sold)
    )
    assert "balance says" in seen()


def test_a_page_that_is_not_read_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "_following", lambda *_: None)
    assert "executions says" in seen()


def test_a_client_without_a_budget_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SlotBook, "claim", lambda *_: 0)
    assert "server within a second" in seen()
