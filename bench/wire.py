"""Figures of the wire, each in one run against the plain way. `python bench/wire.py`.

Frames: decoded per second against one CSV-parsed DataFrame per frame, which is what the broker's
official samples do. Calls: time per REST call above a bare aiohttp call to the same server.
Budget: share of the allowed calls that is used under saturation, and the busiest second, with one
and with three processes. Cancel: how long it waits behind 200 queued quotes.
"""

import argparse
import asyncio
import io
import json
import multiprocessing
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import aiohttp
import pandas as pd
from aiohttp import web

from maemae import catalogue
from maemae.clock import KST, SystemClock
from maemae.kis import Credentials, KisClient, Limits, Priority, Server
from maemae.kis.budget import Budget
from maemae.kis.decoding import decode_frame

NOW = datetime(2022, 6, 2, 9, 30, tzinfo=KST)
FEED = catalogue.stream("domestic_stock.ccnl_krx")
ACCOUNT = "12345678-01"


def frame(records: int) -> str:
    fields = ["0"] * 46
    fields[0], fields[1], fields[2], fields[33] = "005930", "093354", "71900", "20220602"
    return f"0|H0STCNT0|{records:03d}|" + "^".join("^".join(fields) for _ in range(records))


def frames() -> dict[str, float]:
    names = [field.name for field in FEED.columns]
    found: dict[str, float] = {}
    for records in (1, 4):
        text = frame(records)

        def plain(text: str = text) -> None:
            body = text.split("|", 3)[3]
            pd.read_csv(io.StringIO(body), header=None, sep="^", names=names, dtype=object)

        def ours(text: str = text) -> None:
            decode_frame(text, keys=None, account=ACCOUNT, now=NOW)

        rates = {name: rate(call) for name, call in (("plain", plain), ("ours", ours))}
        found[f"frames/s, {records} record(s), plain"] = round(rates["plain"])
        found[f"frames/s, {records} record(s), maemae"] = round(rates["ours"])
        found[f"ratio, {records} record(s)"] = round(rates["ours"] / rates["plain"], 1)
    return found


def rate(call: Callable[[], None]) -> float:
    calls, began = 0, time.perf_counter()
    while time.perf_counter() - began < 1:
        for _ in range(20):
            call()
        calls += 20
    return calls / (time.perf_counter() - began)


QUOTE = json.dumps(
    {"rt_cd": "0", "msg_cd": "MCA00000", "output": {"stck_shrn_iscd": "005930", "stck_prpr": "1"}}
)
TOKEN = json.dumps({"access_token": "t", "access_token_token_expired": "2099-01-01 00:00:00"})


async def serve() -> tuple[web.AppRunner, str]:
    async def answer(request: web.Request) -> web.Response:
        text = TOKEN if request.path.endswith("tokenP") else QUOTE
        return web.Response(text=text, content_type="application/json")

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    return runner, f"http://{host}:{port}"


async def calls(count: int) -> dict[str, float]:
    """Alternate bare and full calls, so that both see the same machine."""
    runner, url = await serve()
    server = Server("real", url, url.replace("http", "ws"), Limits(calls_per_second=100_000))
    keys = Credentials("key", "secret", ACCOUNT, "me")
    params = {"FID_COND_MRKT_DIV_CODE": "J", "FID_INPUT_ISCD": "005930"}
    path = "/uapi/domestic-stock/v1/quotations/inquire-price"
    bare, ours = [], []
    with tempfile.TemporaryDirectory() as folder:
        client = KisClient(server, keys, clock=SystemClock(), state_dir=Path(folder))
        async with client, aiohttp.ClientSession(url) as session:
            for turn in range(count + 50):
                began = time.perf_counter()
                async with session.get(path, params=params) as response:
                    await response.json()
                middle = time.perf_counter()
                await client.price("005930")
                if turn >= 50:
                    bare.append(middle - began)
                    ours.append(time.perf_counter() - middle)
    await runner.cleanup()
    return {
        "bare aiohttp call, p50 ms": round(statistics.median(bare) * 1000, 3),
        "maemae call, p50 ms": round(statistics.median(ours) * 1000, 3),
        "overhead, p50 ms": round((statistics.median(ours) - statistics.median(bare)) * 1000, 3),
    }


def spend(
    path: str, per_second: float, until: float, out: "multiprocessing.Queue[list[float]]"
) -> None:
    async def run() -> list[float]:
        budget = Budget(Path(path), per_second, SystemClock())
        spent = []

        async def worker() -> None:
            while time.time() < until:
                await budget.slot(Priority.QUOTE)
                spent.append(time.time())

        workers = [asyncio.create_task(worker()) for _ in range(4)]
        await asyncio.sleep(until - time.time() + 0.1)
        for task in workers:
            task.cancel()
        await asyncio.gather(*workers, return_exceptions=True)
        await budget.close()
        return spent

    out.put(asyncio.run(run()))


def budget(processes: int, per_second: float, seconds: float) -> dict[str, float]:
    context = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory() as folder:
        out = context.Queue()
        until = time.time() + seconds + 3
        jobs = [
            context.Process(target=spend, args=(f"{folder}/budget", per_second, until, out))
            for _ in range(processes)
        ]
        for job in jobs:
            job.start()
        spent = sorted(at for _ in jobs for at in out.get())
        for job in jobs:
            job.join()
    # Only the time in which all processes ran.
    spent = [at for at in spent if until - seconds <= at <= until]
    used = (len(spent) - 1) / ((spent[-1] - spent[0]) * per_second)
    busiest = max(sum(1 for other in spent if at <= other < at + 1) for at in spent)
    name = f"{processes} process(es), {per_second:g}/s"
    return {f"used, {name}": round(used, 4), f"busiest second, {name}": busiest}


async def cancel(per_second: float) -> float:
    with tempfile.TemporaryDirectory() as folder:
        shared = Budget(Path(folder) / "budget", per_second, SystemClock())
        quotes = [asyncio.create_task(shared.slot(Priority.QUOTE)) for _ in range(200)]
        waits = []
        for _ in range(5):
            await asyncio.sleep(0.13 / per_second * 18)
            began = time.perf_counter()
            await shared.slot(Priority.EXIT)
            waits.append(time.perf_counter() - began)
        for task in quotes:
            task.cancel()
        await asyncio.gather(*quotes, return_exceptions=True)
        await shared.close()
        return max(waits) * 1000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=10, help="length of each budget run")
    seconds = parser.parse_args().seconds
    figures: dict[str, float] = frames()
    figures |= asyncio.run(calls(1000))
    for processes in (1, 3):
        figures |= budget(processes, 18, seconds)
        figures |= budget(processes, 1, seconds)
    figures["cancel behind 200 quotes at 18/s, longest of 5, ms"] = round(
        asyncio.run(cancel(18)), 1
    )
    figures["cancel behind 200 quotes at 1/s, longest of 5, ms"] = round(asyncio.run(cancel(1)), 1)
    for name, value in figures.items():
        print(f"{name:55} {value:>12,}")


if __name__ == "__main__":
    main()
