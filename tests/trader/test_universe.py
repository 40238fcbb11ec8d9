"""The names of a book, chosen again and again from a ranking of the real exchange."""

from dataclasses import replace
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from tests.trader.days import Bars, place
from tests.trader.test_strategy_book import BARS, made

from maemae.clock import KST
from maemae.desk import records as rec
from maemae.errors import SettingsError
from maemae.exchange.listing import Listing
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


async def bought(tmp_path: Path, one: StrategyBook, source: Bars | None = None) -> list[str]:
    async with place(tmp_path, source or Bars(BARS), MONDAY) as where:
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


class Sorted(Bars):
    """The same names, the first two of them in sectors."""

    def listings(self, day: date) -> list[Listing]:
        own: dict[str, dict[str, Any]] = {
            "000010": {"sectors": ("반도체",), "industries": ("0013",)},
            "000020": {"sectors": ("바이오",)},
        }
        return [replace(one, **own.get(one.code, {})) for one in super().listings(day)]


@pytest.mark.parametrize(
    ("universe", "codes"),
    [
        ({"sectors": ["반도체"]}, ["000010"]),
        ({"sectors": ["0013", "바이오"]}, ["000010", "000020"]),
        ({"sectors": ["바이오"], "codes": ["000010", "000020"]}, ["000020"]),
        ({"sectors": ["바이오"], "ranking": "volume"}, ["000020"]),
    ],
)
async def test_names_are_chosen_by_sector(
    tmp_path: Path, universe: dict[str, Any], codes: list[str]
) -> None:
    assert await bought(tmp_path, book(tmp_path, **universe), Sorted(BARS)) == codes


@pytest.mark.parametrize(
    ("source", "said"),
    [
        (Sorted(BARS), "nothing in the sector 0012; known are 0013, 바이오, 반도체"),
        (Bars(BARS), "nothing in the sector 0012; they tell no sectors"),
    ],
)
async def test_a_sector_in_which_nothing_is_stops_the_start(
    tmp_path: Path, source: Bars, said: str
) -> None:
    with pytest.raises(SettingsError, match=f"book ranked: today's master files have {said}"):
        await bought(tmp_path, book(tmp_path, sectors=["0012"]), source)


def test_what_is_no_sector_is_refused_with_those_there_are() -> None:
    with pytest.raises(ValidationError, match=r"'반도채' is no sector; known are .*바이오, 반도체"):
        UniverseSettings.model_validate({"sectors": ["반도채"]})


def test_what_is_no_code_is_refused() -> None:
    with pytest.raises(ValidationError, match="'5930' is no code"):
        UniverseSettings.model_validate({"codes": ["5930"]})
