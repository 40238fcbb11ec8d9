"""`maemae backup` and `maemae restore`, with ledgers in use."""

import json
import shutil
import sqlite3
import zipfile
from contextlib import closing
from datetime import date, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from maemae.cli import build
from maemae.clock import KST
from maemae.desk.records import DayClosed, DayOpened
from maemae.errors import DataError, LedgerError, MaemaeError, SettingsError
from maemae.ledger.ledger import Ledger
from maemae.trader.lock import sole_trader
from maemae.trader.settings import Settings
from maemae.trader.venue import data_dir

ACCOUNT = "50123456-01"
AT = datetime(2026, 11, 20, 15, 40, tzinfo=KST)
TOML = 'venue = "paper"\n[paper]\naccount = "50123456-01"\nhts_id = "honggd"\n'


def run(*arguments: str, said: str = "") -> Result:
    result = CliRunner().invoke(build(), list(arguments), input=said)
    if isinstance(result.exception, MaemaeError):
        raise result.exception
    return result


def ledger(facts: int = 2) -> Path:
    """A ledger of paper trading with so many facts."""
    file = data_dir(Settings()) / "ledger-paper.sqlite"
    with Ledger(file, ACCOUNT) as opened:
        opened.append([DayOpened(at=AT, day=AT.date(), cash=10_000_000)])
        opened.append([DayClosed(at=AT, day=date(2026, 11, n)) for n in range(1, facts)])
    return file


def facts(file: Path) -> int:
    with Ledger(file, ACCOUNT) as opened:
        return len(list(opened.records()))


def test_what_was_backed_up_comes_back(home: Path) -> None:
    file = ledger(3)
    (home / "maemae.toml").write_text(TOML, encoding="utf-8")
    made = run("backup", "kept.zip")
    assert made.exit_code == 0
    assert "ledger-paper.sqlite · 5012****-01: 3 facts · 2026-11-20T15:40" in made.output
    assert (home / "kept.zip").stat().st_mode & 0o777 == 0o600
    shutil.rmtree(file.parent)
    (home / "maemae.toml").unlink()
    back = run("restore", "kept.zip", said="y\n")
    assert back.exit_code == 0, back.output
    assert facts(file) == 3
    assert (home / "maemae.toml").read_text(encoding="utf-8") == TOML


def test_the_account_of_a_dry_run_comes_back_beside_its_ledger(home: Path) -> None:
    account = data_dir(Settings()) / "dry-account.json"
    ledger()
    account.write_text('{"cash": 1}')
    made = run("backup", "kept.zip")
    assert "dry-account.json" in made.output
    assert "nothing to do" not in run("restore", "kept.zip", "--yes").output
    assert list(account.parent.glob("dry-account.json.*")) == []  # It is as it was.
    account.write_text('{"cash": 2}')
    run("restore", "kept.zip", "--yes")
    assert account.read_text() == '{"cash": 1}'
    assert account.stat().st_mode & 0o777 == 0o600
    (aside,) = account.parent.glob("dry-account.json.before-restore-*")
    assert aside.read_text() == '{"cash": 2}'
    account.unlink()
    run("restore", "kept.zip", "--yes")
    assert account.read_text() == '{"cash": 1}'


def test_an_account_in_a_damaged_archive_is_refused(home: Path) -> None:
    (data_dir(Settings()) / "dry-account.json").parent.mkdir(parents=True, exist_ok=True)
    (data_dir(Settings()) / "dry-account.json").write_text("{}")
    ledger()
    run("backup", "kept.zip")
    with zipfile.ZipFile(home / "kept.zip") as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    parts["dry-account.json"] = b'{"cash": 9}'
    with zipfile.ZipFile(home / "kept.zip", "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    with pytest.raises(DataError, match="damaged"):
        run("restore", "kept.zip", "--yes")


def test_a_ledger_in_use_is_copied_whole_and_leaves_nothing_beside_the_archive(home: Path) -> None:
    file = ledger()
    with Ledger(file, ACCOUNT) as writing:
        run("backup", "kept.zip")
        writing.append([DayClosed(at=AT, day=AT.date())])
    assert [one.name for one in home.glob("kept*")] == ["kept.zip"]
    with zipfile.ZipFile(home / "kept.zip") as archive:
        assert set(archive.namelist()) == {"ledger-paper.sqlite", "manifest.json"}
        archive.extract("ledger-paper.sqlite", home)
    assert facts(home / "ledger-paper.sqlite") == 2


def test_what_was_there_is_put_aside_and_what_is_lost_is_said(home: Path) -> None:
    file = ledger(2)
    run("backup", "kept.zip")
    with Ledger(file, ACCOUNT) as opened:
        opened.append([DayClosed(at=AT, day=AT.date())])
    asked = run("restore", "kept.zip", said="n\n")
    assert asked.exit_code == 1
    assert "it has 1 facts that the backup lacks" in asked.output
    assert facts(file) == 3
    done = run("restore", "kept.zip", "--yes")
    assert done.exit_code == 0
    assert facts(file) == 2
    (aside,) = file.parent.glob("ledger-paper.sqlite.before-restore-*[0-9]")
    assert facts(aside) == 3


def test_a_change_of_address_is_shown_and_asked(home: Path) -> None:
    there, forged = "https://elsewhere.example", TOML + 'rest_url = "https://elsewhere.example"\n'
    (home / "maemae.toml").write_text(forged, encoding="utf-8")
    run("backup", "kept.zip")
    (home / "maemae.toml").write_text(TOML, encoding="utf-8")
    asked = run("restore", "kept.zip", said="n\n")
    assert f"the address paper.rest_url changes from - to {there}" in asked.output
    with pytest.raises(SettingsError, match="without --yes"):
        run("restore", "kept.zip", "--yes")
    assert (home / "maemae.toml").read_text(encoding="utf-8") == TOML
    assert run("restore", "kept.zip", said="y\n").exit_code == 0
    assert (home / "maemae.toml").read_text(encoding="utf-8") == forged


def test_a_damaged_ledger_can_be_replaced_but_not_backed_up(home: Path) -> None:
    file = ledger()
    run("backup", "kept.zip")
    file.write_bytes(b"not a database at all" * 100)
    with pytest.raises(LedgerError, match="cannot be copied"):
        run("backup", "other.zip")
    assert not (home / "other.zip").exists()
    done = run("restore", "kept.zip", "--yes")
    assert "it cannot be read" in done.output
    assert facts(file) == 2


def test_nothing_is_restored_under_a_running_trader() -> None:
    ledger()
    run("backup", "kept.zip")
    with (
        sole_trader(data_dir(Settings()), "paper", ACCOUNT),
        pytest.raises(SettingsError, match=r"paper: process \d+"),
    ):
        run("restore", "kept.zip", "--yes")


@pytest.mark.parametrize("harm", ["flip", "no manifest", "no zip", "outside"])
def test_a_damaged_archive_is_refused(home: Path, harm: str) -> None:
    file = ledger()
    before = facts(file)
    run("backup", "kept.zip")
    with zipfile.ZipFile(home / "kept.zip") as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    manifest = json.loads(parts["manifest.json"])
    match harm:
        case "flip":
            parts["ledger-paper.sqlite"] += b"x"
        case "no manifest":
            del parts["manifest.json"]
        case "outside":
            manifest["parts"][0]["name"] = "../outside"
            parts["manifest.json"] = json.dumps(manifest).encode()
    with zipfile.ZipFile(home / "kept.zip", "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    if harm == "no zip":
        (home / "kept.zip").write_text("hello")
    with pytest.raises(DataError, match=r"damaged|no backup"):
        run("restore", "kept.zip", "--yes")
    assert facts(file) == before
    assert not (home.parent / "outside").exists()


def test_a_ledger_of_a_newer_maemae_is_not_restored() -> None:
    file = ledger()
    with closing(sqlite3.connect(file)) as opened:
        opened.execute("UPDATE alembic_version SET version_num = '9999'")
        opened.commit()
    run("backup", "kept.zip")
    with pytest.raises(DataError, match="newer maemae"):
        run("restore", "kept.zip", "--yes")


def test_an_archive_is_never_overwritten_and_a_folder_gets_a_dated_one(home: Path) -> None:
    ledger()
    run("backup", "kept.zip")
    with pytest.raises(DataError, match="there already"):
        run("backup", "kept.zip")
    (home / "backups").mkdir()
    run("backup", "backups")
    assert len(list((home / "backups").glob("maemae-20*.zip"))) == 1


def test_there_must_be_something_to_back_up() -> None:
    with pytest.raises(DataError, match="nothing to back up"):
        run("backup", "kept.zip")


def test_a_database_server_is_left_to_its_own_tools(home: Path) -> None:
    (home / "maemae.toml").write_text('ledger = "postgresql://me:geheim@db/maemae"\n')
    with pytest.raises(SettingsError, match="pg_dump") as refused:
        run("backup", "kept.zip")
    assert "geheim" not in str(refused.value)


def test_a_folder_keeps_days_weeks_and_months_of_backups(home: Path) -> None:
    ledger()
    (home / "maemae.toml").write_text(f"{TOML}[keep]\nweeks = 0\nmonths = 0\n", encoding="utf-8")
    folder = home / "backups"
    folder.mkdir()
    mine = ["maemae-before-the-move.zip", "maemae-20200101-160000.zip.part", "other-20200101.zip"]
    for name in (*mine, "maemae-20200101-160000.zip", "maemae-20200102-160000.zip"):
        (folder / name).touch()
    made = run("backup", str(folder))
    assert "2 older backups are removed, from maemae-20200101-160000.zip" in made.output
    (fresh,) = {file.name for file in folder.iterdir()} - set(mine)
    assert fresh.startswith("maemae-2")
    (home / "maemae.toml").write_text(f"{TOML}[keep]\ndays = 0\n", encoding="utf-8")
    (folder / "maemae-20200101-160000.zip").touch()
    run("backup", str(folder / "another.zip"))
    assert (folder / "maemae-20200101-160000.zip").exists()
