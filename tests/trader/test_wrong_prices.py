"""Finding 01, whole: prices that cannot be true, over real sockets, sell nothing and are said."""

from datetime import time
from pathlib import Path

import pytest
from tests.trader.days import Bars, place
from tests.trader.test_targets import FLAT, MONDAY, targets

from maemae.desk.records import Incident, Intended
from maemae.exchange.faults import Fault, FaultKind
from maemae.market.kinds import Side


@pytest.mark.parametrize("kind", [FaultKind.PRICE_ZERO, FaultKind.PRICE_BEYOND])
async def test_a_trade_at_an_impossible_price_sells_nothing_and_is_said_once(
    tmp_path: Path, kind: FaultKind
) -> None:
    book = targets(tmp_path, "code\n000040\n", take_profit=None)
    async with place(tmp_path, Bars({"000040": FLAT}), MONDAY, at=time(15, 10)) as where:
        fault = Fault(kind=kind, tr_id="H0STCNT0", from_time="15:12:00", to_time="15:13:30")
        where.exchange.faults.add(fault)
        report = await where.trade(where.settings(book))
        struck = [one for one in where.exchange.journal.since(0, "frame") if one.get("fault")]
        facts = where.records()
    assert len(struck) > 1
    assert report.ledger["positions"].keys() == {"000040"}
    assert not [r for r in facts if isinstance(r, Intended) and r.side is Side.SELL]
    said = [r for r in facts if isinstance(r, Incident) and r.kind.startswith("price_")]
    assert [one.kind for one in said] == ["price_wrong", "price_right"]
    assert said[0].detail.startswith("000040")
    # Of the trades of one instant the last one is looked at.
    assert said[1].detail == f"000040: {len({one['at'] for one in struck})}"
