"""The day's master files: fetched once a day, kept, and never a reason not to trade."""

import os
from datetime import timedelta
from pathlib import Path

import pytest
from tests.exchange.conftest import Serve, make_exchange

from maemae.clock import SystemClock
from maemae.market.kinds import Kind, Market
from maemae.trader.masters import masters_folder, todays_masters
from maemae.trader.settings import load_settings


async def test_a_simulated_exchange_is_asked_for_its_own(serve: Serve, tmp_path: Path) -> None:
    server, _ = await serve(make_exchange())
    settings = load_settings(data_dir=tmp_path, sim={"url": server.urls["real"]})
    masters = await todays_masters(settings, SystemClock())
    assert masters.problem == ""
    listed = masters.listed()["000020"]
    assert (listed.name, listed.market, listed.kind) == ("종목000020", Market.KOSDAQ, Kind.STOCK)
    assert not masters_folder(settings).exists()


@pytest.fixture
def nowhere() -> str:
    return "http://127.0.0.1:9/none"


async def test_a_real_venue_keeps_the_files_of_the_day(
    serve: Serve, tmp_path: Path, nowhere: str
) -> None:
    server, _ = await serve(make_exchange())
    url = f"{server.urls['real']}/common/master"
    settings = load_settings(data_dir=tmp_path, venue="paper", masters_url=url)
    assert len((await todays_masters(settings, SystemClock())).instruments) == 5
    # Fetched today: nobody is asked again.
    settings = load_settings(data_dir=tmp_path, venue="paper", masters_url=nowhere)
    masters = await todays_masters(settings, SystemClock())
    assert (len(masters.instruments), masters.problem) == (5, "")
    # Of yesterday, and nobody answers: they serve, and that is said.
    old = (SystemClock().now() - timedelta(days=1)).timestamp()
    for file in masters_folder(settings).iterdir():
        os.utime(file, (old, old))
    masters = await todays_masters(settings, SystemClock())
    assert len(masters.instruments) == 5
    assert "5 kept ones serve" in masters.problem


async def test_without_any_file_nothing_is_known_and_that_is_said(
    tmp_path: Path, nowhere: str
) -> None:
    settings = load_settings(data_dir=tmp_path, venue="paper", masters_url=nowhere)
    masters = await todays_masters(settings, SystemClock())
    assert len(masters.instruments) == 0
    assert "could not be fetched" in masters.problem
    settings = load_settings(data_dir=tmp_path, masters_url=nowhere)
    assert (await todays_masters(settings, SystemClock())).problem
