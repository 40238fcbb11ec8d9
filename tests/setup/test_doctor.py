"""The check-up against the simulated exchange, over real sockets."""

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from tests.exchange.conftest import DAY, Serve, make_exchange
from tests.notify.botapi import OWNER, TOKEN, bot_api
from tests.trader.test_holidays import Broker

from maemae.clock import KST, ScaledClock
from maemae.desk.records import DayOpened
from maemae.exchange.moment import datetime_of
from maemae.exchange.simulation import Exchange
from maemae.kis import REAL_SERVER, Credentials, Feed, KisClient
from maemae.ledger.ledger import Ledger
from maemae.market.calendar import krx
from maemae.notify import keys
from maemae.setup.doctor import broker, own
from maemae.setup.doctor.examine import examine, holidays
from maemae.setup.doctor.finding import TITLES, Finding, Verdict
from maemae.setup.doctor.machine import machine
from maemae.setup.doctor.messengers import messengers
from maemae.setup.doctor.notices import notices
from maemae.trader.holidays import checked_calendar
from maemae.trader.lock import sole_trader
from maemae.trader.settings import Settings, read_settings
from maemae.trader.venue import data_dir

SPEED = 20.0


async def found(**flags: Any) -> dict[str, Finding]:
    """Examine; the findings by check, and where there are two servers by check and server."""
    return {f"{one.check} {one.about}".strip(): one async for one in examine(None, flags)}


async def open_exchange(
    serve: Serve, speed: float = SPEED, **given: Any
) -> tuple[Exchange, Mapping[str, str]]:
    exchange = make_exchange(speed=speed, at="09:30", **given)
    server, _http = await serve(exchange)
    return exchange, {"url": server.urls["real"], "virtual_url": server.urls["virtual"]}


async def test_all_is_well_on_the_real_server(serve: Serve) -> None:
    _exchange, addresses = await open_exchange(serve, limits=True)
    seen = await found(sim=addresses)
    assert set(seen) == set(TITLES) - {"environment", "prices"}
    assert seen.pop("holidays").verdict is Verdict.SKIPPED  # It has days of its own.
    assert {one.verdict for one in seen.values()} == {Verdict.OK, Verdict.ATTENTION}
    assert [name for name, one in seen.items() if one.verdict is Verdict.ATTENTION] == ["messenger"]
    assert seen["account"].said == "1234****-01: cash 10,000,000 won, 0 holdings"
    assert "0 " in seen["conditions"].said
    assert "18 requests" in seen["quota"].said
    assert "0 of them throttled" in seen["quota"].said


async def test_a_broker_that_knows_other_days_is_said_whoever_asked_first(tmp_path: Path) -> None:
    file, closed = tmp_path / "holidays.json", DAY + timedelta(days=1)
    broker_ = Broker(closed)
    await checked_calendar(broker_.ask, krx(), DAY, file)  # A trader, or the doctor before.
    said = await holidays(broker_.ask, DAY, file)
    assert said.verdict is Verdict.ATTENTION
    assert said.said == f"{closed} closed(휴장)"
    assert (await holidays(Broker().ask, DAY, None)).verdict is Verdict.OK


async def test_orders_and_data_are_looked_at_apart(serve: Serve) -> None:
    _exchange, addresses = await open_exchange(serve, limits=True)
    seen = await found(sim={**addresses, "orders": "virtual"})
    assert seen["account orders"].said.startswith("5012****-01")
    assert seen["notices orders"].verdict is Verdict.OK
    assert seen["conditions data"].verdict is Verdict.OK
    assert "conditions orders" not in seen
    assert "notices data" not in seen
    assert not any(one.verdict is Verdict.FAULT for one in seen.values())


async def test_nothing_secret_is_said(serve: Serve) -> None:
    exchange, addresses = await open_exchange(serve)
    seen = await found(sim=addresses)
    said = json.dumps([(one.said, one.advice) for one in seen.values()])
    for customer in exchange.customers.values():
        assert customer.app_key not in said
        assert customer.app_secret not in said
        assert customer.account not in said


async def test_a_server_that_does_not_answer_says_how_to_get_one() -> None:
    seen = await found(sim={"url": "http://127.0.0.1:9"})
    assert seen["address"].verdict is Verdict.FAULT
    assert "maemae exchange" in seen["address"].advice
    assert "token" not in seen


async def test_a_condition_search_that_is_not_there_is_a_fault(serve: Serve, home: Path) -> None:
    _exchange, addresses = await open_exchange(serve)
    (home / "maemae.toml").write_text('[[book]]\nway = "condition"\ncondition = 77\n')
    seen = await found(sim=addresses)
    assert seen["conditions"].verdict is Verdict.FAULT
    assert "scalper: 77" in seen["conditions"].said


async def test_a_running_trader_is_left_alone(serve: Serve) -> None:
    _exchange, addresses = await open_exchange(serve)
    settings = Settings()
    with sole_trader(data_dir(settings), "sim", "12345678-01"):
        seen = await found(sim=addresses)
    assert "process" in seen["trader"].said
    for check in ("quota", "approval", "notices"):
        assert seen[check].verdict is Verdict.SKIPPED
    assert seen["account"].verdict is Verdict.OK
    after = await found(sim=addresses)
    assert after["notices"].verdict is Verdict.OK


def client_of(
    exchange: Exchange,
    url: str,
    folder: Path,
    *,
    secret: str = "",
    speed: float = SPEED,
    calls: float = 18,
) -> KisClient:
    customer = next(one for one in exchange.customers.values() if one.personality == "real")
    server = replace(
        REAL_SERVER,
        rest_url=url,
        ws_url=url.replace("http", "ws", 1) + "/tryitout",
        limits=replace(REAL_SERVER.limits, calls_per_second=calls),
    )
    own_keys = Credentials(
        app_key=customer.app_key,
        app_secret=secret or customer.app_secret,
        account=customer.account,
        hts_id=customer.hts_id,
    )
    clock = ScaledClock(datetime_of(exchange.clock.now()), speed)
    return KisClient(server, own_keys, clock=clock, state_dir=folder)


async def test_a_wrong_secret_is_a_fault_that_does_not_quote_it(
    serve: Serve, tmp_path: Path
) -> None:
    exchange, addresses = await open_exchange(serve)
    wrong = "W" * 180
    async with client_of(exchange, addresses["url"], tmp_path, secret=wrong) as client:
        finding = await broker.token(client)
    assert finding.verdict is Verdict.FAULT
    assert "maemae init" in finding.advice
    assert wrong not in finding.said


async def test_too_many_requests_are_noticed(serve: Serve, tmp_path: Path) -> None:
    exchange, addresses = await open_exchange(serve, speed=1, limits=True)
    async with client_of(exchange, addresses["url"], tmp_path, speed=1, calls=60) as client:
        finding = await broker.quota(client)
    assert finding.verdict is Verdict.ATTENTION
    assert "3 a second" in finding.advice


async def test_a_stream_that_another_program_holds_is_noticed(serve: Serve, tmp_path: Path) -> None:
    exchange, addresses = await open_exchange(serve)
    async with (
        client_of(exchange, addresses["url"], tmp_path) as other,
        client_of(exchange, addresses["url"], tmp_path) as client,
    ):
        await other.stream.subscribe(Feed.NOTICES)
        await other.stream.start()
        finding = await notices(client)
        assert other.stream.is_up
    assert finding.verdict is Verdict.ATTENTION
    assert "another program" in finding.said


@pytest.mark.parametrize(
    ("off", "verdict"),
    [(0, Verdict.OK), (-4, Verdict.ATTENTION), (-8, Verdict.FAULT), (200, Verdict.FAULT)],
)
def test_the_clock_is_held_against_the_servers(off: int, verdict: Verdict) -> None:
    stated = "Fri, 20 Nov 2026 01:00:00 GMT"
    here = datetime(2026, 11, 20, 10, 0, 0, 500_000, KST) + timedelta(seconds=off)
    assert broker.held_against(stated, here).verdict is verdict
    assert broker.held_against("", here).verdict is Verdict.SKIPPED


def ledger_with_a_day(settings: Settings) -> Path:
    file = data_dir(settings) / "ledger-sim.sqlite"
    with Ledger(file, "12345678-01") as ledger:
        at = datetime(2024, 3, 5, 8, 30, tzinfo=KST)
        ledger.append([DayOpened(at=at, day=DAY, cash=1)])
    return file


def test_a_ledger_is_read_and_counted() -> None:
    settings = Settings()
    assert "none yet" in own.ledger_found(settings).said
    ledger_with_a_day(settings)
    finding = own.ledger_found(settings)
    assert (finding.verdict, finding.said) == (
        Verdict.OK,
        "1234****-01: 1 facts until 2024-03-05 08:30",
    )


def test_a_damaged_ledger_is_a_fault() -> None:
    settings = Settings()
    file = ledger_with_a_day(settings)
    with sqlite3.connect(file) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    content = bytearray(file.read_bytes())
    content[4096:8192] = b"\xff" * 4096
    file.write_bytes(content)
    finding = own.ledger_found(settings)
    assert finding.verdict is Verdict.FAULT
    assert "maemae restore" in finding.advice


def test_a_ledger_of_an_older_version_is_not_touched() -> None:
    settings = Settings()
    file = ledger_with_a_day(settings)
    with sqlite3.connect(file) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '0000'")
    connection.close()
    assert own.ledger_found(settings).verdict is Verdict.ATTENTION
    with sqlite3.connect(file) as connection:
        (version,) = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    connection.close()
    assert version == "0000"


def test_missing_secrets_are_named_and_present_ones_placed(
    monkeypatch: pytest.MonkeyPatch, home: Path
) -> None:
    settings = Settings(venue="paper")
    finding = own.secrets_found(settings)
    assert finding.verdict is Verdict.FAULT
    assert "paper app_key" in finding.said
    monkeypatch.setenv("MAEMAE_PAPER_APP_KEY", "x")
    monkeypatch.setenv("MAEMAE_PAPER_APP_SECRET", "x")
    finding = own.secrets_found(settings)
    assert "virtual server has no condition search" in finding.said
    file = home / "secrets.toml"
    file.write_text('live_app_key = "y"\nlive_app_secret = "y"\n')
    assert "chmod 600" in own.secrets_found(settings).said
    file.chmod(0o600)
    finding = own.secrets_found(settings)
    assert finding.verdict is Verdict.OK
    assert finding.said == (
        "paper app_key: environment, paper app_secret: environment, "
        "live app_key: file, live app_secret: file"
    )


async def test_a_mistyped_variable_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAEMAE_LIMIT__DAILY_LOSS", "1")
    monkeypatch.setenv("MAEMAE_LIMITS__DAILY_LOSS", "1")
    seen = {one.check: one for one in own.settings_found(*read_settings())}
    assert seen["environment"].said == "not understood: MAEMAE_LIMIT__DAILY_LOSS"


def test_more_names_than_the_stream_carries_are_told(home: Path) -> None:
    book = '[[book]]\nname = "{name}"\nway = "condition"\ncondition = 0\nmax_names = 25\n'
    (home / "maemae.toml").write_text(book.format(name="one"), encoding="utf-8")
    assert "prices" not in {one.check for one in own.settings_found(*read_settings())}
    both = "".join(book.format(name=name) for name in ("one", "two"))
    (home / "maemae.toml").write_text(both, encoding="utf-8")
    seen = {one.check: one for one in own.settings_found(*read_settings())}
    assert seen["prices"].said.startswith("the books may hold 50 names, and the stream carries 40")


async def test_settings_that_do_not_do_are_the_only_finding(home: Path) -> None:
    (home / "maemae.toml").write_text("venu = 1\n")
    seen = await found()
    assert list(seen) == ["settings"]
    assert "maemae.toml:1: unknown setting venu" in seen["settings"].said


@pytest.mark.parametrize(
    ("left", "verdict"), [(400, Verdict.OK), (30, Verdict.ATTENTION), (-1, Verdict.FAULT)]
)
def test_the_calendar_says_how_far_it_reaches(left: int, verdict: Verdict) -> None:
    assert own.calendar_found(date(2027, 12, 31) - timedelta(days=left)).verdict is verdict


def test_a_missing_extra_and_a_full_disk_are_faults(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = Settings(telegram={"chat_ids": (1,)})
    module = "maemae.setup.doctor.machine"
    monkeypatch.setattr(f"{module}.find_spec", lambda _name: None)
    monkeypatch.setattr(
        f"{module}.shutil.disk_usage", lambda _path: type("Usage", (), {"free": 10 << 20})
    )
    seen = {one.check: one for one in machine(settings)}
    assert seen["packages"].advice == "pip install 'maemae[telegram]'"
    assert seen["disk"].verdict is Verdict.FAULT


async def test_telegram_is_asked_for_the_bot_and_every_chat(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(keys, "telegram_token", lambda: TOKEN)
    async with bot_api(lambda: datetime.now(KST)) as api:
        settings = Settings(telegram={"api_url": api.url, "chat_ids": (OWNER,)})
        (finding,) = [one async for one in messengers(settings)]
        assert finding.said == "telegram: @maemae_bot, chats: 1"
        api.fault = lambda method: "403" if method == "getChat" else None
        (finding,) = [one async for one in messengers(settings)]
        assert finding.verdict is Verdict.FAULT
        assert TOKEN not in finding.said
    monkeypatch.setattr(keys, "telegram_token", lambda: None)
    (finding,) = [one async for one in messengers(settings)]
    assert "no bot token" in finding.said


async def test_an_exchange_is_asked_nothing_but_questions(serve: Serve) -> None:
    _exchange, addresses = await open_exchange(serve)
    await found(sim=addresses)
    async with aiohttp.ClientSession() as http:
        url = f"{addresses['url']}/control/books?account=12345678-01"
        books = await (await http.get(url)).json()
    assert books["orders"] == []
