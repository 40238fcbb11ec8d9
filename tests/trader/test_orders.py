"""`[book.order]` from the settings file to the exchange: chased, cancelled, made a market order."""

from datetime import date
from itertools import pairwise
from pathlib import Path

import pytest
from tests.trader.days import Bars, Place, place

from maemae.desk import records as rec
from maemae.desk.terms import AT_MARKET
from maemae.setup.values import as_toml
from maemae.trader.order_settings import OrderSettings
from maemae.trader.settings import Settings, load_settings

MONDAY = date(2024, 3, 4)
RISING = {"000010": (9_900, 10_690, 9_900, 10_690)}


def settings(where: Place, order: str) -> Settings:
    file = where.folder / "maemae.toml"
    file.write_text(
        f"""
balance_seconds = 120
data_dir = {as_toml(where.folder / "state")}
log_dir = {as_toml(where.folder / "logs")}
[sim]
url = "{where.url}"
virtual_url = "{where.url}"
[[book]]
way = "condition"
condition = 1
search_seconds = 3600
take_profit = "20%"
stop_loss = "20%"
[book.order]
kind = "limit"
{order}
[api]
enabled = false
""",
        encoding="utf-8",
    )
    return load_settings(file)


async def ordered(tmp_path: Path, order: str) -> tuple[rec.Intended, list[rec.Record]]:
    """Trade the last minutes of a day; return the only entry, and what was recorded."""
    async with place(tmp_path, Bars(RISING), MONDAY) as where:
        await where.trade(settings(where, order))
        records = where.records()
    (entry,) = [r for r in records if isinstance(r, rec.Intended)]
    return entry, records


def amends(records: list[rec.Record]) -> list[rec.AmendIntended]:
    return [r for r in records if isinstance(r, rec.AmendIntended)]


def cancels(records: list[rec.Record]) -> list[rec.CancelIntended]:
    return [r for r in records if isinstance(r, rec.CancelIntended)]


def bought(records: list[rec.Record]) -> int:
    return sum(r.quantity for r in records if isinstance(r, rec.Filled))


async def test_an_entry_that_does_not_fill_is_cancelled_after_its_wait(tmp_path: Path) -> None:
    entry, records = await ordered(tmp_path, "offset_ticks = -40\nwait_seconds = 30")
    assert entry.way is not None
    assert entry.price is not None
    (cancelled,) = cancels(records)
    assert cancelled.reason == "waited"
    assert (cancelled.at - entry.at).total_seconds() == 30
    assert bought(records) == 0
    assert not amends(records)


async def test_an_entry_goes_after_the_price_until_its_amendments_are_used_up(
    tmp_path: Path,
) -> None:
    order = 'offset_ticks = -12\nwait_seconds = 60\nthen = "chase"\nchases = 3'
    entry, records = await ordered(tmp_path, order)
    moved = amends(records)
    assert moved
    prices = [entry.price, *(one.price for one in moved)]
    assert all(before != after for before, after in pairwise(prices))
    assert {(one.at - entry.at).total_seconds() for one in moved} <= {60, 120, 180}
    (cancelled,) = cancels(records)
    assert (cancelled.at - entry.at).total_seconds() == 240
    assert {one.intent for one in moved} == {entry.intent}


async def test_an_entry_that_waited_is_made_a_market_order_and_fills(tmp_path: Path) -> None:
    entry, records = await ordered(
        tmp_path, 'offset_ticks = -40\nwait_seconds = 20\nthen = "market"'
    )
    (amended,) = amends(records)
    assert (amended.intent, amended.price) == (entry.intent, 0)
    assert (amended.at - entry.at).total_seconds() == 20
    assert bought(records) == entry.quantity


async def test_an_entry_some_ticks_above_the_price_fills_at_once_and_never_dearer(
    tmp_path: Path,
) -> None:
    entry, records = await ordered(tmp_path, "offset_ticks = 3")
    fills = [r for r in records if isinstance(r, rec.Filled)]
    assert bought(records) == entry.quantity
    assert entry.price is not None
    assert all(one.price <= entry.price for one in fills)
    assert not amends(records)
    assert not cancels(records)


@pytest.mark.parametrize(
    "given",
    [
        {"way": "condition"},
        {"way": "targets", "file": "targets.csv"},
        {"way": "plan", "name": "p", "strategy": "golden_cross", "at": "09:01"},
    ],
)
def test_every_way_of_trading_orders_as_it_is_told(given: dict[str, object]) -> None:
    order = {"kind": "limit", "offset_ticks": 2, "then": "chase", "chases": 7}
    read = Settings.model_validate({"book": [given | {"order": order}]})
    way = OrderSettings.model_validate(order).way()
    assert read.book[0].rules().order == way


def test_a_plan_of_the_opening_auction_is_ordered_at_market() -> None:
    plan = {"way": "plan", "name": "p", "strategy": "golden_cross", "at": "08:40"}
    read = Settings.model_validate({"book": [plan | {"order": {"kind": "limit"}}]})
    assert read.book[0].rules().order == AT_MARKET
