"""What is taken for granted of the broker, denied: the desk is safe, or stands and says so."""

from pathlib import Path

import pytest

from maemae.proof.assumptions import Assumption, meanings
from maemae.proof.hazards import SETTLED
from maemae.proof.simulate import Plan, simulate

DOCS = Path(__file__).resolve().parents[2] / "docs"


@pytest.mark.parametrize("page", ["assumptions.md", "assumptions.ko.md"])
def test_every_assumption_is_explained(page: str) -> None:
    text = (DOCS / page).read_text(encoding="utf-8")
    assert set(meanings()) == set(Assumption)
    assert [name for name in Assumption if f"| `{name}` |" not in text] == []


def test_amounts_that_come_after_their_shares_break_no_promise() -> None:
    """This seed ended with other cash than the broker's, off by 345,043 won."""
    plan = Plan(hours=0.25, rates=SETTLED, assume_not=frozenset({Assumption.AMOUNT_PROMPT}))
    outcome = simulate(8, plan)
    assert outcome.violation == ""
    assert outcome.fills


@pytest.mark.parametrize("seed", [1, 8])
def test_a_name_that_leaves_the_balance_when_it_is_sold_out_is_settled_at_the_close(
    seed: int,
) -> None:
    """Both ended with other cash than the broker's: its shares were disputed to the end."""
    denied = frozenset({Assumption.SOLD_OUT_SHOWN})
    outcome = simulate(seed, Plan(hours=0.25, days=1, rates=SETTLED, assume_not=denied))
    assert outcome.violation == ""
    assert outcome.fills
