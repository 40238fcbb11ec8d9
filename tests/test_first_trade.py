"""The whole path over real sockets, as a person starts it: exchange, wire, desk, ledger, report."""

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import polars as pl
import pytest

# A day takes some fifteen seconds; a machine with other work may take its time.
pytestmark = pytest.mark.timeout(1100)
MAEMAE = [sys.executable, "-m", "maemae"]
STEPPED = ("--speed", "step", "--date", "2026-11-20", "--max-names", "2")
AFTERNOON = ("--time", "13:00")
"""Where a whole day would show no more."""
HALVES = {"cash", "fees", "taxes", "positions", "orders", "fills"}


def maemae(folder: Path, *words: str, seconds: float = 500) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*MAEMAE, *words],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
        env=os.environ | {"MAEMAE_LANGUAGE": "en", "COLUMNS": "200"},
    )


def demo(folder: Path, *words: str, name: str = "day.json") -> dict[str, Any]:
    done = maemae(folder, "demo", "--no-screen", "--report", name, *words)
    assert done.returncode == 0, done.stdout + done.stderr
    report: dict[str, Any] = json.loads((folder / name).read_text())
    return report


def test_a_stepped_day_ends_with_equal_books_is_written_down_and_can_be_repeated(
    tmp_path: Path,
) -> None:
    (tmp_path / "maemae.toml").write_text('[bars]\nrecord_minutes = true\nfolder = "bars"\n')
    first = demo(tmp_path, *STEPPED, *AFTERNOON, name="first.json")
    assert first["equal"] is True
    assert first["venue"].keys() == first["ledger"].keys() == HALVES
    assert first["venue"]["fills"]
    in_the_log(tmp_path, first)
    minutes_recorded(tmp_path)
    again = demo(tmp_path, *STEPPED, *AFTERNOON, name="again.json")
    assert again == first


def in_the_log(folder: Path, report: dict[str, Any]) -> None:
    lines = (folder / "logs" / "maemae.log").read_text().splitlines()
    fills = [line for line in lines if "체결" in line]
    assert len(fills) == len(report["ledger"]["fills"])
    assert not [line for line in lines if "ERROR" in line]
    assert all(line.startswith("2026-11-20 ") for line in lines)
    assert "app_key" not in "".join(lines)


def minutes_recorded(folder: Path) -> None:
    bars = pl.read_parquet(folder / "bars" / "minute" / "**" / "*.parquet")
    assert bars.height > 50
    assert bars["source"].unique().to_list() == ["live ticks"]
    assert not list((folder / "bars" / "staging").rglob("*.parquet"))


def test_orders_go_to_the_virtual_server_and_data_comes_from_the_real_one(tmp_path: Path) -> None:
    report = demo(tmp_path, "--paper", *STEPPED, *AFTERNOON)
    assert report["equal"] is True
    assert report["venue"]["fills"]
    # The virtual server cuts each side's fee to 10 won.
    assert report["venue"]["fees"] % 10 == 0


def test_a_day_of_real_prices_ends_with_equal_books(tmp_path: Path, shared: Path) -> None:
    bars = str(shared / "data" / "kr_daily")
    report = demo(
        tmp_path, "--bars", bars, "--date", "2022-06-02", "--speed", "step", "--max-names", "3"
    )
    assert report["equal"] is True
    assert len(report["venue"]["fills"]) > 20


def test_accelerated_time_ends_with_equal_books_too(tmp_path: Path) -> None:
    report = demo(tmp_path, "--speed", "2000", "--date", "2026-11-20")
    assert report["equal"] is True
    # The exchange's time is its own: nobody calls the machine's clock wrong because of it.
    assert "kind=clock" not in (tmp_path / "logs" / "maemae.log").read_text()


def test_ctrl_c_ends_it_with_the_report_so_far(tmp_path: Path) -> None:
    words = [*MAEMAE, "demo", "--no-screen", "--speed", "600", "--report", "day.json"]
    process = subprocess.Popen(
        words, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env=os.environ | {"MAEMAE_LANGUAGE": "en"},
    )  # fmt: skip
    log = tmp_path / "logs" / "maemae.log"
    while not (log.exists() and "체결" in log.read_text()):
        assert process.poll() is None, process.communicate()
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, out + err
    assert "Day report" in out
    assert json.loads((tmp_path / "day.json").read_text())["equal"] is True


def test_a_trader_trades_on_an_exchange_that_was_started_by_hand(tmp_path: Path) -> None:
    words = [*MAEMAE, "exchange", "--announce", "--port", "0", "--virtual-port", "0"]
    with subprocess.Popen(
        [*words, "--speed", "step", "--date", "2026-11-20", "--time", "14:00"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as exchange:  # fmt: skip
        assert exchange.stdout is not None
        url = json.loads(exchange.stdout.readline())["real"]
        (tmp_path / "maemae.toml").write_text(
            f'language = "en"\ndata_dir = "state"\n[sim]\nurl = "{url}"\n'
            '[[book]]\nway = "condition"\nmax_names = 1\n'
        )
        flags = ("--no-screen", "--report", "day.json", "--amount", "500000", "--take-profit", "3%")
        done = maemae(tmp_path, "run", "--venue", "sim", *flags)
        assert done.returncode == 0, done.stdout + done.stderr
        report = json.loads((tmp_path / "day.json").read_text())
        assert report["equal"] is True
        assert report["venue"]["fills"]
        assert all(f["price"] * f["quantity"] <= 550_000 for f in report["venue"]["fills"])
        assert (tmp_path / "state" / "ledger-sim.sqlite").exists()


def broken_bars(folder: Path) -> None:
    rows = {
        "date": ["2022-06-02", "2022-06-02"],
        "code": ["005930", "000660"],
        "name": ["a", "b"],
        "market": ["KOSPI", "KOSPI"],
        "open": [10_000, 10_000],
        "high": [10_100, 9_000],
        "low": [9_900, 9_900],
        "close": [10_000, 10_000],
        "volume": [1_000, 1_000],
    }
    pl.DataFrame(rows).with_columns(pl.col("date").str.to_date()).write_parquet(
        folder / "b.parquet"
    )


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["demo", "--condition", "77"], "77"),
        (["demo", "--condition", "x"], "book scalper: condition"),
        (["demo", "--config", "none.toml"], "none.toml cannot be read"),
        (["demo", "--config", "bad.toml"], "bad.toml: not a TOML file"),
        (["demo", "--bars", "b.parquet", "--date", "2022-06-02", "--strict"], "b.parquet"),
        (["demo", "--bars", "none.parquet", "--date", "2022-06-02"], "none.parquet"),
        (["demo", "--date", "2026-11-21"], "2026-11-21"),
        (["demo", "--date", "tomorrow"], "tomorrow"),
        (["demo", "--speed", "banana"], "banana"),
        (["demo", "--report", "none/day.json"], "none"),
        (["run", "--url", "http://127.0.0.1:1"], "(the connection was refused"),
        (["run", "--venue", "moon"], "venue"),
        (["run", "--venue", "live"], "real_money"),
        (["run", "--venue", "paper"], "live.account"),
        (["exchange", "--port", "{taken}"], "{taken}"),
    ],
)
def test_bad_input_ends_with_one_clear_line(tmp_path: Path, words: list[str], named: str) -> None:
    broken_bars(tmp_path)
    (tmp_path / "bad.toml").write_text("[sim\n")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        given = [word.format(taken=port) for word in words]
        if given[0] != "exchange":
            given.append("--no-screen")
        done = maemae(tmp_path, *given, seconds=60)
    assert done.returncode == 2, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    (line,) = done.stderr.strip().splitlines()
    assert line.startswith("maemae: ")
    assert named.format(taken=port) in line


def test_a_live_session_needs_both_consents(tmp_path: Path) -> None:
    (tmp_path / "maemae.toml").write_text("[live]\nreal_money = true\n")
    done = maemae(tmp_path, "run", "--venue", "live", "--no-screen")
    assert done.returncode == 2
    assert "--real-money" in done.stderr
