"""Days of the exchange that our calendar does not know, in the simulation."""

import pytest

from maemae.proof.hazards import CALM, Hazard
from maemae.proof.simulate import Plan, simulate

UNKNOWN = Plan(days=4, hours=0.05, rates={**CALM, Hazard.DAY_UNKNOWN: 0.5})
"""Seed 7 has a book that sells on the n-th day, and an unknown day before it."""


def test_positions_are_sold_on_the_nth_day_that_is_really_traded() -> None:
    outcome = simulate(7, UNKNOWN)
    assert outcome.violation == ""
    assert outcome.struck[Hazard.DAY_UNKNOWN] > 0


def test_a_trader_that_does_not_ask_the_broker_is_found_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("maemae.proof.simulate.correct", lambda *_: None)
    monkeypatch.setattr("maemae.desk.state.State._learn", lambda *_: None)
    assert "sells for max_holding; due is nothing" in simulate(7, UNKNOWN).violation
