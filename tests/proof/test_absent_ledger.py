"""A ledger that is gone, written over or empty at the next start: nothing is ordered on it."""

import pytest

from maemae.desk.newcomer import Newcomer
from maemae.proof.absence import Absence
from maemae.proof.answers import Listing
from maemae.proof.hazards import Hazard
from maemae.proof.simulate import Outcome, Plan, simulate


def lived(seed: int, hazard: Hazard, listing: Listing = Listing.ROWS) -> Outcome:
    rates = {hazard: 2.0, Hazard.OWNER_TRADE: 1.0}
    return simulate(seed, Plan(days=1, hours=0.06, rates=rates, listing=listing))


def nothing(*_: object) -> None:
    """Look away."""


@pytest.mark.parametrize(
    ("hazard", "listing"),
    [
        (Hazard.LEDGER_EMPTIED, Listing.ROWS),
        (Hazard.LEDGER_EMPTIED, Listing.NONE),
        (Hazard.LEDGER_REPLACED, Listing.ROWS),
    ],
)
def test_nothing_leaves_on_it(hazard: Hazard, listing: Listing) -> None:
    outcome = lived(2, hazard, listing)
    assert outcome.violation == ""
    assert outcome.crashes > 0
    assert outcome.struck[hazard.value] > 0


def test_a_desk_that_trades_on_an_empty_ledger_is_found_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Newcomer, "_doubt", nothing)
    said = {lived(seed, Hazard.LEDGER_EMPTIED).violation for seed in (1, 2)}
    assert any("leaves on an empty ledger" in one for one in said)


@pytest.mark.parametrize("hazard", [Hazard.LEDGER_VANISHES, Hazard.LEDGER_REPLACED])
def test_a_process_that_does_not_look_for_its_ledger_is_found_out(
    monkeypatch: pytest.MonkeyPatch, hazard: Hazard
) -> None:
    for look in ("before_write", "check"):
        monkeypatch.setattr(Absence, look, nothing)
    said = {lived(seed, hazard).violation for seed in (1, 2)}
    assert any("cannot be written" in one for one in said)
