from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from maemae.errors import SettingsError
from maemae.market.costs import CostRules
from maemae.trader.settings import desk_rules, load_settings


def write(folder: Path, text: str) -> Path:
    file = folder / "maemae.toml"
    file.write_text(text, encoding="utf-8")
    return file


def test_the_defaults_are_the_customary_ones(tmp_path: Path) -> None:
    scalper = load_settings(write(tmp_path, "")).scalper
    assert (scalper.condition, scalper.amount, scalper.max_names) == (0, 1_000_000, 5)
    assert (scalper.take_profit, scalper.stop_loss) == (Decimal("0.02"), Decimal("0.01"))
    assert (scalper.search_seconds, scalper.balance_seconds, scalper.signal_seconds) == (
        300,
        30,
        10,
    )


def test_flags_go_over_the_environment_and_that_over_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write(tmp_path, "[scalper]\namount = 1\ncondition = 1\nmax_names = 1\n")
    monkeypatch.setenv("MAEMAE_SCALPER__CONDITION", "2")
    monkeypatch.setenv("MAEMAE_SCALPER__MAX_NAMES", "2")
    scalper = load_settings(file, scalper={"max_names": "3", "amount": None}).scalper
    assert (scalper.amount, scalper.condition, scalper.max_names) == (1, 2, 3)


@pytest.mark.parametrize(
    ("text", "rate"), [('"3%"', "0.03"), ("0.03", "0.03"), ('"0.5 %"', "0.005")]
)
def test_rates_may_be_given_in_percent(tmp_path: Path, text: str, rate: str) -> None:
    settings = load_settings(write(tmp_path, f"[scalper]\ntake_profit = {text}\n"))
    assert settings.scalper.take_profit == Decimal(rate)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("[scalper]\namuont = 5\n", "unknown setting scalper.amuont (did you mean amount?)"),
        ("venu = 'sim'\n", "unknown setting venu (did you mean venue?)"),
        ("[scalper]\namount = -5\n", "scalper.amount"),
        ("[scalper]\ntake_profit = 2\n", "scalper.take_profit"),
        ("[scalper]\ntake_profit = 'nan'\n", "scalper.take_profit"),
        ("[paper]\naccount = '123'\n", "paper.account"),
        ("venue = 'moon'\n", "venue"),
        ("venue = \n", "not valid TOML"),
        ("[scalper\n", "not valid TOML"),
    ],
)
def test_a_wrong_setting_is_refused_by_name(tmp_path: Path, text: str, named: str) -> None:
    file = write(tmp_path, text)
    with pytest.raises(SettingsError) as caught:
        load_settings(file)
    message = str(caught.value)
    assert named in message
    assert str(file) in message
    assert "\n" not in message


def test_a_file_that_is_not_there_or_not_text_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"none\.toml cannot be read"):
        load_settings(tmp_path / "none.toml")
    (tmp_path / "maemae.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(SettingsError, match="not UTF-8"):
        load_settings(tmp_path / "maemae.toml")


def test_the_desk_is_told_what_was_set(tmp_path: Path) -> None:
    settings = load_settings(
        write(tmp_path, "[limits]\ndaily_loss = 100_000\nquote_seconds = 5\n"),
        scalper={"signal_seconds": "7", "stop_loss": "1.5%"},
    )
    rules = desk_rules(settings, CostRules.REAL)
    book = rules.books["scalper"]
    assert book.signal_every == timedelta(seconds=7)
    assert book.entry.exits.stop_loss == Decimal("0.015")
    assert rules.limits.daily_loss == 100_000
    assert rules.limits.quote_age == timedelta(seconds=5)


def test_the_example_in_the_repository_is_valid_and_complete() -> None:
    example = Path(__file__).parents[2] / "examples" / "maemae.toml"
    settings = load_settings(example)
    assert settings.model_dump() == load_settings().model_dump()
