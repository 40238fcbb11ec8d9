"""A client that others wrote (python-kis, unmodified but for its addresses) trades on the exchange.

It takes its market data with the real key and orders with the virtual one. Its published version
reads the 46 columns that trades had until 2026-09-13, so the exchange speaks those.
"""

import asyncio
import json
import sys
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

from tests.exchange.conftest import Serve, make_exchange

from maemae.clock import KST
from maemae.exchange.control import accounts
from maemae.exchange.scenario import default_scenario
from maemae.market.calendar import krx

PROGRAM = Path(__file__).with_name("python_kis_client.py")


async def test_it_logs_in_quotes_subscribes_buys_and_sells(serve: Serve) -> None:
    # The client judges its token by the wall clock, so the day must not be over yet.
    day = krx().next_session(datetime.now(KST).date())
    scenario = replace(default_scenario(7), layouts=date(2026, 7, 1))
    exchange = make_exchange(speed=60.0, at="09:30", day=day, scenario=scenario)
    server, _ = await serve(exchange)
    given = {"urls": server.urls} | {one["personality"]: one for one in accounts(exchange)}
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(PROGRAM), json.dumps(given),
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    output, errors = await process.communicate()
    assert process.returncode == 0, errors.decode()
    (told,) = (line for line in output.splitlines() if line.startswith(b'{"name"'))
    assert json.loads(told) == {
        "name": "종목000010",
        "quote": [10_100, 10_000],
        "levels": 10,
        "priced": True,
        "filled": [True, True],
        "numbers": [1, 2],
        "balance": [["000010", 3]],
    }
    books = exchange.venue.accounts["50123456-01"]
    assert [fill.quantity for fill in books.fills] == [3, 3]
    assert books.held("000010") == 0
