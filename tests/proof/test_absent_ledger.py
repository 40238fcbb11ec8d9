"""A ledger that is gone, written over, empty or an older copy: nothing is bought on it."""

import pytest

from maemae.desk.newcomer import Newcomer
from maemae.desk.records import EMPTY_LEDGER, Halt, Halted, Incident
from maemae.desk.turn import Turn
from maemae.proof.absence import Absence
from maemae.proof.answers import Listing
from maemae.proof.hazards import Hazard
from maemae.proof.simulate import Outcome, Plan, simulate


def lived(seed: int, hazard: Hazard, listing: Listing = Listing.ROWS) -> Outcome:
    older = hazard is Hazard.LEDGER_OLDER  # A copy is put back minutes after it was made.
    rates = {hazard: 0.5 if older else 2.0, Hazard.OWNER_TRADE: 1.0}
    hours = 0.4 if older else 0.06
    return simulate(seed, Plan(days=1, hours=hours, rates=rates, listing=listing))


def nothing(*_: object) -> None:
    """Look away."""


@pytest.mark.parametrize(
    ("hazard", "listing"),
    [
        (Hazard.LEDGER_EMPTIED, Listing.ROWS),
        (Hazard.LEDGER_EMPTIED, Listing.NONE),
        (Hazard.LEDGER_REPLACED, Listing.ROWS),
        (Hazard.LEDGER_OLDER, Listing.ROWS),
        (Hazard.LEDGER_OLDER, Listing.NONE),
    ],
)
def test_nothing_leaves_on_it(hazard: Hazard, listing: Listing) -> None:
    outcome = lived(2, hazard, listing)
    assert outcome.violation == ""
    assert outcome.crashes > 0
    assert outcome.struck[hazard.value] > 0


@pytest.mark.parametrize(
    ("hazard", "which"),
    [(Hazard.LEDGER_EMPTIED, "an empty ledger"), (Hazard.LEDGER_OLDER, "an older copy")],
)
def test_a_desk_that_trades_on_it_is_found_out(
    monkeypatch: pytest.MonkeyPatch, hazard: Hazard, which: str
) -> None:
    def only_says(self: Newcomer, turn: Turn, detail: str, kind: str = EMPTY_LEDGER) -> None:
        turn.record(Incident(at=turn.at, kind=kind, detail=detail))

    monkeypatch.setattr(Newcomer, "_doubt", only_says)
    said = {lived(seed, hazard).violation for seed in (2, 3)}
    assert any(f"leaves on {which}" in one for one in said)


def test_a_desk_that_does_not_tell_of_an_older_copy_is_found_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def halts_in_silence(self: Newcomer, turn: Turn, *_: str) -> None:
        turn.record(Halted(at=turn.at, level=Halt.ENTRIES, reason="quiet"))

    monkeypatch.setattr(Newcomer, "_doubt", halts_in_silence)
    said = {lived(seed, Hazard.LEDGER_OLDER).violation for seed in (1, 2)}
    assert any("that the ledger is wrong" in one for one in said)


@pytest.mark.parametrize("hazard", [Hazard.LEDGER_VANISHES, Hazard.LEDGER_REPLACED])
def test_a_process_that_does_not_look_for_its_ledger_is_found_out(
    monkeypatch: pytest.MonkeyPatch, hazard: Hazard
) -> None:
    for look in ("before_write", "check"):
        monkeypatch.setattr(Absence, look, nothing)
    said = {lived(seed, hazard).violation for seed in (1, 2)}
    assert any("cannot be written" in one for one in said)
