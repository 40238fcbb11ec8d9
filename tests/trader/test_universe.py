"""The names of a book, chosen again and again from a ranking of the real exchange."""

from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from tests.trader.days import Bars, place
from tests.trader.test_strategy_book import BARS, made

from maemae.clock import KST
from maemae.desk import records as rec
from maemae.trader.books.strategy import StrategyBook
from maemae.trader.universe_settings import UniverseSettings

MONDAY = date(2024, 3, 4)
UNTIL = datetime.combine(MONDAY, time(15, 14), KST)
ALWAYS = """
from maemae.strategy import FixedAmount, Schedule, Strategy, Universe, close, volume

always = Strategy(
    name="always",
    entry=close > 0,
    score=volume,
    candidates=Universe(where={where}),
    sizing=FixedAmount(500_000),
    schedule=Schedule(bars=1),
    max_positions=10,
)
"""


def book(folder: Path, where: str = "close > 0", **universe: Any) -> StrategyBook:
    file = folder / "always.py"
    file.write_text(ALWAYS.replace("{where}", where), encoding="utf-8")
    values = {"name": "ranked", "way": "strategy", "strategy": str(file)}
    return StrategyBook.model_validate(values | {"universe": universe})


async def bought(tmp_path: Path, one: StrategyBook) -> list[str]:
    async with place(tmp_path, Bars(BARS), MONDAY) as where:
        await where.trade_until(where.settings(one), UNTIL)
        records = where.records()
    assert not [r for r in records if isinstance(r, rec.Incident)]
    return sorted({one.code for one in made(records)})


async def test_the_names_of_a_ranking_are_looked_at(tmp_path: Path) -> None:
    assert await bought(tmp_path, book(tmp_path, ranking="volume")) == sorted(BARS)


async def test_the_first_of_a_ranking_after_the_filters_are_looked_at(tmp_path: Path) -> None:
    one = book(tmp_path, ranking="falling", top=1, max_price=9_990)
    (code,) = await bought(tmp_path, one)
    assert code in BARS


async def test_the_strategys_own_candidates_filter_by_indicators(tmp_path: Path) -> None:
    assert await bought(tmp_path, book(tmp_path, "close > 1_000_000", ranking="volume")) == []


async def test_names_of_another_market_are_left_out(tmp_path: Path) -> None:
    one = book(tmp_path, codes=[*BARS], markets=["KOSDAQ"])
    assert await bought(tmp_path, one) == []


def test_what_is_no_code_is_refused() -> None:
    with pytest.raises(ValidationError, match="'5930' is no code"):
        UniverseSettings.model_validate({"codes": ["5930"]})
