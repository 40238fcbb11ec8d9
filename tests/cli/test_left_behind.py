"""The token file of a trader that was killed counts as no running trader."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from tests.cli.test_by_hand import run
from tests.trader.days import LATE, Bars, Place, place
from tests.trader.test_targets import BARS, MONDAY

from maemae.cli.reach import trader_runs
from maemae.errors import ServiceError
from maemae.service.running import find_pass, pass_file
from maemae.trader.settings import load_settings

TRADER = """
import asyncio, sys
from pathlib import Path
from maemae.service.compose import serve_run
from maemae.service.feed import Feed
from maemae.trader.run import open_run
from maemae.trader.settings import load_settings

async def main():
    settings, feed = load_settings(Path(sys.argv[1])), Feed()
    async with open_run(settings, (feed,)) as run, serve_run(run, feed, settings):
        print("serving", flush=True)
        await asyncio.Event().wait()

asyncio.run(main())
"""
"""A trader that serves its API and waits, in a process of its own."""


@asynccontextmanager
async def serving(config: Path) -> AsyncIterator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", TRADER, str(config), stdout=asyncio.subprocess.PIPE
    )
    try:
        assert process.stdout is not None
        assert await process.stdout.readline() == b"serving\n"
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


def written(folder: Path, where: Place) -> Path:
    file = folder / "maemae.toml"
    file.write_text(
        f'''venue = "sim"
data_dir = "{folder.as_posix()}/state"
log_dir = "{folder.as_posix()}/logs"
balance_seconds = 120
[sim]
url = "{where.url}"
virtual_url = "{where.url}"
''',
        encoding="utf-8",
    )
    return file


async def test_after_kill_9_commands_by_hand_go_directly(tmp_path: Path) -> None:
    async with place(tmp_path, Bars(BARS), MONDAY, LATE) as where:
        config = written(tmp_path, where)
        settings = load_settings(config)
        async with serving(config) as process:
            assert trader_runs(settings)
            assert find_pass(settings).pid == process.pid
            process.kill()
        assert pass_file(settings).exists(), "nobody was left to remove it"
        assert not trader_runs(settings)
        with pytest.raises(ServiceError, match=r"no trader is running \(the one of .* was killed"):
            find_pass(settings)
        here = ("--config", str(config), "--json")
        bought = json.loads(await asyncio.to_thread(run, "buy", "000010", "3", "--yes", *here))
        assert bought["state"] != "refused"
        now = json.loads(await asyncio.to_thread(run, "status", *here))
        assert [(line["code"], line["quantity"]) for line in now["owner"]] == [("000010", 3)]
