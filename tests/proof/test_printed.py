"""True prices and wrong ones: what is said again as an old trade was one."""

from datetime import datetime

from maemae.clock import KST
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
