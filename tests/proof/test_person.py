"""What the simulated person says became of a name: its own shares, not what others became of it."""

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime

import pytest

from maemae.clock import KST
from maemae.desk.records import UnitDoubted
from maemae.exchange.accounts import Account, Holding
from maemae.exchange.actions import Action, ActionKind, book
from maemae.market.costs import CostRules
from maemae.proof.person import became
from maemae.proof.simulate import Plan, simulate
from maemae.proof.truth import Truth

ONE, OTHER = "000010", "000020"
DAY, LATER = date(2026, 3, 4), date(2026, 3, 5)
SPLIT = Action(code=OTHER, day=DAY, kind=ActionKind.SPLIT, old=1, new=5)
MERGER = Action(code=ONE, day=DAY, kind=ActionKind.MERGER, old=10, new=7, into=OTHER)
FEWER = Action(code=ONE, day=DAY, kind=ActionKind.REVERSE_SPLIT, old=20, new=1)


@pytest.mark.parametrize(
    ("night", "asked", "on", "said"),
    [
        ([SPLIT], OTHER, DAY, (100, "")),
        ([MERGER], ONE, DAY, (7, OTHER)),
        ([MERGER], OTHER, DAY, (20, "")),
        ([SPLIT, MERGER], ONE, DAY, (7, OTHER)),
        ([SPLIT, MERGER], OTHER, DAY, (100, "")),
        ([FEWER], ONE, DAY, (0, "")),
        ([MERGER], OTHER, LATER, (27, "")),
    ],
)
def test_the_person_tells_one_name_from_another(
    night: Sequence[Action], asked: str, on: date, said: tuple[int, str]
) -> None:
    holdings = {ONE: 10, OTHER: 20}
    account = Account("5001234501", CostRules.REAL, DAY, settled=0)
    account.holdings.update({code: Holding(code, n) for code, n in holdings.items()})
    truth = Truth(Counter(holdings))
    for action in night:
        done = book(action, account, {ONE: 1_000, OTHER: 1_000})
        assert done is not None
        truth.become(done)
    at = datetime(on.year, on.month, on.day, 9, tzinfo=KST)
    doubt = UnitDoubted(at=at, code=asked, before=holdings[asked], after=account.held(asked))
    assert became(doubt, truth, account) == said


def test_names_that_become_one_in_a_night_are_told_apart() -> None:
    assert simulate(744, Plan(hours=0.12)).violation == ""
