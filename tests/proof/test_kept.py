"""Simulations that are cut off are taken up again; an error of the program is a violation."""

from collections import Counter
from pathlib import Path

import pytest

from maemae.errors import DataError
from maemae.proof.hazards import CALM
from maemae.proof.kept import KeptOutcomes
from maemae.proof.many import simulate_many
from maemae.proof.simulate import Outcome, Plan, simulate

BRIEF = Plan(hours=0.02, rates=CALM)


def outcome(seed: int) -> Outcome:
    return Outcome(seed, events=7, struck=Counter({"crash": 2}), resolved=[0.5])


def test_what_was_kept_is_not_run_again(tmp_path: Path) -> None:
    path = tmp_path / "outcomes"
    KeptOutcomes(path, "one").add(outcome(3))
    seen: list[int] = []
    kept = KeptOutcomes(path, "one")
    summary = simulate_many(
        [3, 4], BRIEF, workers=1, told=lambda one: seen.append(one.seed), kept=kept
    )
    assert seen == [3, 4]
    assert summary.outcomes[0] == outcome(3)
    assert summary.counts("struck")["crash"] == 2
    again = KeptOutcomes(path, "one")
    assert again.outcomes == {3: outcome(3), 4: summary.outcomes[1]}


def test_a_line_that_was_cut_off_is_dropped_and_written_anew(tmp_path: Path) -> None:
    path = tmp_path / "outcomes"
    KeptOutcomes(path, "one").add(outcome(1))
    KeptOutcomes(path, "one").add(outcome(2))
    path.write_bytes(path.read_bytes()[:-9])
    kept = KeptOutcomes(path, "one")
    assert set(kept.outcomes) == {1}
    kept.add(outcome(2))
    assert set(KeptOutcomes(path, "one").outcomes) == {1, 2}


@pytest.mark.parametrize(
    "text", ["nonsense\n", '{"plan": "one", "outcome": {"seed": 1}}\n', "{}\n"]
)
def test_another_file_is_refused_by_name_and_line(tmp_path: Path, text: str) -> None:
    path = tmp_path / "outcomes"
    path.write_text(text)
    with pytest.raises(DataError, match=":1:"):
        KeptOutcomes(path, "one")


def test_outcomes_of_another_plan_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "outcomes"
    KeptOutcomes(path, "days=1").add(outcome(1))
    with pytest.raises(DataError, match="days=1 ≠ days=2"):
        KeptOutcomes(path, "days=2")


def test_an_error_of_the_program_is_a_violation_of_its_seed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("somewhere")

    monkeypatch.setattr("maemae.desk.desk.Desk.step", broken)
    found = simulate(1, BRIEF)
    assert found.violation.startswith("ZeroDivisionError: somewhere")
    assert "in broken" in found.trace


def test_an_interrupt_ends_with_what_was_done(tmp_path: Path) -> None:
    path = tmp_path / "outcomes"
    kept = KeptOutcomes(path, "one")

    def told(one: Outcome) -> None:
        if one.seed == 2:
            raise KeyboardInterrupt

    summary = simulate_many(range(1, 9), BRIEF, workers=1, told=told, kept=kept)
    assert summary.cut_off
    assert [one.seed for one in summary.outcomes] == [1, 2]
    assert set(KeptOutcomes(path, "one").outcomes) == {1, 2}
