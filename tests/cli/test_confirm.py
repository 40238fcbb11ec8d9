"""`maemae confirm` as it is typed, while no trader runs."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from maemae.cli import build
from maemae.desk.records import Audited, Halt, Halted
from maemae.errors import CommandRefused, ServiceError
from maemae.ledger.ledger import Ledger

ACCOUNT = "50012345-01"


def settings(folder: Path, *, venue: str = "paper", account: str = ACCOUNT) -> Path:
    file = folder / "maemae.toml"
    file.write_text(
        f'venue = "{venue}"\ndata_dir = "{folder}/state"\n[paper]\naccount = "{account}"\n'
        '[[book]]\nway = "condition"\ncapital = "30%"\n',
        encoding="utf-8",
    )
    return file


def confirm(file: Path, *more: str, typed: str = "") -> tuple[int, str]:
    arguments = ["confirm", "--config", str(file), *more]
    result = CliRunner().invoke(build(), arguments, input=typed)
    if isinstance(result.exception, CommandRefused | ServiceError):
        raise result.exception
    return result.exit_code, result.output


def test_it_shows_the_books_and_writes_down_that_they_may_buy(tmp_path: Path) -> None:
    file = settings(tmp_path)
    status, output = confirm(file, typed="y\n")
    assert status == 0
    assert "scalper" in output
    assert "30%" in output
    with Ledger(tmp_path / "state" / "ledger-paper.sqlite", ACCOUNT) as ledger:
        audited, halted = ledger.records()
    assert isinstance(audited, Audited)
    assert isinstance(halted, Halted)
    assert (audited.face, halted.level, halted.reason) == ("cli", Halt.NONE, "confirmed")


def test_who_does_not_confirm_changes_nothing(tmp_path: Path) -> None:
    assert confirm(settings(tmp_path), typed="n\n")[0] == 1
    assert not (tmp_path / "state" / "ledger-paper.sqlite").exists()


def test_twice_is_once_too_often(tmp_path: Path) -> None:
    file = settings(tmp_path)
    confirm(file, "--yes", "--json")
    with pytest.raises(CommandRefused, match="nothing to confirm: this account was confirmed"):
        confirm(file, "--yes")


def test_the_simulated_exchange_needs_none(tmp_path: Path) -> None:
    with pytest.raises(CommandRefused, match="needs no confirmation"):
        confirm(settings(tmp_path, venue="sim"), "--yes")


def test_without_an_account_it_says_where_to_name_it(tmp_path: Path) -> None:
    with pytest.raises(ServiceError, match="no account of paper is known"):
        confirm(settings(tmp_path, account=""), "--yes")
