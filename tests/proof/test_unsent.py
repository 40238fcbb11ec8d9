"""Nothing of a dry run leaves: it is so, and a client that could trade would be found."""

import asyncio
import json
from collections import Counter
from pathlib import Path

import pytest
from typer.testing import CliRunner

from maemae.cli import build
from maemae.cli.prove_dry import vars_of
from maemae.exchange.faults import FaultKind
from maemae.exchange.protocol.keys import Customer
from maemae.i18n import Language, set_language
from maemae.kis import AppKey, Credentials, KisClient, MarketClient
from maemae.kis.gate import OpenGate
from maemae.proof import unsent
from maemae.proof.unsent import Found, PassingClock, live_server, prove
from maemae.trader.settings import Settings


@pytest.fixture(autouse=True)
def few_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unsent, "LANES", 2)


def test_nothing_leaves_whatever_is_commanded_and_whatever_fails() -> None:
    found = asyncio.run(prove(800, 3))
    assert found.sent == []
    assert found.events >= 800
    assert found.calls > 100
    assert found.registrations > 50
    assert found.inside > 20
    assert found.forced > 30
    assert len([kind for kind, n in found.struck.items() if n]) > len(FaultKind) // 2


def open_reader(
    settings: Settings, who: Customer, clock: PassingClock, folder: Path
) -> MarketClient:
    key = AppKey(who.app_key, who.app_secret)
    server, state = live_server(settings), folder / "keys"
    return MarketClient(server, key, clock=clock, state_dir=state, gate=OpenGate())


def trader(settings: Settings, who: Customer, clock: PassingClock, folder: Path) -> MarketClient:
    keys = Credentials(who.app_key, who.app_secret, who.account, who.hts_id)
    return KisClient(live_server(settings), keys, clock=clock, state_dir=folder / "keys")


@pytest.mark.parametrize("make", [open_reader, trader])
def test_a_client_whose_gate_is_open_is_found(make: unsent.MakeData) -> None:
    found = asyncio.run(prove(800, 3, make))
    assert any("/trading/" in one for one in found.sent)


@pytest.mark.parametrize(
    ("language", "words"), [("ko", "계좌 번호가 든 것: 0건"), ("en", "account: 0")]
)
def test_the_command_says_what_it_came_to(language: Language, words: str) -> None:
    set_language(language)
    result = CliRunner().invoke(build(), ["prove", "dry", "--events", "60"])
    assert result.exit_code == 0, result.output
    assert words in result.output


def test_scripts_get_all_of_it() -> None:
    found = Found(events=3, struck=Counter({"drop": 2}))
    assert json.loads(json.dumps(vars_of(found)))["struck"] == {"drop": 2}
