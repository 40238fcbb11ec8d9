"""What a mistyped command line is told: what is missing, and what there is instead."""

import pytest
from typer.testing import CliRunner

from maemae.cli import build
from maemae.cli.complaints import CommandLineError, complaint


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["buy"], "code is missing: "),
        (["buy", "005930", "-3"], "-3: nothing below zero is taken here"),
        (["instruments", "samsung"], "there is no command samsung: there are update, search"),
        (["strategy", "measur"], "there is no command measur; did you mean 'measure'? (usage"),
        (["stratgy"], "there is no command stratgy; did you mean"),
        (["nonsense-of-all-kinds"], "there is no command nonsense-of-all-kinds (usage"),
    ],
)
def test_a_complaint_says_what_there_is_to_give(words: list[str], said: str) -> None:
    result = CliRunner().invoke(build(), words, standalone_mode=False)
    assert isinstance(result.exception, CommandLineError)
    assert complaint(result.exception).startswith(said)
