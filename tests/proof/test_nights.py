"""Nights after which nothing is left of a held name, or it is another that is held, too."""

import pytest

from maemae.desk import units
from maemae.desk.unitcheck import Told, Verdict, judge
from maemae.proof.hazards import Hazard
from maemae.proof.simulate import Outcome, Plan, simulate


def lived(seed: int, rate: float) -> Outcome:
    return simulate(seed, Plan(days=2, hours=0.03, rates={Hazard.UNIT_CHANGED: rate}))


@pytest.fixture(autouse=True)
def _every_night(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("maemae.proof.simulate.HELD", 1.0)


@pytest.mark.parametrize(("seed", "taken"), [(5, 2), (3, 0)])
def test_what_is_gone_or_merged_is_neither_sold_nor_given_away(seed: int, taken: int) -> None:
    """In the second seed the shares came to those that the same book held."""
    outcome = lived(seed, 0.001)
    assert outcome.violation == ""
    assert outcome.struck["taken_out"] == taken
    assert outcome.struck["merged_held"] == 1


def test_a_desk_that_writes_off_a_name_that_is_gone_is_found_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def confident(told: Told, tick: int, percent: int) -> Verdict:
        return judge(told, tick, percent) if told.now else Verdict.SAME

    monkeypatch.setattr(units, "judge", confident)
    assert "given up" in lived(2, 0.5).violation
