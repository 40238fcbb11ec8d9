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

from maemae.cli.venue_clock import _FOLDERS, LIBRARY, faked, find_library
from maemae.clock import KST
from maemae.errors import SettingsError
from maemae.exchange.server import Server

PROGRAM = (
    "import datetime, json, time; a = datetime.datetime.now(); time.sleep(5); "
    "print(json.dumps([str(a), (datetime.datetime.now() - a).total_seconds()]))"
)


def test_the_environment_says_when_it_is_and_how_fast_it_goes(tmp_path: Path) -> None:
    now = datetime(2024, 3, 5, 9, 30, tzinfo=KST)
    made = faked(now, 60.0, tmp_path / LIBRARY, {"LD_PRELOAD": "/other.so"})
    assert made == {
        "LD_PRELOAD": f"{tmp_path / LIBRARY}:/other.so",
        "FAKETIME": "@2024-03-05 09:30:00 x60",
        "TZ": "Asia/Seoul",
    }


def test_it_is_said_where_the_library_is_missing(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="libfaketime"):
        find_library([tmp_path])
    (tmp_path / LIBRARY).touch()
    assert find_library([tmp_path]) == tmp_path / LIBRARY


@pytest.mark.skipif(
    not any((Path(folder) / LIBRARY).is_file() for folder in _FOLDERS),
    reason="libfaketime is not installed",
)
async def test_a_program_lives_on_a_past_day() -> None:
    server = Server(make_exchange(speed=60.0, at="09:30"), {"real": 0})
    await server.start()
    maemae = shutil.which("maemae", path=str(Path(sys.executable).parent)) or "maemae"
    command = (maemae, "venue-clock", "--url", server.urls["real"], sys.executable, "-c", PROGRAM)
    process = await asyncio.create_subprocess_exec(*command, stdout=subprocess.PIPE)
    output, _ = await process.communicate()
    await server.stop()
    began, passed = json.loads(output)
    assert datetime.fromisoformat(began).date() == date(2024, 3, 5)
    assert datetime.fromisoformat(began).hour == 9
    assert 5 <= passed < 120
