"""A plan file for the day of the bench, and its opening."""

from datetime import datetime, timedelta
from pathlib import Path

from tests.desk.table import DAY

from maemae.desk import events as ev
from maemae.desk.records import Listed
from maemae.trader.plans.plan import Line, Plan, mark, write_plan

BOUGHT, ABSENT = "005930", "000660"


def plan_of_the_day(folder: Path, days_before: int = 0) -> Plan:
    """Write a plan that buys 3 shares of one name and sells another, which nobody holds."""

    def line(code: str) -> Line:
        listed = Listed(code=code, name=f"name {code}")
        return Line(listed=listed, quantity=3, price=9_900, reason="close > 0")

    day = DAY.date() - timedelta(days=days_before)
    plan = Plan(
        name="scalper", strategy="momentum", venue="sim", account="5000****-01",
        account_mark=mark("50000000-01"), day=day, data_day=day - timedelta(days=1),
        prepared=DAY, settings="s", data="d", max_names=5,
        buys=(line(BOUGHT),), sells=(line(ABSENT),), errors={"000000": "no bars"},
    )  # fmt: skip
    write_plan(plan, folder / "plans")
    return plan


def opened(plan: Plan, at: datetime) -> ev.PlanOpened:
    """Return what opens a plan."""
    return ev.PlanOpened(
        at=at,
        book=plan.name,
        plan=f"{plan.day}-{plan.name}.json",
        day=plan.day,
        fingerprint=plan.fingerprint,
        buys=tuple(
            ev.Candidate(line.listed, 0, quantity=line.quantity, reason="plan")
            for line in plan.buys
        ),
        sells=tuple(line.code for line in plan.sells),
        until=at + timedelta(minutes=10),
    )
