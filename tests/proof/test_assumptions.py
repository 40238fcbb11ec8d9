"""What is taken for granted of the broker, denied: the desk is safe, or stands and says so."""

from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

import pytest

from maemae.desk import listlag
from maemae.desk.records import NeverArrived, Record
from maemae.exchange.behaviour import SWITCHES
from maemae.profile.facts import Fact, How, Known
from maemae.profile.file import shared
from maemae.profile.profile import Profile
from maemae.profile.words import denials, meanings
from maemae.proof.answers import Listing
from maemae.proof.audit import Auditor
from maemae.proof.hazards import COMMON, Hazard
from maemae.proof.simulate import Plan, simulate

DOCS = Path(__file__).resolve().parents[2] / "docs"


@pytest.mark.parametrize("page", ["assumptions.md", "assumptions.ko.md"])
def test_every_assumption_is_explained(page: str) -> None:
    text = (DOCS / page).read_text(encoding="utf-8")
    assert set(meanings()) == set(Fact)
    assert set(denials()) == set(SWITCHES)
    assert [name for name in SWITCHES if f"| `{name}` |" not in text] == []


def test_amounts_that_come_after_their_shares_break_no_promise() -> None:
    """This seed ended with other cash than the broker's, off by 345,043 won."""
    plan = Plan(hours=0.25, rates=COMMON, assume_not=frozenset({Fact.AMOUNT_PROMPT}))
    outcome = simulate(8, plan)
    assert outcome.violation == ""
    assert outcome.fills


@pytest.mark.parametrize("seed", [1, 8])
def test_a_name_that_leaves_the_balance_when_it_is_sold_out_is_settled_at_the_close(
    seed: int,
) -> None:
    """Both ended with other cash than the broker's: its shares were disputed to the end."""
    denied = frozenset({Fact.SOLD_OUT_SHOWN})
    outcome = simulate(seed, Plan(hours=0.25, days=1, rates=COMMON, assume_not=denied))
    assert outcome.violation == ""
    assert outcome.fills


def test_a_list_that_has_the_newest_first_is_read_as_well() -> None:
    """This seed ended with an amended order that counted as working and was over."""
    denied = frozenset({Fact.LIST_OLDEST_FIRST})
    outcome = simulate(914, Plan(hours=0.12, days=2, assume_not=denied))
    assert outcome.violation == ""
    assert outcome.fills


DOUBTS = {
    Hazard.REPLY_LOST: 0.3,
    Hazard.NEVER_SENT: 0.05,
    Hazard.NOTICE_DROPPED: 0.5,
    Hazard.OWNER_TRADE: 1.0,
}


def given_up_though_taken(seed: int, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the orders that the desk took for lost and the broker had, where the list is late."""
    found: list[str] = []
    durable = Auditor.durable

    def look(self: Auditor, records: Sequence[Record]) -> None:
        gone = [one.intent for one in records if isinstance(one, NeverArrived)]
        found.extend(intent for intent in gone if self._truth.taken_up[intent])
        durable(self, records)

    monkeypatch.setattr(Auditor, "durable", look)
    denied = frozenset({Fact.LIST_PROMPT})
    plan = Plan(hours=0.05, days=1, rates=DOUBTS, listing=Listing.ROWS, assume_not=denied)
    outcome = simulate(seed, plan)
    assert outcome.violation == ""
    assert outcome.struck[Hazard.REPLY_LOST.value]
    return found


@pytest.mark.parametrize("seed", [3, 5])
def test_no_order_is_given_up_that_a_late_list_does_not_have_yet(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert given_up_though_taken(seed, monkeypatch) == []


def test_a_desk_that_takes_the_list_for_prompt_is_found_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(listlag, "patience", lambda _: timedelta(seconds=3))
    assert given_up_though_taken(3, monkeypatch)


PROFILES = sorted((DOCS.parent / "profiles").glob("*.toml"))


def lived_under(profile: Profile) -> None:
    """Live some minutes with a broker as a profile says, and a desk that knows it."""
    beliefs = profile.beliefs()
    denied = frozenset(SWITCHES) & beliefs.denied.keys()
    plan = Plan(hours=0.05, days=1, rates=COMMON, assume_not=denied, beliefs=beliefs)
    outcome = simulate(3, plan)
    assert outcome.violation == ""
    assert outcome.orders


@pytest.mark.parametrize("path", PROFILES, ids=[path.stem for path in PROFILES])
def test_the_simulation_runs_under_each_profile_that_was_shared(path: Path) -> None:
    lived_under(shared(path))


@pytest.mark.parametrize("fact", SWITCHES)
def test_a_desk_that_knows_what_is_not_so_keeps_its_promises(fact: Fact) -> None:
    probed = {fact: Known(False, How.PROBED, date(2026, 12, 1), 5)}
    lived_under(Profile("real", kept=probed))


def test_a_desk_that_was_let_rely_on_all_of_it_does_so_safely() -> None:
    accepted = {fact: Known(True, How.ACCEPTED, date(2026, 12, 1), 1) for fact in SWITCHES}
    lived_under(Profile("real", accepted=accepted))
