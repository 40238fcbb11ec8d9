"""`maemae config` and `maemae doctor` as they are typed."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from maemae.cli import build
from maemae.errors import SettingsError
from maemae.i18n import set_language


def run(*arguments: str) -> Result:
    result = CliRunner().invoke(build(), list(arguments))
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def test_what_is_in_force_is_shown_with_where_it_comes_from(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / "maemae.toml").write_text(
        '[paper]\naccount = "12345678-01"\n\n[[book]]\nway = "condition"\namount = 7\n'
    )
    monkeypatch.setenv("MAEMAE_LIMITS__DAILY_LOSS", "30000")
    found = json.loads(run("config", "show", "--json").stdout)
    assert found["paper.account"] == {"value": '"1234****-01"', "origin": "maemae.toml:2"}
    assert found["book[0].amount"] == {"value": "7", "origin": "maemae.toml:6"}
    assert found["limits.daily_loss"]["origin"] == "MAEMAE_LIMITS__DAILY_LOSS"
    assert found["language"] == {"value": '"ko"', "origin": ""}
    changed = json.loads(run("config", "show", "--json", "--changed").stdout)
    assert set(changed) == {
        "paper.account", "book[0].way", "book[0].amount", "limits.daily_loss",
    }  # fmt: skip


def test_a_book_whose_strategy_is_not_there_is_a_fault(home: Path) -> None:
    (home / "maemae.toml").write_text(
        '[[book]]\nname = "mine"\nway = "strategy"\nstrategy = "nothing"\n'
    )
    with pytest.raises(SettingsError, match="book mine: there is no strategy 'nothing'"):
        run("config", "check")


def test_each_fault_is_said_with_its_line_or_its_variable(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = home / "mine.toml"
    file.write_text('[[book]]\nway = "condition"\namuont = 5\nstop_loss = 2\n')
    monkeypatch.setenv("MAEMAE_LIMITS__DAILY_LOSS", "-3")
    result = run("config", "check", str(file))
    assert result.exit_code == 2
    assert result.stderr.splitlines() == [
        "maemae: MAEMAE_LIMITS__DAILY_LOSS: limits.daily_loss: must be above 0, not '-3'",
        f"maemae: {file}:3: unknown setting book 1.amuont (did you mean amount?)",
        f"maemae: {file}:4: book 1.stop_loss: must be below 1, not 2",
    ]


def test_a_file_in_order_is_called_so(home: Path) -> None:
    assert "There is no maemae.toml" in run("config", "check").stdout
    (home / "maemae.toml").write_text('venue = "sim"\n')
    assert "maemae.toml is in order" in run("config", "check").stdout


def test_a_setting_is_explained_in_both_languages(home: Path) -> None:
    (home / "maemae.toml").write_text("[limits]\ndaily_loss = 5\n")
    said = " ".join(run("config", "explain", "limits.daily_loss").stdout.split())
    for words in ("loss of worth", "whole number", "> 0", "left out", "5 (maemae.toml:2)"):
        assert words in said
    set_language("ko")
    assert "진입을 멈춥니다" in run("config", "explain", "limits.daily_loss").stdout


def test_an_unknown_setting_is_answered_with_close_ones() -> None:
    with pytest.raises(SettingsError, match=r"did you mean limits\.daily_loss"):
        run("config", "explain", "limits.dayly_loss")


def test_the_template_can_be_used_as_it_is(home: Path) -> None:
    (home / "maemae.toml").write_text(run("config", "template").stdout, encoding="utf-8")
    assert run("config", "check").exit_code == 0


def test_the_doctor_ends_with_1_when_there_is_a_fault() -> None:
    result = run("doctor", "--url", "http://127.0.0.1:9", "--json")
    assert result.exit_code == 1
    found = json.loads(result.stdout)
    assert found["ok"] is False
    assert {one["check"]: one["verdict"] for one in found["findings"]}["address"] == "fault"
    shown = run("doctor", "--url", "http://127.0.0.1:9").stdout
    assert "✗ server address" in shown
    assert "1 faults" in shown
