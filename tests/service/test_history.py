"""What the ledger tells of profit: the sales of a day add up to what it realised."""

from pathlib import Path

import pytest
from tests.desk.table import DAY, Table, rules

from maemae.desk import events as ev
from maemae.desk import records as rec
from maemae.desk.desk import Desk
from maemae.ledger.ledger import Ledger
from maemae.market.costs import CostRules
from maemae.market.kinds import Side
from maemae.service.history import History
from maemae.service.words import reason

CODE = "005930"


def bought_and_sold() -> Table:
    it = Table(Desk(rules()))
    it.open()
    shares = it.bought(CODE)
    it.price(CODE, 10_000)
    it.say(ev.FlattenOrdered(at=it.now, reason="test"))
    sale = it.sends()[-1]
    assert sale.side is Side.SELL
    it.accept(sale.intent, 7)
    it.notice(7, CODE, shares, 9_950, side=Side.SELL)
    assert not it.desk.state.portfolio.positions
    return it


@pytest.mark.parametrize("side", [Side.BUY, Side.SELL])
def test_an_amount_that_comes_late_belongs_to_the_sale(side: Side, tmp_path: Path) -> None:
    it = bought_and_sold()
    (intent,) = [
        order.intent for order in it.desk.state.blotter.orders.values() if order.side is side
    ]
    late = rec.Repriced(at=it.later(), intent=intent, difference=1_000, source="inquiry")
    with Ledger(tmp_path / "ledger.sqlite", "12345678-01") as ledger:
        history = History(ledger, CostRules.VIRTUAL)
        ledger.append(it.records)
        before = history.pnl(DAY.date(), DAY.date())
        ledger.append([late])
        after = history.pnl(DAY.date(), DAY.date())
    more = 1_000 if side is Side.SELL else -1_000
    assert abs(after.realised - before.realised - more) < 10  # Costs follow the amount.
    for shares in (after.by_book, after.by_code, after.by_reason):
        assert sum(share.realised for share in shares) == after.realised
        assert sum(share.sales for share in shares) == 1
    assert [share.key for share in after.by_reason] == ["flatten"]
    assert reason("repriced") != "repriced"
