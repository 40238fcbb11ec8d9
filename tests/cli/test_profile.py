"""`maemae profile`: facts with how they are known, and the word that makes one counted on."""

import json
from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner

from maemae.cli import build
from maemae.errors import CommandRefused
from maemae.i18n import Language, set_language
from maemae.profile.facts import Fact, How, Known
from maemae.profile.observed import Observed, Time, write_observed
from maemae.trader.server_profile import load_profile, observed_path, store

DAY = date(2026, 12, 1)


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "maemae.toml"
    path.write_text(f'venue = "paper"\ndata_dir = "{tmp_path / "data"}"\n')
    return path


@pytest.fixture
def data(config: Path) -> Path:
    folder = config.parent / "data"
    probed = {
        Fact.SELLABLE_SHRINKS: Known(True, How.PROBED, DAY, 2),
        Fact.LIST_PROMPT: Known(False, How.PROBED, DAY, 9),
    }
    store(folder, "paper", "virtual", probed)
    seen = Observed()
    for n in range(10):
        seen.timed(Time.REPLY, 100 + n)
    seen.coded("40600000")
    write_observed(observed_path(folder, "paper"), seen)
    return folder


def run(*words: str, typed: str = "") -> str:
    result = CliRunner().invoke(build(), ["profile", *words], input=typed)
    if isinstance(result.exception, CommandRefused):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.output


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("ko", ("탐침", "아니오, 9초 늦음", "걸린 시간", "가정")),
        ("en", ("probed", "no, 9 s late", "timed")),
    ],
)  # fmt: skip
def test_it_says_what_is_known_and_how(
    config: Path,
    data: Path,
    language: Language,
    words: tuple[str, ...],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert data.is_dir()
    monkeypatch.setenv("COLUMNS", "200")
    set_language(language)
    said = run("--config", str(config))
    for word in (*words, "2026-12-01", "maemae profile accept sellable-shrinks", "40600000 1"):
        assert word in said
    assert "accept list-prompt" not in said


def test_it_says_so_where_nothing_is_known(config: Path) -> None:
    assert "No order was timed yet" in run("--config", str(config))


def test_scripts_get_all_of_it(config: Path, data: Path) -> None:
    assert data.is_dir()
    told = json.loads(run("--config", str(config), "--json"))
    assert (told["venue"], told["server"]) == ("paper", "virtual")
    facts = {one["name"]: one for one in told["facts"]}
    assert set(facts) == {fact.value for fact in Fact}
    assert facts["sellable-shrinks"] | {"since": ""} == {
        "name": "sellable-shrinks", "value": True, "seconds": 2, "how": "probed", "since": "",
        "dangerous": True, "offered": True,
    }  # fmt: skip
    assert sum(one["dangerous"] for one in told["facts"]) == 12
    assert told["milliseconds"]["reply"] == {"count": 10, "median": 105, "p99": 109, "longest": 109}


def test_the_owners_word_is_asked_for_once_and_kept(config: Path, data: Path) -> None:
    before = load_profile(data, "paper", "virtual").beliefs()
    said = run("accept", "sellable-shrinks", "--config", str(config), typed="y\n")
    assert "within 2 s" in said
    after = load_profile(data, "paper", "virtual").beliefs()
    assert (before.granted, after.granted) == ({}, {Fact.SELLABLE_SHRINKS: 2})
    assert before.denied == after.denied == {Fact.LIST_PROMPT: 9, Fact.LISTS_ORDERS: None}


def test_no_is_no(config: Path, data: Path) -> None:
    result = CliRunner().invoke(
        build(), ["profile", "accept", "sellable-shrinks", "--config", str(config)], input="n\n"
    )
    assert result.exit_code != 0
    assert load_profile(data, "paper", "virtual").beliefs().granted == {}


@pytest.mark.parametrize("name", ["list-prompt", "power-shrinks", "nonsense"])
def test_what_nobody_found_cannot_be_relied_on(config: Path, data: Path, name: str) -> None:
    assert data.is_dir()
    with pytest.raises(CommandRefused, match=name):
        run("accept", name, "--config", str(config), "--yes")
