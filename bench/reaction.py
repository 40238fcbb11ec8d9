"""From a tick on the socket to the order on the socket, through the whole trader.

`python bench/reaction.py`: a broker on loopback holds a real connection of a real trader (client,
desk, ledger on disk with full synchronisation). Each tick reaches the take profit of one position;
the time runs from the moment the broker hands the frame to its socket to the moment the order
request arrives there. Budget pacing is off (1,000 calls/s), so the figure is the trader's own.
`--ledger memory` shows what the disk costs.
"""

import argparse
import asyncio
import statistics
import sys
import tempfile
import time
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from aiohttp import web

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.kis.broker import CREDENTIALS, OK, Broker

from maemae.clock import KST, ScaledClock
from maemae.desk import records as rec
from maemae.desk.desk import Desk
from maemae.desk.terms import Exits
from maemae.kis import KisClient
from maemae.ledger.ledger import Ledger
from maemae.market.calendar import krx
from maemae.market.costs import CostRules
from maemae.market.kinds import Side
from maemae.trader.books.condition import ConditionBook
from maemae.trader.hands import KisHands
from maemae.trader.pacing import WallPacer
from maemae.trader.settings import Settings, desk_rules
from maemae.trader.sources.directory import Directory
from maemae.trader.sources.source import Means
from maemae.trader.trader import Trader

OPENS = datetime(2026, 11, 20, 9, tzinfo=KST)
NAMES = 30


def held(codes: list[str]) -> list[rec.Record]:
    """The facts of a morning on which every name was bought."""
    at = OPENS
    facts: list[rec.Record] = [rec.DayOpened(at=at, day=at.date(), cash=10**9)]
    for number, code in enumerate(codes, start=1):
        intent = f"20261120-{number:05d}"
        facts += [
            rec.Intended(
                at=at, intent=intent, book="scalper", side=Side.BUY,
                listed=rec.Listed(code=code), quantity=100, reason="candidate",
                exits=Exits(take_profit=Decimal("0.02"), stop_loss=Decimal("0.01")),
            ),
            rec.Accepted(at=at, intent=intent, order_no=number),
            rec.Filled(at=at, intent=intent, quantity=100, amount=1_000_000, executed=at),
        ]  # fmt: skip
    return facts


def tick(code: str, price: int) -> str:
    fields = ["0"] * 47
    fields[0], fields[1], fields[2], fields[33] = code, "093354", str(price), "20261120"
    return "0|H0STCNT0|001|" + "^".join(fields)


def balance(codes: list[str]) -> dict[str, Any]:
    rows = [
        {"pdno": code, "prdt_name": code, "hldg_qty": "100", "ord_psbl_qty": "100",
         "pchs_avg_pric": "10000.0000", "pchs_amt": "1000000", "prpr": "10000",
         "evlu_amt": "1000000", "evlu_pfls_amt": "0"}
        for code in codes
    ]  # fmt: skip
    sums = dict.fromkeys(
        ("dnca_tot_amt", "nxdy_excc_amt", "prvs_rcdl_excc_amt", "thdt_buy_amt", "thdt_sll_amt",
         "thdt_tlex_amt", "scts_evlu_amt", "tot_evlu_amt", "nass_amt"), "0",
    )  # fmt: skip
    return OK | {"output1": rows, "output2": [sums]}


async def run(folder: Path, ledger_url: str | Path) -> list[float]:
    codes = [f"{n:06d}" for n in range(1, NAMES + 1)]
    async with Broker() as broker:
        arrived: asyncio.Queue[float] = asyncio.Queue()

        async def order(_request: web.Request) -> web.StreamResponse:
            arrived.put_nowait(time.perf_counter())
            number = 1_000 + len(broker.calls("order-cash"))
            output = {"KRX_FWDG_ORD_ORGNO": "1", "ODNO": f"{number:010d}", "ORD_TMD": "093354"}
            return web.json_response(OK | {"output": output})

        broker.answer("order-cash", order)
        broker.answer("inquire-balance", balance(codes))
        broker.answer("inquire-daily-ccld", OK | {"output1": [], "output2": {}})
        title = {"user_id": "t", "seq": "0", "grp_nm": "g", "condition_nm": "c"}
        broker.answer("psearch-title", OK | {"output2": [title]})
        empty = {"rt_cd": "1", "msg_cd": "MCA05918", "msg1": "종목코드 오류입니다."}
        broker.answer("psearch-result", empty)
        clock = ScaledClock(OPENS + timedelta(minutes=33), 1)
        client = KisClient(broker.server(), CREDENTIALS, clock=clock, state_dir=folder / "state")
        facts = held(codes)
        with Ledger(ledger_url, CREDENTIALS.account) as ledger:
            ledger.append(facts)
            async with client:
                desk = Desk(desk_rules(Settings(), CostRules.REAL), facts)
                directory = Directory(client)
                means = Means(
                    data=client, orders=client, clock=clock, session=krx().session(OPENS.date()),
                    directory=directory, state=desk.state, venue="paper",
                    account=CREDENTIALS.account, plans=folder / "plans",
                )  # fmt: skip
                source = ConditionBook().source(means)
                hands = KisHands(client, client, {"scalper": source}, clock, directory)
                trader = Trader(desk, ledger, hands, WallPacer(clock))
                session = (OPENS, OPENS.replace(hour=15, minute=20), OPENS.replace(hour=15))
                trading = asyncio.create_task(trader.run(*session))
                while len(broker.registered) < NAMES + 1:  # noqa: ASYNC110 - a bench may poll
                    await asyncio.sleep(0.01)
                await asyncio.sleep(0.5)
                times = []
                for code in codes:
                    start = time.perf_counter()
                    await broker.say(tick(code, 10_500))
                    times.append(await arrived.get() - start)
                    await asyncio.sleep(0.02)
                trader.stop()
                await trading
        return times


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--ledger", choices=["disk", "memory"], default="disk")
    given = parser.parse_args()
    times: list[float] = []
    for _ in range(given.rounds):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            url = folder / "ledger.sqlite" if given.ledger == "disk" else "sqlite://"
            times += asyncio.run(run(folder, url))
    cuts = statistics.quantiles(times, n=100)
    print(f"{len(times)} ticks, ledger in {given.ledger}")
    print(f"tick to order: p50 {cuts[49] * 1e3:.2f} ms, p99 {cuts[98] * 1e3:.2f} ms")


if __name__ == "__main__":
    main()
