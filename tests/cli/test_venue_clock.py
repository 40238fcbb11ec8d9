"""A foreign program on the simulated exchange's clock."""

import asyncio
import json
import shutil
import subprocess
import sys
from datetime import date, datetime
from pathlib import Path

import pytest
from tests.exchange.conftest import make_exchange

from maemae.cli import venue_clock
from maemae.cli.venue_clock import COMPILERS, compiled, shifted
from maemae.clock import KST
from maemae.errors import SettingsError
from maemae.exchange.server import Server

PROGRAM = """
import datetime, json, threading, time
began = datetime.datetime.now()
time.sleep(5)
slept = (datetime.datetime.now() - began).total_seconds()
since = time.monotonic()
threading.Event().wait(0.1)
print(json.dumps([str(began), slept, time.monotonic() - since]))
"""


def test_the_environment_says_when_it_is_and_how_fast_it_goes(tmp_path: Path) -> None:
    now = datetime(2024, 3, 5, 9, 30, tzinfo=KST)
    made = shifted(now, 60.0, tmp_path / "clock.so", {"LD_PRELOAD": "/other.so"})
    assert made["LD_PRELOAD"] == f"{tmp_path / 'clock.so'}:/other.so"
    assert int(made["MAEMAE_CLOCK_VENUE"]) == int(now.timestamp()) * 10**9
    assert (made["MAEMAE_CLOCK_SPEED"], made["TZ"]) == ("60", "Asia/Seoul")


def test_it_is_said_where_the_compiler_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(venue_clock, "COMPILERS", ("no-such-compiler",))
    with pytest.raises(SettingsError, match="C compiler"):
        compiled(tmp_path)


@pytest.mark.skipif(
    not sys.platform.startswith("linux") or not any(map(shutil.which, COMPILERS)),
    reason="needs Linux and a C compiler",
)
async def test_a_program_lives_on_a_past_day() -> None:
    server = Server(make_exchange(speed=60.0, at="09:30"), {"real": 0})
    await server.start()
    maemae = shutil.which("maemae", path=str(Path(sys.executable).parent)) or "maemae"
    command = (maemae, "venue-clock", "--url", server.urls["real"], sys.executable, "-c", PROGRAM)
    process = await asyncio.create_subprocess_exec(*command, stdout=subprocess.PIPE)
    output, _ = await process.communicate()
    await server.stop()
    began, slept, waited = json.loads(output)
    assert datetime.fromisoformat(began).date() == date(2024, 3, 5)
    assert datetime.fromisoformat(began).hour == 9
    assert 5 <= slept < 240
    assert 0.1 <= waited < 5
