"""What the pages show is true: Python runs, settings load, names and files are there."""

import ast
import importlib
import inspect
import re
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import pytest
from tests.exchange.conftest import DAY as DAY_OF_TESTS
from tests.exchange.conftest import make_exchange
from tests.kis.broker import FakeClock

import maemae.kis
from maemae.clock import KST
from maemae.exchange.accounts import Account
from maemae.exchange.hours import Hours
from maemae.exchange.moment import SECOND
from maemae.exchange.orders import OrderKind, Ticket
from maemae.exchange.replay import DayMarket
from maemae.exchange.scenario import read_scenario
from maemae.exchange.server import Server
from maemae.exchange.sources import SyntheticSource
from maemae.exchange.venue import Venue
from maemae.market.calendar import krx
from maemae.market.costs import CostRules
from maemae.market.kinds import Side
from maemae.notify.texts import load_texts
from maemae.strategy.find import load as load_strategy
from maemae.strategy.presets import PRESETS
from maemae.strategy.trial import random_walk
from maemae.trader.settings import load_settings

ROOT = Path(__file__).resolve().parents[2]
PAGES = [
    *sorted((ROOT / "docs").glob("*.md")),
    *(page for page in sorted(ROOT.glob("*.md")) if page.stem != "CHANGELOG"),
]
BLOCK = re.compile(r'(?ms)^```(\w+)(?: title="([^"]*)")?\n(.*?)^```')
DAY = date(2026, 11, 20)


def blocks(kind: str) -> list[Any]:
    """Return every block in a language: its page, its title and what stands in it."""
    shown = []
    for page in PAGES:
        text = page.read_text("utf-8")
        for found in BLOCK.finditer(text):
            if found[1] == kind:
                line = text[: found.start()].count("\n") + 1
                shown.append(
                    pytest.param(page.name, found[2] or "", found[3], id=f"{page.name}:{line}")
                )
    return shown


def known(page: str) -> dict[str, Any]:
    """Return what the sentence before a block speaks of, and the block uses."""
    name = page.partition(".")[0]
    if name == "backtest":
        return {"strategy": PRESETS["golden_cross"], "panel": random_walk(4, 300)}
    if name == "exchange":
        listings = SyntheticSource(1, krx(), DAY).listings(DAY)
        words = (Account, CostRules, DayMarket, Hours, OrderKind, Side, Ticket, Venue, krx)
        return {
            "SECOND": SECOND, "day": DAY, "listings": listings,
            **{word.__name__: word for word in words},
        }  # fmt: skip
    return {}


@pytest.mark.parametrize(("page", "title", "code"), blocks("python"))
async def test_python_runs(
    page: str, title: str, code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    names = known(page)
    if "listings" in names:
        code = code.replace("005930", names["listings"][0].code)

    server = None
    if page.startswith("kis"):
        exchange = make_exchange(speed=1, at="09:30")
        server = Server(exchange, {"real": 0, "virtual": 0})
        await server.start()
        who = next(one for one in exchange.customers.values() if one.personality == "virtual")
        url = server.urls["virtual"]
        monkeypatch.setattr(
            maemae.kis, "VIRTUAL_SERVER",
            maemae.kis.Server(
                "virtual", url, url.replace("http", "ws") + "/tryitout", maemae.kis.Limits(1000)
            ),
        )  # fmt: skip
        code = code.replace("12345678-01", who.account).replace("005930", "000010")
        start = datetime.combine(DAY_OF_TESTS, time(9, 30), KST)
        monkeypatch.setattr("maemae.clock.SystemClock", lambda: FakeClock(start))
        names = {"app_key": who.app_key, "app_secret": who.app_secret, "hts_id": who.hts_id}
    try:
        waiting = eval(  # noqa: S307 - our own pages
            compile(code, page, "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT), names
        )
        if inspect.iscoroutine(waiting):
            await waiting
    finally:
        if server is not None:
            await server.stop()
    if page.startswith("kis"):
        assert isinstance(names["outcome"], maemae.kis.Accepted)


def test_a_block_that_is_wrong_would_be_seen() -> None:
    assert len(blocks("python")) >= 7
    assert len(blocks("toml")) >= 18


BOOK = '[[book]]\nname = "one"\nway = "strategy"\nstrategy = "golden_cross"\n'


@pytest.mark.parametrize(("page", "title", "text"), blocks("toml"))
def test_a_settings_file_loads(page: str, title: str, text: str, tmp_path: Path) -> None:
    file = tmp_path / (Path(title).name or "shown.toml")
    text = BOOK + text if text.startswith("[book.") else text
    file.write_text(text, encoding="utf-8")
    if title.startswith("strategies/"):
        assert load_strategy(file)
    elif page.startswith("exchange"):
        assert read_scenario(file, 1).openings
    elif page.startswith("notify"):
        load_texts(file)
    else:
        assert load_settings(file).book


def mentioned(pattern: str) -> list[Any]:
    """Return what the pages name, each once, with one page that does."""
    found = {
        one: page.name for page in PAGES for one in re.findall(pattern, page.read_text("utf-8"))
    }
    return [pytest.param(one, id=f"{page}:{one}") for one, page in sorted(found.items())]


@pytest.mark.parametrize("name", mentioned(r"`(maemae(?:\.[A-Za-z_]\w*)+)`"))
def test_a_name_is_there(name: str) -> None:
    if name != "maemae.toml":
        resolve(name)


def resolve(name: str) -> object:
    """Return the module, class or value of a name with dots."""
    parts = name.split(".")
    for count in range(len(parts), 0, -1):
        try:
            found: object = importlib.import_module(".".join(parts[:count]))
        except ModuleNotFoundError:
            continue
        for part in parts[count:]:
            found = getattr(found, part)
        return found
    raise ModuleNotFoundError(name)


@pytest.mark.parametrize("line", mentioned(r"from maemae[\w.]* import [\w, ]+"))
def test_an_import_in_a_sentence_works(line: str) -> None:
    exec(line, {})  # noqa: S102 - our own pages


@pytest.mark.parametrize(
    "place", mentioned(r"`((?:bench|deploy|docs|examples|src|tests|tools)/[\w./-]+)`")
)
def test_a_file_is_there(place: str) -> None:
    assert (ROOT / place).exists()


@pytest.mark.parametrize("target", mentioned(r"(?:`|^)make ([a-z]+)"))
def test_make_has_the_target(target: str) -> None:
    assert re.search(rf"(?m)^{target}:", (ROOT / "Makefile").read_text("utf-8"))
