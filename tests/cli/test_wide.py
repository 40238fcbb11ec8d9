"""Korean in a terminal is wrapped whole: no width takes a syllable away."""

import io
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from maemae.cli.wide import mend_wrapping

SAID = "--forever와 함께: 계획의 종목당 매수 수량을 정합니다. 멈춰 있으면 다시 시작합니다."
LONGEST = max(cell_len(word) for word in SAID.split())
MAEMAE = Path(sys.executable).with_name("maemae")


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    theirs = Text.rstrip_end
    yield
    Text.rstrip_end = theirs  # type: ignore[method-assign]


def drawn(width: int) -> str:
    table = Table("", "", box=None, show_header=False)
    table.add_column(width=2)
    table.columns[1].width = width
    table.add_row("x", SAID, "y")
    screen = io.StringIO()
    Console(file=screen, width=width + 20).print(table)
    return "".join(line[2:] for line in screen.getvalue().splitlines())


@pytest.mark.parametrize("width", range(LONGEST, 60))
def test_no_width_takes_a_syllable(width: int) -> None:
    mend_wrapping()
    said = drawn(width).replace("y", "", 1)
    assert "".join(said.split()) == "".join(SAID.split())


def test_it_took_one_before() -> None:
    """In a process of its own: a command that ran in this one has mended it."""
    said = subprocess.run([sys.executable, __file__], capture_output=True, text=True, check=True)
    assert "…" in said.stdout


@pytest.mark.parametrize("columns", [80, 81, 90, 100, 101, 120])
def test_a_help_page_is_whole(columns: int) -> None:
    korean = {**os.environ, "MAEMAE_LANGUAGE": "ko", "COLUMNS": str(columns)}
    done = subprocess.run(
        [MAEMAE, "run", "--help"], env=korean, capture_output=True, text=True, check=True
    )
    assert "…" not in done.stdout


if __name__ == "__main__":
    print(*(drawn(width) for width in range(LONGEST, 60)))
