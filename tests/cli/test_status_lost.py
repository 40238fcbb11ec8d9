"""`maemae status` of another process while the ledger is away, and after it vanished."""

import sys
from pathlib import Path

import pytest

from maemae.cli import main
from maemae.errors import LedgerAway, LedgerVanished
from maemae.ledger.ledger import Ledger
from maemae.trader import lost_note
from maemae.trader.ledger_watch import where
from maemae.trader.lock import sole_trader
from maemae.trader.settings import Settings

WORDS = {
    "away": {"ko": "데이터베이스에 닿지 않습니다", "en": "the database of the ledger"},
    "vanished": {"ko": "사라져 트레이더가 끝났습니다", "en": "vanished at"},
    "missing": {"ko": "매매한 적이 있는데", "en": "though a trader has traded on it"},
}


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("MAEMAE_DATA_DIR", f"{tmp_path}")
    monkeypatch.setenv("MAEMAE_API__FILE", f"{tmp_path / 'api.json'}")
    monkeypatch.chdir(tmp_path)
    return Settings(venue="sim", data_dir=tmp_path)


def told(language: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
         command: str = "status") -> tuple[object, str]:  # fmt: skip
    monkeypatch.setenv("MAEMAE_LANGUAGE", language)
    monkeypatch.setattr(sys, "argv", ["maemae", command])
    with pytest.raises(SystemExit) as ended:
        main()
    return ended.value.code, capsys.readouterr().err


@pytest.mark.parametrize("language", ["ko", "en"])
def test_while_the_database_is_away(
    settings: Settings, language: str, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    with lost_note.waiting(settings):
        code, said = told(language, monkeypatch, capsys)
    assert code == 2
    assert WORDS["away"][language] in said
    with pytest.raises(SystemExit):
        main()
    assert WORDS["away"][language] not in capsys.readouterr().err


@pytest.mark.parametrize("command", ["status", "positions"])
@pytest.mark.parametrize("language", ["ko", "en"])
def test_after_it_vanished_until_a_trader_is_started_again(
    settings: Settings, language: str, command: str, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    with pytest.raises(LedgerVanished, match="gone"), lost_note.noting(settings):
        raise LedgerVanished("gone")
    # What is in its place now is not what the trader had.
    Ledger(settings.data_dir / "ledger-sim.sqlite", "1").close()  # type: ignore[operator]
    code, said = told(language, monkeypatch, capsys, command)
    assert code == 3
    assert WORDS["vanished"][language] in said
    assert "maemae restore" in said
    with lost_note.noting(settings):
        lost_note.check(settings)


@pytest.mark.parametrize("language", ["ko", "en"])
def test_where_it_was_deleted_while_nothing_ran(
    settings: Settings, tmp_path: Path, language: str, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    assert told(language, monkeypatch, capsys)[0] == 2, "nothing was ever traded"
    with sole_trader(tmp_path, "sim", "50000000-01") as place:
        place.remember(where(settings), None)
    code, said = told(language, monkeypatch, capsys)
    assert code == 3
    assert WORDS["missing"][language] in said


def test_a_note_that_cannot_be_read_is_no_good_news(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "ledger-lost-sim.json").write_text("{")
    with pytest.raises(Exception, match="ledger-lost-sim") as found:
        lost_note.check(settings)
    assert not isinstance(found.value, LedgerAway | LedgerVanished)
