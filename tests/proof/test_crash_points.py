"""Killed at every write and every command of an order's life, and alive again."""

from dataclasses import replace

import pytest

from maemae.proof.hazards import Hazard
from maemae.proof.simulate import Plan, simulate

RECORDS = (
    "day_opened",
    "intended",
    "accepted",
    "refused",
    "lost",
    "looked",
    "never_arrived",
    "filled",
    "cancel_intended",
    "cancel_failed",
    "ended",
    "peaked",
    "halted",
    "flatten_begun",
    "incident",
    "owner_traded",
    "cash_stated",
    "reconciled",
    "day_closed",
)
COMMANDS = ("Send", "SendCancel", "Ask", "Watch")
POINTS = [
    f"{when} {what}"
    for when in ("before", "after")
    for what in (*(f"write of {record}" for record in RECORDS), *COMMANDS)
]
RATES = {
    Hazard.NEVER_SENT: 0.1,
    Hazard.REPLY_LOST: 0.1,
    Hazard.REPLY_LATE: 0.1,
    Hazard.THROTTLED: 0.1,
    Hazard.CANCEL_LOST: 0.3,
    Hazard.NOTICE_DROPPED: 0.05,
    Hazard.NOTICE_TWICE: 0.05,
    Hazard.NOTICE_LATE: 0.1,
    Hazard.STREAM_GAP: 1.0,
    Hazard.NO_ANSWER: 0.1,
    Hazard.OWNER_TRADE: 1.0,
    Hazard.OPERATOR: 1.0,
}
SHORT = Plan(hours=0.05, rates=RATES)
SEEDS = range(2, 14)


@pytest.fixture(scope="module")
def visits() -> dict[str, int]:
    """For each point the first seed that comes to it."""
    found: dict[str, int] = {}
    for seed in SEEDS:
        outcome = simulate(seed, SHORT)
        assert outcome.violation == ""
        for point in outcome.points:
            found.setdefault(point, seed)
        if found.keys() >= set(POINTS):
            break
    return found


@pytest.mark.parametrize("point", POINTS)
def test_killed_there_it_starts_again_and_the_books_agree(
    point: str, visits: dict[str, int]
) -> None:
    outcome = simulate(visits[point], replace(SHORT, crash_at=(point, 1)))
    assert outcome.violation == ""
    assert outcome.crashes == 1
