"""Commands and options complete in a shell; help pages speak Korean throughout."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

MAEMAE = Path(sys.executable).with_name("maemae")


def typed(line: str, word: int) -> list[str]:
    """What bash would offer for a word of a line."""
    asked = {"_MAEMAE_COMPLETE": "complete_bash", "COMP_WORDS": line, "COMP_CWORD": str(word)}
    done = subprocess.run(
        [MAEMAE], env={**os.environ, **asked}, capture_output=True, text=True, check=True
    )
    return done.stdout.split()


@pytest.mark.parametrize(
    ("line", "word", "offered"),
    [
        ("maemae ba", 1, ["backup", "backtest", "bars"]),
        ("maemae config e", 2, ["explain"]),
        ("maemae golive --w", 2, ["--withdraw"]),
        ("maemae strategy show golden", 3, ["golden_cross"]),
        ("maemae backtest golden", 2, ["golden_cross"]),
        ("maemae dashboard l", 2, ["link"]),
    ],
)
def test_a_word_is_completed(line: str, word: int, offered: list[str]) -> None:
    assert sorted(typed(line, word)) == sorted(offered)


def test_a_help_page_is_korean_throughout() -> None:
    korean = {**os.environ, "MAEMAE_LANGUAGE": "ko", "COLUMNS": "100"}
    done = subprocess.run(
        [MAEMAE, "restore", "--help"], env=korean, capture_output=True, text=True, check=True
    )
    assert "인자" in done.stdout
    assert "옵션" in done.stdout
    assert "[필수]" in done.stdout
    assert "Options" not in done.stdout
