"""What commands do where one ledger holds several accounts, and no trader runs."""

from datetime import datetime
from pathlib import Path

import pytest

from maemae.cli import main
from maemae.clock import KST
from maemae.desk.records import DayOpened, Halt, Halted
from maemae.ledger.ledger import Ledger
from maemae.trader.lock import sole_trader

REAL, VIRTUAL, KEPT = "12345678-01", "50123456-01", "98765432-01"
AT = datetime(2026, 3, 3, 9, 0, tzinfo=KST)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder whose ledger has facts of three accounts; one is that of the settings."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MAEMAE_LANGUAGE", "ko")
    monkeypatch.setenv("MAEMAE_DATA_DIR", f"{tmp_path}")
    monkeypatch.setenv("MAEMAE_LEDGER", f"sqlite:///{tmp_path}/maemae.db")
    (tmp_path / "maemae.toml").write_text(f'[paper]\naccount = "{KEPT}"\n')
    for cash, account in enumerate((REAL, VIRTUAL, KEPT), 1):
        with Ledger(tmp_path / "maemae.db", account) as ledger:
            ledger.append([DayOpened(at=AT, day=AT.date(), cash=cash * 1_000_000, holdings={})])
    return tmp_path


def traded(folder: Path, venue: str, *accounts: str) -> None:
    for account in accounts:
        with sole_trader(folder, venue, account) as place:
            place.remember(f"{folder / 'maemae.db'}", None)


def typed(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[object, str]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.argv", ["maemae", *words])
        with pytest.raises(SystemExit) as ended:
            main()
    out = capsys.readouterr()
    return ended.value.code, out.out + out.err


COMMANDS = ("status", "positions", "orders", "fills", "halt", "pause", "pnl")


@pytest.mark.parametrize("command", COMMANDS)
def test_the_account_that_was_traded_on_the_venue_is_meant(
    folder: Path, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    traded(folder, "sim", VIRTUAL)
    traded(folder, "paper", KEPT)
    code, said = typed(capsys, command, "--venue", "sim")
    assert not code, said
    assert not typed(capsys, command, "--venue", "paper")[0]


@pytest.mark.parametrize("command", COMMANDS)
def test_of_several_one_has_to_be_named(
    folder: Path, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    traded(folder, "sim", REAL, VIRTUAL)
    code, said = typed(capsys, command, "--venue", "sim")
    assert code == 2
    assert "1234****-01, 5012****-01" in said.replace("\n", " ")
    assert REAL not in said
    for name in (REAL, "5012****-01"):
        code, said = typed(capsys, command, "--venue", "sim", "--account", name)
        assert not code, said
    code, said = typed(capsys, command, "--venue", "sim", "--account", "11112222-01")
    assert code == 2
    assert "1111****-01" in said


def test_a_halt_goes_to_the_named_account_alone(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    traded(folder, "sim", REAL, VIRTUAL)
    typed(capsys, "halt", "--venue", "sim", "--account", VIRTUAL)
    halted = {}
    for account in (REAL, VIRTUAL, KEPT):
        with Ledger(folder / "maemae.db", account) as ledger:
            halted[account] = [one.level for one in ledger.records() if type(one) is Halted]
    assert halted == {REAL: [], VIRTUAL: [Halt.ALL], KEPT: []}
