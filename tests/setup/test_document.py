from decimal import Decimal
from pathlib import Path

import pytest

from maemae.errors import SettingsError
from maemae.setup.document import edit_file, edited
from maemae.setup.values import shown
from maemae.trader.settings import Settings, load_settings

MINE = """# my settings
venue = "sim"  # for now

[limits]
# careful
daily_loss = 100_000 # enough

[[book]] # the first
name = "mine"
way = "condition"
amount = 5 # little
"""


def test_a_change_leaves_everything_else_as_it_was() -> None:
    text = edited(MINE, {"venue": "paper", "book.amount": 2_000_000}, Settings)
    assert text == MINE.replace('"sim"', '"paper"').replace("amount = 5", "amount = 2_000_000")


def test_what_is_new_says_what_it_means(tmp_path: Path) -> None:
    file = tmp_path / "maemae.toml"
    values = {"language": "en", "paper.account": "12345678-01", "book.take_profit": "3%"}
    edit_file(file, values, Settings)
    text = file.read_text(encoding="utf-8")
    assert 'take_profit = "3%" # profit rate at which a holding is sold' in text
    settings = load_settings(file)
    assert settings.paper.account == "12345678-01"
    assert settings.book[0].take_profit == Decimal("0.03")
    edit_file(file, {"venue": "paper"}, Settings)
    assert load_settings(file).venue == "paper"


def test_a_key_outside_any_table_goes_before_the_tables() -> None:
    text = edited("# only\n[limits]\ndaily_loss = 1\n", {"venue": "paper"}, Settings)
    assert text.index("venue") < text.index("[limits]")


@pytest.mark.parametrize(
    "text", ['[[book]]\nway = "targets"\n', '[[book]]\nway = "condition"\n' * 2]
)
def test_without_exactly_one_condition_book_none_is_touched(text: str) -> None:
    with pytest.raises(SettingsError, match="exactly one"):
        edited(text, {"book.amount": 1}, Settings)


def test_account_numbers_and_passwords_are_masked() -> None:
    assert shown("12345678-01") == '"1234****-01"'
    assert "secret" not in shown("postgresql://me:secret@host/db")
