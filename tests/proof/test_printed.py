"""True prices and wrong ones: what is said again as an old trade was one."""

from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from maemae.clock import KST
from maemae.desk.positions import Position
from maemae.desk.records import Listed
from maemae.desk.terms import Exits
from maemae.market.costs import CostRules
from maemae.proof.hazards import CALM, Hazards
from maemae.proof.printed import Printed

AT = datetime(2026, 3, 4, 9, 0, 35, tzinfo=KST)


def test_what_a_balance_said_again_is_no_old_trade() -> None:
    """It would come with the time of the balance, as if it were the newest (seed 63000071)."""
    printed = Printed(Hazards(1, CALM))
    printed.note("005930", 7_130, AT, current=False, held=True)
    assert printed.earlier("005930") is None
    printed.note("000660", 7_290, AT)
    told = printed.earlier("000660")
    assert told is not None
    assert (told.price, told.at) == (7_290, AT)


@pytest.mark.parametrize(("newer", "justified"), [(False, True), (True, False)])
def test_the_price_that_stands_when_shares_come_gives_a_reason(
    *, newer: bool, justified: bool
) -> None:
    """Nothing was traded for long: the last price is the last one (seed 63000158)."""
    printed, code = Printed(Hazards(1, CALM)), "005930"
    printed.note(code, 1_350, AT)
    if newer:
        printed.note(code, 1_400, AT + timedelta(seconds=20))
    position = Position(
        book="scalper", listed=Listed(code=code), quantity=2, paid=2_704, costs=0, high=1_352,
        exits=Exits(stop_loss=Decimal("0.001")), since=AT + timedelta(minutes=20),
    )  # fmt: skip
    at = AT + timedelta(minutes=20)
    assert printed.justifies(position, "stop_loss", CostRules.REAL, at) is justified


@pytest.mark.parametrize(
    ("price", "said", "milder"),
    [
        (14_826, 13_790, True),
        (13_700, 13_790, False),
        (14_826, 19_000, False),
        (18_600, 13_790, False),
    ],
)
def test_a_wrong_price_that_a_true_one_goes_beyond_asks_for_nothing_more(
    price: int, said: int, milder: bool
) -> None:
    """An auction went the way of a wrong price of before: the milder counts (seed 65000039)."""
    printed, code = Printed(Hazards(1, CALM)), "005930"
    printed.note(code, 13_000, AT)
    printed.note(code, 12_000, AT + timedelta(minutes=1), current=False)
    now = AT + timedelta(minutes=1)
    printed.note(code, said, now)
    assert printed.on_the_way(code, price, 18_500, now - timedelta(seconds=1)) is milder
