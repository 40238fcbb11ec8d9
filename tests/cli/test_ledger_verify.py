"""`maemae ledger verify`, and what commands say of a snapshot that does not match."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Table, update
from tests.ledger.test_snapshots import MONDAY, facts_of
from typer.testing import CliRunner

from maemae.cli import build
from maemae.errors import ServiceError
from maemae.i18n import set_language
from maemae.ledger import schema
from maemae.ledger.ledger import Ledger

ACCOUNT = "50012345-01"


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """Settings beside a ledger of two days, of which nothing is kept yet."""
    file = tmp_path / "maemae.toml"
    said = f'venue = "paper"\ndata_dir = "{tmp_path}/state"\n[paper]\naccount = "{ACCOUNT}"\n'
    file.write_text(said, encoding="utf-8")
    with Ledger(ledger_at(file), ACCOUNT) as ledger:
        for day in (MONDAY, MONDAY + timedelta(days=1)):
            ledger.append(facts_of(day))
    return file


def ledger_at(config: Path) -> Path:
    return config.parent / "state" / "ledger-paper.sqlite"


def called(config: Path, *words: str) -> tuple[int, str]:
    result = CliRunner().invoke(build(), [*words, "--config", str(config)])
    if isinstance(result.exception, ServiceError):
        raise result.exception
    return result.exit_code, result.output


def damage(config: Path, table: Table) -> None:
    with Ledger(ledger_at(config), ACCOUNT) as ledger, ledger.writing() as connection:
        connection.execute(update(table).values(body=table.c.body + " "))


def test_all_facts_are_read_and_kept_and_then_held_against_it(config: Path) -> None:
    status, output = called(config, "ledger", "verify")
    assert (status, output.splitlines()) == (
        0,
        [
            "5001****-01: 28 facts on 2 trading days, all of them read",
            "A snapshot of all facts is made: the next start goes on from it.",
        ],
    )
    status, output = called(config, "ledger", "verify")
    assert status == 0
    assert "The snapshot after fact 28 is what the facts before it add up to." in output


def test_it_answers_in_json(config: Path) -> None:
    status, output = called(config, "ledger", "verify", "--json")
    said = {"facts": 28, "days": 2, "snapshot": 0, "unfit": None, "renewed": True}
    assert (status, json.loads(output)) == (0, said)


def test_one_that_does_not_match_is_said_with_its_status(config: Path) -> None:
    called(config, "ledger", "verify")
    damage(config, schema.snapshots)
    status, output = called(config, "ledger", "verify")
    assert status == 1
    assert "the snapshot of the ledger is damaged" in output
    assert "A snapshot of all facts is made" in output
    assert called(config, "ledger", "verify")[0] == 0


@pytest.mark.parametrize("language", ["en", "ko"])
@pytest.mark.parametrize("command", ["status", "pnl"])
def test_questions_are_answered_all_the_same(config: Path, command: str, language: str) -> None:
    called(config, "ledger", "verify")
    whole = called(config, command, "--json")
    damage(config, schema.snapshots)
    set_language("ko" if language == "ko" else "en")
    status, output = called(config, command, "--json")
    said = {"en": "the snapshot of the ledger is damaged", "ko": "스냅숏이 손상되었습니다"}
    assert status == whole[0] == 0
    assert said[language] in output
    assert whole[1] in output


def test_profit_of_a_damaged_day_is_read_from_its_facts(config: Path) -> None:
    called(config, "ledger", "verify")
    asked = ("pnl", "--from", f"{MONDAY}", "--to", f"{MONDAY + timedelta(days=1)}", "--json")
    whole = called(config, *asked)
    damage(config, schema.days)
    status, output = called(config, *asked)
    assert status == 0
    assert "a kept day of the ledger is damaged" in output
    assert whole[1] in output


def test_where_there_is_none_it_says_so(tmp_path: Path) -> None:
    file = tmp_path / "maemae.toml"
    file.write_text(f'venue = "paper"\ndata_dir = "{tmp_path}/none"\n', encoding="utf-8")
    with pytest.raises(ServiceError, match="no ledger of paper yet"):
        called(file, "ledger", "verify")
