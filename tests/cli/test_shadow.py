"""`maemae shadow`: orders beside their prediction, by kind, name and day."""

import json
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from maemae.cli import build
from maemae.clock import KST
from maemae.i18n import Language, set_language
from maemae.market.kinds import Side
from maemae.trader.compared import Compared, Fills, append, shadow_path


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "maemae.toml"
    path.write_text(f'venue = "paper"\ndata_dir = "{tmp_path / "data"}"\n')
    return path


def run(*words: str) -> str:
    result = CliRunner().invoke(build(), ["shadow", *words], env={"COLUMNS": "160"})
    assert result.exit_code == 0, result.output
    return result.output


def write(folder: Path) -> None:
    now = datetime.now(KST)
    for days, side in ((0, Side.BUY), (40, Side.SELL)):
        append(
            shadow_path(folder, "paper"),
            Compared(
                at=now - timedelta(days=days), code="005930", side=side, market=True, quantity=20,
                seen=10_000, real=Fills(10, 100_100), model=Fills(5, 50_000),
                cares={
                    "easy": Fills(20, 200_000), "usual": Fills(5, 50_000),
                    "careful": Fills(4, 40_120),
                },
            ),
        )  # fmt: skip


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("ko", ("시장가 매수", "실제", "불분명", "슬리피지", "추적오차", "불리하다는 뜻")),
        ("en", ("market buy", "really", "unclear", "slippage", "tracking", "worse for you")),
    ],
)
def test_it_shows_both_side_by_side(
    config: Path, language: Language, words: tuple[str, ...]
) -> None:
    write(config.parent / "data")
    set_language(language)
    said = run("--config", str(config))
    for word in (*words, "50.0 / +10.0", "100.0 / +0.0", "25.0 / +0.0", "20.0 / +30.0", "+50"):
        assert word in said
    assert "market sell" not in said


def test_scripts_get_all_of_it(config: Path) -> None:
    write(config.parent / "data")
    told = json.loads(run("--config", str(config), "--days", "90", "--json"))
    assert set(told["kind"]) == {"market-buy", "market-sell"}
    assert told["code"]["005930"]["orders"] == 2
    assert len(told["day"]) == 2
    assert told["kind"]["market-buy"] | {"tracking_bp": 0, "slippage_bp": 0} == {
        "orders": 1, "unclear": 0, "shares": 20, "filled": 10, "model_filled": 5, "slippage_bp": 0,
        "model_slippage_bp": 0.0, "difference": 50, "amount": 100_100, "tracking_bp": 0,
        "judged_shares": 20, "bias_bp": None,
        "cares": {
            "easy": {"filled": 20, "slippage_bp": 0.0},
            "usual": {"filled": 5, "slippage_bp": 0.0},
            "careful": {"filled": 4, "slippage_bp": pytest.approx(30)},
        },
    }  # fmt: skip


def test_without_any_it_says_how_to_get_some(config: Path) -> None:
    assert "shadow.enabled = true" in run("--config", str(config))
    config.write_text(config.read_text() + "[shadow]\nenabled = true\n")
    assert "No order was compared yet" in run("--config", str(config))
