import asyncio
import sys
from pathlib import Path

from tests.kis.broker import OK, Broker

PROGRAM = """
import asyncio, sys
from pathlib import Path
from maemae.clock import SystemClock
from maemae.kis import Credentials, KisClient, Limits, Server

async def run(url, folder):
    server = Server("real", url, url.replace("http", "ws") + "/tryitout", Limits(20))
    keys = Credentials("key-of-a-test", "secret-of-a-test", "12345678-01", "tester")
    async with KisClient(server, keys, clock=SystemClock(), state_dir=Path(folder)) as kis:
        await asyncio.gather(*(kis.price("005930") for _ in range(14)))

asyncio.run(run(sys.argv[1], sys.argv[2]))
"""


async def test_three_processes_share_one_token_and_one_budget(
    broker: Broker, tmp_path: Path
) -> None:
    broker.answer("inquire-price", OK | {"output": {"stck_shrn_iscd": "005930", "stck_prpr": "1"}})
    running = [
        await asyncio.create_subprocess_exec(
            sys.executable, "-c", PROGRAM, broker.url, str(tmp_path / "state")
        )
        for _ in range(3)
    ]
    assert [await process.wait() for process in running] == [0, 0, 0]
    assert broker.tokens_issued == 1
    arrived = [asked.at for asked in broker.calls("inquire-price")]
    assert len(arrived) == 42
    # What is sent 1.01 s apart may arrive a little closer when the machine is busy.
    assert max(sum(1 for b in arrived if a <= b < a + 0.9) for a in arrived) <= 20
