"""Plans as a person types them, on the simulated exchange over real sockets, with kill -9."""

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from maemae.cli import build
from maemae.errors import MaemaeError

MAEMAE = [sys.executable, "-m", "maemae"]
BOOK = """
data_dir = "data"
[bars]
folder = "bars"
[[book]]
way = "plan"
name = "mom"
strategy = "always.toml"
universe_limit = 12
quantity = 3
max_names = 4
"""


STRATEGY = """
name = "always"
entry = "close > 0"
exit = "close < 0"
score = "close"
"""


@dataclass
class Place:
    """A folder of a person, and an exchange in stepped time, at 08:30 of the first day."""

    folder: Path
    url: str

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*MAEMAE, *words], cwd=self.folder, env=self.env, capture_output=True, text=True,
            timeout=250, check=False,
        )  # fmt: skip

    @property
    def env(self) -> dict[str, str]:
        said = {"MAEMAE_LANGUAGE": "en", "COLUMNS": "200", "MAEMAE_SIM__URL": self.url}
        return os.environ | said

    def asked(self, *words: str) -> Any:
        done = self.run(*words, "--json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    @property
    def orders(self) -> list[tuple[str, str, int]]:
        """What the exchange was sent, as its own books have it."""
        control = f"{self.url}/control"
        with urllib.request.urlopen(f"{control}/accounts") as reply:  # noqa: S310 - our own
            (account,) = [
                one["account"] for one in json.load(reply) if one["personality"] == "real"
            ]
        with urllib.request.urlopen(f"{control}/books?account={account}") as reply:  # noqa: S310
            orders = json.load(reply)["orders"]
        return sorted((one["code"], one["side"], one["quantity"]) for one in orders)


@contextmanager
def exchange() -> Iterator[str]:
    given = ("--speed", "step", "--date", "2022-06-02", "--port", "0", "--virtual-port", "0")
    process = subprocess.Popen(
        [*MAEMAE, "exchange", "--announce", *given],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        yield json.loads(process.stdout.readline())["real"]
    finally:
        process.communicate(timeout=120)


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    (tmp_path / "maemae.toml").write_text(BOOK)
    (tmp_path / "always.toml").write_text(STRATEGY)
    with exchange() as url:
        yield Place(tmp_path, url)


def test_a_plan_is_prepared_looked_at_killed_in_the_middle_and_carried_out_once(
    place: Place,
) -> None:
    plan = place.asked("plan", "prepare", "mom")
    lines = sorted((one["listed"]["code"], "buy", 3) for one in plan["buys"])
    assert len(lines) == 4
    assert (plan["day"], plan["data_day"]) == ("2022-06-02", "2022-05-31")
    assert json.loads((place.folder / "plans" / "2022-06-02-mom.json").read_text()) == plan

    looked = place.run("plan", "execute", "--dry-run")
    assert looked.returncode == 0, looked.stderr
    assert all(code in looked.stdout for code, _side, _quantity in lines)
    assert place.orders == []

    with subprocess.Popen(
        [*MAEMAE, "plan", "execute"],
        cwd=place.folder,
        env=place.env,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as first:
        while not place.orders and first.poll() is None:
            time.sleep(0.02)
        first.send_signal(signal.SIGKILL)
    began = place.orders
    assert began
    assert set(began) <= set(lines)

    again = place.run("plan", "execute")
    assert place.orders == lines
    # It may have been killed after its last order: then there is nothing left to carry out.
    assert again.returncode == 0 or "carried out already" in again.stdout + again.stderr
    third = place.run("plan", "execute")
    assert third.returncode == 1
    assert "carried out already" in third.stdout + third.stderr
    assert place.orders == lines
    assert [one["state"] for one in place.asked("plan", "list")] == ["done"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("execute",), "no plan for sim in plans"),
        (("show", "mom"), "no plan for sim in plans"),
        (("execute", "2022-06-02-mom.json"), "2022-06-02-mom.json"),
        (("prepare", "other"), r"there is no plan book other \(known: mom\)"),
        (("prepare", "mom", "--strategy", "luck"), "luck"),
        (
            ("prepare", "mom", "--strategy", "always.toml", "--max-names", "41"),
            "must be 40 or less",
        ),
    ],
)
def test_what_a_person_may_get_wrong_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], said: str
) -> None:
    (tmp_path / "maemae.toml").write_text(BOOK)
    (tmp_path / "always.toml").write_text(STRATEGY)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MAEMAE_SIM__URL", "http://127.0.0.1:1")
    result = CliRunner().invoke(build(), ["plan", *words])
    assert isinstance(result.exception, MaemaeError)
    assert re.search(said, str(result.exception))
