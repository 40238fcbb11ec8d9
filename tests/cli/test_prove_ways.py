"""Several days with the trader killed on the way: `maemae prove ways`, shortened."""

import io
from datetime import date
from pathlib import Path

import pytest
from rich.console import Console

from maemae.cli.prove_ways import Market, show, table_of
from maemae.errors import SettingsError
from maemae.market.calendar import krx
from maemae.proof.ways import How, sessions

FIRST = date(2022, 6, 2)


async def test_two_days_of_plans_with_three_restarts_end_with_equal_books(
    tmp_path: Path,
) -> None:
    market = Market(None, sessions(FIRST, 2, krx()))
    (shown,) = await show(tmp_path, market, ["plan"], Console(quiet=True))
    assert shown.wrong == []
    assert shown.closed == market.days
    assert shown.ends == {How.KILL: 2, How.TERM: 1}
    assert shown.plans["carried out"] == 2
    assert any("plan carried out" in line for line in shown.diary)
    console = Console(record=True, width=200, file=io.StringIO())
    console.print(table_of([shown]))
    assert "plan" in console.export_text()


async def test_an_unknown_case_is_named(tmp_path: Path) -> None:
    market = Market(None, sessions(FIRST, 1, krx()))
    with pytest.raises(SettingsError, match="no case luck"):
        await show(tmp_path, market, ["luck"], Console(quiet=True))
