"""A target list traded over the real exchange: band, equal parts, exits, the fifth day."""

import os
from dataclasses import replace
from datetime import date, datetime, time
from pathlib import Path

import pytest
from tests.trader.days import SLOW, Bars, place

from maemae.clock import KST
from maemae.desk import records as rec
from maemae.errors import SettingsError
from maemae.exchange.actions import Action, ActionKind
from maemae.exchange.scenario import default_scenario
from maemae.market.calendar import krx
from maemae.market.kinds import Side
from maemae.trader.books.targets import TargetBook

MONDAY = date(2024, 3, 4)
CASH = 10_000_000
FLAT = (10_000, 10_050, 9_950, 10_000)
BARS = {
    "000010": (10_100, 10_200, 10_000, 10_100),
    "000020": (9_700, 9_800, 9_600, 9_700),
    "000030": (10_600, 10_700, 10_500, 10_600),
    "000040": FLAT,
    "000050": (10_100, 10_200, 10_000, 10_100),
}


def targets(folder: Path, text: str, **given: object) -> TargetBook:
    file = folder / "targets.csv"
    file.write_text(text, encoding="utf-8")
    return TargetBook.model_validate({"file": file, "quote_seconds": 300} | SLOW | given)


async def test_names_in_the_band_are_bought_for_equal_parts_of_the_cash(tmp_path: Path) -> None:
    book = targets(
        tmp_path, "code,price\n000010,10000\n000020,10000\n000030,10000\n000040,\n000050,10000\n"
    )
    async with place(tmp_path, Bars(BARS), MONDAY) as where:
        report = await where.trade(where.settings(book))
    spent = {f["code"]: f["price"] * f["quantity"] for f in report.ledger["fills"]}
    assert spent.keys() == {"000010", "000040", "000050"}
    assert max(spent.values()) - min(spent.values()) <= 10_200
    # The last of five could still find its shares at the upper limit price, 30 percent up.
    assert all(CASH * 100 // 540 < won <= CASH * 100 // 525 for won in spent.values())


async def test_what_is_held_already_is_left_out_of_the_list(tmp_path: Path) -> None:
    first = targets(tmp_path, "code,price\n000010,10000\n", capital=2_700_000)
    async with place(tmp_path, Bars(BARS), MONDAY) as where:
        before = await where.trade(where.settings(first))
        held = before.ledger["positions"]["000010"]
        await where.go_on()
        both = targets(tmp_path, "code,price\n000010,10000\n000050,10000\n")
        report = await where.trade(where.settings(both))
    (fill,) = report.ledger["fills"]
    assert fill["code"] == "000050"
    assert report.ledger["positions"]["000010"] == held
    assert fill["quantity"] * fill["price"] > 4_000_000, "all the cash is its part"


async def test_both_bounds_sell_and_nothing_is_bought_back_the_same_day(tmp_path: Path) -> None:
    book = targets(tmp_path, "code,price\n000010,10000\n000050,10000\n000040,10000\n")
    risen, fallen = (10_700, 10_700, 10_700, 10_700), (9_700, 9_700, 9_700, 9_700)
    changed = {krx().next_session(MONDAY): {"000010": risen, "000050": fallen}}
    async with place(tmp_path, Bars(BARS, changed=changed), MONDAY) as where:
        await where.trade(where.settings(book))
        await where.go_on()
        report = await where.trade(where.settings(book))
        reasons = {
            r.listed.code: r.reason
            for r in where.records()
            if isinstance(r, rec.Intended) and r.side is Side.SELL
        }
    assert reasons == {"000010": "take_profit", "000050": "stop_loss"}
    assert report.ledger["positions"].keys() == {"000040"}


async def test_old_holdings_are_sold_five_minutes_before_the_close(tmp_path: Path) -> None:
    book = targets(tmp_path, "code\n000040\n")
    async with place(tmp_path, Bars(BARS), MONDAY) as where:
        await where.trade(where.settings(book))
        await where.go_on(4)
        report = await where.trade(where.settings(book))
        assert report.ledger["positions"].keys() == {"000040"}
        await where.go_on()
        report = await where.trade(where.settings(book))
        (sale,) = [
            r for r in where.records() if isinstance(r, rec.Intended) and r.side is Side.SELL
        ]
        said = [r.kind for r in where.records() if isinstance(r, rec.Incident)]
    assert report.ledger["positions"] == {}
    assert sale.reason == "max_holding"
    assert time(15, 25) <= sale.at.timetz().replace(tzinfo=None) < time(15, 28)
    assert "purchase_unproven" not in said


@pytest.mark.parametrize(
    ("text", "said"),
    [("code\n5930\n", "row 2: '5930' is no code"), ("code\n999999\n", "knows no 999999")],
)
async def test_a_list_that_cannot_be_traded_stops_the_start(
    tmp_path: Path, text: str, said: str
) -> None:
    book = targets(tmp_path, text)
    async with place(tmp_path, Bars(BARS), MONDAY) as where:
        with pytest.raises(SettingsError, match=f"book targets: .*{said}"):
            await where.trade(where.settings(book))


async def test_a_price_of_the_list_is_no_price_of_a_share_that_became_another_since(
    tmp_path: Path,
) -> None:
    """On Monday somebody waits for a fifth of the price; on Tuesday five shares are one's."""
    book = targets(tmp_path, "code,price\n000010,2010\n000040,9900\n000050,\n", band="2%")
    saved = datetime(2024, 3, 4, 8, tzinfo=KST).timestamp()
    assert book.file is not None
    os.utime(book.file, (saved, saved))
    split = Action(code="000010", day=date(2024, 3, 5), kind=ActionKind.SPLIT, new=5)
    scenario = replace(default_scenario(7), actions=(split,))
    async with place(tmp_path, Bars(BARS), MONDAY, scenario=scenario) as where:
        await where.go_on()
        report = await where.trade(where.settings(book))
        said = [r.detail for r in where.records() if isinstance(r, rec.Incident)]
        assert {fill["code"] for fill in report.ledger["fills"]} == {"000040", "000050"}
        assert [one for one in said if "targets.csv" in one] == [
            "000010: 10,000 > 2,000원, targets.csv"
        ]
        await where.go_on()  # On Wednesday no base price tells of it any more.
        before = len(where.records())
        await where.trade(where.settings(book))
        later = where.records()[before:]
    assert not [r for r in later if isinstance(r, rec.Intended) and r.listed.code == "000010"]
    said = [r.detail for r in later if isinstance(r, rec.Incident) and r.kind == "target_unit"]
    assert said == ["000010: 2024-03-05 x 0.2, targets.csv"]
