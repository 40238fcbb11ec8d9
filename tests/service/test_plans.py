"""Plans as the faces list them: how far each has come, and what became of each line."""

from pathlib import Path

from tests.desk.table import DAY
from tests.service.bench import ACCOUNT, bench
from tests.service.planned import ABSENT, BOUGHT, opened, plan_of_the_day

from maemae.ledger.ledger import Ledger
from maemae.market.costs import CostRules
from maemae.service import operations as op
from maemae.service.history import History
from maemae.service.plans import plan_lines


async def test_a_plan_tells_what_became_of_each_line(tmp_path: Path) -> None:
    plan = plan_of_the_day(tmp_path)
    async with bench(tmp_path, offers=()) as table:
        (before,) = await table.service.ask(op.GetPlans())
        table.subject.trader.put(opened(plan, table.subject.clock.now()))
        known = table.subject.trader.desk.state.plans
        await table.until(lambda: "scalper" in known and known["scalper"].over == "done")
        await table.until(lambda: bool(table.subject.trader.desk.state.portfolio.positions))
        (after,) = await table.service.ask(op.GetPlans())
    assert (before.state, before.errors) == ("past", 1)
    assert [(item.became, item.filled) for item in before.buys] == [("", 0)]
    assert (after.state, after.day) == ("done", DAY.date())
    assert [(i.code, i.became, i.filled, i.amount) for i in after.buys] == [
        (BOUGHT, "filled", 3, 30_000)
    ]
    assert [(i.code, i.became, i.filled) for i in after.sells] == [(ABSENT, "not_held", 0)]
    with Ledger(tmp_path / "ledger.sqlite", ACCOUNT) as ledger:
        history = History(ledger, CostRules.VIRTUAL)
        assert plan_lines(tmp_path / "plans", "sim", history) == [after]
        assert plan_lines(tmp_path / "plans", "paper", history) == []


def test_plans_are_listed_without_a_ledger_and_a_broken_one_is_named(tmp_path: Path) -> None:
    plan_of_the_day(tmp_path)
    earlier = plan_of_the_day(tmp_path, days_before=2)
    (tmp_path / "plans" / "2022-01-03-bad.json").write_text("{")
    states = [(line.name, line.state) for line in plan_lines(tmp_path / "plans", "sim", None)]
    assert states == [("scalper", "past"), ("scalper", "past"), ("bad", "broken")]
    (latest, *_rest) = plan_lines(tmp_path / "plans", "sim", None, 1)
    assert latest.day is not None
    assert latest.day > earlier.day
