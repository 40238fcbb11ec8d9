"""One bad row of a history: left out, named and counted wherever bars are read, or refused."""

from pathlib import Path

import pytest
from tests.bars.test_kept import minute_file
from typer.testing import CliRunner

from maemae.bars.aside import Aside
from maemae.bars.kept import daily_panel, minute_panel
from maemae.cli import backtest, build
from maemae.cli.aside import said
from maemae.cli.demo import running_exchange
from maemae.errors import DataError
from maemae.i18n import set_language

HEAD = "date,code,market,open,high,low,close,volume\n"
GOOD = "2022-06-02,005930,KOSPI,67500,67500,66700,66800,100\n"
BAD = "2022-06-03,005930,KOSPI,67500,66000,66700,66800,100\n"
"""Its high is below its low."""


@pytest.fixture
def bars(tmp_path: Path) -> Path:
    path = tmp_path / "bars.csv"
    path.write_text(HEAD + GOOD + BAD + "2022-06-07,005930,KOSPI,67500,67500,66700,66800,100\n")
    return path


def test_a_backtest_says_what_it_leaves_out_also_of_kept_bars(
    bars: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))

    def enough(*_given: object, **_named: object) -> None:
        raise DataError("enough")

    monkeypatch.setattr(backtest, "_run", enough)
    for _ in range(2):
        result = CliRunner().invoke(build(), ["backtest", "golden_cross", "--bars", str(bars)])
        assert str(result.exception) == "enough"
        assert "1 rows cannot be true and are left out" in result.output
        assert "bars.csv row 2: 005930 2022-06-03: open, high, low and close are" in result.output
    strict = ["backtest", "golden_cross", "--bars", str(bars), "--strict"]
    result = CliRunner().invoke(build(), strict)
    assert isinstance(result.exception, DataError)
    assert "bars.csv row 2: 005930 2022-06-03" in str(result.exception)


def test_a_kept_panel_remembers(bars: Path, tmp_path: Path) -> None:
    first, second = Aside(), Aside()
    panel = daily_panel(bars, tmp_path / "cache", first)
    assert panel.shape == (1, 2)
    assert daily_panel(bars, tmp_path / "cache", second).shape == (1, 2)
    assert first.as_data() == second.as_data()
    with pytest.raises(DataError, match="out of order"):
        daily_panel(bars, tmp_path / "cache")


def test_a_bad_minute_is_left_out(tmp_path: Path) -> None:
    aside = Aside()
    path = minute_file(tmp_path, {}, {"low": 61_000})
    assert minute_panel(path, tmp_path / "cache", 1, aside).shape == (1, 6)
    assert [one.row for one in aside.first] == [2]


async def test_an_exchange_on_bars_says_it_and_opens(
    bars: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    async with running_exchange({"--bars": bars, "--date": "2022-06-07", "--speed": "step"}):
        pass
    assert "bars.csv row 2: 005930 2022-06-03" in capfd.readouterr().err
    with pytest.raises(DataError, match=r"bars\.csv row 2: 005930"):
        CliRunner().invoke(
            build(),
            ["exchange", "--bars", str(bars), "--date", "2022-06-07", "--strict"],
            catch_exceptions=False,
        )


def test_a_strict_import_imports_nothing(bars: Path, tmp_path: Path) -> None:
    root = tmp_path / "store"
    arguments = ["bars", "import", str(bars), "--root", str(root), "--strict"]
    result = CliRunner().invoke(build(), arguments)
    assert isinstance(result.exception, DataError)
    assert not root.exists()
    assert CliRunner().invoke(build(), arguments[:-1]).exit_code == 1
    assert (root / "daily").is_dir()


def test_many_are_counted_and_a_few_named_in_korean() -> None:
    aside = Aside(padded=1)
    aside.add("a.csv", [(row, "005930", "", "open is not a whole number: 'x'") for row in range(9)])
    set_language("ko")
    try:
        lines = said(aside, Path("a.csv"))
    finally:
        set_language("en")
    assert len(lines) == 2 + 3 + 1
    assert not any(word in "\n".join(lines) for word in ("row", "open", "more"))
    assert "시가: 정수가 아님: 'x'" in lines[2]
