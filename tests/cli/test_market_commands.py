from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner

from maemae.bars.store import BarStore
from maemae.cli import build
from maemae.errors import DataError
from maemae.market.instruments import Instrument
from maemae.market.kinds import Market
from maemae.market.masters import encode_master, save_masters


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(build(), list(arguments))
    if isinstance(result.exception, DataError):
        raise result.exception
    return result.exit_code, result.output


def test_a_year_of_the_calendar() -> None:
    status, output = run("calendar", "--year", "2026")
    assert status == 0
    assert "2026: 244 trading days" in output
    assert "Constitution Day" in output
    assert "10:00–16:30" in output


def test_a_day_of_the_calendar() -> None:
    status, output = run("calendar", "--day", "2026-11-20")
    assert status == 0
    assert "15:20–15:30" in output
    assert "settle on 2026-11-24" in output


def test_a_closed_day_is_an_answer() -> None:
    status, output = run("calendar", "--day", "2026-12-25")
    assert status == 0
    assert "2026-12-25 Fri: closed" in output
    assert "Previous session 2026-12-24, next 2026-12-28." in " ".join(output.split())


@pytest.mark.parametrize(
    "arguments", [("--year", "1999"), ("--day", "2026-13-01"), ("--day", "2036-06-03")]
)
def test_bad_days_are_one_line(arguments: tuple[str, str]) -> None:
    with pytest.raises(DataError) as raised:
        run("calendar", *arguments)
    assert "\n" not in str(raised.value)


def test_searching_instruments(tmp_path: Path) -> None:
    samsung = Instrument("005930", "삼성전자", Market.KOSPI, base_price=63_400, halted=True)
    save_masters({Market.KOSPI: encode_master([samsung], Market.KOSPI)}, tmp_path)
    status, output = run("instruments", "search", "ㅅㅅㅈㅈ", "--folder", str(tmp_path))
    assert status == 0
    assert "63,400" in output
    assert "halted" in output
    assert run("instruments", "search", "없음", "--folder", str(tmp_path))[0] == 1


CSV = (
    "date,code,name,market,open,high,low,close,volume,value\n"
    "2022-06-02,005930,삼성전자,KOSPI,67500,67500,66700,66800,100,6680000\n"
    "2022-06-03,005930,삼성전자,KOSPI,66800,66900,66700,66850,100,6680000\n"
)


def test_the_way_of_a_file_through_the_store(tmp_path: Path) -> None:
    source, root = tmp_path / "bars.csv", tmp_path / "store"
    source.write_text(CSV, encoding="utf-8")
    status, output = run("bars", "import", str(source), "--root", str(root))
    assert status == 0
    assert "2 rows read, 2 kept" in output
    status, output = run("bars", "info", "--root", str(root))
    assert "2022-06-03" in output
    status, output = run("bars", "check", "--root", str(root))
    assert status == 1
    assert "off the tick grid: 1 rows of 1 instruments" in output
    assert "005930 2022-06-03 66850 won" in output
    codes = tmp_path / "codes.csv"
    status, output = run(
        "bars", "universe", "2022-06-03", "--root", str(root), "--save", str(codes)
    )
    assert "005930 삼성전자" in output
    for target in ("out.csv", "out.parquet", "arrays"):
        arguments = ("--codes", str(codes), "--root", str(root), "--first", "2022-06-03")
        status, output = run("bars", "export", str(tmp_path / target), *arguments)
        assert status == 0
        assert "1 rows written" in output
    assert (tmp_path / "arrays/close.npy").is_file()


def test_bad_rows_give_status_one_and_severe_ones_can_be_moved(tmp_path: Path) -> None:
    source, root = tmp_path / "bars.csv", tmp_path / "store"
    source.write_text(CSV.replace("66900", "abc"), encoding="utf-8")
    status, output = run("bars", "import", str(source), "--root", str(root))
    assert status == 1
    assert "set aside 1: high is not a whole number" in output
    bars = pl.read_parquet(next(root.rglob("year=2022/bars.parquet")))
    BarStore(root).write_daily(bars.with_columns(high=pl.lit(1, pl.Int64)))
    status, output = run("bars", "check", "--quarantine", "--root", str(root))
    assert status == 1
    assert "(severe)" in output
    assert "1 rows moved" in output
    assert run("bars", "check", "--root", str(root))[0] == 0


@pytest.mark.parametrize(
    "arguments",
    [
        ("info",),
        ("check",),
        ("import", "nothing.csv"),
        ("import", "nothing.csv", "--minutes"),
        ("import", "nothing.csv", "--market", "NYSE"),
        ("import", "nothing.csv", "--column", "open"),
        ("export", "x.txt"),
        ("universe", "2022-06-31"),
        ("universe", "2022-06-30", "--rank", "beauty"),
    ],
)
def test_bad_requests_are_one_line(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    with pytest.raises(DataError) as raised:
        run("bars", *arguments, "--root", str(tmp_path / "none"))
    assert "\n" not in str(raised.value)


def test_every_word_is_translated() -> None:
    """What the two commands say in English has a Korean entry."""
    import ast  # noqa: PLC0415

    import polib  # noqa: PLC0415

    package = Path(__file__).parents[2] / "src/maemae"
    files = [
        polib.pofile(str(package / f"locale/ko/{name}.po")) for name in ("market", "bars", "cli")
    ]
    said = {entry.msgid for file in files for entry in file}
    for name in ("calendar", "instruments", "bars"):
        tree = ast.parse((package / f"cli/{name}.py").read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            match node:
                case ast.Call(func=ast.Name(id="_"), args=[ast.Constant(value=str(text)), *_]):
                    assert text in said, text
