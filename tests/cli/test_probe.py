"""`maemae probe`: where it may ask, that it asks first, what it keeps and what it shares."""

import asyncio
import json
import re
from collections.abc import Iterator
from datetime import date, time
from pathlib import Path
from threading import Event, Thread

import pytest
from tests.exchange.conftest import DAY, FixedSource
from tests.trader.days import place
from typer.testing import CliRunner, Result

from maemae.cli import build
from maemae.errors import MaemaeError, SettingsError
from maemae.exchange.simulation import Exchange
from maemae.i18n import Language, set_language
from maemae.profile.facts import Fact, How, Known
from maemae.profile.file import parse_profile
from maemae.trader.server_profile import store


def run(*words: str, typed: str = "") -> Result:
    result = CliRunner().invoke(build(), ["probe", *words], input=typed, env={"COLUMNS": "200"})
    if isinstance(result.exception, MaemaeError):
        raise result.exception
    return result


class Served:
    """An exchange in a thread of its own, in stepped time, and the settings of a user of it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.exchange: Exchange | None = None
        self.config = folder / "maemae.toml"
        self._up, self._over = Event(), Event()
        self._thread = Thread(target=lambda: asyncio.run(self._serve()), daemon=True)

    async def _serve(self) -> None:
        async with place(self.folder, FixedSource(), DAY, time(9, 30), limits=True) as here:
            self.exchange = here.exchange
            self.config.write_text(
                f'venue = "sim"\ndata_dir = "{self.folder / "data"}"\n[sim]\nurl = "{here.url}"\n'
                f'virtual_url = "{here.virtual_url}"\norders = "virtual"\n'
            )
            self._up.set()
            await asyncio.to_thread(self._over.wait)

    def __enter__(self) -> "Served":
        self._thread.start()
        assert self._up.wait(30)
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join(30)


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    with Served(tmp_path) as one:
        yield one


@pytest.mark.parametrize("venue", ["live", "dry"])
def test_it_asks_no_account_with_money_and_no_dry_run(tmp_path: Path, venue: str) -> None:
    config = tmp_path / "maemae.toml"
    config.write_text("")
    for flag in ("--yes", "--clean", "--share"):
        with pytest.raises(SettingsError, match=venue):
            run("--venue", venue, "--config", str(config), flag)


def test_without_a_yes_nothing_is_sent(served: Served) -> None:
    said = run("--config", str(served.config), typed="n\n")
    assert said.exit_code == 1
    assert "12 orders at most" in said.output
    assert served.exchange is not None
    assert not any(account.orders for account in served.exchange.venue.accounts.values())
    assert not list((served.folder / "data").glob("probe-*"))


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("ko", ("예, 1초 안", "아니오", "이전과 같습니다")),
        ("en", ("yes, within 1 s", "as it was")),
    ],
)
def test_it_says_what_it_will_do_and_what_it_found(
    served: Served, language: Language, words: tuple[str, ...]
) -> None:
    set_language(language)
    assert served.exchange is not None
    served.exchange.denied |= {Fact.SOLD_OUT_SHOWN}
    said = run("--config", str(served.config), "--code", "000010", typed="y\n")
    assert said.exit_code == 0
    for word in words:
        assert word in said.output
    if language == "ko":
        assert not re.search(r"[A-Za-z]{4,} [a-z]{3,} [a-z]{2,}", said.output)
    assert not list((served.folder / "data").glob("profile-*"))


def test_scripts_get_all_of_it(served: Served) -> None:
    said = run("--config", str(served.config), "--code", "000010", "--yes", "--json")
    told = json.loads(said.output)
    assert {one["fact"]: one["holds"] for one in told["findings"]}["cancel-by-number"] is True
    assert told["problems"] == []
    assert told["orders"] <= 12


def test_what_is_shared_names_facts_and_nothing_else(tmp_path: Path) -> None:
    config = tmp_path / "maemae.toml"
    config.write_text(
        f'venue = "paper"\ndata_dir = "{tmp_path}"\n[paper]\naccount = "12345678-01"\n'
    )
    with pytest.raises(SettingsError, match="nothing was probed"):
        run("--config", str(config), "--share")
    day = date(2026, 12, 1)
    probed = {Fact.LIST_PROMPT: Known(False, How.PROBED, day, 9)}
    store(tmp_path, "paper", "virtual", probed)
    store(tmp_path, "paper", "virtual", {Fact.SILENCE: Known(60, How.ACCEPTED, day)})
    text = run("--config", str(config), "--share").output
    assert parse_profile(text, "x") == (
        "virtual", {(Fact.LIST_PROMPT, How.PROBED): probed[Fact.LIST_PROMPT]}
    )  # fmt: skip
    assert not re.search(r"\d{5,}", text)
